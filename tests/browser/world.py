"""A small clinic's world for the pages: made through the API, so that the pages meet what the service really gives."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from fastapi.testclient import TestClient

from cmc.core import clock
from cmc.core.clock import LOCAL

PERSON = {
    "name": "张桂兰",
    "citizen_id": "120103195811202043",
    "phone": "13812346131",
    "address": "河西区尖山街1号",
}
OTHER = {"name": "李秀英", "sex": "F", "birth_date": "1958-03-02", "phone": "13612340002"}


def checked(first_17: str) -> str:
    """A citizen ID with its check digit (GB 11643)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first_17, weights, strict=True))
    return first_17 + "10X98765432"[total % 11]


@dataclass
class World:
    """Where the service answers, the clinics, and people by what they are for."""

    address: str
    cookies: dict[str, str]
    clinics: list[str]
    people: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)


def _made(answer: Any) -> dict[str, Any]:
    assert answer.status_code in {200, 201}, answer.text
    made: dict[str, Any] = answer.json()
    return made


def enrol(nurse: TestClient, person: str, disease: str, since: date) -> None:
    """Put a person under management for a disease."""
    body = {
        "disease": disease, "enrolled_on": str(since), "confirmed_on": str(since), "confirmed_at": "市第一医院",
        "doctor": "王医生", "consent": True, "consent_channel": "paper", "consent_version": "2026-1",
    }  # fmt: skip
    _made(nurse.post(f"/v1/patients/{person}/enrolments", json=body))


def _visit(nurse: TestClient, person: str, on: date, number: int) -> None:
    body = {
        "patient_id": person, "visited_on": str(on), "mode": 1, "diseases": ["HTN", "T2DM"], "doctor": "王医生",
        "sbp_mmhg": 128, "dbp_mmhg": 78, "heart_rate_bpm": 72, "weight_kg": 66.5, "fasting_glucose_mmol_l": 6.1,
        "hypertension_symptoms": [1], "diabetes_symptoms": [1], "foot_pulse": 1, "hypoglycaemia": 1, "adherence": 1,
        "lifestyle": {
            "cigarettes_per_day": 0, "alcohol_liang_per_day": 0, "exercise_times_per_week": 4, "exercise_minutes": 30,
            "salt": 1, "mental_adjustment": 1, "follows_advice": 1, "staple_food_g_per_day": 300,
        },
        "lifestyle_targets": {"cigarettes_per_day": 0, "alcohol_liang_per_day": 0, "exercise_times_per_week": 5},
        "medications": [{"name": "氨氯地平", "dose": "5 mg", "times_per_day": 1}],
    }  # fmt: skip
    _made(nurse.post("/v1/followups", json=body, headers={"Idempotency-Key": f"visit-{number}"}))


def _pressures(person: str, today: date) -> list[dict[str, Any]]:
    """Two stretches of home pressures with more than 60 days between them."""
    days = [today - timedelta(days=back) for back in (*range(200, 150, -5), *range(60, 1, -3))]
    return [
        {"kind": "blood_pressure", "patient_id": person, "systolic": 126 + back % 17, "diastolic": 76 + back % 9,
         "unit": "mmHg", "taken_at": datetime(day.year, day.month, day.day, 7, 30, tzinfo=LOCAL).isoformat()}
        for back, day in enumerate(days)
    ]  # fmt: skip


def _apart(person: str, today: date) -> list[dict[str, Any]]:
    """Two weeks of home pressures each, 100 days apart."""
    days = [today - timedelta(days=back) for back in (*range(140, 126, -2), *range(16, 2, -2))]
    return [
        {"kind": "blood_pressure", "patient_id": person, "systolic": 131, "diastolic": 79, "unit": "mmHg",
         "taken_at": datetime(day.year, day.month, day.day, 7, 30, tzinfo=LOCAL).isoformat()}
        for day in days
    ]  # fmt: skip


