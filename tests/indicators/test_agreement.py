"""Every way to a number leads to the same one: for every indicator, by year, quarter and month, at every place.

Compared are the stored values (dashboards), the lists behind them, what each person is told, the parts of a place
(ranking, teams, responsible doctors), what a report freezes and exports, and a count from the records as they are.
"""

from __future__ import annotations

import random
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EndReason
from cmc.core.clock import LOCAL
from cmc.core.ids import new_id
from cmc.core.scope import system_scope
from cmc.followups.tables import Task
from cmc.indicators import evaluation, explain, queries, service
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.explain import Bucket, Explained
from cmc.indicators.insight import comparing
from cmc.indicators.insight.asking import Asked
from cmc.indicators.measure import Count, Measure
from cmc.indicators.periods import Period, Span
from cmc.indicators.schemas import StoredValue, ValueQuery
from cmc.indicators.tables import IndicatorFact, IndicatorValue
from cmc.indicators.teams import TeamAsked
from cmc.organisations import teams
from cmc.organisations.schemas import TeamIn
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.records.fact_tables import HospitalStay, LaboratoryResult
from cmc.reports import freezing

NOW = datetime(2025, 12, 20, 9, tzinfo=LOCAL)
SCOPE = system_scope("command:test")
MONTHS = (1, 3, 4, 11)
"""In January year, quarter and month are one; in March quarter and year, in April quarter and month."""
WHOLE = 11
"""The month in which every place is asked by every way; in the others the ends of the tree, by those that are cheap."""


TEAMS = {"第一团队": ["赵医生", "钱医生"], "第二团队": ["孙医生"], "新团队": ["周医生"]}
"""Of two, of one and of none of the doctors who are responsible for somebody; 李医生 is in no team."""


def populate(session: Session, histories: Any, other_clinic: Organisation) -> None:
    """Forty people with everything in their histories that decides about a number."""
    chance = random.Random(7)
    for at in range(40):
        patient = histories.person(date(1940 + at * 2, 3, 1), died_on=date(2025, 9, 1) if at % 11 == 0 else None)
        for disease in chance.sample(list(Disease), chance.choice([1, 1, 2])):
            _stints(histories, patient, disease, other_clinic, at)
            _visits(histories, patient, disease, other_clinic, chance)
            _tasks(session, patient, disease, chance)
        if at % 2:
            histories.exam(patient, date(2025, 5, 10))
        _facts(session, patient, chance)
    session.flush()


def _stints(histories: Any, patient: Any, disease: Disease, other_clinic: Organisation, at: int) -> None:
    doctors = ("赵医生", "钱医生", "孙医生", "李医生", None)
    if at % 5 == 0:
        histories.stint(patient, ended_on=date(2025, 6, 1), reason=EndReason.TRANSFERRED, disease=disease)
        made = histories.stint(patient, date(2025, 6, 2), at=other_clinic, disease=disease)
    elif at % 9 == 4:
        ended = (date(2025, 2, 20), date(2025, 10, 20), date(2025, 11, 30))[at % 3]
        made = histories.stint(patient, ended_on=ended, reason=EndReason.LOST, disease=disease)
    else:
        lost = date(2025, 12, 5) if at % 7 == 0 else None
        made = histories.stint(patient, date(2024 + at % 2, 1 + at % 12, 3), disease=disease, lost=lost)
    made.doctor = doctors[at % 5 if at % 4 else 0]


def _visits(histories: Any, patient: Any, disease: Disease, other_clinic: Organisation, chance: random.Random) -> None:
    for month in chance.sample(range(1, 13), chance.randrange(6)):
        sbp, fasting = chance.choice([128, 139, 140, 149, 150]), chance.choice([None, 6900, 7000])
        histories.visit(
            patient, date(2025, month, 10), sbp, 80, disease=disease, mode=chance.choice([1, 1, 3]),
            fasting=fasting if disease is Disease.T2DM else None, at=chance.choice([None, None, None, other_clinic]),
        )  # fmt: skip


def _tasks(session: Session, patient: Any, disease: Disease, chance: random.Random) -> None:
    for month in chance.sample(range(1, 13), chance.randrange(4)):
        due = date(2025, month, chance.choice([1, 15, 28]))
        status = chance.choice(["done", "done", "open", "cancelled"])
        closed = datetime(2025, month, chance.choice([2, 27]), 9, tzinfo=LOCAL) if status != "open" else None
        session.add(
            Task(
                patient_id=patient.id, clinic_id=patient.clinic_id, disease=disease.value, kind="routine",
                cause=f"case:{disease}{month}", urgency=1, due_on=due, reason_zh="例", reason_en="case", status=status,
                opened_at=NOW, closed_at=closed, closed_by="case" if closed else None,
            )
        )  # fmt: skip


