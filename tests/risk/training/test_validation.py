"""Validation: gates that fail a run, tables, pictures, the card with every bad figure, the check elsewhere."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cmc.core.operating import OperatorError
from cmc.risk.cli import app
from cmc.risk.equations.ckd_epi import CKD_EPI_2021
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.inputs import Inputs
from cmc.risk.equations.variables import Variable
from cmc.risk.models import profiles, release
from cmc.risk.models.scoring import Scorer
from cmc.risk.training import commands, gates, olmsted
from cmc.risk.training.card import card
from cmc.risk.training.comparators import COMPARATORS, creatinine_umol_l, numbers
from cmc.risk.training.gates import Gate
from cmc.risk.training.metrics import Figure, Judged
from cmc.risk.training.validation import BLANKED, CHALLENGER, DIABETES, EVERYBODY, Row, Settings

METRICS = json.loads((release.folder() / "metrics.json").read_text(encoding="utf-8"))


def figure(value: float) -> Figure:
    return Figure(value, value - 0.01, value + 0.01)


def row(
    model: str, *, task: str = "death-10y", group: str = EVERYBODY, part: str = "temporal", **figures: float
) -> Row:
    told = {"auc": 0.86, "observed_expected": 1.0, "slope": 1.0, "scaled_brier": 0.2, **figures}
    events = int(told.pop("events", 500))
    return Row(part, task, model, group, Judged(5000, events, **{name: figure(value) for name, value in told.items()}))


def failed(*rows: Row) -> set[str]:
    return {gate.name for gate in gates.of_rows(rows) if gate.found == gate.found and not gate.passed}


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        (row("t2"), set()),
        (row("t2", auc=0.845), set()),
        (row("t2", auc=0.8449), {"death 10 y, T2, AUC"}),
        (row("t2", group=DIABETES, auc=0.789), {"death 10 y, T2, AUC in diabetes"}),
        (row("t2", task="cv_death-10y", auc=0.849), {"CV death 10 y, T2, AUC"}),
        (row("t1", observed_expected=0.79), {"death-10y, t1, all, O/E"}),
        (row("t1", observed_expected=1.26), {"death-10y, t1, all, O/E"}),
        (row("t0", slope=0.84), {"death-10y, t0, all, slope"}),
        (row("t2", group="women", observed_expected=0.69, events=100), {"death-10y, t2, women, O/E"}),
        (row("t2", group="women", observed_expected=0.69, events=99), set()),
        (row(BLANKED, observed_expected=0.41), {f"death-10y, {BLANKED}, all, O/E"}),
        (row("t0", part="Olmsted County", observed_expected=1.3), {"Olmsted, death 10 y, T0, O/E"}),
        (row("t0", part="Olmsted County", auc=0.80), {"Olmsted, death 10 y, T0, AUC"}),
        (row("t2", task="death-5y", observed_expected=0.5), set()),
    ],
    ids=[
        "all well",
        "the line itself holds",
        "discrimination",
        "discrimination in diabetes",
        "discrimination of CV death",
        "foretells too much",
        "foretells too little",
        "slope",
        "a group with 100 events",
        "a group with fewer says nothing",
        "the trap of blanked values",
        "level elsewhere",
        "discrimination elsewhere",
        "five years are shown, not gated",
    ],
)
def test_a_gate_fails_beyond_its_line(changed: Row, fails: set[str]) -> None:
    assert failed(changed) == fails


def test_a_figure_that_is_not_there_passes_no_gate() -> None:
    assert not Gate("x", float("nan"), 0, 1).passed
    assert not all(gate.passed for gate in gates.of_rows(()))


def everything() -> list[Row]:
    models = ("t0", "t1", "t2", BLANKED, CHALLENGER)
    every = [row(model, task=task) for task in ("death-10y", "cv_death-10y") for model in models]
    return [*every, row("t2", group=DIABETES), row("t0", part="Olmsted County")]


def test_no_gate_is_passed_by_leaving_its_figure_out() -> None:
    """A model that gives nobody a number with the laboratory values blanked has no row, and must not be let through."""
    rows = everything()
    assert all(gate.passed for gate in gates.of_rows(rows))
    for place, absent in enumerate(rows):
        rest = [*rows[:place], *rows[place + 1 :]]
        assert not all(gate.passed for gate in gates.of_rows(rest)), absent
    assert all(gate.passed for gate in gates.of_rows(rows[:-1], external=False))  # not asked for, not missed


def test_the_card_counts_a_figure_that_is_not_there_among_the_gates_that_fail() -> None:
    changed = METRICS | {"gates": [{"name": "x", "found": None, "least": 0, "most": 1}, *METRICS["gates"]]}
    held = len(METRICS["gates"])
    assert f"{held} of {held + 1} hold" in card(release.shipped().manifest, changed)


def test_what_is_lost_without_tests_is_gated() -> None:
    found = failed(row("t2", auc=0.87), row("t0", auc=0.849))
    assert found == {"death-10y, AUC lost without tests"}


def test_a_falling_risk_is_counted() -> None:
    scorer = release.shipped().scorer
    models = dict(scorer.models)
    key = next(iter(models))
    coefficients = models[key].coefficients.copy()
    coefficients[1:] *= -1
    models[key] = replace(models[key], coefficients=coefficients)
    assert gates.violations(Scorer(models, scorer.usual), seed=1) > 1000


def test_the_shipped_models_passed_every_gate_and_the_figures_are_there() -> None:
    assert len(METRICS["gates"]) >= 40
    assert METRICS["data_sha256"] == release.shipped().manifest["data_sha256"]
    for gate in METRICS["gates"]:
        assert gate["least"] <= gate["found"] <= (np.inf if gate["most"] is None else gate["most"])


def test_the_card_is_current_and_tells_the_bad_figures_too() -> None:
    text = (release.folder() / commands.CARD).read_text(encoding="utf-8")
    assert text == card(release.shipped().manifest, METRICS)
    bad = text.split("## Figures that are bad")[1].split("## Gates")[0]
    own = [each for each in METRICS["rows"] if not each["part"].startswith("against")]
    for each in own:
        if each["judged"]["observed_expected"]["value"] < 0.8:
            assert f"| {each['task']} | {each['model']} | {each['group']} |" in bad
    assert "Non-Hispanic Asian" in bad
    assert "| diabetes |" in bad


def test_validate_writes_everything_and_ends_with_1_when_a_gate_fails(survey_file: Path, tmp_path: Path) -> None:
    run = CliRunner()
    to = str(tmp_path / "models")
    made = run.invoke(app, ["train", "--data", str(survey_file), "--to", to, "--refits", "5"])
    assert made.exit_code == 0, made.output
    judged = run.invoke(
        app, ["validate", "--data", str(survey_file), "--models", to, "--samples", "20", "--no-external"]
    )
    assert judged.exit_code == 1
    assert "fails: death 10 y, T2, AUC" in judged.output
    written = {path.name for path in (tmp_path / "models").iterdir()}
    assert {
        "metrics.json",
        "VALIDATION.md",
        "calibration.svg",
        "decision.svg",
        "groups.svg",
        "equations.svg",
    } <= written
    assert "**fails**" in (tmp_path / "models" / "VALIDATION.md").read_text(encoding="utf-8")
    assert run.invoke(app, ["card", "--models", to]).exit_code == 0
    assert run.invoke(app, ["export", "--models", to]).exit_code == 0
    assert (tmp_path / "models" / "MODEL_CARD.md").exists()


def test_models_are_not_judged_on_other_data(survey_file: Path) -> None:
    with pytest.raises(OperatorError, match="their hash differs"):
        commands.validate(survey_file, release.folder(), Settings(1, 20), lambda *_: None, external=False)


def test_no_card_without_a_validation(tmp_path: Path) -> None:
    where = tmp_path / "models"
    shutil.copytree(release.folder(), where)
    (where / "metrics.json").unlink()
    with pytest.raises(OperatorError, match="run `cmc risk validate` first"):
        commands.write_card(where)


def test_in_olmsted_county_deaths_come_as_often_as_the_gates_ask() -> None:
    rows = olmsted.external(olmsted.installed(), release.shipped().scorer, Settings(1, 20))
    found = {(each.task, each.group): each.judged for each in rows}
    assert found["death-10y", EVERYBODY].auc.value >= 0.81
    assert 0.75 <= found["death-10y", EVERYBODY].observed_expected.value <= 1.25


def test_only_what_was_known_on_the_index_day_is_read_there() -> None:
    people = pd.DataFrame(
        {"id": [1, 2], "age": [60, 70], "male": [1, 0], "bmi": [30.0, None], "futime": [4000, 100], "status": [0, 1]}
    )
    levels = pd.DataFrame(
        {
            "id": [1, 1, 1, 2],
            "days": [-900, -10, 5, -2000],
            "test": ["sbp"] * 4,
            "value": [150.0, 13682.0, 120.0, 170.0],
        }
    )
    events = pd.DataFrame({"id": [1, 2], "days": [-5, 5], "event": ["diabetes", "diabetes"]})
    found = olmsted.of_tables(people, levels, events)
    np.testing.assert_array_equal(found.people.get(Variable.SBP), [150, np.nan])
    assert found.people.get(Variable.DIABETES).tolist() == [1, 0]


def test_creatinine_for_the_equations_gives_back_the_filtration_rate() -> None:
    people = profiles.people(200, 5)
    wanted = people.get(Variable.EGFR)
    again = CKD_EPI_2021.estimate(
        Inputs.of(
            age_years=people.get(Variable.AGE),
            male=people.get(Variable.MALE),
            creatinine_umol_l=creatinine_umol_l(people),
        )
    ).values[Outcome.EGFR]
    known = ~np.isnan(again)
    assert known.mean() > 0.9
    np.testing.assert_allclose(again[known], wanted[known], rtol=1e-6)


def test_every_published_equation_gives_numbers_to_compare() -> None:
    columns = profiles.drawn(400, 9) | {"waist_cm": np.full(400, 90.0)}
    columns["prior_cvd"][:] = columns["prior_hf"][:] = columns["prior_stroke"][:] = 0
    for comparator in COMPARATORS:
        assert (~np.isnan(numbers(comparator, Inputs.of(**columns)))).mean() > 0.3
