"""Keeping the open tasks equal to the plan, for one person or for many, in a constant number of statements.

Nothing is missed: whatever changes a person marks them (`patients/touched.py`) in its own transaction, and the night
looks at everybody again. Nothing is asked twice: the cause of a task is unique in the database. Two transactions never
work on the plan of one person at once: the rows of people whose plan changes are locked first, in the order of their
ids, and what was seen before the lock is looked at again. People without a change are not locked at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.followups import plan, plan_facts
from cmc.followups.person import Changes, Closing, Due
from cmc.patients import touched

# A task that was cancelled (the person was lost, the reading expired) opens again when its cause is due again; a task
# that was done never does.
_WRITE = text(
    "INSERT INTO task AS old (id, patient_id, clinic_id, disease, kind, cause, urgency, due_on, reason_zh, reason_en,"
    " rule_ids, status, opened_at)"
    " SELECT id, patient_id, clinic_id, disease, kind, cause, urgency, due_on, reason_zh, reason_en, rule_ids, 'open',"
    " :now FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS due (id uuid, patient_id uuid, clinic_id uuid,"
    " disease text, kind text, cause text, urgency smallint, due_on date, reason_zh text, reason_en text,"
    " rule_ids text[])"
    " ON CONFLICT (patient_id, kind, cause) DO UPDATE SET clinic_id = excluded.clinic_id, disease = excluded.disease,"
    " due_on = excluded.due_on, reason_zh = excluded.reason_zh, reason_en = excluded.reason_en,"
    " rule_ids = excluded.rule_ids, status = 'open', closed_at = NULL, closed_by = NULL,"
    " opened_at = CASE old.status WHEN 'open' THEN old.opened_at ELSE excluded.opened_at END"
    " WHERE old.status <> 'done'"
)
_CLOSE = text(
    "UPDATE task SET status = closing.status, closed_at = :now, closed_by = closing.by"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS closing (id uuid, status text, by text)"
    " WHERE task.id = closing.id AND task.status = 'open'"
)


def reconcile(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> int:
    """Make the open tasks of several people equal to their plan; return how many changed.

    4 statements when nothing changed, at most 12 otherwise, for any number of people; a few thousand at most, because
    their facts are held in memory. Safe beside itself, `settle` and every other change of the same people.
    """
    found = _look(session, scope, sorted(set(patient_ids)))
    changed = [person_id for person_id, changes in found.items() if changes]
    return settle(session, scope, changed, now=now) if changed else 0


def settle(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> int:
    """Like `reconcile`, without the first look: for people whose plan is known to have changed."""
    people = sorted(set(patient_ids))
    plan_facts.lock_people(session, scope, people)
    found = _look(session, scope, people).values()
    write = [due for changes in found for due in changes.write]
    close = [closing for changes in found for closing in changes.close]
    if close:
        session.execute(_CLOSE, {"rows": _closing_rows(close), "now": now})
    if write:
        session.execute(_WRITE, {"rows": _due_rows(write), "now": now})
    if write or close:
        touched.mark(session, people, at=now, topics=(touched.INDICATORS,))  # tasks on time are counted (IND-06)
    return len(write) + len(close)


def _look(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, Changes]:
    tasks = plan_facts.open_tasks(session, scope, patient_ids)
    alerts = [each for found in tasks.values() for task in found if (each := plan.alert_of(task.due)) is not None]
    people = plan_facts.people(session, scope, patient_ids, standing_for=alerts)
    return {person.id: plan.changes(person, tasks.get(person.id, ())) for person in people}


def _due_rows(dues: Sequence[Due]) -> str:
    rows = [
        {
            "id": new_id(),
            "patient_id": due.patient_id,
            "clinic_id": due.clinic_id,
            "disease": due.disease,
            "kind": due.kind,
            "cause": due.cause,
            "urgency": due.urgency,
            "due_on": due.due_on,
            "reason_zh": due.reason.zh,
            "reason_en": due.reason.en,
            "rule_ids": due.rule_ids,
        }
        for due in sorted(dues, key=lambda due: (due.patient_id, due.kind, due.cause))
    ]
    return _json(rows)


def _closing_rows(closings: Sequence[Closing]) -> str:
    return _json([{"id": each.task_id, "status": each.status, "by": each.by} for each in closings])


def _json(rows: Sequence[Mapping[str, object]]) -> str:
    return msgspec.json.encode(rows, enc_hook=str).decode()
