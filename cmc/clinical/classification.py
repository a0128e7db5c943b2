"""What the programmes share: severity, the floor of an emergency visit, the latest next date."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from cmc.clinical.codes import Action, Classification
from cmc.clinical.periods import add_months

SEVERITY: Final = (  # FU-SEV-01, least severe first
    Classification.SATISFACTORY,
    Classification.UNSATISFACTORY,
    Classification.ADVERSE_REACTION,
    Classification.COMPLICATION,
)
SOON_DAYS: Final = 14  # FU-NEXT-01: adjust, refer, emergency, missing value
ROUTINE_DAYS: Final = 90  # FU-NEXT-01: otherwise
LONGEST_MONTHS: Final = 3  # FU-NEXT-01: never later


def most_severe(candidates: Iterable[Classification]) -> Classification | None:
    """The one class of a visit: the most severe that applies (FU-SEV-01); None when none does."""
    return max(candidates, key=SEVERITY.index, default=None)


def with_emergency_floor(by_value: Classification | None, *, emergency: bool) -> Classification | None:
    """FU-EM-01: an emergency visit is stored at least as class 2. An empty class stays empty (DM-FU-07, GLU-01)."""
    if by_value is None or not emergency:
        return by_value
    return most_severe((by_value, Classification.UNSATISFACTORY))


def within_days(action: Action, routine_days: int = ROUTINE_DAYS) -> int:
    """The most days until the next contact after an action (FU-NEXT-01)."""
    return routine_days if action is Action.ROUTINE else SOON_DAYS


def latest_next_date(on: date, days: int) -> date:
    """The last permitted next date: `days` after the visit, and never later than 3 calendar months (FU-NEXT-01)."""
    return min(on + timedelta(days=days), add_months(on, LONGEST_MONTHS))


def next_date_permitted(on: date, next_on: date, days: int) -> bool:
    """Whether a next date lies after the visit and not after the latest permitted one (FU-NEXT-01)."""
    return on < next_on <= latest_next_date(on, days)
