"""The database remembers which keys its protected fields were written with.

With other keys nobody could read them again, and the same person could be filed twice under a second look-up token.
It knows the keys by tokens and ids, which open nothing, and it says which master key wraps new data keys, so that all
processes change over in the same moment.
"""

import hmac
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.errors import Unavailable
from cmc.core.operating import OperatorError
from cmc.core.tables import Installation

_installation = SQLModel.metadata.tables[str(Installation.__tablename__)]
_NAME: Final = "master-key-check"
_CURRENT: Final = "master-key-current"
_IN_USE: Final = "master-key:"
_WRAPPING: Final = text("SELECT pg_advisory_xact_lock_shared(hashtext('cmc keys'))")
_EXCHANGING: Final = text("SELECT pg_advisory_xact_lock(hashtext('cmc keys'))")


def is_ours(session: Session, keys: Keyring) -> bool:
    """Tell whether these keys open what the database was written with; a database that was not written yet is ours."""
    known = {row.name: row.value for row in session.execute(select(_installation.c.name, _installation.c.value))}
    if _NAME in known and not hmac.compare_digest(known[_NAME], _token(keys)):
        return False
    return all(keys.knows(value) for name, value in known.items() if name.startswith(_IN_USE))


def require_ours(session: Session, keys: Keyring) -> None:
    """Remember the keys of a new database; raise `OperatorError` when it was written with others."""
    if not is_ours(session, keys):
        raise OperatorError(
            "This master key is not the one that the database was written with: restore <data folder>/master.key, or"
            " set CMC_MASTER_KEY to the right one."
        )
    rows = [(_NAME, _token(keys)), (_CURRENT, keys.current)]
    if session.scalar(select(_installation.c.value).where(_installation.c.name == _CURRENT)) is None:
        rows.append(_row(keys.current))
    new = [{"name": name, "value": value} for name, value in rows]
    session.execute(insert(_installation).values(new).on_conflict_do_nothing())


def current(session: Session, keys: Keyring) -> bytes:
    """Return the id of the master key that wraps new data keys, in every process of the installation.

    Until the transaction ends nobody exchanges or forgets a key: what it wraps would else hang on a forgotten one.
    Raises `Unavailable` when this process does not have it: keys are being exchanged and it was not started again.
    """
    session.execute(_WRAPPING)
    known = session.scalar(select(_installation.c.value).where(_installation.c.name == _CURRENT))
    return checked(keys, known)


ASKED_FOR_CURRENT: Final[tuple[db.Asked, db.Asked]] = (
    (str(_WRAPPING), {}),
    ("SELECT value FROM installation WHERE name = %(name)s", {"name": _CURRENT}),
)
"""What `current` asks, in this order, for who sends it together with other statements (`db.ask`)."""


def checked(keys: Keyring, known: bytes | None) -> bytes:
    """Return the key that the database named as the one that wraps; raise `Unavailable` when we do not have it."""
    if known is None:
        return keys.current
    if not keys.knows(known):
        raise Unavailable("the keys are being exchanged: start this process again with the new one")
    return known


def exchange(session: Session) -> None:
    """Wait until no transaction wraps anything, and keep new ones waiting to the end of this one."""
    session.execute(_EXCHANGING)


def change(session: Session, keys: Keyring) -> None:
    """Make the current key of `keys` the one that wraps new data keys; the one before stays in use until `retire`."""
    exchange(session)
    name, value = _row(keys.current)
    session.execute(insert(_installation).values(name=name, value=value).on_conflict_do_nothing())
    now_current = insert(_installation).values(name=_CURRENT, value=keys.current)
    session.execute(now_current.on_conflict_do_update(index_elements=["name"], set_={"value": keys.current}))


def retire(session: Session, key: bytes) -> None:
    """Forget a master key that wraps nothing any more."""
    session.execute(delete(_installation).where(_installation.c.name == _row(key)[0]))


def in_use(session: Session) -> frozenset[bytes]:
    """Return the ids of the master keys that may still wrap something."""
    wanted = _installation.c.name.startswith(_IN_USE)
    return frozenset(session.scalars(select(_installation.c.value).where(wanted)))


def _row(key: bytes) -> tuple[str, bytes]:
    return f"{_IN_USE}{key.hex()}", key


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
