"""The people of a simulated region have what scores need: nearly all who may have a band have one, and why."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cmc.cli import app
from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.risk import jobs
from cmc.simulation import store
from cmc.simulation.plan import Plan

PLAN = Plan(people=240, clinics=2, years=2, seed=5, end=date(2025, 11, 30))
SCOPE = system_scope("job:risk")


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def scored(url: str, keys: Keyring) -> Iterator[Engine]:
    migrations.upgrade(url)
    engine = db.make_engine(url)
    store.store(engine, keys, PLAN, progress=lambda *_: None)
    jobs.nightly(partial(db.transaction, engine, SCOPE), store.night_after(PLAN))
    yield engine
    engine.dispose()


def asked(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_nine_in_ten_of_an_age_for_a_number_have_a_band(scored: Engine) -> None:
    query = (
        "SELECT count(*) FILTER (WHERE s.band > 0), count(*) FROM risk_standing s JOIN patient p ON p.id = s.patient_id"
        " WHERE p.birth_date BETWEEN '1946-01-01' AND '1985-01-01'"  # 40 to 79 years old
    )
    ((with_band, people),) = asked(scored, query)
    assert people > 180
    assert with_band > 0.9 * people


def test_every_answer_says_which_equation_and_why(scored: Engine) -> None:
    query = (
        "SELECT a ->> 'reason', a ->> 'equation', count(*) FROM risk_score, jsonb_array_elements(answers) AS a"
        " WHERE a ->> 'question' = 'cvd' GROUP BY 1, 2"
    )
    found = {(reason, equation): count for reason, equation, count in asked(scored, query)}
    assert ("first_choice", "china_par") in found
    assert {("next_choice", "who_2019_lab"), ("next_choice", "who_2019_nonlab")} & found.keys()
    assert {reason for reason, equation in found if equation is None} <= {"age", "not_applicable", "prior_cvd"}


def test_inputs_come_from_every_place_that_the_region_fills(scored: Engine) -> None:
    query = "SELECT DISTINCT i.value ->> 2 FROM risk_score, jsonb_each(inputs) AS i"
    sources = {source for (source,) in asked(scored, query)}
    assert {"form", "lifestyle", "laboratory", "creatinine", "body", "visits", "examination", "place"} <= sources


def test_who_is_treated_by_the_visits_list_is_treated(scored: Engine) -> None:
    query = (
        "SELECT count(*) FROM risk_score WHERE inputs -> 'bp_treated' ->> 2 = 'form'"
        " AND inputs -> 'bp_treated' ->> 0 = '1.0'"
    )
    ((treated,),) = asked(scored, query)
    assert treated > 80


@pytest.fixture
def command(scored: Engine, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("CMC_DATABASE_URL", url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CMC_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    return lambda *arguments: CliRunner().invoke(app, ["risk", *arguments])


def test_a_level_is_made_of_the_database_or_refused_in_words(scored: Engine, command: Callable[..., Result]) -> None:
    day = ("--on", PLAN.end.isoformat())
    few = command("recalibrate", "--model", "risk-kidney_damage-now-t0", *day)
    assert isinstance(few.exception, OperatorError)
    assert "local events: the level moves from 100 on" in str(few.exception)
    nobody = command("recalibrate", "--model", "risk-death-10y-t2", *day)
    assert "Nobody was on file" in str(nobody.exception)
    standard = ("--standard-mean", "0.3", "--standard", "survey of the province")
    made = command("recalibrate", "--model", "risk-kidney_damage-now-t0", *standard, *day)
    assert (made.exit_code, "level 1: external standard" in made.stdout) == (0, True)
    ((stored,),) = asked(scored, "SELECT count(*) FROM risk_model_level WHERE standard = 'survey of the province'")
    assert stored == 1


def test_a_look_at_a_month_says_when_there_is_nothing_to_compare_with(command: Callable[..., Result]) -> None:
    seen = command("monitor")
    assert (seen.exit_code, seen.exception) == (0, None)
    assert "Fewer than 500 people have a score" in seen.stdout
