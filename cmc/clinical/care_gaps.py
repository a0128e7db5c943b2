"""Which screening a person is due for, and why: eye, kidney, foot, nerve, heart, laboratory, annual examination.

Intervals in calendar months. A span such as 6–12 months gives the first and the last day; a grade that must not
wait gives a referral. What was never done is due at diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease
from cmc.clinical.periods import add_months
from cmc.clinical.reasons import Reason, because
from cmc.clinical.renal import AStage, GStage
from cmc.core.named import NamedInt, NamedStr

ABI_AGE_FROM: Final = 50
PROTEINURIA_MONTHS: Final = 3  # [D]
_RULE: Final = "SCREENING"
_NEVER: Final = because(_RULE, "确诊后从未检查", "Never done since the diagnosis")


class CareItem(NamedStr):
    """What is looked at; a fact of the record says when it was done last."""

    ANNUAL_EXAM = "ANNUAL_EXAM", "年度健康体检", "Annual health examination"
    EYE = "EYE", "眼底检查", "Eye examination"
    KIDNEY = "KIDNEY", "尿白蛋白肌酐比和eGFR", "UACR and eGFR"
    FOOT = "FOOT", "足部全面检查", "Full foot examination"
    NERVE = "NERVE", "周围神经检查", "Nerve examination"
    ABI = "ABI", "踝臂指数", "Ankle-brachial index"
    ECG = "ECG", "心电图", "ECG"
    LIPIDS = "LIPIDS", "血脂", "Lipids"
    HBA1C = "HBA1C", "糖化血红蛋白检测", "HbA1c test"
    BLOOD_COUNT = "BLOOD_COUNT", "血常规", "Blood count"
    URINE = "URINE", "尿常规", "Urine analysis"
    CREATININE = "CREATININE", "血肌酐", "Serum creatinine"
    URIC_ACID = "URIC_ACID", "血尿酸", "Uric acid"
    ALT = "ALT", "谷丙转氨酶", "ALT"
    ELECTROLYTES = "ELECTROLYTES", "钾、钠、氯", "Potassium, sodium, chloride"
    GLUCOSE_TEST = "GLUCOSE_TEST", "血糖检测", "Glucose test"


class Retinopathy(NamedInt):
    """Grade of diabetic retinopathy (ICDR)."""

    ABSENT = 0, "无视网膜病变", "No retinopathy"
    MILD = 1, "轻度非增殖期", "Mild NPDR"
    MODERATE = 2, "中度非增殖期", "Moderate NPDR"
    SEVERE = 3, "重度非增殖期", "Severe NPDR"
    PROLIFERATIVE = 4, "增殖期", "Proliferative"


class FootRisk(NamedInt):
    """Risk of the foot (IWGDF)."""

    VERY_LOW = 0, "极低风险", "Very low"
    LOW = 1, "低风险", "Low foot risk"
    MODERATE = 2, "中风险", "Moderate foot risk"
    HIGH = 3, "高风险", "High foot risk"


class Wagner(NamedInt):
    """Wagner's grade of a foot; from 1 on it is referred."""

    AT_RISK = 0, "有危险因素无溃疡", "At risk, no ulcer"
    SUPERFICIAL = 1, "浅表溃疡", "Superficial ulcer"
    DEEP = 2, "深部溃疡", "Deep ulcer"
    ABSCESS = 3, "深部溃疡伴脓肿或骨髓炎", "Deep with abscess or osteomyelitis"
    PARTIAL_GANGRENE = 4, "局限性坏疽", "Partial gangrene"
    GANGRENE = 5, "全足坏疽", "Whole-foot gangrene"


@dataclass(frozen=True, slots=True, kw_only=True)
class CareFacts:
    """What decides what is due. `diagnosed` gives the date per disease; `last_done` the last date of every item.

    `proteinuria_on`: when a test strip last showed protein. `hba1c_unstable`: treatment started or changed, or not at
    goal. Grades None when never graded.
    """

    age_years: int
    diagnosed: Mapping[Disease, date]
    last_done: Mapping[CareItem, date] = field(default_factory=dict)
    retinopathy: Retinopathy | None = None
    macular_oedema: bool = False
    foot_risk: FootRisk | None = None
    wagner: Wagner | None = None
    weak_foot_pulse: bool = False
    proteinuria_on: date | None = None
    g: GStage | None = None
    a: AStage | None = None
    hba1c_unstable: bool = False


