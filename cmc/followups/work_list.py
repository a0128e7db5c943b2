"""Reads of the work-list: open tasks in the order of urgency, date and risk, a page at a time.

A page costs what it shows: the partial indexes `ix_task_open_clinic` and `ix_task_open` hold open tasks only, in
the order of the list down to the day, so a page is one range of one of them, however many tasks the clinic or the table
has; those of one day are ordered by the risk band of their people, the highest first.
The last values are looked up for the people of the page alone. 2 statements for counts, at most 4 for a page.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Row, Uuid, bindparam, func, or_, select, text, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease, GlucoseFlag, GlucosePeriod, ReadingKind, Sex
from cmc.clinical.periods import completed_years
from cmc.clinical.stratification import RiskLevel
from cmc.clinical.units import mmol_l_words
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups.codes import SnoozeReason, TaskKind, WorkGroup, WorkState
from cmc.followups.person import AT_ONCE, BY_DATE
from cmc.followups.plan_facts import OPEN
from cmc.followups.tables import Task
from cmc.followups.work_list_schemas import (
    BloodPressure,
    Glucose,
    WorkFilters,
    WorkItem,
    WorkItemPatient,
    WorkListCounts,
)
from cmc.organisations import queries as organisations
from cmc.patients import search_queries
from cmc.patients.masks import mask_citizen_id, mask_phone
from cmc.patients.protected import Opened
from cmc.patients.search_terms import terms
from cmc.patients.tables import BasicInformation, Patient, PatientPhone
from cmc.risk.tables import RiskStanding

SOON_DAYS: Final = 7
"""What is due within so many days is on the list; what is due later is not yet."""

VALUES_DAYS: Final = 366
"""Last readings are looked for in one year, which keeps the look-up inside 13 monthly partitions [D]."""

SEARCHED: Final = 50
"""So many people a search brings at most; who finds more narrows the search."""

Key = tuple[int, date, int, UUID]
"""Sort key of the list: urgency, due date, risk band below zero, id."""

_BELOW: ColumnElement[int] = -func.coalesce(col(RiskStanding.band), 0)

_FROM_VISITS = text(
    "SELECT person.id AS patient_id, v.* FROM unnest(CAST(:people AS uuid[])) AS person (id) CROSS JOIN LATERAL ("
    " (SELECT 'blood_pressure' AS kind, visited_on AS day, sbp_mmhg, dbp_mmhg, NULL::int AS umol_l,"
    "   NULL::text AS bound, NULL::text AS period FROM followup"
    "  WHERE patient_id = person.id AND ended_at IS NULL AND sbp_mmhg IS NOT NULL"
    "  ORDER BY visited_on DESC, visited_time DESC NULLS LAST, recorded_at DESC LIMIT 1)"
    " UNION ALL"
    " (SELECT 'glucose', visited_on, NULL, NULL, coalesce(fasting_glucose_umol_l, other_glucose_umol_l),"
    "   CASE WHEN fasting_glucose_umol_l IS NULL THEN other_glucose_bound ELSE fasting_glucose_bound END,"
    "   CASE WHEN fasting_glucose_umol_l IS NULL THEN other_glucose_period ELSE 'FASTING' END FROM followup"
    "  WHERE patient_id = person.id AND ended_at IS NULL"
    "   AND coalesce(fasting_glucose_umol_l, other_glucose_umol_l) IS NOT NULL"
    "  ORDER BY visited_on DESC, visited_time DESC NULLS LAST, recorded_at DESC LIMIT 1)) AS v"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))

_FROM_READINGS = text(
    "SELECT person.id AS patient_id, v.* FROM unnest(CAST(:people AS uuid[])) AS person (id)"
    " CROSS JOIN unnest(CAST(:kinds AS text[])) AS wanted (kind) CROSS JOIN LATERAL ("
    "  SELECT kind, taken_on AS day, sbp_mmhg, dbp_mmhg, glucose_umol_l AS umol_l, bound, period FROM reading"
    "  WHERE patient_id = person.id AND kind = wanted.kind AND taken_on >= :since ORDER BY taken_at DESC LIMIT 1) AS v"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))


def page(
    session: Session,
    scope: Scope,
    keys: Keyring,
    filters: WorkFilters,
    *,
    on: date,
    after: Key | None = None,
    limit: int = 50,
) -> tuple[list[WorkItem], Key | None]:
    """Return up to `limit` items of the local date `on` after a key, and the key of the next page if there is one.

    Raises `NotFound` for a foreign clinic.
    """
    query = (
        select(Task, Patient, _BELOW)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .join(RiskStanding, col(RiskStanding.patient_id) == col(Task.patient_id), isouter=True)
        .where(*_conditions(session, scope, filters, on), _in_group(filters.group, on))
        .order_by(col(Task.urgency), col(Task.due_on), _BELOW, col(Task.id))
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(  # the first line is what the index answers
            tuple_(col(Task.urgency), col(Task.due_on)) >= after[:2],
            tuple_(col(Task.urgency), col(Task.due_on), _BELOW, col(Task.id)) > after,
        )
    rows = session.execute(query).all()
    shown = rows[:limit]
    values = last_values(session, sorted({patient.id for _, patient, _ in shown}), on=on)
    opened = {patient.id: Opened(keys, patient) for _, patient, _ in shown}
    items = [_item(task, patient, opened[patient.id], values, on, below) for task, patient, below in shown]
    if len(rows) <= limit:
        return items, None
    last, _, below = shown[-1]
    return items, (last.urgency, last.due_on, below, last.id)


def counts(session: Session, scope: Scope, filters: WorkFilters, *, on: date) -> WorkListCounts:
    """Return how many items each group holds on the local date `on`. Raises `NotFound` for a foreign clinic."""
    wanted = [func.count().filter(_in_group(group, on)).label(group.value) for group in WorkGroup]
    query = (
        select(*wanted, func.count().label("all"))
        .select_from(Task)
        .where(*_conditions(session, scope, filters, on), _all(on))
    )
    row = session.execute(query).one()
    return WorkListCounts(**row._asdict())


def group_of(urgency: int, due_on: date, on: date) -> WorkGroup:
    """Return where a task stands on the local date `on`."""
    if urgency == AT_ONCE:
        return WorkGroup.CRITICAL
    if due_on < on:
        return WorkGroup.OVERDUE
    return WorkGroup.TODAY if due_on == on else WorkGroup.SOON


def _all(on: date) -> ColumnElement[bool]:
    return col(Task.due_on) <= on + timedelta(days=SOON_DAYS)


def _in_group(group: WorkGroup | None, on: date) -> ColumnElement[bool]:
    by_date = col(Task.urgency) == BY_DATE
    match group:
        case WorkGroup.CRITICAL:
            return (col(Task.urgency) == AT_ONCE) & _all(on)
        case WorkGroup.OVERDUE:
            return by_date & (col(Task.due_on) < on)
        case WorkGroup.TODAY:
            return by_date & (col(Task.due_on) == on)
        case WorkGroup.SOON:
            return by_date & (col(Task.due_on) > on) & _all(on)
        case None:
            return _all(on)


def _conditions(session: Session, scope: Scope, filters: WorkFilters, on: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Task.status) == OPEN, *_narrowed(filters, on)]
    if filters.clinic_id is None:
        found.append(scope.covers(col(Task.clinic_id)))
    else:
        found.append(col(Task.clinic_id) == organisations.clinic(session, scope, filters.clinic_id).id)
    if filters.disease is not None:
        found.append(or_(col(Task.disease) == filters.disease.value, col(Task.disease).is_(None)))
    return found


def _narrowed(filters: WorkFilters, on: date) -> list[ColumnElement[bool]]:
    """The filters that leave the order of the index as it is: they are asked of the rows of the range."""
    snoozed = col(Task.snoozed_until) > on
    on_the_list = or_(col(Task.snoozed_until).is_(None), col(Task.snoozed_until) <= on)
    found: list[ColumnElement[bool]] = [snoozed if filters.state is WorkState.SNOOZED else on_the_list]
    if filters.kinds:
        found.append(col(Task.kind).in_([kind.value for kind in filters.kinds]))
    if filters.unassigned:
        found.append(col(Task.assignee_id).is_(None))
    elif filters.assignee_id is not None:
        found.append(col(Task.assignee_id) == filters.assignee_id)
    if filters.people is not None:
        found.append(col(Task.patient_id).in_(filters.people))
    if filters.village is not None:
        lives = col(BasicInformation.region_code).startswith(filters.village, autoescape=True)
        found.append(_of_person(BasicInformation.patient_id, lives))
    if filters.no_phone:
        own = _of_person(Patient.id, col(Patient.phone_cipher).is_not(None))
        found += [~own, ~_of_person(PatientPhone.patient_id)]
    return found


def _of_person(person: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the person of the task has such a row in another table."""
    return col(Task.patient_id).in_(
        select(col(person)).where(col(person) == col(Task.patient_id), *conditions).correlate(Task)
    )


