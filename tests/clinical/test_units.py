"""Conversion of units (GLU-02, GLU-06, BP-05)."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.units import (
    UnitError,
    UnitProblem,
    glucose_to_umol_l,
    hba1c_mmol_mol_to_percent,
    hba1c_percent_to_mmol_mol,
    mmol_l,
    mmol_l_words,
    pressure_to_mmhg,
)


@pytest.mark.parametrize(
    ("mg_dl", "expected_umol_l"),
    [
        (54, 3000),
        (70, 3900),
        (126, 7000),
        (180, 10000),
        (200, 11100),
        (250, 13900),
        (300, 16700),
        (600, 33300),
        (20, 1100),
    ],
)
def test_every_mg_dl_threshold_of_the_guidelines_lands_on_its_mmol_l_threshold(
    mg_dl: int, expected_umol_l: int
) -> None:
    assert glucose_to_umol_l(Decimal(mg_dl), "mg/dL") == expected_umol_l


@pytest.mark.parametrize(
    ("value", "expected"),
    [("7", 7000), ("7.0", 7000), ("6.95", 6950), ("16.666", 16666), ("5.5505", 5551), ("5.55049", 5550), ("0", 0)],
)
def test_mmol_l_is_kept_as_recorded_to_three_decimals(value: str, expected: int) -> None:
    assert glucose_to_umol_l(Decimal(value), "mmol/L") == expected


@pytest.mark.parametrize(("mg_dl", "expected"), [("125.1", 7000), ("125.09", 6900), ("0.9", 100), ("0.89", 0)])
def test_mg_dl_is_rounded_half_up_to_a_tenth(mg_dl: str, expected: int) -> None:
    assert glucose_to_umol_l(Decimal(mg_dl), "mg/dL") == expected


@pytest.mark.parametrize("unit", ["mmol/l", "MG/DL", "mg%", "", " mmol/L", "mmHg", "毫摩尔/升"])
def test_a_unit_is_never_guessed(unit: str) -> None:
    with pytest.raises(UnitError) as caught:
        glucose_to_umol_l(Decimal(7), unit)
    assert caught.value.code is UnitProblem.UNKNOWN_UNIT


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("NaN", UnitProblem.NOT_A_NUMBER),
        ("sNaN", UnitProblem.NOT_A_NUMBER),
        ("Infinity", UnitProblem.NOT_A_NUMBER),
        ("-Infinity", UnitProblem.NOT_A_NUMBER),
        ("1e999999", UnitProblem.OUT_OF_RANGE),
        ("-0.1", UnitProblem.OUT_OF_RANGE),
    ],
)
@pytest.mark.parametrize("unit", ["mmol/L", "mg/dL"])
def test_what_is_no_amount_is_refused_without_repeating_it(value: str, problem: UnitProblem, unit: str) -> None:
    with pytest.raises(UnitError) as caught:
        glucose_to_umol_l(Decimal(value), unit)
    assert caught.value.code is problem
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("18.66", "kPa", 140), ("12.0", "kPa", 90), ("120", "mmHg", 120), ("119.5", "mmHg", 120), ("24.0", "kPa", 180)],
)
def test_pressure_becomes_whole_mmhg(value: str, unit: str, expected: int) -> None:
    assert pressure_to_mmhg(Decimal(value), unit) == expected


@pytest.mark.parametrize("unit", ["mmhg", "KPA", "mmol/L"])
def test_a_pressure_unit_is_never_guessed(unit: str) -> None:
    with pytest.raises(UnitError):
        pressure_to_mmhg(Decimal(120), unit)


@pytest.mark.parametrize(("percent", "mmol_mol"), [("6.5", 48), ("7.0", 53), ("8.0", 64), ("9.0", 75)])
def test_hba1c_converts_between_percent_and_ifcc(percent: str, mmol_mol: int) -> None:
    assert hba1c_percent_to_mmol_mol(Decimal(percent)) == mmol_mol
    assert hba1c_mmol_mol_to_percent(Decimal(mmol_mol)) == Decimal(percent)


@pytest.mark.parametrize(
    ("umol_l", "words"), [(7000, "7.0"), (16700, "16.7"), (6950, "6.95"), (6999, "6.999"), (0, "0.0"), (10, "0.01")]
)
def test_mmol_l_is_shown_with_the_decimals_it_has(umol_l: int, words: str) -> None:
    assert mmol_l_words(umol_l) == words


@given(st.integers(0, 100_000))
def test_micromoles_survive_the_way_through_mmol_l(umol_l: int) -> None:
    assert glucose_to_umol_l(mmol_l(umol_l), "mmol/L") == umol_l


@given(st.integers(1, 900), st.integers(1, 900))
def test_mg_dl_keeps_the_order_of_values(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert glucose_to_umol_l(Decimal(low), "mg/dL") <= glucose_to_umol_l(Decimal(high), "mg/dL")


@given(st.decimals("3.0", "20.0", places=1))
def test_hba1c_in_percent_survives_the_way_through_ifcc(percent: Decimal) -> None:
    assert abs(hba1c_mmol_mol_to_percent(Decimal(hba1c_percent_to_mmol_mol(percent))) - percent) <= Decimal("0.1")


def test_a_callers_coarse_decimal_context_changes_nothing() -> None:
    with localcontext(prec=2):
        assert glucose_to_umol_l(Decimal(300), "mg/dL") == 16700
        assert mmol_l(16666) == Decimal("16.666")
