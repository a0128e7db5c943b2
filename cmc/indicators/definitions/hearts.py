"""Simple and WHO HEARTS (rules §9.1, §9.2): months are differences of calendar months, limits those of 140/90."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, func, not_, or_

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators.measure import Direction, IndicatorSet, Measure
from cmc.indicators.predicates import Predicate
from cmc.indicators.requirements import ASSIGNED, Requirement, plain, quarters_apart, within_months

SIMPLE: Final = "Simple (simple.org), definitions of its reports"
HEARTS: Final = "WHO HEARTS technical package, monitoring"
VERSION: Final = "SIMPLE/1"
SBP_BELOW_MMHG, DBP_BELOW_MMHG = 140, 90
OUTCOME_MONTHS: Final = 3
CARE_MONTHS: Final = 12
STATIN_AGE: Final = 40
HEARTS_QUARTERS: Final = 2
COHORT_QUARTERS: Final = 1


def _within(facts: FromClause, column: str, months: int) -> ColumnElement[bool]:
    return within_months(facts.c[column], facts.c.period_end, months)


def _under_care(facts: FromClause) -> ColumnElement[bool]:
    return or_(
        _within(facts, "registered_on", CARE_MONTHS), func.coalesce(_within(facts, "seen_on", CARE_MONTHS), False)
    )


def _seen(facts: FromClause) -> ColumnElement[bool]:
    return func.coalesce(_within(facts, "seen_on", OUTCOME_MONTHS), False)


def _measured(facts: FromClause) -> ColumnElement[bool]:
    return func.coalesce(_within(facts, "pressure_on", OUTCOME_MONTHS), False)


def _below(facts: FromClause) -> ColumnElement[bool]:
    return and_(facts.c.pressure_sbp_mmhg < SBP_BELOW_MMHG, facts.c.pressure_dbp_mmhg < DBP_BELOW_MMHG)


UNDER_CARE: Final = plain(
    "under_care",
    _under_care,
    "登记满12个月且12个月内无就诊（失访）",
    "registered 12 months ago or more and not seen in 12",
)
REGISTERED: Final = Requirement(
    code="registered",
    holds=lambda facts: not_(_within(facts, "registered_on", OUTCOME_MONTHS)),
    reason=lambda row: Text(
        f"{row.registered_on}登记，不足3个月", f"registered on {row.registered_on}, less than 3 months"
    ),
)


def _outcome(code: str, title: Text, numerator: Text, holds: Predicate, direction: Direction) -> Measure:
    return Measure(
        code=code,
        disease=Disease.HTN,
        title=title,
        numerator=numerator,
        denominator=Text(
            "在本机构登记满3个月、在管（12个月内登记或就诊）且存活者",
            "Assigned here, registered 3 months ago or more, under care (registered or seen in 12), not dead",
        ),
        source=SIMPLE,
        version=VERSION,
        parameters={"months": OUTCOME_MONTHS, "care_months": CARE_MONTHS, "include_lost": False},
        among=(ASSIGNED, UNDER_CARE, REGISTERED),
        counting=(Requirement(code="outcome", holds=holds, reason=_outcome_words),),
        direction=direction,
        belongs_to=IndicatorSet.HEARTS,
    )


def _outcome_words(row: Any) -> Text:
    if row.pressure_on is None:
        return Text("12个月内无血压记录", "no pressure in 12 months")
    return Text(
        f"最近就诊{row.seen_on}，最近血压{row.pressure_sbp_mmhg}/{row.pressure_dbp_mmhg}（{row.pressure_on}）",
        f"last seen {row.seen_on}, last pressure {row.pressure_sbp_mmhg}/{row.pressure_dbp_mmhg} on {row.pressure_on}",
    )


def _lost(disease: Disease) -> Measure:
    return Measure(
        code="SIMPLE-LTFU",
        disease=disease,
        title=Text(f"{disease.text.zh}12个月失访", f"Lost for 12 months, {disease.text.en.lower()}"),
        numerator=Text(
            "其中：登记满12个月且12个月内无就诊", "Of these: registered 12 months ago or more and not seen in 12"
        ),
        denominator=Text("在本机构登记、存活者", "Assigned here, not dead"),
        source=SIMPLE,
        version=VERSION,
        parameters={"care_months": CARE_MONTHS},
        among=(ASSIGNED,),
        counting=(plain("lost", lambda facts: not_(_under_care(facts)), "在管", "under care"),),
        direction=Direction.LOWER,
        belongs_to=IndicatorSet.HEARTS,
    )


def _cohort(code: str, quarters: int, source: str, title: Text) -> Measure:
    """People registered some quarters before the one of the period's end, controlled in that quarter."""
    when = Requirement(
        code="cohort",
        holds=lambda facts: quarters_apart(facts.c.registered_on, facts.c.period_end, quarters),
        reason=lambda row: Text(
            f"{row.registered_on}登记，不属于该队列", f"registered on {row.registered_on}: another cohort"
        ),
    )
    met = Requirement(
        code="controlled",
        holds=lambda facts: and_(quarters_apart(facts.c.pressure_on, facts.c.period_end, 0), _below(facts)),
        reason=_outcome_words,
    )
    return Measure(
        code=code,
        disease=Disease.HTN,
        title=title,
        numerator=Text(
            "其中：报告季度内最近一次血压<140/90；无就诊视为未控制",
            "Of these: last pressure of the quarter below 140/90; not seen is not controlled",
        ),
        denominator=Text(f"报告季度之前第{quarters}个季度登记者", f"Registered {quarters} quarter(s) before"),
        source=source,
        version=VERSION,
        parameters={"quarters_before": quarters},
        among=(ASSIGNED, when),
        counting=(met,),
        belongs_to=IndicatorSet.HEARTS,
    )  # fmt: skip


