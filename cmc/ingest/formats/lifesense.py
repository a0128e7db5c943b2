"""乐心 Lifesense: its cloud pushes one measurement per request and repeats it until it reads {"code":200}.

Glucose is in mmol/L and pressure in mmHg by its documentation. `sn` is the device, `userNo` one of the two users of a
cuff, `associatedId` the person's number at the customer. How a push is signed stands in `accounts/pushes`.
"""

from __future__ import annotations

from typing import Any, Final

from cmc.clinical.codes import GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.clinical.meal_times import MealMark
from cmc.clinical.units import GlucoseUnit, PressureUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import exact_json
from cmc.ingest.decoding import epochs
from cmc.ingest.decoding.json_item import JsonItem, as_sent, objects
from cmc.ingest.decoding.meal_words import UNKNOWN_MEAL
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format, Identity, Received

PRESSURE: Final = frozenset({"BP", "dBp"})  # of a person, of a device
GLUCOSE: Final = frozenset({"BS", "dBs"})

_PERIODS: Final = {
    0: GlucosePeriod.FASTING,
    1: GlucosePeriod.AFTER_BREAKFAST_2H,
    2: GlucosePeriod.BEFORE_LUNCH,
    3: GlucosePeriod.AFTER_LUNCH_2H,
    4: GlucosePeriod.BEFORE_DINNER,
    5: GlucosePeriod.AFTER_DINNER_2H,
    6: GlucosePeriod.BEDTIME,
    11: GlucosePeriod.NIGHT_3AM,
    14: GlucosePeriod.RANDOM,
    15: GlucosePeriod.RANDOM,
    16: GlucosePeriod.RANDOM,
}
_MARKS: Final = {12: MealMark.BEFORE, 13: MealMark.AFTER}
_EXERCISE: Final = {14: "before_exercise", 15: "after_exercise"}


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a push apart; raises `Unreadable` or `Invalid`. Weights and events are skipped."""
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for pointer, root in objects(exact_json.parse(body)):
        item = JsonItem(root, pointer)
        event, kind = item.text("eventKey", required=True), item.text("dataTypeKey", required=True)
        if not item.found and (event != "dataPush" or kind not in PRESSURE | GLUCOSE):
            skipped.append(FieldError(f"{pointer}/dataTypeKey", "other_kind", "neither glucose nor blood pressure"))
        else:
            items.append(_one(item, root, kind, given))
    return Envelope(tuple(items), tuple(skipped))


def _one(item: JsonItem, root: Any, kind: str | None, given: Circumstances) -> Received | Faults:
    data = item.inner("data")
    time_text = data.text("measurementDate", required=True) or ""
    person = item.code("associatedId") or item.code("userId")
    zone_text = data.text("timeZone")
    at = epochs.instant(time_text)
    moment = None if at is None else epochs.moment(time_text, epochs.offset_minutes(zone_text, at), given.zone)
    if time_text and moment is None:
        data.fault("measurementDate", "instant_expected", "milliseconds since 1970")
    device = data.code("sn") or data.code("deviceId") or given.device
    if device is None:
        data.fault("sn", "missing", "which device it was")
    values = _glucose(data) if kind in GLUCOSE else _pressure(data)
    if item.found or moment is None:
        return item.faults()
    notes = values.pop("notes")
    return Received(
        pointer=item.pointer,
        as_sent=as_sent(root),
        patient_id=given.patient_id,
        identifier=None if given.patient_id is not None or person is None else ("lifesense", person),
        setting=Setting.HOME.value,
        device=device,
        taken_at=moment.at,
        device_time_text=time_text if zone_text is None else f"{time_text} {zone_text}",
        time_field="data/measurementDate",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=(*moment.notes, *notes),
        **values,
    )


def _glucose(data: JsonItem) -> dict[str, Any]:
    flag, code = data.flag("glu"), data.whole("mealPeriod")
    known = code is None or code in _PERIODS or code in _MARKS
    period = None if code is None else _PERIODS.get(code)
    mark = None if code is None else _MARKS.get(code)
    return {
        "kind": ReadingKind.GLUCOSE.value,
        "specimen": Specimen.CAPILLARY.value,
        "value": None if flag else data.amount("glu", required=True),
        "flag": flag,
        "unit": "" if flag else GlucoseUnit.MMOL_L.value,
        "period": None if period is None else period.value,
        "meal": None if mark is None else mark.value,
        "notes": [_EXERCISE[code]] if code in _EXERCISE else [] if known else [UNKNOWN_MEAL],
    }


def _pressure(data: JsonItem) -> dict[str, Any]:
    return {
        "kind": ReadingKind.BLOOD_PRESSURE.value,
        "systolic": data.amount("sys", required=True),
        "diastolic": data.amount("dia", required=True),
        "pulse": data.amount("pul"),
        "unit": PressureUnit.MMHG.value,
        "irregular_pulse": data.truth("ihb"),
        "user_slot": data.whole("userNo"),
        "notes": ["body_moved"] if data.truth("movementError") else [],
    }


def answer(stored: bool) -> Answer:
    """{"code":200} ends the repetition; any other code asks for it."""
    return Answer(200, b'{"code":200}') if stored else Answer(503, b'{"code":503}')


FORMAT: Final = Format("lifesense", 1, Text("乐心推送", "Lifesense push"), read, Identity.CONTENT, answer)