def _facts(session: Session, patient: Any, chance: random.Random) -> None:
    for month in chance.sample(range(1, 13), chance.randrange(3)):
        row_id, value = new_id(), chance.choice(["6.9", "7.0"])
        kept = {"patient_id": patient.id, "clinic_id": patient.clinic_id, "happened_on": date(2025, month, 28)}
        kept |= {"source": "typed", "actor": "t", "recorded_at": NOW}
        session.add(
            LaboratoryResult(
                **kept, id=row_id, fact_id=row_id, analyte="HBA1C", written=value, written_unit="%", value=value,
                range_of_laboratory=False, flag="NORMAL", is_critical=False,
            )
        )  # fmt: skip
        stay = new_id()
        session.add(HospitalStay(**kept, id=stay, fact_id=stay, institution="市医院"))


@pytest.fixture
def places(
    session: Session, histories: Any, clinic: Organisation, other_clinic: Organisation, region: Organisation
) -> list[Organisation]:
    populate(session, histories, other_clinic)
    for place in (clinic, other_clinic):
        for name, doctors in TEAMS.items():
            teams.add(session, SCOPE, place.id, TeamIn(name=name, doctors=doctors), now=NOW)
    service.rebuild(session, periods=[Span.YEAR.period(2025, month) for month in MONTHS], now=NOW)
    district = session.get_one(Organisation, clinic.parent_id)
    return [clinic, other_clinic, district, region]


def shown(session: Session, place: Organisation, span: Span, end: date) -> dict[tuple[str, str], StoredValue]:
    """What a dashboard shows."""
    measures = tuple(each for each in DEFINITIONS if span in each.spans)
    found = queries.values(session, SCOPE, ValueQuery(measures, place.id, end, end, span))
    assert len(found) == len(measures)
    return {(each.code, each.disease): each for each in found}


@pytest.mark.parametrize("month", MONTHS)
def test_lists_parts_and_records_make_the_number_that_is_shown(
    session: Session, places: list[Organisation], month: int
) -> None:
    for span, place in product(Span, places if month == WHOLE else (places[0], places[-1])):
        period = span.period(2025, month)
        told = _told(session, place, period) if month == WHOLE else None
        for (code, disease), value in shown(session, place, span, period.end).items():
            measure = next(each for each in DEFINITIONS if (each.code, each.disease) == (code, disease))
            listed = {each: explain.people(session, measure, place, period, each, limit=1000) for each in Bucket}
            assert_agree(measure, value, listed)
            for bucket, people in listed.items():
                assert explain.count(session, measure, place, period, bucket) == len(people)
                assert len({each.patient_id for each in people}) == len(people), "somebody counts twice"
                if told is not None and place.kind == OrganisationKind.CLINIC:
                    assert {each.patient_id for each in people} == told.get((code, disease, bucket), set())
            if len(measure.spans) > 1 and place.kind != OrganisationKind.DISTRICT:
                fresh = evaluation.evaluate(session, measure, place, period)
                assert fresh == Count(value.numerator, value.denominator)
            assert_parts(session, Asked(measure, place, period, span), value)


def _told(session: Session, place: Organisation, period: Period) -> dict[Any, set[Any]]:
    """Who is told at a clinic to be in which bucket."""
    if place.kind != OrganisationKind.CLINIC:
        return {}
    told: dict[Any, set[Any]] = {}
    for patient_id in session.scalars(select(IndicatorFact.patient_id).distinct()):
        for each in explain.of_person(session, patient_id, [place.id], period):
            key = (each.measure.code, each.measure.disease.value, each.bucket)
            told.setdefault(key, set()).add(patient_id)
    return told


def assert_agree(measure: Measure, value: StoredValue, listed: dict[Bucket, list[Explained]]) -> None:
    """The lists make the stored number, and everybody in them is where the list says, with a reason."""
    missed, excluded = listed[Bucket.NOT_MET], listed[Bucket.EXCLUDED]
    assert [value.numerator, value.denominator, value.exclusions] == _made_by(measure, listed), measure.code
    assert all(one.bucket is bucket for bucket in Bucket for one in listed[bucket])
    assert all(reason.text.zh and reason.text.en for one in (*missed, *excluded) for reason in one.reasons)
    assert all(one.reasons for one in (*missed, *excluded))


