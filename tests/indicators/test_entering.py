"""How visits were entered: how fast one after another, and what is as at the visit before, of drawn histories."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.accounts.tables import AppUser
from cmc.clinical.codes import Disease
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.followups.tables import Followup
from cmc.indicators.insight import entering, quality
from cmc.indicators.insight.entering import Carried, CarriedField, Entry
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Patient

FIRST, LAST = date(2025, 7, 1), date(2025, 9, 30)
NURSE, OTHER = "user:019a3c1e-7b1e-7000-8000-000000000001", "user:019a3c1e-7b1e-7000-8000-000000000002"
MORNING = datetime(2025, 9, 30, 9, tzinfo=LOCAL)


class Visits:
    """Writes rows of visits as they stand, with all that is compared."""

    def __init__(self, session: Session, clinic: Organisation) -> None:
        self.session, self.clinic = session, clinic

    def add(
        self,
        patient: Patient,
        on: date,
        *,
        entered: datetime = MORNING,
        actor: str = NURSE,
        diseases: tuple[Disease, ...] = (Disease.HTN,),
        version: int = 1,
        encounter: Any = None,
        ended: bool = False,
        at: Organisation | None = None,
        **values: Any,
    ) -> Any:
        encounter_id = encounter or new_id()
        for disease in diseases:
            row_id = new_id()
            end = (
                {"ended_at": entered, "ended_as": "corrected", "ended_by": actor, "end_reason": "抄错"} if ended else {}
            )
            self.session.add(
                Followup(
                    id=row_id, record_id=row_id, encounter_id=encounter_id, version=version, patient_id=patient.id,
                    clinic_id=(at or self.clinic).id, disease=disease.value, visited_on=on, mode=1, action="ROUTINE",
                    next_visit_on=on + timedelta(90), ruleset="t", is_valid=True, is_late_entry=False, actor=actor,
                    entered_at=entered, recorded_at=entered, **values, **end,
                )
            )  # fmt: skip
        self.session.flush()
        return encounter_id

    def all(self, first: date = FIRST, last: date = LAST) -> Entry:
        return entering.entered(self.session, [self.clinic.id], first, last, by_recorder=False).get("", Entry())

    def each(self) -> dict[str, Entry]:
        return entering.entered(self.session, [self.clinic.id], FIRST, LAST, by_recorder=True)


@pytest.fixture
def visits(session: Session, clinic: Organisation) -> Visits:
    return Visits(session, clinic)


def _after(seconds: float) -> datetime:
    return MORNING + timedelta(seconds=seconds)


class TestSpeed:
    def test_one_after_another_is_timed_and_pauses_are_not(self, visits: Visits, histories: Any) -> None:
        # between them: 20 s, 29.9 s, 30 s, 300 s, exactly 30 min, 30 min and a bit
        for seconds in (0, 20, 49.9, 79.9, 379.9, 2179.9, 3980.9):
            visits.add(histories.person(), date(2025, 9, 1), entered=_after(seconds))
        found = visits.all()
        assert (found.consecutive, found.fast, found.seconds) == (5, 2, Decimal("2179.9"))
        assert (str(found.median_seconds), str(found.per_minute)) == ("30.0", "0.14")

    def test_a_visit_of_both_diseases_is_entered_once(self, visits: Visits, histories: Any) -> None:
        for seconds in (0, 60):
            visits.add(
                histories.person(), date(2025, 9, 1), entered=_after(seconds), diseases=(Disease.HTN, Disease.T2DM)
            )
        found = visits.all()
        assert (found.consecutive, found.fast, str(found.per_minute)) == (1, 0, "1.00")

    def test_two_people_who_enter_at_the_same_time_do_not_make_each_other_fast(
        self, visits: Visits, histories: Any
    ) -> None:
        for number in range(6):
            visits.add(
                histories.person(), date(2025, 9, 1), entered=_after(10 * number), actor=NURSE if number % 2 else OTHER
            )
        assert (visits.all().consecutive, visits.all().fast) == (4, 4)
        assert {name: (found.consecutive, found.seconds) for name, found in visits.each().items()} == {
            NURSE: (2, 40), OTHER: (2, 40)
        }  # fmt: skip

    def test_systems_and_single_entries_have_no_speed(self, visits: Visits, histories: Any) -> None:
        visits.add(histories.person(), date(2025, 9, 1))
        for number in range(3):
            visits.add(histories.person(), date(2025, 9, 1), entered=_after(number), actor="gateway:1")
        found = visits.all()
        assert (found.consecutive, found.per_minute, found.median_seconds) == (0, None, None)

    def test_entries_of_the_same_instant_have_no_rate(self, visits: Visits, histories: Any) -> None:
        for _ in range(2):
            visits.add(histories.person(), date(2025, 9, 1))
        found = visits.all()
        assert (found.consecutive, found.fast, found.per_minute) == (1, 1, None)

    def test_a_corrected_visit_counts_for_who_entered_it_and_a_withdrawn_one_not_at_all(
        self, visits: Visits, histories: Any
    ) -> None:
        visits.add(histories.person(), date(2025, 9, 1))
        person = histories.person()
        corrected = visits.add(person, date(2025, 9, 1), entered=_after(50), ended=True)
        visits.add(
            person, date(2025, 9, 1), entered=_after(50), actor=OTHER, version=2, encounter=corrected, sbp_mmhg=130,
            dbp_mmhg=80,
        )  # fmt: skip
        visits.add(histories.person(), date(2025, 9, 1), entered=_after(60), ended=True)
        visits.add(histories.person(), date(2025, 9, 1), entered=_after(90))
        assert {name: (found.consecutive, found.seconds) for name, found in visits.each().items() if found.consecutive} == {
            NURSE: (2, 90)
        }  # fmt: skip

    def test_days_and_clinics_that_were_not_asked_for_are_not_counted(
        self, visits: Visits, histories: Any, other_clinic: Organisation
    ) -> None:
        visits.add(histories.person(), FIRST)
        visits.add(histories.person(), FIRST - timedelta(1), entered=_after(10))
        visits.add(histories.person(), FIRST, entered=_after(20), at=other_clinic)
        visits.add(histories.person(), LAST, entered=_after(40))
        assert (visits.all().consecutive, visits.all().seconds) == (1, 40)


FORM = {"waist_cm": "86.0", "lifestyle": {"salt": 1}, "medications": [{"name": "氨氯地平"}]}
FULL = {"sbp_mmhg": 132, "dbp_mmhg": 84, "heart_rate_bpm": 70, "weight_kg": Decimal("66.5"),
        "fasting_glucose_umol_l": 6100, "form": FORM}  # fmt: skip


def _pairs(found: Entry) -> dict[str, tuple[int, int]]:
    return {kind.value: (found.of(kind).same, found.of(kind).comparable) for kind in CarriedField}


class TestCarriedOver:
    def test_every_kind_is_compared_by_itself(self, visits: Visits, histories: Any) -> None:
        person = histories.person()
        visits.add(person, date(2025, 7, 1), **FULL)
        visits.add(person, date(2025, 8, 1), **FULL)
        changed = {
            "sbp_mmhg": 133,
            "weight_kg": Decimal("66.4"),
            "form": FORM | {"waist_cm": "86", "lifestyle": {"salt": 2}},
        }
        visits.add(person, date(2025, 9, 1), **(FULL | changed))
        assert _pairs(visits.all()) == {
            "pressure": (1, 2), "heart_rate": (2, 2), "weight": (1, 2), "waist": (2, 2), "glucose": (2, 2),
            "lifestyle": (1, 2), "medicines": (2, 2),
        }  # fmt: skip

    def test_what_one_of_both_does_not_have_is_not_compared(self, visits: Visits, histories: Any) -> None:
        person = histories.person()
        bound = {"fasting_glucose_umol_l": 33300, "fasting_glucose_bound": "HI"}
        visits.add(person, date(2025, 7, 1), **bound, form={"no_medication": True})
        visits.add(person, date(2025, 8, 1), **bound, form={"no_medication": True})
        visits.add(person, date(2025, 9, 1), **FULL)
        visits.add(person, date(2025, 9, 2))
        assert _pairs(visits.all()) == dict.fromkeys((kind.value for kind in CarriedField), (0, 0)) | {
            "medicines": (1, 2)
        }

    def test_the_visit_before_may_lie_before_the_first_day_and_be_for_the_other_disease(
        self, visits: Visits, histories: Any
    ) -> None:
        for back, disease in ((90, Disease.HTN), (90, Disease.T2DM), (400, Disease.HTN)):
            person = histories.person()
            visits.add(person, FIRST - timedelta(back), diseases=(disease,), **FULL)
            visits.add(person, FIRST, **FULL)
        assert visits.all().of(CarriedField.PRESSURE) == Carried(2, 2)
        assert visits.all(FIRST - timedelta(100)).of(CarriedField.PRESSURE) == Carried(2, 2), (
            "whatever days are asked for"
        )
        assert visits.all(FIRST + timedelta(1)).of(CarriedField.PRESSURE) == Carried(0, 0)

    def test_of_a_corrected_visit_the_last_word_counts(self, visits: Visits, histories: Any) -> None:
        person = histories.person()
        visits.add(person, date(2025, 7, 1), **FULL)
        encounter = visits.add(person, date(2025, 8, 1), ended=True, **FULL)
        visits.add(person, date(2025, 8, 1), version=2, encounter=encounter, actor=OTHER, **(FULL | {"sbp_mmhg": 150}))
        found = visits.each()
        assert found[OTHER].of(CarriedField.PRESSURE) == Carried(0, 1)
        assert found[NURSE].of(CarriedField.PRESSURE) == Carried(0, 0)


def _drawn(visits: Visits, histories: Any, chance: random.Random) -> list[dict[str, Any]]:
    """Lives of a few people as plain rows, beside the same in the database."""
    rows: list[dict[str, Any]] = []
    for _ in range(12):
        person, on = histories.person(), FIRST - timedelta(chance.randint(0, 200))
        while on <= LAST:
            row = {
                "person": person.id, "on": on, "actor": chance.choice((NURSE, OTHER)),
                "entered": MORNING + timedelta(days=chance.randint(0, 2), seconds=chance.randint(0, 4000)),
                "sbp": chance.choice((None, 130, 132)), "weight": chance.choice((None, Decimal("60.0"), Decimal("60.5"))),
                "salt": chance.choice((None, 1, 2)),
            }  # fmt: skip
            form = {} if row["salt"] is None else {"lifestyle": {"salt": row["salt"]}}
            row["id"] = visits.add(
                person, on, entered=row["entered"], actor=row["actor"], form=form, sbp_mmhg=row["sbp"],
                dbp_mmhg=None if row["sbp"] is None else 80, weight_kg=row["weight"],
                diseases=(Disease.HTN, Disease.T2DM)[: chance.randint(1, 2)],
            )  # fmt: skip
            rows.append(row)
            on += timedelta(chance.randint(1, 60))
    return rows


def _by_hand(rows: list[dict[str, Any]], actor: str | None) -> tuple[Any, ...]:
    """The definitions written out a second time, in plain loops."""
    within = [row for row in rows if FIRST <= row["on"] <= LAST]
    gaps: list[float] = []
    for who in (NURSE, OTHER) if actor is None else (actor,):
        times = sorted(row["entered"] for row in within if row["actor"] == who)
        gaps += [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(times)]
    gaps = sorted(gap for gap in gaps if gap <= 1800)
    pairs = {name: [0, 0] for name in ("sbp", "weight", "salt")}
    for row in within:
        earlier = [
            r for r in rows if r["person"] == row["person"] and (r["on"], r["entered"]) < (row["on"], row["entered"])
        ]
        if (actor is not None and row["actor"] != actor) or not earlier:
            continue
        before = max(earlier, key=lambda r: (r["on"], r["entered"]))
        for name, pair in pairs.items():
            if row[name] is not None and before[name] is not None:
                pair[1] += 1
                pair[0] += row[name] == before[name]
    return len(gaps), sum(gap < 30 for gap in gaps), sum(gaps), [tuple(pair) for pair in pairs.values()]


def _told(found: Entry) -> tuple[Any, ...]:
    kinds = (CarriedField.PRESSURE, CarriedField.WEIGHT, CarriedField.LIFESTYLE)
    pairs = [(found.of(kind).same, found.of(kind).comparable) for kind in kinds]
    return found.consecutive, found.fast, float(found.seconds), pairs


@pytest.mark.parametrize("seed", range(6))
def test_drawn_histories_are_counted_as_by_hand(visits: Visits, histories: Any, seed: int) -> None:
    rows = _drawn(visits, histories, random.Random(seed))
    assert _told(visits.all()) == _by_hand(rows, None)
    for who, found in visits.each().items():
        assert _told(found) == _by_hand(rows, who), who


ASKED = {"from": str(FIRST), "to": str(LAST)}


class TestShown:
    @pytest.fixture
    def typed(self, visits: Visits, histories: Any) -> None:
        person = histories.person()
        visits.add(person, date(2025, 7, 1), entered=_after(0), **FULL)
        visits.add(person, date(2025, 8, 1), entered=_after(20), **FULL)
        visits.add(histories.person(), date(2025, 8, 1), entered=_after(80), **FULL)

    def test_a_place_says_how_its_visits_were_entered(
        self, client: TestClient, typed: None, clinic: Organisation
    ) -> None:
        found = client.get("/v1/data-quality", params=ASKED | {"scope": str(clinic.id)}).json()
        entry = found["entry"]
        carried = {each["field"]: each for each in entry.pop("carried")}
        assert entry == {
            "consecutive": 2, "fast": 1, "per_minute": "1.50", "median_seconds": "40.0", "fast_seconds": 30,
            "pause_minutes": 30,
        }  # fmt: skip
        assert carried["pressure"] == {"field": "pressure", "same": 1, "comparable": 1, "is_offered": False}
        assert carried["lifestyle"]["is_offered"]
        assert (found["repeated"], found["repeatable"]) == (1, 1), "one definition"

    def test_who_recorded_is_told_to_the_manager_and_oneself_alone(
        self,
        app: FastAPI,
        visits: Visits,
        typed: None,
        histories: Any,
        session: Session,
        sign_in: Any,
        clinic: Organisation,
    ) -> None:
        nurse = TestClient(app, headers=sign_in(Role.NURSE, at=clinic, login="nurse.c"))
        own = f"user:{session.scalars(select(AppUser.id).where(col(AppUser.login) == 'nurse.c')).one()}"
        for seconds in (0, 100):
            visits.add(histories.person(), date(2025, 9, 1), actor=own, entered=_after(seconds))
        asked = ASKED | {"scope": str(clinic.id)}
        (mine,) = nurse.get("/v1/data-quality/own", params=asked).json()["items"]
        assert (mine["recorder"], mine["entry"]["consecutive"], mine["entry"]["median_seconds"]) == (own, 1, "100.0")
        manager = TestClient(app, headers=sign_in(Role.MANAGER, at=clinic))
        items = manager.get("/v1/data-quality/recorders", params=asked).json()["items"]
        assert {each["recorder"]: each["entry"]["consecutive"] for each in items} == {NURSE: 2, own: 1}
        assert nurse.get("/v1/data-quality/recorders", params=asked).status_code == 403

    def test_who_entered_what_others_corrected_is_still_told(
        self, visits: Visits, histories: Any, session: Session, clinic: Organisation
    ) -> None:
        for seconds in (0, 60):
            person = histories.person()
            encounter = visits.add(person, date(2025, 9, 1), entered=_after(seconds), ended=True)
            visits.add(person, date(2025, 9, 1), entered=_after(seconds), actor=OTHER, version=2, encounter=encounter)
        found = quality.recorded(session, [clinic.id], FIRST, LAST)
        assert {who: (each.followups, each.entry.consecutive) for who, each in found.items()} == {
            OTHER: (2, 0), NURSE: (0, 1)
        }  # fmt: skip


def test_a_years_visits_of_a_large_clinic_are_counted_at_once(
    session: Session, clinic: Organisation, histories: Any, make_clinic: Callable[..., Organisation]
) -> None:
    """20,000 visits made by one statement; a person's page of quality must not wait."""
    person = histories.person()
    session.execute(
        text(
            "INSERT INTO followup (id, record_id, encounter_id, version, patient_id, clinic_id, disease, visited_on, mode,"
            " sbp_mmhg, dbp_mmhg, form, action, next_visit_on, emergency_codes, rule_ids, reasons, warnings, inputs,"
            " ruleset, is_valid, missing_fields, is_late_entry, actor, entered_at, recorded_at)"
            " SELECT id, id, gen_random_uuid(), 1, :person, :clinic, 'HTN', day, 1, 120 + n % 40, 80, :form, 'ROUTINE',"
            " day + 90, '{}', '{}', '[]', '[]', '{}', 't', true, '{}', false, :actor, moment, moment"
            " FROM (SELECT gen_random_uuid() AS id, n, DATE '2025-01-01' + n % 360 AS day,"
            " timestamptz '2025-01-01 08:00Z' + n * interval '1 minute' AS moment FROM generate_series(1, 20000) AS n) AS n"
        ),
        {"person": person.id, "clinic": clinic.id, "actor": NURSE, "form": '{"lifestyle": {"salt": 1}}'},
    )
    started = datetime.now(tz=LOCAL)
    found = entering.entered(session, [clinic.id], date(2025, 1, 1), date(2025, 12, 31), by_recorder=False)[""]
    assert (found.consecutive, str(found.per_minute), found.of(CarriedField.LIFESTYLE)) == (
        19999, "1.00", Carried(19999, 19999)
    )  # fmt: skip
    assert datetime.now(tz=LOCAL) - started < timedelta(seconds=3)
