"""What is kept of a score, as JSON, and the fingerprint by which an unchanged one is known. Pure.

Inputs are kept as [value, day, source]. What the record lists and a person does not have (a disease, a medicine) is
left out and read back as 0: it would triple the row and say nothing more. Words follow from codes when they are shown.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import msgspec

from cmc.clinical.care_gaps import CareGap
from cmc.clinical.reasons import Reason
from cmc.risk.answers import Answer, Foretold
from cmc.risk.codes import InputSource
from cmc.risk.equations.choice import CANDIDATES
from cmc.risk.equations.contributions import Contribution
from cmc.risk.equations.variables import Variable
from cmc.risk.known_diseases import CODES, MEDICINE_CLASSES, UNFIT
from cmc.risk.recalibration import LocalLevel
from cmc.risk.values import Known, Knowns

_DIGITS: Final = 6
_LISTED: Final[Mapping[Variable, InputSource]] = {
    **dict.fromkeys(CODES, InputSource.DIAGNOSES),
    **dict.fromkeys(MEDICINE_CLASSES, InputSource.MEDICINES),
    Variable.DIABETES: InputSource.DIAGNOSES,
    **dict.fromkeys(UNFIT, InputSource.DIAGNOSES),
}
_VERSIONS: Final = {each.equation.id: each.equation.version for some in CANDIDATES.values() for each in some}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """The parts of a row of `risk_score` that are JSON."""

    inputs: Json
    answers: list[Json]
    models: list[Json]
    reasons: list[Json]
    due: list[Json]


def fingerprint(*causes: object) -> int:
    """64 bits over what a score follows from: the same causes have the same outcome."""
    said = msgspec.json.encode(causes)
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "big", signed=True)


def inputs_kept(known: Knowns) -> Json:
    """The inputs of one person."""
    return {
        variable: [each.value, each.on.isoformat() if each.on else None, each.source]
        for variable, each in known.items()
        if each.value != 0 or variable not in _LISTED
    }


def inputs_of(kept: Mapping[str, Sequence[Any]]) -> Knowns:
    """The inputs as they were scored."""
    found = {variable: Known(0.0, None, source) for variable, source in _LISTED.items()}
    for name, (value, on, source) in kept.items():
        found[Variable(name)] = Known(float(value), date.fromisoformat(on) if on else None, InputSource(source))
    return found


def answer_kept(answer: Answer, reason: str) -> Json:
    """One question; `reason` is the code of why there is, or is not, a number."""
    found: Json = {"question": answer.question, "reason": reason}
    if answer.level is not None:
        found["level"] = int(answer.level)
    if answer.value is not None:
        found |= {
            "value": _round(answer.value),
            "equation": answer.equation,
            "version": _VERSIONS[str(answer.equation)],
            "reference": _round(answer.reference_value),
            "parts": _parts(answer.parts),
        }
    if answer.at_goals is not None:
        found["at_goals"] = _round(answer.at_goals)
    if answer.others:
        found |= {"others": [[other.equation, _round(other.value)] for other in answer.others]}
        found["disagree"] = answer.disagree
    if answer.concerns:
        found["concerns"] = [[variable, int(flag)] for variable, flag in answer.concerns]
    if answer.missing:
        found["missing"] = list(answer.missing)
    return found


def model_kept(foretold: Foretold, level: LocalLevel | None) -> Json:
    """One number of a trained model: raw, at the local level of that version (0: as made), its band, parts."""
    found: Json = {
        "task": foretold.task.key,
        "raw": _round(foretold.raw),
        "value": _round(foretold.value),
        "low": _round(foretold.low),
        "high": _round(foretold.high),
        "tier": foretold.tier,
        "level": 0 if level is None else level.version,
    }
    if foretold.filled is not None:
        found["filled"] = foretold.filled
    if foretold.reference_value is not None:
        found |= {"reference": _round(foretold.reference_value), "parts": _parts(foretold.parts)}
    return found


def reason_kept(reason: Reason) -> Json:
    """A reason in its words."""
    return {"rule": reason.rule, "zh": reason.text.zh, "en": reason.text.en}


def gap_kept(gap: CareGap) -> Json:
    """Something that is due."""
    return {
        "item": gap.item,
        "from_on": gap.from_on.isoformat(),
        "by_on": gap.by_on.isoformat(),
        "refer": gap.refer is not None,
    }


def _parts(parts: Sequence[Contribution]) -> list[list[Any]]:
    return [[part.variable, round(part.log_odds, 4)] for part in parts]


def _round(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, _DIGITS)
