"""The hypertension decision table, drawn (HTN-FU-05/06, FU-SEV-01, FU-CONS-01…03, FU-EM-01, FU-NEXT-01)."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Action, Classification, DangerSymptom, Disease, GlucoseFlag, ReferralReason
from cmc.followups.rules import VisitFacts, hypertension
from cmc.followups.rules.judgement import Judgement, Rhythm

ON = date(2026, 3, 2)
ADR = {"adverse_reaction": True}
PREGNANT = {"pregnant_or_lactating": True}
DANGER = {"danger_symptoms": frozenset({DangerSymptom.CHEST_TIGHTNESS})}


def judged(
    age: int, sbp: int | None, dbp: int | None, previous: int | None = None, rhythm: Rhythm | None = None, **facts: Any
) -> Judgement:
    given_facts = VisitFacts(
        age_years=age,
        sbp_mmhg=sbp,
        dbp_mmhg=dbp,
        previous_classification=None if previous is None else Classification(previous),
        **facts,
    )
    return hypertension.judge(given_facts, ON, rhythm or Rhythm())


@pytest.mark.parametrize(
    ("visit", "previous", "extra", "expected"),
    [
        # value test, under and from 65
        ((60, 139, 89), 1, {}, (1, "ROUTINE", 90)),
        ((60, 140, 89), 1, {}, (2, "ADJUST", 14)),
        ((60, 139, 90), 1, {}, (2, "ADJUST", 14)),
        ((64, 148, 88), 1, {}, (2, "ADJUST", 14)),
        ((65, 149, 89), 1, {}, (1, "ROUTINE", 90)),
        ((65, 150, 89), 1, {}, (2, "ADJUST", 14)),
        ((65, 149, 90), 1, {}, (2, "ADJUST", 14)),
        ((60, 138, 88), None, {}, (1, "ROUTINE", 90)),
        ((60, 150, 95), None, {}, (2, "ADJUST", 14)),
        # two consecutive visits
        ((60, 146, 84), 2, {}, (2, "REFER", 14)),
        ((60, 146, 84), 3, {}, (2, "ADJUST", 14)),
        ((60, 146, 84), 4, {}, (2, "ADJUST", 14)),
        ((60, 138, 84), 2, {}, (1, "ROUTINE", 90)),
        # adverse reaction
        ((58, 134, 82), 1, ADR, (3, "ADJUST", 14)),
        ((58, 134, 82), 3, ADR, (3, "REFER", 14)),
        ((58, 134, 82), 2, ADR, (3, "ADJUST", 14)),
        ((58, 150, 82), 1, ADR, (3, "ADJUST", 14)),
        ((58, 150, 82), 2, ADR, (3, "ADJUST", 14)),
        # complication
        ((58, 134, 82), 1, {"new_complication": True}, (4, "REFER", 14)),
        ((58, 152, 94), 2, {"worse_complication": True}, (4, "REFER", 14)),
        ((58, 134, 82), 3, {"new_complication": True, **ADR}, (4, "REFER", 14)),
        # emergencies
        ((60, 179, 109), 1, {}, (2, "ADJUST", 14)),
        ((60, 180, 96), 1, {}, (2, "EMERGENCY_REFER", 14)),
        ((70, 172, 110), 2, {}, (2, "EMERGENCY_REFER", 14)),
        ((60, 136, 84), 1, DANGER, (2, "EMERGENCY_REFER", 14)),
        ((60, 136, 84), 1, {**DANGER, **ADR}, (3, "EMERGENCY_REFER", 14)),
        ((60, 190, 84), 1, {"new_complication": True}, (4, "EMERGENCY_REFER", 14)),
        ((36, 142, 92), 1, PREGNANT, (2, "EMERGENCY_REFER", 14)),
        ((36, 132, 82), 1, PREGNANT, (1, "ROUTINE", 90)),
        ((60, 136, 84), 1, {"unmanageable_illness": True}, (2, "EMERGENCY_REFER", 14)),
        # the value is missing, whole or in part
        ((60, None, None), 1, {}, (None, "NEED_DATA", 14)),
        ((60, 138, None), 1, {}, (None, "NEED_DATA", 14)),
        ((60, 142, None), 1, {}, (2, "ADJUST", 14)),
        ((60, None, None), 1, ADR, (3, "ADJUST", 14)),
        ((60, None, None), 1, DANGER, (None, "EMERGENCY_REFER", 14)),
    ],
)
def test_decision_table(
    visit: tuple[int, int | None, int | None],
    previous: int | None,
    extra: dict[str, Any],
    expected: tuple[int | None, str, int],
) -> None:
    judgement = judged(*visit, previous, **extra)
    assert (judgement.classification, judgement.action, judgement.next_within_days) == expected


@pytest.mark.parametrize(
    ("previous", "extra", "reason"),
    [
        (1, {}, None),
        (2, {}, ReferralReason.CONSECUTIVE_UNSATISFACTORY),
        (3, ADR, ReferralReason.ADVERSE_REACTION_PERSISTS),
        (1, {"new_complication": True}, ReferralReason.NEW_COMPLICATION),
        (1, {"worse_complication": True}, ReferralReason.WORSE_COMPLICATION),
        (1, {"new_complication": True, "worse_complication": True}, ReferralReason.NEW_COMPLICATION),
        (2, DANGER, ReferralReason.EMERGENCY),
    ],
)
def test_a_referral_carries_its_reason(previous: int, extra: dict[str, Any], reason: ReferralReason | None) -> None:
    judgement = judged(60, 146, 84, previous, **extra)
    assert judgement.referral_reason is reason
    assert judgement.referral_advised is (reason is not None)


@pytest.mark.parametrize(
    ("previous", "previous_action", "days"),
    [(2, Action.ADJUST, 14), (2, Action.EMERGENCY_REFER, 14), (2, None, 14), (2, Action.REFER, 90)],
)
def test_after_the_two_week_check_of_a_referral_the_routine_rhythm_resumes_and_referral_is_advised_again(
    previous: int, previous_action: Action | None, days: int
) -> None:
    judgement = judged(60, 146, 84, previous, previous_action=previous_action)
    assert (judgement.action, judgement.next_within_days) == (Action.REFER, days)
    assert ("FU-CONS-03" in judgement.rule_ids) is (days == 90)


def test_a_first_failure_after_a_referral_for_a_complication_is_a_first_failure() -> None:
    judgement = judged(60, 146, 84, 4, previous_action=Action.REFER)
    assert (judgement.action, judgement.next_within_days) == (Action.ADJUST, 14)


@pytest.mark.parametrize(("previous", "action"), [(1, "ADJUST"), (2, "REFER"), (3, "REFER"), (4, "ADJUST")])
def test_the_stricter_chain_refers_after_any_two_failures(previous: int, action: str) -> None:
    judgement = judged(60, 146, 84, previous, rhythm=Rhythm(any_two_refer=True))
    assert judgement.action == action


def test_a_region_may_shorten_the_routine_interval() -> None:
    judgement = judged(60, 130, 80, 1, rhythm=Rhythm(routine_days=30))
    assert (judgement.next_within_days, judgement.next_on_latest) == (30, date(2026, 4, 1))
    assert judged(60, 146, 80, 1, rhythm=Rhythm(routine_days=30)).next_within_days == 14


@pytest.mark.parametrize("days", [0, 14, 94])
def test_a_region_may_not_leave_the_limits_of_the_standard(days: int) -> None:
    with pytest.raises(ValueError, match="15 and 93"):
        Rhythm(routine_days=days)


def test_a_judgement_explains_itself_and_keeps_what_it_was_made_from() -> None:
    judgement = judged(60, 146, 84, 2)
    assert [reason.zh for reason in judgement.reasons] == ["收缩压 146 ≥ 140", "上次随访：控制不满意"]
    assert judgement.reasons[0].en == "systolic 146 ≥ 140"
    assert judgement.rule_ids == ("HTN-FU-05", "HTN-FU-06", "FU-CONS-01", "FU-CONS-02", "FU-NEXT-01")
    assert judgement.ruleset_id == "CN-NBPHS-2017"
    assert (judgement.disease, judgement.on) == (Disease.HTN, ON)
    assert judgement.inputs["on"] == "2026-03-02"
    assert judgement.inputs["sbp_mmhg"] == 146
    assert judgement.inputs["previous_classification"] == 2
    assert judgement.next_on_latest == date(2026, 3, 16)
    assert judgement.permits_next(date(2026, 3, 16))
    assert not judgement.permits_next(date(2026, 3, 17))
    assert not judgement.permits_next(ON)


def test_an_emergency_names_each_criterion_once_and_asks_for_the_active_check() -> None:
    judgement = judged(60, 200, 120)
    assert judgement.emergencies == ("HTN-EM-01",)
    assert judgement.emergency
    assert {"HTN-EM-01", "HTN-EM-05", "FU-EM-01"} <= set(judgement.rule_ids)


def test_controlled_is_the_bare_value_test_beside_the_class() -> None:
    assert judged(60, 130, 80, **ADR).controlled is True
    assert judged(60, 146, 80).controlled is False
    assert judged(60, None, 80).controlled is None


SEVERE = st.fixed_dictionaries(
    {
        "adverse_reaction": st.booleans(),
        "new_complication": st.booleans(),
        "worse_complication": st.booleans(),
        "unmanageable_illness": st.booleans(),
    }
)


@given(
    st.integers(18, 100),
    st.integers(90, 220),
    st.integers(50, 88),
    st.sampled_from([None, 1, 2, 3, 4]),
    SEVERE,
)
def test_a_further_finding_never_makes_the_class_milder_or_the_next_date_later(
    age: int, sbp: int, dbp: int, previous: int | None, findings: dict[str, bool]
) -> None:
    plain = judged(age, sbp, dbp, previous)
    more = judged(age, sbp, dbp, previous, **findings)
    assert plain.classification is not None
    assert more.classification is not None
    assert more.classification >= plain.classification
    assert more.next_on_latest <= plain.next_on_latest
    assert not (more.emergency and more.classification is Classification.SATISFACTORY)
    assert more.permits_next(more.next_on_latest)


@pytest.mark.parametrize(
    ("finding", "criterion"),
    [
        ({"fasting_glucose_umol_l": 20000}, "DM-EM-01"),
        ({"other_glucose_flag": GlucoseFlag.LO}, "DM-EM-01"),
        ({"danger_symptoms": frozenset({DangerSymptom.ACETONE_BREATH})}, "DM-EM-03"),
        ({"sudden_abnormality": True}, "DM-EM-05"),
    ],
)
def test_an_emergency_that_the_diabetes_programme_names_makes_a_hypertension_visit_one(
    finding: dict[str, Any], criterion: str
) -> None:
    judgement = judged(60, 130, 80, 1, **finding)
    assert (judgement.classification, judgement.action) == (2, Action.EMERGENCY_REFER)
    assert (judgement.controlled, judgement.next_within_days) == (True, 14)
    assert [str(each) for each in judgement.emergencies] == [criterion]
    assert {criterion, "FU-EM-01"} <= set(judgement.rule_ids)


@pytest.mark.parametrize(
    ("previous", "previous_action"),
    [(1, Action.ROUTINE), (3, Action.ADJUST), (3, Action.REFER), (3, Action.EMERGENCY_REFER)],
)
def test_an_adverse_reaction_that_stays_is_seen_again_within_two_weeks_each_time(
    previous: int, previous_action: Action
) -> None:
    judgement = judged(60, 130, 80, previous, previous_action=previous_action, adverse_reaction=True)
    assert judgement.action is (Action.REFER if previous == 3 else Action.ADJUST)
    assert judgement.next_within_days == 14
    assert "FU-CONS-03" not in judgement.rule_ids


@pytest.mark.parametrize("reaction_now", [True, False])
def test_the_stricter_chain_keeps_two_weeks_while_a_reaction_is_part_of_it(reaction_now: bool) -> None:
    judgement = judged(
        60,
        146,
        84,
        2 if reaction_now else 3,
        previous_action=Action.REFER,
        adverse_reaction=reaction_now,
        rhythm=Rhythm(any_two_refer=True),
    )
    assert (judgement.action, judgement.next_within_days) == (Action.REFER, 14)
