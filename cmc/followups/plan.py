"""What is next for a person, from what is known of them: pure. Every active enrolment has exactly one next step.

The next step of an enrolment follows from its latest follow-up, or from the enrolment itself while there is none; a
person with unanswered critical readings has one more. `changes` compares that with the open tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from cmc.clinical.classification import ROUTINE_DAYS, SOON_DAYS, latest_next_date
from cmc.clinical.codes import Action, Classification, Disease, EndReason, EnrolmentState, ReadingKind
from cmc.clinical.emergencies import EmergencyCriterion
from cmc.core.clock import LOCAL, local_date
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, TaskStatus

AT_ONCE, BY_DATE = 0, 1
"""Urgency of a task, the first sort key of the work-list: what cannot wait, and what has its date."""

_ROUTINE_RULE: Final = {Disease.HTN: "HTN-FU-01", Disease.T2DM: "DM-FU-01"}
_TABLE_RULE: Final = {Disease.HTN: "HTN-FU-06", Disease.T2DM: "DM-FU-06"}
_CRITICAL_RULE: Final = {
    ReadingKind.BLOOD_PRESSURE: EmergencyCriterion.HTN_EM_01.value,
    ReadingKind.GLUCOSE: EmergencyCriterion.DM_EM_01.value,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """One enrolment of the person, open or ended."""

    id: UUID
    clinic_id: UUID
    disease: Disease
    state: EnrolmentState
    enrolled_on: date
    ended_on: date | None = None
    end_reason: EndReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The latest follow-up of one disease, in the order of day, time (a missing one counts first) and recording."""

    id: UUID
    encounter_id: UUID
    disease: Disease
    visited_on: date
    visited_time: time | None
    recorded_at: datetime
    classification: Classification | None
    action: Action
    next_visit_on: date

    @property
    def order(self) -> tuple[date, time, datetime]:
        """Sort key of follow-ups."""
        return self.visited_on, self.visited_time or time.min, self.recorded_at

    @property
    def answers_until(self) -> datetime:
        """Readings taken before this instant are answered by the contact, if they had arrived by `recorded_at`.

        A contact recorded on its own day answers what was taken before it was recorded; an evening reading after the
        morning's visit stays unanswered. A contact recorded later answers the whole day [D]. A reading that is uploaded
        after the contact was recorded is never answered by it, whenever it was taken.
        """
        if local_date(self.recorded_at) == self.visited_on:
            return self.recorded_at
        return datetime.combine(self.visited_on + timedelta(days=1), time.min, LOCAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalReadings:
    """A person's alerts of critical readings that are not closed: the latest value in words, how many, since when.

    `alert_id` is the alert that was raised first: the task stands for it.
    """

    alert_id: UUID
    kind: ReadingKind
    latest: Text
    latest_on: date
    first_on: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that the plan of one person depends on. `contacts` holds the latest follow-up of each disease.

    `settled`: of alerts that open tasks stand for and that somebody closed, who or what closed them.
    """

    id: UUID
    clinic_id: UUID
    died_on: date | None = None
    stints: tuple[Stint, ...] = ()
    contacts: Mapping[Disease, Contact] = field(default_factory=dict)
    critical: CriticalReadings | None = None
    settled: Mapping[UUID, str] = field(default_factory=dict)

    @property
    def last_contact(self) -> Contact | None:
        """The latest follow-up of any disease."""
        return max(self.contacts.values(), key=lambda contact: contact.order, default=None)

    @property
    def cared_for(self) -> bool:
        """Alive, and not a person whose every enrolment has ended (LIFE-01)."""
        ended = bool(self.stints) and all(stint.state is EnrolmentState.TERMINATED for stint in self.stints)
        return self.died_on is None and not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something to be done by a date. (`patient_id`, `kind`, `cause`) never comes twice."""

    patient_id: UUID
    clinic_id: UUID
    disease: Disease | None
    kind: TaskKind
    cause: str
    due_on: date
    reason: Text
    rule_ids: tuple[str, ...]

    @property
    def urgency(self) -> int:
        """First sort key of the work-list."""
        return AT_ONCE if self.kind is TaskKind.CRITICAL_READING else BY_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A task that is open now: its own id, and the due that it stands for."""

    id: UUID
    due: Due


@dataclass(frozen=True, slots=True)
class Closing:
    """An open task to be closed, and by what: followup:<id>, or the plan itself."""

    task_id: UUID
    status: TaskStatus
    by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What must change so that the open tasks equal the dues."""

    write: tuple[Due, ...]
    close: tuple[Closing, ...]

    def __bool__(self) -> bool:
        return bool(self.write or self.close)


def dues(person: Person) -> tuple[Due, ...]:
    """Return what is next for a person: one step for each active enrolment, one for unanswered critical readings.

    Lost and ended enrolments have no routine dues: the lost are for recall. The dead have none at all (LIFE-01).
    """
    if person.died_on is not None:
        return ()
    routine = [_step(person, stint) for stint in person.stints if stint.state is EnrolmentState.ACTIVE]
    return (*_critical(person), *routine)


def changes(person: Person, open_tasks: Iterable[OpenTask]) -> Changes:
    """Return the dues to be opened or rewritten, and the open tasks to be closed as done or cancelled."""
    wanted = {(due.kind, due.cause): due for due in dues(person)}
    write = dict(wanted)
    close = []
    for task in open_tasks:
        key = (task.due.kind, task.due.cause)
        if key not in wanted:
            close.append(_closing(person, task))
        elif wanted[key] == task.due:
            del write[key]
    return Changes(tuple(write.values()), tuple(close))


def alert_of(due: Due) -> UUID | None:
    """The alert that a task stands for, if it does."""
    kind, _, named = due.cause.partition(":")
    return UUID(named) if kind == "alert" else None


def managed_since(stint: Stint, stints: Iterable[Stint]) -> date:
    """First day of uninterrupted management: a transfer goes on where the other clinic stopped (LIFE-05)."""
    since = stint.enrolled_on
    for other in sorted(stints, key=lambda each: each.enrolled_on, reverse=True):
        transferred = other.disease is stint.disease and other.end_reason is EndReason.TRANSFERRED
        if transferred and other.ended_on is not None and other.ended_on + timedelta(days=1) == since:
            since = other.enrolled_on
    return since


def _step(person: Person, stint: Stint) -> Due:
    since = managed_since(stint, person.stints)
    contact = person.contacts.get(stint.disease)
    if contact is None or contact.visited_on < since:
        return _first_visit(person, stint, since)
    return _next_visit(person, stint, contact)


def _first_visit(person: Person, stint: Stint, since: date) -> Due:
    """FU-NEXT-01 applied to the enrolment: the first follow-up at most 90 days and 3 months after it [D]."""
    due_on, name = latest_next_date(since, ROUTINE_DAYS), stint.disease.text
    return Due(
        patient_id=person.id,
        clinic_id=stint.clinic_id,
        disease=stint.disease,
        kind=TaskKind.FIRST_VISIT,
        cause=f"enrolment:{stint.id}",
        due_on=due_on,
        reason=Text(
            f"{since} 纳入{name.zh}管理，尚未随访，应于 {due_on} 前完成首次随访",
            f"in {name.en.lower()} care since {since}, never followed up: first follow-up by {due_on}",
        ),
        rule_ids=(_ROUTINE_RULE[stint.disease], "FU-NEXT-01"),
    )


def _next_visit(person: Person, stint: Stint, contact: Contact) -> Due:
    """FU-NEXT-01: the date agreed at the latest follow-up; after a check of FU-CONS-03 the rhythm is routine again."""
    last, due_on = contact.visited_on, contact.next_visit_on
    soon = contact.action is not Action.ROUTINE and (due_on - last).days <= SOON_DAYS
    reason = Text(f"上次随访 {last}，应于 {due_on} 前随访", f"last follow-up {last}: the next one by {due_on}")
    if soon:
        found = contact.classification.text if contact.classification else Text("缺少关键值", "Value missing")
        asked = contact.action.text
        reason = Text(
            f"上次随访 {last}：{found.zh}（{asked.zh}），应于 {due_on} 前复查",
            f"last follow-up {last}: {found.en.lower()} ({asked.en.lower()}), to be checked by {due_on}",
        )
    check = ("HTN-EM-05",) if soon and contact.action is Action.EMERGENCY_REFER else ()
    table = _TABLE_RULE if soon else _ROUTINE_RULE
    return Due(
        patient_id=person.id,
        clinic_id=stint.clinic_id,
        disease=stint.disease,
        kind=TaskKind.TWO_WEEK if soon else TaskKind.ROUTINE,
        cause=f"followup:{contact.id}",
        due_on=due_on,
        reason=reason,
        rule_ids=(table[stint.disease], *check, "FU-NEXT-01"),
    )


def _critical(person: Person) -> tuple[Due, ...]:
    """One due for all critical readings that nobody settled: a second reading is no second task."""
    critical = person.critical
    if critical is None or not person.cared_for:
        return ()
    zh, en = f"{critical.latest_on} {critical.latest.zh}，尚未随访", f"{critical.latest.en} on {critical.latest_on}"
    if critical.count > 1:
        zh += f"（{critical.first_on} 起共 {critical.count} 次）"
        en += f", {critical.count} times since {critical.first_on}"
    due = Due(
        patient_id=person.id,
        clinic_id=person.clinic_id,
        disease=None,
        kind=TaskKind.CRITICAL_READING,
        cause=f"alert:{critical.alert_id}",
        due_on=critical.first_on,
        reason=Text(zh, f"{en}: not followed up yet"),
        rule_ids=(_CRITICAL_RULE[critical.kind],),
    )
    return (due,)


def _closing(person: Person, task: OpenTask) -> Closing:
    """Done when a follow-up came after what raised the task, else cancelled (ended, lost, transferred).

    The task of critical readings follows from its alert: it is done when somebody has closed that.
    """
    due = task.due
    if due.kind is TaskKind.CRITICAL_READING:
        by = next((by for alert, by in person.settled.items() if due.cause == f"alert:{alert}"), None)
        return Closing(task.id, TaskStatus.CANCELLED if by is None else TaskStatus.DONE, by or "plan")
    contact = person.contacts.get(due.disease) if due.disease else person.last_contact
    if due.kind is TaskKind.FIRST_VISIT:
        came = contact is not None and contact.visited_on >= _enrolled_on(person, due)
    else:
        came = contact is not None and due.cause != f"followup:{contact.id}"
    if came and contact is not None:
        return Closing(task.id, TaskStatus.DONE, f"followup:{contact.id}")
    return Closing(task.id, TaskStatus.CANCELLED, "plan")


def _enrolled_on(person: Person, due: Due) -> date:
    return next((stint.enrolled_on for stint in person.stints if due.cause == f"enrolment:{stint.id}"), date.max)
