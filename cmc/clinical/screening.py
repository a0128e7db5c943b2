"""What screening answers, whatever the disease: how far a suspicion has come, what is still needed, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cmc.clinical.reasons import Reason
from cmc.core.named import NamedStr


class Verdict(NamedStr):
    """How far screening has come. `CRITERIA_MET` is preliminary: a doctor confirms the diagnosis (HTN-SC-02)."""

    NOT_SCREENED = "NOT_SCREENED", "未筛查", "Not screened"
    NO_SUSPICION = "NO_SUSPICION", "未见异常", "No suspicion"
    HIGH_RISK = "HIGH_RISK", "高危人群", "At high risk"
    SUSPECTED = "SUSPECTED", "疑似待复测", "Suspected, to be measured again"
    CRITERIA_MET = "CRITERIA_MET", "达到诊断标准", "Criteria met"
    EXCLUDED = "EXCLUDED", "已排除", "Excluded"
    KNOWN = "KNOWN", "已确诊", "Diagnosed before"


class NeedKind(NamedStr):
    """What a person still needs."""

    MEASURE_PRESSURE = "MEASURE_PRESSURE", "测量血压", "Measure the blood pressure"
    HOME_OR_AMBULATORY = "HOME_OR_AMBULATORY", "家庭或动态血压监测", "Home or ambulatory pressure"
    FASTING_GLUCOSE = "FASTING_GLUCOSE", "静脉空腹血糖", "Fasting glucose in venous plasma"
    OGTT_OR_HBA1C = "OGTT_OR_HBA1C", "糖耐量试验或标准化糖化血红蛋白", "OGTT or standardised HbA1c"
    CONFIRM_BY_DOCTOR = "CONFIRM_BY_DOCTOR", "上级确诊并制定方案", "Confirmation and a plan by the higher level"
    FOLLOW_REFERRAL = "FOLLOW_REFERRAL", "随访转诊结果", "Follow the referral's result"
    REFER_NOW = "REFER_NOW", "立即转诊", "Refer at once"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing still needed, not before `from_on` and best by `by_on` (local dates), with its reason."""

    kind: NeedKind
    from_on: date
    by_on: date
    reason: Reason


@dataclass(frozen=True, slots=True)
class Screening:
    """The answer: verdict, the reasons for it, what is still needed, and the days whose values count."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    needs: tuple[Need, ...] = ()
    counted_on: tuple[date, ...] = ()
