"""The parameters of an indicator, each an explicit set; they are published with every number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

from cmc.core.named import NamedStr
from cmc.core.text import Text


class DenomPolicy(NamedStr):
    """Who counts as managed in the period (年内已管理)."""

    ANY_TIME_IN_PERIOD = (
        "ANY_TIME_IN_PERIOD",
        "期内任何时间在管（含死亡、迁出、失访）",
        "Managed on any day of the period; dead, moved and lost people stay",
    )
    ACTIVE_AT_END_PLUS_LTFU = (
        "ACTIVE_AT_END_PLUS_LTFU",
        "期末在管及失访、拒绝（不含期内死亡、迁出）",
        "Managed at the period's end, with lost and refused people; without those who died or moved before",
    )
    HAD_FOLLOWUP = "HAD_FOLLOWUP", "期内有过有效随访", "Managed and followed up at least once in the period"
    ENROLLED_GE_N_DAYS = "ENROLLED_GE_N_DAYS", "期内在管不少于N天", "Managed on at least N days of the period"


class StandardRule(NamedStr):
    """What standard management (规范管理) asks for besides not being lost, dead or gone."""

    STRICT_F2F4_EXAM = (
        "STRICT_F2F4_EXAM",
        "面对面随访≥4次且年度体检",
        "At least 4 face-to-face follow-ups on different days, and the annual exam",
    )
    QUARTERLY_F2F_EXAM = (
        "QUARTERLY_F2F_EXAM",
        "每个完整在管季度均有面对面随访且年度体检",
        "A face-to-face follow-up in every quarter managed as a whole, and the annual exam",
    )
    PRORATA_FLOOR90_EXAM = (
        "PRORATA_FLOOR90_EXAM",
        "面对面随访次数按在管天数折算（每90天1次，1–4次）且年度体检",
        "One face-to-face follow-up per 90 managed days, at least 1 and at most 4, and the annual exam",
    )
    ANYMODE4_EXAM = (
        "ANYMODE4_EXAM",
        "随访≥4次（含电话）且年度体检",
        "At least 4 follow-ups of any mode, and the annual exam",
    )
    STRICT_F2F4_NOEXAM = "STRICT_F2F4_NOEXAM", "面对面随访≥4次", "At least 4 face-to-face follow-ups on different days"
    QUARTERLY_F2F_NOEXAM = (
        "QUARTERLY_F2F_NOEXAM",
        "每个完整在管季度均有面对面随访",
        "A face-to-face follow-up in every quarter managed as a whole",
    )
    PRORATA_FLOOR90_NOEXAM = (
        "PRORATA_FLOOR90_NOEXAM",
        "面对面随访次数按在管天数折算（每90天1次，1–4次）",
        "One face-to-face follow-up per 90 managed days, at least 1 and at most 4",
    )
    ANYMODE4_NOEXAM = "ANYMODE4_NOEXAM", "随访≥4次（含电话）", "At least 4 follow-ups of any mode"

    @property
    def needs_exam(self) -> bool:
        """Whether the annual exam is asked for."""
        return not self.value.endswith("_NOEXAM")

    @property
    def with_exam(self) -> StandardRule:
        """The same rule on follow-ups, with the exam."""
        return StandardRule(self.value.replace("_NOEXAM", "_EXAM"))


class Reading(NamedStr):
    """Which blood pressure of the period counts."""

    LAST_F2F_FOLLOWUP = "LAST_F2F_FOLLOWUP", "最近一次面对面随访", "Last face-to-face follow-up"
    LAST_ANYMODE_FOLLOWUP = "LAST_ANYMODE_FOLLOWUP", "最近一次随访（含电话）", "Last follow-up of any mode"


class Control(NamedStr):
    """Which limits mean controlled (CTRL-02)."""

    NBPHS_AGE_AT_READING = "NBPHS_AGE_AT_READING", "国家规范，按测量时年龄", "National limits at the age of the reading"
    NBPHS_AGE_AT_PERIOD_END = (
        "NBPHS_AGE_AT_PERIOD_END",
        "国家规范，按期末年龄",
        "National limits at the age of the period's end",
    )
    UNIFORM_140_90 = "UNIFORM_140_90", "统一<140/90", "Below 140/90 at every age"
    TARGET_2025_130_80 = "TARGET_2025_130_80", "基层指南2025目标值", "Treatment target of the 2025 guideline"


class GlucoseReading(NamedStr):
    """Which glucose of the period counts. All three look at face-to-face follow-ups."""

    LATEST_FOLLOWUP_FBG_REQUIRED = (
        "LATEST_FOLLOWUP_FBG_REQUIRED",
        "最近一次随访的空腹血糖，缺失即未达标",
        "Fasting glucose of the last follow-up; missing means not met",
    )
    LATEST_AVAILABLE_FBG = "LATEST_AVAILABLE_FBG", "期内最近一次空腹血糖", "Latest fasting glucose of any follow-up"
    LATEST_FOLLOWUP_ANY_TYPE = (
        "LATEST_FOLLOWUP_ANY_TYPE",
        "最近一次随访的血糖（空腹<7.0，缺空腹时其他<10.0）",
        "Glucose of the last follow-up: fasting below 7.0, or without a fasting value another below 10.0",
    )


class HbA1cDenominator(NamedStr):
    """Of whom the controlled HbA1c is a share (IND-21)."""

    MANAGED = "MANAGED", "全部在管（未测视为未达标）", "Everybody managed; not tested is not met"
    TESTED = "TESTED", "期内已检测", "Those tested in the period"


class Circumstance(IntFlag):
    """Diagnoses that exclude from an indicator or sharpen it: the bits of `conditions`, as the statement sets them."""

    VASCULAR = 1
    RENAL = 2
    PREGNANT = 4
    PALLIATIVE = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """An option of the rules that cannot be computed yet, and the data it waits for."""

    parameter: str
    option: str
    reason: Text


_CONTRACTS: Final = Text("待家庭医生签约模块", "waits for family-doctor contracts")
_REFERRALS: Final = Text("待转诊模块", "waits for referrals")
_FRAILTY: Final = Text("待衰弱程度记录", "waits for a record of frailty")
WAITING: Final = (
    Waiting("reading", "LAST_ANY_OFFICE", Text("待诊室血压与随访关联", "waits for office readings outside follow-ups")),
    Waiting("reading", "HOME_MEAN", Text("待家庭血压均值事实", "waits for home means as a fact")),
    Waiting("glucose_reading", "HBA1C", Text("见IND-21", "is an indicator of its own: IND-21")),
    Waiting("standard_rule", "require_two_week", Text("待两周复查事实", "waits for two-week checks as a fact")),
    Waiting("standard_rule", "require_referral_followup", _REFERRALS),
    Waiting("indicator", "IND-01", Text("待常住人口与患病率参数", "waits for resident population and prevalence")),
    Waiting("indicator", "IND-09", _REFERRALS),
    Waiting("indicator", "IND-10", _REFERRALS),
    Waiting("indicator", "IND-28 person-years", Text("待人年口径的值", "waits for values per person-year")),
    *(Waiting("indicator", f"IND-{number}", _CONTRACTS) for number in (30, 31, 32, 33, 34, 35)),
    Waiting("indicator", "IND-21 personal target", Text("待个体目标事实", "waits for personal targets as a fact")),
    Waiting(
        "indicator", "HEARTS-2", Text("待患病人数估计", "waits for the estimated number of people with the disease")
    ),
    Waiting("indicator", "HEARTS-3", Text("待药品库存", "waits for the stock of medicines")),
    Waiting(
        "indicator", "SIMPLE diabetes bands", Text("待12个月血糖事实", "waits for glucose of twelve months as a fact")
    ),
    Waiting("indicator", "SIMPLE overdue and returned", Text("待召回记录", "waits for the record of calls")),
    Waiting("indicator", "CMS exclusions by frailty and nursing home", _FRAILTY),
    Waiting("indicator", "CMS122 GMI", Text("待动态血糖汇总", "waits for summaries of continuous glucose")),
    Waiting("indicator", "QOF DM021", _FRAILTY),
    Waiting("indicator", "QOF DM006, DM034, DM035", Text("待用药分类事实", "waits for classes of medicines as a fact")),
    Waiting("indicator", "QOF and CMS home readings", Text("待家庭血压事实", "waits for home readings as a fact")),
)

ENROLLED_DAYS: Final = 90
"""N of ENROLLED_GE_N_DAYS when nothing else is said [D]."""
