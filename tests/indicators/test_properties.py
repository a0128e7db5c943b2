"""Random histories: the set-based facts equal a plain reading of the rules, and refreshed equals rebuilt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cmc.clinical.blood_pressure import ControlStandard, controlled
from cmc.clinical.codes import Disease, EndReason
from cmc.clinical.periods import completed_years
from cmc.core.clock import LOCAL
from cmc.indicators import evaluation, service
from cmc.indicators.definitions import DEFINITIONS, national
from cmc.indicators.measure import Measure
from cmc.indicators.periods import Period, Span, live_periods, year_to_date
from cmc.indicators.tables import IndicatorFact, IndicatorValue
from cmc.indicators.variants import Control, DenomPolicy, GlucoseReading, Reading, StandardRule
from cmc.organisations.tables import Organisation, OrganisationKind

ON = date(2025, 12, 20)
NOW = datetime(2025, 12, 20, 9, tzinfo=LOCAL)
CALM = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
VALUE = ("sbp_mmhg", "dbp_mmhg", "fasting_glucose_mmol_l", "classification")


@dataclass(frozen=True)
class Stint:
    clinic: int
    first: date
    last: date | None
    reason: EndReason | None
    primary: bool = True
    lost: date | None = None
    returned: date | None = None


@dataclass(frozen=True)
class Visit:
    clinic: int
    on: date
    at: time | None
    mode: int
    sbp: int | None
    dbp: int | None
    fasting: int | None
    other: int | None
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    birth: date
    disease: Disease
    stints: list[Stint]
    visits: list[Visit]
    exams: list[tuple[int, date, tuple[Disease, ...]]]
    died_on: date | None = field(default=None)


def days(first: date, last: date) -> st.SearchStrategy[date]:
    return st.integers(0, (last - first).days).map(lambda n: first + timedelta(n))


CLINICS = st.sampled_from([0, 0, 0, 0, 1, 2])
EDGES = st.sampled_from([date(2025, 1, 1), date(2025, 3, 31), date(2025, 4, 1), date(2025, 12, 31), date(2025, 11, 30)])
COMPLETE_FOR = st.sampled_from([tuple(Disease), tuple(Disease), (Disease.HTN,), ()])
IN_PLAY = st.one_of(days(date(2024, 11, 1), date(2026, 1, 31)), EDGES)


@st.composite
def stints(draw: st.DrawFn) -> list[Stint]:
    found: list[Stint] = []
    first = draw(st.one_of(days(date(2020, 1, 1), date(2024, 12, 31)), IN_PLAY, IN_PLAY))
    count = draw(st.sampled_from([1, 1, 2, 3]))
    for number in range(count):
        ends = number < count - 1 or draw(st.booleans())
        last = draw(days(first, first + timedelta(400))) if ends else None
        until = last or date(2025, 12, 31)
        lost = draw(days(first, max(first, until))) if draw(st.integers(0, 3)) == 0 else None
        back = draw(days(lost, max(lost, until))) if lost and draw(st.booleans()) else None
        reason = draw(st.sampled_from(list(EndReason))) if ends else None
        found.append(Stint(draw(CLINICS), first, last, reason, draw(st.integers(0, 9)) > 0, lost, back))
        if last is None:
            break
        first = last + timedelta(draw(st.sampled_from([1, 1, 1, 20, -10])))
    return found


@st.composite
def visits(draw: st.DrawFn, disease: Disease) -> Visit:
    diabetes = disease is Disease.T2DM
    dbp = draw(st.one_of(st.none(), st.sampled_from([70, 79, 80, 89, 90])))
    return Visit(
        clinic=draw(CLINICS),
        on=draw(IN_PLAY),
        at=draw(st.sampled_from([None, time(0, 0), time(9, 30), time(23, 59, 59)])),
        mode=draw(st.sampled_from([1, 1, 2, 3])),
        sbp=None if dbp is None else draw(st.sampled_from([129, 130, 139, 140, 149, 150])),
        dbp=dbp,
        fasting=draw(st.sampled_from([None, 3600, 3900, 6900, 7000, 8200])) if diabetes else None,
        other=draw(st.sampled_from([None, 3900, 9900, 10000])) if diabetes else None,
        missing=draw(st.sampled_from([(), (), (), (), VALUE[:1], VALUE, ("doctor",), ("doctor", VALUE[0])])),
    )


@st.composite
def stories(draw: st.DrawFn) -> Story:
    disease = draw(st.sampled_from(list(Disease)))
    births = st.sampled_from(
        [date(1960, 2, 29), date(1960, 12, 20), date(1990, 11, 30), date(1991, 1, 1), date(1945, 7, 7)]
    )
    return Story(
        birth=draw(births),
        disease=disease,
        stints=draw(stints()),
        visits=draw(st.lists(visits(disease), max_size=9)),
        exams=draw(st.lists(st.tuples(CLINICS, IN_PLAY, COMPLETE_FOR), max_size=2)),
        died_on=draw(IN_PLAY) if draw(st.integers(0, 9)) == 0 else None,
    )


class Reference:
    """What the rules say of one story in one period of a year, in plain Python."""

    def __init__(self, story: Story, period: Period) -> None:
        self.story, self.period = story, period
        self.year = Period(date(period.end.year, 1, 1), period.end)
        withdrawn = [
            each.last
            for each in story.stints
            if each.reason is EndReason.DIAGNOSIS_WITHDRAWN and each.last and each.last.year <= period.end.year
        ]
        self.stints = [
            (at, each)
            for at, each in enumerate(story.stints)
            if each.first <= period.end
            and self.last(each) >= max(self.year.start, each.first)
            and not any(on >= each.first for on in withdrawn)
        ]

    def last(self, stint: Stint) -> date:
        return min(each for each in (stint.last, self.story.died_on, self.period.end) if each)

    def rows(self) -> dict[tuple[int, str], dict[str, Any]]:
        if not self.stints:
            return {}
        if max(self.last(stint) for _, stint in self.stints) < self.period.start:
            return {}
        assigned = self.best(self.stints)
        clinics = sorted({stint.clinic for _, stint in self.stints})
        own = {
            clinic: self.row([each for each in self.stints if each[1].clinic == clinic], clinic=clinic)
            for clinic in clinics
        }
        pooled = self.row(self.stints)
        for clinic in clinics:
            own[clinic]["is_active_at_end"] &= clinic == assigned.clinic
        here = {clinic for clinic in clinics if own[clinic]["managed_until"] >= self.period.start}
        if own == {assigned.clinic: pooled} and not self.elsewhere(assigned.clinic):
            return {(assigned.clinic, "both"): pooled}
        rows = {(clinic, "clinic"): row for clinic, row in own.items() if clinic in here}
        return rows | {(assigned.clinic, "region"): pooled}

    def best(self, stints: list[tuple[int, Stint]]) -> Stint:
        return max(stints, key=lambda each: (self.last(each[1]), each[1].first, each[0]))[1]

    def elsewhere(self, clinic: int) -> bool:
        seen = any(visit.clinic != clinic for visit in self.visits(None) if not self.spoilt(visit))
        return seen or any(at != clinic for at in self.exams())

    def exams(self) -> list[int]:
        """The clinics of the examinations that count."""
        return [at for at, on, diseases in self.story.exams if self.story.disease in diseases and self.inside(on)]

    def inside(self, on: date) -> bool:
        return self.period.start <= on <= self.period.end

    def visits(self, clinic: int | None) -> list[Visit]:
        spans = [
            (max(stint.first, self.year.start), self.last(stint))
            for _, stint in self.stints
            if clinic in (None, stint.clinic)
        ]
        return [
            visit
            for visit in self.story.visits
            if clinic in (None, visit.clinic) and any(first <= visit.on <= last for first, last in spans)
        ]

    @staticmethod
    def spoilt(visit: Visit) -> bool:
        return bool(set(visit.missing) - set(VALUE))

    def row(self, stints: list[tuple[int, Stint]], clinic: int | None = None) -> dict[str, Any]:
        best, died, end = self.best(stints), self.story.died_on, self.period.end
        leaving = (EndReason.DIED, EndReason.MOVED_OUT, EndReason.TRANSFERRED)
        managed = {
            max(stint.first, self.period.start) + timedelta(n)
            for _, stint in stints
            for n in range((self.last(stint) - max(stint.first, self.period.start)).days + 1)
        }
        managed = {on for on in managed if self.inside(on)}
        good = [visit for visit in self.visits(clinic) if not visit.missing and self.inside(visit.on)]
        face = [visit for visit in good if visit.mode != 3]
        quarters = self.period.whole_quarters
        age = completed_years(self.story.birth, end)
        return {
            "is_statutory": best.primary and age >= 35,
            "is_active_at_end": not (
                (died and died < end) or (best.reason in leaving and best.last and best.last < end)
            ),
            "is_lost_at_end": self.lost(best),
            "is_dead_at_end": bool(died and died <= end)
            or any(s.reason is EndReason.DIED and s.last and s.last <= end for _, s in stints),
            "managed_until": max(self.last(stint) for _, stint in stints),
            "managed_days": len(managed),
            "required_quarters": sum(
                2**n
                for n, q in enumerate(quarters)
                if all(q.start + timedelta(k) in managed for k in range((q.end - q.start).days + 1))
            ),
            "face_to_face_quarters": sum(
                2**n for n, q in enumerate(quarters) if any(q.start <= visit.on <= q.end for visit in face)
            ),
            "face_to_face_days": len({visit.on for visit in face}),
            "any_mode_days": len({visit.on for visit in good}),
            "exams": sum(clinic in (None, at) for at in self.exams()),
            "age_at_end": age,
            **self.readings(clinic),
        }

    def lost(self, stint: Stint) -> bool:
        end = self.period.end
        if stint.last and stint.last <= end:
            return stint.reason is EndReason.LOST
        back = stint.returned is not None and stint.returned <= end
        return stint.lost is not None and stint.lost <= end and not back

    def readings(self, clinic: int | None) -> dict[str, Any]:
        found: dict[str, Any] = {}
        usable = [visit for visit in self.visits(clinic) if not self.spoilt(visit)]
        seen = [visit for visit in usable if visit.mode != 3]
        for name, among in (("face_to_face", seen), ("any_mode", usable)):
            last = max(among, key=lambda v: (v.on, v.at or time(), v.sbp or 0, v.dbp or 0), default=None)
            found[f"{name}_on"] = last and last.on
            found[f"{name}_sbp_mmhg"] = last and last.sbp
            found[f"{name}_dbp_mmhg"] = last and last.dbp
            found[f"{name}_age"] = last and completed_years(self.story.birth, last.on)
        last = max(seen, key=lambda v: (v.on, v.at or time(), v.fasting or 0, v.other or 0), default=None)
        found["last_fasting_umol_l"], found["last_other_umol_l"] = (last.fasting, last.other) if last else (None, None)
        fasting = [visit for visit in seen if visit.fasting is not None]
        latest = max(fasting, key=lambda v: (v.on, v.at or time(), v.fasting or 0), default=None)
        found["available_fasting_umol_l"] = latest and latest.fasting
        return found


def counted(row: dict[str, Any], measure: Measure) -> tuple[bool, bool]:
    """Whether a person is in the denominator and in the numerator, by the published parameters of a measure."""
    options = measure.parameters
    managed = {
        DenomPolicy.ANY_TIME_IN_PERIOD: True,
        DenomPolicy.ACTIVE_AT_END_PLUS_LTFU: row["is_active_at_end"],
        DenomPolicy.HAD_FOLLOWUP: row["any_mode_days"] > 0,
        DenomPolicy.ENROLLED_GE_N_DAYS: row["managed_days"] >= int(options.get("enrolled_days", 0)),
    }[DenomPolicy(str(options["denom_policy"]))]
    among = row["is_statutory"] and managed
    judge = {"IND-02": is_standard, "IND-03": is_pressure_controlled, "IND-04": is_glucose_controlled}[measure.code]
    return among, among and judge(row, options)


def is_standard(row: dict[str, Any], options: Any) -> bool:
    rule = str(options["standard_rule"])
    seen, required = row["face_to_face_days"], row["required_quarters"]
    enough = {
        "STRICT_F2F4": seen >= 4,
        "ANYMODE4": row["any_mode_days"] >= 4,
        "PRORATA_FLOOR90": seen >= min(4, max(1, row["managed_days"] // 90)),
        "QUARTERLY_F2F": seen >= 1 and row["face_to_face_quarters"] & required == required,
    }[rule.rsplit("_", 1)[0]]
    present = row["is_active_at_end"] and not row["is_lost_at_end"] and not row["is_dead_at_end"]
    return bool(present and enough and (rule.endswith("_NOEXAM") or row["exams"] > 0))


def is_pressure_controlled(row: dict[str, Any], options: Any) -> bool:
    prefix = "face_to_face" if options["reading"] == Reading.LAST_F2F_FOLLOWUP else "any_mode"
    sbp, dbp, age = (row[f"{prefix}_{each}"] for each in ("sbp_mmhg", "dbp_mmhg", "age"))
    if options["control"] == Control.NBPHS_AGE_AT_PERIOD_END:
        age = row["age_at_end"]
    standard = options["control"].removesuffix("_AGE_AT_READING").removesuffix("_AGE_AT_PERIOD_END")
    if row["is_lost_at_end"] or sbp is None or dbp is None:
        return False
    return controlled(sbp, dbp, age, ControlStandard(standard))


def is_glucose_controlled(row: dict[str, Any], options: Any) -> bool:
    kind = options["glucose_reading"]
    value = row["available_fasting_umol_l" if kind == GlucoseReading.LATEST_AVAILABLE_FBG else "last_fasting_umol_l"]
    limit = 7000
    if kind == GlucoseReading.LATEST_FOLLOWUP_ANY_TYPE and value is None:
        value, limit = row["last_other_umol_l"], 10000
    if row["is_lost_at_end"] or value is None or value >= limit:
        return False
    return not (options["exclude_hypo"] and value <= 3900)


@pytest.fixture
def clinics(clinic: Organisation, make_clinic: Any, session: Session, region: Organisation) -> list[Organisation]:
    """Two clinics of one district and one of another."""
    far = Organisation(kind="district", parent_id=region.id, code="120104", name="南开区", name_en="Nankai District")
    session.add(far)
    session.flush()
    return [clinic, make_clinic("C2"), make_clinic("C3", parent=far)]


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """Each example starts from the same database."""
    nested = session.begin_nested()
    try:
        yield
    finally:
        nested.rollback()
        session.expunge_all()


def write(histories: Any, clinics: list[Organisation], story: Story, patient: Any = None) -> Any:
    patient = patient or histories.person(story.birth, died_on=story.died_on)
    for stint in story.stints:
        histories.stint(
            patient,
            stint.first,
            ended_on=stint.last,
            reason=stint.reason,
            at=clinics[stint.clinic],
            disease=story.disease,
            primary=stint.primary,
            lost=stint.lost,
            returned=stint.returned,
        )
    for visit in story.visits:
        histories.visit(
            patient,
            visit.on,
            visit.sbp,
            visit.dbp,
            mode=visit.mode,
            at=clinics[visit.clinic],
            clock=visit.at,
            disease=story.disease,
            fasting=visit.fasting,
            other=visit.other,
            missing=visit.missing,
        )
    for at, on, diseases in story.exams:
        histories.exam(patient, on, at=clinics[at], valid_for=diseases)
    return patient


VARIANTS = st.one_of(
    st.builds(
        national.standard_management,
        st.sampled_from(list(Disease)),
        denom=st.sampled_from(list(DenomPolicy)),
        rule=st.sampled_from(list(StandardRule)),
        enrolled_days=st.sampled_from([1, 90, 365]),
    ),
    st.builds(
        national.pressure_control,
        denom=st.sampled_from(list(DenomPolicy)),
        reading=st.sampled_from(list(Reading)),
        control=st.sampled_from(list(Control)),
    ),
    st.builds(
        national.glucose_control,
        denom=st.sampled_from(list(DenomPolicy)),
        reading=st.sampled_from(list(GlucoseReading)),
        exclude_hypo=st.booleans(),
    ),
)


@settings(CALM, max_examples=150)
@given(
    people=st.lists(stories(), min_size=1, max_size=5),
    period=st.sampled_from(
        [
            *(year_to_date(2025, month) for month in (3, 11, 12, 12)),
            Span.QUARTER.period(2025, 12),
            Span.MONTH.period(2025, 5),
        ]
    ),
    measures=st.lists(VARIANTS, min_size=1, max_size=4),
)
def test_the_statement_equals_a_plain_reading_of_the_rules(
    session: Session,
    histories: Any,
    clinics: list[Organisation],
    region: Organisation,
    people: list[Story],
    period: Period,
    measures: list[Measure],
) -> None:
    with undone(session):
        expected = {}
        for story in people:
            patient = write(histories, clinics, story)
            for (clinic, counts_in), row in Reference(story, period).rows().items():
                expected[patient.id, clinics[clinic].id, counts_in] = row | {"disease": story.disease}
        found = {(row.patient_id, row.clinic_id, row.counts_in): row._asdict() for row in histories.facts(period)}

        assert found.keys() == expected.keys()
        for key, row in expected.items():
            assert {name: found[key][name] for name in row} == row
        for measure in measures:
            for organisation, rows in [(clinics[0], ("both", "clinic")), (region, ("both", "region"))]:
                count = evaluation.evaluate(session, measure, organisation, period)
                judged = [
                    counted(row, measure)
                    for (_, clinic, counts_in), row in expected.items()
                    if counts_in in rows and row["disease"] == measure.disease
                    if organisation is region or clinic == organisation.id
                ]
                assert (count.denominator, count.numerator) == tuple(
                    sum(each) for each in zip(*judged, strict=True)
                ) or (not judged and count.denominator == 0)
                assert count.numerator <= count.denominator


def stored(session: Session) -> tuple[list[Any], list[Any]]:
    """Facts and values as they are stored, without the time of computing."""
    facts = [tuple(row) for row in session.execute(select(*IndicatorFact.__table__.columns))]  # type: ignore[attr-defined]
    plain = [column for column in IndicatorValue.__table__.columns if column.name != "computed_at"]  # type: ignore[attr-defined]
    values = [tuple(row) for row in session.execute(select(*plain))]
    return sorted(facts, key=str), sorted(values, key=str)


@settings(CALM, max_examples=12)
@given(
    before=st.lists(stories(), min_size=1, max_size=4),
    after=st.lists(stories(), min_size=1, max_size=3),
    newcomer=stories(),
)
def test_refreshed_equals_rebuilt_after_random_edits(
    session: Session,
    histories: Any,
    clinics: list[Organisation],
    before: list[Story],
    after: list[Story],
    newcomer: Story,
) -> None:
    with undone(session):
        people = [write(histories, clinics, story) for story in before]
        service.rebuild(session, periods=live_periods(ON), now=NOW)
        touched = [write(histories, clinics, newcomer)]
        for patient, story in zip(people, after, strict=False):
            histories.forget(patient)
            touched.append(write(histories, clinics, story, patient))

        service.refresh(session, [each.id for each in touched], now=NOW, on=ON)
        refreshed = stored(session)
        assert service.rebuild(session, periods=live_periods(ON), now=NOW) == service.Changed(0, 0, 0)

        session.execute(delete(IndicatorFact))
        session.execute(delete(IndicatorValue))
        service.rebuild(session, periods=live_periods(ON), now=NOW)
        assert stored(session) == refreshed
        assert_sums(session, clinics)
        assert_as_from_the_records(session, clinics[0])


def assert_as_from_the_records(session: Session, clinic: Organisation) -> None:
    """What is read by quarter and month out of the facts of the year is what the records say of that period."""
    region = session.get_one(Organisation, session.get_one(Organisation, clinic.parent_id).parent_id)
    for measure, span in product((each for each in DEFINITIONS if len(each.spans) > 1), (Span.QUARTER, Span.MONTH)):
        period = span.period(ON.year, ON.month - 1)
        for place in (clinic, region):
            key = (place.id, period.end, period.start, measure.code, measure.disease.value)
            value = session.get_one(IndicatorValue, key)
            fresh = evaluation.evaluate(session, measure, place, period)
            assert (value.numerator, value.denominator) == (fresh.numerator, fresh.denominator), measure.code


def assert_sums(session: Session, clinics: list[Organisation]) -> None:
    """Persons count once: the region's people are its districts' and its clinics' people; so are the pooled shares."""
    kinds = dict(session.execute(select(Organisation.id, Organisation.kind)).all())  # type: ignore[call-overload]
    sums: dict[tuple[Any, ...], list[int]] = {}
    for value in session.scalars(select(IndicatorValue)):
        period = (value.period_start, value.period_end)
        key = (value.code, value.disease, period, kinds[value.organisation_id])
        mine = (value.denominator, value.pooled_denominator, value.pooled_numerator)
        sums[key] = [a + b for a, b in zip(sums.get(key, [0, 0, 0]), mine, strict=True)]
        assert 0 <= value.numerator <= value.denominator
    for code, disease, period in {key[:3] for key in sums}:
        clinic, district, region = (
            sums[code, disease, period, kind]
            for kind in (OrganisationKind.CLINIC, OrganisationKind.DISTRICT, OrganisationKind.REGION)
        )
        assert clinic == district == region
    assert len({key[:2] for key in sums}) == len(DEFINITIONS)
    assert clinics