_STATIN: Final = Measure(
    code="SIMPLE-STATIN",
    disease=Disease.T2DM,
    title=Text("40岁及以上糖尿病患者他汀使用", "Statins in diabetes from 40 years"),
    numerator=Text("其中：期末在用他汀", "Of these: taking a statin on the last day"),
    denominator=Text("在本机构登记、存活、40岁及以上", "Assigned here, not dead, 40 or older"),
    source=SIMPLE,
    version=VERSION,
    parameters={"age_from": STATIN_AGE},
    among=(ASSIGNED, plain("age", lambda facts: facts.c.age_at_end >= STATIN_AGE, "不满40岁", "under 40")),
    counting=(
        plain("statin", lambda facts: facts.c.takes_statin, "未用他汀：评估是否需要", "no statin: consider one"),
    ),
    belongs_to=IndicatorSet.HEARTS,
)

MEASURES: Final[tuple[Measure, ...]] = (
    _outcome(
        "SIMPLE-CONTROLLED", Text("血压控制（3个月）", "Controlled within 3 months"),
        Text("其中：3个月内有血压且最近一次<140/90", "Of these: measured within 3 months, last below 140/90"),
        lambda facts: and_(_seen(facts), _measured(facts), _below(facts)), Direction.HIGHER,
    ),
    _outcome(
        "SIMPLE-UNCONTROLLED", Text("血压未控制（3个月）", "Not controlled within 3 months"),
        Text("其中：3个月内有血压且最近一次≥140或≥90", "Of these: measured within 3 months, last not below 140/90"),
        lambda facts: and_(_seen(facts), _measured(facts), not_(_below(facts))), Direction.LOWER,
    ),
    _outcome(
        "SIMPLE-MISSED", Text("3个月未就诊", "No visit in 3 months"),
        Text("其中：3个月内无就诊", "Of these: not seen in 3 months"),
        lambda facts: not_(_seen(facts)), Direction.LOWER,
    ),
    _outcome(
        "SIMPLE-NOBP", Text("就诊但无血压", "Visit without a pressure"),
        Text("其中：3个月内就诊但无血压", "Of these: seen within 3 months, but not measured"),
        lambda facts: and_(_seen(facts), not_(_measured(facts))), Direction.LOWER,
    ),
    *(_lost(each) for each in Disease),
    _cohort("SIMPLE-COHORT", COHORT_QUARTERS, SIMPLE, Text("季度队列控制率", "Quarterly cohort, controlled")),
    _cohort("HEARTS-1", HEARTS_QUARTERS, HEARTS, Text("6个月队列控制率", "Six-monthly control of a cohort")),
    _STATIN,
)  # fmt: skip
