"""Risk factors, organ damage and clinical disease of the cardiovascular risk table."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cmc.clinical.cardiovascular import CardiovascularFacts, clinical_disease, judge_risk, organ_damage, risk_factors
from cmc.clinical.codes import Sex

M, F = {"sex": Sex.M}, {"sex": Sex.F}
ON = date(2026, 11, 21)


def facts(**known: Any) -> CardiovascularFacts:
    plain = {
        name: Decimal(value) if isinstance(value, str) and name != "sex" else value for name, value in known.items()
    }
    return CardiovascularFacts(**{"age_years": 50, **plain})


@pytest.mark.parametrize(
    ("known", "count"),
    [
        ({}, 0),
        ({**M, "age_years": 55}, 0),
        ({**M, "age_years": 56}, 1),
        ({**F, "age_years": 65}, 0),
        ({**F, "age_years": 66}, 1),
        ({"age_years": 60}, 0),
        ({"smoker_or_passive": True}, 1),
        ({"fasting_umol_l": 6099}, 0),
        ({"fasting_umol_l": 6100}, 1),
        ({"fasting_umol_l": 7000}, 0),
        ({"two_hours_umol_l": 7800, "fasting_umol_l": 6500}, 1),
        ({"fasting_umol_l": 6500, "diabetes": True}, 0),
        ({"tc_mmol_l": "5.19"}, 0),
        ({"tc_mmol_l": "5.2", "ldl_mmol_l": "3.4"}, 1),
        ({"hdl_mmol_l": "0.99"}, 1),
        ({"hdl_mmol_l": "1.0"}, 0),
        ({**F, "waist_cm": "85", "bmi": "28"}, 1),
        ({"bmi": "27.9"}, 0),
        ({"early_cvd_of_relative": True, "homocysteine_umol_l": "15"}, 2),
    ],
)
def test_risk_factors_at_their_limits(known: dict[str, Any], count: int) -> None:
    assert len(risk_factors(facts(**known))) == count


@pytest.mark.parametrize(
    ("known", "count"),
    [
        ({"sokolow_mv": "3.8"}, 0),
        ({"sokolow_mv": "3.81"}, 1),
        ({**F, "lvmi_g_m2": "95"}, 1),
        ({**M, "lvmi_g_m2": "114"}, 0),
        ({"imt_mm": "0.9"}, 1),
        ({"carotid_plaque": True}, 1),
        ({"pwv_m_s": "12"}, 1),
        ({"abi": "0.9"}, 0),
        ({"abi": "0.89"}, 1),
        ({"egfr": "59.9"}, 1),
        ({"egfr": "60"}, 0),
        ({"egfr": "29.9"}, 0),
        ({**M, "creatinine_umol_l": "115"}, 1),
        ({**M, "creatinine_umol_l": "133"}, 0),
        ({**F, "creatinine_umol_l": "107"}, 1),
        ({"uacr_mg_g": "30"}, 1),
        ({"albumin_mg_24h": "30"}, 1),
        ({"albumin_mg_24h": "301"}, 0),
    ],
)
def test_organ_damage_at_its_limits(known: dict[str, Any], count: int) -> None:
    assert len(organ_damage(facts(**known))) == count


@pytest.mark.parametrize(
    ("known", "count"),
    [
        ({}, 0),
        ({"stroke_or_tia": True, "heart_disease": True}, 2),
        ({"egfr": "29.9"}, 1),
        ({"egfr": "30"}, 0),
        ({**M, "creatinine_umol_l": "133"}, 1),
        ({**F, "creatinine_umol_l": "124"}, 1),
        ({"protein_mg_24h": "300"}, 1),
        ({"severe_retinopathy": True, "peripheral_artery_disease": True}, 2),
    ],
)
def test_clinical_disease_at_its_limits(known: dict[str, Any], count: int) -> None:
    assert len(clinical_disease(facts(**known))) == count


@pytest.mark.parametrize(
    ("pressure", "known", "label", "resolved"),
    [
        ((165, 92), {"smoker_or_passive": True}, "中/高危", "高危"),
        ((145, 85), {}, "低危", "低危"),
        ((145, 85), {"uacr_mg_g": "45"}, "高危", "高危"),
        ((132, 80), {"diabetes": True}, "中/高危", "高危"),
        ((132, 80), {"diabetes": True, "diabetes_complication": True}, "高/很高危", "很高危"),
        ((150, 80), {"stroke_or_tia": True}, "很高危", "很高危"),
        ((120, 70), {"stroke_or_tia": True}, None, None),
    ],
)
def test_the_person_falls_into_the_printed_cell(
    pressure: tuple[int, int], known: dict[str, Any], label: str | None, resolved: str | None
) -> None:
    cell = judge_risk(pressure, facts(**known), on=ON).cell
    assert (cell and cell.label.zh) == label
    assert (cell and cell.resolved.text.zh) == resolved


def test_what_is_not_known_is_named_and_the_risk_is_set_anew_in_a_year() -> None:
    judgement = judge_risk((150, 90), facts(tc_mmol_l="4.0"), on=ON)
    assert "ldl_mmol_l" in judgement.unknown
    assert "tc_mmol_l" not in judgement.unknown
    assert judgement.again_by == date(2027, 11, 21)
