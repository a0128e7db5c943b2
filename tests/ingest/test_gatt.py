"""Bluetooth devices: numbers of IEEE 11073 and the three characteristics, against vectors worked out by hand."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.ingest import judging
from cmc.ingest.decoding.ieee11073 import Special, float32, sfloat
from cmc.ingest.formats import gatt_blood_pressure, gatt_cgm, gatt_glucose
from cmc.ingest.received import Circumstances, Format, Received


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (0x0002, "2"),
        (0xF014, "2.0"),
        (0xE0C8, "2.00"),
        (0x1002, "20"),
        (0x2002, "200"),
        (0x00C8, "200"),
        (0x04D2, "1234"),
        (0x0B2E, "-1234"),
        (0xB05F, "0.00095"),
        (0xC048, "0.0072"),
        (0x0000, "0"),
    ],
)
def test_a_short_float_keeps_its_digits(raw: int, text: str) -> None:
    value = sfloat(raw)
    assert isinstance(value, Decimal)
    assert format(value, "f") == text


SPECIALS = [
    (0x07FF, 0x007FFFFF, Special.NOT_A_NUMBER),
    (0x0800, 0x00800000, Special.NOT_AT_THIS_RESOLUTION),
    (0x07FE, 0x007FFFFE, Special.POSITIVE_INFINITY),
    (0x0802, 0x00800002, Special.NEGATIVE_INFINITY),
    (0x0801, 0x00800001, Special.RESERVED),
]


@pytest.mark.parametrize(("short", "long", "special"), SPECIALS)
def test_five_values_are_no_numbers(short: int, long: int, special: Special) -> None:
    assert sfloat(short) is special
    assert float32(long) is special


@pytest.mark.parametrize(("raw", "text"), [(0xFF00016C, "36.4"), (0x00000048, "72"), (0xFEFFFFFF, "-0.01")])
def test_a_long_float_keeps_its_digits(raw: int, text: str) -> None:
    value = float32(raw)
    assert isinstance(value, Decimal)
    assert format(value, "f") == text


@given(mantissa=st.integers(-2045, 2045), exponent=st.integers(-8, 7))
def test_every_short_float_is_mantissa_times_power_of_ten(mantissa: int, exponent: int) -> None:
    value = sfloat((exponent & 0xF) << 12 | mantissa & 0xFFF)
    assert value == Decimal(mantissa).scaleb(exponent)


def _read(form: Format, *texts: str, given: Circumstances | None = None, **more: Any) -> tuple[Any, ...]:
    body = {"device": "M1", "timezone": "Asia/Shanghai", "measurements": list(texts), **more}
    return form.read(json.dumps(body).encode(), given or Circumstances()).items


def _glucose(*texts: str, **more: Any) -> tuple[Any, ...]:
    return _read(gatt_glucose.FORMAT, *texts, **more)


def test_a_meter_in_kg_per_litre_is_read_in_mg_dl_and_remembers_what_it_sent() -> None:
    (item,) = _glucose("1b2a00ea070b15080000e0015fb0110000")
    assert (item.sequence, item.value.text, item.unit) == (42, "95", "mg/dL")
    assert (item.value_text, item.unit_text, item.specimen) == ("0.00095", "kg/L", "capillary")
    assert item.taken_at.isoformat() == "2026-11-21T08:00:00+00:00"  # 08:00 + 480 min on a clock in Shanghai
    assert item.device_time_text == "2026-11-21T08:00:00 +480 min Asia/Shanghai"


def test_a_meter_in_mol_per_litre_is_read_in_mmol_l() -> None:
    (item,) = _glucose("062b00ea070b1508000048c011")
    assert (item.sequence, item.value.text, item.unit) == (43, "7.2", "mmol/L")
    assert judging.measure(item).glucose_umol_l == 7200
    assert item.taken_at.isoformat() == "2026-11-21T00:00:00+00:00"


CONTEXTS = [
    ("022b0003", "FASTING", None),
    ("022b0001", None, "before"),
    ("022b0002", None, "after"),
    ("022b0004", "RANDOM", None),
    ("022b0005", "BEDTIME", None),
    ("032b00010f0001", "FASTING", None),
    ("032b00020f0002", "AFTER_LUNCH_2H", None),
    ("032b00030f0001", "BEFORE_DINNER", None),
    ("032b00040f0002", None, "after"),
    ("822b00ff02", None, "after"),
    ("022c0003", None, None),
    ("022b", None, None),
]


@pytest.mark.parametrize(("context", "period", "meal"), CONTEXTS)
def test_glu_01_the_context_of_the_same_sequence_number_says_the_meal(
    context: str, period: str | None, meal: str | None
) -> None:
    (item,) = _glucose("062b00ea070b1508000048c011", contexts=[context])
    assert (item.period, item.meal) == (period, meal)
    noted = judging.notes(item, judging.measure(item), now=item.taken_at)
    assert noted == (None if meal is None else f"meal:{meal}")


@pytest.mark.parametrize(
    ("sample", "control"), [("11", False), ("21", False), ("4a", True), ("1a", True), ("a1", True), ("41", True)]
)
def test_control_solution_is_kept_apart_in_whichever_nibble_it_is_said(sample: str, control: bool) -> None:
    (item,) = _glucose(f"062b00ea070b1508000048c0{sample}")
    assert item.control_solution is control
    codes = [
        each.code
        for each in judging.doubts(item, judging.measure(item), born_on=item.taken_at.date(), now=item.taken_at)
    ]
    assert ("control_solution" in codes) is control


GLU_03 = [
    ("0e2b00ea070b15080000fe07112000", "HI"),
    ("0e2b00ea070b1508000048c0112000", "HI"),
    ("0e2b00ea070b1508000048c0114000", "LO"),
    ("062b00ea070b15080000fe0711", "HI"),
    ("062b00ea070b15080000020811", "LO"),
]


@pytest.mark.parametrize(("text", "flag"), GLU_03)
def test_glu_03_out_of_the_meters_range_is_an_emergency_without_a_number(text: str, flag: str) -> None:
    (item,) = _glucose(text)
    assert (item.flag, item.value) == (flag, None)
    measured = judging.measure(item)
    assert (measured.bound, measured.alert_tier) == (flag, "RED")


REFUSED = [
    ("062b00ea070b15080000ff0711", "not_a_number"),
    ("062b00ea070b15080000000811", "not_at_this_resolution"),
    ("062b00ea070b15080000010811", "reserved"),
    ("042b00ea070b15080000", "not_a_number"),
    ("0e2b00ea070b1508000048c0110200", "device_fault"),
    ("062b00ea070b1508000048c0", "too_short"),
    ("062b00ea070b1508000048c01100", "trailing_bytes"),
    ("062b00ea070d1508000048c011", "time_unreadable"),
    ("0x062b", "hex_expected"),
    ("06 2b", "hex_expected"),
    ("", "hex_expected"),
    ("00" * 100, "too_long"),
]


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_bytes_that_say_nothing_are_refused_and_the_readings_beside_them_taken(text: str, code: str) -> None:
    good, bad = _glucose("062b00ea070b1508000048c011", text)
    assert isinstance(good, Received)
    assert [(each.pointer, each.code) for each in bad] == [("/measurements/1", code)]


def _cuff(text: str, **more: Any) -> Any:
    (item,) = _read(gatt_blood_pressure.FORMAT, text, **more)
    return item


def test_bp_06_a_cuff_says_pulse_user_and_irregularity() -> None:
    item = _cuff("1e98005f007200ea070b150800004e00010400")
    assert (item.systolic.text, item.diastolic.text, item.mean_pressure.text, item.pulse.text) == (
        "152",
        "95",
        "114",
        "78",
    )
    assert (item.user_slot, item.irregular_pulse, item.unit) == (1, True, "mmHg")
    assert judging.notes(item, judging.measure(item), now=item.taken_at) == "irregular_pulse user:1"


def test_bp_05_a_cuff_in_kilopascal_is_converted_once() -> None:
    item = _cuff("03cbf07ff0ff07ea070b15080000")
    assert (item.systolic.text, item.unit, item.mean_pressure) == ("20.3", "kPa", None)
    measured = judging.measure(item)
    assert (measured.sbp_mmhg, measured.dbp_mmhg) == (152, 95)


def test_a_cuff_without_a_clock_is_dated_by_the_gateway_and_says_so() -> None:
    item = _cuff("0098005f007200", received_at="2026-11-21T08:00:05+08:00")
    assert item.taken_at.isoformat() == "2026-11-21T00:00:05+00:00"
    assert "time_of_gateway" in item.notes
    assert [each.code for each in _cuff("0098005f007200")] == ["received_at_missing"]


@pytest.mark.parametrize(("user", "slot"), [("00", 0), ("01", 1), ("ff", None)])
def test_an_unknown_user_of_a_cuff_is_nobody(user: str, slot: int | None) -> None:
    assert _cuff(f"0a98005f007200ea070b15080000{user}").user_slot == slot


@pytest.mark.parametrize(
    ("status", "notes"),
    [
        ("0100", ("body_moved",)),
        ("0200", ("cuff_loose",)),
        ("2000", ("improper_position",)),
        ("0800", ("pulse_above_range",)),
        ("1000", ("pulse_below_range",)),
        ("0000", ()),
    ],
)
def test_what_the_cuff_doubts_is_noted(status: str, notes: tuple[str, ...]) -> None:
    item = _cuff(f"1298005f007200ea070b15080000{status}")
    assert item.notes == notes
    assert item.irregular_pulse is False


@pytest.mark.parametrize(
    ("text", "code"), [("02ff075f00ff07ea070b15080000", "not_a_number"), ("02fe075f00ff07ea070b15080000", "no_value")]
)
def test_a_pressure_without_its_numbers_is_refused(text: str, code: str) -> None:
    assert [each.code for each in _cuff(text)] == [code]


def _sensor(*texts: str, start: str = "ea070b150800002000") -> tuple[Any, ...]:
    return _read(gatt_cgm.FORMAT, *texts, session_start=start)


def test_a_sensor_counts_minutes_from_the_start_of_its_session() -> None:
    first, second = _sensor("06006c000500", "06006e000a00")
    assert [each.taken_at.isoformat()[11:16] for each in (first, second)] == ["00:05", "00:10"]
    assert (first.sequence, first.value.text, first.unit, first.specimen) == (5, "108", "mg/dL", "interstitial")


@pytest.mark.parametrize(
    ("start", "utc", "offset"),
    [
        ("ea070b150800002000", "2026-11-21T00:05", 480),
        ("ea070b150800000404", "2026-11-21T06:05", 120),
        ("ea070b1508000080ff", "2026-11-21T00:05", 480),
    ],
)
def test_the_session_says_zone_and_daylight_or_the_place_does(start: str, utc: str, offset: int) -> None:
    (item,) = _sensor("06006c000500", start=start)
    assert (item.taken_at.isoformat()[:16], item.utc_offset_minutes) == (utc, offset)


def test_several_records_in_one_text_are_several_readings() -> None:
    assert [each.sequence for each in _sensor("06006c00050006006e000a00")] == [5, 10]


@pytest.mark.parametrize(("text", "flag"), [("07206c00050080", "HI"), ("07206c00050040", "LO"), ("0600fe070500", "HI")])
def test_glu_03_a_sensor_out_of_its_range_says_hi_or_lo(text: str, flag: str) -> None:
    (item,) = _sensor(text)
    assert (item.flag, item.value) == (flag, None)


def test_a_sensor_without_its_session_start_cannot_be_dated() -> None:
    (faults,) = _read(gatt_cgm.FORMAT, "06006c000500")
    assert [each.code for each in faults] == ["session_start_missing"]


def test_what_the_gateway_leaves_open_comes_from_the_circumstances() -> None:
    known = Circumstances(device="M9", zone="Europe/Berlin")
    body = json.dumps({"measurements": ["062b00ea070b1508000048c011"]}).encode()
    (item,) = gatt_glucose.FORMAT.read(body, known).items
    assert isinstance(item, Received)
    assert (item.device, item.taken_at.isoformat()) == ("M9", "2026-11-21T07:00:00+00:00")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("08006c000500aabb", None),  # two bytes of checksum
        ("07006c000500aa", ["trailing_bytes"]),
        ("09006c000500aabbcc", ["trailing_bytes"]),
        ("06006c0005", ["too_short"]),
        ("06016c000500", ["too_short"]),
        ("0a036c00050001000200", None),  # trend and quality
        ("09e06c000500000000", None),
        ("07806c00050004", ["device_fault"]),
        ("07806c00050001", None),
        ("0600ff070500", ["not_a_number"]),
    ],
)
def test_a_record_of_a_sensor_has_the_fields_that_its_flags_announce(text: str, codes: list[str] | None) -> None:
    (item,) = _sensor(text)
    assert (None if isinstance(item, Received) else [each.code for each in item]) == codes


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("ea070b150800002000aabb", None),
        ("ea070b150800002000aa", "trailing_bytes"),
        ("ea070b1508000020", "too_short"),
        ("ea070d150800002000", "time_unreadable"),
    ],
)
def test_a_session_start_of_another_shape_is_refused(start: str, code: str | None) -> None:
    (item,) = _sensor("06006c000500", start=start)
    assert (None if isinstance(item, Received) else item[0].code) == code


@pytest.mark.parametrize(
    ("zone", "offset"), [("20ff", 480), ("8000", 480), ("3800", 840), ("3900", 480), ("d000", -720)]
)
def test_an_unknown_or_impossible_zone_of_the_session_is_that_of_the_place(zone: str, offset: int) -> None:
    (item,) = _sensor("06006c000500", start=f"ea070b15080000{zone}")
    assert item.utc_offset_minutes == offset
