"""Body-mass index and waist."""

from decimal import Decimal

import pytest

from cmc.clinical.body import bmi, bmi_band, large_waist
from cmc.clinical.codes import Sex


@pytest.mark.parametrize(
    ("value", "band"),
    [
        ("18.49", "UNDERWEIGHT"),
        ("18.5", "NORMAL"),
        ("23.99", "NORMAL"),
        ("24", "OVERWEIGHT"),
        ("27.99", "OVERWEIGHT"),
        ("28", "OBESE"),
    ],
)
def test_bands_of_the_body_mass_index(value: str, band: str) -> None:
    assert bmi_band(Decimal(value)) == band


def test_the_index_is_weight_by_height_squared() -> None:
    assert bmi(Decimal("72"), Decimal("170")) == Decimal(72) * 10000 / 28900
    with pytest.raises(ValueError, match="positive"):
        bmi(Decimal(70), Decimal(0))


@pytest.mark.parametrize(
    ("waist", "sex", "large"),
    [
        ("89.9", Sex.M, False),
        ("90", Sex.M, True),
        ("84.9", Sex.F, False),
        ("85", Sex.F, True),
        ("84", Sex.U, False),
        ("87", Sex.U, None),
        ("90", Sex.U, True),
    ],
)
def test_a_large_waist_depends_on_the_sex(waist: str, sex: Sex, large: bool | None) -> None:
    assert large_waist(Decimal(waist), sex) is large
