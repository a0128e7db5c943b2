"""Which values and times are possible (GLU-03, GLU-04, BP-01, clock rules)."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cmc.ingest import judging
from cmc.ingest.formats import native
from cmc.ingest.received import Received

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PERSON = "0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22"


def _item(**fields: Any) -> Received:
    base = {"patient_id": PERSON, "taken_at": "2026-11-20T07:00:00+08:00"}
    (item,) = native.read(json.dumps(base | fields).encode()).items
    assert isinstance(item, Received), item
    return item


GLUCOSE = [
    (6.1, "mmol/L", 6100, []),
    (126, "mg/dL", 7000, []),
    (300, "mg/dL", 16700, []),
    (39.6, "mg/dL", 2200, []),
    (0.5, "mmol/L", 500, []),
    (39.9, "mmol/L", 39900, []),
    (0.4, "mmol/L", None, ["out_of_range"]),
    (40, "mmol/L", None, ["unit_mismatch"]),
    (126, "mmol/L", None, ["out_of_range", "unit_mismatch"]),
    (0.4, "mg/dL", None, ["out_of_range", "unit_mismatch"]),
    (0, "mg/dL", None, ["out_of_range", "unit_mismatch"]),
    (2044.8, "mg/dL", None, ["out_of_range"]),
    (0, "mmol/L", None, ["out_of_range"]),
    (-6.1, "mmol/L", None, ["out_of_range"]),
    (1e300, "mmol/L", None, ["out_of_range"]),
]


@pytest.mark.parametrize(("value", "unit", "umol_l", "codes"), GLUCOSE)
def test_glucose(value: float, unit: str, umol_l: int | None, codes: list[str]) -> None:
    measured = judging.measure(_item(kind="glucose", value=value, unit=unit))
    assert [concern.value for _, concern in measured.faults] == codes
    assert {name for name, _ in measured.faults} <= {"value"}
    if umol_l is not None:
        assert measured.glucose_umol_l == umol_l


@pytest.mark.parametrize(("value", "umol_l"), [(0.5, 0), (6.1, 300), (9, 500), (30, 1700), (33.3, 1900)])
def test_a_small_mg_dl_is_a_severe_hypoglycaemia_or_a_wrong_unit(value: float, umol_l: int) -> None:
    item = _item(kind="glucose", value=value, unit="mg/dL")
    measured = judging.measure(item)
    assert (measured.glucose_umol_l, measured.faults) == (umol_l, ())
    doubts = judging.doubts(item, measured, born_on=date(1960, 1, 1), now=NOW)
    assert [(doubt.pointer, doubt.code) for doubt in doubts] == [("/value", "unit_doubtful")]


@pytest.mark.parametrize(("value", "unit"), [(33.4, "mg/dL"), (126, "mg/dL"), (0.5, "mmol/L"), (30, "mmol/L")])
def test_other_possible_values_are_in_no_doubt(value: float, unit: str) -> None:
    item = _item(kind="glucose", value=value, unit=unit)
    assert judging.doubts(item, judging.measure(item), born_on=date(1960, 1, 1), now=NOW) == ()


FLAGS = [
    ({"flag": "HI"}, 33300, "HI", []),
    ({"flag": "LO"}, 1100, "LO", []),
    ({"flag": "HI", "limit": 600, "unit": "mg/dL"}, 33300, "HI 600", []),
    ({"flag": "LO", "limit": 20, "unit": "mg/dL"}, 1100, "LO 20", []),
    ({"flag": "HI", "limit": 5, "unit": "mmol/L"}, None, "HI", ["limit"]),
    ({"flag": "LO", "limit": 600, "unit": "mmol/L"}, None, "LO", ["limit"]),
    ({"flag": "HI", "limit": 600, "unit": "mmol/L"}, None, "HI", ["limit"]),
]


@pytest.mark.parametrize(("fields", "umol_l", "text", "faulty"), FLAGS)
def test_a_meter_out_of_its_range(fields: dict[str, Any], umol_l: int | None, text: str, faulty: list[str]) -> None:
    measured = judging.measure(_item(kind="glucose", **fields))
    assert [name for name, _ in measured.faults] == faulty
    assert measured.value_text == text
    if not faulty:
        assert (measured.glucose_umol_l, measured.bound, measured.alert_tier) == (umol_l, fields["flag"], "RED")


PRESSURE = [
    (138, 86, 72, "mmHg", [], None),
    (180, 86, None, "mmHg", [], "RED"),
    (120, 110, None, "mmHg", [], "RED"),
    (18.4, 11.5, None, "kPa", [], None),
    (86, 138, None, "mmHg", [("diastolic", "not_above_diastolic")], None),
    (90, 90, None, "mmHg", [("diastolic", "not_above_diastolic")], None),
    (99, 90, None, "mmHg", [("diastolic", "narrow_pulse_pressure")], None),
    (18.4, 11.5, None, "mmHg", [("systolic", "out_of_range"), ("diastolic", "narrow_pulse_pressure")], None),
    (301, 90, None, "mmHg", [("systolic", "out_of_range")], None),
    (250, 201, None, "mmHg", [("diastolic", "out_of_range")], None),
    (86, 138, 0, "mmHg", [("diastolic", "not_above_diastolic")], None),
]


@pytest.mark.parametrize(("systolic", "diastolic", "pulse", "unit", "faults", "tier"), PRESSURE)
def test_pressure(
    systolic: float, diastolic: float, pulse: float | None, unit: str, faults: list[tuple[str, str]], tier: str | None
) -> None:
    item = _item(kind="blood_pressure", systolic=systolic, diastolic=diastolic, pulse=pulse, unit=unit)
    measured = judging.measure(item)
    assert [(name, concern.value) for name, concern in measured.faults] == faults
    assert measured.alert_tier == tier


PULSES = [
    (20, 20, None),
    (300, 300, None),
    (72.5, 73, None),
    (19.9, None, "pulse_out_of_range"),
    (300.1, None, "pulse_out_of_range"),
    (0, None, "pulse_out_of_range"),
    (-70, None, "pulse_out_of_range"),
    (1e300, None, "pulse_out_of_range"),
]


@pytest.mark.parametrize(("pulse", "kept", "note"), PULSES)
def test_an_impossible_pulse_does_not_cost_the_pressure(pulse: float, kept: int | None, note: str | None) -> None:
    item = _item(kind="blood_pressure", systolic=185, diastolic=86, pulse=pulse, unit="mmHg")
    measured = judging.measure(item)
    assert (measured.faults, measured.sbp_mmhg, measured.alert_tier) == ((), 185, "RED")
    assert measured.pulse_bpm == kept
    assert judging.notes(item, measured, now=NOW) == note


def test_kilopascal_is_only_what_its_unit_says() -> None:
    item = _item(kind="blood_pressure", systolic=138, diastolic=86, unit="kPa")
    assert ("unit", "unit_mismatch") in judging.measure(item).faults


TIMES = [
    (timedelta(0), [], None),
    (timedelta(minutes=10), [], None),
    (timedelta(minutes=10, seconds=1), [], "clock_ahead"),
    (timedelta(hours=24), [], "clock_ahead"),
    (timedelta(hours=24, seconds=1), ["clock_in_future"], None),
    (timedelta(days=-180), [], None),
    (datetime(1970, 1, 1, tzinfo=UTC) - NOW, ["clock_reset"], None),
    (datetime(2000, 1, 1, tzinfo=UTC) - NOW, ["clock_reset"], None),
    (datetime(2014, 12, 31, 15, 59, 59, tzinfo=UTC) - NOW, ["clock_reset"], None),
    (datetime(2014, 12, 31, 16, 0, tzinfo=UTC) - NOW, [], None),
]


@pytest.mark.parametrize(("ahead", "codes", "note"), TIMES)
def test_a_clock_is_believed_or_not(ahead: timedelta, codes: list[str], note: str | None) -> None:
    item = _item(kind="glucose", value=6.1, unit="mmol/L", taken_at=(NOW + ahead).isoformat())
    measured = judging.measure(item)
    doubts = judging.doubts(item, measured, born_on=date(1960, 1, 1), now=NOW)
    assert [(fault.pointer, fault.code) for fault in doubts] == [("/taken_at", code) for code in codes]
    if not codes:
        assert judging.notes(item, measured, now=NOW) == note


def test_nobody_is_measured_before_birth() -> None:
    item = _item(kind="glucose", value=6.1, unit="mmol/L")
    measured = judging.measure(item)
    doubts = judging.doubts(item, measured, born_on=date(2026, 11, 21), now=NOW)
    assert [doubt.code for doubt in doubts] == ["before_birth"]
    assert judging.doubts(item, measured, born_on=date(2026, 11, 20), now=NOW) == ()


def test_a_rare_value_is_kept_with_a_note() -> None:
    item = _item(kind="glucose", value=28.5, unit="mmol/L")
    assert judging.notes(item, judging.measure(item), now=NOW) == "unusual_value"
