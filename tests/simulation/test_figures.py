"""The indicators of a simulated region are those that the Tianjin programme reports: about 77 % standard, 56 % controlled."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.simulation import store
from cmc.simulation.plan import SEED, Plan

PLAN = Plan(people=4000, clinics=40, years=2, seed=SEED, end=date(2025, 12, 31))
_VALUES = text(
    "SELECT v.code, sum(numerator) AS met, sum(denominator) AS counted FROM indicator_value AS v"
    " JOIN organisation AS o ON o.id = v.organisation_id WHERE o.kind = :kind AND v.period_end = '2025-12-31'"
    " GROUP BY v.code"
)


@pytest.fixture(scope="module")
def rates(new_database: Callable[[], str], keys: Keyring) -> dict[str, dict[str, float]]:
    """Rates in percent of the last year, by level of the tree and code."""
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(url)
    store.store(engine, keys, PLAN, progress=lambda *_: None)
    with engine.connect() as connection:
        found = {
            kind: {row.code: float(100 * row.met / row.counted) for row in connection.execute(_VALUES, {"kind": kind})}
            for kind in ("region", "clinic")
        }
        found["tasks"] = {
            row.kind: float(row.open)
            for row in connection.execute(
                text("SELECT kind, count(*) AS open FROM task WHERE status = 'open' GROUP BY kind")
            )
        }
    engine.dispose()
    return found


@pytest.mark.parametrize(("code", "percent"), [("IND-02", 76.68), ("IND-04", 55.68)])
def test_the_region_reaches_the_figures_of_the_programme(
    rates: dict[str, dict[str, float]], code: str, percent: float
) -> None:
    assert rates["region"][code] == pytest.approx(percent, abs=3)


def test_pressure_control_is_that_of_a_well_run_programme(rates: dict[str, dict[str, float]]) -> None:
    assert 65 < rates["region"]["IND-03"] < 80


def test_there_is_work_of_every_kind_in_the_morning(rates: dict[str, dict[str, float]]) -> None:
    """Routine visits for most, two-week checks for some, and a few critical readings that nobody answered yet."""
    tasks = rates["tasks"]
    assert set(tasks) >= {"routine", "two_week", "critical_reading"}
    assert tasks["routine"] > 4 * tasks["two_week"] > 0
    assert 0.0005 < tasks["critical_reading"] / PLAN.people < 0.03
