"""The database remembers which master key its protected fields were written with.

With another key nobody could read them again, and the same person could be filed twice under a second look-up token.
"""

import hmac
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.tables import Installation

_installation = SQLModel.metadata.tables[str(Installation.__tablename__)]
_NAME: Final = "master-key-check"


def is_ours(session: Session, keys: Keyring) -> bool:
    """Tell whether the database was written with these keys; a database that was not written yet is."""
    known = session.scalar(select(_installation.c.value).where(_installation.c.name == _NAME))
    return known is None or hmac.compare_digest(known, _token(keys))


def require_ours(session: Session, keys: Keyring) -> None:
    """Remember the keys of a new database; raise `OperatorError` when it was written with others."""
    session.execute(insert(_installation).values(name=_NAME, value=_token(keys)).on_conflict_do_nothing())
    if not is_ours(session, keys):
        raise OperatorError(
            "This master key is not the one that the database was written with: restore <data folder>/master.key, or"
            " set CMC_MASTER_KEY to the right one."
        )


def require_ours_at(url: str, keys: Keyring) -> None:
    """As `require_ours`, for the database at `url`."""
    engine = db.make_engine(url, pool_size=1)
    try:
        with db.transaction(engine) as session:
            require_ours(session, keys)
    finally:
        engine.dispose()


def _token(keys: Keyring) -> bytes:
    return keys.token(_NAME, "cmc")
