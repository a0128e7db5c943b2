"""What holds for every equation and any person."""

from __future__ import annotations

import importlib
import json
import pkgutil
from decimal import Decimal
from importlib import resources
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmc.clinical import renal
from cmc.clinical.codes import Sex
from cmc.risk import equations
from cmc.risk.equations import EQUATIONS, by_id
from cmc.risk.equations.ckd_epi import egfr_ml_min
from cmc.risk.equations.coefficients import published
from cmc.risk.equations.equation import REFUSED, Equation, Flag, Outcome, Unit, refused
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import TRAITS, Variable

V = Variable
Person = dict[str, float]
EVERY = pytest.mark.parametrize("equation", EQUATIONS, ids=lambda each: each.id)
EVERY_RISK = pytest.mark.parametrize(
    "equation", [each for each in EQUATIONS if each.unit is Unit.PROBABILITY], ids=lambda each: each.id
)


def admitted(equation: Equation, variable: Variable) -> tuple[float, float]:
    """The range in which an equation takes a value as it is."""
    need = equation.need(variable)
    lowest, highest = TRAITS[variable].plausible
    for limits in (need.refuse, need.clamp, need.made_for):
        if limits is not None:
            lowest, highest = max(lowest, limits[0]), min(highest, limits[1])
    return lowest, highest


def value_of(equation: Equation, variable: Variable) -> st.SearchStrategy[float]:
    need = equation.need(variable)
    if need.must_be is not None:
        return st.just(need.must_be)
    lowest, highest = admitted(equation, variable)
    return st.sampled_from([lowest, highest]) if TRAITS[variable].yes_no else st.floats(lowest, highest)


@st.composite
def people_for(draw: st.DrawFn, equation: Equation, least: int = 1) -> list[Person]:
    """People the equation is for, everything known, with no history of what it foretells."""
    never = {output.unless for output in equation.outputs}
    fixed = {
        need.variable.value: st.just(0.0) if need.variable in never else value_of(equation, need.variable)
        for need in equation.needs
    }
    return draw(st.lists(st.fixed_dictionaries(fixed), min_size=least, max_size=4))


@st.composite
def anybody(draw: st.DrawFn, equation: Equation) -> list[dict[str, float | None]]:
    """People as they come: unknown, out of range, in another unit."""
    odd = st.none() | st.floats(-10, 5000) | st.sampled_from([0.0, 1.0, float("inf"), float("nan")])
    one = {need.variable.value: value_of(equation, need.variable) | odd for need in equation.needs}
    return draw(st.lists(st.fixed_dictionaries(one), min_size=1, max_size=4))


def inputs_of(people: list[Any]) -> Inputs:
    return Inputs.of(**{name: [each[name] for each in people] for name in people[0]})


@EVERY
@given(data=st.data())
@settings(max_examples=15)
def test_whom_an_equation_is_for_gets_a_number(equation: Equation, data: st.DataObject) -> None:
    found = equation.estimate(inputs_of(data.draw(people_for(equation))))
    for outcome in equation.outcomes:
        assert not refused(found.flags[outcome]).any()
        assert not np.isnan(found.values[outcome]).any()
        assert (found.values[outcome] >= 0).all()
        assert equation.unit is not Unit.PROBABILITY or (found.values[outcome] <= 1).all()


@EVERY
@given(data=st.data())
@settings(max_examples=15)
def test_no_number_exactly_where_a_flag_says_why(equation: Equation, data: st.DataObject) -> None:
    people = data.draw(anybody(equation))
    found = equation.estimate(inputs_of(people))
    for outcome in equation.outcomes:
        assert np.isnan(found.values[outcome]).tolist() == refused(found.flags[outcome]).tolist()
        for row in range(len(people)):
            why = [flag for _, flag in found.why(outcome, row)]
            assert any(flag & REFUSED for flag in why) == bool(refused(found.flags[outcome])[row])


@EVERY
@given(data=st.data())
@settings(max_examples=8)
def test_together_alone_and_in_any_order_the_numbers_are_the_same(equation: Equation, data: st.DataObject) -> None:
    people = data.draw(people_for(equation, least=2))
    order = data.draw(st.permutations(range(len(people))))
    together, shuffled = (equation.estimate(inputs_of(each)) for each in (people, [people[i] for i in order]))
    alone = [equation.estimate(Inputs.of(**each)) for each in people]
    for outcome in equation.outcomes:
        np.testing.assert_allclose(shuffled.values[outcome], together.values[outcome][order], rtol=1e-12)
        np.testing.assert_allclose([each.values[outcome][0] for each in alone], together.values[outcome], rtol=1e-12)


