"""Reads of likely duplicates and of merges; each takes the caller's scope."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, bindparam, func, select, tuple_
from sqlalchemy.orm import Session, aliased
from sqlmodel import SQLModel, col

from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.duplicates.codes import PairState
from cmc.duplicates.tables import DuplicatePair
from cmc.patients.queries import visible
from cmc.patients.tables import DuplicateKey, Patient, PatientMerge

MOST_A_KEY = 100
"""People of one key who are looked at when many records are compared at once."""

COUNTED = ("enrolment", "followup", "annual_exam", "reading")
"""Of which rows the preview tells the number."""


def sharing(session: Session, scope: Scope, keys: Sequence[int], *, but: UUID | None = None, limit: int) -> list[UUID]:
    """Return the people of the scope who share a key, most shared keys first."""
    query = (
        select(col(DuplicateKey.patient_id))
        .join(Patient, col(Patient.id) == col(DuplicateKey.patient_id))
        .where(col(DuplicateKey.key).in_(keys), visible(scope), col(Patient.erased_at).is_(None))
        .group_by(col(DuplicateKey.patient_id))
        .order_by(func.count().desc(), col(DuplicateKey.patient_id))
        .limit(limit)
    )
    return list(session.scalars(query if but is None else query.where(col(DuplicateKey.patient_id) != but)))


def sharing_each(session: Session, scope: Scope, keys: Sequence[int]) -> dict[int, list[UUID]]:
    """Return the people of the scope under each key, at most a hundred a key."""
    ranked = (
        select(
            col(DuplicateKey.key).label("key"),
            col(DuplicateKey.patient_id).label("patient_id"),
            func.row_number()
            .over(partition_by=col(DuplicateKey.key), order_by=col(DuplicateKey.patient_id))
            .label("n"),
        )
        .join(Patient, col(Patient.id) == col(DuplicateKey.patient_id))
        .where(
            col(DuplicateKey.key) == any_(bindparam("keys", list(keys), type_=ARRAY(BigInteger()))),
            visible(scope),
            col(Patient.erased_at).is_(None),
        )
        .subquery()
    )
    found: dict[int, list[UUID]] = {}
    for key, patient_id in session.execute(select(ranked.c.key, ranked.c.patient_id).where(ranked.c.n <= MOST_A_KEY)):
        found.setdefault(key, []).append(patient_id)
    return found


def keys_of(session: Session, scope: Scope, patient_id: UUID) -> list[int]:
    """Return the stored keys of a person of the scope."""
    query = select(col(DuplicateKey.key)).join(Patient, col(Patient.id) == col(DuplicateKey.patient_id))
    return list(session.scalars(query.where(col(DuplicateKey.patient_id) == patient_id, visible(scope))))


def people(session: Session, scope: Scope, ids: Sequence[UUID]) -> list[Patient]:
    """Return the people of the scope among `ids`, in the order of their ids."""
    query = select(Patient).where(col(Patient.id).in_(ids), visible(scope)).order_by(col(Patient.id))
    return list(session.scalars(query))


def without_keys(session: Session, scope: Scope, *, after: UUID, limit: int) -> list[Patient]:
    """Return people whose keys were never made, along the ids."""
    known = select(col(DuplicateKey.patient_id)).where(col(DuplicateKey.patient_id) == col(Patient.id))
    query = select(Patient).where(
        col(Patient.id) > after, visible(scope), col(Patient.erased_at).is_(None), ~known.exists()
    )
    return list(session.scalars(query.order_by(col(Patient.id)).limit(limit)))


def waiting(session: Session, scope: Scope, *, limit: int) -> list[UUID]:
    """Return people whose keys nobody has compared yet."""
    query = (
        select(col(DuplicateKey.patient_id))
        .distinct()
        .join(Patient, col(Patient.id) == col(DuplicateKey.patient_id))
        .where(col(DuplicateKey.compared).is_(False), visible(scope))
    )
    return list(session.scalars(query.limit(limit)))


def pairs(
    session: Session,
    scope: Scope,
    *,
    clinic_id: UUID | None,
    state: PairState,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[DuplicatePair]:
    """Return pairs of which both people lie in the scope, the likeliest first."""
    query = (
        select(DuplicatePair)
        .where(col(DuplicatePair.state) == state.value, *_both(scope))
        .order_by(col(DuplicatePair.score).desc(), col(DuplicatePair.id).desc())
        .limit(limit)
    )
    if clinic_id is not None:
        there = select(col(Patient.id)).where(col(Patient.clinic_id) == clinic_id)
        query = query.where(col(DuplicatePair.one_id).in_(there) | col(DuplicatePair.other_id).in_(there))
    if after is not None:
        query = query.where(tuple_(col(DuplicatePair.score), col(DuplicatePair.id)) < after)
    return list(session.scalars(query))


def pair(session: Session, scope: Scope, pair_id: UUID, *, for_update: bool = False) -> DuplicatePair:
    """Return one pair of which both people lie in the scope; raise `NotFound` otherwise."""
    query = select(DuplicatePair).where(col(DuplicatePair.id) == pair_id, *_both(scope))
    found = session.scalars(query.with_for_update() if for_update else query).one_or_none()
    if found is None:
        raise NotFound("no such pair")
    return found


def pair_of(session: Session, scope: Scope, one_id: UUID, other_id: UUID) -> DuplicatePair | None:
    """Return what is on record of two people, the older id first."""
    query = select(DuplicatePair).where(
        col(DuplicatePair.one_id) == one_id, col(DuplicatePair.other_id) == other_id, *_both(scope)
    )
    return session.scalars(query).one_or_none()


def _both(scope: Scope) -> list[ColumnElement[bool]]:
    one, other = (select(col(Patient.id)).where(visible(scope)) for _ in range(2))
    return [col(DuplicatePair.one_id).in_(one), col(DuplicatePair.other_id).in_(other)]


def merge(session: Session, scope: Scope, merge_id: UUID) -> PatientMerge:
    """Return a merge whose record lies in the scope; raise `NotFound` otherwise."""
    query = (
        select(PatientMerge)
        .join(Patient, col(Patient.id) == col(PatientMerge.patient_id))
        .where(col(PatientMerge.id) == merge_id, visible(scope))
    )
    found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("no such merge")
    return found


def recent_merges(session: Session, scope: Scope, *, since: datetime) -> list[UUID]:
    """Return the merges that stand and were made since an instant."""
    query = (
        select(col(PatientMerge.id))
        .join(Patient, col(Patient.id) == col(PatientMerge.patient_id))
        .where(col(PatientMerge.merged_at) >= since, col(PatientMerge.reverted_at).is_(None), visible(scope))
    )
    return list(session.scalars(query.order_by(col(PatientMerge.id))))


def standing_merge(session: Session, scope: Scope, merged_id: UUID) -> PatientMerge | None:
    """Return the merge by which a record is part of another of the scope now."""
    query = (
        select(PatientMerge)
        .join(Patient, col(Patient.id) == col(PatientMerge.patient_id))
        .where(col(PatientMerge.merged_id) == merged_id, col(PatientMerge.reverted_at).is_(None), visible(scope))
    )
    return session.scalars(query).one_or_none()


def merged_record(session: Session, scope: Scope, patient_id: UUID) -> Patient | None:
    """Return a merged record, locked, when its own clinic lies in the scope; `visible` does not know it."""
    own = aliased(Patient)
    query = select(own).where(col(own.id) == patient_id, scope.covers(col(own.clinic_id)))
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()


def counts(session: Session, scope: Scope, patient_id: UUID) -> dict[str, int]:
    """Return how many rows of each kind a person of the scope has."""
    del scope  # the person was found in it
    found = {}
    for name in COUNTED:
        rows = SQLModel.metadata.tables[name]
        wanted = select(func.count()).select_from(rows).where(rows.c.patient_id == patient_id)
        found[name] = session.scalars(wanted).one()
    return found
