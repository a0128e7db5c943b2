"""Exports that a clinic makes again and again are kept under a name: of which people, in which form, what for.

A definition gives no right: each export made by it is asked for, counted, noted and kept for a day as any other.
Nothing here commits.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.exchange.exports import queries
from cmc.exchange.exports.schemas import DefinitionIn
from cmc.exchange.tables import ExportDefinition
from cmc.organisations import queries as organisations

MOST_OF_A_CLINIC: Final = 50
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('export-definition:' || :clinic, 0))")


def keep(session: Session, scope: Scope, wanted: DefinitionIn, *, now: datetime) -> ExportDefinition:
    """Keep a definition for a clinic of the scope.

    Raises `NotFound` for a foreign clinic, `Conflict` for a name that the clinic has, or beyond `MOST_OF_A_CLINIC`.
    """
    organisations.clinic(session, scope, wanted.clinic_id)
    session.execute(_LOCK, {"clinic": str(wanted.clinic_id)})
    kept = queries.definitions(session, scope, clinic_id=wanted.clinic_id)
    if any(each.name == wanted.name for each in kept):
        raise Conflict("the clinic has a definition of this name", code="definition-on-file")
    if len(kept) >= MOST_OF_A_CLINIC:
        raise Conflict(
            f"a clinic keeps at most {MOST_OF_A_CLINIC} definitions: remove one", code="too-many-definitions"
        )
    values = wanted.model_dump(mode="json", exclude={"clinic_id"})
    made = ExportDefinition(**values, clinic_id=wanted.clinic_id, made_by=scope.actor, made_at=now)
    session.add(made)
    session.flush()
    return made


def remove(session: Session, scope: Scope, definition_id: UUID) -> None:
    """Remove a definition; what was exported by it stays in the log. Raises `NotFound` outside the scope."""
    session.delete(queries.definition(session, scope, definition_id))
    session.flush()
