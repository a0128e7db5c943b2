"""What an annual examination must hold, disease by disease."""

import pytest

from cmc.clinical.annual_exam import REQUIRED, missing_fields, valid_for
from cmc.clinical.codes import Disease
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.fact_tables import AnnualExam

GENERAL = [
    "temperature_c",
    "pulse_bpm",
    "respiration_per_min",
    "sbp_mmhg",
    "dbp_mmhg",
    "height_cm",
    "weight_kg",
    "waist_cm",
]
OF_DIABETES = ["fasting_glucose_mmol_l", "exam_foot_pulse"]


def test_every_disease_has_its_list_and_diabetes_asks_for_more() -> None:
    assert {Disease.HTN: tuple(GENERAL), Disease.T2DM: (*GENERAL, *OF_DIABETES)} == REQUIRED
    assert list(REQUIRED) == list(Disease)


def test_required_fields_are_fields_of_the_form() -> None:
    assert {field for fields in REQUIRED.values() for field in fields} <= AnnualExamIn.model_fields.keys()


@pytest.mark.parametrize(
    ("left_out", "missing", "counts_for"),
    [
        ([], {"HTN": [], "T2DM": []}, ["HTN", "T2DM"]),
        (["fasting_glucose_mmol_l"], {"HTN": [], "T2DM": ["fasting_glucose_mmol_l"]}, ["HTN"]),
        (["exam_foot_pulse"], {"HTN": [], "T2DM": ["exam_foot_pulse"]}, ["HTN"]),
        (["waist_cm", "temperature_c"], {d: ["temperature_c", "waist_cm"] for d in ("HTN", "T2DM")}, []),
        (GENERAL + OF_DIABETES, {"HTN": GENERAL, "T2DM": GENERAL + OF_DIABETES}, []),
    ],
    ids=["complete", "no glucose", "no foot pulse", "no general field", "nothing"],
)
def test_the_missing_fields_of_each_disease(
    left_out: list[str], missing: dict[str, list[str]], counts_for: list[str]
) -> None:
    found = missing_fields(set(GENERAL + OF_DIABETES + ["note"]) - set(left_out))
    assert found == missing
    assert valid_for(found) == counts_for


@pytest.mark.parametrize("field", GENERAL + OF_DIABETES)
def test_one_field_less_never_counts_for_diabetes(field: str) -> None:
    found = missing_fields(set(GENERAL + OF_DIABETES) - {field})
    assert found[Disease.T2DM] == [field]
    assert valid_for(found) == ([Disease.HTN] if field in OF_DIABETES else [])


def test_foot_pulse_has_a_column_of_its_own_name() -> None:
    assert "exam_foot_pulse" in AnnualExam.model_fields
    assert "foot_pulse" not in AnnualExam.model_fields
