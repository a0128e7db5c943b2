"""What the clouds and gateways of vendors push, and the answer each needs."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from cmc.ingest import judging
from cmc.ingest.decoding import epochs
from cmc.ingest.formats import ava4, bodytrace, lifesense, tellihealth, tenovi
from cmc.ingest.received import Circumstances, Format, Received

FIXTURES = Path(__file__).parent / "fixtures"
MG_DL = Circumstances(glucose_unit="mg/dL")
AT = datetime(2021, 11, 17, 8, 49, 26, tzinfo=UTC)


def _payload(form: Format, name: str) -> Any:
    return json.loads((FIXTURES / form.code / "accepted" / f"{name}.json").read_text(encoding="utf-8"))


def _items(form: Format, payload: Any, given: Circumstances = MG_DL) -> tuple[Any, ...]:
    return form.read(json.dumps(payload).encode(), given).items


def _one(form: Format, name: str, given: Circumstances = MG_DL) -> Any:
    (item,) = _items(form, _payload(form, name), given)
    return item


MEAL_PERIODS = [
    (0, "FASTING", None),
    (1, "AFTER_BREAKFAST_2H", None),
    (2, "BEFORE_LUNCH", None),
    (3, "AFTER_LUNCH_2H", None),
    (4, "BEFORE_DINNER", None),
    (5, "AFTER_DINNER_2H", None),
    (6, "BEDTIME", None),
    (11, "NIGHT_3AM", None),
    (12, None, "before"),
    (13, None, "after"),
    (14, "RANDOM", None),
    (15, "RANDOM", None),
    (16, "RANDOM", None),
    (9, None, None),
]


@pytest.mark.parametrize(("code", "period", "meal"), MEAL_PERIODS)
def test_lifesense_names_the_meal_by_thirteen_codes(code: int, period: str | None, meal: str | None) -> None:
    payload = _payload(lifesense.FORMAT, "glucose")
    payload["data"]["mealPeriod"] = code
    (item,) = _items(lifesense.FORMAT, payload)
    assert (item.period, item.meal) == (period, meal)
    assert ("meal_not_understood" in item.notes) is (code == 9)


def test_lifesense_pushes_the_cuff_with_its_user_and_irregular_pulse() -> None:
    item = _one(lifesense.FORMAT, "blood-pressure")
    assert (item.systolic.text, item.diastolic.text, item.pulse.text, item.unit) == ("152", "95", "78", "mmHg")
    assert (item.device, item.user_slot, item.irregular_pulse) == ("LS4000123", 2, True)
    assert item.identifier == ("lifesense", "880123")
    assert (item.device_time_text, item.utc_offset_minutes) == ("1795219200000 +08:00", 480)


def test_lifesense_repeats_until_it_reads_code_200() -> None:
    assert lifesense.answer(True) == (200, b'{"code":200}', "application/json")
    assert b"200" not in lifesense.answer(False).body


@pytest.mark.parametrize(("kind", "name"), [("dBp", "blood-pressure"), ("dBs", "glucose")])
def test_lifesense_pushes_of_a_device_are_read_like_those_of_a_person(kind: str, name: str) -> None:
    payload = _payload(lifesense.FORMAT, name)
    (item,) = _items(lifesense.FORMAT, payload | {"dataTypeKey": kind, "associatedId": None, "userId": None})
    assert isinstance(item, Received)
    assert item.identifier is None


def test_a_push_that_is_repeated_is_the_same_reading() -> None:
    payload = _payload(lifesense.FORMAT, "glucose")
    (first,), (again,) = _items(lifesense.FORMAT, payload), _items(lifesense.FORMAT, payload | {"pushStatus": 2})
    same = ("kind", "device", "taken_at", "value", "unit", "specimen")
    assert [getattr(first, name) for name in same] == [getattr(again, name) for name in same]


@pytest.mark.parametrize("kind", ["dWeight", "sleep"])
def test_lifesense_pushes_of_other_things_are_acknowledged_and_skipped(kind: str) -> None:
    payload = _payload(lifesense.FORMAT, "glucose") | {"dataTypeKey": kind}
    envelope = lifesense.read(json.dumps(payload).encode())
    assert (envelope.items, [each.code for each in envelope.skipped]) == ((), ["other_kind"])


def test_tellihealth_sends_numbers_as_text_and_names_the_unit() -> None:
    item = _one(tellihealth.FORMAT, "glucose")
    assert (item.value.text, item.unit, item.unit_text, item.meal) == ("126", "mg/dL", "mg/dl", "before")
    assert judging.measure(item).glucose_umol_l == 7000
    assert item.taken_at.isoformat() == "2026-11-21T00:00:00+00:00"
    cuff = _one(tellihealth.FORMAT, "blood-pressure")
    assert (cuff.systolic.text, cuff.irregular_pulse) == ("152", True)


def test_a_heartbeat_is_no_reading() -> None:
    envelope = tellihealth.read(b'{"type":"Heartbeat","deviceId":"868334037510868","time":"1795219200000"}')
    assert (envelope.items, [each.code for each in envelope.skipped]) == ((), ["heartbeat"])


def test_tenovi_sends_pulse_and_irregularity_beside_the_pressure() -> None:
    item = _one(tenovi.FORMAT, "pressure-with-pulse")
    assert (item.systolic.text, item.diastolic.text, item.pulse.text) == ("152", "95", "78")
    assert item.irregular_pulse is True
    assert item.device == "e9c24a26-7d69-490f-9546-93c5a31486aa"
    assert item.identifier == ("tenovi", "880123")


def test_tenovi_marks_control_solution_in_the_place_of_the_measurement() -> None:
    payload = _payload(tenovi.FORMAT, "glucose")
    payload["filter_params"]["measurement_location"] = "control_solution"
    (item,) = _items(tenovi.FORMAT, payload)
    assert item.control_solution is True


@pytest.mark.parametrize(("form", "name"), [(tenovi.FORMAT, "glucose"), (ava4.FORMAT, "glucose")])
def test_a_unit_that_is_nowhere_said_is_never_guessed(form: Format, name: str) -> None:
    assert isinstance(_one(form, name), Received)
    assert [each.code for each in _one(form, name, Circumstances())] == ["unit_missing"]


def test_bp_05_bodytrace_in_pascal_is_the_same_pressure_as_in_mmhg() -> None:
    item = _one(bodytrace.FORMAT, "pascal")
    assert (item.value_text, item.unit_text) == ("20265/12666/78", "Pa")
    measured = judging.measure(item)
    assert (measured.sbp_mmhg, measured.dbp_mmhg) == (152, 95)
    assert judging.measure(_one(bodytrace.FORMAT, "millimetres")).sbp_mmhg == 152


@pytest.mark.parametrize("name", ["pressure", "glucose"])
def test_ava4_lists_the_readings_of_its_devices(name: str) -> None:
    item = _one(ava4.FORMAT, name)
    assert (item.device, item.device_time_text) == ("aabbccddeeff", "1795219200")
    assert (item.meal, item.period) == (("after", None) if name == "glucose" else (None, None))


def test_ava4_with_a_clock_in_2028_is_understood_and_then_held() -> None:
    item = _one(ava4.FORMAT, "clock-in-2028")
    now = item.taken_at - timedelta(days=400)
    doubts = judging.doubts(item, judging.measure(item), born_on=date(1960, 1, 1), now=now)
    assert [each.code for each in doubts] == ["clock_in_future"]


@pytest.mark.parametrize("form", [lifesense.FORMAT, tenovi.FORMAT])
def test_a_person_that_is_known_otherwise_wins_over_the_number_of_the_vendor(form: Format) -> None:
    name = "glucose"
    known = Circumstances(glucose_unit="mg/dL", patient_id=UUID(int=7))
    item = _one(form, name, known)
    assert (item.patient_id, item.identifier) == (known.patient_id, None)


def _codes(form: Format, payload: Any) -> list[str]:
    return [each.code for each in form.read(json.dumps(payload).encode(), MG_DL).skipped]


def test_signs_of_life_of_a_gateway_are_skipped_and_other_devices_too() -> None:
    alive = {"from": "ESP32_GW", "time": 1795219200, "mac": "00:11", "type": "HB_Msg", "data": {"msg": "Online"}}
    assert _codes(ava4.FORMAT, alive) == ["heartbeat"]
    scale = _payload(ava4.FORMAT, "pressure")
    scale["data"]["value"]["device_list"] = [{"scan_time": 1795219200, "ble_addr": "aabb", "weight": 76.3}]
    assert _codes(ava4.FORMAT, scale) == ["other_kind"]
    assert _codes(bodytrace.FORMAT, {"imei": "1", "ts": 1795219200, "values": {"weight": 76300}}) == ["other_kind"]


def test_ava4_without_a_scan_time_takes_that_of_the_message_and_either_spelling_of_pulse() -> None:
    payload = _payload(ava4.FORMAT, "pressure")
    (reading,) = payload["data"]["value"]["device_list"]
    del reading["scan_time"]
    reading["pr"] = reading.pop("PR")
    (item,) = _items(ava4.FORMAT, payload)
    assert (item.device_time_text, item.pulse.text) == ("1795219200", "78")


def test_a_pulse_of_tenovi_without_its_pressure_is_skipped_and_never_joined_to_another() -> None:
    pressure, pulse, irregular = _payload(tenovi.FORMAT, "pressure-with-pulse")
    assert _codes(tenovi.FORMAT, [pulse, irregular]) == ["other_kind", "other_kind"]
    assert _codes(tenovi.FORMAT, [pressure, pulse, irregular]) == []
    (item,) = _items(tenovi.FORMAT, [pressure, pulse | {"timestamp": "2026-11-21T00:00:01Z"}])
    assert (item.pulse, item.irregular_pulse) == (None, None)


@pytest.mark.parametrize(
    ("change", "known", "device"),
    [({}, None, "LS5000777"), ({"sn": None}, None, "d-2"), ({"sn": "", "deviceId": None}, "M9", "M9")],
)
def test_lifesense_names_the_device_by_its_serial_number_first(
    change: dict[str, Any], known: str | None, device: str
) -> None:
    payload = _payload(lifesense.FORMAT, "glucose")
    payload["data"] |= change
    (item,) = _items(lifesense.FORMAT, payload, Circumstances(device=known))
    assert item.device == device


@pytest.mark.parametrize("value", ["-1", "1000001", "1e300"])
def test_a_pressure_that_no_unit_can_mean_is_refused(value: str) -> None:
    payload = _payload(bodytrace.FORMAT, "pascal")
    payload["values"]["systolic"] = value
    (faults,) = _items(bodytrace.FORMAT, payload)
    assert [each.code for each in faults] == ["out_of_range"]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("+08:00", 480),
        ("+0530", 330),
        ("-3:30", -210),
        ("GMT+8", 480),
        ("8", 480),
        ("+15:00", None),
        ("Asia/Shanghai", 480),
        ("Nowhere/Land", None),
        (None, None),
    ],
)
def test_the_offset_of_a_clock_in_the_words_of_senders(text: str | None, minutes: int | None) -> None:
    assert epochs.offset_minutes(text, AT) == minutes


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("99999999999", 5138),
        ("100000000000", 1973),
        ("1795219200", 2026),
        ("1795219200000", 2026),
        ("-1", None),
        ("x", None),
    ],
)
def test_from_ten_to_the_eleventh_on_an_epoch_counts_milliseconds(text: str, year: int | None) -> None:
    found = epochs.instant(text)
    assert (None if found is None else found.year) == year