def test_beyond_whom_an_equation_was_made_in_is_flagged_whoever_else_is_in_the_batch() -> None:
    """A yes is beyond the range too: WHO without laboratory values knows nothing of diabetes."""
    equation = by_id("who_2019_nonlab")
    known = {"age_years": 60, "male": 1, "sbp_mmhg": 130, "smoker": 0, "bmi_kg_m2": 25, "prior_cvd": 0}
    alone, beside = (equation.estimate(Inputs.of(**known, diabetes=each)) for each in ([1.0, 0.0], [1.0, np.nan]))
    for found in (alone, beside):
        assert found.flags[Outcome.CVD][0] & Flag.EXTRAPOLATED
        assert found.why(Outcome.CVD, 0) == ((V.DIABETES, Flag.EXTRAPOLATED),)
    assert alone.flags[Outcome.CVD][1] == 0


@EVERY
@given(data=st.data())
@settings(max_examples=5)
def test_one_outcome_alone_is_the_same_as_among_all(equation: Equation, data: st.DataObject) -> None:
    people = inputs_of(data.draw(people_for(equation)))
    everything = equation.estimate(people)
    for outcome in equation.outcomes:
        alone = equation.estimate(people, (outcome,))
        np.testing.assert_array_equal(alone.values[outcome], everything.values[outcome])


# What a unit slip does to a value that is right in our unit, over the range that people have.
SLIPS = [
    (V.SBP, (90, 220), 1 / 7.5006, "kPa for mmHg"),
    (V.DBP, (45, 130), 1 / 7.5006, "kPa for mmHg"),
    (V.TC, (2.0, 12.0), 1 / 0.02586, "mg/dL for mmol/L"),
    (V.HDL, (0.5, 3.5), 1 / 0.02586, "mg/dL for mmol/L"),
    (V.LDL, (0.6, 8.0), 1 / 0.02586, "mg/dL for mmol/L"),
    (V.TRIGLYCERIDES, (0.4, 10.0), 88.57, "mg/dL for mmol/L"),
    (V.CREATININE, (35, 1700), 1 / 88.4, "mg/dL for µmol/L"),
    (V.HBA1C, (4.5, 15.0), 0.01, "a fraction for percent"),
    (V.HAEMOGLOBIN, (5.0, 20.0), 10, "g/L for g/dL"),
    (V.WBC, (1.5, 40.0), 1000, "per µL for 10⁹/L"),
    (V.WAIST, (55, 150), 0.01, "metres for cm"),
    (V.WAIST, (55, 120), 1 / 2.54, "inches for cm"),
    (V.AGE, (18, 110), 12, "months for years"),
]


@pytest.mark.parametrize(("variable", "usual", "factor", "slip"), SLIPS, ids=str)
@given(part=st.floats(0, 1))
def test_a_value_in_another_unit_is_refused(
    variable: Variable, usual: tuple[float, float], factor: float, slip: str, part: float
) -> None:
    right = usual[0] + part * (usual[1] - usual[0])
    for equation in EQUATIONS:
        if variable not in {need.variable for need in equation.needs}:
            continue
        _, flags = equation.need(variable).admit(np.array([right, right * factor]))
        assert not flags[0] & Flag.IMPLAUSIBLE, slip
        assert flags[1] & Flag.IMPLAUSIBLE, slip


def test_hba1c_of_the_ifcc_scale_is_refused() -> None:
    _, flags = by_id("chime_2021_10y").need(V.HBA1C).admit(np.array([20.0, 53.0, 140.0]))
    assert (flags & Flag.IMPLAUSIBLE).all()


def test_an_input_under_another_unit_has_no_name() -> None:
    with pytest.raises(ValueError, match="tc_mg_dl"):
        Inputs.of(tc_mg_dl=200)


