"""Reads of what the plan of people depends on: for any number of people the same few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Row,
    Uuid,
    any_,
    bindparam,
    literal,
    literal_column,
    select,
    text,
    union,
)
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import (
    Action,
    Classification,
    Disease,
    EndReason,
    EnrolmentState,
    GlucoseFlag,
    GlucosePeriod,
    ReadingKind,
)
from cmc.clinical.emergencies import glucose_words
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, TaskStatus
from cmc.followups.plan import CRITICAL_DAYS, Contact, CriticalReadings, Due, OpenTask, Person, Stint
from cmc.followups.tables import Task
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient

_LATEST = text(
    "SELECT f.* FROM unnest(CAST(:people AS uuid[])) AS person (id)"
    " CROSS JOIN unnest(CAST(:diseases AS text[])) AS wanted (disease)"
    " CROSS JOIN LATERAL ("
    "  SELECT id, encounter_id, patient_id, disease, visited_on, visited_time, recorded_at, classification, action,"
    "   next_visit_on FROM followup WHERE patient_id = person.id AND disease = wanted.disease"
    "  ORDER BY visited_on DESC, visited_time DESC NULLS LAST, recorded_at DESC LIMIT 1) AS f"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))

# `taken_on` bounds the months that are looked at. Unanswered is what was taken after the last contact, and what arrived
# after that contact was recorded: who wrote the record could not know it. A dangerous value that contradicts one on
# file waits for a person; until somebody has decided about it, it counts as if it were true.
_CRITICAL = text(
    "SELECT r.* FROM unnest(CAST(:people AS uuid[]), CAST(:answered AS timestamptz[]), CAST(:known AS timestamptz[]))"
    " AS person (id, answered, known)"
    " CROSS JOIN LATERAL ("
    "  SELECT *, count(*) OVER () AS readings, min(taken_on) OVER () AS first_on FROM ("
    "   SELECT patient_id, kind, taken_on, taken_at, received_at, sbp_mmhg, dbp_mmhg, glucose_umol_l, bound, period"
    "   FROM reading WHERE patient_id = person.id AND alert_tier = 'RED' AND taken_on >= :since"
    "   UNION ALL"
    "   SELECT h.patient_id, m.kind, CAST(timezone(:zone, h.taken_at) AS date), h.taken_at, h.received_at,"
    "    m.sbp_mmhg, m.dbp_mmhg, m.glucose_umol_l, m.bound, m.period FROM held_reading AS h"
    "   CROSS JOIN LATERAL jsonb_to_record(h.measured) AS m"
    "    (kind text, sbp_mmhg int2, dbp_mmhg int2, glucose_umol_l int4, bound text, period text)"
    "   WHERE h.patient_id = person.id AND h.alert_tier = 'RED' AND h.resolved_at IS NULL AND h.kind = 'conflict'"
    "    AND timezone(:zone, h.taken_at) >= :since) AS dangerous"
    "  WHERE taken_at >= person.answered OR received_at > person.known"
    "  ORDER BY taken_at DESC LIMIT 1) AS r"
).bindparams(
    bindparam("people", type_=ARRAY(Uuid())),
    bindparam("answered", type_=ARRAY(DateTime(timezone=True))),
    bindparam("known", type_=ARRAY(DateTime(timezone=True))),
)

OPEN: ColumnElement[str] = literal_column(f"'{TaskStatus.OPEN.value}'")
"""A constant, not a parameter: the indexes of open tasks are partial, and a cached plan must be able to use them."""


def lock_people(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> None:
    """Lock people in the order of their ids, so that one transaction at a time changes the plan of each."""
    query = (
        select(col(Patient.id))
        .where(col(Patient.id) == any_(_uuids(patient_ids)), visible(scope))
        .order_by(col(Patient.id))
    )
    session.execute(query.with_for_update(key_share=True))


def people_with_a_next_step(session: Session, scope: Scope, *, after: UUID, limit: int) -> list[UUID]:
    """Return the next people, by id after `after`, who have an open enrolment or an open task."""
    managed = (
        select(col(Enrolment.patient_id))
        .where(
            literal_column("enrolment.state <> 'TERMINATED'"),
            scope.covers(col(Enrolment.clinic_id)),
            col(Enrolment.patient_id) > after,
        )
        .order_by(col(Enrolment.patient_id))
        .distinct()
        .limit(limit)
    )
    asked = (
        select(col(Task.patient_id))
        .where(col(Task.status) == OPEN, scope.covers(col(Task.clinic_id)), col(Task.patient_id) > after)
        .order_by(col(Task.patient_id))
        .distinct()
        .limit(limit)
    )
    both = union(managed.subquery().select(), asked.subquery().select()).subquery()
    return list(session.scalars(select(both.c.patient_id).order_by(both.c.patient_id).limit(limit)))


def people(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> list[Person]:
    """Return what the plan of several people depends on, as of the local date `on`, in three statements."""
    # Columns, not entities: a session gives an entity it knows back as it was, also after the lock of `tasks.settle`.
    rows = session.execute(
        select(
            col(Patient.id).label("person_id"),
            col(Patient.clinic_id).label("home_id"),
            col(Patient.died_on),
            col(Enrolment.id),
            col(Enrolment.clinic_id),
            col(Enrolment.disease),
            col(Enrolment.state),
            col(Enrolment.enrolled_on),
            col(Enrolment.ended_on),
            col(Enrolment.end_reason),
        )
        .join(Enrolment, col(Enrolment.patient_id) == col(Patient.id), isouter=True)
        .where(col(Patient.id) == any_(_uuids(patient_ids)), visible(scope))
        .order_by(col(Patient.id), col(Enrolment.enrolled_on))
    ).mappings()
    base: dict[UUID, tuple[UUID, date | None]] = {}
    stints: dict[UUID, list[Stint]] = defaultdict(list)
    for row in rows:
        base[row["person_id"]] = row["home_id"], row["died_on"]
        if row["id"] is not None:
            stints[row["person_id"]].append(_stint(row))
    contacts = _latest_contacts(session, list(base))
    critical = _critical_readings(session, list(base), contacts, on=on)
    return [
        Person(
            id=each,
            clinic_id=clinic_id,
            died_on=died_on,
            stints=tuple(stints[each]),
            contacts=contacts.get(each, {}),
            critical=critical.get(each),
        )
        for each, (clinic_id, died_on) in base.items()
    ]


def open_tasks(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, list[OpenTask]]:
    """Return the open tasks of several people, at whatever clinic, by person."""
    columns = select(
        col(Task.id),
        col(Task.patient_id),
        col(Task.clinic_id),
        col(Task.disease),
        col(Task.kind),
        col(Task.cause),
        col(Task.due_on),
        col(Task.reason_zh),
        col(Task.reason_en),
        col(Task.rule_ids),
    )
    query = columns.join(Patient, col(Patient.id) == col(Task.patient_id)).where(
        col(Task.patient_id) == any_(_uuids(patient_ids)),
        col(Task.status) == OPEN,
        visible(scope),
    )
    found: dict[UUID, list[OpenTask]] = defaultdict(list)
    for row in session.execute(query).mappings():
        found[row["patient_id"]].append(OpenTask(id=row["id"], due=_due(row)))
    return found


def _uuids(ids: Sequence[UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid()))


def _stint(row: Mapping[Any, Any]) -> Stint:
    return Stint(
        id=row["id"],
        clinic_id=row["clinic_id"],
        disease=Disease(row["disease"]),
        state=EnrolmentState(row["state"]),
        enrolled_on=row["enrolled_on"],
        ended_on=row["ended_on"],
        end_reason=EndReason(row["end_reason"]) if row["end_reason"] else None,
    )


def _latest_contacts(session: Session, patient_ids: list[UUID]) -> dict[UUID, dict[Disease, Contact]]:
    diseases = [disease.value for disease in Disease]
    found: dict[UUID, dict[Disease, Contact]] = defaultdict(dict)
    for row in session.execute(_LATEST, {"people": patient_ids, "diseases": diseases}):
        disease = Disease(row.disease)
        found[row.patient_id][disease] = Contact(
            id=row.id,
            encounter_id=row.encounter_id,
            disease=disease,
            visited_on=row.visited_on,
            visited_time=row.visited_time,
            recorded_at=row.recorded_at,
            classification=None if row.classification is None else Classification(row.classification),
            action=Action(row.action),
            next_visit_on=row.next_visit_on,
        )
    return found


def _critical_readings(
    session: Session, patient_ids: list[UUID], contacts: Mapping[UUID, Mapping[Disease, Contact]], *, on: date
) -> dict[UUID, CriticalReadings]:
    since = date.fromordinal(on.toordinal() - CRITICAL_DAYS)
    start = datetime.combine(since, time.min, LOCAL)
    answered, known = [], []
    for each in patient_ids:
        last = max(contacts.get(each, {}).values(), key=lambda contact: contact.order, default=None)
        answered.append(start if last is None else last.answers_until)
        known.append(start if last is None else last.recorded_at)
    wanted = {"people": patient_ids, "answered": answered, "known": known, "since": since, "zone": LOCAL.key}
    found = session.execute(_CRITICAL, wanted)
    return {
        row.patient_id: CriticalReadings(
            kind=ReadingKind(row.kind),
            latest=_reading_words(row),
            latest_on=row.taken_on,
            first_on=row.first_on,
            count=row.readings,
        )
        for row in found
    }


def _reading_words(row: Row[Any]) -> Text:
    if row.kind == ReadingKind.BLOOD_PRESSURE:
        value = f"{row.sbp_mmhg}/{row.dbp_mmhg}"
        return Text(f"血压 {value}", f"blood pressure {value}")
    flag = GlucoseFlag(row.bound) if row.bound else None
    return glucose_words(row.glucose_umol_l, flag, GlucosePeriod(row.period or GlucosePeriod.RANDOM))


def _due(row: Mapping[Any, Any]) -> Due:
    return Due(
        patient_id=row["patient_id"],
        clinic_id=row["clinic_id"],
        disease=Disease(row["disease"]) if row["disease"] else None,
        kind=TaskKind(row["kind"]),
        cause=row["cause"],
        due_on=row["due_on"],
        reason=Text(row["reason_zh"], row["reason_en"]),
        rule_ids=tuple(row["rule_ids"]),
    )
