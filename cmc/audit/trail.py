"""The trail as sealer and verifier read it: all of it, in the order of its places."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import AuditEvent, AuditSeal

_HIGH: Final = text("SELECT guard.audit_high()")
_NEXT_TRANSACTION: Final = text("SELECT pg_current_xact_id()::text::bigint")
_OLDEST_RUNNING: Final = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")


def high(session: Session) -> tuple[int, int]:
    """Return the highest place given out, and a transaction number above that of every holder of one up to it.

    In this order, and in two statements: whoever takes a place has its transaction number before. The number is one of
    our own, drawn now; the end of a snapshot would not do, because running transactions may lie behind it.
    """
    place = session.scalars(_HIGH).one()
    return int(place), int(session.scalars(_NEXT_TRANSACTION).one())


def oldest_running(session: Session) -> int:
    """Return the number of the oldest transaction that is not finished: all below are committed or taken back."""
    return int(session.scalars(_OLDEST_RUNNING).one())


def last_seal(session: Session) -> AuditSeal | None:
    """Return the newest seal."""
    return session.scalars(select(AuditSeal).order_by(col(AuditSeal.number).desc()).limit(1)).one_or_none()


def seals(session: Session) -> Iterator[AuditSeal]:
    """Yield every seal in order."""
    yield from session.scalars(select(AuditSeal).order_by(col(AuditSeal.number)).execution_options(yield_per=200))


def rows_between(session: Session, after: int, upto: int | None, *, limit: int | None = None) -> Sequence[Row[Any]]:
    """Return the rows of the places (after, upto] in order: place, stored hash, then what the hash is made of."""
    event = AuditEvent
    query = select(
        col(event.seq), col(event.row_hash), col(event.at), col(event.actor), col(event.act), col(event.subject),
        col(event.subject_id), col(event.person_ids), col(event.request_id), col(event.detail),
    ).where(col(event.seq) > after)  # fmt: skip
    if upto is not None:
        query = query.where(col(event.seq) <= upto)
    return session.execute(query.order_by(col(event.seq)).limit(limit)).all()