UP, DOWN = 1, -1
MONOTONE: list[tuple[str, tuple[Outcome, ...], Variable, int]] = [
    *[("china_par", (Outcome.ASCVD,), each, UP) for each in (V.SBP, V.TC, V.DIABETES, V.BP_TREATED)],
    ("china_par", (Outcome.ASCVD,), V.HDL, DOWN),
    *[("who_2019_lab", (Outcome.CVD,), each, UP) for each in (V.AGE, V.SBP, V.SMOKER, V.TC, V.DIABETES)],
    *[("who_2019_nonlab", (Outcome.CVD,), each, UP) for each in (V.AGE, V.SBP, V.SMOKER, V.BMI)],
    *[
        (f"prevent_2023_{model}", (Outcome.TOTAL_CVD, Outcome.ASCVD, Outcome.HEART_FAILURE), each, UP)
        for model in ("base_10y", "uacr_10y")
        for each in (V.SMOKER, V.DIABETES)
    ],
    *[
        (f"prevent_2023_{model}", (Outcome.TOTAL_CVD, Outcome.HEART_FAILURE), V.EGFR, DOWN)
        for model in ("base_10y", "uacr_10y", "hba1c_10y", "base_30y")
    ],
    ("prevent_2023_uacr_10y", (Outcome.TOTAL_CVD, Outcome.ASCVD, Outcome.HEART_FAILURE), V.UACR, UP),
    ("prevent_2023_hba1c_10y", (Outcome.TOTAL_CVD, Outcome.ASCVD, Outcome.HEART_FAILURE), V.HBA1C, UP),
    *[
        (name, (Outcome.GENERAL_CVD,), each, UP)
        for name in ("framingham_2008_lipid", "framingham_2008_bmi")
        for each in (V.AGE, V.SBP, V.BP_TREATED, V.SMOKER, V.DIABETES)
    ],
    *[("pce_2013", (Outcome.ASCVD,), each, UP) for each in (V.SBP, V.DIABETES)],
    *[(f"kfre_elsewhere_{years}y", (Outcome.KIDNEY_FAILURE,), V.EGFR, DOWN) for years in (2, 5)],
    *[(f"kfre_elsewhere_{years}y", (Outcome.KIDNEY_FAILURE,), V.UACR, UP) for years in (2, 5)],
    *[
        (f"ckd_pc_2019_{kind}", (Outcome.INCIDENT_CKD,), each, way)
        for kind in ("diabetes_confirmed", "diabetes_all_events", "no_diabetes_all_events")
        for each, way in ((V.AGE, UP), (V.UACR, UP), (V.PRIOR_CVD, UP), (V.HYPERTENSION, UP), (V.EGFR, DOWN))
    ],
    ("chime_2021_10y", (Outcome.MI, Outcome.IHD, Outcome.STROKE, Outcome.PVD, Outcome.DEATH), V.AGE, UP),
    ("chime_2021_10y", (Outcome.MI, Outcome.PVD, Outcome.RETINOPATHY, Outcome.NEUROPATHY), V.HBA1C, UP),
    ("chime_2021_10y", (Outcome.MI, Outcome.IHD, Outcome.HEART_FAILURE, Outcome.NEUROPATHY), V.EGFR, DOWN),
    ("recode_2017_10y", (Outcome.MI_OR_STROKE, Outcome.HEART_FAILURE, Outcome.DEATH), V.AGE, UP),
    ("recode_2017_10y", (Outcome.MI_OR_STROKE, Outcome.HEART_FAILURE, Outcome.DEATH), V.PRIOR_CVD, UP),
    ("recode_2017_10y", (Outcome.KIDNEY_FAILURE, Outcome.VISION_LOSS), V.UACR, UP),
    *[("hk_dmcx_2018_5y", (Outcome.TOTAL_CVD,), each, UP) for each in (V.UACR, V.SMOKER, V.DIABETES_YEARS)],
    ("hk_dmcx_2018_5y", (Outcome.TOTAL_CVD,), V.EGFR, DOWN),
    *[
        ("advance_2011_4y", (Outcome.CVD,), each, UP)
        for each in (V.AGE, V.DIABETES_YEARS, V.SBP, V.HBA1C, V.UACR, V.TC, V.PRIOR_AF, V.RETINOPATHY)
    ],
    ("ckd_epi_2021", (Outcome.EGFR,), V.CREATININE, DOWN),
    ("ckd_epi_2009", (Outcome.EGFR,), V.AGE, DOWN),
]


@pytest.mark.parametrize(
    ("name", "outcomes", "variable", "way"),
    MONOTONE,
    ids=[f"{name}-{variable}-{'up' if way == UP else 'down'}" for name, _, variable, way in MONOTONE],
)
@given(data=st.data())
@settings(max_examples=25)
def test_more_of_a_risk_factor_never_lowers_the_risk(
    name: str, outcomes: tuple[Outcome, ...], variable: Variable, way: int, data: st.DataObject
) -> None:
    equation = by_id(name)
    person = data.draw(people_for(equation))[0]
    lower, upper = sorted(data.draw(st.tuples(*[value_of(equation, variable)] * 2)))
    found = equation.estimate(inputs_of([{**person, variable.value: each} for each in (lower, upper)]), outcomes)
    for outcome in outcomes:
        low, high = found.values[outcome]
        assert way * (high - low) >= -1e-12


@pytest.mark.parametrize(
    ("shorter", "longer"), [("chime_2021_5y", "chime_2021_10y"), ("kfre_elsewhere_2y", "kfre_elsewhere_5y")]
)
@given(data=st.data())
@settings(max_examples=25)
def test_a_longer_time_has_no_smaller_risk(shorter: str, longer: str, data: st.DataObject) -> None:
    people = inputs_of(data.draw(people_for(by_id(shorter))))
    soon, late = (by_id(each).estimate(people) for each in (shorter, longer))
    assert all((soon.values[each] <= late.values[each] + 1e-12).all() for each in soon.values)


