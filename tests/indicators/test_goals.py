"""Published goals of indicators: each belongs to an indicator, is a share, and is told beside its definition."""

from decimal import Decimal

from cmc.clinical.codes import Disease
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.goals import goals
from cmc.indicators.schemas import IndicatorList


def test_every_goal_is_a_share_of_an_indicator_with_its_source() -> None:
    assert goals().keys() <= {(each.code, each.disease) for each in DEFINITIONS}
    for goal in goals().values():
        assert Decimal(0) < goal.percent <= Decimal(100)
        assert goal.source.zh
        assert goal.source.en


def test_an_indicator_tells_its_goal_and_none_where_none_is_published() -> None:
    told = {(each.code, each.disease): each.goal for each in IndicatorList.all().items}
    standard, control = told["IND-02", Disease.T2DM], told["IND-03", Disease.HTN]
    assert standard is not None
    assert (standard.percent, standard.year) == ("70", 2030)
    assert control is None
