"""`cmc import`: people and readings from files of any shape that a mapping can express."""

import csv
import gzip
import os
import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from cmc.imports import sources

_at = datetime.fromisoformat
EXAMPLES = Path(__file__).parents[2] / "cmc" / "imports" / "examples"
SEX = '"Gender (Female=1, Male=2)"'
PEOPLE = f"""Patient Number,{SEX},Age (years),Comorbidities
2000_0_20201230,2,57,hypertension
2001_0_20201102,1,69,none
2001_1_20201117,1,69,none
"""
READINGS = """recording,kind,taken_at_local,mg_dl
2000_0_20201230,cgm,2020-12-30T13:54:00,138.6
2000_0_20201230,cbg,2020-12-30T13:54:00,138.6
2001_0_20201102,cgm,2020-11-02T00:10:00,120.60000000000001
2001_0_20201102,cgm,2020-11-02T00:25:00,2044.8
2001_0_20201102,xyz,2020-11-02T00:40:00,99
9999_0_20201102,cgm,2020-11-02T00:10:00,99
"""


def _errors(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _import_people(centre: Any) -> Any:
    people = centre.file("people.csv", PEOPLE)
    return centre.run("patients", people, "--clinic", "C1", "--mapping", EXAMPLES / "shanghai-t2dm-patients.toml")


def _import_readings(centre: Any, file: Path, *more: str) -> Any:
    return centre.run("readings", file, "--mapping", EXAMPLES / "shanghai-t2dm-readings.toml", *more)


def test_recordings_become_people_once(centre: Any) -> None:
    answer = _import_people(centre)
    assert answer.exit_code == 0, answer.output
    people = centre.rows(
        "SELECT i.value, p.sex, p.birth_date::text, p.birth_date_precision, e.disease, e.enrolled_on::text"
        " FROM patient p JOIN patient_identifier i ON i.patient_id = p.id JOIN enrolment e ON e.patient_id = p.id"
        " WHERE i.system = 'shanghai-t2dm' ORDER BY 1"
    )
    assert people == [
        ("2000", "M", "1963-01-01", "year", "T2DM", "2020-12-30"),
        ("2001", "F", "1951-01-01", "year", "T2DM", "2020-11-02"),
    ]
    assert {each.name for each in centre.people()} == {"患者 2000", "患者 2001"}
    assert _import_people(centre).exit_code == 0
    assert (centre.count("patient"), centre.count("enrolment")) == (2, 2)
    assert not list(centre.folder.glob("*.errors.csv"))


@pytest.mark.parametrize(
    ("age", "on", "born"),
    [
        ("60", "0030-01-01", None),
        ("0", "0000-01-01", None),
        ("131", "2020-12-30", None),
        ("-1", "2020-12-30", None),
        ("nan", "2020-12-30", None),
        ("1e999", "2020-12-30", None),
        ("57.5", "2020-12-30", "1963-01-01"),
        ("30", "0030-01-01", None),
        ("29", "0030-01-01", "0001-01-01"),
    ],
)
def test_an_age_that_gives_no_birth_date_is_a_fault_of_its_row(age: str, on: str, born: str | None) -> None:
    source = sources.parse({"age": "age", "on": "on"})
    if born is not None:
        assert source.text({"age": age, "on": on}) == born
        return
    with pytest.raises(sources.CellError) as fault:
        source.text({"age": age, "on": on})
    assert (fault.value.column, fault.value.code) == ("age", "bad_age")


def test_an_impossible_age_does_not_end_the_import(centre: Any) -> None:
    mapping = """kind = "patients"
[fields]
name = "name"
sex = "sex"
birth_date = { age = "age", on = "on" }
[identifiers]
his = "number"
"""
    people = "number,name,sex,age,on\n1,李明,M,60,0030-01-01\n2,王芳,F,60,2020-01-01\n"
    answer = centre.run(
        "patients", centre.file("p.csv", people), "--clinic", "C1", "--mapping", centre.file("m.toml", mapping)
    )
    assert answer.exit_code == 0, answer.output
    assert [each.name for each in centre.people()] == ["王芳"]
    assert _errors(centre.folder / "p.errors.csv")[1][:4] == ["2", "rejected", "age", "bad_age"]


def test_readings_are_stored_and_refused_rows_listed(centre: Any) -> None:
    _import_people(centre)
    answer = _import_readings(centre, centre.file("r.csv.gz", READINGS))
    assert answer.exit_code == 0, answer.output
    assert centre.rows(
        "SELECT specimen, taken_at::text, glucose_umol_l, value_text, unit_text FROM reading ORDER BY 2, 1"
    ) == [
        ("interstitial", "2020-11-01 16:10:00+00", 6700, "120.60000000000001", "mg/dL"),
        ("capillary", "2020-12-30 05:54:00+00", 7700, "138.6", "mg/dL"),
        ("interstitial", "2020-12-30 05:54:00+00", 7700, "138.6", "mg/dL"),
    ]
    errors = _errors(centre.folder / "r.errors.csv")
    assert [row[:4] for row in errors] == [
        ["row", "result", "column", "code"],
        ["5", "rejected", "mg_dl", "out_of_range"],
        ["6", "rejected", "kind", "unknown_code"],
        ["7", "quarantined", "recording", "unknown_person"],
    ]
    text = (centre.folder / "r.errors.csv").read_text(encoding="utf-8")
    assert not any(each in text for each in ("2044.8", "9999", "xyz", "2001_0"))
    assert (centre.folder / "r.errors.csv").stat().st_mode & 0o777 == 0o600
    ((source, form),) = centre.rows("SELECT source, format FROM receipt")
    assert source.startswith("file:")
    assert form == "csv"


def test_a_second_run_stores_nothing(centre: Any) -> None:
    _import_people(centre)
    file = centre.file("r.csv", READINGS)
    _import_readings(centre, file)
    tables = ("reading", "held_reading", "receipt", "touched", "patient")
    before = [centre.count(table) for table in tables]
    answer = _import_readings(centre, file)
    assert "duplicate" in answer.output
    assert [centre.count(table) for table in tables] == before


def test_rows_that_are_all_refused_are_kept_once(centre: Any) -> None:
    file = centre.file("r.csv", "kind,patient_id,taken_at,unit,value\nglucose,nobody,2025-05-01,mmol/L,6.1\n")
    for _ in range(2):
        assert "rejected" in centre.run("readings", file).output
        assert centre.count("receipt") == 1
    (body,) = centre.bodies()
    assert b"nobody" in body


def test_a_name_beside_a_reading_is_not_kept(centre: Any) -> None:
    row = "glucose,nobody,2025-05-01,mmol/L,6.1,张桂兰\n"
    centre.run("readings", centre.file("r.csv", f"kind,patient_id,taken_at,unit,value,name\n{row}"))
    (body,) = centre.bodies()
    assert b"nobody" in body
    assert "张桂兰".encode() not in body


def test_a_dry_run_tells_all_and_keeps_nothing(centre: Any) -> None:
    _import_people(centre)
    tables = ("reading", "held_reading", "receipt", "touched", "patient")
    before = [centre.count(table) for table in tables]
    file = centre.file("r.csv", READINGS)
    dry = _import_readings(centre, file, "--dry-run")
    assert "nothing was kept" in dry.output
    assert [centre.count(table) for table in tables] == before
    real = _import_readings(centre, file)
    assert [line for line in dry.output.splitlines() if "│" in line] == [
        line for line in real.output.splitlines() if "│" in line
    ]


PLAIN = "citizen_id,name,phone\n11010519491231002X,张桂兰,13812346131\n110105194912310021,王建国,\n,李明,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_our_own_column_names_need_no_mapping(centre: Any, encoding: str, delimiter: str) -> None:
    file = centre.file("people.csv", PLAIN.replace(",", delimiter), encoding=encoding)
    answer = centre.run("patients", file, "--clinic", "C1", "--errors", centre.folder / "bad.csv")
    assert answer.exit_code == 0, answer.output
    assert [(each.name, each.phone) for each in centre.people()] == [("张桂兰", "13812346131")]
    assert centre.rows("SELECT birth_date::text FROM patient") == [("1949-12-31",)]
    errors = _errors(centre.folder / "bad.csv")
    assert [row[0] for row in errors[1:]] == ["3", "4"]
    assert errors[1][2] == "citizen_id"
    assert "110105194912310021" not in (centre.folder / "bad.csv").read_text(encoding="utf-8")
    centre.run("patients", file, "--clinic", "C1")
    assert centre.count("patient") == 1


def test_a_spreadsheet_is_read_like_a_csv(centre: Any) -> None:
    centre.run("patients", centre.file("people.csv", PLAIN), "--clinic", "C1")
    ((patient_id,),) = centre.rows("SELECT id FROM patient")
    book = Workbook()
    sheet = book.active
    sheet.append(["patient_id", "kind", "value", "unit", "systolic", "diastolic", "taken_at_local", "specimen", None])
    sheet.append([str(patient_id), "glucose", 6.1, "mmol/L", None, None, _at("2025-05-01T07:30"), "capillary"])
    sheet.append([str(patient_id), "blood_pressure", None, "mmHg", 138.0, 86, _at("2025-05-01T07:31"), "capillary"])
    sheet.append([])
    sheet.append([str(patient_id), "glucose", "6.1 mmol", "mmol/L", None, None, _at("2025-05-01T07:32"), None])
    book.save(centre.folder / "r.xlsx")
    answer = centre.run("readings", centre.folder / "r.xlsx")
    assert answer.exit_code == 0, answer.output
    assert centre.rows("SELECT kind, glucose_umol_l, sbp_mmhg, value_text FROM reading ORDER BY taken_at") == [
        ("glucose", 6100, None, "6.1"),
        ("blood_pressure", None, 138, "138/86"),
    ]
    assert [row[:4] for row in _errors(centre.folder / "r.errors.csv")[1:]] == [
        ["5", "rejected", "value", "number_expected"]
    ]


UNUSABLE = [
    ("no.csv", None, None, "No such file"),
    ("empty.csv", "", None, "no header"),
    ("double.csv", "name,name\n", None, "same name"),
    ("other.csv", "a,b\n1,2\n", None, "No column for"),
    ("x.xlsx", "no zip", None, "cannot be read"),
    ("x.csv.gz", None, "plain", "cannot be read"),
    ("m.csv", "a\n1\n", "kind = [", "cannot be read"),
    ("m.csv", "a\n1\n", 'kind = "readings"', "must say kind"),
    ("m.csv", "a\n1\n", 'kind = "patients"\n[fields]\nname = "b"', "no column 'b'"),
    ("m.csv", "a\n1\n", 'kind = "patients"\n[fields]\nnmae = "a"', "no field 'nmae'"),
    ("m.csv", "a\n1\n", 'kind = "patients"\n[fields]\nname = { colum = "a" }', "unknown key 'colum'"),
    ("m.csv", "a\n1\n", 'kind = "patients"\n[fields]\nname = { column = "a", match = "(" }', "regular expression"),
    ("m.csv", "a\n1\n", 'kind = "patients"\n[fields]\nname = "a"', "No column for birth_date"),
    ("bytes.csv", "\udcff\udcff\n", None, "neither UTF-8 nor GB18030"),
]


@pytest.mark.parametrize(("name", "content", "mapping", "words"), UNUSABLE)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(
    centre: Any, name: str, content: str | None, mapping: str | None, words: str
) -> None:
    file = centre.folder / name
    if content is not None:
        file.write_bytes(content.encode("utf-8", "surrogateescape"))
    more: list[object] = []
    if mapping == "plain":
        file.write_bytes(b"not packed")
    elif mapping is not None:
        more = ["--mapping", centre.file("m.toml", mapping)]
    answer = centre.run("patients", file, "--clinic", "C1", *more)
    assert answer.exit_code == 2
    assert words in answer.output
    assert len(answer.output.strip().splitlines()) == 1


def test_an_unknown_clinic_is_told(centre: Any) -> None:
    answer = centre.run("patients", centre.file("people.csv", PLAIN), "--clinic", "C9")
    assert (answer.exit_code, centre.count("patient")) == (2, 0)
    assert "C9" in answer.output


def _generated(people: int, rows: int) -> str:
    draw = random.Random(5)
    lines = ["recording,kind,taken_at_local,mg_dl"]
    for index in range(rows):
        who = 2000 + index % people
        at = _at("2021-03-01") + timedelta(minutes=15 * (index // people))
        lines.append(f"{who}_0_20210301,cgm,{at.isoformat()},{draw.uniform(20, 420):.{draw.choice([0, 1, 2])}f}")
    return "\n".join(lines) + "\n"


def _imported_equals_computed(centre: Any, people: str, readings: str) -> None:
    centre.run(
        "patients",
        centre.file("p.csv", people),
        "--clinic",
        "C1",
        "--mapping",
        EXAMPLES / "shanghai-t2dm-patients.toml",
    )
    answer = _import_readings(centre, centre.file("all.csv", readings))
    assert answer.exit_code == 0, answer.output
    values: dict[str, list[Decimal]] = defaultdict(list)
    for row in csv.DictReader(readings.splitlines()):
        mg_dl = Decimal(row["mg_dl"])
        mmol_l = (mg_dl / 18).quantize(Decimal("0.1"), ROUND_HALF_UP)
        if mg_dl > Decimal("33.3") and mmol_l <= 50:
            values[row["recording"].split("_")[0]].append(mmol_l)
    expected = [
        (who, len(found), sum(found) * 1000 / len(found), sum(Decimal("3.9") <= each <= 10 for each in found))
        for who, found in sorted(values.items())
    ]
    stored = centre.rows(
        "SELECT i.value, count(*), sum(glucose_umol_l), count(*) FILTER (WHERE glucose_umol_l BETWEEN 3900 AND 10000)"
        " FROM reading r JOIN patient_identifier i USING (patient_id) GROUP BY 1 ORDER BY 1"
    )
    assert [(who, count, Decimal(total) / count, inside) for who, count, total, inside in stored] == expected


def test_mean_and_share_in_range_equal_a_direct_computation(centre: Any) -> None:
    people = f"Patient Number,{SEX},Age (years)\n" + "".join(f"{2000 + n}_0_20210301,1,60\n" for n in range(7))
    _imported_equals_computed(centre, people, _generated(7, 5000))


if folder := os.environ.get("CMC_SHANGHAI_DATA"):

    def test_the_real_recordings_give_the_same_means(centre: Any) -> None:
        data = Path(folder)
        people = (data / "patients.csv").read_text(encoding="utf-8-sig")
        readings = gzip.decompress((data / "readings.csv.gz").read_bytes()).decode()
        _imported_equals_computed(centre, people, readings)
        assert centre.count("reading") == 93_453