def _made_by(measure: Measure, listed: dict[Bucket, list[Explained]]) -> list[int]:
    """Numerator, denominator and exclusions that lists make."""
    met, missed, excluded = (listed[bucket] for bucket in (Bucket.NUMERATOR, Bucket.NOT_MET, Bucket.EXCLUDED))
    if measure.amounts is None:
        return [len(met), len(met) + len(missed), len(excluded)]
    amounts = [one.amounts for one in (*met, *missed) if one.amounts is not None]
    return [sum(each[0] for each in amounts), sum(each[1] for each in amounts), len(excluded)]


def assert_parts(session: Session, asked: Asked, value: StoredValue) -> None:
    """Doctors make their clinic; a ranking shows what the dashboards of its parts show."""
    if asked.organisation.kind == OrganisationKind.CLINIC:
        doctors = comparing.doctors(session, asked)
        sums = [sum(getattr(each, name) for each in doctors) for name in ("numerator", "denominator", "exclusions")]
        assert sums == [value.numerator, value.denominator, value.exclusions]
        assert_teams(session, asked, value, doctors)
        return
    for part in comparing.parts(session, asked, OrganisationKind.CLINIC):
        own = session.get_one(
            IndicatorValue,
            (part.organisation_id, asked.period.end, asked.period.start, asked.measure.code, asked.measure.disease),
        )
        assert (part.numerator, part.denominator, part.exclusions) == (own.numerator, own.denominator, own.exclusions)
    assert len(comparing.parts(session, asked, OrganisationKind.CLINIC)) == 2


def assert_teams(session: Session, asked: Asked, value: StoredValue, doctors: list[comparing.Part]) -> None:
    """A team is the sum of its doctors and as long as its lists; teams make their clinic, and nobody is in two."""
    team_of = {doctor: name for name, members in TEAMS.items() for doctor in members}
    found = comparing.teams(session, asked)
    assert {each.name.zh for each in found if each.name} == set(TEAMS)
    for part in found:
        own = [each for each in doctors if team_of.get(each.doctor or "") == (part.name.zh if part.name else None)]
        assert _numbers([part]) == _numbers(own)
    assert _numbers(found) == [value.numerator, value.denominator, value.exclusions]
    if asked.period.end.month != WHOLE:
        return
    everybody: list[Any] = []
    for part in found:
        team: TeamAsked = part.team_id or "none"
        listed = {bucket: _listed(session, asked, bucket, team) for bucket in Bucket}
        assert _numbers([part]) == _made_by(asked.measure, listed)
        everybody += [each.patient_id for people in listed.values() for each in people]
    assert len(set(everybody)) == len(everybody), "somebody counts in two teams"


def _numbers(parts: list[comparing.Part]) -> list[int]:
    return [sum(getattr(each, name) for each in parts) for name in ("numerator", "denominator", "exclusions")]


def _listed(session: Session, asked: Asked, bucket: Bucket, team: TeamAsked) -> list[Explained]:
    place = (asked.measure, asked.organisation, asked.period, bucket)
    people = explain.people(session, *place, team=team, limit=1000)
    assert explain.count(session, *place, team=team) == len(people)
    return people


def test_what_is_frozen_and_exported_is_what_is_shown(session: Session, places: list[Organisation]) -> None:
    for month in MONTHS:
        period = Span.YEAR.period(2025, month)
        frozen = freezing.live_numbers(session, period, places)
        for place in places:
            values = shown(session, place, Span.YEAR, period.end)
            assert frozen[place.id] == {key: Count(each.numerator, each.denominator) for key, each in values.items()}


def test_the_numbers_by_quarter_and_month_are_of_some_size(session: Session, places: list[Organisation]) -> None:
    """What agrees because nothing is counted would agree with anything."""
    for span in Span:
        values = shown(session, places[-1], span, date(2025, 11, 30))
        assert all(each.denominator > 0 for each in values.values() if each.code.startswith("IND-"))
        assert sum(0 < each.numerator < each.denominator for each in values.values()) >= len(values) // 2


def test_people_of_a_region_count_once_by_every_span(session: Session, places: list[Organisation]) -> None:
    clinics, (district, region) = places[:2], places[2:]
    for month, span in product(MONTHS, Span):
        end = span.period(2025, month).end
        of = {place.id: shown(session, place, span, end) for place in places}
        for key, value in of[region.id].items():
            shares = [
                session.get_one(IndicatorValue, (each.id, value.period_end, value.period_start, *key))
                for each in clinics
            ]
            assert value.denominator == sum(each.pooled_denominator for each in shares)
            assert value.numerator == sum(each.pooled_numerator for each in shares)
            assert of[district.id][key].denominator == value.denominator
