"""The medicines that a clinic is offered first: an ordered list, set as a whole. Nothing here commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.errors import FieldError, Invalid
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.records.favourite_tables import FavouriteMedicine
from cmc.records.favourites.schemas import FavouriteIn

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('favourites:' || :clinic, 0))")


def listed(session: Session, scope: Scope, clinic_id: UUID) -> list[FavouriteMedicine]:
    """Return a clinic's medicines in their order. Raises `NotFound` for a clinic outside the scope."""
    organisations.clinic(session, scope, clinic_id)
    query = select(FavouriteMedicine).where(
        col(FavouriteMedicine.clinic_id) == clinic_id, scope.covers(col(FavouriteMedicine.clinic_id))
    )
    return list(session.scalars(query.order_by(col(FavouriteMedicine.place))))


def replace(
    session: Session, scope: Scope, clinic_id: UUID, wanted: list[FavouriteIn], *, now: datetime
) -> list[FavouriteMedicine]:
    """Make a clinic's list as it shall be, in this order; what is not named is off it, what did not change stays.

    Raises `NotFound` for a clinic outside the scope and `Invalid` for a dose without a unit, or a medicine that stands
    twice with the same strength, dose and frequency.
    """
    organisations.clinic(session, scope, clinic_id)
    _require_sound(wanted)
    session.execute(_LOCK, {"clinic": str(clinic_id)})
    there = {each.place: each for each in listed(session, scope, clinic_id)}
    for place, each in enumerate(wanted):
        row = there.pop(place, None)
        if row is not None and FavouriteIn.of(row) == each:
            continue
        if row is None:
            row = FavouriteMedicine(clinic_id=clinic_id, place=place, name=each.name, set_by=scope.actor, set_at=now)
            session.add(row)
        for name, value in each.columns().items():
            setattr(row, name, value)
        row.set_by, row.set_at = scope.actor, now
    for row in there.values():
        session.delete(row)
    session.flush()
    return listed(session, scope, clinic_id)


def _require_sound(wanted: Iterable[FavouriteIn]) -> None:
    seen: list[FavouriteIn] = []
    errors = []
    for at, each in enumerate(wanted):
        if (each.dose is None) != (each.dose_unit is None):
            errors.append(FieldError(f"/items/{at}/dose_unit", "missing", "a dose and its unit come together"))
        if each in seen:
            errors.append(FieldError(f"/items/{at}/name", "twice", "each medicine with its dose once"))
        seen.append(each)
    if errors:
        raise Invalid(errors=tuple(errors))
