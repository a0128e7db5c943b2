"""BodyTrace cuffs: one pressure per request, in mmHg, kPa or Pa as `unit` says; without it the value is refused.

The IMEI comes without leading zeros and may lack its check digit: it is kept as sent.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from cmc.clinical.codes import ReadingKind, Setting
from cmc.clinical.units import PressureUnit
from cmc.core.errors import FieldError
from cmc.core.text import Text
from cmc.ingest import exact_json
from cmc.ingest.amounts import Amount
from cmc.ingest.decoding import epochs
from cmc.ingest.decoding.json_item import JsonItem, as_sent, objects
from cmc.ingest.decoding.unit_words import pressure_spelling
from cmc.ingest.received import NOTHING_KNOWN, Answer, Circumstances, Envelope, Faults, Format, Identity, Received

PA_PER_KPA: Final = 1000
LARGEST: Final = 1_000_000


def read(body: bytes, given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a push apart; raises `Unreadable` or `Invalid`. Weights are skipped."""
    items: list[Received | Faults] = []
    skipped: list[FieldError] = []
    for pointer, root in objects(exact_json.parse(body)):
        item = JsonItem(root, pointer)
        values = item.fields.get("values")
        if isinstance(values, dict) and not {"systolic", "diastolic"} & values.keys():
            skipped.append(FieldError(f"{pointer}/values", "other_kind", "no blood pressure"))
        else:
            items.append(_one(item, root, given))
    return Envelope(tuple(items), tuple(skipped))


def _one(item: JsonItem, root: Any, given: Circumstances) -> Received | Faults:
    values = item.inner("values")
    device, time_text = item.code("imei", required=True), item.text("ts", required=True) or ""
    moment = epochs.moment(time_text, None, given.zone)
    if time_text and moment is None:
        item.fault("ts", "instant_expected", "seconds or milliseconds since 1970")
    unit_text = values.text("unit", required=True)
    in_pa = unit_text is not None and unit_text.lower() == "pa"
    unit = PressureUnit.KPA if in_pa else None if unit_text is None else pressure_spelling(unit_text)
    if unit_text is not None and unit is None:
        values.fault("unit", "not_in_list", "mmHg, kPa or Pa")
    pair = [values.amount(name, required=True) for name in ("systolic", "diastolic")]
    if any(each is not None and not 0 <= each.value <= LARGEST for each in pair):
        values.fault("systolic", "out_of_range", "outside of what any unit can mean")
    pulse = values.amount("pulse")
    if item.found or moment is None or unit is None:
        return item.faults()
    sent = [each.text for each in (*pair, pulse) if each is not None]
    systolic, diastolic = (_kilo(each) if in_pa else each for each in pair)
    return Received(
        pointer=item.pointer,
        as_sent=as_sent(root),
        kind=ReadingKind.BLOOD_PRESSURE.value,
        patient_id=given.patient_id,
        setting=Setting.HOME.value,
        systolic=systolic,
        diastolic=diastolic,
        pulse=pulse,
        unit=unit.value,
        value_text="/".join(sent) if in_pa else None,
        unit_text=None if unit_text == unit.value else unit_text,
        device=device,
        taken_at=moment.at,
        device_time_text=time_text,
        time_field="ts",
        utc_offset_minutes=moment.utc_offset_minutes,
        irregular_pulse=values.truth("irregular"),
        notes=moment.notes,
    )


def _kilo(pascals: Amount | None) -> Amount | None:
    if pascals is None:
        return None
    kpa: Decimal = pascals.value / PA_PER_KPA
    return Amount(kpa, format(kpa, "f"))


def answer(stored: bool) -> Answer:
    """Any 2XX ends the repetition."""
    return Answer(200, b"{}") if stored else Answer(503, b"{}")


FORMAT: Final = Format("bodytrace", 1, Text("BodyTrace推送", "BodyTrace push"), read, Identity.CONTENT, answer)
