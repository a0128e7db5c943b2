"""Keeping the open tasks equal to the plan, for one person or for many, in a constant number of statements.

Nothing is missed: whatever changes a person marks them (`patients/touched.py`) in its own transaction, and the night
looks at everybody again. Nothing is asked twice: the cause of a task is unique in the database. Two transactions never
work on the plan of one person at once: the rows of people whose plan changes are locked first, in the order of their
ids, and what was seen before the lock is looked at again. People without a change are not locked at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.followups import filed, plan, plan_facts, plan_settings
from cmc.followups.calendar import planned_day
from cmc.followups.codes import EXAM_KINDS, TaskKind
from cmc.followups.exams import AGAIN_AFTER, BY_RECORD
from cmc.followups.person import Changes, Closing, Due
from cmc.patients import touched

TOGETHER_DAYS: Final = 14
"""Visits of one person that are due within so many days are planned on one day, the earlier one (FU-BOTH-01) [D]."""

# A task that was cancelled (the person was lost, the reading expired) opens again when its cause is due again; a task
# that was done never does. But for examinations: what the record showed may be taken back, and what somebody marked as
# done by hand is asked again when the record still shows nothing half a year later. The planned day stays where a
# person put it, as long as the due day does not change.
_WRITE = text(
    "INSERT INTO task AS old (id, patient_id, clinic_id, disease, kind, cause, urgency, due_on, from_on, latest_on,"
    " planned_on, reason_zh, reason_en, rule_ids, status, opened_at)"
    " SELECT id, patient_id, clinic_id, disease, kind, cause, urgency, due_on, from_on, latest_on, planned_on,"
    " reason_zh, reason_en, rule_ids, 'open', :now"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS due (id uuid, patient_id uuid,"
    " clinic_id uuid, disease text, kind text, cause text, urgency smallint, due_on date, from_on date, latest_on date,"
    " planned_on date, reason_zh text, reason_en text, rule_ids text[])"
    " ON CONFLICT (patient_id, kind, cause) DO UPDATE SET clinic_id = excluded.clinic_id, disease = excluded.disease,"
    " urgency = excluded.urgency,"
    " due_on = excluded.due_on, from_on = excluded.from_on, latest_on = excluded.latest_on,"
    " planned_on = CASE WHEN old.status = 'open' AND old.due_on = excluded.due_on AND old.moved_at IS NOT NULL"
    "  THEN old.planned_on ELSE excluded.planned_on END,"
    " moved_at = CASE WHEN old.status = 'open' AND old.due_on = excluded.due_on THEN old.moved_at END,"
    " reason_zh = excluded.reason_zh, reason_en = excluded.reason_en,"
    " rule_ids = excluded.rule_ids, status = 'open', closed_at = NULL, closed_by = NULL, done_reason = NULL,"
    " opened_at = CASE old.status WHEN 'open' THEN old.opened_at ELSE excluded.opened_at END"
    " WHERE old.status <> 'done' OR old.kind = ANY (:exams) AND (old.closed_by = :record OR old.closed_at < :again)"
)
_CLOSE = text(
    "UPDATE task SET status = closing.status, closed_at = :now, closed_by = closing.by"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS closing (id uuid, status text, by text)"
    " WHERE task.id = closing.id AND task.status = 'open'"
)


def reconcile(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> int:
    """Make the open tasks of several people equal to their plan; return how many changed.

    6 statements when nothing changed, at most 17 otherwise, for any number of people; a few thousand at most, because
    their facts are held in memory. Safe beside itself, `settle` and every other change of the same people.
    """
    found = _look(session, scope, sorted(set(patient_ids)), on=local_date(now))
    changed = [person_id for person_id, changes in found.items() if changes]
    return settle(session, scope, changed, now=now) if changed else 0


def settle(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> int:
    """Like `reconcile`, without the first look: for people whose plan is known to have changed."""
    people = sorted(set(patient_ids))
    plan_facts.lock_people(session, scope, people)
    found = _look(session, scope, people, on=local_date(now))
    return apply(session, found, now=now)


def apply(session: Session, found: Mapping[UUID, Changes], *, now: datetime) -> int:
    """Store changes of people, by their ids, who are locked; return how many tasks were opened, rewritten or closed."""
    write = [due for changes in found.values() for due in changes.write]
    close = [closing for changes in found.values() for closing in changes.close]
    done = 0
    if close:
        done += session.execute(_CLOSE, {"rows": _closing_rows(close), "now": now}).rowcount  # type: ignore[attr-defined]
    if write:
        write += [due for changes in found.values() for due in changes.beside]
        rows = _due_rows(write, _planned(session, write, on=local_date(now)))
        more = {"exams": sorted(EXAM_KINDS), "record": BY_RECORD, "again": now - AGAIN_AFTER}
        done += session.execute(_WRITE, {"rows": rows, "now": now, **more}).rowcount  # type: ignore[attr-defined]
    if done:  # tasks on time are counted (IND-06)
        changed = [person for person, changes in found.items() if changes]
        touched.mark(session, changed, at=now, topics=(touched.INDICATORS,))
    return done


def _look(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> dict[UUID, Changes]:
    tasks = plan_facts.open_tasks(session, scope, patient_ids)
    named = [(plan.alert_of(task.due), plan.referral_of(task.due)) for found in tasks.values() for task in found]
    standing_for = [each for pair in named for each in pair if each is not None]
    people = plan_facts.people(session, scope, patient_ids, on=on, standing_for=standing_for)
    lists = [each for each, found in tasks.items() if any(task.due.kind is TaskKind.INDICATOR_LIST for task in found)]
    exams = filed.annual_exams(session, scope, lists)
    people = [replace(person, examined=exams.get(person.id)) for person in people] if lists else people
    return {person.id: plan.changes(person, tasks.get(person.id, ())) for person in people}


def _planned(session: Session, dues: Sequence[Due], *, on: date) -> list[date]:
    """The day on which each due is planned: an open day of its clinic, one day for visits that are due together."""
    days = plan_settings.clinic_days(session, {due.clinic_id for due in dues})
    visits: dict[UUID, list[date]] = {}
    for due in dues:
        if due.is_visit:
            visits.setdefault(due.patient_id, []).append(due.due_on)
    found = []
    for due in dues:
        open_days = days.get(due.clinic_id, plan_settings.USUAL_DAYS)
        last = due.due_on
        if due.is_visit:
            near = timedelta(days=TOGETHER_DAYS)
            last = min(day for day in visits[due.patient_id] if abs(day - last) <= near)
        earliest = max(on, due.from_on or on) if last == due.due_on else on
        found.append(planned_day(last, earliest, open_days.weekdays, open_days.closed))
    return found


def _due_rows(dues: Sequence[Due], planned: Sequence[date]) -> str:
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
            "from_on": due.from_on,
            "latest_on": due.latest_on,
            "planned_on": planned_on,
            "reason_zh": due.reason.zh,
            "reason_en": due.reason.en,
            "rule_ids": due.rule_ids,
        }
        for due, planned_on in sorted(
            zip(dues, planned, strict=True), key=lambda pair: (pair[0].patient_id, pair[0].kind, pair[0].cause)
        )
    ]
    return _json(rows)


def _closing_rows(closings: Sequence[Closing]) -> str:
    return _json([{"id": each.task_id, "status": each.status, "by": each.by} for each in closings])


def _json(rows: Sequence[Mapping[str, object]]) -> str:
    return msgspec.json.encode(rows, enc_hook=str).decode()
