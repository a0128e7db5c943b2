"""The domain's worked examples, run against the rules.

Reads every *.yaml of this folder, or of the folder named by CMC_CASES, so that further cases can be run without a change.
A case is checked by the entry of `CHECKS` for its section, or "section/kind". A section that is in neither of the three
registries fails, and so does a key of a case that its check does not know.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from cmc.clinical import blood_pressure, drug_checks, glucose, long_prescriptions, renal, stratification, units
from cmc.clinical import identity_numbers as identity
from cmc.clinical.codes import (
    Classification,
    DangerSymptom,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
    Sex,
)
from cmc.clinical.conditions import Condition, condition_named
from cmc.followups import rules

Answer = dict[str, Any]
Check = Callable[[Any, date], Answer]

SECTIONS_WITHOUT_CASES = {"meta"}
COVERED_ELSEWHERE = {
    "indicator_cohorts": "tests/cases/test_indicator_cohorts.py",
    "indicator_formulas": "tests/indicators/test_worked_formulas.py",
    "international": "tests/indicators/test_worked_formulas.py",
}
NOT_YET_COVERED = ("payment",)


@dataclass(frozen=True)
class Case:
    """One case: where it stands, what goes in, what must come out, and the date it was written."""

    key: str
    id: str
    given: Any
    expected: Any
    written: date


def folder() -> Path:
    """Where the cases are."""
    return Path(os.environ.get("CMC_CASES") or Path(__file__).parent)


def holds_cases(document: Any) -> bool:
    """Whether a file has sections of worked examples; lists and coefficients of equations are read in tests/risk."""
    if not isinstance(document, dict) or "source" in document:
        return False
    return any(isinstance(cases, list) for cases in document.values())


def read_cases() -> Iterator[Case]:
    """Every case of every file; a folder without cases is an error."""
    files = sorted(folder().glob("*.yaml"))
    if not files:
        raise FileNotFoundError(folder() / "*.yaml")
    for file in files:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        if not holds_cases(document):
            continue
        written = document.get("meta", {}).get("written", date(2026, 11, 21))
        for section, cases in document.items():
            if section in SECTIONS_WITHOUT_CASES:
                continue
            for case in cases:
                yield Case(key_of(section, case), case["id"], case.get("in"), case.get("out"), written)


def key_of(section: str, case: Mapping[str, Any]) -> str:
    """The registry key: identity is told apart by the id, other sections by `kind`."""
    if section == "identity":
        return f"identity/{'health_record' if case['id'].startswith('HRN') else 'citizen'}"
    return f"{section}/{case['kind']}" if "kind" in case else section


def decimal(value: Any) -> Decimal:
    """A YAML number as it is written."""
    return Decimal(str(value))


def umol_l(value: Any) -> int:
    return units.glucose_to_umol_l(decimal(value), "mmol/L")


def refuse_unknown(given: Mapping[str, Any], known: set[str]) -> None:
    assert set(given) <= known, f"the check does not know {sorted(set(given) - known)}"


FACTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "age": ("age_years", int),
    "sbp": ("sbp_mmhg", int),
    "dbp": ("dbp_mmhg", int),
    "fbg": ("fasting_glucose_umol_l", umol_l),
    "fbg_flag": ("fasting_glucose_flag", GlucoseFlag),
    "rbg": ("other_glucose_umol_l", umol_l),
    "rbg_flag": ("other_glucose_flag", GlucoseFlag),
    "glucose_period": ("other_glucose_period", GlucosePeriod),
    "heart_rate": ("heart_rate_per_min", int),
    "temperature": ("temperature_celsius", decimal),
    "danger_symptom": (
        "danger_symptoms",
        lambda yes: frozenset({DangerSymptom.ALTERED_CONSCIOUSNESS}) if yes else frozenset(),
    ),
    "sudden_abnormality": ("sudden_abnormality", bool),
    "pregnant_or_lactating": ("pregnant_or_lactating", bool),
    "other_illness": ("unmanageable_illness", bool),
    "adr": ("adverse_reaction", bool),
    "hypoglycaemia": ("hypoglycaemia", Hypoglycaemia),
    "new_complication": ("new_complication", bool),
    "worse_complication": ("worse_complication", bool),
    "foot_pulse": ("foot_pulse", FootPulse),
    "prev_foot_pulse": ("previous_foot_pulse", FootPulse),
    "prev_class": ("previous_classification", Classification),
}


def followup_classification(given: Mapping[str, Any], on: date) -> Answer:
    refuse_unknown(given, {"disease", *FACTS})
    facts = {
        FACTS[key][0]: FACTS[key][1](value) for key, value in given.items() if key != "disease" and value is not None
    }
    judgement = rules.judge(Disease(given["disease"]), rules.VisitFacts(**facts), on)
    return {
        "class": judgement.classification,
        "action": judgement.action,
        "next_within_days": judgement.next_within_days,
        "controlled": judgement.controlled,
        "referral": judgement.referral_advised,
        "emergency": judgement.emergency,
    }


def citizen_id(given: Any, on: date) -> Answer:
    try:
        parsed = identity.parse_citizen_id(str(given), on)
    except identity.IdentityNumberError as error:
        return {"valid": False, "reason": error.reason}
    return {
        "valid": True,
        "normalized": parsed.number,
        "original": parsed.original,
        "birth": parsed.birth,
        "sex": parsed.sex,
        "region": parsed.region,
        "masked": identity.mask(parsed.number),
    }


def health_record(given: Any, _on: date) -> Answer:
    try:
        parsed = identity.parse_health_record_number(str(given))
    except identity.IdentityNumberError as error:
        return {"valid": False, "reason": error.reason}
    parts = {name: getattr(parsed, name) for name in ("region", "town", "village", "serial", "short8")}
    return {"valid": True, "village_kind": parsed.village_kind.text.zh, **parts}


def glucose_convert(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"value", "unit"})
    return {"mmol": units.mmol_l(units.glucose_to_umol_l(decimal(given["value"]), given["unit"]))}


def office_bp_mean(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"readings"})
    mean = blood_pressure.office_mean([(sbp, dbp) for sbp, dbp in given["readings"]])
    return {"sbp": mean.sbp_mmhg, "dbp": mean.dbp_mmhg}


def home_bp(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"days", "count", "mean"})
    sbp, dbp = given["mean"]
    mean = blood_pressure.HomeMean(given["days"], given["count"], decimal(sbp), decimal(dbp))
    return {"usable": mean.usable, "elevated": mean.elevated}


def cgm(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"mmol"})
    summary = glucose.cgm_summary([umol_l(value) for value in given["mmol"] if value not in {"HI", "LO"}])
    assert summary is not None
    return {
        "tir_pct": summary.in_range_percent,
        "tbr_pct": summary.below_percent,
        "tbr_lt3_pct": summary.below_3_0_percent,
        "tar_pct": summary.above_percent,
        "tar_gt13_9_pct": summary.above_13_9_percent,
        "mean_mmol": summary.mean_mmol_l,
        "cv_pct": summary.cv_percent,
        "gmi_pct": summary.gmi_percent,
    }


def gmi(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"mean_mmol"})
    return {"gmi_pct": glucose.gmi_percent(decimal(given["mean_mmol"]))}


def htn_grade(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"sbp", "dbp"})
    grade = blood_pressure.grade(given["sbp"], given["dbp"])
    isolated = blood_pressure.isolated(given["sbp"], given["dbp"])
    return {
        "grade": grade.number,
        "label": grade.text.zh,
        "isolated": None if isolated is None else isolated.value.lower(),
        "isolated_systolic": isolated is blood_pressure.Isolated.SYSTOLIC,
        "isolated_diastolic": isolated is blood_pressure.Isolated.DIASTOLIC,
    }


def htn_risk(given: Mapping[str, Any], _on: date) -> Answer:
    facts = {key: value for key, value in given.items() if key not in {"sbp", "dbp"}}
    refuse_unknown(facts, set(stratification.HypertensionRiskFacts.__dataclass_fields__))
    cell = stratification.hypertension_risk(given["sbp"], given["dbp"], stratification.HypertensionRiskFacts(**facts))
    return {"label": cell and cell.label.zh, "resolved": cell and cell.resolved.text.zh}


def egfr_by(formula: renal.EgfrFormula) -> Check:
    def check(given: Mapping[str, Any], _on: date) -> Answer:
        refuse_unknown(given, {"scr_umol", "age", "sex"})
        value = renal.egfr(decimal(given["scr_umol"]), given["age"], Sex(given["sex"]), formula)
        return {"egfr": value, "stage": renal.g_stage(value)}

    return check


DRUG_FACTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "age": ("age_years", int),
    "egfr": ("egfr", decimal),
    "potassium": ("potassium_mmol_l", decimal),
    "potassium_days_ago": ("potassium_days_ago", int),
    "creatinine_rise_percent": ("creatinine_rise_percent", decimal),
    "heart_rate": ("heart_rate_per_min", int),
    "orthostatic_fall": ("orthostatic_fall_mmhg", int),
    "low_glucose_events": ("low_glucose_events", int),
    "hours_since_acei": ("hours_since_acei", decimal),
    "allergies": ("allergies", tuple),
    "profile": ("metformin_profile", drug_checks.MetforminProfile),
}


def drug_check(given: Mapping[str, Any], _on: date) -> Answer:
    refuse_unknown(given, {"drugs", "conditions", "pregnant", *DRUG_FACTS})
    named = [condition_named(word) for word in given.get("conditions", [])]
    assert None not in named, f"the check does not know one of {given['conditions']}"
    conditions = {each for each in named if each} | ({Condition.PREGNANT} if given.get("pregnant") else set())
    facts = {DRUG_FACTS[key][0]: DRUG_FACTS[key][1](value) for key, value in given.items() if key in DRUG_FACTS}
    review = drug_checks.review(given["drugs"], drug_checks.DrugFacts(conditions=frozenset(conditions), **facts))
    assert not review.unknown_medicines, review.unknown_medicines
    return {"level": review.level, "rule": review.findings[0].reason.rule if review.findings else None}


def long_prescription(given: Mapping[str, Any], on: date) -> Answer:
    refuse_unknown(given, set(long_prescriptions.LongPrescription.__dataclass_fields__))
    judgement = long_prescriptions.judge(long_prescriptions.LongPrescription(**given), on)
    return {"level": judgement.level, "rule": judgement.reasons[0].rule if judgement.reasons else None}


CHECKS: dict[str, Check] = {
    "followup_classification": followup_classification,
    "identity/citizen": citizen_id,
    "identity/health_record": health_record,
    "readings/glucose_convert": glucose_convert,
    "readings/office_bp_mean": office_bp_mean,
    "readings/home_bp": home_bp,
    "readings/cgm": cgm,
    "readings/gmi": gmi,
    "risk/htn_grade": htn_grade,
    "risk/htn_risk": htn_risk,
    "drug_checks": drug_check,
    "drug_checks/long_prescription": long_prescription,
    "risk/egfr_2009": egfr_by(renal.EgfrFormula.CKD_EPI_2009),
    "risk/egfr_2021": egfr_by(renal.EgfrFormula.CKD_EPI_2021),
}

CASES = list(read_cases())


def same(actual: Any, expected: Any) -> bool:
    """Equal as written: a decimal is rounded half-up to the decimals of the expected number."""
    if expected is None or isinstance(expected, bool) or actual is None or isinstance(actual, bool):
        return actual is expected
    if isinstance(actual, Decimal):
        wanted = decimal(expected)
        return units.round_half_up(actual, Decimal(1).scaleb(int(wanted.as_tuple().exponent))) == wanted
    if isinstance(actual, date):
        return actual.isoformat() == str(expected)
    return bool(actual == expected)


@pytest.mark.parametrize("case", [case for case in CASES if case.key in CHECKS], ids=lambda case: case.id)
def test_worked_example_comes_out_as_written(case: Case) -> None:
    answer = CHECKS[case.key](case.given, case.written)
    unknown = set(case.expected) - set(answer)
    assert not unknown, f"{case.key} gives no {sorted(unknown)}"
    shown = {name: answer.get(name) for name in case.expected}
    wrong = [name for name, value in case.expected.items() if not same(answer.get(name), value)]
    assert not wrong, f"{case.id}: {wrong} of {shown}, expected {case.expected}"


def test_every_section_of_the_files_is_run_or_named_as_not_yet_covered() -> None:
    known = {*CHECKS, *COVERED_ELSEWHERE, *NOT_YET_COVERED}
    assert {case.key for case in CASES} <= known


def test_what_is_named_as_not_yet_covered_is_not_covered() -> None:
    assert not set(NOT_YET_COVERED) & {*CHECKS, *COVERED_ELSEWHERE}
    assert len(set(NOT_YET_COVERED)) == len(NOT_YET_COVERED)


def test_a_key_the_check_does_not_know_fails_loudly() -> None:
    with pytest.raises(AssertionError, match="mood"):
        followup_classification({"disease": "HTN", "age": 60, "mood": "good"}, date(2026, 1, 1))
