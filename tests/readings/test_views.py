"""Series, glucose profile, sensor and pressure summaries over HTTP; what is not there is said in words."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cmc.core.clock import LOCAL
from cmc.patients.tables import Patient

FIRST = datetime(2026, 3, 2, tzinfo=LOCAL)
LAST_ON = "2026-03-15"  # fourteen days


@pytest.fixture
def person(make_patient: Callable[..., Patient]) -> str:
    return str(make_patient().id)


@pytest.fixture
def send(client: TestClient, person: str) -> Callable[[list[dict[str, Any]]], None]:
    def send(items: list[dict[str, Any]]) -> None:
        for start in range(0, len(items), 500):
            body = {"items": [{"patient_id": person, **each} for each in items[start : start + 500]]}
            summary = client.post("/v1/readings", json=body).json()["summary"]
            assert summary == {"created": len(body["items"])}

    return send


def glucose(at: datetime, value: float, **more: Any) -> dict[str, Any]:
    return {"kind": "glucose", "value": value, "unit": "mmol/L", "taken_at": at.isoformat(), **more}


def pressure(at: datetime, systolic: int, diastolic: int, **more: Any) -> dict[str, Any]:
    values = {"systolic": systolic, "diastolic": diastolic, "unit": "mmHg"}
    return {"kind": "blood_pressure", "taken_at": at.isoformat(), **values, **more}


def read(client: TestClient, person: str, what: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/patients/{person}/{what}", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("what", ["glucose/profile", "cgm/summary", "blood-pressure/summary"])
def test_nothing_on_file_is_said_in_words_and_is_no_zero(client: TestClient, person: str, what: str) -> None:
    found = read(client, person, what, on=LAST_ON)
    assert found["sufficiency"] == {
        "code": "no_readings",
        "enough": False,
        "zh": "该时段没有测量数据",
        "en": "No readings in this span",
    }
    told = str(found)
    assert "percent': 0" not in told
    assert not [each for each in ("whole", "shares", "active_percent", "high") if found.get(each) is not None]
    assert not any(found.get(each) for each in ("slots", "periods", "by_setting", "at_home", "goals_met"))


def test_a_series_of_nothing_says_so(client: TestClient, person: str) -> None:
    found = read(client, person, "readings", series="glucose")["series"]
    assert (found["readings"], found["points"], found["sufficiency"]["code"]) == (0, [], "no_readings")


def test_a_profile_by_local_hour_and_period_with_hi_at_its_end(client: TestClient, person: str, send: Any) -> None:
    values = (5.0, 5.5, 6.0, 6.5, 7.0)
    fasting = [
        glucose(FIRST + timedelta(days=day, hours=6, minutes=30), value, period="FASTING")
        for day, value in enumerate(values)
    ]
    high = {"kind": "glucose", "flag": "HI", "taken_at": (FIRST + timedelta(hours=20)).isoformat()}
    sensor = glucose(FIRST + timedelta(hours=6, minutes=31), 15, specimen="interstitial")
    send([*fasting, high, sensor])
    found = read(client, person, "glucose/profile", days=14, on=LAST_ON)
    assert found["span"] == {"from_on": "2026-03-02", "to_on": "2026-03-16", "days": 14}
    assert found["sufficiency"]["enough"]
    assert [(each["from_minute"], each["spread"]["count"]) for each in found["slots"]] == [(360, 5), (1200, 1)]
    morning = found["periods"]["FASTING"]
    assert morning["percentiles_mmol_l"] == {"5": 5.1, "25": 5.5, "50": 6.0, "75": 6.5, "95": 6.9}
    assert (morning["mean_mmol_l"], morning["days"]) == (6.0, 5)
    assert (found["whole"]["count"], found["whole"]["high"], found["whole"]["greatest_mmol_l"]) == (6, 1, 33.3)
    assert found["slots"][1]["spread"]["mean_mmol_l"] is None
    assert found["slots"][1]["spread"]["percentiles_mmol_l"] is None


def test_few_values_give_no_percentiles_and_say_why(client: TestClient, person: str, send: Any) -> None:
    send([glucose(FIRST + timedelta(hours=7), 6.1)])
    found = read(client, person, "glucose/profile", on=LAST_ON)
    assert (found["sufficiency"]["code"], found["sufficiency"]["enough"]) == ("few_values", False)
    assert found["whole"]["percentiles_mmol_l"] is None
    assert found["whole"]["median_mmol_l"] == 6.1


def test_days_outside_of_the_span_do_not_count(client: TestClient, person: str, send: Any) -> None:
    send([glucose(FIRST - timedelta(minutes=1), 6.1), glucose(FIRST + timedelta(days=14), 7.1), glucose(FIRST, 8.1)])
    assert read(client, person, "glucose/profile", on=LAST_ON)["whole"]["median_mmol_l"] == 8.1


def test_a_sensor_over_fourteen_days(client: TestClient, person: str, send: Any) -> None:
    every = range(0, 14 * 24 * 60, 15)
    send(
        [
            glucose(FIRST + timedelta(minutes=minute), 12.0 if minute % 60 == 0 else 6.0, specimen="interstitial")
            for minute in every
        ]
    )
    found = read(client, person, "cgm/summary", days=14, on=LAST_ON)
    assert found["sufficiency"]["code"] == "enough"
    assert (found["interval_minutes"], found["active_percent"]) == (15, 100.0)
    shares = found["shares"]
    assert (shares["in_range_percent"], shares["above_percent"], shares["below_percent"]) == (75.0, 25.0, 0.0)
    assert shares["mean_mmol_l"] == 7.5
    assert shares["gmi_percent"] == 6.54  # 3.31 + 0.02392 × 135
    assert found["goals_met"] == {
        "in_range": True, "below": True, "below_3_0": True, "above": False, "above_13_9": True
    }  # fmt: skip
    assert read(client, person, "glucose/profile", on=LAST_ON)["whole"] is None


def test_the_days_curve_of_a_sensor_is_made_of_the_sensors_values_alone(
    client: TestClient, person: str, send: Any
) -> None:
    send([glucose(FIRST + timedelta(days=day, hours=6, minutes=10), 8.0, specimen="interstitial") for day in range(6)])
    send([glucose(FIRST + timedelta(days=1, hours=6, minutes=12), 22.0)])  # by meter
    found = read(client, person, "cgm/summary", days=14, on=LAST_ON)
    assert [(each["from_minute"], each["to_minute"], each["spread"]["count"]) for each in found["slots"]] == [
        (360, 390, 6)
    ]
    assert found["slots"][0]["spread"]["percentiles_mmol_l"]["95"] == 8.0
    assert found["ranges"] == {"very_low": 3.0, "low": 3.9, "high": 10.0, "very_high": 13.9}


def test_five_years_of_pressures_are_drawn_and_the_line_of_emergencies_is_told(
    client: TestClient, person: str, send: Any
) -> None:
    asked: Any = {"series": "blood_pressure", "from": "2021-03-16", "to": "2026-03-17"}
    found = read(client, person, "readings", **asked)["series"]
    assert found["emergency"] == {"systolic_mmhg": 180, "diastolic_mmhg": 110}
    refused = client.get(f"/v1/patients/{person}/readings", params=asked | {"series": "sensor"})
    assert refused.status_code == 422


def test_a_sensor_worn_too_short_is_shown_and_called_so(client: TestClient, person: str, send: Any) -> None:
    send([glucose(FIRST + timedelta(minutes=5 * each), 6.0, specimen="interstitial") for each in range(12)])
    found = read(client, person, "cgm/summary", days=1, on="2026-03-02")
    assert found["sufficiency"]["code"] == "sensor_too_short"
    assert found["shares"]["count"] == 12
    assert found["active_percent"] == round(12 / 288 * 100, 2)


def test_pressures_are_counted_by_sittings_and_the_home_week_is_judged(
    client: TestClient, person: str, send: Any
) -> None:
    readings = []
    for day in range(7, 14):
        for hour in (7, 20):
            at = FIRST + timedelta(days=day, hours=hour)
            readings += [pressure(at, 150, 90), pressure(at + timedelta(minutes=2), 140, 88)]
    readings.append(pressure(FIRST + timedelta(days=9, hours=10), 128, 78, setting="office"))
    send(readings)
    found = read(client, person, "blood-pressure/summary", on=LAST_ON)
    home = found["by_setting"]["home"]
    assert (home["sittings"], home["readings"], home["days"]) == (14, 28, 7)
    assert (home["systolic"]["mean_mmhg"], home["diastolic"]["mean_mmhg"]) == (145.0, 89.0)
    assert (home["elevated"], home["elevated_percent"]) == (14, 100.0)
    assert set(found["at_home"]) == {"morning", "evening"}
    week = found["home_week"]
    assert (week["first_on"], week["last_on"]) == ("2026-03-09", LAST_ON)
    assert (week["mean"]["count"], week["first_day_left_out"], week["elevated"]) == (24, True, True)
    assert (found["white_coat"], found["masked"]) == (False, True)
    assert found["sufficiency"]["code"] == "enough"


@pytest.mark.parametrize(("setting", "code"), [("home", "home_too_few"), ("office", "no_home_readings")])
def test_too_few_pressures_are_called_so(client: TestClient, person: str, send: Any, setting: str, code: str) -> None:
    send([pressure(FIRST + timedelta(hours=8), 150, 90, setting=setting)])
    found = read(client, person, "blood-pressure/summary", on=LAST_ON)
    assert found["sufficiency"]["code"] == code
    assert found["home_week"]["elevated"] is None
    assert (found["white_coat"], found["masked"]) == (None, None)


def test_a_series_keeps_alarms_and_extremes_and_says_how_many_there_were(
    client: TestClient, person: str, send: Any
) -> None:
    values = [6.0 + (index % 7) * 0.1 for index in range(600)]
    values[123], values[400] = 2.5, 14.9
    send([glucose(FIRST + timedelta(minutes=30 * index), value) for index, value in enumerate(values)])
    found = read(client, person, "readings", series="glucose", points=40, **{"from": "2026-03-01", "to": "2026-04-01"})
    assert (found["items"], found["next_cursor"]) == ([], None)
    drawn = found["series"]
    assert drawn["readings"] == 600
    assert len(drawn["points"]) <= 42
    assert {2.5, 14.9} <= {each["glucose_mmol_l"] for each in drawn["points"]}
    assert [each["alert_tier"] for each in drawn["points"]].count("RED") == 1
    assert [each["taken_at"] for each in drawn["points"]] == sorted(each["taken_at"] for each in drawn["points"])


def test_a_series_of_pressures_keeps_the_extremes_of_both_numbers(client: TestClient, person: str, send: Any) -> None:
    pairs = [(130 + index % 5, 80 + index % 3) for index in range(300)]
    pairs[50], pairs[70], pairs[90], pairs[110] = (170, 82), (101, 81), (131, 99), (132, 55)
    send([pressure(FIRST + timedelta(hours=index), *pair) for index, pair in enumerate(pairs)])
    drawn = read(
        client, person, "readings", series="blood_pressure", points=24, **{"from": "2026-03-01", "to": "2026-04-01"}
    )["series"]
    shown = {(each["systolic_mmhg"], each["diastolic_mmhg"]) for each in drawn["points"]}
    assert {(170, 82), (101, 81), (131, 99), (132, 55)} <= shown
    assert len(drawn["points"]) <= 24


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("glucose/profile", {"days": 0}),
        ("glucose/profile", {"days": 91}),
        ("glucose/profile", {"step_minutes": 50}),
        ("glucose/profile", {"on": "0001-01-01"}),
        ("cgm/summary", {"on": "9999-12-31"}),
        ("cgm/summary", {"interval_minutes": 0}),
        ("blood-pressure/summary", {"on": "soon"}),
        ("readings", {"series": "weight"}),
        ("readings", {"series": "glucose", "points": 3}),
        ("readings", {"series": "glucose", "from": "2026-03-02", "to": "2026-03-02"}),
        ("readings", {"series": "glucose", "from": "0001-01-01"}),
        ("readings", {"series": "glucose", "to": "9999-12-31"}),
        ("readings", {"series": "glucose", "to": "0001-01-01"}),
        ("readings", {"series": "glucose", "from": "2020-01-01", "to": "2026-01-01"}),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_field(
    client: TestClient, person: str, what: str, query: dict[str, Any]
) -> None:
    answer = client.get(f"/v1/patients/{person}/{what}", params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]
