"""Acts on tasks: assign, put off, mark as done, move to another day, and undo. Nothing here commits.

Each act is noted with what stood before, in the transaction of the act. Many at once: each is judged by itself, and the
answer says of each what became of it; nothing of a refused one is stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.clock import local_date
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.scope import Scope
from cmc.followups import plan_settings
from cmc.followups.calendar import is_open
from cmc.followups.codes import EXAM_KINDS, DoneReason, MoveReason, SnoozeReason, TaskAct, TaskKind, TaskStatus
from cmc.followups.planning import staff
from cmc.followups.tables import Task, TaskEvent
from cmc.patients import touched
from cmc.patients.queries import visible
from cmc.patients.tables import Patient

UNDO_WITHIN: Final = timedelta(minutes=10)
"""So long an act can be taken back by who did it [D]."""
LONGEST_SNOOZE: Final = timedelta(days=90)
BY_HAND: Final = EXAM_KINDS | {TaskKind.SILENT_DEVICE, TaskKind.INDICATOR_LIST}
"""What may be marked as done by hand. A visit, an alert and a referral are closed by what happens to them."""


class Wish(Protocol):
    """An act that is wanted of a task: `apply` changes it, or raises `Conflict` or `Invalid`."""

    @property
    def act(self) -> TaskAct: ...

    @property
    def reason(self) -> str | None: ...

    def apply(self, session: Session, task: Task, *, now: datetime) -> None:
        """Change the task."""


@dataclass(frozen=True, slots=True)
class Assign:
    """To a user who works at the task's clinic; None takes the task from whoever has it."""

    assignee_id: UUID | None
    act: TaskAct = TaskAct.ASSIGN
    reason: str | None = None

    def apply(self, session: Session, task: Task, *, now: datetime) -> None:
        del now
        if self.assignee_id is not None:
            staff.require(session, self.assignee_id, task.clinic_id)
        task.assignee_id = self.assignee_id


@dataclass(frozen=True, slots=True)
class Snooze:
    """Off the list until a day. What cannot wait is not put off."""

    until: date
    why: SnoozeReason
    act: TaskAct = TaskAct.SNOOZE

    @property
    def reason(self) -> str:
        return self.why.value

    def apply(self, session: Session, task: Task, *, now: datetime) -> None:
        del session
        on = local_date(now)
        if not on < self.until <= on + LONGEST_SNOOZE:
            raise invalid("/until", "out_of_range", f"a day after today, within {LONGEST_SNOOZE.days} days")
        if task.urgency == 0:
            raise Conflict("what cannot wait is not put off", code="cannot-wait")
        task.snoozed_until, task.snooze_reason = self.until, self.why.value


@dataclass(frozen=True, slots=True)
class Done:
    """Done, though the record does not show it."""

    why: DoneReason
    by: str
    act: TaskAct = TaskAct.DONE

    @property
    def reason(self) -> str:
        return self.why.value

    def apply(self, session: Session, task: Task, *, now: datetime) -> None:
        del session
        if task.kind not in BY_HAND:
            words = "a visit, an alert and a referral close their own task: record what happened there"
            raise Conflict(words, code="closes-by-itself")
        task.status, task.closed_at, task.closed_by = TaskStatus.DONE.value, now, self.by
        task.done_reason = self.why.value


