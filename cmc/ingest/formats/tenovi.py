"""Tenovi gateways: one measurement, or a list of measurements that belong together.

`hwi_device_id` is the device; `hardware_uuid` is not, a replaced gateway changes it. Pulse and irregular heartbeat come
as measurements of their own and join the pressure of the same device and time. Pressure is in mmHg; the unit of a
glucose value is not in the message and must be known, else the value is refused.
"""

from __future__ import annotations

from typing import Any, Final

from cmc.clinical.codes import ReadingKind, Setting, Specimen
from cmc.clinical.units import PressureUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import exact_json, times
from cmc.ingest.decoding import meal_words
from cmc.ingest.decoding.json_item import JsonItem, as_sent, objects
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format, Identity, Received

PRESSURE: Final = "blood_pressure"
GLUCOSE: Final = frozenset({"glucose", "blood_glucose"})
PULSE, IRREGULAR = "pulse", "irregular_heartbeat"

Place = tuple[object, object]


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a push apart; raises `Unreadable` or `Invalid`. Measurements that are no reading of ours are skipped."""
    listed = [(pointer, JsonItem(root, pointer)) for pointer, root in objects(exact_json.parse(body))]
    beside = {(_place(item), item.text("metric")): item for _, item in listed}
    joined = {_place(item) for _, item in listed if item.text("metric") == PRESSURE}
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for pointer, item in listed:
        metric = item.text("metric", required=True)
        if metric == PRESSURE or metric in GLUCOSE or metric is None:
            items.append(_one(item, metric, beside, given))
        elif metric not in {PULSE, IRREGULAR} or _place(item) not in joined:
            skipped.append(FieldError(f"{pointer}/metric", "other_kind", "neither glucose nor blood pressure"))
    return Envelope(tuple(items), tuple(skipped))


def _place(item: JsonItem) -> Place:
    return str(item.fields.get("hwi_device_id")), str(item.fields.get("timestamp"))


def _one(
    item: JsonItem, metric: str | None, beside: dict[tuple[Place, str | None], JsonItem], given: Circumstances
) -> Received | Faults:
    device, person = item.code("hwi_device_id", required=True), item.code("patient_id")
    time_text = item.text("timestamp", required=True) or ""
    moment = times.instant(time_text)
    if time_text and moment is None:
        item.fault("timestamp", "instant_expected", "a time with its zone such as 2026-11-20T08:00:00+08:00")
    kept = [item.fields]
    values = _glucose(item, given) if metric in GLUCOSE else _pressure(item, beside, kept)
    if item.found or moment is None:
        return item.faults()
    notes = values.pop("notes") + (["time_estimated"] if item.truth("estimated_timestamp") else [])
    return Received(
        pointer=item.pointer,
        as_sent={"measurements": as_sent(kept)},
        patient_id=given.patient_id,
        identifier=None if given.patient_id is not None or person is None else ("tenovi", person),
        setting=Setting.HOME.value,
        device=device,
        taken_at=moment.at,
        device_time_text=time_text,
        time_field="timestamp",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *notes),
        **values,
    )


def _glucose(item: JsonItem, given: Circumstances) -> dict[str, Any]:
    flag = item.flag("value_1")
    parameters = item.fields.get("filter_params")
    context = JsonItem(parameters if isinstance(parameters, dict) else {}, f"{item.pointer}/filter_params")
    meal = meal_words.understand(context.text("meal_context"))
    place = meal_words.understand(context.text("measurement_location"))
    if given.glucose_unit is None and flag is None:
        item.fault("value_1", "unit_missing", "the unit of this meter must be known: it is never guessed")
    return {
        "kind": ReadingKind.GLUCOSE.value,
        "specimen": Specimen.CAPILLARY.value,
        "value": None if flag else item.amount("value_1", required=True),
        "flag": flag,
        "unit": "" if flag else given.glucose_unit or "",
        "period": None if meal.period is None else meal.period.value,
        "meal": None if meal.mark is None else meal.mark.value,
        "control_solution": meal.control or place.control,
        "notes": [] if meal.note is None else [meal.note],
    }


def _pressure(
    item: JsonItem, beside: dict[tuple[Place, str | None], JsonItem], kept: list[dict[str, Any]]
) -> dict[str, Any]:
    pulse, irregular = beside.get((_place(item), PULSE)), beside.get((_place(item), IRREGULAR))
    kept.extend(each.fields for each in (pulse, irregular) if each is not None)
    return {
        "kind": ReadingKind.BLOOD_PRESSURE.value,
        "systolic": item.amount("value_1", required=True),
        "diastolic": item.amount("value_2", required=True),
        "pulse": None if pulse is None else pulse.amount("value_1"),
        "unit": PressureUnit.MMHG.value,
        "irregular_pulse": None if irregular is None else irregular.truth("value_1"),
        "notes": [],
    }


def answer(stored: bool) -> Answer:
    """Any 2XX ends the repetition."""
    return Answer(200, b"{}") if stored else Answer(503, b"{}")


FORMAT: Final = Format("tenovi", 1, Text("Tenovi推送", "Tenovi push"), read, Identity.CONTENT, answer)
