"""Storing scores set by set: history where something changed, and the one row that says where a person stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.core import db
from cmc.core.ids import new_id
from cmc.patients import touched
from cmc.risk import queries, stored
from cmc.risk.answers import Priority
from cmc.risk.equations.variables import Variable
from cmc.risk.models.terms import Tier
from cmc.risk.switch import Mode

_JSON: Final = ("inputs", "answers", "models", "reasons", "due")
_SCORE: Final = {
    "id": "uuid", "patient_id": "uuid", "clinic_id": "uuid", "band": "int2", "priority": "int2", "tier": "text",
    "equations": "text", "release": "text", "mode": "text", **dict.fromkeys(_JSON, "jsonb"),
}  # fmt: skip
_STANDING: Final = {
    "patient_id": "uuid", "clinic_id": "uuid", "band": "int2", "computed_band": "int2", "priority": "int2",
    "lifted": "int2", "rank": "float8", "tier": "text", "out_of_range": "bool", "missing": "text[]", "score_id": "uuid",
    "override_id": "uuid", "override_until": "date", "fingerprint": "int8",
}  # fmt: skip


def _shape(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns.items())


# One JSON document a batch: in arrays of texts every quote is escaped by a regular expression, a quarter of the time.
_ADD_SCORES: Final = (
    f"INSERT INTO risk_score ({', '.join(_SCORE)}, as_of, scored_at)"  # noqa: S608 - names of the tables above
    f" SELECT n.*, %(on)s, %(now)s FROM jsonb_to_recordset(%(rows)s::jsonb) AS n ({_shape(_SCORE)})"
)
_SET_STANDINGS: Final = (
    f"INSERT INTO risk_standing ({', '.join(_STANDING)}, as_of, scored_at)"  # noqa: S608 - as above
    f" SELECT n.*, %(on)s, %(now)s FROM jsonb_to_recordset(%(rows)s::jsonb) AS n ({_shape(_STANDING)})"
    " ON CONFLICT (patient_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_STANDING, "as_of", "scored_at") if name != "patient_id")
)
_REMOVE: Final = "DELETE FROM risk_standing WHERE patient_id = ANY (%(gone)s::uuid[])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of one person: bands as `RiskLevel` numbers, `rank` −1 without a number, and what is kept."""

    patient_id: UUID
    clinic_id: UUID
    band: int
    lifted: Priority
    priority: Priority
    rank: float
    tier: Tier | None
    out_of_range: bool
    missing: list[Variable]
    equations: str
    release: str
    mode: Mode
    kept: stored.Kept
    cause: int


@dataclass(frozen=True, slots=True)
class Before:
    """What stood before: standings, and the doctors' bands that hold."""

    standings: Mapping[UUID, queries.Standing]
    own: Mapping[UUID, queries.Own]


@dataclass(frozen=True, slots=True)
class _New:
    """A person of whom something changed: the score's new id (None: the score is the one on file), the standing."""

    found: Found
    score_id: UUID
    is_scored: bool
    standing: dict[str, Any]


def stands(before: queries.Standing | None, own: queries.Own | None, cause: int, clinic_id: UUID) -> bool:
    """Whether all that follows from unchanged causes is on file already."""
    if before is None or before.score_id is None or (before.fingerprint, before.clinic_id) != (cause, clinic_id):
        return False
    band, override_id = (before.computed_band, None) if own is None else (own.band, own.id)
    return (before.band, before.override_id) == (band, override_id)


def store(
    session: Session, found: Sequence[Found], before: Before, *, gone: Sequence[UUID], now: datetime, on: date
) -> int:
    """Store what was found, take away the standing of who has no score; return how many people that changed."""
    changed = [_new(each, before) for each in found]
    if gone:
        db.say(session, _REMOVE, {"gone": list(gone)})
    at = {"on": on, "now": now}
    if scores := [each for each in changed if each.is_scored]:
        db.say(session, _ADD_SCORES, {"rows": _json([_row(each) for each in scores])} | at)
    if changed:
        db.say(session, _SET_STANDINGS, {"rows": _json([each.standing for each in changed])} | at)
    moved = [*gone, *(each.found.patient_id for each in changed if _moved(each, before))]
    touched.mark(session, moved, at=now, topics=(touched.FOLLOWUPS,))  # the rhythm of visits follows the band
    return len(changed) + len(gone)


def _new(found: Found, before: Before) -> _New:
    """What is to be written of one person; the score only when its causes have changed."""
    former, own = before.standings.get(found.patient_id), before.own.get(found.patient_id)
    is_scored = former is None or former.score_id is None or former.fingerprint != found.cause
    score_id = new_id() if is_scored or former is None or former.score_id is None else former.score_id
    band = found.band if own is None else own.band
    standing = {
        "patient_id": found.patient_id,
        "clinic_id": found.clinic_id,
        "band": band,
        "computed_band": found.band,
        "priority": int(max(Priority(band), found.lifted)),
        "lifted": int(found.lifted),
        "rank": found.rank,
        "tier": found.tier,
        "out_of_range": found.out_of_range,
        "missing": found.missing,
        "score_id": score_id,
        "override_id": own.id if own else None,
        "override_until": own.until if own else None,
        "fingerprint": found.cause,
    }
    return _New(found, score_id, is_scored, standing)


def _moved(new: _New, before: Before) -> bool:
    former = before.standings.get(new.found.patient_id)
    return bool(new.standing["band"] != (0 if former is None else former.band))


def _row(new: _New) -> dict[str, Any]:
    found = new.found
    return {name: getattr(found.kept, name) for name in _JSON} | {
        "id": new.score_id,
        "patient_id": found.patient_id,
        "clinic_id": found.clinic_id,
        "band": found.band,
        "priority": int(found.priority),
        "tier": found.tier,
        "equations": found.equations,
        "release": found.release,
        "mode": found.mode,
    }


def _json(rows: Sequence[Mapping[str, Any]]) -> str:
    return msgspec.json.encode(rows).decode()