def search(
    session: Session, scope: Scope, keys: Keyring, wanted: str, *, clinic_id: UUID | None = None
) -> tuple[UUID, ...]:
    """Return the people of the scope whom a text may mean, at most 50: a name, initials, a number, its last digits."""
    meant = terms(keys, wanted)
    if meant is None:
        return ()
    found = search_queries.search(session, scope, meant, clinic_id=clinic_id, limit=SEARCHED)
    return tuple(patient.id for _, patient in found)


def _item(
    task: Task, patient: Patient, opened: Opened, values: dict[tuple[UUID, str], Row[Any]], on: date, below: int
) -> WorkItem:
    pressure = values.get((patient.id, ReadingKind.BLOOD_PRESSURE.value))
    glucose = values.get((patient.id, ReadingKind.GLUCOSE.value))
    return WorkItem(
        id=task.id,
        patient=WorkItemPatient(
            id=patient.id,
            name=opened.name,
            sex=Sex(patient.sex),
            age=completed_years(patient.birth_date, on),
            phone=mask_phone(opened.phone),
            citizen_id=mask_citizen_id(opened.citizen_id),
        ),
        disease=Disease(task.disease) if task.disease else None,
        kind=TaskKind(task.kind),
        group=group_of(task.urgency, task.due_on, on),
        due_on=task.due_on,
        days_overdue=max(0, (on - task.due_on).days),
        reason=Text(task.reason_zh, task.reason_en),
        rule_ids=task.rule_ids,
        risk=RiskLevel(-below) if below else None,
        from_on=task.from_on,
        latest_on=task.latest_on,
        planned_on=task.planned_on,
        assignee_id=task.assignee_id,
        snoozed_until=task.snoozed_until,
        snooze_reason=SnoozeReason(task.snooze_reason) if task.snooze_reason else None,
        last_blood_pressure=_pressure(pressure) if pressure else None,
        last_glucose=_glucose(glucose) if glucose else None,
    )


