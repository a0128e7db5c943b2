"""What is known of a person as far as their next steps depend on it, and what a step is: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.codes import Action, AlertTier, Classification, Disease, EndReason, EnrolmentState, ReadingKind
from cmc.core.clock import LOCAL, local_date
from cmc.core.text import Text
from cmc.followups.codes import VISIT_KINDS, FollowupGroup, TaskKind, TaskStatus
from cmc.followups.rhythm import Rhythm

RED_RULE = f"ALERT-{AlertTier.RED.value}"
"""The rule of an alert that cannot wait (4.6)."""
AT_ONCE, BY_DATE = 0, 1
"""Urgency of a task, the first sort key of the work-list: what cannot wait, and what has its date."""


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


@dataclass(frozen=True, slots=True)
class Check:
    """The check within 14 days after a RED alert was closed without a follow-up (HTN-EM-05)."""

    alert_id: UUID
    closed_on: date
    due_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlert:
    """An alert that is no critical reading and is not closed: what it says, and since when (4.6)."""

    alert_id: UUID
    rule: AlertRule
    tier: AlertTier
    words: Text
    raised_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReferral:
    """A referral of which nobody knows yet what became: asked about by `check_by` (HTN-FU-06, HTN-EM-05)."""

    id: UUID
    source: str
    clinic_id: UUID
    reason: Text
    proposed_on: date
    check_by: date


@dataclass(frozen=True, slots=True)
class Examined:
    """The annual examination that was recorded last, and when."""

    id: UUID
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that the plan of one person depends on. `contacts` holds the latest follow-up of each disease.

    `settled`: of alerts and referrals that open tasks stand for and that somebody closed, who or what closed them.
    `examined`: asked only of who was put on the work-list from an indicator's list.
    `rhythms`: the days between routine visits at each clinic; `group`: which of them hold for the person.
    """

    id: UUID
    clinic_id: UUID
    died_on: date | None = None
    stints: tuple[Stint, ...] = ()
    contacts: Mapping[Disease, Contact] = field(default_factory=dict)
    critical: CriticalReadings | None = None
    settled: Mapping[UUID, str] = field(default_factory=dict)
    check: Check | None = None
    alerts: tuple[OpenAlert, ...] = ()
    referrals: tuple[OpenReferral, ...] = ()
    group: FollowupGroup = FollowupGroup.STANDARD
    rhythms: Mapping[UUID, Rhythm] = field(default_factory=dict)
    examined: Examined | None = None

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
    """Something to be done by a date. (`patient_id`, `kind`, `cause`) never comes twice.

    It may be done from `from_on` on; after `latest_on` the standard is broken.
    """

    patient_id: UUID
    clinic_id: UUID
    disease: Disease | None
    kind: TaskKind
    cause: str
    due_on: date
    reason: Text
    rule_ids: tuple[str, ...]
    from_on: date | None = None
    latest_on: date | None = None

    @property
    def is_visit(self) -> bool:
        """Whether a visit is due, which serves for several diseases at once (FU-BOTH-01)."""
        return self.kind in VISIT_KINDS

    @property
    def urgency(self) -> int:
        """First sort key of the work-list."""
        red = self.kind is TaskKind.ALERT_FOLLOWUP and RED_RULE in self.rule_ids
        return AT_ONCE if red or self.kind is TaskKind.CRITICAL_READING else BY_DATE


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A task that is open now: its own id, the due that it stands for, and since when it is open."""

    id: UUID
    due: Due
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """An open task to be closed, and by what: followup:<id>, or the plan itself."""

    task_id: UUID
    status: TaskStatus
    by: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What must change so that the open tasks equal the dues. `beside`: visits that may be planned with those."""

    write: tuple[Due, ...]
    close: tuple[Closing, ...]
    beside: tuple[Due, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.write or self.close)
