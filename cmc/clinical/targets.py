"""Treatment targets of a person (rules of 基层高血压指南 2025 and 糖尿病指南), for decision support only (GEN-01).

They never stand for the statutory class or an indicator. A doctor's personal target overrides; all of them are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from cmc.clinical.codes import Disease, Sex
from cmc.clinical.reasons import Reason, because
from cmc.core.named import NamedStr

OLD_FOR_PRESSURE_FROM: Final = 80  # HTN-GL-01
RELAXED_AGE_FROM: Final = 80
RELAXED_AGE_WITH_COMPLICATIONS_FROM: Final = 65
YOUNG_BELOW, SHORT_DURATION_BELOW_YEARS = 45, 5
"""Who is "young, of short duration" and "older": the guideline gives no numbers [D]."""


class Quantity(NamedStr):
    """What a target is of, in the unit that its name says."""

    SBP_MMHG = "SBP_MMHG", "收缩压 mmHg", "Systolic pressure, mmHg"
    DBP_MMHG = "DBP_MMHG", "舒张压 mmHg", "Diastolic pressure, mmHg"
    HBA1C_PERCENT = "HBA1C_PERCENT", "糖化血红蛋白 %", "HbA1c, %"
    FASTING_MMOL_L = "FASTING_MMOL_L", "空腹血糖 mmol/L", "Fasting glucose, mmol/L"
    OTHER_MMOL_L = "OTHER_MMOL_L", "非空腹血糖 mmol/L", "Other glucose, mmol/L"
    LDL_MMOL_L = "LDL_MMOL_L", "低密度脂蛋白胆固醇 mmol/L", "LDL cholesterol, mmol/L"
    HDL_MMOL_L = "HDL_MMOL_L", "高密度脂蛋白胆固醇 mmol/L", "HDL cholesterol, mmol/L"
    TC_MMOL_L = "TC_MMOL_L", "总胆固醇 mmol/L", "Total cholesterol, mmol/L"
    TG_MMOL_L = "TG_MMOL_L", "甘油三酯 mmol/L", "Triglycerides, mmol/L"
    BMI = "BMI", "体质指数 kg/m²", "Body-mass index, kg/m²"


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a target; `included` says whether the value itself is on target."""

    value: Decimal
    included: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A target of one quantity, with the rule. `tolerated` is the next, stricter upper end when it is well borne;
    `at_most` the loosest upper end that the guideline still allows."""

    quantity: Quantity
    low: Bound | None
    high: Bound | None
    reason: Reason
    tolerated: Bound | None = None
    at_most: Bound | None = None
    personal: bool = False

    def met(self, value: Decimal) -> bool:
        """Whether a value in the quantity's unit is on target."""
        return _above(value, self.low) and _below(value, self.high)

    @property
    def label(self) -> str:
        """The target as written in lists: "<130", ">1.0", "4.4–7.0"."""
        if self.low and self.high:
            return f"{self.low.value:f}–{self.high.value:f}"
        if self.high:
            return f"{'≤' if self.high.included else '<'}{self.high.value:f}"
        return f"{'≥' if self.low.included else '>'}{self.low.value:f}" if self.low else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """What decides the targets of a person. Years since the diagnosis of diabetes None when unknown."""

    age_years: int
    sex: Sex = Sex.U
    diseases: frozenset[Disease] = frozenset()
    pregnant: bool = False
    frail: bool = False
    complications: bool = False
    hypoglycaemia_prone: bool = False
    diabetes_years: int | None = None
    ascvd: bool = False


@dataclass(frozen=True, slots=True)
class PersonalTarget:
    """A doctor's target: who set it, on which day, why, and until when (the first day on which it no longer holds)."""

    quantity: Quantity
    low: Decimal | None
    below: Decimal | None
    set_by: str
    set_on: date
    why: str
    until: date | None = None

    def __post_init__(self) -> None:
        if self.low is None and self.below is None:
            raise ValueError("a target needs an end")
        if self.low is not None and self.below is not None and self.low >= self.below:
            raise ValueError("the lower end must lie below the upper")
        if not self.why.strip():
            raise ValueError("a personal target needs a reason")


@dataclass(frozen=True, slots=True)
class Targets:
    """A person's targets in the order of `Quantity`; in pregnancy none, but `refer` with the reason."""

    of: tuple[Target, ...]
    refer: Reason | None = None

    def for_quantity(self, quantity: Quantity) -> Target | None:
        """The target of one quantity, None where there is none."""
        return next((each for each in self.of if each.quantity is quantity), None)


def targets(facts: TargetFacts, personal: Iterable[PersonalTarget] = (), *, on: date) -> Targets:
    """The targets that hold on a local date: the guideline's, each replaced by the newest personal one in force."""
    if facts.pregnant:
        text = because("DM-EM-06" if facts.diseases == {Disease.T2DM} else "HTN-GL-04", "妊娠请转诊", "Pregnant: refer")
        return Targets((), text)
    mine = tuple(personal)
    if not mine:
        return _of_guideline(facts)
    found = {each.quantity: each for each in _guideline(facts)}
    for own in sorted(mine, key=lambda each: each.set_on):
        if own.set_on <= on and (own.until is None or on < own.until):
            found[own.quantity] = _of_doctor(own)
    return Targets(tuple(found[each] for each in Quantity if each in found))


