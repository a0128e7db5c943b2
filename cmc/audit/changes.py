"""Changes are noted by construction: whatever a session writes of an audited table leaves a row in the same flush.

A class is audited by its decorator, which names the columns that may stand in the trail as they are. Of all other
columns the trail holds a keyed hash before and after, which shows that a value changed, or changed back, and not what
it was. Rows that are written set-wise, past the session (readings, tasks, marks, facts), have their account: readings
hang on the receipt of the raw body they came in, the others follow from what is audited.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, UOWTransaction
from sqlmodel import SQLModel

from cmc.audit.service import INSERT, NOBODY, values
from cmc.audit.tables import Act
from cmc.core import db


@dataclass(frozen=True, slots=True)
class Noting:
    """How the rows of a table are noted: columns told as they are, the column of the person (None: of nobody), and
    the column of the subject's id."""

    clear: frozenset[str]
    person: str | None
    subject: str


AUDITED: Final[dict[type[SQLModel], Noting]] = {}
_Table = TypeVar("_Table", bound=type[SQLModel])


def audited(*clear: str, person: str | None = "patient_id", subject: str = "id") -> Callable[[_Table], _Table]:
    """Audit a table class; the columns named may stand in the trail in clear, all others are hashed.

    `person` is the column with the id of the person that a row is about, None for a table of no people; `subject` the
    column whose UUID names what was changed.
    """

    def register(table: _Table) -> _Table:
        AUDITED[table] = Noting(frozenset(clear), person, subject)
        return table

    return register


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _: UOWTransaction) -> None:
    rows = [
        (act, each)
        for act, changed in ((Act.CREATE, session.new), (Act.CHANGE, session.dirty), (Act.DELETE, session.deleted))
        for each in changed
        if type(each) in AUDITED
    ]
    if not rows:
        return
    scope, keys = db.scope_of(session), db.keys_of(session)
    actor = scope.actor if scope is not None else "owner" if keys is None else NOBODY.actor
    noted = list(_noted(session, actor, rows, keys.audit if keys else None))
    if noted:
        session.connection().execute(INSERT, noted)
        session.info[db.ACCOUNTED] = True


def _noted(session: Session, actor: str, rows: list[tuple[Act, Any]], key: bytes | None) -> Iterator[dict[str, Any]]:
    for act, row in rows:
        noting = AUDITED[type(row)]
        detail = _detail(act, row, noting.clear, key)
        if act is Act.CHANGE and not detail:
            continue  # in the session's list of the dirty, and equal to what is stored
        person = None if noting.person is None else getattr(row, noting.person)
        people = [] if person is None else [person]
        subject_id = getattr(row, noting.subject, None)
        yield values(session, actor, act, str(row.__tablename__), subject_id, people, detail)


def _detail(act: Act, row: Any, clear: frozenset[str], key: bytes | None) -> dict[str, Any]:
    state = inspect(row)
    if act is not Act.CHANGE:
        found = {name: _plain(getattr(row, name)) for name in sorted(clear)}
        return {"values": {name: value for name, value in found.items() if value is not None}}
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for attribute in state.attrs:
        history = attribute.history
        if not history.has_changes():
            continue
        name = attribute.key
        for side, held in ((before, history.deleted), (after, history.added)):
            if held and held[0] is not None:
                side[name] = _plain(held[0]) if name in clear else _hashed(name, held[0], key)
    return {"before": before, "after": after} if before or after else {}


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, UUID | Decimal) else value


def _hashed(name: str, value: Any, key: bytes | None) -> str:
    if key is None:
        return "hidden"  # the owner's session has no key
    return hmac.digest(key, f"{name}|{value!r}".encode(), hashlib.sha256).hex()[:16]
