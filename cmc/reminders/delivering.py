"""Making reminders and sending them: once for each person and day, to who agreed, and never twice.

A reminder is handed over before it is sent, in a transaction of its own. A worker that dies in between leaves it handed
over: nobody knows whether it went out, and it is not sent a second time. What surely did not go out is tried again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.ids import new_id
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, TaskStatus
from cmc.followups.tables import Task
from cmc.organisations.tables import Organisation
from cmc.outbox import apprising
from cmc.outbox.addresses import Forbidden
from cmc.patients.codes import Purpose
from cmc.patients.protected import Opened
from cmc.patients.tables import Consent, Patient
from cmc.reminders.codes import ReminderState
from cmc.reminders.tables import Reminder
from cmc.reminders.words import DAYS_BEFORE, TEMPLATES, is_quiet, send_time, template_of

MOST_ATTEMPTS: Final = 3
AGAIN_AFTER: Final = timedelta(minutes=15)
TAKEN_FOR: Final = timedelta(minutes=5)
_BATCH: Final = 100
_DUE = text(
    "SELECT DISTINCT ON (t.patient_id, t.planned_on) t.id, t.patient_id, t.clinic_id, t.kind, t.planned_on"
    " FROM task AS t JOIN patient AS p ON p.id = t.patient_id"
    " JOIN consent AS c ON c.patient_id = t.patient_id AND c.purpose = :purpose AND c.withdrawn_at IS NULL"
    " WHERE t.status = 'open' AND t.kind = ANY (:kinds) AND t.planned_on > :on AND t.planned_on <= :until"
    " AND p.died_on IS NULL AND p.merged_into IS NULL AND p.phone_cipher IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM reminder AS r WHERE r.patient_id = t.patient_id AND r.planned_on = t.planned_on)"
    " ORDER BY t.patient_id, t.planned_on, t.due_on, t.id LIMIT :limit"
)
_ADD = text(
    "INSERT INTO reminder (id, patient_id, clinic_id, task_id, template, planned_on, state, made_at, send_at, attempts)"
    " VALUES (:id, :patient_id, :clinic_id, :task_id, :template, :planned_on, 'waiting', :now, :send_at, 0)"
    " ON CONFLICT (task_id, planned_on) DO NOTHING"
)
_TAKE = text(
    "UPDATE reminder SET state = 'handed_over', attempts = attempts + 1, send_at = :until WHERE id IN"
    " (SELECT id FROM reminder WHERE state = 'waiting' AND send_at <= :now ORDER BY send_at, id LIMIT :limit"
    "  FOR UPDATE SKIP LOCKED) RETURNING id"
)
_UNKNOWN = text(
    "UPDATE reminder SET state = 'failed', error = 'unknown' WHERE state = 'handed_over' AND send_at <= :now"
)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to whom; only in memory."""

    reminder_id: UUID
    phone: str
    words: Text


Send = Callable[[Message], str | None]
"""Sends a message once; returns None when it was taken, else a code of ours."""


def prepare(transaction: Transaction, now: datetime) -> int:
    """Make the reminders of what is planned within the next days; return how many. Run again it makes no second one."""
    made = 0
    kinds = [kind.value for kind in TaskKind if template_of(kind) is not None]
    on = local_date(now)
    values = {"purpose": Purpose.MESSAGES.value, "kinds": kinds, "on": on, "until": on + timedelta(days=DAYS_BEFORE)}
    while True:
        with transaction() as session:
            found = session.execute(_DUE, values | {"limit": _BATCH}).all()
            rows = [_row(row._asdict(), now) for row in found]
            if rows:
                session.execute(_ADD, rows)
        made += len(found)
        if len(found) < _BATCH:
            return made


def deliver(transaction: Transaction, keys: Keyring, send: Send, *, now: datetime) -> int:
    """Send what waits, outside of the quiet hours; return how many were tried."""
    if is_quiet(now):
        return 0
    done = 0
    with transaction() as session:
        session.execute(_UNKNOWN, {"now": now})
    while True:
        with transaction() as session:
            values = {"now": now, "until": now + TAKEN_FOR, "limit": _BATCH}
            taken = sorted(session.scalars(_TAKE, values))
            messages = _messages(session, keys, taken)
        if not taken:
            return done
        for reminder_id in taken:
            message = messages.get(reminder_id)
            error = "not_wanted" if message is None else send(message)
            with transaction() as session:
                _note(session, reminder_id, error, now=now)
        done += len(taken)


def sender(policy: apprising.Policy, channel: str, *, now: datetime) -> Send:
    """Return what sends: by an Apprise address with `{phone}` in it, or, without one, into the file of the data folder.

    The file shows the last two digits of the number only.
    """

    def into_file(message: Message) -> str | None:
        if policy.file is None:
            return "no_channel"
        hidden = Text(f"****{message.phone[-2:]} {message.words.zh}", message.words.en)
        apprising.write_down(policy.file.with_name("reminders.jsonl"), message.reminder_id, hidden, at=now)
        return None

    def by_gateway(message: Message) -> str | None:
        try:
            apprising.send(channel.replace("{phone}", message.phone), message.words, policy)
        except Forbidden as error:
            return error.code
        return None

    return by_gateway if channel else into_file


def _row(task: Mapping[str, object], now: datetime) -> dict[str, object]:
    template = template_of(TaskKind(str(task["kind"])))
    return {
        "id": new_id(),
        "patient_id": task["patient_id"],
        "clinic_id": task["clinic_id"],
        "task_id": task["id"],
        "template": template.name if template is not None else "",
        "planned_on": task["planned_on"],
        "now": now,
        "send_at": send_time(now),
    }


def _messages(session: Session, keys: Keyring, ids: list[UUID]) -> dict[UUID, Message]:
    """What is still wanted: the task open on that day, the consent standing, a phone to send to."""
    query = (
        select(Reminder, Patient, Organisation)
        .join(Task, col(Task.id) == col(Reminder.task_id))
        .join(Patient, col(Patient.id) == col(Reminder.patient_id))
        .join(Organisation, col(Organisation.id) == col(Reminder.clinic_id))
        .join(Consent, col(Consent.patient_id) == col(Reminder.patient_id))
        .where(col(Reminder.id).in_(ids), col(Task.status) == TaskStatus.OPEN.value)
        .where(col(Task.planned_on) == col(Reminder.planned_on), col(Patient.died_on).is_(None))
        .where(col(Consent.purpose) == Purpose.MESSAGES.value, col(Consent.withdrawn_at).is_(None))
    )
    found = {}
    for reminder, patient, clinic in session.execute(query):
        phone = Opened(keys, patient).phone
        if phone is not None:
            words = TEMPLATES[reminder.template].words(Text(clinic.name, clinic.name_en), reminder.planned_on)
            found[reminder.id] = Message(reminder.id, phone, words)
    return found


def _note(session: Session, reminder_id: UUID, error: str | None, *, now: datetime) -> None:
    row = session.get(Reminder, reminder_id, with_for_update=True)
    if row is None or row.state != ReminderState.HANDED_OVER:
        return
    row.error = error
    if error is None:
        row.state, row.sent_at = ReminderState.DELIVERED.value, now
    elif error == "not_wanted":
        row.state, row.error = ReminderState.CANCELLED.value, None
    elif row.attempts < MOST_ATTEMPTS:
        row.state, row.send_at = ReminderState.WAITING.value, now + AGAIN_AFTER
    else:
        row.state = ReminderState.FAILED.value
