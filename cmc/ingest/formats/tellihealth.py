"""Tellihealth 4G devices: one measurement per request, numbers as text, and heartbeats in between.

The device is its 15-digit IMEI. A glucose value carries its unit; without one it is refused. Pressure is in mmHg.
"""

from __future__ import annotations

from typing import Any, Final

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.clinical.units import GlucoseUnit, PressureUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import exact_json
from cmc.ingest.decoding import epochs, meal_words
from cmc.ingest.decoding.json_item import JsonItem, as_sent, objects
from cmc.ingest.decoding.unit_words import glucose_unit
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format, Identity, Received

_KINDS: Final = frozenset({"BloodPressure", "BloodGlucose"})


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a push apart; raises `Unreadable` or `Invalid`. Heartbeats and other measurements are skipped."""
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for pointer, root in objects(exact_json.parse(body)):
        item = JsonItem(root, pointer)
        if item.text("type") == "Heartbeat":
            skipped.append(FieldError(pointer, "heartbeat", "a sign of life, no reading"))
            continue
        kind = item.text("readingType", required=True)
        if kind is not None and kind not in _KINDS:
            skipped.append(FieldError(f"{pointer}/readingType", "other_kind", "neither glucose nor blood pressure"))
        else:
            items.append(_one(item, root, kind, given))
    return Envelope(tuple(items), tuple(skipped))


def _one(item: JsonItem, root: Any, kind: str | None, given: Circumstances) -> Received | Faults:
    data = item.inner("data")
    device = item.code("deviceId", required=True)
    time_text, offset_text = item.text("time", required=True) or "", item.text("tzOffsetMinutes")
    moment = epochs.moment(time_text, item.whole("tzOffsetMinutes"), given.zone)
    if time_text and moment is None:
        item.fault("time", "instant_expected", "milliseconds since 1970")
    values = _glucose(data, given) if kind == "BloodGlucose" else _pressure(data)
    if item.found or moment is None:
        return item.faults()
    notes = values.pop("notes")
    return Received(
        pointer=item.pointer,
        as_sent=as_sent(root),
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        device=device,
        taken_at=moment.at,
        device_time_text=time_text if offset_text is None else f"{time_text} {offset_text} min",
        time_field="time",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *notes),
        **values,
    )


def _glucose(data: JsonItem, given: Circumstances) -> dict[str, Any]:
    flag = data.flag("glucose")
    unit, unit_text = glucose_unit(data, "unit", given.glucose_unit)
    if unit is None and flag is None:
        data.fault("unit", "missing", "the unit is never guessed: mmol/L or mg/dL")
    meal = meal_words.understand(data.text("readingPeriod"))
    return {
        "kind": ReadingKind.GLUCOSE.value,
        "specimen": Specimen.CAPILLARY.value,
        "value": None if flag else data.amount("glucose", required=True),
        "flag": flag,
        "unit": "" if flag or unit is None else GlucoseUnit(unit).value,
        "unit_text": None if flag else unit_text,
        "period": None if meal.period is None else meal.period.value,
        "meal": None if meal.mark is None else meal.mark.value,
        "control_solution": meal.control,
        "notes": [] if meal.note is None else [meal.note],
    }


def _pressure(data: JsonItem) -> dict[str, Any]:
    return {
        "kind": ReadingKind.BLOOD_PRESSURE.value,
        "systolic": data.amount("systolic", required=True),
        "diastolic": data.amount("diastolic", required=True),
        "pulse": data.amount("pulse"),
        "unit": PressureUnit.MMHG.value,
        "irregular_pulse": data.truth("arrhythmia"),
        "notes": [],
    }


def answer(stored: bool) -> Answer:
    """Any 2XX ends the repetition."""
    return Answer(200, b"{}") if stored else Answer(503, b"{}")


FORMAT: Final = Format("tellihealth", 1, Text("Tellihealth推送", "Tellihealth push"), read, Identity.CONTENT, answer)
