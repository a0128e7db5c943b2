"""The national set, management and control: IND-02 to IND-08.

The functions make any variant of an indicator; `MEASURES` are the published ones, with the default options.
A change of what a measure counts is a new `version`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, literal

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators import requirements as asked
from cmc.indicators.measure import EVERY_SPAN, Direction, Measure
from cmc.indicators.predicates import FOLLOWUPS_A_YEAR
from cmc.indicators.requirements import managed
from cmc.indicators.variants import ENROLLED_DAYS, Control, DenomPolicy, GlucoseReading, Reading, StandardRule
from cmc.indicators.wording import DEFAULT_POLICY, OWN, SOURCE, denominator_parameters, managed_words

VERSION: Final = "CN-NBPHS-2017/1"


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
        denominator=managed_words(disease, denom),
        source=SOURCE,
        version=VERSION,
        parameters={**denominator_parameters(denom, enrolled_days), "standard_rule": rule.value},
        among=managed(denom, enrolled_days),
        counting=asked.standard(rule),
    )


def primary_standard_management(disease: Disease) -> Measure:
    """IND-02b 基层规范管理服务率: as IND-02 under the name of the yearly notices; every clinic is primary care."""
    plain = standard_management(disease)
    words = Text(
        f"{disease.text.zh}患者基层规范管理服务率", f"Standard management of {disease.text.en.lower()} in primary care"
    )
    return Measure(
        code="IND-02b", disease=disease, title=words, numerator=plain.numerator, denominator=plain.denominator,
        source="健康中国行动；糖尿病防治行动（2024–2030）", version=VERSION, parameters=plain.parameters,
        among=plain.among, counting=plain.counting,
    )  # fmt: skip


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
        denominator=managed_words(Disease.HTN, denom),
        source=SOURCE,
        version=VERSION,
        parameters={
            **denominator_parameters(denom, enrolled_days),
            "reading": reading.value,
            "control": control.value,
        },
        among=managed(denom, enrolled_days),
        counting=asked.pressure(reading, control),
        spans=EVERY_SPAN,
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
        denominator=managed_words(Disease.T2DM, denom),
        source=SOURCE,
        version=VERSION,
        parameters={
            **denominator_parameters(denom, enrolled_days),
            "glucose_reading": reading.value,
            "exclude_hypo": exclude_hypo,
        },
        among=managed(denom, enrolled_days),
        counting=asked.glucose(reading, exclude_hypo=exclude_hypo),
        spans=EVERY_SPAN,
    )


def examined(disease: Disease) -> Measure:
    """IND-05 体检率: of the people managed, those with a valid annual examination."""
    return Measure(
        code="IND-05",
        disease=disease,
        title=Text(f"{disease.text.zh}患者体检率", f"Annual examination in {disease.text.en.lower()}"),
        numerator=Text("其中：期内有≥1次合格的年度体检", "Of these: a valid annual examination in the period"),
        denominator=managed_words(disease, DEFAULT_POLICY),
        source=SOURCE,
        version=VERSION,
        parameters=denominator_parameters(DEFAULT_POLICY),
        among=managed(DEFAULT_POLICY, ENROLLED_DAYS),
        counting=(asked.EXAMINED,),
    )


def punctual(disease: Disease) -> Measure:
    """IND-06 随访按期完成率: of the tasks due in the period, those settled within 7 days of their day."""
    return Measure(
        code="IND-06",
        disease=disease,
        title=Text(f"{disease.text.zh}随访按期完成率", f"Follow-ups on time in {disease.text.en.lower()}"),
        numerator=Text("其中：到期日前后7天内完成", "Of these: settled within 7 days before or after the due day"),
        denominator=Text(
            "期末在本机构管理者期内到期的随访任务（不含已取消）；当月未到期的任务也在内",
            "Follow-up tasks due in the period of people managed here, not cancelled; also those still to come",
        ),
        source=OWN,
        version="CMC/1",
        parameters={"window_days": 7},
        among=(asked.ASSIGNED, asked.HAS_TASKS),
        counting=(asked.ALL_ON_TIME,),
        amounts=(lambda facts: facts.c.tasks_on_time, lambda facts: facts.c.tasks_due),
        spans=EVERY_SPAN,
    )


def volume(disease: Disease) -> Measure:
    """IND-07 随访完成率: face-to-face follow-ups of the people managed, four at most of each, of four."""
    return Measure(
        code="IND-07",
        disease=disease,
        title=Text(f"{disease.text.zh}随访完成率", f"Follow-ups done in {disease.text.en.lower()}"),
        numerator=Text(
            "面对面随访天数之和，每人最多计4次", "Days with a face-to-face follow-up, at most 4 of each person"
        ),
        denominator=Text("在管人数×4", "People managed, times 4"),
        source=OWN,
        version="CMC/1",
        parameters={**denominator_parameters(DEFAULT_POLICY), "most_per_person": FOLLOWUPS_A_YEAR},
        among=managed(DEFAULT_POLICY, ENROLLED_DAYS),
        counting=(asked.FOUR_VISITS,),
        amounts=(
            lambda facts: func.least(facts.c.face_to_face_days, FOLLOWUPS_A_YEAR),
            lambda _: literal(FOLLOWUPS_A_YEAR),
        ),
    )


def lost(disease: Disease) -> Measure:
    """IND-08 失访率: of those managed or lost at the period's end, those lost."""
    return Measure(
        code="IND-08",
        disease=disease,
        title=Text(f"{disease.text.zh}患者失访率", f"Lost to follow-up in {disease.text.en.lower()}"),
        numerator=Text("其中：期末处于失访状态", "Of these: lost at the period's end"),
        denominator=managed_words(disease, DEFAULT_POLICY),
        source=OWN,
        version="CMC/1",
        parameters=denominator_parameters(DEFAULT_POLICY),
        direction=Direction.LOWER,
        among=managed(DEFAULT_POLICY, ENROLLED_DAYS),
        counting=(asked.LOST,),
        spans=EVERY_SPAN,
    )


MEASURES: Final[tuple[Measure, ...]] = (
    *(standard_management(each) for each in Disease),
    *(primary_standard_management(each) for each in Disease),
    pressure_control(),
    glucose_control(),
    *(make(each) for make in (examined, punctual, volume, lost) for each in Disease),
)