def _sensor(person: str, now: datetime) -> list[dict[str, Any]]:
    """Fourteen days of a sensor that speaks every 15 minutes."""
    begin = (now - timedelta(days=13)).replace(hour=0, minute=0, second=0, microsecond=0)
    count = int((now - begin).total_seconds() // 900)
    return [
        {"kind": "glucose", "patient_id": person, "value": 5.5 + (step * 7 % 40) / 10, "unit": "mmol/L",
         "specimen": "interstitial", "taken_at": (begin + timedelta(minutes=15 * step)).isoformat()}
        for step in range(count)
    ]  # fmt: skip


def _send(nurse: TestClient, readings: list[dict[str, Any]]) -> None:
    for start in range(0, len(readings), 500):
        _made(nurse.post("/v1/readings", json={"items": readings[start : start + 500]}))


def people_of_first_clinic(nurse: TestClient, world: World) -> None:
    """The person with both diseases and years of care, two records of one woman, and readings nobody can place."""
    now = clock.now().astimezone(LOCAL)
    today = now.date()
    body = {**PERSON, "citizen_id": checked("12010319581120204"), "clinic_id": world.clinics[0]}
    person = str(_made(nurse.post("/v1/patients", json=body))["id"])
    world.people["both"] = person
    since = today - timedelta(days=400)
    for disease in ("HTN", "T2DM"):
        enrol(nurse, person, disease, since)
    for number, back in enumerate((360, 270, 180, 90)):
        _visit(nurse, person, today - timedelta(days=back), number)
    _send(nurse, _pressures(person, today))
    _send(nurse, _sensor(person, now))
    meter = {"kind": "glucose", "patient_id": person, "unit": "mmol/L", "period": "FASTING"}
    _send(nurse, [
        meter | {"value": 6.0 + back / 10, "taken_at": (now - timedelta(days=back)).isoformat()} for back in range(1, 8)
    ])  # fmt: skip
    lab = {"analyte": "HBA1C", "value": "7.4", "unit": "%", "on": str(today - timedelta(days=40))}
    _made(nurse.post(f"/v1/patients/{person}/labs", json=lab))
    for name in ("one", "other"):
        body = {**OTHER, "clinic_id": world.clinics[0]}
        world.people[name] = str(_made(nurse.post("/v1/patients", json=body))["id"])
    apart = {"name": "赵有间", "sex": "M", "birth_date": "1955-07-01", "clinic_id": world.clinics[0]}
    world.people["gap"] = str(_made(nurse.post("/v1/patients", json=apart))["id"])
    _send(nurse, _apart(world.people["gap"], today))
    enrol(nurse, world.people["one"], "HTN", today - timedelta(days=60))  # a row that a merge moves
    for number, name in enumerate(("钱逾期", "孙久违", "周未访")):
        late = {"name": name, "sex": "M", "birth_date": f"195{number}-05-06", "phone": f"1371234000{number}"}
        body = {**late, "clinic_id": world.clinics[0]}
        world.people[f"late{number}"] = str(_made(nurse.post("/v1/patients", json=body))["id"])
        enrol(nurse, world.people[f"late{number}"], "HTN", today - timedelta(days=150 + number))
    held = {"kind": "blood_pressure", "systolic": 138, "diastolic": 84, "unit": "mmHg", "patient_id": person}
    for number in range(3):
        nurse.post("/v1/readings", json=held | {"taken_at": f"2000-01-0{number + 1}T08:00:00+08:00"})
    unknown = {"kind": "glucose", "value": 6.6, "unit": "mmol/L", "device": "GM-1", "sequence": 1}
    nurse.post("/v1/readings", json=unknown | {"taken_at": (now - timedelta(hours=3)).isoformat()})
    device = {"code": "BP-100", "kind": "cuff", "clinic_id": world.clinics[0]}
    made = _made(nurse.post("/v1/devices", json=device))
    world.people["device"] = str(made["id"])
    _made(nurse.post(f"/v1/devices/{made['id']}:issue", json={"patient_id": person}))


def people_of_second_clinic(nurse: TestClient, world: World) -> None:
    """Somebody whom the first clinic must never see."""
    body = {"name": "欧阳修文", "sex": "M", "birth_date": "1950-01-02", "clinic_id": world.clinics[1]}
    world.people["foreign"] = str(_made(nurse.post("/v1/patients", json=body))["id"])
