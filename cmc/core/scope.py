"""Which clinics a caller may see. Every query on patients takes a scope; there is no other way in."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Mapped


@dataclass(frozen=True, slots=True)
class Scope:
    """The clinics that `actor` may act on; `clinic_ids` is None for the whole region."""

    actor: str
    clinic_ids: frozenset[UUID] | None = None

    def covers(self, clinic_id: ColumnElement[UUID] | Mapped[UUID]) -> ColumnElement[bool]:
        """Return the predicate "this row's clinic lies in the scope"."""
        if self.clinic_ids is None:
            return true()
        return clinic_id.in_(self.clinic_ids)

    def includes(self, clinic_id: UUID) -> bool:
        """Tell whether one clinic lies in the scope."""
        return self.clinic_ids is None or clinic_id in self.clinic_ids


def system_scope(actor: str) -> Scope:
    """Return the scope of a job or command of the installation itself; `actor` names it, e.g. "job:followups"."""
    return Scope(actor=actor)