@dataclass(frozen=True, slots=True)
class CareGap:
    """One item: from which day on it may be done, by which it is due, why; and why to refer, if so."""

    item: CareItem
    from_on: date
    by_on: date
    reason: Reason
    refer: Reason | None = None

    def overdue(self, on: date) -> bool:
        """Whether the last day has passed."""
        return self.by_on < on


@dataclass(frozen=True, slots=True)
class _Span:
    first: int
    last: int
    zh: str
    en: str
    refer: Reason | None = None


def care_items(facts: CareFacts, on: date) -> tuple[CareGap, ...]:
    """Every item that the person's diseases ask for, with its dates, in order of the due date; one of each."""
    return tuple(sorted(_items(facts, on), key=lambda gap: (gap.by_on, gap.item.value)))


def due(facts: CareFacts, on: date) -> tuple[CareGap, ...]:
    """The items that are open on a local date: those whose first day has come."""
    return tuple(each for each in care_items(facts, on) if each.from_on <= on)


def _items(facts: CareFacts, on: date) -> tuple[CareGap, ...]:
    diseases = {each for each, since in facts.diagnosed.items() if since <= on}
    if not diseases:
        return ()
    spans: dict[CareItem, _Span] = {}
    if Disease.HTN in diseases:
        yearly = _Span(12, 12, "高血压患者每年检查", "Yearly with hypertension")
        spans.update(dict.fromkeys(_HYPERTENSION_YEARLY, yearly))
    if Disease.T2DM in diseases:
        yearly = _Span(12, 12, "2型糖尿病患者每年检查", "Yearly with type 2 diabetes")
        spans.update(dict.fromkeys(_DIABETES_YEARLY, yearly))
        spans.update({item: decide(facts) for item, decide in _BY_GRADE.items()})
        if facts.age_years >= ABI_AGE_FROM or facts.weak_foot_pulse:
            spans[CareItem.ABI] = _Span(12, 12, "50岁及以上或足背动脉减弱", "From 50 years on or with a weak pulse")
    first_day = min(facts.diagnosed[each] for each in diseases)
    gaps = [_gap(item, span, facts.last_done.get(item), first_day) for item, span in spans.items()]
    if (found := _proteinuria(facts)) is not None:
        kidney = min((found, *(each for each in gaps if each.item is CareItem.KIDNEY)), key=lambda gap: gap.by_on)
        gaps = [*(each for each in gaps if each.item is not CareItem.KIDNEY), kidney]
    return (*gaps, _annual_exam(facts, first_day, on))


def _gap(item: CareItem, span: _Span, last_on: date | None, diagnosed_on: date) -> CareGap:
    if last_on is None:
        return CareGap(item, diagnosed_on, diagnosed_on, _NEVER, span.refer)
    first = add_months(last_on, span.first)
    last = first if span.last == span.first else add_months(last_on, span.last)
    return CareGap(item, first, last, because(_RULE, span.zh, span.en), span.refer)


def _proteinuria(facts: CareFacts) -> CareGap | None:
    """Protein on a test strip asks for UACR and eGFR within 3 months of it [D] (HTN-GL-05), whatever the disease."""
    on, done = facts.proteinuria_on, facts.last_done.get(CareItem.KIDNEY)
    if on is None or (done is not None and done >= on):
        return None
    reason = because("HTN-GL-05", "尿试纸蛋白阳性：3个月内查肾脏", "Protein on a strip: kidney tests within 3 months")
    return CareGap(CareItem.KIDNEY, on, add_months(on, PROTEINURIA_MONTHS), reason, _kidney(facts).refer)


