"""How well pressures were measured and written down: what the follow-ups of a place say about themselves.

The signature of made-up values is pressures piled just under 140 with hardly any spread. The flags are worded neutrally
and drawn so that honest data raises one in less than a hundred cases; all are silent below `ENOUGH` values [D].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.core.named import NamedStr

ENOUGH: Final = 50
BIN_MMHG: Final = 5
LEAST_SPREAD_MMHG: Final = 6.0
JUST_BELOW, JUST_ABOVE = range(135, 140), range(140, 145)
MOST_JUST_BELOW: Final = 0.65
"""Share of 135–139 among 135–144 that an honest distribution of a well-run clinic stays under."""
SURE: Final = 3.29  # one in a thousand
DIGITS_CHI_SQUARE: Final = 33.7  # nine degrees of freedom, one in ten thousand
MOST_OF_ONE_DIGIT: Final = 0.25
MOST_REPEATED: Final = 0.3


class QualityFlag(NamedStr):
    """What is worth checking again."""

    PILED_BELOW_140 = (
        "piled_below_140",
        "收缩压集中于140以下，值得复核",
        "Pressures pile up just below 140: worth a check",
    )
    NARROW_SPREAD = "narrow_spread", "收缩压离散过小，值得复核", "Pressures hardly differ: worth a check"
    LAST_DIGIT = "last_digit", "末位数字偏好，值得复核", "One last digit is preferred: worth a check"
    REPEATED = "repeated", "与上次完全相同的血压过多，值得复核", "Many pressures repeat the one before: worth a check"


@dataclass(frozen=True, slots=True)
class Quality:
    """Counts of follow-ups of a place; `sbp` and `last_digits` are by value (mmHg) and by last digit of both limbs."""

    followups: int
    phone: int
    late: int
    repeated: int
    repeatable: int
    sbp: Mapping[int, int]
    last_digits: Mapping[int, int]

    @property
    def values(self) -> int:
        """Pressures written down."""
        return sum(self.sbp.values())

    def between(self, first: int, last: int) -> int:
        """How many systolic pressures lie between two values, both included."""
        return sum(number for value, number in self.sbp.items() if first <= value <= last)

    def histogram(self) -> list[tuple[int, int]]:
        """Return (lowest value, number) of each bin of 5 mmHg from the first used to the last."""
        if not self.sbp:
            return []
        first, last = min(self.sbp) // BIN_MMHG * BIN_MMHG, max(self.sbp)
        starts = range(first, last + 1, BIN_MMHG)
        return [(start, self.between(start, start + BIN_MMHG - 1)) for start in starts]


_COUNTS: Final = text("""
SELECT count(*) AS followups, count(*) FILTER (WHERE mode = 3) AS phone, count(*) FILTER (WHERE is_late_entry) AS late,
    count(*) FILTER (WHERE (sbp_mmhg, dbp_mmhg) = (sbp_before, dbp_before)) AS repeated,
    count(*) FILTER (WHERE sbp_mmhg IS NOT NULL AND sbp_before IS NOT NULL) AS repeatable
FROM (
    SELECT DISTINCT ON (encounter_id) encounter_id, mode, is_late_entry, sbp_mmhg, dbp_mmhg, visited_on, clinic_id,
        sbp_before, dbp_before
    FROM (
        SELECT f.*, lag(f.sbp_mmhg) OVER w AS sbp_before, lag(f.dbp_mmhg) OVER w AS dbp_before
        FROM followup AS f
        WHERE f.clinic_id = ANY(:clinic_ids) AND f.visited_on BETWEEN :first AND :last AND f.ended_at IS NULL
        WINDOW w AS (PARTITION BY f.patient_id, f.disease ORDER BY f.visited_on, f.id)) AS f
    ORDER BY encounter_id, disease) AS encounter
""").bindparams(bindparam("clinic_ids", type_=ARRAY(Uuid())))
_PRESSURES: Final = text("""
SELECT sbp_mmhg, dbp_mmhg, count(DISTINCT encounter_id) AS number
FROM followup
WHERE clinic_id = ANY(:clinic_ids) AND visited_on BETWEEN :first AND :last AND sbp_mmhg IS NOT NULL
  AND dbp_mmhg IS NOT NULL AND ended_at IS NULL
GROUP BY sbp_mmhg, dbp_mmhg
""").bindparams(bindparam("clinic_ids", type_=ARRAY(Uuid())))


def measured(session: Session, clinic_ids: Sequence[UUID], first: date, last: date) -> Quality:
    """Count the follow-ups made at some clinics from `first` to `last`; an encounter for both diseases counts once."""
    asked = {"clinic_ids": list(clinic_ids), "first": first, "last": last}
    counts = session.execute(_COUNTS, asked).one()
    sbp: dict[int, int] = {}
    digits = dict.fromkeys(range(10), 0)
    for high, low, number in session.execute(_PRESSURES, asked):
        sbp[high] = sbp.get(high, 0) + number
        for limb in (high, low):
            digits[limb % 10] += number
    return Quality(
        counts.followups, counts.phone, counts.late, counts.repeated, counts.repeatable, sbp=sbp, last_digits=digits
    )


def flags(found: Quality) -> list[QualityFlag]:
    """Return what is worth checking again; nothing below `ENOUGH` values."""
    if found.values < ENOUGH:
        return []
    raised = {
        QualityFlag.PILED_BELOW_140: _piled(found),
        QualityFlag.NARROW_SPREAD: _spread(found.sbp) < LEAST_SPREAD_MMHG,
        QualityFlag.LAST_DIGIT: _preferred(found.last_digits),
        QualityFlag.REPEATED: found.repeatable >= ENOUGH and found.repeated > MOST_REPEATED * found.repeatable,
    }
    return [flag for flag, is_raised in raised.items() if is_raised]


def _piled(found: Quality) -> bool:
    below = found.between(JUST_BELOW.start, JUST_BELOW.stop - 1)
    both = below + found.between(JUST_ABOVE.start, JUST_ABOVE.stop - 1)
    if both < ENOUGH // 2:
        return False
    expected = MOST_JUST_BELOW * both
    return below - expected > SURE * sqrt(both * MOST_JUST_BELOW * (1 - MOST_JUST_BELOW))


def _spread(sbp: Mapping[int, int]) -> float:
    number = sum(sbp.values())
    mean = sum(value * count for value, count in sbp.items()) / number
    return sqrt(sum(count * (value - mean) ** 2 for value, count in sbp.items()) / number)


def _preferred(digits: Mapping[int, int]) -> bool:
    number = sum(digits.values())
    expected = number / 10
    chi_square = sum((count - expected) ** 2 / expected for count in digits.values())
    return chi_square > DIGITS_CHI_SQUARE and max(digits.values()) > MOST_OF_ONE_DIGIT * number
