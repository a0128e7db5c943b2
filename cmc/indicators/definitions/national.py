"""The national set: standard management and control (IND-02 to IND-04).

The functions make any variant of an indicator; `MEASURES` are the published ones, with the default options.
A change of what a measure counts is a new `version`.
"""

from __future__ import annotations

from typing import Final

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators.measure import Measure
from cmc.indicators.predicates import controlled, glucose_controlled, managed, standard
from cmc.indicators.variants import ENROLLED_DAYS, Control, DenomPolicy, GlucoseReading, Reading, StandardRule

SOURCE: Final = "国家基本公共卫生服务规范（第三版）2017"
VERSION: Final = "CN-NBPHS-2017/1"
DEFAULT_POLICY: Final = DenomPolicy.ACTIVE_AT_END_PLUS_LTFU
MANAGED: Final = Text(
    "期内管理的{zh}患者人数（35岁及以上，原发）", "People under management of {en} in the period (35 or older, primary)"
)


def standard_management(
    disease: Disease,
    *,
    denom: DenomPolicy = DEFAULT_POLICY,
    rule: StandardRule = StandardRule.STRICT_F2F4_EXAM,
    enrolled_days: int = ENROLLED_DAYS,
) -> Measure:
    """IND-02 规范管理率: of the people managed, those managed according to the specification."""
    return Measure(
        code="IND-02",
        disease=disease,
        title=Text(f"{disease.text.zh}患者规范管理率", f"Standard management of {disease.text.en.lower()}"),
        numerator=Text(
            f"其中：{rule.text.zh}，期末未失访、未死亡、未迁出", f"Of these: {rule.text.en}; not lost, dead or gone"
        ),
        denominator=_managed_words(disease, denom),
        source=SOURCE,
        version=VERSION,
        parameters={**_denominator_parameters(denom, enrolled_days), "standard_rule": rule.value},
        among=managed(denom, enrolled_days),
        counting=standard(rule),
    )


def pressure_control(
    *,
    denom: DenomPolicy = DEFAULT_POLICY,
    reading: Reading = Reading.LAST_F2F_FOLLOWUP,
    control: Control = Control.NBPHS_AGE_AT_READING,
    enrolled_days: int = ENROLLED_DAYS,
) -> Measure:
    """IND-03 管理人群血压控制率: of the people managed, those whose last blood pressure is controlled."""
    return Measure(
        code="IND-03",
        disease=Disease.HTN,
        title=Text("管理人群血压控制率", "Blood pressure control"),
        numerator=Text(
            f"其中：{reading.text.zh}血压达标（{control.text.zh}）；失访或无血压值视为未达标",
            f"Of these: {reading.text.en}, controlled: {control.text.en}; lost or without a value is not controlled",
        ),
        denominator=_managed_words(Disease.HTN, denom),
        source=SOURCE,
        version=VERSION,
        parameters={
            **_denominator_parameters(denom, enrolled_days),
            "reading": reading.value,
            "control": control.value,
        },
        among=managed(denom, enrolled_days),
        counting=controlled(reading, control),
    )


def glucose_control(
    *,
    denom: DenomPolicy = DEFAULT_POLICY,
    reading: GlucoseReading = GlucoseReading.LATEST_FOLLOWUP_FBG_REQUIRED,
    exclude_hypo: bool = False,
    enrolled_days: int = ENROLLED_DAYS,
) -> Measure:
    """IND-04 管理人群血糖控制率: of the people managed, those whose glucose is controlled."""
    hypo = Text("；≤3.9不计", "; values up to 3.9 do not count") if exclude_hypo else Text("", "")
    return Measure(
        code="IND-04",
        disease=Disease.T2DM,
        title=Text("管理人群血糖控制率", "Glucose control"),
        numerator=Text(
            f"其中：{reading.text.zh}低于7.0 mmol/L（空腹）{hypo.zh}；失访视为未达标",
            f"Of these: {reading.text.en}, fasting below 7.0 mmol/L{hypo.en}; lost is not controlled",
        ),
        denominator=_managed_words(Disease.T2DM, denom),
        source=SOURCE,
        version=VERSION,
        parameters={
            **_denominator_parameters(denom, enrolled_days),
            "glucose_reading": reading.value,
            "exclude_hypo": exclude_hypo,
        },
        among=managed(denom, enrolled_days),
        counting=glucose_controlled(reading, exclude_hypo=exclude_hypo),
    )


def _managed_words(disease: Disease, denom: DenomPolicy) -> Text:
    who = Text(MANAGED.zh.format(zh=disease.text.zh), MANAGED.en.format(en=disease.text.en.lower()))
    return Text(f"{who.zh}：{denom.text.zh}", f"{who.en}: {denom.text.en}")


def _denominator_parameters(denom: DenomPolicy, enrolled_days: int) -> dict[str, str | int | bool]:
    found: dict[str, str | int | bool] = {"denom_policy": denom.value}
    if denom is DenomPolicy.ENROLLED_GE_N_DAYS:
        found["enrolled_days"] = enrolled_days
    return found


MEASURES: Final[tuple[Measure, ...]] = (
    standard_management(Disease.HTN),
    standard_management(Disease.T2DM),
    pressure_control(),
    glucose_control(),
)
