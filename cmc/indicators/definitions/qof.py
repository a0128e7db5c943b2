"""England's QOF (rules §9.4): the last value of the preceding twelve months, "at or below" where China has "below".

Who was registered within nine months and is not met is left out (personalised care adjustment).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, func, literal_column, or_, true

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators.measure import IndicatorSet, Measure
from cmc.indicators.predicates import Predicate
from cmc.indicators.requirements import ASSIGNED, Requirement, in_twelve_months, plain

SOURCE: Final = "NHS QOF 2025/26"
VERSION: Final = "QOF/2025-26/1"
OLD_FROM: Final = 80
HBA1C_BELOW_MICRO: Final = 7_502_700  # rounds to 58 mmol/mol or less: (7.5027 - 2.15) * 10.929 = 58.5
_NINE_MONTHS: Final[ColumnElement[timedelta]] = literal_column("interval '9 months'")


def _at_most(sbp: int, dbp: int) -> Predicate:
    return lambda facts: and_(facts.c.pressure_sbp_mmhg <= sbp, facts.c.pressure_dbp_mmhg <= dbp)


def _hba1c(facts: FromClause) -> ColumnElement[bool]:
    return facts.c.hba1c_micro < HBA1C_BELOW_MICRO


def _pressure_words(row: Any) -> Text:
    if row.pressure_on is None:
        return Text("12个月内无血压：补测", "no pressure in twelve months: measure it")
    return Text(
        f"{row.pressure_on}血压{row.pressure_sbp_mmhg}/{row.pressure_dbp_mmhg}",
        f"{row.pressure_sbp_mmhg}/{row.pressure_dbp_mmhg} on {row.pressure_on}",
    )


def _hba1c_words(row: Any) -> Text:
    if row.hba1c_on is None:
        return Text("12个月内无糖化血红蛋白：补测", "no HbA1c in twelve months: test it")
    shown = f"{row.hba1c_micro / 1e6:.1f}"
    return Text(f"糖化血红蛋白{shown}%（{row.hba1c_on}）", f"HbA1c {shown} % on {row.hba1c_on}")


def _measure(
    code: str, disease: Disease, ages: tuple[int, int] | None, title: Text, numerator: Text, met: Requirement
) -> Measure:
    settled = plain(
        "settled",
        lambda facts: or_(
            facts.c.registered_on <= facts.c.period_end - _NINE_MONTHS, func.coalesce(met.holds(facts), False)
        ),
        "9个月内新登记且未达标，不统计", "registered within nine months and not met: left out",
    )  # fmt: skip
    low, high = ages or (0, 200)
    age = plain(
        "age", lambda facts: facts.c.age_at_end.between(low, high) if ages else true(), "年龄不符", "another age"
    )
    words = Text("在本机构登记、存活者", "On the register here, not dead")
    if ages:
        words = Text(f"{words.zh}，{low}–{high}岁", f"{words.en}, {low} to {high} years")
    return Measure(
        code=code, disease=disease, title=title, numerator=numerator, denominator=words, source=SOURCE, version=VERSION,
        parameters={"months": 12, "readings": "FOLLOWUPS", "new_within_months": 9}, among=(ASSIGNED, age, settled),
        counting=(met,), belongs_to=IndicatorSet.QOF,
        exclusions=Text("9个月内新登记且未达标者", "Who was registered within nine months and is not met"),
    )  # fmt: skip


def _pressure(code: str, disease: Disease, ages: tuple[int, int], sbp: int, dbp: int) -> Measure:
    return _measure(
        code, disease, ages,
        Text(f"{code} 血压≤{sbp}/{dbp}", f"{code} Pressure at most {sbp}/{dbp}"),
        Text(f"其中：12个月内最近一次血压≤{sbp}/{dbp}", f"Of these: last pressure of 12 months at most {sbp}/{dbp}"),
        Requirement(code="pressure", holds=_at_most(sbp, dbp), reason=_pressure_words),
    )  # fmt: skip


MEASURES: Final[tuple[Measure, ...]] = (
    _pressure("HYP008", Disease.HTN, (0, OLD_FROM - 1), 140, 90),
    _pressure("HYP009", Disease.HTN, (OLD_FROM, 150), 150, 90),
    _pressure("DM036", Disease.T2DM, (0, OLD_FROM - 1), 140, 90),
    _measure(
        "DM020", Disease.T2DM, None, Text("DM020 糖化血红蛋白≤58 mmol/mol", "DM020 HbA1c at most 58 mmol/mol"),
        Text("其中：12个月内最近一次糖化血红蛋白≤58 mmol/mol", "Of these: last HbA1c at most 58 mmol/mol"),
        Requirement(code="hba1c", holds=_hba1c, reason=_hba1c_words),
    ),
    _measure(
        "DM012", Disease.T2DM, None, Text("DM012 足部检查", "DM012 Foot examination"),
        Text("其中：12个月内有足部检查", "Of these: feet examined in twelve months"),
        plain("foot", in_twelve_months("foot_on"), "12个月内无足部检查", "feet not examined in twelve months"),
    ),
)  # fmt: skip
