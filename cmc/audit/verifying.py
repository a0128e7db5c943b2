"""Looking for what was done to the trail: rows edited, removed or slipped in, seals too, a cut-off end."""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from cmc.audit import canonical, trail
from cmc.audit.canonical import Content
from cmc.audit.tables import AuditSeal
from cmc.core.text import Text

RECENT_SEALS: Final = 20
RECENT_SEGMENTS: Final = 2
RECENT_UNSEALED: Final = 5_000


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong and where: a segment, and a row's place where one row can be named."""

    segment: int | None
    seq: int | None
    words: Text


@dataclass(slots=True)
class Verification:
    """What was looked at, and what is wrong."""

    segments: int = 0
    sealed: int = 0
    unsealed: int = 0
    findings: list[Finding] = field(default_factory=list)


_EDITED = Text("内容与其哈希不符：记录被修改", "its content does not fit its hash: the row was edited")
_REWRITTEN = Text("与封存时不同：记录被修改", "not as it was sealed: the row was edited, its hash with it")
_REMOVED = Text("封存过的记录已不存在", "was sealed and is gone: the row was removed")
_ADDED = Text("封存时没有此记录：事后插入", "was not there when sealed: the row was slipped in")
_SEAL_EDITED = Text("封存记录的签名不符", "the seal's MAC does not fit: it was edited")
_SEAL_REMOVED = Text("封存记录缺失", "a seal is missing here")
_CHAIN = Text("与前一封存不衔接", "does not hang on the seal before")
_OTHER_KEY = Text("以另一把密钥封存，无法核对", "sealed with another key, cannot be checked")
_ANCHOR = Text("与留存的锚点不符：末尾被截去或重写", "does not fit its anchor: the end was cut off or rewritten")


def verify(session: Session, key: bytes, *, anchors: Mapping[int, bytes] | None = None) -> Verification:
    """Check the whole trail; `anchors` are MACs of seals, by number, that were kept outside the database."""
    done, last, known = Verification(), None, dict(anchors or {})
    for seal in trail.seals(session):
        done.segments += 1
        done.findings += _chain(seal, last, key)
        if seal.number in known and not hmac.compare_digest(known.pop(seal.number), seal.mac):
            done.findings.append(Finding(seal.number, None, _ANCHOR))
        rows = trail.rows_between(session, seal.after_seq, seal.upto_seq)
        done.sealed += len(rows)
        done.findings += _segment(seal, rows)
        last = seal
    done.findings += [Finding(number, None, _ANCHOR) for number in sorted(known)]
    rest = trail.rows_between(session, last.upto_seq if last else 0, None)
    done.unsealed = len(rest)
    done.findings += [Finding(None, seq, _EDITED) for seq, stored, it in rest if canonical.row_hash(it) != stored]
    return done


def recent(session: Session, key: bytes) -> Verification:
    """Check the newest seals of the chain, the rows of the last of them, and as many that are not sealed yet.

    What a page can wait for; all of the trail, and its anchors, are `verify`'s.
    """
    done = Verification()
    newest = trail.newest_seals(session, RECENT_SEALS + 1)
    last = newest.pop(0) if len(newest) > RECENT_SEALS else None
    for seal in newest:
        done.segments += 1
        done.findings += _chain(seal, last, key)
        if seal in newest[-RECENT_SEGMENTS:]:
            rows = trail.rows_between(session, seal.after_seq, seal.upto_seq)
            done.sealed += len(rows)
            done.findings += _segment(seal, rows)
        last = seal
    end = last.upto_seq if last else 0
    rest = trail.rows_between(session, end, end + RECENT_UNSEALED)
    done.unsealed = len(rest)
    done.findings += [Finding(None, seq, _EDITED) for seq, stored, it in rest if canonical.row_hash(it) != stored]
    return done


def _chain(seal: AuditSeal, last: AuditSeal | None, key: bytes) -> Iterator[Finding]:
    expected = 1 if last is None else last.number + 1
    for number in range(expected, seal.number):
        yield Finding(number, None, _SEAL_REMOVED)
    fits = last is None or (seal.previous_mac == last.mac and seal.after_seq == last.upto_seq)
    if seal.number == expected and not fits:
        yield Finding(seal.number, None, _CHAIN)
    if seal.key_id != canonical.key_id(key):
        yield Finding(seal.number, None, _OTHER_KEY)
        return
    mac = canonical.segment_mac(
        key, seal.number, seal.after_seq, seal.upto_seq, seal.gaps, seal.hashes, seal.previous_mac, seal.sealed_at
    )
    if not hmac.compare_digest(mac, seal.mac):
        yield Finding(seal.number, None, _SEAL_EDITED)


def _segment(seal: AuditSeal, rows: Sequence[tuple[int, bytes, Content]]) -> Iterator[Finding]:
    size = canonical.HASH_BYTES
    places = canonical.places(seal.after_seq, seal.upto_seq, seal.gaps)
    sealed = {place: seal.hashes[at * size : (at + 1) * size] for at, place in enumerate(places)}
    for seq, stored, content in rows:
        hashed = canonical.row_hash(content)
        was = sealed.pop(seq, None)
        if was is None:
            yield Finding(seal.number, seq, _ADDED)
        elif hashed != stored:
            yield Finding(seal.number, seq, _EDITED)
        elif hashed[:size] != was:
            yield Finding(seal.number, seq, _REWRITTEN)
    for place in sealed:
        yield Finding(seal.number, place, _REMOVED)
