"""Reads of the recall; each takes the caller's scope. Who is overdue for a visit, and what the last call brought.

A person is on the list while a visit is overdue, and leaves it by the visit itself. Calls count since the last visit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, bindparam, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.enrolment import ContactEvidence
from cmc.clinical.periods import add_months
from cmc.core.clock import local_date, midnight
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.followups.codes import VISIT_KINDS
from cmc.followups.tables import Followup
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.recalls.codes import CallResult, RecallSection
from cmc.recalls.tables import RecallCall

MOST_UNANSWERED: Final = 3
"""So many attempts in a row without an answer take a person off the list [D] (LIFE-02 asks for as many)."""
AGREED_GRACE: Final = timedelta(days=3)
"""So long after the agreed day a person is not called again [D]."""
RETURNED_WITHIN: Final = timedelta(days=15)
LONG_MONTHS: Final = 12
UNREACHED: Final = (CallResult.NO_ANSWER, CallResult.WRONG_NUMBER)

Key = tuple[date, UUID]
"""Sort key of the list: due day, person."""

_OVERDUE = f"""
WITH overdue AS (
    SELECT t.patient_id, min(t.due_on) AS due_on, (array_agg(t.clinic_id ORDER BY t.due_on, t.id))[1] AS clinic_id,
        (array_agg(t.id ORDER BY t.due_on, t.id))[1] AS task_id
    FROM task AS t JOIN patient AS p ON p.id = t.patient_id AND p.merged_into IS NULL
    WHERE t.status = 'open' AND t.kind IN ({", ".join(f"'{kind.value}'" for kind in sorted(VISIT_KINDS))})
        AND t.due_on < :on AND (CAST(:clinics AS uuid[]) IS NULL OR t.clinic_id = ANY (:clinics))
    GROUP BY t.patient_id
), seen AS (
    SELECT o.*, (SELECT max(f.visited_on) FROM followup AS f
        WHERE f.patient_id = o.patient_id AND f.ended_at IS NULL) AS last_seen_on
    FROM overdue AS o
), said AS (
    SELECT s.*, c.id AS call_id, c.result, c.remind_on, c.called_at,
        coalesce((c.called_at AT TIME ZONE 'Asia/Shanghai')::date = :on, false) AS called_today,
        (SELECT count(*) FROM recall_call AS u WHERE u.patient_id = s.patient_id AND u.undone_at IS NULL
            AND u.result IN ('no_answer', 'wrong_number')
            AND u.called_at > coalesce((SELECT max(r.called_at) FROM recall_call AS r WHERE r.patient_id = s.patient_id
                AND r.undone_at IS NULL AND r.result NOT IN ('no_answer', 'wrong_number')), '-infinity')
            AND (s.last_seen_on IS NULL OR (u.called_at AT TIME ZONE 'Asia/Shanghai')::date > s.last_seen_on)
        ) AS unanswered
    FROM seen AS s LEFT JOIN LATERAL (
        SELECT c.* FROM recall_call AS c WHERE c.patient_id = s.patient_id AND c.undone_at IS NULL
            AND (s.last_seen_on IS NULL OR (c.called_at AT TIME ZONE 'Asia/Shanghai')::date > s.last_seen_on)
        ORDER BY c.called_at DESC, c.id DESC LIMIT 1) AS c ON true
), placed AS (
    SELECT said.*, CASE
        WHEN result = 'later' AND remind_on > :on THEN 'later'
        WHEN result = 'agreed' AND remind_on >= :agreed_since THEN 'agreed'
        WHEN result IN ('refused', 'wrong_number', 'visited', 'elsewhere', 'moved', 'died', 'other') THEN 'removed'
        WHEN result = 'no_answer' AND unanswered >= :most THEN 'removed'
        WHEN last_seen_on <= :long_since THEN 'long'
        ELSE 'to_call' END AS section
    FROM said
)
"""  # noqa: S608 - of our own constants
_PARAMS = (bindparam("clinics", type_=ARRAY(Uuid())), bindparam("on", type_=Date()))
_PAGE = text(
    f"{_OVERDUE} SELECT * FROM placed WHERE (CAST(:section AS text) IS NULL OR section = :section)"  # noqa: S608
    " AND (CAST(:after_on AS date) IS NULL OR (due_on, patient_id) > (:after_on, CAST(:after_id AS uuid)))"
    " ORDER BY due_on, patient_id LIMIT :limit"
).bindparams(*_PARAMS)
_SECTIONS = text(f"{_OVERDUE} SELECT section, count(*) FROM placed GROUP BY section").bindparams(*_PARAMS)  # noqa: S608
_CALLED = text(
    "WITH called AS (SELECT c.patient_id, min((c.called_at AT TIME ZONE 'Asia/Shanghai')::date) AS on_"
    " FROM recall_call AS c WHERE c.undone_at IS NULL AND c.channel IS NOT NULL"
    " AND c.called_at >= :since AND c.called_at < :until"
    " AND (CAST(:clinics AS uuid[]) IS NULL OR c.clinic_id = ANY (:clinics)) GROUP BY c.patient_id)"
    " SELECT count(*) AS called, count(*) FILTER (WHERE EXISTS (SELECT FROM followup AS f"
    "  WHERE f.patient_id = called.patient_id AND f.visited_on BETWEEN on_ AND on_ + 15 AND f.ended_at IS NULL))"
    " AS returned FROM called"
).bindparams(bindparam("clinics", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class Standing:
    """A person on the list: since when overdue, when last seen, the last call since then, and in which section."""

    patient_id: UUID
    clinic_id: UUID
    task_id: UUID
    due_on: date
    last_seen_on: date | None
    call_id: UUID | None
    result: CallResult | None
    remind_on: date | None
    called_at: datetime | None
    called_today: bool
    unanswered: int
    section: RecallSection

    @property
    def key(self) -> Key:
        """Its place in the list."""
        return self.due_on, self.patient_id


def _values(scope: Scope, clinic_id: UUID | None, on: date) -> dict[str, Any]:
    clinics = [clinic_id] if clinic_id is not None else scope.listed()
    return {
        "clinics": clinics,
        "on": on,
        "agreed_since": on - AGREED_GRACE,
        "most": MOST_UNANSWERED,
        "long_since": add_months(on, -LONG_MONTHS),
    }


def page(
    session: Session,
    scope: Scope,
    *,
    clinic_id: UUID | None,
    section: RecallSection | None,
    on: date,
    after: Key | None,
    limit: int,
) -> list[Standing]:
    """Return up to `limit` people whose visit is overdue, the longest first. `clinic_id` is one of the scope."""
    after_on, after_id = after or (None, None)
    values = _values(scope, clinic_id, on) | {
        "section": section, "after_on": after_on, "after_id": after_id, "limit": limit,
    }  # fmt: skip
    return [_standing(row._asdict()) for row in session.execute(_PAGE, values)]


def sections(session: Session, scope: Scope, *, clinic_id: UUID | None, on: date) -> dict[RecallSection, int]:
    """Return how many people stand in each section. No person comes out of it."""
    found = {row[0]: row[1] for row in session.execute(_SECTIONS, _values(scope, clinic_id, on))}
    return {section: found.get(section.value, 0) for section in RecallSection}


def called(session: Session, scope: Scope, *, clinic_id: UUID | None, from_on: date, to_on: date) -> tuple[int, int]:
    """Return how many people were called from one day to another, and how many of them came within 15 days."""
    clinics = [clinic_id] if clinic_id is not None else scope.listed()
    values = {"clinics": clinics, "since": midnight(from_on), "until": midnight(to_on + timedelta(days=1))}
    row = session.execute(_CALLED, values).one()
    return row.called, row.returned


def calls(session: Session, scope: Scope, patient_id: UUID) -> list[RecallCall]:
    """Return every call to a person of the scope, the last first, undone ones too."""
    query = (
        select(RecallCall)
        .join(Patient, col(Patient.id) == col(RecallCall.patient_id))
        .where(col(RecallCall.patient_id) == patient_id, visible(scope))
        .order_by(col(RecallCall.called_at).desc(), col(RecallCall.id).desc())
    )
    return list(session.scalars(query))


def call(session: Session, scope: Scope, call_id: UUID) -> RecallCall:
    """Return one call, locked; raise `NotFound` when absent or foreign."""
    query = (
        select(RecallCall)
        .join(Patient, col(Patient.id) == col(RecallCall.patient_id))
        .where(col(RecallCall.id) == call_id, visible(scope), scope.covers(col(RecallCall.clinic_id)))
        .with_for_update(of=RecallCall)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such call")
    return found


def last_seen_on(session: Session, scope: Scope, patient_id: UUID) -> date | None:
    """Return the day of the last follow-up of a person of the scope."""
    query = (
        select(col(Followup.visited_on))
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope))
    )
    return session.scalars(query.order_by(col(Followup.visited_on).desc()).limit(1)).first()


def evidence(rows: Sequence[RecallCall], last_seen: date | None) -> ContactEvidence | None:
    """What the calls say of a person who cannot be reached (LIFE-02): attempts without an answer since the last visit.

    Whoever answered in between was reached: only what came after that counts. None without an attempt.
    """
    attempts = []
    for row in sorted((row for row in rows if row.undone_at is None), key=lambda row: row.called_at):
        if row.result in UNREACHED:
            attempts.append(row)
        elif row.channel is not None:
            attempts = []
    attempts = [row for row in attempts if last_seen is None or local_date(row.called_at) > last_seen]
    if not attempts:
        return None
    days = [local_date(row.called_at) for row in attempts]
    return ContactEvidence(len(attempts), len({row.channel for row in attempts}), min(days), max(days))


def _standing(row: dict[str, Any]) -> Standing:
    result = CallResult(row.pop("result")) if row["result"] else row.pop("result")
    section = RecallSection(row.pop("section"))
    return Standing(**row, result=result, section=section)
