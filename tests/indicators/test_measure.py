"""Definitions, percentages, periods."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import date

import pytest

from cmc.clinical.codes import Disease
from cmc.indicators import definitions
from cmc.indicators.definitions import national
from cmc.indicators.measure import percent
from cmc.indicators.periods import Period, live_periods, month_end, year_to_date
from cmc.indicators.variants import DenomPolicy, StandardRule


@pytest.mark.parametrize(
    ("numerator", "denominator", "shown"),
    [(7, 12, "58.33"), (2, 3, "66.67"), (1, 800, "0.13"), (1, 8, "12.50"), (0, 5, "0.00"), (5, 5, "100.00")],
)
def test_percentages_have_two_decimals_half_up(numerator: int, denominator: int, shown: str) -> None:
    assert str(percent(numerator, denominator)) == shown


def test_nobody_is_not_zero_percent() -> None:
    assert percent(0, 0) is None


def test_every_module_of_the_folder_is_in_the_registry() -> None:
    found = {each.name for each in pkgutil.iter_modules(definitions.__path__)}
    assert {importlib.import_module(f"{definitions.__name__}.{name}") for name in found} == set(definitions.SETS)


def test_codes_are_unique_per_disease_and_every_word_is_there() -> None:
    keys = [(each.code, each.disease) for each in definitions.DEFINITIONS]
    assert len(keys) == len(set(keys))
    for each in definitions.DEFINITIONS:
        assert all((each.title.zh, each.title.en, each.numerator.zh, each.numerator.en, each.source, each.version))
        assert "{" not in each.denominator.zh + each.denominator.en


def test_the_defaults_are_those_of_the_rules() -> None:
    defaults = ("IND-02", "IND-03", "IND-04")
    published = {
        (each.code, each.disease.value): dict(each.parameters)
        for each in definitions.DEFINITIONS
        if each.code in defaults
    }
    denom = {"denom_policy": "ACTIVE_AT_END_PLUS_LTFU"}
    assert published == {
        ("IND-02", "HTN"): denom | {"standard_rule": "STRICT_F2F4_EXAM"},
        ("IND-02", "T2DM"): denom | {"standard_rule": "STRICT_F2F4_EXAM"},
        ("IND-03", "HTN"): denom | {"reading": "LAST_F2F_FOLLOWUP", "control": "NBPHS_AGE_AT_READING"},
        ("IND-04", "T2DM"): denom | {"glucose_reading": "LATEST_FOLLOWUP_FBG_REQUIRED", "exclude_hypo": False},
    }


def test_the_least_enrolled_days_are_published_with_their_policy() -> None:
    measure = national.standard_management(Disease.HTN, denom=DenomPolicy.ENROLLED_GE_N_DAYS, enrolled_days=180)
    assert measure.parameters["enrolled_days"] == 180


def test_every_rule_on_visits_exists_with_and_without_exam() -> None:
    assert {rule.with_exam for rule in StandardRule} == {rule for rule in StandardRule if rule.needs_exam}
    assert len(StandardRule) == 2 * len({rule.with_exam for rule in StandardRule})


def test_live_periods_are_13_closed_months_and_the_running_one() -> None:
    periods = live_periods(date(2026, 1, 31))
    assert len(periods) == 14
    assert periods[0] == Period(date(2024, 1, 1), date(2024, 12, 31))
    assert periods[-2:] == (Period(date(2025, 1, 1), date(2025, 12, 31)), Period(date(2026, 1, 1), date(2026, 1, 31)))
    assert all(month.end <= date(2026, 1, 31) for month in periods)


def test_a_month_ends_on_its_last_day() -> None:
    assert [month_end(2024, 2), month_end(2025, 2), month_end(2025, 12)] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2025, 12, 31),
    ]


def test_whole_quarters_lie_inside() -> None:
    assert len(year_to_date(2024, 12).whole_quarters) == 4
    assert len(year_to_date(2025, 5).whole_quarters) == 1
    assert Period(date(2025, 1, 2), date(2025, 6, 29)).whole_quarters == ()


@pytest.mark.parametrize("end", [date(2024, 12, 31), date(2026, 1, 2)])
def test_a_period_is_neither_reversed_nor_longer_than_366_days(end: date) -> None:
    with pytest.raises(ValueError, match="1 to 366 days"):
        Period(date(2025, 1, 1), end)