@EVERY_RISK
def test_what_is_clamped_or_beyond_is_flagged(equation: Equation) -> None:
    for need in equation.needs:
        lowest, highest = TRAITS[need.variable].plausible
        for limits, flag in ((need.refuse, Flag.OUT_OF_RANGE), (need.clamp, Flag.CLAMPED)):
            if limits is None:
                continue
            outside = np.array([each for each in (lowest, highest) if not limits[0] <= each <= limits[1]])
            value, flags = need.admit(outside)
            assert (flags & flag).all()
            assert flag is Flag.OUT_OF_RANGE or ((value >= limits[0]) & (value <= limits[1]) | refused(flags)).all()


@pytest.mark.parametrize("formula", renal.EgfrFormula, ids=str)
@given(creatinine=st.integers(20, 1500), age=st.integers(18, 100), sex=st.sampled_from([Sex.M, Sex.F]))
def test_the_filtration_rate_of_arrays_is_that_of_one_person(
    formula: renal.EgfrFormula, creatinine: int, age: int, sex: Sex
) -> None:
    exact = renal.egfr(Decimal(creatinine), age, sex, formula)
    male = np.array([float(sex is Sex.M)])
    found = egfr_ml_min(np.array([float(creatinine)]), np.array([float(age)]), male, formula)
    assert found[0] == pytest.approx(float(exact), rel=1e-12)


def test_every_module_with_equations_is_in_the_registry() -> None:
    modules = [
        importlib.import_module(f"{equations.__name__}.{each.name}")
        for each in pkgutil.iter_modules(equations.__path__)
    ]
    own = [each for each in modules if getattr(each, "EQUATIONS", EQUATIONS) is not EQUATIONS]
    found = [each for module in own for each in module.EQUATIONS]
    assert {each.id for each in found} == {each.id for each in EQUATIONS}
    assert len({each.id for each in EQUATIONS}) == len(EQUATIONS) == len(found)


@EVERY
def test_an_equation_declares_everything_that_it_is_judged_by(equation: Equation) -> None:
    assert equation.version
    assert equation.source
    assert equation.population.zh
    assert equation.population.en
    assert (equation.horizon_years is None) == (equation.unit is not Unit.PROBABILITY)
    read = {variable for output in equation.outputs for variable in output.variables}
    assert read == {need.variable for need in equation.needs} - ({each.unless for each in equation.outputs} - read)


def test_every_variable_has_its_trait_and_every_data_file_its_source() -> None:
    assert set(TRAITS) == set(Variable)
    folder = resources.files(equations).joinpath("data")
    names = sorted(each.name.removesuffix(".json") for each in folder.iterdir())
    assert len(names) == 11
    for name in names:
        assert "20" in published(name)["source"]
        json.dumps(dict(published(name)))


def test_an_unknown_equation_outcome_or_input_is_an_error() -> None:
    with pytest.raises(KeyError):
        by_id("astrology")
    with pytest.raises(KeyError):
        by_id("china_par").output(Outcome.DEATH)
    with pytest.raises(KeyError):
        by_id("china_par").need(V.LDL)
    with pytest.raises(ValueError, match="different length"):
        Inputs.of(age_years=[50, 60], male=[1, 0, 1])
    with pytest.raises(ValueError, match="one dimension"):
        Inputs.of(age_years=[[50]])


def test_people_can_be_taken_out_of_a_batch() -> None:
    people = Inputs.of(age_years=[50, 60, 70], male=1)
    assert people.take(np.array([2, 0])).get(V.AGE).tolist() == [70, 50]
    assert people.take(np.array([False, True, False])).size == 1
    assert np.isnan(people.get(V.SBP)).all()


@pytest.mark.parametrize(
    ("given_inputs", "hypertension"),
    [
        ({"sbp_mmhg": 140, "dbp_mmhg": 90, "bp_treated": 0}, 0.0),
        ({"sbp_mmhg": 141, "dbp_mmhg": 70, "bp_treated": 0}, 1.0),
        ({"sbp_mmhg": 120, "dbp_mmhg": 91, "bp_treated": 0}, 1.0),
        ({"sbp_mmhg": 120, "bp_treated": 1}, 1.0),
        ({"sbp_mmhg": 120, "bp_treated": 0, "hypertension": 1}, 1.0),
        ({"sbp_mmhg": None, "bp_treated": 0}, None),
    ],
)
def test_hypertension_is_pressure_above_the_line_or_treatment(
    given_inputs: dict[str, float | None], hypertension: float | None
) -> None:
    found = Inputs.of(**given_inputs).get(V.HYPERTENSION)[0]
    assert np.isnan(found) if hypertension is None else found == hypertension
