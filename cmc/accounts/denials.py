"""Noting who was denied what, in a transaction of its own: the request itself changes nothing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, Engine

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.scope import Caller, Scope


def note(
    engine: Engine | Connection, caller: Caller, missing: str, asked: str, request_id: str, people: Sequence[UUID]
) -> None:
    """Add the row of a denial: what was `missing` (a right, or an error's code), method and path template, whose."""
    scope = Scope(caller.actor, frozenset())
    with db.transaction(engine, scope) as session:
        session.info[db.REQUEST_ID] = UUID(request_id)
        audit.record(session, scope, Act.DENIED, missing, person_ids=people, detail={"asked": asked})