def _annual_exam(facts: CareFacts, first_day: date, on: date) -> CareGap:
    """Once a calendar year; the year of the diagnosis is the first."""
    last_on = facts.last_done.get(CareItem.ANNUAL_EXAM)
    year = on.year if last_on is None or last_on.year < on.year else on.year + 1
    year = max(year, first_day.year)
    reason = because("IND-05", f"{year}年度体检", f"Annual examination of {year}")
    return CareGap(CareItem.ANNUAL_EXAM, max(date(year, 1, 1), first_day), date(year, 12, 31), reason)


def _eye(facts: CareFacts) -> _Span:
    if facts.macular_oedema or facts.retinopathy is Retinopathy.PROLIFERATIVE:
        refer = because(_RULE, "增殖期或黄斑水肿：立即转诊", "Proliferative or macular oedema: refer now")
        return _Span(0, 0, "增殖期或黄斑水肿", "Proliferative retinopathy or macular oedema", refer)
    if facts.retinopathy is Retinopathy.SEVERE:
        refer = because(_RULE, "重度非增殖期：转诊", "Severe NPDR: refer")
        return _Span(0, 3, "重度非增殖期：3个月内", "Severe NPDR: within 3 months", refer)
    if facts.retinopathy is Retinopathy.MODERATE:
        return _Span(3, 6, "中度非增殖期：3–6个月", "Moderate NPDR: 3–6 months")
    if facts.retinopathy is Retinopathy.MILD:
        return _Span(6, 12, "轻度非增殖期：6–12个月", "Mild NPDR: 6–12 months")
    return _Span(12, 12, "每年眼底检查", "Eye examination every year")


def _kidney(facts: CareFacts) -> _Span:
    refer = None
    if facts.g in {GStage.G4, GStage.G5} or facts.a is AStage.A3:
        refer = because(_RULE, "eGFR<30或A3期：转诊", "eGFR below 30 or A3: refer")
    if facts.a in {AStage.A2, AStage.A3} or facts.g not in {None, GStage.G1, GStage.G2}:
        return _Span(3, 6, "A2期或G3期以上：3–6个月", "A2 or G3 and beyond: 3–6 months", refer)
    return _Span(12, 12, "每年肾脏检查", "Kidney tests every year")


def _foot(facts: CareFacts) -> _Span:
    refer = None
    if facts.wagner is not None and facts.wagner >= Wagner.SUPERFICIAL:
        refer = because(_RULE, "Wagner 1级及以上：转诊", "Wagner 1 and beyond: refer")
    first, last = _FOOT_MONTHS[facts.foot_risk or FootRisk.VERY_LOW]
    span = f"{last}" if first == last else f"{first}–{last}"
    return _Span(first, last, f"足部检查每{span}个月", f"Foot examination every {span} months", refer)


def _hba1c(facts: CareFacts) -> _Span:
    if facts.hba1c_unstable:
        return _Span(3, 3, "启用或调整治疗、未达标：每3个月", "Started, changed or not at goal: every 3 months")
    return _Span(6, 6, "稳定：每6个月", "Stable: every 6 months")


_FOOT_MONTHS: Final = {
    FootRisk.VERY_LOW: (12, 12),
    FootRisk.LOW: (6, 12),
    FootRisk.MODERATE: (3, 6),
    FootRisk.HIGH: (1, 3),
}
_HYPERTENSION_YEARLY: Final = (
    CareItem.BLOOD_COUNT,
    CareItem.URINE,
    CareItem.CREATININE,
    CareItem.URIC_ACID,
    CareItem.ALT,
    CareItem.ELECTROLYTES,
    CareItem.GLUCOSE_TEST,
    CareItem.LIPIDS,
    CareItem.ECG,
)
_DIABETES_YEARLY: Final = (CareItem.LIPIDS, CareItem.ALT, CareItem.CREATININE, CareItem.ECG, CareItem.NERVE)
_BY_GRADE: Final[Mapping[CareItem, Callable[[CareFacts], _Span]]] = MappingProxyType(
    {CareItem.EYE: _eye, CareItem.KIDNEY: _kidney, CareItem.FOOT: _foot, CareItem.HBA1C: _hba1c}
)
