"""The type 2 diabetes decision table, drawn (DM-FU-05…09, DM-EM-01…06, GLU-01, GLU-03, FU-*)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import (
    Classification,
    DangerSymptom,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
    ReferralReason,
)
from cmc.followups.rules import VisitFacts, diabetes
from cmc.followups.rules.judgement import Judgement

ON = date(2026, 3, 2)
HI, LO = {"fasting_glucose_flag": GlucoseFlag.HI}, {"fasting_glucose_flag": GlucoseFlag.LO}
FREQUENT = {"hypoglycaemia": Hypoglycaemia.FREQUENT}
ADR = {"adverse_reaction": True}


def judged(fasting: int | None, previous: int | None = 1, **facts: Any) -> Judgement:
    values: dict[str, Any] = {"sbp_mmhg": 130, "dbp_mmhg": 80, **facts}
    given_facts = VisitFacts(
        age_years=60,
        fasting_glucose_umol_l=fasting,
        previous_classification=None if previous is None else Classification(previous),
        **values,
    )
    return diabetes.judge(given_facts, ON)


@pytest.mark.parametrize(
    ("fasting", "previous", "extra", "expected"),
    [
        # value test
        (6999, 1, {}, (1, "ROUTINE", 90)),
        (7000, 1, {}, (2, "ADJUST", 14)),
        (7000, None, {}, (2, "ADJUST", 14)),
        (4000, 1, {}, (1, "ROUTINE", 90)),
        (8200, 2, {}, (2, "REFER", 14)),
        (8200, 3, {}, (2, "ADJUST", 14)),
        (6500, 2, {}, (1, "ROUTINE", 90)),
        # adverse reaction, hypoglycaemic reactions
        (6500, 1, ADR, (3, "ADJUST", 14)),
        (6500, 3, ADR, (3, "REFER", 14)),
        (6500, 2, ADR, (3, "ADJUST", 14)),
        (6500, 1, FREQUENT, (3, "ADJUST", 14)),
        (6500, 3, FREQUENT, (3, "REFER", 14)),
        (6500, 1, {"hypoglycaemia": Hypoglycaemia.OCCASIONAL}, (1, "ROUTINE", 90)),
        (6500, 1, {"hypoglycaemia": Hypoglycaemia.NONE}, (1, "ROUTINE", 90)),
        # complication
        (6200, 1, {"new_complication": True}, (4, "REFER", 14)),
        (8200, 2, {"new_foot_ulcer": True}, (4, "REFER", 14)),
        (6200, 1, {"new_visual_loss": True}, (4, "REFER", 14)),
        (6200, 1, {"new_proteinuria": True}, (4, "REFER", 14)),
        # emergencies: the class by value, at least 2
        (3900, 1, {}, (2, "EMERGENCY_REFER", 14)),
        (3901, 1, {}, (1, "ROUTINE", 90)),
        (16700, 1, {}, (2, "EMERGENCY_REFER", 14)),
        (16600, 1, {}, (2, "ADJUST", 14)),
        (6500, 1, {"sbp_mmhg": 182}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"dbp_mmhg": 110}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"heart_rate_per_min": 101}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"temperature_celsius": Decimal("39.2")}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"danger_symptoms": frozenset({DangerSymptom.SWEATING})}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"danger_symptoms": frozenset({DangerSymptom.CHEST_TIGHTNESS})}, (2, "EMERGENCY_REFER", 14)),
        (None, None, {"danger_symptoms": frozenset({DangerSymptom.DYSPNOEA})}, (None, "EMERGENCY_REFER", 14)),
        (6500, 1, {"pregnant_or_lactating": True}, (2, "EMERGENCY_REFER", 14)),
        (6500, 1, {"other_glucose_umol_l": 17000}, (2, "EMERGENCY_REFER", 14)),
        (3000, 1, ADR, (3, "EMERGENCY_REFER", 14)),
        (3000, 1, {"new_complication": True}, (4, "EMERGENCY_REFER", 14)),
        # HI and LO are bounds
        (33300, 1, HI, (2, "EMERGENCY_REFER", 14)),
        (None, 1, HI, (2, "EMERGENCY_REFER", 14)),
        (1100, 1, LO, (2, "EMERGENCY_REFER", 14)),
        (None, 2, LO, (2, "EMERGENCY_REFER", 14)),
        # no fasting value: the class stays empty, emergencies still run
        (None, 1, {}, (None, "NEED_DATA", 14)),
        (None, 2, {"other_glucose_umol_l": 12000}, (None, "NEED_DATA", 14)),
        (
            None,
            1,
            {"other_glucose_umol_l": 6000, "other_glucose_period": GlucosePeriod.BEFORE_LUNCH},
            (None, "NEED_DATA", 14),
        ),
        (None, 1, {"other_glucose_umol_l": 16700}, (None, "EMERGENCY_REFER", 14)),
        (None, 1, {"other_glucose_umol_l": 3900}, (None, "EMERGENCY_REFER", 14)),
        (None, 1, {"other_glucose_flag": GlucoseFlag.HI}, (None, "EMERGENCY_REFER", 14)),
        (None, 1, {"sbp_mmhg": 190}, (None, "EMERGENCY_REFER", 14)),
        # … but what outranks every value is not lost with it
        (None, 1, ADR, (3, "ADJUST", 14)),
        (None, 1, {"new_foot_ulcer": True}, (4, "REFER", 14)),
    ],
)
def test_decision_table(
    fasting: int | None, previous: int | None, extra: dict[str, Any], expected: tuple[int | None, str, int]
) -> None:
    judgement = judged(fasting, previous, **extra)
    assert (judgement.classification, judgement.action, judgement.next_within_days) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected", "reason"),
    [
        (None, None, 1, None),
        (None, 1, 1, None),
        (None, 2, 4, ReferralReason.NEW_COMPLICATION),
        (1, 1, 1, None),
        (1, 2, 4, ReferralReason.NEW_COMPLICATION),
        (1, 3, 4, ReferralReason.NEW_COMPLICATION),
        (2, 2, 1, None),
        (2, 3, 4, ReferralReason.WORSE_COMPLICATION),
        (3, 3, 1, None),
        (3, 2, 1, None),
        (2, 1, 1, None),
        (3, None, 1, None),
    ],
)
def test_a_newly_weak_or_absent_foot_pulse_is_a_complication(
    before: int | None, now: int | None, expected: int, reason: ReferralReason | None
) -> None:
    judgement = judged(
        6200,
        foot_pulse=None if now is None else FootPulse(now),
        previous_foot_pulse=None if before is None else FootPulse(before),
    )
    assert judgement.classification == expected
    assert judgement.referral_reason is reason
    assert ("DM-FU-08" in judgement.rule_ids) is (expected == 4)


def test_occasional_hypoglycaemia_is_a_warning_only() -> None:
    judgement = judged(6500, hypoglycaemia=Hypoglycaemia.OCCASIONAL)
    assert [warning.zh for warning in judgement.warnings] == ["低血糖反应：偶尔"]
    assert "DM-FU-09" in judgement.rule_ids


@pytest.mark.parametrize(
    ("fasting", "extra", "controlled"),
    [(6999, {}, True), (7000, {}, False), (3600, {}, True), (None, {}, None), (33300, HI, False), (1100, LO, True)],
)
def test_controlled_is_the_bare_value_test(fasting: int | None, extra: dict[str, Any], controlled: bool | None) -> None:
    assert judged(fasting, **extra).controlled is controlled


@pytest.mark.parametrize("other", [4500, 9000, 12000])
def test_a_value_that_is_not_fasting_never_sets_the_class(other: int) -> None:
    assert judged(None, other_glucose_umol_l=other).classification is None
    assert judged(6500, other_glucose_umol_l=other).classification == 1


def test_blood_pressure_alone_does_not_change_the_class_of_a_diabetes_visit() -> None:
    assert judged(6500, sbp_mmhg=179, dbp_mmhg=109).classification == 1


def test_reasons_name_the_values() -> None:
    assert [reason.zh for reason in judged(8200, 2).reasons] == ["空腹血糖 8.2 ≥ 7.0", "上次随访：控制不满意"]
    assert [reason.zh for reason in judged(None, other_glucose_umol_l=17000).reasons] == [
        "缺少空腹血糖",
        "随机血糖 17.0 ≥ 16.7",
    ]


@given(st.integers(500, 50000), st.integers(500, 50000), st.sampled_from([None, 1, 2, 3, 4]))
def test_a_higher_fasting_value_that_is_no_emergency_is_never_milder(
    one: int, other: int, previous: int | None
) -> None:
    low, high = (judged(value, previous) for value in sorted((one, other)))
    if low.emergency or high.emergency:
        return
    assert low.classification is not None
    assert high.classification is not None
    assert low.classification <= high.classification
