"""How well pressures were measured and written down: what the follow-ups of a place say about themselves.

The signature of made-up values is pressures piled just under 140 with hardly any spread. The flags are worded neutrally
and drawn so that honest data raises one in less than a hundred cases; all are silent below `ENOUGH` values [D].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, TextClause, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.core.named import NamedStr
from cmc.indicators.insight import entering
from cmc.indicators.insight.entering import CarriedField, Entry

ENOUGH: Final = 50
BIN_MMHG: Final = 5
LEAST_SPREAD_MMHG: Final = 6.0
JUST_BELOW, JUST_ABOVE = range(135, 140), range(140, 145)
MOST_JUST_BELOW: Final = 0.65
"""Share of 135–139 among 135–144 that an honest distribution of a well-run clinic stays under."""
SURE: Final = 3.29  # one in a thousand
DIGITS_CHI_SQUARE: Final = 33.7  # nine degrees of freedom, one in ten thousand
MOST_OF_ONE_DIGIT: Final = 0.25
"""Share of a last digit that an honest reader stays under who reads a scale to 2 mmHg: each even digit has a fifth."""
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
    """Pressures that are the very same as at the person's visit before (`entering`), of `repeatable`."""
    repeatable: int
    sbp: Mapping[int, int]
    last_digits: Mapping[int, int]
    from_device: int = 0
    entry: Entry = entering.NOTHING

    @property
    def typed(self) -> int:
        """Pressures that no device sent on that day to the mmHg."""
        return self.values - self.from_device

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


_COUNTS: Final = """
SELECT {recorder} AS recorder, count(*) AS followups, count(*) FILTER (WHERE mode = 3) AS phone,
    count(*) FILTER (WHERE is_late_entry) AS late,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM reading AS r
        WHERE r.patient_id = encounter.patient_id AND r.taken_on = encounter.visited_on AND r.device IS NOT NULL
          AND r.sbp_mmhg = encounter.sbp_mmhg AND r.dbp_mmhg = encounter.dbp_mmhg)) AS from_device
FROM (
    SELECT DISTINCT ON (encounter_id) encounter_id, patient_id, actor, mode, is_late_entry, sbp_mmhg, dbp_mmhg,
        visited_on
    FROM followup
    WHERE clinic_id = ANY(:clinic_ids) AND visited_on BETWEEN :first AND :last AND ended_at IS NULL
    ORDER BY encounter_id, disease) AS encounter
GROUP BY recorder
"""
_PRESSURES: Final = """
SELECT {recorder} AS recorder, sbp_mmhg, dbp_mmhg, count(DISTINCT encounter_id) AS number
FROM followup
WHERE clinic_id = ANY(:clinic_ids) AND visited_on BETWEEN :first AND :last AND sbp_mmhg IS NOT NULL
  AND dbp_mmhg IS NOT NULL AND ended_at IS NULL
GROUP BY recorder, sbp_mmhg, dbp_mmhg
"""
_NOBODY: Final = Quality(0, 0, 0, 0, 0, {}, dict.fromkeys(range(10), 0))


def _asking(statement: str, recorder: str) -> TextClause:
    return text(statement.replace("{recorder}", recorder)).bindparams(bindparam("clinic_ids", type_=ARRAY(Uuid())))


_OF_ALL: Final = (_asking(_COUNTS, "CAST('' AS text)"), _asking(_PRESSURES, "CAST('' AS text)"))
_OF_EACH: Final = (_asking(_COUNTS, "actor"), _asking(_PRESSURES, "actor"))


def measured(session: Session, clinic_ids: Sequence[UUID], first: date, last: date) -> Quality:
    """Count the follow-ups made at some clinics from `first` to `last`; an encounter for both diseases counts once."""
    return _found(session, _OF_ALL, clinic_ids, first, last).get("", _NOBODY)


def recorded(session: Session, clinic_ids: Sequence[UUID], first: date, last: date) -> dict[str, Quality]:
    """Count the same by who recorded it, "user:<id>" or another actor; whoever recorded most comes first."""
    found = _found(session, _OF_EACH, clinic_ids, first, last)
    return dict(sorted(found.items(), key=lambda each: (-each[1].followups, each[0])))


def _found(
    session: Session, statements: tuple[TextClause, TextClause], clinic_ids: Sequence[UUID], first: date, last: date
) -> dict[str, Quality]:
    asked = {"clinic_ids": list(clinic_ids), "first": first, "last": last}
    counts, pressures = statements
    sbp: dict[str, dict[int, int]] = defaultdict(dict)
    digits: dict[str, dict[int, int]] = defaultdict(lambda: dict.fromkeys(range(10), 0))
    for recorder, high, low, number in session.execute(pressures, asked):
        sbp[recorder][high] = sbp[recorder].get(high, 0) + number
        for limb in (high, low):
            digits[recorder][limb % 10] += number
    rows = {row.recorder: row for row in session.execute(counts, asked)}
    entries = entering.entered(session, clinic_ids, first, last, by_recorder=statements is _OF_EACH)
    return {
        name: _joined(rows.get(name), entries.get(name, entering.NOTHING), sbp[name], digits[name])
        for name in rows.keys() | entries.keys()
    }


def _joined(row: Row[Any] | None, entry: Entry, sbp: Mapping[int, int], digits: Mapping[int, int]) -> Quality:
    """Who entered visits that others corrected since may have no row of visits that stand."""
    pressure = entry.of(CarriedField.PRESSURE)
    followups, phone, late, from_device = (row.followups, row.phone, row.late, row.from_device) if row else (0, 0, 0, 0)
    return Quality(
        followups, phone, late, pressure.same, pressure.comparable, sbp, digits, from_device=from_device, entry=entry
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
    beyond = max(digits.values()) - MOST_OF_ONE_DIGIT * number
    return chi_square > DIGITS_CHI_SQUARE and beyond > SURE * sqrt(number * MOST_OF_ONE_DIGIT * (1 - MOST_OF_ONE_DIGIT))
