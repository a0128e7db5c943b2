"""The people of a simulated region have what scores need: nearly all who may have a band have one, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.core.scope import system_scope
from cmc.risk import jobs
from cmc.simulation import store
from cmc.simulation.plan import Plan

PLAN = Plan(people=240, clinics=2, years=2, seed=5, end=date(2025, 11, 30))
SCOPE = system_scope("job:risk")


@pytest.fixture(scope="module")
def scored(new_database: Callable[[], str], keys: Keyring) -> Iterator[Engine]:
    url = new_database()
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
