"""Five people put to every equation give the numbers of an independent computation, one decimal of a percent.

What the profiles do not list was constant there: LDL 2.8 and triglycerides 1.6 mmol/L, creatinine 1.0 mg/dL (1.45 with
eGFR below 60), white cells and haemoglobin as the equation assumes them, no history.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cmc.risk.equations import by_id
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs

PEOPLE = yaml.safe_load((Path(__file__).parents[2] / "cases" / "risk" / "profiles.yaml").read_text(encoding="utf-8"))
NAMES = {
    "male": "male",
    "age": "age_years",
    "sbp": "sbp_mmhg",
    "dbp": "dbp_mmhg",
    "bp": "bp_treated",
    "sm": "smoker",
    "dm": "diabetes",
    "tc": "tc_mmol_l",
    "hdl": "hdl_mmol_l",
    "waist": "waist_cm",
    "bmi": "bmi_kg_m2",
    "egfr": "egfr_ml_min",
    "hba1c": "hba1c_percent",
    "acr": "uacr_mg_g",
    "dur": "diabetes_years",
    "oral": "oral_glucose_lowering",
    "ins": "insulin",
}
MEANT = {
    "ChinaPAR10": ("china_par", "ascvd"),
    "WHOlabEA10": ("who_2019_lab", "cvd"),
    "WHOnonlabEA10": ("who_2019_nonlab", "cvd"),
    "PREVENT_total_cvd10": ("prevent_2023_base_10y", "total_cvd"),
    "PREVENT_ascvd10": ("prevent_2023_base_10y", "ascvd"),
    "PREVENT_heart_failure10": ("prevent_2023_base_10y", "heart_failure"),
    "FRS2008_10": ("framingham_2008_lipid", "general_cvd"),
    "RECODe_mi_or_stroke10": ("recode_2017_10y", "mi_or_stroke"),
    "RECODe_heart_failure10": ("recode_2017_10y", "heart_failure"),
    "RECODe_nephropathy10": ("recode_2017_10y", "kidney_failure"),
    "RECODe_retinopathy10": ("recode_2017_10y", "vision_loss"),
    "RECODe_neuropathy10": ("recode_2017_10y", "pressure_sensation_loss"),
    "RECODe_death10": ("recode_2017_10y", "death"),
    "CHIME_mi10": ("chime_2021_10y", "mi"),
    "CHIME_ihd10": ("chime_2021_10y", "ihd"),
    "CHIME_stroke10": ("chime_2021_10y", "stroke"),
    "CHIME_heart_failure10": ("chime_2021_10y", "heart_failure"),
    "CHIME_renal_failure10": ("chime_2021_10y", "kidney_failure"),
    "CHIME_retinopathy10": ("chime_2021_10y", "retinopathy"),
    "CHIME_neuropathy10": ("chime_2021_10y", "neuropathy"),
    "CHIME_skin_ulcer10": ("chime_2021_10y", "foot_ulcer"),
    "CHIME_amputation10": ("chime_2021_10y", "amputation"),
    "CHIME_death10": ("chime_2021_10y", "death"),
    "HK_DMCX_CVD5": ("hk_dmcx_2018_5y", "total_cvd"),
    "ADVANCE_CVD4": ("advance_2011_4y", "cvd"),
    "KFRE4_5y": ("kfre_elsewhere_5y", "kidney_failure"),
}
CKD_PC = {0: "ckd_pc_2019_no_diabetes_all_events", 1: "ckd_pc_2019_diabetes_all_events"}
SHOWN = [
    pytest.param(each["inputs"], name, percent, id=f"{each['inputs']['name'][:9]}-{name}")
    for each in PEOPLE
    for name, percent in each["outputs_percent"].items()
]


@pytest.mark.parametrize(("person", "name", "percent"), SHOWN)
def test_a_typical_person_gets_the_number_of_the_other_computation(
    person: dict[str, Any], name: str, percent: float
) -> None:
    inputs = Inputs.of(
        **{ours: person[theirs] for theirs, ours in NAMES.items()},
        ldl_mmol_l=2.8,
        triglycerides_mmol_l=1.6,
        creatinine_umol_l=88.4 * (1.45 if person["egfr"] < 60 else 1.0),
    )
    equation, outcome = (CKD_PC[person["dm"]], "incident_ckd") if name == "CKDPC_eGFR60_5y" else MEANT[name]
    found = by_id(equation).estimate(inputs).values[Outcome(outcome)][0]
    assert 100 * found == pytest.approx(percent, abs=0.08)
