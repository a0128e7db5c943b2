"""The indicators of a simulated region are those that the Tianjin programme reports: about 77 % standard, 56 % controlled."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text

from cmc.clinical.codes import Disease
from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.core.scope import system_scope
from cmc.indicators.insight import changing, quality
from cmc.indicators.periods import Period
from cmc.simulation import store
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.region import region

PLAN = Plan(people=4000, clinics=40, years=2, seed=SEED, end=date(2025, 12, 31))
_VALUES = text(
    "SELECT v.code, sum(numerator) AS met, sum(denominator) AS counted FROM indicator_value AS v"
    " JOIN organisation AS o ON o.id = v.organisation_id WHERE o.kind = :kind AND v.period_end = '2025-12-31'"
    " GROUP BY v.code HAVING sum(denominator) > 0"
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
    with db.read_only(engine, system_scope("test")) as session:
        clinics = session.execute(text("SELECT id, code FROM organisation WHERE kind = 'clinic'")).all()
        first, last = date(2025, 1, 1), PLAN.end
        found["flags"] = {
            clinic.code: float(len(quality.flags(quality.measured(session, [clinic.id], first, last))))
            for clinic in clinics
        }
        ids = [clinic.id for clinic in clinics]
        change = changing.together(changing.cohorts(session, ids, Disease.T2DM, Period(first, last)))
        found["change"] = {"people": change.people, "points": float(change.points or 0)}
    engine.dispose()
    return found


@pytest.mark.parametrize(("code", "percent"), [("IND-02", 76.68), ("IND-04", 55.68)])
def test_the_region_reaches_the_figures_of_the_programme(
    rates: dict[str, dict[str, float]], code: str, percent: float
) -> None:
    assert rates["region"][code] == pytest.approx(percent, abs=3)


def test_pressure_control_is_that_of_a_well_run_programme(rates: dict[str, dict[str, float]]) -> None:
    assert 65 < rates["region"]["IND-03"] < 80


def test_clinics_that_make_values_up_or_round_them_are_flagged_and_no_others(
    rates: dict[str, dict[str, float]],
) -> None:
    habits = {each.code: each.habits for each in region(PLAN).clinics}
    flagged = {code for code, number in rates["flags"].items() if number}
    honest = {code for code, each in habits.items() if not each.round_share and not each.typed_share}
    assert len(flagged & honest) <= 0.01 * len(honest)
    assert {code for code, each in habits.items() if each.typed_share} <= flagged


def test_management_raises_control_of_glucose_by_what_the_programme_reports(
    rates: dict[str, dict[str, float]],
) -> None:
    """+19.68 points are reported; those who came in these two years have had less time than the others."""
    assert rates["change"]["people"] > 100
    assert rates["change"]["points"] == pytest.approx(19.68, abs=5)


def test_there_is_work_of_every_kind_in_the_morning(rates: dict[str, dict[str, float]]) -> None:
    """Routine visits for most, two-week checks for some, and a few critical readings that nobody answered yet."""
    tasks = rates["tasks"]
    assert set(tasks) >= {"routine", "two_week", "critical_reading"}
    assert tasks["routine"] > 4 * tasks["two_week"] > 0
    assert 0.0005 < tasks["critical_reading"] / PLAN.people < 0.03
