"""Every equation gives the numbers of its source: worked examples, official calculators, printed charts.

The committed examples always run. When CMC_CASES names a folder, whatever it holds of the same kinds (anywhere below)
runs as well: lists of worked examples and of people (*.yaml), recorded outputs of the China-PAR site (*.json), cells
of the WHO East Asia charts (*.csv).
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from cmc.clinical.renal import MG_MMOL_PER_MG_G, UMOL_L_PER_MG_DL
from cmc.risk.equations import bands, by_id, china_par
from cmc.risk.equations.equation import REFUSED, Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import MMOL_L_PER_MG_DL_CHOLESTEROL

COMMITTED = Path(__file__).parents[2] / "cases" / "risk"
Values = dict[str, Any]

# The sources' short names and what they are here; cholesterol in mg/dL except where a key says mmol.
NAMES = {
    "age": "age_years",
    "sbp": "sbp_mmhg",
    "dbp": "dbp_mmhg",
    "treated": "bp_treated",
    "bp_med": "bp_treated",
    "dm": "diabetes",
    "egfr": "egfr_ml_min",
    "bmi": "bmi_kg_m2",
    "waist": "waist_cm",
    "acr": "uacr_mg_g",
    "acr_mg_g": "uacr_mg_g",
    "uacr": "uacr_mg_g",
    "hba1c": "hba1c_percent",
    "htn": "hypertension",
    "cvd": "prior_cvd",
    "ever_smoker": "ex_smoker",
    "fh": "family_history_cvd",
    "dm_duration": "diabetes_years",
    "af": "prior_af",
    "treated_htn": "bp_treated",
    "anticoag": "anticoagulant",
    "oral_dm": "oral_glucose_lowering",
    "tc_mmol": "tc_mmol_l",
    "hdl_mmol": "hdl_mmol_l",
    "scr_umol": "creatinine_umol_l",
    "Age": "age_years",
    "Duration": "diabetes_years",
    "HbA1c": "hba1c_percent",
    "SBP": "sbp_mmhg",
    "DBP": "dbp_mmhg",
    "BMI": "bmi_kg_m2",
    "HDL": "hdl_mmol_l",
    "LDL": "ldl_mmol_l",
    "Triglycerides": "triglycerides_mmol_l",
    "WBC": "wbc_e9_l",
    "Hemoglobin": "haemoglobin_g_dl",
    "bprx": "bp_treated",
    "Statins": "statin",
    "Insulin": "insulin",
    "Non insulin": "oral_glucose_lowering",
    "History of IHD": "prior_ihd",
    "History of heart failure": "prior_hf",
    "History of myocardial infarction": "prior_mi",
    "History of cerebrovascular disease": "prior_stroke",
    "History of atrial fibrillation": "prior_af",
    "History of amputation": "amputation",
    "History of ulcer of skin": "foot_ulcer",
    "History of cataract": "cataract",
    "History of retinopathy": "retinopathy",
    "History of PVD": "prior_pvd",
}
SAME = {
    *("male", "smoker", "statin", "black", "hispanic", "north", "urban", "insulin", "retinopathy"),
    *("creatinine_umol_l", "diabetes", "hba1c_percent"),
}
DMCX = (
    "age",
    "egfr",
    "tchdl",
    "acr",
    "smoker",
    "dm_duration",
    "sbp",
    "dbp",
    "hba1c",
    "bp_med",
    "bmi",
    "insulin",
    "oral_dm",
)
DMCX_KEY = "age_egfr_tchdl_acr_smk_dur_sbp_dbp_hba1c_bpmed_bmi_ins_oral"


def folders() -> list[Path]:
    """The committed examples, and the folder of CMC_CASES when it is set."""
    more = os.environ.get("CMC_CASES")
    return [COMMITTED, *([Path(more)] if more else [])]


def files(pattern: str) -> Iterator[Path]:
    for folder in folders():
        found = sorted(folder.rglob(pattern))
        yield from (path for path in found if folder == COMMITTED or COMMITTED not in path.parents)


def listed(key: str) -> Iterator[tuple[str, Values]]:
    """Every entry with a key, of every *.yaml that is a list."""
    for path in files("*.yaml"):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for number, entry in enumerate(document if isinstance(document, list) else ()):
            if isinstance(entry, dict) and key in entry:
                yield f"{path.stem}-{number}-{entry.get('equation', 'person')}", entry


def vectors() -> list[Any]:
    return [pytest.param(entry, id=name) for name, entry in listed("equation")]


def sizes_of(entry: Values) -> Values:
    """The inputs of a worked example under our names and in our units."""
    given = dict(entry["inputs"])
    if DMCX_KEY in given:
        given |= dict(zip(DMCX, given.pop(DMCX_KEY), strict=True))
    factor = china_par.MMOL_L_PER_MG_DL if entry["equation"] == "china_par" else MMOL_L_PER_MG_DL_CHOLESTEROL
    ours: Values = {}
    for name, value in given.items():
        ours |= renamed(name, value, given, factor)
    if entry["equation"] == "hk_dmcx":
        ours["uacr_mg_g"] = given["acr"] / float(MG_MMOL_PER_MG_G)
    return ours


def renamed(name: str, value: Any, given: Values, factor: float) -> Values:
    if name in NAMES:
        return {NAMES[name]: value}
    if name in SAME:
        return {name: value}
    special: Mapping[str, Callable[[], Values]] = {
        "years": dict,
        "outcome": dict,
        "status": lambda: {"diabetes": int(value == 2)},
        "smoking": lambda: {"smoker": int(value == "current"), "ex_smoker": int(value == "ex")},
        "north_american": dict,
        "tc": lambda: {"tc_mmol_l": value * factor},
        "hdl": lambda: {"hdl_mmol_l": value * factor},
        "female": lambda: {"male": 1 - value},
        "scr": lambda: {"creatinine_umol_l": value * float(UMOL_L_PER_MG_DL)},
        "scr_mgdl": lambda: {"creatinine_umol_l": value * float(UMOL_L_PER_MG_DL)},
        "tchdl": lambda: {"tc_mmol_l": value * 1.2, "hdl_mmol_l": 1.2},
        "non_hdl_mmol": lambda: {"tc_mmol_l": value + 1.2, "hdl_mmol_l": 1.2},
        "pulse_pressure": lambda: {"sbp_mmhg": 80 + value, "dbp_mmhg": 80},
        "age_at_dm_dx": lambda: {"age_years": value + given["dm_duration"]},
        "oral": lambda: {"oral_glucose_lowering": value},
        "ins": lambda: {"insulin": value},
        "no_dm_med": lambda: {"oral_glucose_lowering": 1 - value},
    }
    return special[name]()


def meant(entry: Values) -> tuple[str, Outcome, Values]:
    """The equation, its outcome, and inputs that the name implies."""
    name, given = entry["equation"], entry["inputs"]
    if name.startswith("prevent_"):
        parts = name.removeprefix("prevent_")
        outcome, _, years = parts.rpartition("_")
        for kind in ("uacr", "hba1c", "base"):
            if outcome.startswith(f"{kind}_") or outcome.endswith(f"_{kind}"):
                bare = outcome.removeprefix(f"{kind}_").removesuffix(f"_{kind}")
                return f"prevent_2023_{kind}_{years}", Outcome(bare), {}
        return f"prevent_2023_base_{years}", Outcome(outcome), {}
    if name == "kfre4":
        region = "north_america" if given.get("north_american") else "elsewhere"
        return f"kfre_{region}_{given.get('years', 5)}y", Outcome.KIDNEY_FAILURE, {}
    if name.startswith("recode_"):
        called = {
            "nephropathy": "kidney_failure",
            "retinopathy": "vision_loss",
            "neuropathy": "pressure_sensation_loss",
        }
        part = name.removeprefix("recode_")
        return "recode_2017_10y", Outcome(called.get(part, part)), {"diabetes": 1}
    if name.startswith("chime"):
        part, years = name.removeprefix("chime").strip("_"), int(given.get("years", 10))
        if part.endswith("y") and part.rpartition("_")[2][:-1].isdigit():
            part, _, late = part.rpartition("_")
            years = int(late[:-1])
        called = {"renal_failure": "kidney_failure", "skin_ulcer": "foot_ulcer"}
        part = part or given["outcome"]
        return f"chime_2021_{years}y", Outcome(called.get(part, part)), {"diabetes": 1}
    plain: Mapping[str, tuple[str, Outcome, Values]] = {
        "china_par": ("china_par", Outcome.ASCVD, {}),
        "pce": ("pce_2013", Outcome.ASCVD, {}),
        "framingham2008_lipid": ("framingham_2008_lipid", Outcome.GENERAL_CVD, {}),
        "framingham2008_bmi": ("framingham_2008_bmi", Outcome.GENERAL_CVD, {}),
        "who_lab": ("who_2019_lab", Outcome.CVD, {}),
        "who_nonlab": ("who_2019_nonlab", Outcome.CVD, {}),
        "ckdpc_nondiabetic": (
            "ckd_pc_2019_no_diabetes_all_events",
            Outcome.INCIDENT_CKD,
            {"diabetes": 0, "smoker": 0},
        ),
        "ckdpc_diabetic": ("ckd_pc_2019_diabetes_all_events", Outcome.INCIDENT_CKD, {"diabetes": 1, "smoker": 0}),
        "ckdpc_diabetic_confirmed": (
            "ckd_pc_2019_diabetes_confirmed",
            Outcome.INCIDENT_CKD,
            {"diabetes": 1, "smoker": 0},
        ),
        "advance": ("advance_2011_4y", Outcome.CVD, {"diabetes": 1}),
        "hk_dmcx": ("hk_dmcx_2018_5y", Outcome.TOTAL_CVD, {"diabetes": 1}),
        "ckd_epi_2021": ("ckd_epi_2021", Outcome.EGFR, {}),
        "ckd_epi_2009": ("ckd_epi_2009", Outcome.EGFR, {}),
    }
    return plain[name]


@pytest.mark.parametrize("entry", vectors())
def test_an_equation_gives_the_number_its_source_prints(entry: Values) -> None:
    equation, outcome, implied = meant(entry)
    found = by_id(equation).estimate(Inputs.of(**{**implied, **sizes_of(entry)}), (outcome,))
    assert not int(found.flags[outcome][0]) & REFUSED, found.why(outcome, 0)
    assert found.values[outcome][0] == pytest.approx(entry["expected"], abs=entry.get("tolerance", 0.0006))


def site_outputs() -> list[Values]:
    """What the official China-PAR site showed, each person once."""
    entries: list[Values] = []
    for path in files("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        entries += [each for each in document if isinstance(each, dict) and "official_risk10_pct" in each]
    return entries


def site_inputs(entries: list[Values]) -> Inputs:
    def column(name: str) -> np.ndarray[Any, Any]:
        return np.array([each["params"][name] for each in entries], dtype=float)

    def lipid(name: str) -> np.ndarray[Any, Any]:
        in_mg_dl = column(f"{name}_unit") == 1
        return np.where(in_mg_dl, column(name) * china_par.MMOL_L_PER_MG_DL, column(name))

    return Inputs.of(
        male=column("sex") == 1,
        age_years=column("age"),
        north=column("region"),
        urban=column("area"),
        waist_cm=column("waist"),
        tc_mmol_l=lipid("tc"),
        hdl_mmol_l=lipid("hdlc"),
        sbp_mmhg=column("sbp"),
        bp_treated=column("drug"),
        diabetes=column("dm"),
        smoker=column("csmoke"),
        family_history_cvd=column("fh_ascvd"),
    )


def test_china_par_gives_what_the_official_site_shows_within_a_tenth_of_a_point() -> None:
    entries = site_outputs()
    found = by_id("china_par").estimate(site_inputs(entries))
    shown = np.array([each["official_risk10_pct"] for each in entries])
    error = np.abs(100 * found.values[Outcome.ASCVD] - shown)
    assert len(entries) >= 34
    assert error.max() <= 0.10
    assert error.mean() <= 0.03
    displayed = np.round(100 * found.values[Outcome.ASCVD], 1)
    assert np.mean(np.isclose(displayed, shown)) >= 0.95
    level = bands.CHINESE_GUIDELINE_2019.level
    assert np.mean(level(found.values[Outcome.ASCVD]) == level(shown / 100)) >= 0.99


SBP_MIDPOINTS = {"<120": 110, "120-139": 130, "140-159": 150, "160-179": 170, ">=180": 190}
TC_MIDPOINTS = {"<4": 3.5, "4-4.9": 4.5, "5-5.9": 5.5, "6-6.9": 6.5, ">=7": 7.5}
BMI_MIDPOINTS = {"<20": 17.5, "20-24": 22.5, "25-29": 27.5, "30-35": 32.5, ">=35": 37.5}


def cells(kind: str) -> tuple[Inputs, np.ndarray[Any, Any]]:
    """The cells of a chart as people at the middle of each band, and the printed percent."""
    rows: list[Values] = []
    for path in files("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                rows += [cell for cell in cells_of(row) if cell.pop("kind") == kind]
    printed = np.array([row.pop("percent") for row in rows])
    return Inputs.of(**{name: [row[name] for row in rows] for name in rows[0]}), printed


def cells_of(row: Values) -> Iterator[Values]:
    """One row of our own files (five pressures), or one cell of a chart as others store it."""
    if "sbp_110" in row:
        kind = "lab" if "diabetes" in row else "nonlab"
        person = {("age_years" if k == "age_band" else k): v for k, v in row.items() if not k.startswith("sbp_")}
        person |= {name: float(value) for name, value in person.items() if name != "age_years"}
        for sbp in SBP_MIDPOINTS.values():
            yield {**person, "age_years": middle(row["age_band"]), "sbp_mmhg": sbp, "kind": kind} | {
                "percent": float(row[f"sbp_{sbp}"])
            }
    elif row.get("Region") == "East Asia":
        kind = "lab" if "CHOL" in row else "nonlab"
        yield {
            "kind": kind,
            "age_years": middle(row["Age"]),
            "male": row["Gender"] == "M",
            "smoker": row["Smoke"] == "Smoker",
            "sbp_mmhg": SBP_MIDPOINTS[row["SBP"]],
            "percent": float(row["Risk"]),
            **(
                {"diabetes": row["DM"] == "Yes", "tc_mmol_l": TC_MIDPOINTS[row["CHOL"]]}
                if kind == "lab"
                else {"bmi_kg_m2": BMI_MIDPOINTS[row["BMI"]]}
            ),
        }


def middle(band: str) -> float:
    return int(band[:2]) + 2.5


@pytest.mark.parametrize("kind", ["lab", "nonlab"])
def test_who_east_asia_gives_the_printed_charts(kind: str) -> None:
    people, printed = cells(kind)
    found = by_id(f"who_2019_{kind}").estimate(people).values[Outcome.CVD]
    error = 100 * found - printed
    assert len(printed) >= 150
    assert np.sqrt(np.mean(error**2)) <= 0.30
    assert np.abs(error).max() <= 0.60
