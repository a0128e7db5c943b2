"""The catalogue of medicines."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.medicines import DrugClass, Medicine, catalogue, dose_outside, find, find_class


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("美托洛尔", "metoprolol"),
        ("琥珀酸美托洛尔缓释片 47.5mg", "metoprolol"),
        ("苯磺酸氨氯地平片5mg*28片", "amlodipine"),
        ("盐酸二甲双胍缓释片（Ⅰ）", "metformin"),
        ("METFORMIN", "metformin"),
        ("阿司匹林肠溶片", "aspirin"),
        ("甘精胰岛素注射液 3ml:300单位", "insulin_glargine"),
        ("门冬胰岛素30注射液", "insulin_aspart"),
        ("缬沙坦氨氯地平片(I)", "amlodipine_valsartan"),
        ("沙库巴曲缬沙坦钠片", "sacubitril_valsartan"),
        ("降压0号", "compound_reserpine_triamterene"),
        ("消渴丸", "xiaoke_pill"),
        ("硝酸甘油片", "nitroglycerin"),
        ("维生素C片", None),
        ("美托", None),
        ("", None),
    ],
)
def test_a_medicine_is_found_as_doctors_write_it(written: str, code: str | None) -> None:
    found = find(written)
    assert (found and found.code) == code


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("消渴丸", {"glibenclamide"}),
        ("复方利血平片", {"hydrochlorothiazide"}),
        ("珍菊降压片", {"hydrochlorothiazide"}),
    ],
)
def test_drug_07_compound_pills_tell_what_they_hide(name: str, hidden: set[str]) -> None:
    medicine = find(name)
    assert medicine is not None
    assert medicine.traditional
    assert hidden <= {part.code for part in medicine.ingredients}


@pytest.mark.parametrize("medicine", catalogue().medicines.values(), ids=lambda medicine: medicine.code)
def test_every_medicine_has_words_classes_and_is_found_by_all_its_names(medicine: Medicine) -> None:
    assert medicine.classes
    assert {find(name) for name in (medicine.code, medicine.text.zh, medicine.text.en)} == {medicine}


def test_a_usual_dose_is_a_range() -> None:
    for ingredient in catalogue().ingredients.values():
        assert ingredient.daily_mg is None or 0 < ingredient.daily_mg[0] <= ingredient.daily_mg[1]


@pytest.mark.parametrize(
    ("code", "daily_mg", "outside"),
    [
        ("enalapril", "9.99", True),
        ("enalapril", "10", False),
        ("enalapril", "20", False),
        ("enalapril", "20.01", True),
        ("indapamide", "1.5", False),
        ("glimepiride", "2", None),
    ],
)
def test_a_dose_is_compared_with_the_usual_one(code: str, daily_mg: str, outside: bool | None) -> None:
    assert dose_outside(catalogue().ingredients[code], Decimal(daily_mg)) is outside


@pytest.mark.parametrize(
    ("word", "drug_class"),
    [("磺脲类", DrugClass.SULFONYLUREA), ("Statin", DrugClass.STATIN), ("ACEI", DrugClass.ACEI), ("水", None)],
)
def test_a_class_is_found_by_its_words(word: str, drug_class: DrugClass | None) -> None:
    assert find_class(word) is drug_class


@given(st.text(max_size=30))
def test_no_text_breaks_the_look_up(text: str) -> None:
    found = find(text)
    assert found is None or found.code in catalogue().medicines


@pytest.mark.parametrize("name", ["1" * 5000 + "x", "(" * 5000, "片" * 5000 + "x", "0." * 5000, "盐酸" * 2000])
def test_a_long_name_is_looked_up_at_once(name: str) -> None:
    assert find(name) is None