@lru_cache(maxsize=10_000)
def _of_guideline(facts: TargetFacts) -> Targets:
    """The guideline's targets: many people share the facts that decide."""
    found = {each.quantity: each for each in _guideline(facts)}
    return Targets(tuple(found[each] for each in Quantity if each in found))


def relaxed_glucose(facts: TargetFacts) -> bool:
    """Whether the glucose target is the loose one: frail, prone to hypoglycaemia, complications from 65 years on, or 80
    years and older."""
    with_complications = facts.complications and facts.age_years >= RELAXED_AGE_WITH_COMPLICATIONS_FROM
    return facts.frail or facts.hypoglycaemia_prone or with_complications or facts.age_years >= RELAXED_AGE_FROM


def _guideline(facts: TargetFacts) -> tuple[Target, ...]:
    pressure = _pressure(facts) if facts.diseases else ()
    if Disease.T2DM not in facts.diseases:
        return pressure
    return (*pressure, *_glucose(facts), *_lipids_and_weight(facts))


def _pressure(facts: TargetFacts) -> tuple[Target, ...]:
    if facts.age_years >= OLD_FOR_PRESSURE_FROM:
        why = because("HTN-GL-01", "80岁及以上：先<150/90，耐受后<140/90", "From 80 on: <150/90, if tolerated <140/90")
        return (
            Target(Quantity.SBP_MMHG, None, _beyond("150"), why, tolerated=_beyond("140")),
            Target(Quantity.DBP_MMHG, None, _beyond("90"), why),
        )
    why = because("HTN-GL-01", "80岁以下：<130/80", "Below 80: <130/80")
    return (
        Target(Quantity.SBP_MMHG, None, _beyond("130"), why),
        Target(Quantity.DBP_MMHG, None, _beyond("80"), why),
    )


def _glucose(facts: TargetFacts) -> tuple[Target, ...]:
    if relaxed_glucose(facts):
        why = because(
            "DM-TARGET", "高龄、衰弱、并发症或易低血糖：放宽", "Older, frail, complications or hypoglycaemia: relaxed"
        )
        return (
            Target(Quantity.HBA1C_PERCENT, _at("7.0"), _at("8.0"), why, at_most=_beyond("8.5")),
            Target(Quantity.FASTING_MMOL_L, _at("5.0"), _at("8.3"), why),
        )
    why = because("DM-TARGET", "一般成人血糖目标", "General adult glucose target")
    short = facts.diabetes_years is not None and facts.diabetes_years < SHORT_DURATION_BELOW_YEARS
    young = facts.age_years < YOUNG_BELOW and short and not facts.complications
    return (
        Target(Quantity.HBA1C_PERCENT, None, _beyond("7.0"), why, tolerated=_beyond("6.5") if young else None),
        Target(Quantity.FASTING_MMOL_L, _at("4.4"), _at("7.0"), why),
        Target(Quantity.OTHER_MMOL_L, None, _beyond("10.0"), why),
    )


def _lipids_and_weight(facts: TargetFacts) -> tuple[Target, ...]:
    why = because("IND-23", "2型糖尿病综合控制目标", "Comprehensive target in type 2 diabetes")
    ldl = "1.8" if facts.ascvd else "2.6"
    found = [Target(Quantity.LDL_MMOL_L, None, _beyond(ldl), why)]
    if facts.sex is not Sex.U:
        found.append(Target(Quantity.HDL_MMOL_L, _beyond("1.0" if facts.sex is Sex.M else "1.3"), None, why))
    return (
        *found,
        Target(Quantity.TC_MMOL_L, None, _beyond("4.5"), why),
        Target(Quantity.TG_MMOL_L, None, _beyond("1.7"), why),
        Target(Quantity.BMI, None, _beyond("24"), why),
    )


def _of_doctor(own: PersonalTarget) -> Target:
    low = None if own.low is None else Bound(own.low, included=True)
    high = None if own.below is None else Bound(own.below, included=False)
    why = because("PERSONAL-TARGET", f"医生个体化目标：{own.why}", f"The doctor's own target: {own.why}")
    return Target(own.quantity, low, high, why, personal=True)


def _beyond(value: str) -> Bound:
    return Bound(Decimal(value), included=False)


def _at(value: str) -> Bound:
    return Bound(Decimal(value), included=True)


def _above(value: Decimal, low: Bound | None) -> bool:
    return low is None or value > low.value or (low.included and value == low.value)


def _below(value: Decimal, high: Bound | None) -> bool:
    return high is None or value < high.value or (high.included and value == high.value)
