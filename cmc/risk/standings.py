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
from cmc.core.scope import Scope
from cmc.risk import queries, stored
from cmc.risk.answers import Priority
from cmc.risk.models.terms import Tier
from cmc.risk.switch import Mode

_JSON: Final = ("inputs", "answers", "models", "reasons", "due")
_SCORE: Final = {
    "id": "uuid", "patient_id": "uuid", "clinic_id": "uuid", "band": "int2", "priority": "int2", "tier": "text",
    "equations": "text", "release": "text", "mode": "text", **dict.fromkeys(_JSON, "jsonb"),
}  # fmt: skip
_STANDING: Final = {
    "patient_id": "uuid", "clinic_id": "uuid", "band": "int2", "computed_band": "int2", "priority": "int2",
    "lifted": "int2", "rank": "float8", "tier": "text", "out_of_range": "bool", "missing": "text", "score_id": "uuid",
    "override_id": "uuid", "override_until": "date", "fingerprint": "int8",
}  # fmt: skip


def _unnest(columns: Mapping[str, str]) -> str:
    return ", ".join(f"%({name})s::{kind}[]" for name, kind in columns.items())


_ADD_SCORES: Final = (
    f"INSERT INTO risk_score ({', '.join(_SCORE)}, as_of, scored_at)"  # noqa: S608 - names of the tables above
    f" SELECT n.*, %(on)s, %(now)s FROM unnest({_unnest(_SCORE)}) AS n ({', '.join(_SCORE)})"
)
_SHOWN: Final = ", ".join("string_to_array(missing, ' ')" if name == "missing" else name for name in _STANDING)
_SET_STANDINGS: Final = (
    f"INSERT INTO risk_standing ({', '.join(_STANDING)}, as_of, scored_at)"  # noqa: S608 - as above
    f" SELECT {_SHOWN}, %(on)s, %(now)s FROM unnest({_unnest(_STANDING)}) AS n ({', '.join(_STANDING)})"
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
    missing: list[str]
    equations: str
    release: str
    mode: Mode
    kept: stored.Kept

    @property
    def fingerprint(self) -> int:
        """Of everything that makes this score another one than the last."""
        versions = (self.equations, self.release, self.mode.value)
        return stored.fingerprint(self.kept, self.band, int(self.priority), self.rank, *versions)


@dataclass(frozen=True, slots=True)
class _New:
    """A person of whom something changed: the score's new id (None: the score is the one on file), the standing."""

    found: Found
    score_id: UUID
    is_scored: bool
    standing: dict[str, Any]


def store(
    session: Session, scope: Scope, patient_ids: Sequence[UUID], found: Sequence[Found], *, now: datetime, on: date
) -> int:
    """Store what changed of the people asked for; who has no score loses the standing. Return how many changed."""
    before = queries.standings(session, scope, patient_ids)
    overrides = queries.overrides(session, scope, [each.patient_id for each in found], on=on)
    changed = []
    for each in found:
        new = _new(each, before.get(each.patient_id), overrides.get(each.patient_id))
        if new is not None:
            changed.append(new)
    gone = sorted(before.keys() - {each.patient_id for each in found})
    if gone:
        db.say(session, _REMOVE, {"gone": gone})
    at = {"on": on, "now": now}
    if scores := [each for each in changed if each.is_scored]:
        db.say(session, _ADD_SCORES, _columns([_row(each) for each in scores], _SCORE) | at)
    if changed:
        db.say(session, _SET_STANDINGS, _columns([each.standing for each in changed], _STANDING) | at)
    return len(changed) + len(gone)


def _new(found: Found, before: queries.Standing | None, own: queries.Own | None) -> _New | None:
    """What is to be written of one person; None when all of it stands already."""
    fingerprint = found.fingerprint
    is_scored = before is None or before.score_id is None or before.fingerprint != fingerprint
    score_id = new_id() if is_scored or before is None or before.score_id is None else before.score_id
    band = found.band if own is None else own.band
    standing = {
        "patient_id": found.patient_id,
        "clinic_id": found.clinic_id,
        "band": band,
        "computed_band": found.band,
        "priority": int(max(Priority(band), found.lifted)),
        "lifted": int(found.lifted),
        "rank": found.rank,
        "tier": found.tier.value if found.tier else None,
        "out_of_range": found.out_of_range,
        "missing": " ".join(found.missing),
        "score_id": score_id,
        "override_id": own.id if own else None,
        "override_until": own.until if own else None,
        "fingerprint": fingerprint,
    }
    same = before is not None and (before.clinic_id, before.band, before.override_id) == (
        found.clinic_id, band, standing["override_id"]
    )  # fmt: skip
    return None if same and not is_scored else _New(found, score_id, is_scored, standing)


def _row(new: _New) -> dict[str, Any]:
    found = new.found
    json = {name: msgspec.json.encode(getattr(found.kept, name)).decode() for name in _JSON}
    return json | {
        "id": new.score_id,
        "patient_id": found.patient_id,
        "clinic_id": found.clinic_id,
        "band": found.band,
        "priority": int(found.priority),
        "tier": found.tier.value if found.tier else None,
        "equations": found.equations,
        "release": found.release,
        "mode": found.mode.value,
    }


def _columns(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, Any]:
    return {name: [row[name] for row in rows] for name in names}
