"""Laboratory results: units, ranges, critical values."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex
from cmc.clinical.laboratory import Analyte, LabFlag, Range, analytes, by_loinc, judge, read
from cmc.clinical.units import UnitError, glucose_to_umol_l, hba1c_mmol_mol_to_percent

ALL = list(analytes().values())


@pytest.mark.parametrize(
    ("code", "written", "unit", "value"),
    [
        ("GLUCOSE_FASTING", "126", "mg/dL", "7.0"),
        ("GLUCOSE_FASTING", "300", "mg/dL", "16.7"),
        ("GLUCOSE_FASTING", "7.05", "mmol/L", "7.05"),
        ("HBA1C", "53", "mmol/mol", "7.0"),
        ("HBA1C", "7.2", "%", "7.2"),
        ("CREATININE", "1.2", "mg/dL", "106.1"),
        ("CREATININE", "106", "umol/L", "106"),
        ("CREATININE", "106", "μmol/L", "106"),
        ("LDL", "100", "mg/dl", "2.59"),
        ("TG", "150", "mg/dL", "1.69"),
        ("UACR", "3.39", "mg/mmol", "30.0"),
        ("HAEMOGLOBIN", "13.5", "g/dL", "135.0"),
        ("POTASSIUM", " 4.1 ", "mEq/L", "4.1"),
        ("URINE_PROTEIN_24H", "0.3", "g/24h", "300.0"),
    ],
)
def test_a_result_is_converted_to_one_unit_and_kept_as_written(code: str, written: str, unit: str, value: str) -> None:
    result = read(analytes()[code], written, unit)
    assert result.value == Decimal(value)
    assert (result.written, result.written_unit) == (Decimal(written), unit)


@pytest.mark.parametrize(
    ("written", "unit", "problem"),
    [
        ("7.0", "g/L", "unknown_unit"),
        ("", "mmol/L", "not_a_number"),
        ("-7", "mmol/L", "not_a_number"),
        ("7,0", "mmol/L", "not_a_number"),
        ("1e3", "mmol/L", "not_a_number"),
        ("阴性", "mmol/L", "not_a_number"),
        ("HI", "mmol/L", "not_a_number"),
    ],
)
def test_what_is_no_number_or_has_another_unit_is_refused(written: str, unit: str, problem: str) -> None:
    with pytest.raises(UnitError) as caught:
        read(analytes()["GLUCOSE"], written, unit)
    assert caught.value.code == problem


@pytest.mark.parametrize(
    ("code", "written", "sex", "age", "flag", "critical"),
    [
        ("POTASSIUM", "3.49", Sex.U, None, "LOW", False),
        ("POTASSIUM", "3.5", Sex.U, None, "NORMAL", False),
        ("POTASSIUM", "5.3", Sex.U, None, "NORMAL", False),
        ("POTASSIUM", "5.31", Sex.U, None, "HIGH", False),
        ("POTASSIUM", "2.8", Sex.U, None, "LOW", False),
        ("POTASSIUM", "2.79", Sex.U, None, "LOW", True),
        ("POTASSIUM", "6.2", Sex.U, None, "HIGH", False),
        ("POTASSIUM", "6.21", Sex.U, None, "HIGH", True),
        ("GLUCOSE", "2.79", Sex.U, None, "NO_RANGE", True),
        ("GLUCOSE", "22.2", Sex.U, None, "NO_RANGE", False),
        ("GLUCOSE", ">22.2", Sex.U, None, "NO_RANGE", True),
        ("GLUCOSE", "<2.8", Sex.U, None, "NO_RANGE", True),
        ("CREATININE", "97", Sex.M, 59, "NORMAL", False),
        ("CREATININE", "98", Sex.M, 59, "HIGH", False),
        ("CREATININE", "98", Sex.M, 60, "NORMAL", False),
        ("CREATININE", "98", Sex.F, 60, "HIGH", False),
        ("CREATININE", "98", Sex.U, 60, "NO_RANGE", False),
        ("CREATININE", "98", Sex.M, None, "NO_RANGE", False),
        ("LDL", "3.39", Sex.M, 60, "NORMAL", False),
        ("LDL", "3.4", Sex.M, 60, "HIGH", False),
        ("HDL", "1.0", Sex.M, 60, "NORMAL", False),
        ("HDL", "0.99", Sex.M, 60, "LOW", False),
        ("UACR", "<5", Sex.M, 60, "NORMAL", False),
        ("UACR", "<50", Sex.M, 60, "NO_RANGE", False),
        ("UACR", ">300", Sex.M, 60, "HIGH", False),
        ("EGFR", ">90", Sex.M, 60, "NORMAL", False),
        ("ALT", "<5", Sex.M, 60, "LOW", False),
        ("ALT", ">10", Sex.M, 60, "NO_RANGE", False),
    ],
)
def test_where_a_result_lies(code: str, written: str, sex: Sex, age: int | None, flag: str, critical: bool) -> None:
    analyte = analytes()[code]
    judgement = judge(read(analyte, written, analyte.unit), sex, age)
    assert (judgement.flag, judgement.critical) == (flag, critical)


def test_the_laboratorys_own_range_goes_first() -> None:
    result = read(analytes()["POTASSIUM"], "5.2", "mmol/L")
    judgement = judge(result, Sex.M, 60, of_laboratory=Range(low=Decimal("3.5"), high=Decimal("5.1")))
    assert (judgement.flag, judgement.of_laboratory) == (LabFlag.HIGH, True)


@pytest.mark.parametrize(("written", "plausible"), [("3.0", True), ("2.9", False), ("20.0", True), ("70", False)])
def test_an_impossible_result_is_told(written: str, plausible: bool) -> None:
    assert read(analytes()["HBA1C"], written, "%").plausible is plausible


@pytest.mark.parametrize("analyte", ALL, ids=lambda analyte: analyte.code)
def test_every_analyte_of_the_catalogue_is_whole(analyte: Analyte) -> None:
    assert analyte.text.zh
    assert analyte.text.en
    assert analyte.plausible[0] < analyte.plausible[1]
    for each in analyte.ranges:
        ends = [end for end in (each.low, each.high, each.high_below) if end is not None]
        assert ends == sorted(ends)
        assert ends
        assert all(analyte.plausible[0] <= end <= analyte.plausible[1] for end in ends)
    if analyte.critical:
        assert analyte.plausible[0] < analyte.critical[0] < analyte.critical[1] < analyte.plausible[1]


def test_at_most_one_range_fits_a_person() -> None:
    for analyte in ALL:
        for sex in Sex:
            for age in (None, 18, 59, 60, 95):
                assert sum(each.holds_for(sex, age) for each in analyte.ranges) <= 1, (analyte.code, sex, age)


@pytest.mark.parametrize(
    ("loinc", "code"),
    [("4548-4", "HBA1C"), ("2093-3", "TC"), ("38483-4", "CREATININE"), ("14959-1", "UACR"), ("6298-4", "POTASSIUM")],
)
def test_an_analyte_is_found_by_its_loinc_code(loinc: str, code: str) -> None:
    assert by_loinc()[loinc].code == code


@given(st.decimals(min_value=10, max_value=900, places=1))
def test_glu_02_glucose_is_converted_as_a_readings_is(mg_dl: Decimal) -> None:
    result = read(analytes()["GLUCOSE"], f"{mg_dl:f}", "mg/dL")
    assert int(result.value * 1000) == glucose_to_umol_l(mg_dl, "mg/dL")


@given(st.integers(10, 190))
def test_glu_06_hba1c_is_converted_as_everywhere(mmol_mol: int) -> None:
    result = read(analytes()["HBA1C"], str(mmol_mol), "mmol/mol")
    assert result.value == hba1c_mmol_mol_to_percent(Decimal(mmol_mol))


@given(
    st.sampled_from(ALL), st.decimals(min_value=0, max_value=500, places=2), st.sampled_from(Sex), st.integers(18, 99)
)
def test_a_greater_value_never_lies_lower(analyte: Analyte, value: Decimal, sex: Sex, age: int) -> None:
    order = [LabFlag.LOW, LabFlag.NORMAL, LabFlag.HIGH]
    lesser, greater = (judge(read(analyte, f"{each:f}", analyte.unit), sex, age).flag for each in (value, value + 1))
    if LabFlag.NO_RANGE not in {lesser, greater}:
        assert order.index(lesser) <= order.index(greater)


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_text_breaks_the_reading_of_a_result(written: str, unit: str) -> None:
    try:
        result = read(analytes()["GLUCOSE"], written, unit)
    except UnitError:
        return
    assert result.value >= 0
