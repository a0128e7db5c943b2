"""What the alert rules look at, for many people in a constant number of statements.

Visits lie in a layer above; their table is named here by its columns. Only as much is read as some rule looks back:
31 days of visits and fasting values, 15 days of pressures, 8 days of other glucose values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.alerts import queries
from cmc.alerts.found import Measurement, local
from cmc.charts import personal
from cmc.clinical.alert_facts import ANSWERED_AFTER, AlertFacts, AlertLimits
from cmc.clinical.codes import Adherence, DangerSymptom
from cmc.clinical.conditions import Condition, conditions_of
from cmc.clinical.medicines import DrugClass, catalogue
from cmc.core.clock import LOCAL, local_date
from cmc.core.scope import Scope
from cmc.records import fact_queries
from cmc.records.fact_tables import Diagnosis, Medication

VISITS_BACK: Final = timedelta(days=31)
PRESSURES_BACK: Final = timedelta(days=15)
OTHER_GLUCOSE_BACK: Final = timedelta(days=15)
SILENCE_BACK: Final = timedelta(days=92)
ADHERENCE_SPEAKS_FOR: Final = timedelta(days=7)
MISSED: Final = {Adherence.IRREGULAR: 3, Adherence.NOT_TAKING: 7, Adherence.REFUSING: 7}
"""Doses missed in a week, as a visit of that week tells it: the form asks how regularly, not how often [D]."""
_LOWERING: Final = (DrugClass.INSULIN, DrugClass.SULFONYLUREA)

_PEOPLE: Final = text(
    "SELECT p.id, p.clinic_id, p.died_on, EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id)"
    " AND NOT EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id AND e.state <> 'TERMINATED') AS ended"
    " FROM patient AS p WHERE p.id = ANY (:ids) AND p.merged_into IS NULL"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
_READINGS: Final = text(
    "SELECT patient_id, kind, taken_at, received_at, setting, period, glucose_umol_l, bound, sbp_mmhg, dbp_mmhg"
    " FROM reading WHERE patient_id = ANY (:ids) AND taken_on >= :since AND taken_at <= :now"
    " AND CASE WHEN kind = 'blood_pressure' THEN taken_on >= :pressures"
    " ELSE period = 'FASTING' OR taken_on >= :glucose END"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
_VISITS: Final = text(
    "SELECT patient_id, visited_on, visited_time, entered_at AS recorded_at, weight_kg, adherence,"
    " form -> 'danger_signs' AS signs"
    " FROM followup WHERE patient_id = ANY (:ids) AND visited_on >= :since AND ended_at IS NULL"
    " ORDER BY entered_at"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
_AT_HOME: Final = text(
    "SELECT i.patient_id, min(i.from_at) AS since, (SELECT max(r.taken_at) FROM reading AS r"
    " WHERE r.patient_id = i.patient_id AND r.taken_at <= :now AND r.taken_on >= :since) AS last_at"
    " FROM device_issue AS i WHERE i.patient_id = ANY (:ids) AND i.to_at IS NULL GROUP BY i.patient_id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class Contact:
    """What a follow-up answers: readings taken before `until` that had arrived by `known`."""

    until: datetime
    known: datetime

    def answers(self, one: Measurement) -> bool:
        """Whether whoever recorded the contact could know of a reading."""
        return one.taken_at < self.until and one.arrived_at <= self.known


@dataclass(slots=True)
class Person:
    """One person as the worker looks at them: the facts of the rules, and what decides about the alerts that stand."""

    id: UUID
    clinic_id: UUID
    died: bool
    ended: bool
    facts: AlertFacts = field(default_factory=AlertFacts)
    measured: list[Measurement] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)

    def unanswered(self, *, now: datetime) -> AlertFacts:
        """The facts with only those readings that no contact has answered, of the last 14 days: for RED."""
        since = now - ANSWERED_AFTER
        left = [
            each
            for each in self.measured
            if each.taken_at >= since and not any(contact.answers(each) for contact in self.contacts)
        ]
        return _with_readings(self.facts, left)


def contact_of(visited_on: date, recorded_at: datetime) -> Contact:
    """A contact recorded on its own day answers what was taken before it was recorded, a later one the whole day."""
    if local_date(recorded_at) == visited_on:
        return Contact(recorded_at, recorded_at)
    return Contact(datetime.combine(visited_on + timedelta(days=1), time.min, LOCAL), recorded_at)


def load(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, now: datetime) -> list[Person]:
    """Return what the rules look at of people of the scope, as known at `now`; the same statements for any number."""
    people = {
        row.id: Person(row.id, row.clinic_id, row.died_on is not None, bool(row.ended))
        for row in session.execute(_PEOPLE, {"ids": sorted(set(patient_ids))})
    }
    ids = sorted(people)
    if not ids:
        return []
    on = local_date(now)
    settled = queries.settled_at(session, scope, ids)
    insulin, failing = _on_lowering(session, scope, ids, on), _heart_failure(session, scope, ids, on)
    limits = personal.alarm_limits(session, scope, ids, on=on)
    last_data = _last_data(session, ids, now)
    for each in people.values():
        each.facts = AlertFacts(
            on_insulin_or_sulfonylurea=each.id in insulin,
            heart_failure=each.id in failing,
            last_data=last_data.get(each.id),
            limits=limits.get(each.id, AlertLimits()),
            settled={rule: local(at) for rule, at in settled.get(each.id, {}).items()},
        )
    _add_visits(session, people, now)
    _add_readings(session, people, now)
    return list(people.values())


def _add_readings(session: Session, people: Mapping[UUID, Person], now: datetime) -> None:
    on = local_date(now)
    values = {
        "ids": sorted(people),
        "now": now,
        "since": on - VISITS_BACK,
        "pressures": on - PRESSURES_BACK,
        "glucose": on - OTHER_GLUCOSE_BACK,
    }
    for patient_id, kind, taken_at, received_at, *rest in session.execute(_READINGS, values):
        people[patient_id].measured.append(Measurement(kind, taken_at, received_at, *rest))
    for each in people.values():
        each.facts = _with_readings(each.facts, each.measured)


def _with_readings(facts: AlertFacts, measured: Sequence[Measurement]) -> AlertFacts:
    return replace(
        facts,
        pressures=[each.pressure_fact() for each in measured if each.sbp_mmhg is not None],
        glucose=[each.glucose_fact() for each in measured if each.glucose_umol_l is not None],
    )


def _add_visits(session: Session, people: Mapping[UUID, Person], now: datetime) -> None:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_VISITS, {"ids": sorted(people), "since": local_date(now) - VISITS_BACK}):
        found[row.patient_id].append(row)
    for person_id, rows in found.items():
        person = people[person_id]
        person.contacts = [contact_of(row.visited_on, row.recorded_at) for row in rows]
        person.facts = replace(
            person.facts,
            weights_kg=tuple({(_moment(row), Decimal(row.weight_kg)) for row in rows if row.weight_kg is not None}),
            danger_symptoms=tuple(
                (_moment(row), DangerSymptom(sign))
                for row in rows
                if now - _instant(row) <= ANSWERED_AFTER
                for sign in row.signs or ()
            ),
            missed_doses_7_days=max((_missed(row, now) for row in rows), default=0),
        )


def _instant(row: Row[Any]) -> datetime:
    """When a visit was: its recorded moment on its own day, else its time, else noon."""
    if local_date(row.recorded_at) == row.visited_on:
        return row.recorded_at  # type: ignore[no-any-return]
    return datetime.combine(row.visited_on, row.visited_time or time(12), LOCAL)


def _moment(row: Row[Any]) -> datetime:
    return local(_instant(row))


def _missed(row: Row[Any], now: datetime) -> int:
    recent = timedelta(0) <= now - _instant(row) <= ADHERENCE_SPEAKS_FOR
    return MISSED.get(Adherence(row.adherence), 0) if recent and row.adherence is not None else 0


def _on_lowering(session: Session, scope: Scope, ids: Sequence[UUID], on: date) -> set[UUID]:
    known = catalogue().medicines
    rows: list[Any] = list(session.scalars(fact_queries.of_people(Medication, scope, ids, on=on)))
    return {
        row.patient_id
        for row in rows
        if (row.stopped_on is None or on < row.stopped_on)
        and (medicine := known.get(row.medicine_code or "")) is not None
        and medicine.has(*_LOWERING)
    }


def _heart_failure(session: Session, scope: Scope, ids: Sequence[UUID], on: date) -> set[UUID]:
    failing = {Condition.HEART_FAILURE, Condition.HEART_FAILURE_3_4}
    rows: list[Any] = list(session.scalars(fact_queries.of_people(Diagnosis, scope, ids, on=on)))
    return {
        row.patient_id
        for row in rows
        if (row.ended_on is None or on < row.ended_on)
        and failing & (conditions_of([row.icd10] if row.icd10 else []) | {row.condition})
    }


def _last_data(session: Session, ids: Sequence[UUID], now: datetime) -> dict[UUID, datetime]:
    rows = session.execute(_AT_HOME, {"ids": list(ids), "now": now, "since": local_date(now) - SILENCE_BACK})
    return {row.patient_id: local(max(row.since, row.last_at or row.since)) for row in rows}
