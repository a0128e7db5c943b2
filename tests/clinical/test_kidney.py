"""The kidney over time: CKD, albuminuria, fall of eGFR, referral."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from cmc.clinical.codes import Sex
from cmc.clinical.kidney import CkdState, EgfrResult, UacrResult, albuminuria_confirmed, egfr_result, judge_kidney
from cmc.clinical.renal import EgfrFormula

ON = date(2026, 11, 21)
S = CkdState


def rates(*rows: tuple[int, str], formula: EgfrFormula = EgfrFormula.CKD_EPI_2009) -> list[EgfrResult]:
    return [EgfrResult(ON - timedelta(days=days), Decimal(value), formula) for days, value in rows]


def ratios(*rows: tuple[int, str]) -> list[UacrResult]:
    return [UacrResult(ON - timedelta(days=days), Decimal(value)) for days, value in rows]


@pytest.mark.parametrize(
    ("egfrs", "uacrs", "state", "stage"),
    [
        ([], [], S.UNKNOWN, None),
        ([(0, "60")], [], S.NO, None),
        ([(0, "59.9")], [], S.SUSPECTED, None),
        ([(90, "59.9"), (0, "50")], [], S.CONFIRMED, 3),
        ([(89, "59.9"), (0, "50")], [], S.SUSPECTED, None),
        ([(200, "50"), (90, "65"), (0, "50")], [], S.SUSPECTED, None),
        ([(200, "20"), (0, "14")], [], S.CONFIRMED, 5),
        ([(0, "95")], [(100, "40"), (0, "35")], S.CONFIRMED, 1),
        ([(0, "95")], [(100, "40"), (50, "10"), (0, "35")], S.CONFIRMED, 1),
        ([(0, "95")], [(80, "40"), (0, "35")], S.SUSPECTED, None),
        ([(0, "95")], [(0, "30")], S.SUSPECTED, None),
        ([(0, "95")], [(100, "40"), (50, "10"), (0, "29.9")], S.NO, None),
        ([], [(0, "10")], S.NO, None),
    ],
)
def test_ckd_needs_three_months_and_albuminuria_two_of_three(
    egfrs: list[tuple[int, str]], uacrs: list[tuple[int, str]], state: CkdState, stage: int | None
) -> None:
    judgement = judge_kidney(rates(*egfrs), ratios(*uacrs), ON)
    assert (judgement.state, judgement.ckd_stage) == (state, stage)


def test_who_is_suspected_is_repeated_three_months_after_the_first_abnormal_value() -> None:
    assert judge_kidney(rates((10, "50")), [], ON).repeat_by == ON + timedelta(days=80)


@pytest.mark.parametrize(
    ("egfrs", "uacrs", "reasons"),
    [
        ([(0, "29.9")], [], 1),
        ([(0, "30")], [], 0),
        ([(0, "80")], [(0, "301")], 1),
        ([(0, "80")], [(0, "300")], 0),
        ([(365, "90"), (0, "84")], [], 1),
        ([(365, "90"), (0, "86")], [], 0),
        ([(100, "90"), (0, "70")], [], 0),
        ([(365, "40"), (0, "25")], [(0, "400")], 3),
    ],
)
def test_who_is_referred_for_the_kidney(
    egfrs: list[tuple[int, str]], uacrs: list[tuple[int, str]], reasons: int
) -> None:
    assert len(judge_kidney(rates(*egfrs), ratios(*uacrs), ON).refer) == reasons


def test_values_of_two_formulas_are_not_compared() -> None:
    mixed = [*rates((365, "90"), formula=EgfrFormula.CKD_EPI_2021), *rates((0, "60"))]
    assert judge_kidney(mixed, [], ON).fall_per_year is None


@pytest.mark.parametrize(
    ("rows", "confirmed"),
    [
        ([(183, "30"), (0, "30")], True),
        ([(184, "30"), (0, "30")], False),
        ([(90, "30"), (60, "29"), (0, "30")], True),
        ([(120, "30"), (90, "30"), (60, "29"), (0, "29")], False),
        ([(0, "500")], False),
    ],
)
def test_albuminuria_is_two_of_the_last_three_in_half_a_year(rows: list[tuple[int, str]], confirmed: bool) -> None:
    assert albuminuria_confirmed(ratios(*rows), ON) is confirmed


def test_an_egfr_keeps_its_formula_and_the_age_of_its_day() -> None:
    result = egfr_result(Decimal(106), date(1966, 11, 21), Sex.M, on=ON)
    assert (result.formula, round(result.value, 1)) == (EgfrFormula.CKD_EPI_2009, Decimal("65.4"))


def test_later_values_are_not_yet_known() -> None:
    assert judge_kidney(rates((-1, "20")), ratios((-5, "500")), ON).state is S.UNKNOWN
