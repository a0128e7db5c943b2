"""What an annual examination must hold (DM-AE-01, IND-05), and what belongs to it by age."""

import pytest

from cmc.clinical.annual_exam import REQUIRED, ExamPart, missing_fields, parts, valid_for
from cmc.clinical.codes import Disease

HTN_FIELDS, DM_FIELDS = REQUIRED[Disease.HTN], REQUIRED[Disease.T2DM]


@pytest.mark.parametrize(
    ("given", "diseases"),
    [
        (DM_FIELDS, [Disease.HTN, Disease.T2DM]),
        (HTN_FIELDS, [Disease.HTN]),
        ((*HTN_FIELDS, "fasting_glucose_mmol_l"), [Disease.HTN]),
        (HTN_FIELDS[1:], []),
        ((), []),
    ],
)
def test_dm_ae_01_the_fields_decide_for_which_diseases_it_counts(
    given: tuple[str, ...], diseases: list[Disease]
) -> None:
    assert valid_for(missing_fields(given)) == diseases


@pytest.mark.parametrize(("age", "elderly"), [(64, False), (65, True)])
def test_from_65_on_the_package_of_the_elderly_belongs_to_it(age: int, elderly: bool) -> None:
    assert (ExamPart.ABDOMINAL_ULTRASOUND in parts(age)) is elderly
    assert ExamPart.HEART in parts(age)
