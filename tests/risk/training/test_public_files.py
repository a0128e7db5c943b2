"""The loader of the public files: fetched once, refused when changed, brought to one table without identifiers."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadstat
import pytest

from cmc.core.operating import OperatorError
from cmc.risk.training import nhanes, public_survey
from cmc.risk.training.public_files import CYCLES, SOURCES, component, fetch, mortality, public_files

SILENT = lambda *_: None  # noqa: E731
PEOPLE = (1, 2, 3)
VALUES: dict[str, list[float | None]] = {
    "RIDAGEYR": [61, 45, 33],
    "RIAGENDR": [1, 2, 2],
    "RIDRETH1": [3, 1, 5],
    "RIDRETH3": [3, 1, 6],
    "RIDEXPRG": [None, 2, 1],
    "BPXSY1": [150, 118, None],
    "BPXSY2": [146, 122, 110],
    "BPXSY3": [None, 120, 112],
    "BPXDI1": [0, 70, 60],
    "BPXDI2": [84, 72, 62],
    "BPXDI3": [86, 74, 64],
    "BPQ020": [1, 2, 1],
    "BPQ040A": [1, None, 2],
    "BPQ050A": [1, None, None],
    "BMXBMI": [29.5, 22.0, 24.1],
    "BMXWAIST": [104, 78, 85],
    "SMQ020": [1, 2, 1],
    "SMQ040": [3, None, 2],
    "DIQ010": [1, 2, 3],
    "DIQ050": [2, 2, 2],
    "DIQ070": [1, None, 2],
    "DID070": [1, None, 2],
    "MCQ160B": [2, 2, 9],
    "MCQ160C": [1, 2, 2],
    "MCQ160E": [2, 2, 2],
    "MCQ160F": [2, 2, 2],
    "LBXGH": [8.1, 5.2, 6.6],
    "LBXTC": [200, 180, 190],
    "LBDHDL": [50, 60, 55],
    "LBXHDD": [50, 60, 55],
    "LBDHDD": [50, 60, 55],
    "LBXTR": [150, 100, 90],
    "LBXSCR": [1.0, 0.7, 0.8],
    "LBDSCR": [1.0, 0.7, 0.8],
    "URXUMA": [30, 8, 5],
    "URXUCR": [100, 80, 50],
}
HELD = {
    "HDL": {1999: "LBDHDL", 2001: "LBDHDL", 2003: "LBXHDD"},
    "BIOPRO": {2001: "LBDSCR"},
    "TABLETS": {2005: "DID070", 2007: "DID070"},
}


def names_of(holds: str, year: int) -> tuple[str, ...]:
    """The variables that the cycle really has."""
    if holds == "HDL":
        return (HELD["HDL"].get(year, "LBDHDD"),)
    if holds == "BIOPRO":
        return (HELD["BIOPRO"].get(year, "LBXSCR"),)
    if holds == "DIQ":
        return ("DIQ010", "DIQ050", HELD["TABLETS"].get(year, "DIQ070"))
    if holds == "DEMO" and year < 2011:
        return ("RIDAGEYR", "RIAGENDR", "RIDRETH1", "RIDEXPRG")
    return public_survey._READ[holds]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """All public files in their formats, of three made-up people a cycle, over HTTP on this machine."""
    root = tmp_path_factory.mktemp("cdc")
    for year in CYCLES:
        folder = root / str(year) / "DataFiles"
        folder.mkdir(parents=True)
        held: dict[str, dict[str, list[float | None]]] = {}
        for holds in public_survey._READ:
            held.setdefault(component(year, holds), {}).update({name: VALUES[name] for name in names_of(holds, year)})
        for name, columns in held.items():
            table = pd.DataFrame({"SEQN": [float(year * 10 + each) for each in PEOPLE], **columns}, dtype=float)
            pyreadstat.write_xport(table, folder / name, file_format_version=5)
        lines = [line(year * 10 + each, fate) for each, fate in zip(PEOPLE, FATES, strict=True)]
        (root / mortality(year)).write_text("\n".join(lines) + "\n", encoding="ascii")
    handler = partial(QuietHandler, directory=str(root))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


FATES = ("11001      ", "10  .", "2.  .")


def line(person: int, fate: str) -> str:
    """A line of the mortality file: key, eligibility, status, cause, flags, months from interview and examination."""
    eligible, dead, cause = fate[0], fate[1], fate[2:5]
    months = " 45 44" if dead == "1" else "160159" if eligible == "1" else "  .  ."
    return f"{person:<6}{'':8}{eligible}{dead}{cause}{'00':2}{'':21}{months}"


@pytest.fixture(scope="module")
def fetched(served: tuple[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    url, _ = served
    files = tmp_path_factory.mktemp("fetched") / "files"
    assert fetch(public_files(url, url), files, SILENT) == len(public_files())
    return files


def test_every_file_is_fetched_once_and_checked_afterwards(served: tuple[str, Path], fetched: Path) -> None:
    url, _ = served
    assert fetch(public_files(url, url), fetched, SILENT) == 0
    assert (fetched / SOURCES).exists()
    assert not list(fetched.glob("*.part"))


def test_a_changed_file_is_refused(served: tuple[str, Path], fetched: Path, tmp_path: Path) -> None:
    url, _ = served
    changed = Path(shutil.copytree(fetched, tmp_path / "changed"))
    with (changed / "DEMO.xpt").open("ab") as file:
        file.write(b" ")
    for attempt in (
        lambda: fetch(public_files(url, url), changed, SILENT),
        lambda: public_survey.build(public_files(url, url), changed, tmp_path / "x.parquet", SILENT),
    ):
        with pytest.raises(OperatorError, match=r"DEMO\.xpt is not what it was"):
            attempt()


def test_a_file_that_is_not_there_is_named(served: tuple[str, Path], tmp_path: Path) -> None:
    url, _ = served
    with pytest.raises(OperatorError, match="cannot be fetched"):
        fetch(public_files(f"{url}/nowhere", url), tmp_path / "files", SILENT)


def test_without_fetching_nothing_is_built(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="run `cmc risk data fetch` first"):
        public_survey.build(public_files(), tmp_path, tmp_path / "x.parquet", SILENT)


@pytest.fixture(scope="module")
def table(served: tuple[str, Path], fetched: Path, tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    url, _ = served
    tmp_path = tmp_path_factory.mktemp("table")
    assert public_survey.build(public_files(url, url), fetched, tmp_path / "survey.parquet", SILENT) == 3 * len(CYCLES)
    return pl.read_parquet(tmp_path / "survey.parquet")


def test_the_table_has_the_columns_units_and_words_that_the_models_read(table: pl.DataFrame) -> None:
    first = table.row(0, named=True)
    assert first == {
        **first,
        "svy_year": "1999-2000",
        "demo_age_years": 61,
        "demo_gender": "Men",
        "demo_race": "Non-Hispanic White",
        "demo_pregnant": None,
        "bp_sys_mean": 148,
        "bp_dia_mean": 85,  # a diastolic pressure of 0 was not heard
        "bp_med_use": "Yes",
        "cc_diabetes": "Yes",
        "cc_smoke": "Former",
        "cc_cvd_chd": "Yes",
        "eligstat": 1,
        "mortstat": 1,
        "ucod_leading": 1,
        "permth_exm": 44,
    }
    assert first["TC"] == pytest.approx(5.172)
    assert first["cc_acr"] == pytest.approx(30)
    assert "SEQN" not in table.columns
    assert nhanes.cohort(table).size == 2 * len(CYCLES)


def test_answers_that_follow_from_others_are_given(table: pl.DataFrame) -> None:
    _, second, third = table.head(3).rows(named=True)
    assert second["bp_med_use"] == "No"  # never told of hypertension
    assert third["bp_med_use"] == "No"  # told, not prescribed
    assert third["cc_diabetes"] == "Yes"  # by HbA1c
    assert third["cc_cvd_hf"] is None  # does not know
    assert second["cc_smoke"] == "Never"
    assert third["cc_smoke"] == "Current"


def test_asian_origin_is_known_from_2011_on(table: pl.DataFrame) -> None:
    third = table.gather_every(3, offset=2)
    assert third["demo_race"].to_list() == ["Other"] * 6 + ["Non-Hispanic Asian"] * 3


@pytest.mark.parametrize(("year", "creatinine"), [(1999, 1.16), (2001, 1.0), (2005, 0.962), (2015, 1.0)])
def test_creatinine_is_brought_to_the_standardised_method(table: pl.DataFrame, year: int, creatinine: float) -> None:
    man = table.filter((pl.col("svy_year") == f"{year}-{year + 1}") & (pl.col("demo_gender") == "Men"))
    expected = 142 * (creatinine / 0.9) ** -1.2 * 0.9938**61
    assert man["cc_egfr"][0] == pytest.approx(expected, rel=1e-6)
