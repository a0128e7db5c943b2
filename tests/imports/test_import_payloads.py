"""`cmc import readings --format`: files of programs as they were exported."""

from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parents[1] / "ingest" / "fixtures"
PEOPLE = "citizen_id,name\n11010519491231002X,王建国\n"


@pytest.fixture
def person(centre: Any) -> str:
    answer = centre.run("patients", centre.file("people.csv", PEOPLE), "--clinic", "C1")
    assert answer.exit_code == 0, answer.output
    return str(centre.rows("SELECT id FROM patient")[0][0])


@pytest.mark.parametrize("file", ["omron_csv/accepted/export.csv", "omron_csv/accepted/export-gb18030.csv"])
def test_an_export_is_stored_once_for_the_person_named(centre: Any, person: str, file: str) -> None:
    asked = ("readings", FIXTURES / file, "--format", "omron_csv", "--patient", person, "--device", "HEM-1")
    dry = centre.run(*asked, "--dry-run", "--errors", centre.folder / "e.csv")
    assert (dry.exit_code, centre.count("reading")) == (0, 0), dry.output
    first = centre.run(*asked, "--errors", centre.folder / "e.csv")
    assert first.exit_code == 0, first.output
    stored = centre.count("reading")
    assert stored > 0
    assert {str(who) for (who,) in centre.rows("SELECT DISTINCT patient_id FROM reading")} == {person}
    assert centre.bodies() == [(FIXTURES / file).read_bytes()]
    assert "duplicate" in centre.run(*asked, "--errors", centre.folder / "e.csv").output
    assert centre.count("reading") == stored


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--format", "fax"), "omron_csv"),
        (("--format", "omron_csv"), "omron_csv"),
        (("--format", "lifesense"), "lifesense"),
        (("--format", "omron_csv", "--timezone", "Mars"), "IANA"),
    ],
)
def test_what_is_no_such_file_is_told_and_nothing_is_stored(centre: Any, more: tuple[str, ...], said: str) -> None:
    answer = centre.run("readings", centre.file("x.csv", "a,b\n1,2\n"), *more, "--errors", centre.folder / "e.csv")
    assert (answer.exit_code, said in answer.output) == (2, True), answer.output
    assert centre.count("receipt") == 0


def test_without_a_person_the_rows_are_kept_aside_and_listed(centre: Any) -> None:
    errors = centre.folder / "e.csv"
    file = FIXTURES / "omron_csv/accepted/export.csv"
    answer = centre.run("readings", file, "--format", "omron_csv", "--device", "HEM-1", "--errors", errors)
    assert answer.exit_code == 0, answer.output
    assert (centre.count("reading"), centre.count("held_reading") > 0) == (0, True)
    assert "unknown_person" in errors.read_text(encoding="utf-8-sig")
