"""How models are made: from whom, with which weights, bit by bit the same, and without falling for missing tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cmc.core.operating import OperatorError
from cmc.risk.equations.equation import Outcome
from cmc.risk.equations.variables import Variable
from cmc.risk.models import release
from cmc.risk.models.model import Task
from cmc.risk.models.terms import TERMS, Tier, constrained
from cmc.risk.training import nhanes
from cmc.risk.training.cohort import complete, outcomes, within
from cmc.risk.training.fit import fit, significant
from cmc.risk.training.metrics import observed_expected
from cmc.risk.training.train import Plan, columns_of, made, write
from cmc.risk.training.validation import LABORATORY

DEATH = Task(Outcome.DEATH, 10.0)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody sees."""


@pytest.fixture(scope="module")
def made_release(survey_file: Path, tmp_path_factory: pytest.TempPathFactory) -> release.Release:
    where = tmp_path_factory.mktemp("made")
    write(made(nhanes.read(survey_file), Plan("test", "0.1.0", nhanes.sha256(survey_file), refits=5), silent), where)
    return release.load(where)


def test_only_adults_of_30_to_79_with_a_known_fate_are_taken(survey_file: Path) -> None:
    frame = (
        pl.read_parquet(survey_file)
        .head(6)
        .with_columns(
            pl.Series("demo_age_years", [29.0, 30.0, 79.0, 80.0, 50.0, 50.0]),
            pl.Series("mortstat", [0.0, 0.0, 1.0, 0.0, None, 0.0]),
            pl.Series("demo_pregnant", ["No", None, "No", "No", "No", "Yes"]),
        )
    )
    assert nhanes.cohort(frame).people.get(Variable.AGE).tolist() == [30, 79]


def test_a_file_without_the_columns_is_refused_by_name(tmp_path: Path, survey_file: Path) -> None:
    pl.read_parquet(survey_file).drop("TC").write_parquet(tmp_path / "less.parquet")
    with pytest.raises(OperatorError, match="lacks the columns TC"):
        nhanes.read(tmp_path / "less.parquet")


def test_death_from_another_cause_is_no_event_and_the_lost_are_weighted_away() -> None:
    #         died at 10, died of other at 20, seen to 120, lost at 30, seen longer
    time = np.array([10.0, 20.0, 120.0, 30.0, 130.0])
    ended = np.array([True, True, False, False, False])
    counted = np.array([True, False, False, False, False])
    found = within(time, ended, counted, months=120)
    assert found.label.tolist() == [1, 0, 0, 0, 0]
    # One of the three who were there at 30 was lost: the two who stayed stand for three.
    np.testing.assert_allclose(found.weight, [1, 1, 1.5, 0, 1.5])


def test_weights_give_back_the_truth_when_people_are_lost_by_chance() -> None:
    stream = np.random.default_rng(3)
    death, lost = stream.exponential(200, 40_000), stream.exponential(150, 40_000)
    ended = death <= lost
    found = within(np.minimum(death, lost), ended, ended, months=120)
    told = (found.weight * found.label).sum() / found.weight.sum()
    assert abs(told - (1 - np.exp(-120 / 200))) < 0.01


def test_two_runs_on_one_and_two_threads_write_the_same_bytes(survey_file: Path, tmp_path: Path) -> None:
    manifests = []
    for threads in ("1", "2"):
        to = tmp_path / threads
        subprocess.run(
            [
                sys.executable,
                "-m",
                "cmc",
                "risk",
                "train",
                "--data",
                str(survey_file),
                "--to",
                str(to),
                "--refits",
                "5",
            ],
            env={**os.environ, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            check=True,
            capture_output=True,
        )
        manifests.append((to / "manifest.json").read_bytes())
    assert manifests[0] == manifests[1]


def test_no_constrained_coefficient_is_below_zero(made_release: release.Release) -> None:
    for model in made_release.scorer.models.values():
        bounds = np.array(constrained(model.terms))
        assert (model.coefficients[1:][bounds] >= 0).all()
        assert (model.refits[:, 1:][:, bounds] >= 0).all()


def test_a_coefficient_that_would_fall_is_left_out_and_the_rest_fitted_anew() -> None:
    stream = np.random.default_rng(4)
    columns = stream.normal(size=(4000, 2))
    label = (stream.random(4000) < 1 / (1 + np.exp(1 - columns[:, 0] + 0.8 * columns[:, 1]))).astype(float)
    free = fit(columns, label, np.ones(4000), (False, False))
    held = fit(columns, label, np.ones(4000), (False, True))
    alone = fit(columns[:, :1], label, np.ones(4000), (False,))
    assert free[2] < -0.7
    assert held[2] == 0
    np.testing.assert_allclose(held[:2], alone, rtol=1e-7)


def test_a_model_needs_people_with_and_without_the_outcome() -> None:
    with pytest.raises(ValueError, match="with and without"):
        fit(np.zeros((5, 1)), np.zeros(5), np.ones(5), (False,))


def test_too_few_events_make_no_model(survey_file: Path) -> None:
    few = nhanes.cohort(pl.read_parquet(survey_file).head(120))
    with pytest.raises(OperatorError, match="too few to make a model"):
        made(few, Plan("test", "0", "", refits=5), silent)


def test_nine_digits_are_kept() -> None:
    assert significant(np.array([0.1234567891234, -98765.43219876])).tolist() == [0.123456789, -98765.4322]


def test_blanked_laboratory_values_keep_the_level_although_the_frail_lack_them(
    made_release: release.Release, survey_file: Path
) -> None:
    """The trap: here, as in the survey, who lacks tests dies more. In a clinic they are lacking for other reasons."""
    cohort = nhanes.read(survey_file)
    cohort = cohort.take(complete(cohort.people, Tier.T2))
    found = outcomes(cohort, DEATH)
    blanked = cohort.people.with_columns({each: np.full(cohort.size, np.nan) for each in LABORATORY})
    for people, tier in ((cohort.people, Tier.T2), (blanked, Tier.T0)):
        score = made_release.scorer.score(people)[DEATH]
        assert {score.tier_of(row) for row in range(50)} == {tier}
        ratio = observed_expected(score.risk[found.known], found.label[found.known], found.weight[found.known])
        assert 0.75 <= ratio <= 1.25


def test_no_column_says_whether_a_value_was_known() -> None:
    for tier in Tier:
        assert {term.variable for term in TERMS[tier]} <= set(Variable)
        assert len({term.variable for term in TERMS[tier]}) == len(TERMS[tier])


def test_the_made_models_know_what_the_truth_was_made_of(made_release: release.Release, survey_file: Path) -> None:
    model = made_release.scorer.models[DEATH, Tier.T0]
    cohort = nhanes.read(survey_file)
    columns = columns_of(cohort.take(complete(cohort.people, Tier.T0)).people, Tier.T0)
    names = [term.variable for term in model.terms for _ in range(term.width)]
    slope = dict(zip(names, model.coefficients[1:], strict=True))
    assert columns.shape[0] == len(names)
    assert 0.3 < slope[Variable.SMOKER] + slope[Variable.EX_SMOKER] < 1.3
    assert 0.4 < slope[Variable.PRIOR_HF] < 1.5


def test_the_manifest_says_what_it_was_made_from(made_release: release.Release, survey_file: Path) -> None:
    manifest = json.loads(json.dumps(dict(made_release.manifest)))
    assert manifest["data_sha256"] == nhanes.sha256(survey_file)
    assert manifest["models"]["risk-death-10y-t0"]["people"] > manifest["models"]["risk-death-10y-t2"]["people"]