@dataclass(frozen=True, slots=True)
class Move:
    """To a day, or by so many days from the planned one."""

    why: MoveReason
    to: date | None = None
    days: int | None = None
    act: TaskAct = TaskAct.MOVE

    @property
    def reason(self) -> str:
        return self.why.value

    def apply(self, session: Session, task: Task, *, now: datetime) -> None:
        del session
        on = local_date(now)
        from_on = max(task.planned_on or task.due_on, on)
        day = self.to if self.to is not None else from_on + timedelta(days=self.days or 0)
        if not on <= day <= on + timedelta(days=366):
            raise invalid("/planned_on", "out_of_range", "today or later, within a year")
        task.planned_on, task.moved_at = day, now


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of one task: the task with its event, or why not."""

    task_id: UUID
    task: Task | None = None
    event: TaskEvent | None = None
    code: str | None = None
    detail: str | None = None


_KEPT = (
    "status", "closed_at", "closed_by", "done_reason", "assignee_id", "snoozed_until", "snooze_reason", "planned_on",
    "moved_at",
)  # fmt: skip


def act(session: Session, scope: Scope, task_ids: Sequence[UUID], wish: Wish, *, now: datetime) -> list[Acted]:
    """Do one thing to several tasks; return for each what became of it, in the order asked."""
    found = _locked(session, scope, task_ids)
    done = []
    for task_id in task_ids:
        task = found.get(task_id)
        if task is None:
            done.append(Acted(task_id, code="not-found", detail="no such task"))
            continue
        try:
            done.append(Acted(task_id, task, _one(session, scope, task, wish, now=now)))
        except (Conflict, NotFound) as error:
            done.append(Acted(task_id, code=error.code, detail=error.detail))
    session.flush()
    return done


def act_on_one(session: Session, scope: Scope, task_id: UUID, wish: Wish, *, now: datetime) -> Acted:
    """Do one thing to one task. Raises `NotFound`, `Conflict`, `Invalid`."""
    task = _locked(session, scope, [task_id]).get(task_id)
    if task is None:
        raise NotFound("no such task")
    event = _one(session, scope, task, wish, now=now)
    session.flush()
    return Acted(task_id, task, event)


def undo(session: Session, scope: Scope, task_id: UUID, *, now: datetime) -> Acted:
    """Take back the caller's last act on a task: what stood before stands again.

    Raises `NotFound`, and `Conflict` when there is nothing to take back, it is too long ago, or the task has changed.
    """
    task = _locked(session, scope, [task_id]).get(task_id)
    if task is None:
        raise NotFound("no such task")
    query = select(TaskEvent).where(col(TaskEvent.task_id) == task_id, col(TaskEvent.undone_at).is_(None))
    event = session.scalars(query.order_by(col(TaskEvent.at).desc(), col(TaskEvent.id).desc()).limit(1)).first()
    if event is None or event.actor != scope.actor or now - event.at > UNDO_WITHIN:
        raise Conflict("there is nothing of yours to take back", code="nothing-to-undo")
    if values_of(task) != event.after:
        raise Conflict("the task has changed since", code="changed-since")
    for name, value in event.before.items():
        setattr(task, name, _read(name, value))
    event.undone_at, event.undone_by = now, scope.actor
    touched.mark(session, [task.patient_id], at=now, topics=(touched.FOLLOWUPS, touched.INDICATORS))
    session.flush()
    return Acted(task_id, task, event)


def closed_day(session: Session, task: Task) -> bool:
    """Whether the clinic sees nobody on the planned day."""
    days = plan_settings.clinic_days(session, [task.clinic_id]).get(task.clinic_id, plan_settings.USUAL_DAYS)
    return task.planned_on is not None and not is_open(task.planned_on, days.weekdays, days.closed)


def _one(session: Session, scope: Scope, task: Task, wish: Wish, *, now: datetime) -> TaskEvent:
    if task.status != TaskStatus.OPEN:
        raise Conflict("this task is closed", code="task-closed")
    before = values_of(task)
    wish.apply(session, task, now=now)
    touched.mark(session, [task.patient_id], at=now, topics=(touched.FOLLOWUPS, touched.INDICATORS))
    moved = wish.act is TaskAct.MOVE and task.latest_on is not None and task.planned_on is not None
    event = TaskEvent(
        task_id=task.id,
        patient_id=task.patient_id,
        clinic_id=task.clinic_id,
        act=wish.act.value,
        before=before,
        after=values_of(task),
        reason=wish.reason,
        past_limit=moved and (task.planned_on or date.min) > (task.latest_on or date.max),
        actor=scope.actor,
        at=now,
    )
    session.add(event)
    return event


def _locked(session: Session, scope: Scope, task_ids: Sequence[UUID]) -> Mapping[UUID, Task]:
    query = (
        select(Task)
        .join(Patient, col(Patient.id) == col(Task.patient_id))
        .where(col(Task.id).in_(task_ids), visible(scope), scope.covers(col(Task.clinic_id)))
        .order_by(col(Task.id))
        .with_for_update(of=Task)
        .execution_options(populate_existing=True)
    )
    return {task.id: task for task in session.scalars(query)}


def values_of(task: Task) -> dict[str, Any]:
    """What of a task an act may change, as an event keeps it."""
    return {name: _plain(getattr(task, name)) for name in _KEPT}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


def _read(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in {"closed_at", "moved_at"}:
        return datetime.fromtimestamp(value, tz=UTC)
    if name in {"planned_on", "snoozed_until"}:
        return date.fromisoformat(value)
    return UUID(value) if name == "assignee_id" else value
