"""`cmc risk` at a place: score, recalibrate and watch from files."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from cmc.core.operating import OperatorError
from cmc.risk import files
from cmc.risk.cli import app
from cmc.risk.equations.coefficients import expit
from cmc.risk.models import profiles
from cmc.risk.recalibration import Basis, LocalLevel

RUN = CliRunner()
MODEL = "risk-death-10y-t2"


def people_file(path: Path, size: int = 40, seed: int = 1, *, gaps: bool = False) -> Path:
    columns = profiles.with_gaps(size, seed) if gaps else profiles.drawn(size, seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["person", *columns])
        for row in range(size):
            values = ["" if np.isnan(column[row]) else f"{column[row]:g}" for column in columns.values()]
            rows.writerow([f"P{row}", *values])
    return path


def outcomes_file(path: Path, size: int, shift: float) -> Path:
    stream = np.random.default_rng(4)
    odds = stream.normal(-2, 1, size)
    happened = stream.random(size) < expit(odds + shift)
    lines = [f"{risk:.6f},{int(each)}" for risk, each in zip(expit(odds), happened, strict=True)]
    path.write_text("\n".join(["raw,happened", *lines]) + "\n", encoding="utf-8")
    return path


def scores(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def run(*arguments: object) -> tuple[int, str]:
    found = RUN.invoke(app, [str(each) for each in arguments])
    if isinstance(found.exception, OperatorError):
        raise found.exception
    return found.exit_code, found.output


def test_everybody_of_a_file_is_scored_and_refusals_say_why(tmp_path: Path) -> None:
    people = people_file(tmp_path / "people.csv", gaps=True)
    code, told = run("score", "--people", people, "--to", tmp_path / "scores.csv")
    assert (code, "40 people" in told) == (0, True)
    found = scores(tmp_path / "scores.csv")
    assert len(found) == 40 * 6
    assert {row["model"] for row in found} >= {MODEL, "risk-death-10y-t0", "risk-kidney_damage-now-t1"}
    refused = [row for row in found if not row["raw"]]
    assert refused
    assert all(set(row["flags"].split()) & {"out_of_range", "implausible", "missing"} for row in refused)


def test_a_level_moves_the_local_number_and_leaves_the_raw_one(tmp_path: Path) -> None:
    people, levels = people_file(tmp_path / "people.csv"), tmp_path / "levels.json"
    run(
        "recalibrate", "--outcomes", outcomes_file(tmp_path / "o.csv", 3000, -0.7), "--model", MODEL, "--levels", levels
    )
    run("score", "--people", people, "--to", tmp_path / "scores.csv", "--levels", levels)
    for row in scores(tmp_path / "scores.csv"):
        if row["model"] == MODEL:
            assert float(row["local"]) < float(row["raw"])
            assert row["level"] == "1"
        else:
            assert row["local"] == row["raw"]


def test_local_numbers_of_some_models_are_not_impossible(tmp_path: Path) -> None:
    people, levels = people_file(tmp_path / "people.csv"), tmp_path / "levels.json"
    known = [
        LocalLevel(
            model_id=f"risk-death-10y-{tier}", model_version="1.0.0", version=1, on=date(2026, 11, 22),
            basis=Basis.EXTERNAL, intercept=-2.0, standard="x",
        )
        for tier in ("t0", "t1", "t2")
    ]  # fmt: skip
    files.write_levels(known, levels)
    run("score", "--people", people, "--to", tmp_path / "scores.csv", "--levels", levels)
    found: dict[str, dict[str, float]] = {}
    for row in scores(tmp_path / "scores.csv"):
        if row["local"]:
            found.setdefault(row["person"], {})[row["task"]] = float(row["local"])
    assert len(found) > 10
    for told in found.values():
        assert max(told["death-5y"], told["cv_death-10y"]) <= told["death-10y"]
        assert told["cv_death-5y"] <= min(told["cv_death-10y"], told["death-5y"])


def test_levels_are_added_and_old_ones_stay(tmp_path: Path) -> None:
    levels, outcomes = tmp_path / "levels.json", outcomes_file(tmp_path / "o.csv", 4000, 0.3)
    common = ("recalibrate", "--outcomes", outcomes, "--model", MODEL, "--levels", levels, "--on", "2026-11-22")
    run(*common, "--standard-mean", "0.15", "--standard", "生命表")
    code, told = run(*common)
    assert (code, "in people left out" in told) == (0, True)
    assert [(level.version, level.basis) for level in files.read_levels(levels)] == [
        (1, Basis.EXTERNAL),
        (2, Basis.LOCAL_SLOPE),
    ]


def test_too_few_local_events_make_no_level(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="local events: the level moves from 100 on"):
        run(
            *("recalibrate", "--outcomes", outcomes_file(tmp_path / "o.csv", 60, 0)),
            *("--model", MODEL, "--levels", tmp_path / "levels.json"),
        )
    assert not (tmp_path / "levels.json").exists()


def test_the_watch_is_quiet_for_the_same_people_and_calls_for_others(tmp_path: Path) -> None:
    then, baseline = people_file(tmp_path / "then.csv", 2000), tmp_path / "baseline.json"
    assert run("monitor", "--people", then, "--baseline", baseline, "--start")[0] == 0
    same = people_file(tmp_path / "same.csv", 2000, seed=2)
    assert run("monitor", "--people", same, "--baseline", baseline)[0] == 0
    other = tmp_path / "other.csv"
    other.write_text(same.read_text(encoding="utf-8").replace("bmi_kg_m2", "waist_cm"), encoding="utf-8")
    code, told = run("monitor", "--people", other, "--baseline", baseline)
    assert (code, "bmi_kg_m2" in told) == (1, True)


def test_more_events_than_foretold_call_somebody(tmp_path: Path) -> None:
    people, baseline = people_file(tmp_path / "then.csv", 500), tmp_path / "baseline.json"
    run("monitor", "--people", people, "--baseline", baseline, "--start")
    months = tmp_path / "months.csv"
    months.write_text("observed,expected\n" + "34,20.5\n" * 8, encoding="utf-8")
    code, told = run("monitor", "--people", people, "--baseline", baseline, "--months", months)
    assert code == 1
    assert "observed over expected 1.66" in told
    assert "CUSUM from month" in told


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("person,sbp\nA,120\n", "no model or equation reads sbp"),
        ("sbp_mmhg\n120\n", "lacks the column person"),
        ("person,sbp_mmhg\nA,high\n", "sbp_mmhg holds something that is no number"),
    ],
    ids=["unknown column", "whose?", "a word"],
)
def test_a_file_that_cannot_be_meant_is_refused_by_name(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "people.csv").write_text(content, encoding="utf-8")
    with pytest.raises(OperatorError, match=said):
        files.read_people(tmp_path / "people.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("raw,happened\n12.5,1\n3.1,0\n", "raw holds something that is no share of 0–1"),
        ("raw,happened\n-0.1,1\n", "raw holds something that is no share of 0–1"),
        ("raw,happened,weight\n0.1,1,-2\n", "weight holds something below 0"),
    ],
    ids=["percent", "below nothing", "a weight below nothing"],
)
def test_risks_in_another_unit_make_no_level(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "o.csv").write_text(content, encoding="utf-8")
    with pytest.raises(OperatorError, match=said):
        files.read_outcomes(tmp_path / "o.csv")


@pytest.mark.parametrize("line", ["3,", ",2.5", "-1,2.5", "1.5,2.5", "3,-2", "3,inf"])
def test_a_month_without_both_counts_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "m.csv").write_text(f"observed,expected\n{line}\n", encoding="utf-8")
    with pytest.raises(OperatorError, match=r"m\.csv"):
        files.read_months(tmp_path / "m.csv")


def test_a_foreign_baseline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps({"inputs": {}, "scores": {}}), encoding="utf-8")
    with pytest.raises(OperatorError, match="read other inputs"):
        files.read_baseline(tmp_path / "b.json")


def test_no_model_of_that_name(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no model x"):
        run("recalibrate", "--outcomes", tmp_path / "o.csv", "--model", "x", "--levels", tmp_path / "l.json")


def test_what_learns_asks_for_its_extra_in_one_line() -> None:
    script = (
        "import sys; sys.modules['pyreadstat'] = None\n"
        "from cmc.core.operating import OperatorError\n"
        "from cmc.risk.cli import card\n"
        "try: card()\n"
        "except OperatorError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pyreadstat is not installed: pip install 'cmc[training]'."
