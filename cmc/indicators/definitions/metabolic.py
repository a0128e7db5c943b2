"""The national set, metabolism and screening for complications: IND-20 to IND-28."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import and_, case

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators import requirements as asked
from cmc.indicators.measure import EVERY_SPAN, Direction, Measure
from cmc.indicators.predicates import fasting_below, has
from cmc.indicators.requirements import Requirement, done, in_period, managed, plain
from cmc.indicators.variants import (
    ENROLLED_DAYS,
    Circumstance,
    Control,
    DenomPolicy,
    HbA1cDenominator,
    Reading,
)
from cmc.indicators.wording import DEFAULT_POLICY, OWN, denominator_parameters, managed_words

GUIDELINE: Final = "中国2型糖尿病防治指南（2020年版）综合控制目标"
VERSION: Final = "CMC/1"
HBA1C_BELOW_MICRO: Final = 7_000_000  # IND-21
LDL_BELOW_MICRO: Final = 2_600_000  # IND-23
LDL_BELOW_VASCULAR_MICRO: Final = 1_800_000  # IND-23 with ASCVD
SBP_BELOW_MMHG, DBP_BELOW_MMHG = 130, 80  # IND-23

_HBA1C: Final = done("hba1c_done", "hba1c_on", "糖化血红蛋白", "HbA1c")
_HBA1C_BELOW: Final = Requirement(
    code="hba1c",
    holds=lambda facts: and_(facts.c.hba1c_on >= facts.c.period_start, facts.c.hba1c_micro < HBA1C_BELOW_MICRO),
    reason=lambda row: (
        _HBA1C.reason(row)
        if row.hba1c_on is None or row.hba1c_on < row.period_start
        else Text(
            f"糖化血红蛋白{row.hba1c_micro / 1e6:.1f}%（{row.hba1c_on}）",
            f"HbA1c {row.hba1c_micro / 1e6:.1f} % on {row.hba1c_on}",
        )
    ),
)
_LDL_BELOW: Final = Requirement(
    code="ldl",
    holds=lambda facts: and_(
        facts.c.ldl_on >= facts.c.period_start,
        facts.c.ldl_micro < case((has(facts, Circumstance.VASCULAR), LDL_BELOW_VASCULAR_MICRO), else_=LDL_BELOW_MICRO),
    ),
    reason=lambda row: (
        Text("期内未测LDL-C", "no LDL-C in the period")
        if row.ldl_on is None or row.ldl_on < row.period_start
        else Text(
            f"LDL-C {row.ldl_micro / 1e6:.2f} mmol/L（{row.ldl_on}）",
            f"LDL-C {row.ldl_micro / 1e6:.2f} mmol/L on {row.ldl_on}",
        )
    ),
)
_PRESSURE_BELOW: Final = Requirement(
    code="pressure",
    holds=lambda facts: and_(
        facts.c.face_to_face_sbp_mmhg < SBP_BELOW_MMHG, facts.c.face_to_face_dbp_mmhg < DBP_BELOW_MMHG
    ),
    reason=lambda row: (
        Text("期内面对面随访无血压", "no pressure at a face-to-face follow-up")
        if row.face_to_face_sbp_mmhg is None
        else Text(
            f"{row.face_to_face_on}血压{row.face_to_face_sbp_mmhg}/{row.face_to_face_dbp_mmhg}，目标<130/80",
            f"{row.face_to_face_sbp_mmhg}/{row.face_to_face_dbp_mmhg} on {row.face_to_face_on}, target below 130/80",
        )
    ),
)
_PAIR: Final = Requirement(
    code="glucose",
    holds=lambda facts: and_(~facts.c.pair_is_lost, fasting_below(facts.c.pair_fasting_umol_l)),
    reason=lambda row: (
        Text("最近一次随访无空腹血糖或失访", "no fasting glucose at the last follow-up, or lost")
        if row.pair_fasting_umol_l is None or row.pair_is_lost
        else Text(
            f"空腹血糖{row.pair_fasting_umol_l / 1000:.1f} mmol/L未达标",
            f"fasting glucose {row.pair_fasting_umol_l / 1000:.1f} mmol/L, not controlled",
        )
    ),
)
_OF_TESTED: Final = Text("已检测者糖化达标率", "HbA1c below 7.0 % of those tested")
_NO_DIALYSIS: Final = plain(
    "no_dialysis",
    lambda facts: ~has(facts, Circumstance.RENAL),
    "终末期肾病或透析，不统计",
    "end-stage kidney disease or dialysis: not counted",
)


def of_managed(
    code: str,
    disease: Disease,
    title: Text,
    numerator: Text,
    *counting: Requirement,
    denom: DenomPolicy = DEFAULT_POLICY,
) -> Measure:
    """Return a measure of the people managed."""
    return Measure(
        code=code,
        disease=disease,
        title=title,
        numerator=numerator,
        denominator=managed_words(disease, denom),
        source=OWN,
        version=VERSION,
        parameters=denominator_parameters(denom),
        among=managed(denom, ENROLLED_DAYS),
        counting=counting,
    )


def _among(measure: Measure, requirement: Requirement, zh: str, en: str, **parameters: str) -> Measure:
    """Return a measure with one more requirement of its denominator."""
    words = Text(measure.denominator.zh + zh, measure.denominator.en + en)
    return replace(
        measure,
        denominator=words,
        among=(*measure.among, requirement),
        parameters={**measure.parameters, **parameters},
    )


def _screening(code: str, disease: Disease, what: Text, *counting: Requirement) -> Measure:
    title = Text(f"{disease.text.zh}患者{what.zh}率", f"{what.en} in {disease.text.en.lower()}")
    return of_managed(code, disease, title, Text("其中：期内已做", "Of these: done in the period"), *counting)


def hba1c_tested(*, denom: DenomPolicy = DEFAULT_POLICY) -> Measure:
    """IND-20 糖化血红蛋白检测率."""
    return of_managed(
        "IND-20", Disease.T2DM, Text("糖化血红蛋白检测率", "HbA1c tested"),
        Text("其中：期内至少检测1次糖化血红蛋白", "Of these: HbA1c at least once in the period"), _HBA1C, denom=denom,
    )  # fmt: skip


def hba1c_controlled(
    of: HbA1cDenominator = HbA1cDenominator.MANAGED, *, denom: DenomPolicy = DEFAULT_POLICY
) -> Measure:
    """IND-21 糖化达标率; of those tested it is published beside it as IND-21T."""
    managed_ = of_managed(
        "IND-21" if of is HbA1cDenominator.MANAGED else "IND-21T", Disease.T2DM,
        Text("糖化达标率", "HbA1c below 7.0 %") if of is HbA1cDenominator.MANAGED else _OF_TESTED,
        Text("其中：期内最近一次糖化血红蛋白<7.0%", "Of these: the last HbA1c of the period below 7.0 %"), _HBA1C_BELOW,
        denom=denom,
    )  # fmt: skip
    if of is HbA1cDenominator.MANAGED:
        return replace(managed_, source=GUIDELINE, parameters={**managed_.parameters, "hba1c_denominator": of.value})
    tested = _among(managed_, _HBA1C, "，期内已检测", ", tested in the period", hba1c_denominator=of.value)
    return replace(tested, source=GUIDELINE, spans=EVERY_SPAN)


def both_controlled() -> Measure:
    """IND-22 双达标率: pressure (IND-03) and glucose (IND-04) of people with both diseases."""
    measure = of_managed(
        "IND-22", Disease.HTN, Text("双达标率（高血压合并糖尿病）", "Pressure and glucose both controlled"),
        Text("其中：血压与空腹血糖均达标；缺一视为未达标", "Of these: both controlled; missing is not met"),
        *asked.pressure(Reading.LAST_F2F_FOLLOWUP, Control.NBPHS_AGE_AT_READING), _PAIR,
    )  # fmt: skip
    both = _among(measure, asked.of_both(Disease.HTN), "，且同时在管2型糖尿病", ", and of type 2 diabetes as well")
    return replace(both, spans=EVERY_SPAN)


def all_three() -> Measure:
    """IND-23 三达标: HbA1c, pressure and LDL-C."""
    measure = of_managed(
        "IND-23", Disease.T2DM, Text("综合达标率（糖化、血压、血脂）", "HbA1c, pressure and LDL-C all at target"),
        Text(
            "其中：糖化<7.0%、血压<130/80、LDL-C<2.6（合并ASCVD者<1.8）mmol/L",
            "Of these: HbA1c < 7.0 %, pressure < 130/80, LDL-C < 2.6 (with ASCVD < 1.8) mmol/L",
        ),
        _HBA1C_BELOW, _PRESSURE_BELOW, _LDL_BELOW,
    )  # fmt: skip
    return replace(measure, source=GUIDELINE)


def kidney_screened() -> Measure:
    """IND-24: UACR and eGFR in the period, without those on dialysis."""
    measure = _screening(
        "IND-24", Disease.T2DM, Text("肾病筛查（UACR与eGFR）", "Kidney screening (UACR and eGFR)"),
        done("uacr", "uacr_on", "UACR", "UACR"), done("kidney", "kidney_on", "肌酐/eGFR", "creatinine or eGFR"),
    )  # fmt: skip
    return _among(measure, _NO_DIALYSIS, "，不含透析与终末期肾病", ", without dialysis and end-stage disease")


def in_hospital(disease: Disease) -> Measure:
    """IND-28 as a share of people: those with a stay in hospital begun in the period."""
    measure = of_managed(
        "IND-28", disease,
        Text(f"{disease.text.zh}患者住院人数占比", f"People in hospital, {disease.text.en.lower()}"),
        Text("其中：期内至少住院1次（有记录者）", "Of these: at least one recorded stay begun in the period"),
        plain("stay", in_period("stayed_on"), "期内无住院记录", "no stay in hospital recorded"),
    )  # fmt: skip
    return replace(measure, direction=Direction.LOWER, spans=EVERY_SPAN)


MEASURES: Final[tuple[Measure, ...]] = (
    hba1c_tested(),
    hba1c_controlled(),
    hba1c_controlled(HbA1cDenominator.TESTED),
    both_controlled(),
    all_three(),
    kidney_screened(),
    _screening(
        "IND-25", Disease.T2DM, Text("眼底筛查", "Eye screening"),
        done("eye", "eye_on", "眼底检查", "eye examination"),
    ),
    _screening(
        "IND-26", Disease.T2DM, Text("足部筛查（足背动脉与神经体征）", "Foot screening (pulses and nerve signs)"),
        done("foot", "foot_on", "足部检查", "foot examination"),
        done("nerve", "nerve_on", "周围神经检查", "nerve examination"),
    ),
    *(
        _screening(code, each, what, requirement)
        for code, what, requirement in (
            ("IND-27L", Text("血脂检测", "Lipids tested"), done("lipids", "lipids_on", "血脂", "lipids")),
            ("IND-27K", Text("肾功能检测", "Kidney function"), done("kidney", "kidney_on", "肾功能", "kidney tests")),
            ("IND-27E", Text("心电图", "Electrocardiogram"), done("ecg", "ecg_on", "心电图", "electrocardiogram")),
        )
        for each in Disease
    ),
    *(in_hospital(each) for each in Disease),
)  # fmt: skip
