"""CMS165 and CMS122 (rules §9.3) on our facts: the measurement period is the twelve months up to the period's end.

The lowest values of the last day count, and of pressures each limb for itself. Enrolment stands for the diagnosis, a
follow-up of any mode for the qualifying visit [D].
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, literal_column, or_

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators.measure import Direction, IndicatorSet, Measure
from cmc.indicators.predicates import has
from cmc.indicators.requirements import ASSIGNED, Requirement, in_twelve_months, plain
from cmc.indicators.variants import Circumstance

VERSION: Final = "CMS/2025/1"
SBP_BELOW_MMHG, DBP_BELOW_MMHG = 140, 90
HBA1C_ABOVE_MICRO: Final = 9_000_000
_HALF_A_YEAR: Final[ColumnElement[timedelta]] = literal_column("interval '5 months'")

SEEN: Final = plain("seen", in_twelve_months("seen_on"), "12个月内无随访", "no follow-up in twelve months")


def _age(first: int, last: int) -> Requirement:
    return plain(
        "age",
        lambda facts: facts.c.age_at_end.between(first, last),
        f"不在{first}–{last}岁", f"not {first} to {last} years old",
    )  # fmt: skip


def _without(code: str, bits: Circumstance, zh: str, en: str) -> Requirement:
    return plain(code, lambda facts: ~has(facts, bits), zh, en)


CMS165: Final = Measure(
    code="CMS165",
    disease=Disease.HTN,
    title=Text("CMS165 血压控制", "CMS165 Controlling high blood pressure"),
    numerator=Text(
        "其中：最近有血压之日的最低收缩压<140且最低舒张压<90（可来自不同测量）；无血压视为未达标",
        "Of these: on the last day with pressures the lowest SBP below 140 and the lowest DBP below 90,"
        " maybe of different readings; none is not met",
    ),
    denominator=Text(
        "期末18–85岁、原发性高血压始于前6个月或更早、12个月内有随访",
        "18 to 85 at the end, essential hypertension since the first 6 months or before, seen in the twelve months",
    ),
    exclusions=Text("妊娠、终末期肾病或透析、安宁疗护", "Pregnancy, end-stage kidney disease, palliative care"),
    source="CMS165 (eCQM, 2025)",
    version=VERSION,
    parameters={"readings": "FOLLOWUPS", "diagnosis": "ENROLMENT"},
    among=(
        ASSIGNED,
        _age(18, 85),
        plain("primary", lambda facts: facts.c.is_primary, "非原发性高血压", "not essential hypertension"),
        plain(
            "since",
            lambda facts: facts.c.registered_on < func.date_trunc("month", facts.c.period_end) - _HALF_A_YEAR,
            "后6个月才纳入", "enrolled in the last 6 months",
        ),
        SEEN,
        _without(
            "excluded", Circumstance.RENAL | Circumstance.PREGNANT | Circumstance.PALLIATIVE,
            "妊娠、终末期肾病或安宁疗护", "pregnancy, end-stage kidney disease or palliative care",
        ),
    ),
    counting=(
        Requirement(
            code="lowest",
            holds=lambda facts: and_(
                facts.c.lowest_sbp_mmhg < SBP_BELOW_MMHG, facts.c.lowest_dbp_mmhg < DBP_BELOW_MMHG
            ),
            reason=lambda row: (
                Text("12个月内无血压", "no pressure in twelve months")
                if row.pressure_on is None
                else Text(
                    f"{row.pressure_on}最低{row.lowest_sbp_mmhg}/{row.lowest_dbp_mmhg}",
                    f"lowest of {row.pressure_on}: {row.lowest_sbp_mmhg}/{row.lowest_dbp_mmhg}",
                )
            ),
        ),
    ),
    belongs_to=IndicatorSet.CMS,
)  # fmt: skip

CMS122: Final = Measure(
    code="CMS122",
    disease=Disease.T2DM,
    title=Text("CMS122 糖化血红蛋白>9%（反向）", "CMS122 Glycaemic status above 9 % (inverse)"),
    numerator=Text(
        "其中：最近检测日最低糖化血红蛋白>9.0%，或12个月内未检测",
        "Of these: the lowest HbA1c of the last day above 9.0 %, or none in the twelve months",
    ),
    denominator=Text(
        "期末18–75岁、在管糖尿病、12个月内有随访", "18 to 75 at the end, with diabetes, seen in the twelve months"
    ),
    exclusions=Text("安宁疗护", "Palliative care"),
    source="CMS122 (eCQM, 2025)",
    version=VERSION,
    parameters={"readings": "LABORATORY", "diagnosis": "ENROLMENT"},
    among=(
        ASSIGNED,
        _age(18, 75),
        SEEN,
        _without("excluded", Circumstance.PALLIATIVE, "安宁疗护", "palliative care"),
    ),
    counting=(
        Requirement(
            code="above",
            holds=lambda facts: or_(
                facts.c.hba1c_lowest_micro.is_(None), facts.c.hba1c_lowest_micro > HBA1C_ABOVE_MICRO
            ),
            reason=lambda row: Text(
                f"糖化血红蛋白{row.hba1c_lowest_micro / 1e6:.1f}%（{row.hba1c_on}）",
                f"HbA1c {row.hba1c_lowest_micro / 1e6:.1f} % on {row.hba1c_on}",
            ),
        ),
    ),
    direction=Direction.LOWER,
    belongs_to=IndicatorSet.CMS,
)

MEASURES: Final[tuple[Measure, ...]] = (CMS165, CMS122)
