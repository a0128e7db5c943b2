"""Reads of follow-ups, and the facts that the plan is made of. The work-list is read in `work_list.py`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Row, Uuid, any_, bindparam, literal, literal_column, select, text, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import (
    Action,
    Classification,
    Disease,
    EndReason,
    EnrolmentState,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    ReadingKind,
)
from cmc.clinical.emergencies import glucose_words
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, TaskStatus
from cmc.followups.encounter import NOTHING_BEFORE, Before
from cmc.followups.plan import CRITICAL_DAYS, Contact, CriticalReadings, Due, OpenTask, Person, Stint
from cmc.followups.tables import Followup, Task
from cmc.patients.tables import Enrolment, Patient

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended('followup|' || :actor || '|' || :key, 0))")

_LATEST = text(
    "SELECT f.* FROM unnest(CAST(:people AS uuid[])) AS person (id)"
    " CROSS JOIN unnest(CAST(:diseases AS text[])) AS wanted (disease)"
    " CROSS JOIN LATERAL ("
    "  SELECT id, encounter_id, patient_id, disease, visited_on, visited_time, recorded_at, classification, action,"
    "   next_visit_on FROM followup WHERE patient_id = person.id AND disease = wanted.disease"
    "  ORDER BY visited_on DESC, visited_time DESC NULLS LAST, recorded_at DESC LIMIT 1) AS f"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))

# `taken_on` bounds the months that are looked at, `taken_at` the readings that no contact has answered.
_CRITICAL = text(
    "SELECT r.* FROM unnest(CAST(:people AS uuid[]), CAST(:answered AS timestamptz[])) AS person (id, answered)"
    " CROSS JOIN LATERAL ("
    "  SELECT patient_id, kind, taken_on, sbp_mmhg, dbp_mmhg, glucose_umol_l, bound, period,"
    "   count(*) OVER () AS readings, min(taken_on) OVER () AS first_on FROM reading"
    "  WHERE patient_id = person.id AND alert_tier = 'RED' AND taken_on >= :since AND taken_at >= person.answered"
    "  ORDER BY taken_at DESC LIMIT 1) AS r"
).bindparams(bindparam("people", type_=ARRAY(Uuid())), bindparam("answered", type_=ARRAY(DateTime(timezone=True))))

_WITH_A_NEXT_STEP = text(
    "SELECT patient_id FROM ("
    " (SELECT DISTINCT patient_id FROM enrolment WHERE state <> 'TERMINATED' AND patient_id > :after"
    "  ORDER BY patient_id LIMIT :limit)"
    " UNION (SELECT DISTINCT patient_id FROM task WHERE status = 'open' AND patient_id > :after"
    "  ORDER BY patient_id LIMIT :limit)) AS people ORDER BY patient_id LIMIT :limit"
)

OPEN = literal_column(f"'{TaskStatus.OPEN.value}'")
"""A constant, not a parameter: the indexes of open tasks are partial, and a cached plan must be able to use them."""


def lock_key(session: Session, actor: str, key: str) -> None:
    """Let only one transaction at a time work under an idempotency key."""
    session.execute(_LOCK_KEY, {"actor": actor, "key": key})


def by_key(session: Session, actor: str, key: str) -> list[Followup]:
    """Return the records that an idempotency key of this actor has stored, in the order in which they were made."""
    query = select(Followup).where(col(Followup.actor) == actor, col(Followup.idempotency_key) == key)
    return list(session.scalars(query.order_by(col(Followup.id))))


def before(session: Session, patient_id: UUID, diseases: Sequence[Disease], *, before: date) -> dict[Disease, Before]:
    """Return for each disease what a visit on the day `before` is judged against (FU-CONS-01, DM-FU-08).

    The last follow-up of the disease on an earlier day that carried a value. Of several on one day the last counts, and
    a second one on the same day is no second failure in a row (FU-VALID-02).
    """
    earlier = (
        select(
            col(Followup.disease),
            col(Followup.classification),
            col(Followup.action),
            col(Followup.foot_pulse),
        )
        .where(
            col(Followup.patient_id) == patient_id,
            col(Followup.disease).in_([disease.value for disease in diseases]),
            col(Followup.visited_on) < before,
        )
        .order_by(
            col(Followup.disease),
            col(Followup.visited_on).desc(),
            col(Followup.visited_time).desc().nulls_last(),
            col(Followup.recorded_at).desc(),
        )
    )
    judged = earlier.distinct(col(Followup.disease)).where(col(Followup.classification).is_not(None))
    felt = earlier.distinct(col(Followup.disease)).where(col(Followup.foot_pulse).is_not(None))
    found = {Disease(row.disease): row for row in session.execute(judged)}
    pulses = {Disease(row.disease): row for row in session.execute(felt)} if Disease.T2DM in diseases else {}
    return {disease: _before(found.get(disease), pulses.get(disease)) for disease in diseases}


def page(
    session: Session, scope: Scope, patient_id: UUID, *, after: tuple[date, UUID] | None = None, limit: int = 50
) -> list[Followup]:
    """Return up to `limit` follow-ups of a person by (visited_on, id) descending, after the key `after`."""
    query = (
        select(Followup)
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, scope.covers(col(Patient.clinic_id)))
        .order_by(col(Followup.visited_on).desc(), col(Followup.id).desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(col(Followup.visited_on), col(Followup.id)) < after)
    return list(session.scalars(query))


def lock_people(session: Session, patient_ids: Sequence[UUID]) -> None:
    """Lock people in the order of their ids, so that one transaction at a time changes the plan of each."""
    query = select(col(Patient.id)).where(col(Patient.id) == any_(_uuids(patient_ids))).order_by(col(Patient.id))
    session.execute(query.with_for_update(key_share=True))


def people_with_a_next_step(session: Session, *, after: UUID, limit: int) -> list[UUID]:
    """Return the next people by id who have an open enrolment or an open task, whatever their clinic (jobs only)."""
    return list(session.scalars(_WITH_A_NEXT_STEP.columns(patient_id=Uuid()), {"after": after, "limit": limit}))


def people(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> list[Person]:
    """Return what the plan of several people depends on, as of the local date `on`, in three statements."""
    rows = session.execute(
        select(Patient.id, Patient.clinic_id, Patient.died_on, Enrolment)
        .join(Enrolment, col(Enrolment.patient_id) == col(Patient.id), isouter=True)
        .where(col(Patient.id) == any_(_uuids(patient_ids)), scope.covers(col(Patient.clinic_id)))
        .order_by(col(Patient.id), col(Enrolment.enrolled_on))
    ).all()
    base: dict[UUID, tuple[UUID, date | None]] = {row[0]: (row[1], row[2]) for row in rows}
    stints: dict[UUID, list[Stint]] = defaultdict(list)
    for row in rows:
        if row[3] is not None:
            stints[row[0]].append(_stint(row[3]))
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


def open_tasks(session: Session, patient_ids: Sequence[UUID]) -> dict[UUID, list[OpenTask]]:
    """Return the open tasks of several people, whom the caller has found in its scope, by person."""
    query = select(
        Task.id,
        Task.patient_id,
        Task.clinic_id,
        Task.disease,
        Task.kind,
        Task.cause,
        Task.due_on,
        Task.reason_zh,
        Task.reason_en,
        Task.rule_ids,
    ).where(col(Task.patient_id) == any_(_uuids(patient_ids)), col(Task.status) == OPEN)
    found: dict[UUID, list[OpenTask]] = defaultdict(list)
    for row in session.execute(query):
        found[row.patient_id].append(OpenTask(id=row.id, due=_due(row)))
    return found


def _uuids(ids: Sequence[UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid()))


def _before(judged: Row[Any] | None, felt: Row[Any] | None) -> Before:
    if judged is None and felt is None:
        return NOTHING_BEFORE
    return Before(
        classification=Classification(judged.classification) if judged else None,
        action=Action(judged.action) if judged else None,
        foot_pulse=FootPulse(felt.foot_pulse) if felt else None,
    )


def _stint(row: Enrolment) -> Stint:
    return Stint(
        id=row.id,
        clinic_id=row.clinic_id,
        disease=Disease(row.disease),
        state=EnrolmentState(row.state),
        enrolled_on=row.enrolled_on,
        ended_on=row.ended_on,
        end_reason=EndReason(row.end_reason) if row.end_reason else None,
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
    answered = []
    for each in patient_ids:
        last = max(contacts.get(each, {}).values(), key=lambda contact: contact.order, default=None)
        answered.append(start if last is None else max(start, last.answers_until))
    found = session.execute(_CRITICAL, {"people": patient_ids, "answered": answered, "since": since})
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


def _due(row: Row[Any]) -> Due:
    return Due(
        patient_id=row.patient_id,
        clinic_id=row.clinic_id,
        disease=Disease(row.disease) if row.disease else None,
        kind=TaskKind(row.kind),
        cause=row.cause,
        due_on=row.due_on,
        reason=Text(row.reason_zh, row.reason_en),
        rule_ids=tuple(row.rule_ids),
    )
