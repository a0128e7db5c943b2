"""How often a person is followed up: the group of a person, and the days between routine visits. Pure.

The standard asks for at least four visits a year and a next date within 90 days and 3 calendar months (HTN-FU-01,
DM-FU-01, FU-NEXT-01). A region may ask for more, by disease and group, and never for less: `LONGEST_DAYS` is the
standard's limit. Below `SHORTEST_DAYS`, the rhythm of the two-week check, a routine would be no routine [D].

Everybody is grouped once a year. Who gets worse goes up at once; who gets better goes down only at the next yearly
grouping (5.2: the risk is set anew yearly, and not lowered because the treated pressure is lower).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cmc.clinical.classification import ROUTINE_DAYS, SOON_DAYS
from cmc.clinical.codes import Classification, Disease
from cmc.clinical.periods import add_months
from cmc.clinical.stratification import RiskLevel
from cmc.followups.codes import FollowupGroup

LONGEST_DAYS: Final = ROUTINE_DAYS
SHORTEST_DAYS: Final = SOON_DAYS
MANY_FACTORS: Final = 3
"""From so many risk factors on the risk table uses its third row (5.2)."""
REGROUP_MONTHS: Final = 12

ORDER: Final = (FollowupGroup.STANDARD, FollowupGroup.CLOSER, FollowupGroup.INTENSIVE)
_OF_RISK: Final[Mapping[RiskLevel, FollowupGroup]] = {
    RiskLevel.LOW: FollowupGroup.STANDARD,
    RiskLevel.MEDIUM: FollowupGroup.CLOSER,
    RiskLevel.HIGH: FollowupGroup.INTENSIVE,
    RiskLevel.VERY_HIGH: FollowupGroup.INTENSIVE,
}
_OF_CLASS: Final[Mapping[Classification, FollowupGroup]] = {
    Classification.SATISFACTORY: FollowupGroup.STANDARD,
    Classification.UNSATISFACTORY: FollowupGroup.CLOSER,
    Classification.ADVERSE_REACTION: FollowupGroup.CLOSER,
    Classification.COMPLICATION: FollowupGroup.INTENSIVE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFacts:
    """What decides the group: the latest class of each disease, the cell of the risk table, counted risk factors.

    `risk_band` is the band of complication risk; None without one.
    """

    classes: tuple[Classification, ...] = ()
    risk_level: RiskLevel | None = None
    risk_factors: int = 0
    risk_band: RiskLevel | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """The group of a person and the day on which the person was last grouped."""

    group: FollowupGroup
    on: date

    @property
    def again_on(self) -> date:
        """When the person is grouped anew."""
        return add_months(self.on, REGROUP_MONTHS)


def group_of(facts: GroupFacts) -> FollowupGroup:
    """Return the closest group that anything asks for."""
    asked = [_OF_CLASS[each] for each in facts.classes]
    asked += [_OF_RISK[each] for each in (facts.risk_level, facts.risk_band) if each is not None]
    if facts.risk_factors >= MANY_FACTORS:
        asked.append(FollowupGroup.CLOSER)
    return max(asked, key=ORDER.index, default=FollowupGroup.STANDARD)


def regrouped(current: Grouping | None, facts: GroupFacts, on: date) -> Grouping:
    """Return the grouping on a local date: up at once, down only when a year has passed; the day changes with it."""
    found = group_of(facts)
    if current is None or on >= current.again_on or current.on > on:
        return Grouping(found, on)
    if ORDER.index(found) > ORDER.index(current.group):
        return Grouping(found, current.on)
    return current


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Days between routine visits by disease and group; what is not named has the standard's."""

    days: Mapping[tuple[Disease, FollowupGroup], int]

    def of(self, disease: Disease, group: FollowupGroup) -> int:
        """Return the days until the next routine visit: never more than the standard permits."""
        return min(self.days.get((disease, group), LONGEST_DAYS), LONGEST_DAYS)


STANDARD_RHYTHM: Final = Rhythm({})
