"""AVA4 and Dusun gateways: readings of Bluetooth devices in a list, as they publish them over MQTT.

The name of the attribute tells the model, `ble_addr` the device. The unit of a glucose value is not in the message: it
belongs to the meter and must be known, else the value is refused. Clocks of genuine gateways have stood years ahead.
"""

from __future__ import annotations

from typing import Any, Final

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.clinical.units import PressureUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import exact_json
from cmc.ingest.decoding import epochs, meal_words
from cmc.ingest.decoding.json_item import MAX_ITEMS, JsonItem, as_sent, objects
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format, Identity, Received

REPORT: Final = "reportAttribute"


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a message apart; raises `Unreadable` or `Invalid`. Signs of life and other measurements are skipped."""
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for pointer, root in objects(exact_json.parse(body)):
        message = JsonItem(root, pointer)
        if message.text("type", required=True) != REPORT and not message.found:
            skipped.append(FieldError(f"{pointer}/type", "heartbeat", "a sign of life, no reading"))
            continue
        data = message.inner("data")
        listed = data.inner("value").fields.get("device_list")
        if message.found or not isinstance(listed, list) or len(listed) > MAX_ITEMS:
            data.fault("value/device_list", "list_expected", f"a list of at most {MAX_ITEMS} readings")
            items.append(message.faults())
            continue
        for index, each in enumerate(listed):
            _one(each, f"{pointer}/data/value/device_list/{index}", root, given, items, skipped)
    return Envelope(tuple(items), tuple(skipped))


def _one(
    fields: Any,
    pointer: str,
    root: dict[str, Any],
    given: Circumstances,
    items: list[Received | Faults],
    skipped: list[FieldError],
) -> None:
    item = JsonItem(fields, pointer)
    if not item.found and not {"bp_high", "bp_low", "blood_glucose"} & item.fields.keys():
        skipped.append(FieldError(pointer, "other_kind", "neither glucose nor blood pressure"))
        return
    device, time_text = item.code("ble_addr", required=True), item.text("scan_time") or ""
    message = JsonItem(root, "")
    time_text = time_text or message.text("time") or ""
    moment = epochs.moment(time_text, None, given.zone)
    if moment is None:
        item.fault("scan_time", "instant_expected", "seconds since 1970")
    values = _glucose(item, given) if "blood_glucose" in item.fields else _pressure(item)
    if item.found or moment is None:
        items.append(item.faults())
        return
    notes = values.pop("notes")
    attribute = JsonItem(message.fields.get("data"), "").text("attribute")
    received = Received(
        pointer=pointer,
        as_sent={"attribute": attribute, "reading": as_sent(fields)},
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        device=device,
        taken_at=moment.at,
        device_time_text=time_text,
        time_field="scan_time",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *notes),
        **values,
    )
    items.append(received)


def _glucose(item: JsonItem, given: Circumstances) -> dict[str, Any]:
    flag, meal = item.flag("blood_glucose"), meal_words.understand(item.text("marker"))
    if given.glucose_unit is None and flag is None:
        item.fault("blood_glucose", "unit_missing", "the unit of this meter must be known: it is never guessed")
    return {
        "kind": ReadingKind.GLUCOSE.value,
        "specimen": Specimen.CAPILLARY.value,
        "value": None if flag else item.amount("blood_glucose", required=True),
        "flag": flag,
        "unit": "" if flag else given.glucose_unit or "",
        "period": None if meal.period is None else meal.period.value,
        "meal": None if meal.mark is None else meal.mark.value,
        "control_solution": meal.control,
        "notes": [] if meal.note is None else [meal.note],
    }


def _pressure(item: JsonItem) -> dict[str, Any]:
    return {
        "kind": ReadingKind.BLOOD_PRESSURE.value,
        "systolic": item.amount("bp_high", required=True),
        "diastolic": item.amount("bp_low", required=True),
        "pulse": item.amount("PR") or item.amount("pr"),
        "unit": PressureUnit.MMHG.value,
        "notes": [],
    }


def answer(stored: bool) -> Answer:
    """Over MQTT the acknowledgement is the answer; over HTTP an empty one."""
    return Answer(204, b"") if stored else Answer(503, b"")


FORMAT: Final = Format("ava4", 1, Text("AVA4/Dusun网关", "AVA4/Dusun gateway"), read, Identity.CONTENT, answer)
