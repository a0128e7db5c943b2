"""Noting who was denied what, in a transaction of its own: the request itself changes nothing."""

from uuid import UUID

from sqlalchemy import Connection, Engine

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.scope import Caller, Right, Scope


def note(engine: Engine | Connection, caller: Caller, right: Right | None, asked: str, request_id: str) -> None:
    """Add the row of a denial: `right` is what the caller lacks, `asked` the method and the path's template."""
    scope = Scope(caller.actor, frozenset())
    with db.transaction(engine, scope) as session:
        session.info[db.REQUEST_ID] = UUID(request_id)
        audit.record(session, scope, Act.DENIED, right.value if right else "sign-in", detail={"asked": asked})