def last_readings(
    session: Session, patient_ids: Sequence[UUID], *, on: date
) -> dict[UUID, tuple[BloodPressure | None, Glucose | None]]:
    """Return the last blood pressure and glucose of people who were found in a scope before."""
    found = last_values(session, patient_ids, on=on)
    answer = {}
    for person in patient_ids:
        pressure = found.get((person, ReadingKind.BLOOD_PRESSURE.value))
        glucose = found.get((person, ReadingKind.GLUCOSE.value))
        answer[person] = (_pressure(pressure) if pressure else None, _glucose(glucose) if glucose else None)
    return answer


def last_values(session: Session, patient_ids: Sequence[UUID], *, on: date) -> dict[tuple[UUID, str], Row[Any]]:
    """The latest value of each kind by person; of one day the reading, because it may be this evening's."""
    if not patient_ids:
        return {}
    people = list(patient_ids)
    kinds = [kind.value for kind in ReadingKind]
    since = on - timedelta(days=VALUES_DAYS)
    found = {(row.patient_id, row.kind): row for row in session.execute(_FROM_VISITS, {"people": people})}
    for row in session.execute(_FROM_READINGS, {"people": people, "kinds": kinds, "since": since}):
        visit = found.get((row.patient_id, row.kind))
        if visit is None or row.day >= visit.day:
            found[(row.patient_id, row.kind)] = row
    return found


def _pressure(row: Row[Any]) -> BloodPressure:
    return BloodPressure(sbp_mmhg=row.sbp_mmhg, dbp_mmhg=row.dbp_mmhg, on=row.day)


def _glucose(row: Row[Any]) -> Glucose:
    return Glucose(
        mmol_l=mmol_l_words(row.umol_l),
        flag=GlucoseFlag(row.bound) if row.bound else None,
        period=GlucosePeriod(row.period) if row.period else None,
        on=row.day,
    )
