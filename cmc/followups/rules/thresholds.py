"""The numbers of the rule sets, as they are shown: each is the constant that the rules compare with. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from cmc.clinical import emergencies, glucose
from cmc.clinical.blood_pressure import CONTROL_LIMITS, ControlLimit, ControlStandard
from cmc.clinical.classification import LONGEST_MONTHS, ROUTINE_DAYS, SOON_DAYS
from cmc.clinical.units import mmol_l_words
from cmc.core.text import Text
from cmc.followups.rules.validity import LATE_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a rule set, with the comparison that it stands in; `key` is the same in every version."""

    key: str
    rule: str
    text: Text
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Edition:
    """The numbers of one edition of the guideline that its advice compares with. Pressures in mmHg.

    `targets` by age; `tolerated` is what people from that age on may go on to, `with_diabetes` the edition's own target
    in diabetes where it has one.
    """

    targets: tuple[ControlLimit, ...]
    tolerated: ControlLimit | None
    with_diabetes: ControlLimit | None
    two_drugs_from: tuple[int, int] = (160, 100)
    two_drugs_above_target: tuple[int, int] = (20, 10)
    recheck_weeks: tuple[int, int] = (2, 4)
    hard_to_control_months: int = 3
    hba1c_months: tuple[int, int] = (3, 6)


def statutory() -> tuple[Threshold, ...]:
    """The numbers of the national programme."""
    return (*_controlled(), *_critical(), *_dates())


def _controlled() -> tuple[Threshold, ...]:
    old = CONTROL_LIMITS[ControlStandard.NBPHS][1]
    young = CONTROL_LIMITS[ControlStandard.NBPHS][0]
    return (
        Threshold("htn.satisfactory", "HTN-FU-05", Text("血压控制满意", "Pressure controlled"), _pair(young), "mmHg"),
        Threshold(
            "htn.satisfactory.old",
            "HTN-FU-05",
            Text(f"血压控制满意（{old.age_from}岁及以上）", f"Pressure controlled, from {old.age_from} years on"),
            _pair(old),
            "mmHg",
        ),
        Threshold(
            "dm.satisfactory",
            "DM-FU-05",
            Text("空腹血糖控制满意", "Fasting glucose controlled"),
            f"<{mmol_l_words(glucose.FASTING_SATISFACTORY_BELOW_UMOL_L)}",
            "mmol/L",
        ),
    )


def _critical() -> tuple[Threshold, ...]:
    return (
        Threshold(
            "critical.pressure",
            "HTN-EM-01",
            Text("血压危急值", "Critical pressure"),
            f"≥{emergencies.CRITICAL_SBP_MMHG}/{emergencies.CRITICAL_DBP_MMHG}",
            "mmHg",
        ),
        Threshold(
            "critical.glucose.high",
            "DM-EM-01",
            Text("高血糖危急值", "Critical high glucose"),
            f"≥{mmol_l_words(emergencies.CRITICAL_HIGH_GLUCOSE_UMOL_L)}",
            "mmol/L",
        ),
        Threshold(
            "critical.glucose.low",
            "DM-EM-01",
            Text("低血糖危急值", "Critical low glucose"),
            f"≤{mmol_l_words(emergencies.CRITICAL_LOW_GLUCOSE_UMOL_L)}",
            "mmol/L",
        ),
        Threshold(
            "critical.heart_rate",
            "DM-EM-04",
            Text("心动过速", "Tachycardia"),
            f">{emergencies.TACHYCARDIA_ABOVE_PER_MIN}",
            "/min",
        ),
        Threshold(
            "critical.fever", "DM-EM-05", Text("高热", "High fever"), f">{emergencies.FEVER_ABOVE_CELSIUS}", "°C"
        ),
    )


def _dates() -> tuple[Threshold, ...]:
    return (
        Threshold(
            "next.soon",
            "FU-NEXT-01",
            Text("需复查的下次随访", "Next visit when to be checked"),
            f"≤{SOON_DAYS}",
            "d",
        ),
        Threshold("next.routine", "FU-NEXT-01", Text("常规下次随访", "Next routine visit"), f"≤{ROUTINE_DAYS}", "d"),
        Threshold("next.longest", "FU-NEXT-01", Text("最长间隔", "Longest interval"), f"≤{LONGEST_MONTHS}", "months"),
        Threshold("late_entry", "FU-VALID-02", Text("迟录", "Late entry"), f">{LATE_AFTER_DAYS}", "d"),
    )


def of_guideline(edition: Edition) -> tuple[Threshold, ...]:
    """The numbers of an edition of the guideline."""
    found = [
        Threshold(
            f"htn.target.from_{row.age_from}",
            "HTN-GL-01",
            Text(f"治疗目标（{row.age_from}岁起）", f"Treatment target from {row.age_from} years on"),
            _pair(row),
            "mmHg",
        )
        for row in edition.targets
    ]
    for key, row, words in (
        ("htn.target.tolerated", edition.tolerated, Text("耐受后的目标", "Target when tolerated")),
        ("htn.target.diabetes", edition.with_diabetes, Text("合并糖尿病的目标", "Target with diabetes")),
    ):
        if row is not None:
            found.append(Threshold(key, "HTN-GL-01", words, _pair(row), "mmHg"))
    return (*found, *_treatment(edition))


def _treatment(edition: Edition) -> tuple[Threshold, ...]:
    two, above = edition.two_drugs_from, edition.two_drugs_above_target
    weeks, months = edition.recheck_weeks, edition.hba1c_months
    return (
        Threshold(
            "htn.recheck", "HTN-GL-02", Text("未达标复查", "Check until at goal"), f"{weeks[0]}–{weeks[1]}", "weeks"
        ),
        Threshold(
            "htn.two_drugs", "HTN-GL-03", Text("起始联合用药", "Start with two drugs"), f"≥{two[0]}/{two[1]}", "mmHg"
        ),
        Threshold(
            "htn.two_drugs.above_target",
            "HTN-GL-03",
            Text("高于目标值", "Above the target by"),
            f"≥{above[0]}/{above[1]}",
            "mmHg",
        ),
        Threshold(
            "htn.hard_to_control",
            "HTN-GL-06",
            Text("规律治疗未达标转诊", "Refer when treated and not at goal for"),
            f"≥{edition.hard_to_control_months}",
            "months",
        ),
        Threshold(
            "dm.hba1c.unstable",
            "DM-GL-01",
            Text("糖化血红蛋白（未达标或调药）", "HbA1c, not at goal or changed"),
            f"≤{months[0]}",
            "months",
        ),
        Threshold(
            "dm.hba1c.stable", "DM-GL-01", Text("糖化血红蛋白（稳定）", "HbA1c, stable"), f"≤{months[1]}", "months"
        ),
    )


def _pair(limit: ControlLimit) -> str:
    return f"<{limit.sbp_below_mmhg}/{limit.dbp_below_mmhg}"
