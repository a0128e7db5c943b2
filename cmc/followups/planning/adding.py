"""People of an indicator's list put on the work-list by hand. Nothing here commits.

Whoever asks twice, together with somebody else, or after it was done on that day, makes no second task: the people are
locked first, in the order of their ids, as whoever changes their plan locks them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import listed, plan_facts
from cmc.followups.codes import AddOutcome, TaskAct, TaskKind, TaskStatus
from cmc.followups.person import BY_DATE
from cmc.followups.planning.acting import values_of
from cmc.followups.tables import Task, TaskEvent
from cmc.patients import touched
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient

_KIND: Final = TaskKind.INDICATOR_LIST.value


@dataclass(frozen=True, slots=True)
class Wanted:
    """An indicator and its disease, and of each person of its list why they are on it."""

    code: str
    disease: Disease
    reasons: Mapping[UUID, Text]


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one person; `task` is the open one, or the one that was done today."""

    patient_id: UUID
    outcome: AddOutcome
    task: Task | None = None


def add(session: Session, scope: Scope, patient_ids: Sequence[UUID], wanted: Wanted, *, now: datetime) -> list[Added]:
    """Put people on the work-list of their clinic, due today; return what became of each, once, in the order asked.

    A person without a reason is not on the list. Who asked and when is kept as the task's event; who added somebody
    can take it back like every act (`acting.undo`).
    """
    people, on = list(dict.fromkeys(patient_ids)), local_date(now)
    listed_ones = sorted(each for each in people if each in wanted.reasons)
    plan_facts.lock_people(session, scope, listed_ones)
    clinics = _clinics(session, scope, listed_ones, wanted.disease)
    known = _known(session, scope, listed_ones, wanted, on)
    found = {each: _one(session, each, clinics.get(each), known.get(each), wanted, now=now) for each in listed_ones}
    session.flush()  # an event names its task
    added = [task for outcome, task in found.values() if outcome is AddOutcome.ADDED and task is not None]
    session.add_all(_event(scope, task, now=now) for task in added)
    if added:
        touched.mark(session, [task.patient_id for task in added], at=now, topics=(touched.FOLLOWUPS,))
    session.flush()
    absent = (AddOutcome.NOT_LISTED, None)
    return [Added(each, *found.get(each, absent)) for each in people]


def _one(
    session: Session, patient_id: UUID, clinic_id: UUID | None, task: Task | None, wanted: Wanted, *, now: datetime
) -> tuple[AddOutcome, Task | None]:
    if clinic_id is None:
        return AddOutcome.NOT_IN_CARE, None
    if task is not None and task.status == TaskStatus.OPEN:
        return AddOutcome.ALREADY_OPEN, task
    if task is not None and task.status == TaskStatus.DONE:
        return AddOutcome.DONE_TODAY, task
    if task is None:
        task = Task(patient_id=patient_id, clinic_id=clinic_id, kind=_KIND, cause="", urgency=BY_DATE,
                    due_on=local_date(now), reason_zh="", reason_en="", opened_at=now)  # fmt: skip
        session.add(task)
    _open(task, clinic_id, wanted, now=now)
    return AddOutcome.ADDED, task


def _event(scope: Scope, task: Task, *, now: datetime) -> TaskEvent:
    """Who asked and when; taken back, the task is cancelled."""
    after = values_of(task)
    before = after | {"status": TaskStatus.CANCELLED.value, "closed_at": now.timestamp(), "closed_by": scope.actor}
    return TaskEvent(
        task_id=task.id, patient_id=task.patient_id, clinic_id=task.clinic_id, act=TaskAct.ADD.value,
        before=before, after=after, actor=scope.actor, at=now,
    )  # fmt: skip


def _open(task: Task, clinic_id: UUID, wanted: Wanted, *, now: datetime) -> None:
    """Open, due today and on nobody: also what was added and cancelled on this day already."""
    on, reason = local_date(now), wanted.reasons[task.patient_id]
    task.clinic_id, task.cause = clinic_id, listed.cause(wanted.code, wanted.disease, on)
    task.due_on = task.from_on = task.planned_on = on
    task.reason_zh, task.reason_en = reason.zh, reason.en
    task.status, task.opened_at = TaskStatus.OPEN.value, now
    task.closed_at = task.closed_by = task.done_reason = task.moved_at = None
    task.assignee_id = task.snoozed_until = task.snooze_reason = None


def _clinics(session: Session, scope: Scope, people: Sequence[UUID], disease: Disease) -> dict[UUID, UUID]:
    """The clinic of the scope at which each person is cared for, by the enrolment that began last."""
    query = (
        select(col(Enrolment.patient_id), col(Enrolment.clinic_id))
        .join(Patient, col(Patient.id) == col(Enrolment.patient_id))
        .where(
            col(Patient.id).in_(people),
            col(Patient.died_on).is_(None),
            visible(scope),
            scope.covers(col(Enrolment.clinic_id)),
            col(Enrolment.disease) == disease.value,
            col(Enrolment.state).in_([state.value for state in listed.IN_CARE]),
        )
        .order_by(col(Enrolment.enrolled_on), col(Enrolment.id))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _known(session: Session, scope: Scope, people: Sequence[UUID], wanted: Wanted, on: date) -> dict[UUID, Task]:
    """Of each person the task that stands in the way of another, else the one cancelled on this day, to be reopened."""
    today = listed.cause(wanted.code, wanted.disease, on)
    query = (
        select(Task)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .where(
            col(Task.patient_id).in_(people),
            col(Task.kind) == _KIND,
            col(Task.cause).startswith(listed.prefix(wanted.code, wanted.disease), autoescape=True),
            or_(col(Task.status) != TaskStatus.CANCELLED.value, col(Task.cause) == today),
            visible(scope),
        )
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, Task] = {}
    for task in sorted(session.scalars(query), key=_strength):
        of_today = task.cause == today or (task.closed_at is not None and local_date(task.closed_at) == on)
        if task.status != TaskStatus.DONE or of_today:
            found[task.patient_id] = task
    return found


def _strength(task: Task) -> Any:
    return [TaskStatus.CANCELLED, TaskStatus.DONE, TaskStatus.OPEN].index(TaskStatus(task.status))
