"""Reads of standings: lists, counts, and the band that plans and work-lists order by. All take the caller's scope."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select, true, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.stratification import RiskLevel
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient
from cmc.risk.equations.variables import Variable
from cmc.risk.models.terms import Tier
from cmc.risk.region_schemas import RiskCountOut, RiskGapCount
from cmc.risk.tables import RiskStanding

Key = tuple[int, float, UUID]
"""Sort key of the list: band, number, person; all downwards."""
_S = RiskStanding


def bands(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, RiskLevel]:
    """Return the bands of those people of the scope who have one: the doctor's where one holds, else the computed."""
    query = (
        select(col(_S.patient_id), col(_S.band))
        .join(Patient, col(Patient.id) == col(_S.patient_id))
        .where(col(_S.patient_id) == any_(bindparam(None, list(patient_ids), type_=ARRAY(Uuid()), unique=True)))
        .where(col(_S.band) > 0, visible(scope))
    )
    return {row[0]: RiskLevel(row[1]) for row in session.execute(query)}


def page(
    session: Session, scope: Scope, *, band: int | None, clinic_id: UUID | None, after: Key | None, limit: int
) -> list[tuple[RiskStanding, Patient]]:
    """Return up to `limit` people of the scope: the highest band first, in each the highest number."""
    key = (col(_S.band), col(_S.rank), col(_S.patient_id))
    query = select(_S, Patient).join(Patient, col(Patient.id) == col(_S.patient_id)).where(visible(scope))
    if band is not None:
        query = query.where(col(_S.band) == band)
    if clinic_id is not None:
        query = query.where(col(_S.clinic_id) == clinic_id)
    if after is not None:
        query = query.where(tuple_(*key) < tuple_(*after))
    rows = session.execute(query.order_by(*(each.desc() for each in key)).limit(limit))
    return [(row[0], row[1]) for row in rows]


def counts(session: Session, scope: Scope, clinic_ids: Sequence[UUID]) -> list[RiskCountOut]:
    """Return how many people stand in which band and tier, by home clinic; no person comes out of it."""
    query = (
        select(
            col(_S.clinic_id),
            col(_S.band),
            col(_S.tier),
            func.count(),
            func.count(col(_S.override_id)),
            func.count().filter(col(_S.out_of_range)),
        )
        .where(col(_S.clinic_id).in_(clinic_ids), scope.covers(col(_S.clinic_id)))
        .group_by(col(_S.clinic_id), col(_S.band), col(_S.tier))
        .order_by(col(_S.clinic_id), col(_S.band).desc(), col(_S.tier))
    )
    return [
        RiskCountOut(
            clinic_id=clinic,
            band=RiskLevel(band) if band else None,
            tier=Tier(tier) if tier else None,
            people=people,
            by_doctor=own,
            out_of_range=beyond,
        )
        for clinic, band, tier, people, own, beyond in session.execute(query)
    ]


def gaps(session: Session, scope: Scope, clinic_ids: Sequence[UUID]) -> list[RiskGapCount]:
    """Return how many people lack which input of the cardiovascular number, by home clinic."""
    each = func.unnest(col(_S.missing)).table_valued("name").lateral("lacking")
    lacking = each.c.name
    query = (
        select(col(_S.clinic_id), lacking, func.count())
        .join(each, true())
        .where(col(_S.clinic_id).in_(clinic_ids), scope.covers(col(_S.clinic_id)))
        .group_by(col(_S.clinic_id), lacking)
        .order_by(col(_S.clinic_id), func.count().desc(), lacking)
    )
    return [
        RiskGapCount(clinic_id=clinic, variable=Variable(name), text=Variable(name).text, people=people)
        for clinic, name, people in session.execute(query)
    ]
