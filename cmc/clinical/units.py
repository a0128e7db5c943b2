"""Units of measurement and their exact conversion.

The product stores glucose as an integer in µmol/L (7.0 mmol/L = 7000) and blood pressure as an integer in mmHg.
Units are accepted in one spelling each and never guessed.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from typing import TypeVar

UMOL_PER_MMOL = 1000
MG_DL_PER_MMOL_L = Decimal(18)  # GLU-02: 18, not 18.0182, so that 300 mg/dL is the 16.7 of DM-EM-01
MMHG_PER_KPA = Decimal("7.5006")
IFCC_OFFSET_PERCENT = Decimal("2.15")
IFCC_MMOL_MOL_PER_PERCENT = Decimal("10.929")

_EXACT = Context(prec=34, rounding=ROUND_HALF_UP)
_LARGEST = Decimal(1_000_000)
_Unit = TypeVar("_Unit", bound=StrEnum)


class GlucoseUnit(StrEnum):
    """Units a glucose value may come in."""

    MMOL_L = "mmol/L"
    MG_DL = "mg/dL"


class PressureUnit(StrEnum):
    """Units a blood pressure may come in."""

    MMHG = "mmHg"
    KPA = "kPa"


class UnitProblem(StrEnum):
    """Why a value could not be converted."""

    UNKNOWN_UNIT = "unknown_unit"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"


class UnitError(ValueError):
    """A value cannot be converted; `code` says why. The message never repeats the value."""

    def __init__(self, code: UnitProblem) -> None:
        super().__init__(code.value)
        self.code = code


def round_half_up(value: Decimal, step: Decimal) -> Decimal:
    """`value` rounded half away from zero to the decimals of `step`, e.g. Decimal("0.1")."""
    return value.quantize(step, rounding=ROUND_HALF_UP, context=_EXACT)


def glucose_to_umol_l(value: Decimal, unit: str) -> int:
    """A glucose concentration as an integer in µmol/L (GLU-02).

    mmol/L is kept as recorded to three decimals (finer digits are rounded half-up); mg/dL is divided by 18 and rounded
    half-up to 0.1 mmol/L. Raises UnitError: unknown_unit, not_a_number (NaN, infinity), out_of_range (beyond 10^6
    or negative). Whether the amount is plausible is `glucose.concerns`.
    """
    known = _unit(GlucoseUnit, unit)
    _require_amount(value)
    if known is GlucoseUnit.MG_DL:
        return int(round_half_up(_EXACT.divide(value, MG_DL_PER_MMOL_L), Decimal("0.1")).scaleb(3, context=_EXACT))
    return int(round_half_up(value, Decimal("0.001")).scaleb(3, context=_EXACT))


def mmol_l(glucose_umol_l: int) -> Decimal:
    """µmol/L as exact mmol/L with three decimals: 7000 → Decimal("7.000")."""
    return Decimal(glucose_umol_l).scaleb(-3, context=_EXACT)


def mmol_l_words(glucose_umol_l: int) -> str:
    """mmol/L for a sentence: one decimal, more only where the value has more ("7.0", "6.95")."""
    whole, thousandths = divmod(glucose_umol_l, UMOL_PER_MMOL)
    return f"{whole}.{f'{thousandths:03d}'.rstrip('0') or '0'}"


def pressure_to_mmhg(value: Decimal, unit: str) -> int:
    """A pressure as an integer in mmHg, rounded half-up; kPa × 7.5006 (BP-05).

    Raises UnitError: unknown_unit, not_a_number, out_of_range (beyond 10^6 or negative).
    """
    known = _unit(PressureUnit, unit)
    _require_amount(value)
    mmhg = _EXACT.multiply(value, MMHG_PER_KPA) if known is PressureUnit.KPA else value
    return int(round_half_up(mmhg, Decimal(1)))


def hba1c_percent_to_mmol_mol(hba1c_percent: Decimal) -> int:
    """HbA1c of the NGSP scale (%) on the IFCC scale (mmol/mol), rounded half-up (GLU-06): 7.0 → 53."""
    _require_amount(hba1c_percent)
    return int(round_half_up((hba1c_percent - IFCC_OFFSET_PERCENT) * IFCC_MMOL_MOL_PER_PERCENT, Decimal(1)))


def hba1c_mmol_mol_to_percent(hba1c_mmol_mol: Decimal) -> Decimal:
    """HbA1c of the IFCC scale (mmol/mol) in percent, rounded half-up to 0.1 (GLU-06): 53 → 7.0."""
    _require_amount(hba1c_mmol_mol)
    percent = _EXACT.divide(hba1c_mmol_mol, IFCC_MMOL_MOL_PER_PERCENT) + IFCC_OFFSET_PERCENT
    return round_half_up(percent, Decimal("0.1"))


def _unit(units: type[_Unit], spelling: str) -> _Unit:
    try:
        return units(spelling)
    except ValueError:
        raise UnitError(UnitProblem.UNKNOWN_UNIT) from None


def _require_amount(value: Decimal) -> None:
    if not value.is_finite():
        raise UnitError(UnitProblem.NOT_A_NUMBER)
    if not 0 <= value <= _LARGEST:
        raise UnitError(UnitProblem.OUT_OF_RANGE)
