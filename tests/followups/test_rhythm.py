"""How often: groups, limits, regrouping once a year. Pure."""

from datetime import date

import pytest

from cmc.clinical.codes import Classification, Disease
from cmc.clinical.stratification import RiskLevel
from cmc.followups.codes import FollowupGroup
from cmc.followups.rhythm import LONGEST_DAYS, GroupFacts, Grouping, Rhythm, group_of, regrouped

STANDARD, CLOSER, INTENSIVE = FollowupGroup
ON = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("facts", "group"),
    [
        (GroupFacts(), STANDARD),
        (GroupFacts(classes=(Classification.SATISFACTORY,)), STANDARD),
        (GroupFacts(classes=(Classification.SATISFACTORY, Classification.UNSATISFACTORY)), CLOSER),
        (GroupFacts(classes=(Classification.ADVERSE_REACTION,)), CLOSER),
        (GroupFacts(classes=(Classification.COMPLICATION,)), INTENSIVE),
        (GroupFacts(risk_level=RiskLevel.LOW), STANDARD),
        (GroupFacts(risk_level=RiskLevel.MEDIUM), CLOSER),
        (GroupFacts(risk_level=RiskLevel.HIGH), INTENSIVE),
        (GroupFacts(risk_level=RiskLevel.VERY_HIGH), INTENSIVE),
        (GroupFacts(risk_band=RiskLevel.HIGH), INTENSIVE),
        (GroupFacts(risk_level=RiskLevel.LOW, risk_band=RiskLevel.MEDIUM), CLOSER),
        (GroupFacts(risk_factors=2), STANDARD),
        (GroupFacts(risk_factors=3), CLOSER),
        (GroupFacts(risk_factors=3, risk_level=RiskLevel.HIGH), INTENSIVE),
    ],
)
def test_whatever_asks_for_the_closest_group_decides(facts: GroupFacts, group: FollowupGroup) -> None:
    assert group_of(facts) is group


LOW, HIGH = GroupFacts(risk_level=RiskLevel.LOW), GroupFacts(risk_level=RiskLevel.HIGH)


@pytest.mark.parametrize(
    ("current", "facts", "expected"),
    [
        (None, HIGH, Grouping(INTENSIVE, ON)),
        (Grouping(STANDARD, date(2026, 3, 1)), HIGH, Grouping(INTENSIVE, date(2026, 3, 1))),  # up at once
        (Grouping(INTENSIVE, date(2026, 3, 1)), LOW, Grouping(INTENSIVE, date(2026, 3, 1))),  # down not before a year
        (Grouping(INTENSIVE, date(2025, 11, 21)), LOW, Grouping(INTENSIVE, date(2025, 11, 21))),
        (Grouping(INTENSIVE, date(2025, 11, 20)), LOW, Grouping(STANDARD, ON)),
        (Grouping(CLOSER, date(2024, 2, 29)), LOW, Grouping(STANDARD, ON)),
        (Grouping(INTENSIVE, date(2026, 12, 1)), LOW, Grouping(STANDARD, ON)),  # a clock that was ahead
    ],
)
def test_up_at_once_down_once_a_year(current: Grouping | None, facts: GroupFacts, expected: Grouping) -> None:
    assert regrouped(current, facts, ON) == expected


def test_nothing_is_ever_less_often_than_the_standard() -> None:
    rhythm = Rhythm({(Disease.HTN, INTENSIVE): 30, (Disease.T2DM, STANDARD): 400})
    assert rhythm.of(Disease.HTN, INTENSIVE) == 30
    assert rhythm.of(Disease.HTN, STANDARD) == rhythm.of(Disease.T2DM, STANDARD) == LONGEST_DAYS == 90
