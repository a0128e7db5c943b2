"""Reads of referrals; each takes the caller's scope."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select, text, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.referrals.codes import ReferralDirection, ReferralState
from cmc.referrals.tables import Referral

_WAITING = text("referral.state <> 'closed'")


class Asked(NamedTuple):
    """The filters of a list; None asks for all."""

    states: tuple[ReferralState, ...] = ()
    direction: ReferralDirection | None = None
    clinic_id: UUID | None = None
    patient_id: UUID | None = None
    check_up_to: date | None = None


class Waiting(NamedTuple):
    """A referral that is not closed, or the end of one that a task asks about."""

    id: UUID
    patient_id: UUID
    clinic_id: UUID
    source: str
    reason: str
    state: str
    proposed_on: date
    check_by: date | None
    closed_at: datetime | None
    closed_by: str | None


def _uuids(ids: Sequence[UUID]) -> Any:
    return any_(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))


def get(session: Session, scope: Scope, referral_id: UUID, *, for_update: bool = False) -> Referral:
    """Return one referral; raise `NotFound` when absent or foreign. `for_update` locks it."""
    query = (
        select(Referral)
        .join(Patient, col(Patient.id) == col(Referral.patient_id))
        .where(col(Referral.id) == referral_id, visible(scope))
    )
    if for_update:
        query = query.with_for_update(of=Referral).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such referral")
    return found


def by_source(session: Session, scope: Scope, patient_id: UUID, source: str) -> Referral | None:
    """Return the referral of a person that was raised from a source; None without one."""
    query = (
        select(Referral)
        .join(Patient, col(Patient.id) == col(Referral.patient_id))
        .where(col(Referral.patient_id) == patient_id, col(Referral.source) == source, visible(scope))
    )
    return session.scalars(query).one_or_none()


def page(
    session: Session, scope: Scope, asked: Asked, *, after: tuple[date, UUID] | None, limit: int
) -> list[Referral]:
    """Return up to `limit` referrals, the one proposed last first, after a key."""
    query = (
        select(Referral)
        .join(Patient, col(Patient.id) == col(Referral.patient_id))
        .where(scope.covers(col(Referral.clinic_id)), visible(scope))
        .order_by(col(Referral.proposed_on).desc(), col(Referral.id).desc())
        .limit(limit)
    )
    if asked.states:
        query = query.where(col(Referral.state).in_([each.value for each in asked.states]))
    if asked.direction is not None:
        query = query.where(col(Referral.direction) == asked.direction.value)
    if asked.clinic_id is not None:
        query = query.where(col(Referral.clinic_id) == asked.clinic_id)
    if asked.patient_id is not None:
        query = query.where(col(Referral.patient_id) == asked.patient_id)
    if asked.check_up_to is not None:
        query = query.where(col(Referral.check_by) <= asked.check_up_to, _WAITING)
    if after is not None:
        query = query.where(tuple_(col(Referral.proposed_on), col(Referral.id)) < after)
    return list(session.scalars(query))


def counts(session: Session, scope: Scope, *, clinic_id: UUID | None, on: date) -> dict[str, int]:
    """Return how many referrals stand in each state, and how many checks are due by a local date."""
    per_state = [func.count().filter(col(Referral.state) == each.value).label(each.value) for each in ReferralState]
    due = func.count().filter(_WAITING, col(Referral.check_by) <= on).label("check_due")
    query = select(*per_state, due).select_from(Referral).where(scope.covers(col(Referral.clinic_id)))
    if clinic_id is not None:
        query = query.where(col(Referral.clinic_id) == clinic_id)
    return session.execute(query).one()._asdict()


def waiting(
    session: Session, scope: Scope, patient_ids: Sequence[UUID], *, also: Sequence[UUID] = ()
) -> dict[UUID, list[Waiting]]:
    """Return, by person, the referrals that are not closed, and those of `also`. One statement."""
    query = (
        select(*(col(getattr(Referral, name)) for name in Waiting._fields))
        .join(Patient, col(Patient.id) == col(Referral.patient_id))
        .where(
            col(Referral.patient_id) == _uuids(patient_ids),
            visible(scope),
            or_(_WAITING, col(Referral.id) == _uuids(also)),
        )
        .order_by(col(Referral.id))
    )
    found: dict[UUID, list[Waiting]] = {}
    for row in session.execute(query):
        one = Waiting(*row)
        found.setdefault(one.patient_id, []).append(one)
    return found
