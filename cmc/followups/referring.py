"""Referrals that visits ask for: each visit whose decision is to refer raises one, once, also for both diseases.

In the worker, seconds after the visit, set-based; what a visit older than its check asked for is history.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.clinical.classification import SOON_DAYS
from cmc.clinical.codes import Action
from cmc.core.clock import local_date
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.referrals.codes import ReferralCause

_REFER: Final = (Action.REFER.value, Action.EMERGENCY_REFER.value)
_ASKING = text(
    "SELECT DISTINCT ON (f.encounter_id) f.patient_id, f.encounter_id, f.clinic_id, f.referral_reason, f.visited_on,"
    " f.actor FROM followup AS f"
    " WHERE f.patient_id = ANY (:people) AND f.action = ANY (:refer) AND f.visited_on > :since AND f.ended_at IS NULL"
    " AND NOT EXISTS (SELECT FROM referral AS r"
    "  WHERE r.patient_id = f.patient_id AND r.source = 'encounter:' || f.encounter_id)"
    " ORDER BY f.encounter_id, (f.action = 'EMERGENCY_REFER') DESC, f.id"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))
_RAISE = text(
    "INSERT INTO referral (id, patient_id, clinic_id, source, direction, reason, is_urgent, state, proposed_on,"
    " proposed_by, proposed_at, check_by, version)"
    " VALUES (:id, :patient_id, :clinic_id, :source, 'up', :reason, :is_urgent, 'proposed', :visited_on, :actor, :now,"
    " :check_by, 1) ON CONFLICT (patient_id, source) DO NOTHING"
)


def raise_from_visits(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, now: datetime) -> int:
    """Propose the referrals that recent visits of these people ask for; return how many visits asked.

    `scope` is that of a job over the whole region.
    """
    if scope.clinic_ids is not None:
        raise ValueError("referrals of visits are raised by the worker, for the whole region")
    since = local_date(now) - timedelta(days=SOON_DAYS)
    asked = session.execute(_ASKING, {"people": list(patient_ids), "refer": list(_REFER), "since": since}).all()
    rows = [
        {
            "id": new_id(),
            "patient_id": row.patient_id,
            "clinic_id": row.clinic_id,
            "source": f"encounter:{row.encounter_id}",
            "reason": row.referral_reason or ReferralCause.OTHER.value,
            "is_urgent": row.referral_reason == ReferralCause.EMERGENCY.value,
            "visited_on": row.visited_on,
            "actor": row.actor,
            "now": now,
            "check_by": row.visited_on + timedelta(days=SOON_DAYS),
        }
        for row in asked
    ]
    if rows:
        session.execute(_RAISE, rows)
    return len(rows)
