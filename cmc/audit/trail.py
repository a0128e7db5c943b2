"""The trail as sealer and verifier read it: all of it, in the order of its places."""

from collections.abc import Iterator, Sequence
from typing import Final, cast

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Mapped, Session
from sqlmodel import col

from cmc.audit.canonical import Content
from cmc.audit.tables import AuditEvent, AuditSeal

_seq = cast("Mapped[int]", col(AuditEvent.seq))
# Written out by the database: a driver that makes a UUID, a list and a tree of each cell takes several times as long.
_CONTENTS: Final = text(
    "SELECT seq, row_hash, (extract(epoch FROM at) * 1000000)::bigint, actor, act, subject, subject_id::text,"
    " person_ids::text, request_id::text, detail::text FROM audit_event"
    " WHERE seq > :after AND seq <= :upto ORDER BY seq"
)
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


def newest_seals(session: Session, limit: int) -> list[AuditSeal]:
    """Return up to `limit` of the newest seals, in order."""
    found = session.scalars(select(AuditSeal).order_by(col(AuditSeal.number).desc()).limit(limit))
    return list(found)[::-1]


def hashes_between(session: Session, after: int, upto: int, *, limit: int) -> Sequence[Row[int, bytes]]:
    """Return (place, stored hash) of at most `limit` rows of the places (after, upto], in order."""
    query = select(_seq, col(AuditEvent.row_hash)).where(_seq > after, _seq <= upto).order_by(_seq)
    return session.execute(query.limit(limit)).all()


def rows_between(session: Session, after: int, upto: int | None) -> list[tuple[int, bytes, Content]]:
    """Return (place, stored hash, content) of the rows of the places (after, upto], in order."""
    upper = 2**63 - 1 if upto is None else upto
    rows = session.execute(_CONTENTS, {"after": after, "upto": upper})
    found = (tuple(row) for row in rows)
    return [(row[0], row[1], Content._make((*row[2:9], msgspec.json.decode(row[9])))) for row in found]
