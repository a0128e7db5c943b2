"""Closing the trail segment by segment, each under a MAC that hangs on the one before; the key is not in the database.

A segment holds the rows of all places up to one below which every transaction is finished, so no late row can slip into
what is sealed. Rows are sealed within a minute or two; until then a row that is removed leaves only a gap in `seq`.
"""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from cmc.audit import canonical, trail
from cmc.audit.tables import AuditSeal

ROWS: Final = 5_000
"""Rows of a segment at most."""

_BEGINNING: Final = bytes(32)


def seal_next(session: Session, key: bytes, *, upto: int, now: datetime) -> int:
    """Seal the next rows up to the place `upto`, at most a segment; return how many."""
    last = trail.last_seal(session)
    after = 0 if last is None else last.upto_seq
    rows = trail.hashes_between(session, after, upto, limit=ROWS)
    if not rows:
        return 0
    number, previous = (1, _BEGINNING) if last is None else (last.number + 1, last.mac)
    end = rows[-1].seq if len(rows) == ROWS else upto
    gaps = canonical.gaps_of([row.seq for row in rows], after, end)
    hashes = b"".join(row.row_hash[: canonical.HASH_BYTES] for row in rows)
    session.add(
        AuditSeal(
            number=number,
            after_seq=after,
            upto_seq=end,
            gaps=gaps,
            hashes=hashes,
            previous_mac=previous,
            mac=canonical.segment_mac(key, number, after, end, gaps, hashes, previous, now),
            key_id=canonical.key_id(key),
            sealed_at=now,
        )
    )
    session.flush()
    return len(rows)
