"""Every rule of screening, follow-up, enrolment, forms and identifiers (§1.1–1.4, §3) names the test that draws it."""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
HTN_SC, DM_SC = "clinical/test_hypertension_screening.py", "clinical/test_diabetes_screening.py"
HTN, DM, REGISTRY = (f"followups/rules/test_{name}.py" for name in ("hypertension", "diabetes", "registry"))
EMERGENCY, VISITS, PLAN = "clinical/test_emergencies.py", "followups/test_visits.py", "followups/test_plan.py"
ENROLMENT, ADVICE, FORM = "clinical/test_enrolment.py", "followups/rules/test_advice.py", "followups/test_forms.py"
NUMBERS, DOCUMENTS = "clinical/test_identity_numbers.py", "clinical/test_identity_documents.py"

DRAWN: dict[str, tuple[str, str]] = {
    "HTN-SC-01": (HTN_SC, "test_htn_sc_01_who_is_measured_every_year"),
    "HTN-SC-01b": (HTN_SC, "test_htn_sc_01_who_is_measured_every_year"),
    "HTN-SC-02": (HTN_SC, "test_htn_sc_02_dx_01_three_different_days_within_four_weeks"),
    "HTN-SC-03": (HTN_SC, "test_htn_sc_03_who_is_at_high_risk"),
    "HTN-DX-01": (HTN_SC, "test_htn_sc_02_dx_01_three_different_days_within_four_weeks"),
    "HTN-DX-02": (HTN_SC, "test_htn_dx_02_03_04_home_ambulatory_and_a_known_diagnosis"),
    "HTN-DX-03": (HTN_SC, "test_htn_dx_02_03_04_home_ambulatory_and_a_known_diagnosis"),
    "HTN-DX-04": (HTN_SC, "test_htn_dx_02_03_04_home_ambulatory_and_a_known_diagnosis"),
    "HTN-DX-05": (HTN_SC, "test_htn_dx_05_sc_02_who_is_referred_at_once"),
    "HTN-EN-01": (ENROLMENT, "test_htn_en_01_what_the_beginning_needs"),
    "HTN-EN-02": (ENROLMENT, "test_htn_en_02_who_belongs_to_the_statutory_population"),
    "HTN-FU-01": (PLAN, "test_after_a_good_visit_the_agreed_date_is_due"),
    "HTN-FU-02": (FORM, "test_every_field_of_the_form_is_kept_as_it_was_sent"),
    "HTN-FU-03": ("indicators/test_facts.py", "test_phone_counts_as_any_mode_only"),
    "HTN-FU-04": (FORM, "test_htn_fu_04_the_index_follows_from_weight_and_the_height_known"),
    "HTN-FU-05": (HTN, "test_decision_table"),
    "HTN-FU-06": (HTN, "test_decision_table"),
    "FU-SEV-01": ("clinical/test_classification.py", "test_the_most_severe_class_wins_in_any_order"),
    "FU-CONS-01": (VISITS, "test_only_the_same_disease_and_a_visit_with_a_value_count_as_the_one_before"),
    "FU-CONS-02": (HTN, "test_the_stricter_chain_refers_after_any_two_failures"),
    "FU-CONS-03": (
        HTN,
        "test_after_the_two_week_check_of_a_referral_the_routine_rhythm_resumes_and_referral_is_advised_again",
    ),
    "FU-EM-01": (
        "clinical/test_classification.py",
        "test_an_emergency_visit_is_at_least_class_two_and_an_empty_class_stays_empty",
    ),
    "FU-NEXT-01": ("clinical/test_classification.py", "test_a_next_date_lies_after_the_visit_and_within_the_limit"),
    "FU-VALID-01": (REGISTRY, "test_an_empty_record_names_every_field_in_form_order"),
    "FU-VALID-02": (REGISTRY, "test_an_entry_more_than_seven_days_later_is_flagged"),
    "FU-BOTH-01": (VISITS, "test_one_encounter_serves_both_diseases_and_the_earlier_next_date_governs"),
    "HTN-EM-01": (EMERGENCY, "test_hypertension_emergencies"),
    "HTN-EM-02": (EMERGENCY, "test_hypertension_emergencies"),
    "HTN-EM-03": (EMERGENCY, "test_hypertension_emergencies"),
    "HTN-EM-04": (EMERGENCY, "test_hypertension_emergencies"),
    "HTN-EM-05": (HTN, "test_an_emergency_names_each_criterion_once_and_asks_for_the_active_check"),
    "HTN-GL-01": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-02": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-03": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-04": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-05": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-06": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "HTN-GL-07": (ADVICE, "test_what_the_guideline_says_of_a_hypertension_visit"),
    "DM-SC-01": (DM_SC, "test_dm_sc_01_02_which_test_is_next"),
    "DM-SC-02": (DM_SC, "test_dm_sc_02_who_is_at_high_risk"),
    "DM-DX-01": (DM_SC, "test_dm_dx_01_02_03_what_diagnoses"),
    "DM-DX-02": (DM_SC, "test_dm_dx_01_02_03_what_diagnoses"),
    "DM-DX-03": (DM_SC, "test_capillary_values_alone_never_meet_the_criteria"),
    "DM-DX-04": (DM_SC, "test_dm_dx_04_impaired_regulation"),
    "DM-FU-01": (PLAN, "test_each_active_enrolment_has_its_own_next_step"),
    "DM-FU-02": (FORM, "test_every_field_of_the_form_is_kept_as_it_was_sent"),
    "DM-FU-05": (DM, "test_decision_table"),
    "DM-FU-06": (DM, "test_decision_table"),
    "DM-FU-07": (DM, "test_a_value_that_is_not_fasting_never_sets_the_class"),
    "DM-FU-08": (DM, "test_a_newly_weak_or_absent_foot_pulse_is_a_complication"),
    "DM-FU-09": (DM, "test_occasional_hypoglycaemia_is_a_warning_only"),
    "DM-AE-01": ("clinical/test_annual_exam.py", "test_dm_ae_01_the_fields_decide_for_which_diseases_it_counts"),
    **{f"DM-EM-0{number}": (EMERGENCY, "test_diabetes_emergencies") for number in range(1, 7)},
    "LIFE-01": (ENROLMENT, "test_life_01_04_05_what_an_end_needs"),
    "LIFE-02": (ENROLMENT, "test_life_02_nobody_is_lost_without_evidence"),
    "LIFE-03": (ENROLMENT, "test_life_03_who_comes_back_goes_on_in_the_same_enrolment"),
    "LIFE-04": (ENROLMENT, "test_life_01_04_05_what_an_end_needs"),
    "LIFE-05": (ENROLMENT, "test_life_05_a_transfer_ends_on_one_day_and_begins_on_the_next_in_the_same_state"),
    "LIFE-06": ("clinical/test_duplicates.py", "test_life_06_the_score_of_a_changed_record"),
    "IDC-01": (NUMBERS, "test_what_is_wrong_is_named_and_never_repeated"),
    "IDC-02": (NUMBERS, "test_one_changed_digit_is_always_noticed"),
    "IDC-03": (NUMBERS, "test_however_it_is_typed_it_is_the_same_number"),
    "IDC-04": (DOCUMENTS, "test_idc_04_the_province_is_named_and_an_unknown_region_is_no_fault"),
    "IDC-05": (DOCUMENTS, "test_idc_05_every_kind_tells_what_its_number_holds"),
    "IDC-06": (NUMBERS, "test_a_masked_number_shows_six_and_four_at_most"),
    "HRN-01": (NUMBERS, "test_hrn_01_a_number_is_composed_of_its_parts"),
    "HRN-02": ("printing/test_sheets.py", "test_the_head_of_a_sheet"),
}
"""Rule → (file, test)."""


@cache
def _tests_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("rule", DRAWN)
def test_the_test_of_a_rule_is_there(rule: str) -> None:
    file, name = DRAWN[rule]
    assert (TESTS / file).is_file()
    assert name in _tests_of(file)
