"""Finding people by the numbers that stand for their names and numbers; a query takes the caller's scope."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    not_,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.orm import Mapped, Session, aliased
from sqlmodel import col

from cmc.clinical.codes import EnrolmentState
from cmc.core.scope import Scope
from cmc.patients.queries import stint, visible
from cmc.patients.search_terms import Terms
from cmc.patients.tables import Patient, PatientToken

SearchKey = tuple[UUID, UUID]
"""Sort key of what was found: the clinic under whose tokens, and the person."""


def search(
    session: Session,
    scope: Scope,
    terms: Terms,
    *,
    clinic_id: UUID | None = None,
    outside_of: UUID | None = None,
    after: SearchKey | None = None,
    limit: int = 20,
) -> list[tuple[SearchKey, Patient]]:
    """Return up to `limit` people whom the terms fit, with the key of each, by clinic and time on file; each once.

    `clinic_id`: only of this clinic; `outside_of`: only who is neither at home there nor managed there.

    The tokens of a clinic lie together in the index, so a common name costs a nurse what her clinic has of it; a page
    is read in the order of the index and stops when it is full. Who is found is checked against the scope a second
    time, by the person's own row: tokens only make it quick. The statement is made once for each shape, because making
    it costs as much as running it.
    """
    if clinic_id is not None and not scope.includes(clinic_id):
        return []
    within = scope if clinic_id is None else replace(scope, clinic_ids=frozenset({clinic_id}))
    if terms.citizen_id is not None:
        one = select(Patient).where(col(Patient.citizen_id_token) == terms.citizen_id, visible(within))
        if outside_of is not None:
            one = one.where(not_(_belongs_to(outside_of)))
        return [((each.clinic_id, each.id), each) for each in session.scalars(one) if after is None]
    shape = tuple(len(each.tokens) for each in terms.alternatives)
    values: dict[str, Any] = {"limit": limit}
    for number, alternative in enumerate(terms.alternatives):
        values |= {f"token_{number}_{place}": token for place, token in enumerate(alternative.tokens)}
    if within.clinic_ids is not None:
        values["clinics"] = list(within.clinic_ids)
    if after is not None:
        values |= {"after_clinic": after[0], "after_person": after[1]}
    if outside_of is not None:
        values["outside_of"] = outside_of
    paged, outside = after is not None, outside_of is not None
    query = _search(shape, region=within.clinic_ids is None, paged=paged, outside=outside)
    return [((row[0], row[1].id), row[1]) for row in session.execute(query, values)]


@dataclass(frozen=True, slots=True)
class _ClinicsLater(Scope):
    """A scope whose clinics are given when the statement is run."""

    def covers(self, clinic_id: ColumnElement[UUID] | Mapped[UUID]) -> ColumnElement[bool]:
        return clinic_id.in_(bindparam("clinics", expanding=True))


@lru_cache(maxsize=200)
def _search(shape: tuple[int, ...], *, region: bool, paged: bool, outside: bool) -> Select[Any]:
    """The statement for alternatives of so many tokens each.

    Who has tokens at several clinics of the scope is found under one of them: home, else the first that manages.
    """
    within = Scope(actor="search") if region else _ClinicsLater(actor="search", clinic_ids=frozenset())
    selects = [_candidates(within, number, size, paged=paged) for number, size in enumerate(shape)]
    found = (selects[0] if len(selects) == 1 else union(*selects)).subquery()
    people: Select[Any] = (
        select(found.c.clinic_id, Patient)
        .join(Patient, col(Patient.id) == found.c.patient_id)
        .where(visible(within))
        .order_by(found.c.clinic_id, found.c.patient_id)
        .limit(bindparam("limit"))
    )
    if outside:
        people = people.where(not_(_belongs_to(bindparam("outside_of", type_=Uuid()))))
    home = col(Patient.clinic_id)
    if region:
        return people.where(found.c.clinic_id == home)
    once = case((within.covers(home), home), else_=_first_managing(within))
    return people.where(found.c.clinic_id == once)


def _belongs_to(clinic_id: Any) -> ColumnElement[bool]:
    """The predicate "this person is at home at a clinic, or managed there"."""
    managed = select(stint.c.id).where(
        stint.c.patient_id == col(Patient.id),
        stint.c.state != EnrolmentState.TERMINATED.value,
        stint.c.clinic_id == clinic_id,
    )
    return or_(col(Patient.clinic_id) == clinic_id, managed.exists())


def _first_managing(within: Scope) -> ScalarSelect[UUID]:
    """The first clinic of the scope that manages the person."""
    managing = select(stint.c.clinic_id).where(
        stint.c.patient_id == col(Patient.id),
        stint.c.state != EnrolmentState.TERMINATED.value,
        within.covers(stint.c.clinic_id),
    )
    return managing.order_by(stint.c.clinic_id).limit(1).scalar_subquery()


def _candidates(within: Scope, number: int, size: int, *, paged: bool) -> Select[Any]:
    """The (clinic, person) pairs that have all tokens of one alternative."""
    first, *others = (aliased(PatientToken) for _ in range(size))
    query: Any = select(col(first.clinic_id).label("clinic_id"), col(first.patient_id).label("patient_id"))
    for place, row in enumerate((first, *others)):
        if place:
            same = and_(col(row.clinic_id) == col(first.clinic_id), col(row.patient_id) == col(first.patient_id))
            query = query.join(row, same)
        query = query.where(col(row.token) == bindparam(f"token_{number}_{place}", type_=BigInteger()))
    query = query.where(within.covers(col(first.clinic_id)))
    if paged:
        last = tuple_(bindparam("after_clinic", type_=Uuid()), bindparam("after_person", type_=Uuid()))
        query = query.where(tuple_(col(first.clinic_id), col(first.patient_id)) > last)
    return cast("Select[Any]", query)
