"""Reads of follow-ups. What the plan is made of is read in `plan_facts.py`, the work-list in `work_list.py`."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Row, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Action, Classification, Disease, FootPulse
from cmc.core.scope import Scope
from cmc.followups.encounter import NOTHING_BEFORE, Before
from cmc.followups.tables import Followup
from cmc.patients.queries import visible
from cmc.patients.tables import Patient

_LOCK_KEY = text("SELECT pg_advisory_xact_lock(hashtextextended('followup|' || :actor || '|' || :key, 0))")

# FU-CONS-01: what a follow-up must have measured to be the one before. A class alone is not enough: a reaction or a
# complication sets it without any value.
_CARRIED_A_VALUE = or_(
    and_(col(Followup.disease) == Disease.HTN.value, col(Followup.sbp_mmhg).is_not(None)),
    and_(
        col(Followup.disease) == Disease.T2DM.value,
        or_(col(Followup.fasting_glucose_umol_l).is_not(None), col(Followup.other_glucose_umol_l).is_not(None)),
    ),
)

_Earlier = Row[str, int | None, str, int | None]


def lock_key(session: Session, scope: Scope, key: str) -> None:
    """Let only one transaction at a time work under an idempotency key of this actor."""
    session.execute(_LOCK_KEY, {"actor": scope.actor, "key": key})


def by_key(session: Session, scope: Scope, key: str) -> list[Followup]:
    """Return the records that an idempotency key of this actor has stored, in the order in which they were made."""
    query = select(Followup).where(
        col(Followup.actor) == scope.actor,
        # NOT NULL is implied; said aloud, the partial index serves any cached plan.
        col(Followup.idempotency_key).is_not(None),
        col(Followup.idempotency_key) == key,
    )
    return list(session.scalars(query.order_by(col(Followup.id))))


def before(
    session: Session, scope: Scope, patient_id: UUID, diseases: Sequence[Disease], *, before: date
) -> dict[Disease, Before]:
    """Return for each disease what a visit on the day `before` is judged against (FU-CONS-01, DM-FU-08).

    The last follow-up of the disease on an earlier day, in any mode, that carried a value and was given a class: others
    neither count nor reset. Of several on one day the last counts, and a second one on the same day is no second
    failure in a row (FU-VALID-02).
    """
    earlier = (
        select(
            col(Followup.disease),
            col(Followup.classification),
            col(Followup.action),
            col(Followup.foot_pulse),
        )
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(
            visible(scope),
            col(Followup.patient_id) == patient_id,
            col(Followup.disease).in_([disease.value for disease in diseases]),
            col(Followup.visited_on) < before,
        )
        .order_by(
            col(Followup.disease),
            col(Followup.visited_on).desc(),
            col(Followup.visited_time).desc().nulls_last(),
            col(Followup.recorded_at).desc(),
        )
    )
    judged = earlier.ext(distinct_on(col(Followup.disease))).where(
        col(Followup.classification).is_not(None), _CARRIED_A_VALUE
    )
    felt = earlier.ext(distinct_on(col(Followup.disease))).where(col(Followup.foot_pulse).is_not(None))
    found = {Disease(row.disease): row for row in session.execute(judged)}
    pulses = {Disease(row.disease): row for row in session.execute(felt)} if Disease.T2DM in diseases else {}
    return {disease: _before(found.get(disease), pulses.get(disease)) for disease in diseases}


def next_after(
    session: Session, scope: Scope, patient_id: UUID, diseases: Sequence[Disease], *, after: date
) -> dict[Disease, date]:
    """Return for each disease the day of the first stored follow-up after the day `after`, where there is one."""
    query = (
        select(col(Followup.disease), func.min(col(Followup.visited_on)))
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(
            visible(scope),
            col(Followup.patient_id) == patient_id,
            col(Followup.disease).in_([disease.value for disease in diseases]),
            col(Followup.visited_on) > after,
        )
        .group_by(col(Followup.disease))
    )
    return {Disease(disease): day for disease, day in session.execute(query)}


def page(
    session: Session, scope: Scope, patient_id: UUID, *, after: tuple[date, UUID] | None = None, limit: int = 50
) -> list[Followup]:
    """Return up to `limit` follow-ups of a person by (visited_on, id) descending, after the key `after`."""
    query = (
        select(Followup)
        .join(Patient, col(Patient.id) == col(Followup.patient_id))
        .where(col(Followup.patient_id) == patient_id, visible(scope))
        .order_by(col(Followup.visited_on).desc(), col(Followup.id).desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(col(Followup.visited_on), col(Followup.id)) < after)
    return list(session.scalars(query))


def _before(judged: _Earlier | None, felt: _Earlier | None) -> Before:
    if judged is None and felt is None:
        return NOTHING_BEFORE
    return Before(
        classification=Classification(judged.classification) if judged else None,
        action=Action(judged.action) if judged else None,
        foot_pulse=FootPulse(felt.foot_pulse) if felt else None,
    )
