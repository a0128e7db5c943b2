"""Who is simulated and what happens to them: like a region, always the same, and consistent within every person."""

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pytest

from cmc.clinical.codes import Sex, VisitMode
from cmc.clinical.identity_numbers import parse_citizen_id
from cmc.clinical.periods import completed_years
from cmc.simulation.cells import Drawn, draw, draw_all
from cmc.simulation.home import MOST_ITEMS
from cmc.simulation.lives import NEVER, Ending
from cmc.simulation.measuring import TYPED_SBP
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.region import region
from cmc.simulation.rows import readings
from cmc.simulation.rows.people import given_number
from cmc.simulation.visits import Columns, judges

PLAN = Plan(people=6000, clinics=34, years=3, seed=SEED, end=date(2025, 12, 31))
WHERE = region(PLAN)
END = int(np.datetime64(PLAN.end, "D").astype(np.int64))
YEAR = 365


@pytest.fixture(scope="module")
def everybody() -> list[Drawn]:
    return list(draw_all(PLAN, WHERE))


def joined(everybody: list[Drawn], part: str, column: str) -> np.ndarray:
    return np.concatenate([getattr(getattr(each, part), column) for each in everybody])


def visits(everybody: list[Drawn], *columns: str) -> list[np.ndarray]:
    return [np.concatenate([each.visit[name] for each in everybody]) for name in columns]


def equal(one: Drawn, other: Drawn) -> bool:
    columns: list[tuple[Columns, Columns]] = [
        (one.visit, other.visit), (one.exam, other.exam), (one.reading, other.reading)
    ]  # fmt: skip
    arrays = [(a[name], b[name]) for a, b in columns for name in a if not name.startswith("case_")]
    for part in ("who", "life", "true"):
        arrays += [(getattr(getattr(one, part), f.name), getattr(getattr(other, part), f.name))
                   for f in fields(getattr(one, part))]  # fmt: skip
    return all(np.array_equal(a, b) for a, b in arrays)


def test_a_cell_is_the_same_alone_and_among_others_whoever_was_judged_before(everybody: list[Drawn]) -> None:
    for each in everybody[::7]:
        assert equal(each, draw(PLAN, WHERE, each.cell, judges()))


def test_another_seed_is_another_region(everybody: list[Drawn]) -> None:
    other = Plan(people=6000, clinics=34, years=3, seed=SEED + 1, end=PLAN.end)
    assert not equal(everybody[0], draw(other, WHERE, everybody[0].cell, judges()))


def test_diseases_ages_and_sexes_are_those_of_primary_care(everybody: list[Drawn]) -> None:
    has, male, birth = (joined(everybody, "who", name) for name in ("has", "male", "birth"))
    assert has.any(axis=1).all()
    htn, dm = has.sum(axis=0) / has.sum()
    assert htn == pytest.approx(0.63, abs=0.02)
    assert dm == pytest.approx(0.37, abs=0.02)
    assert has.all(axis=1).mean() == pytest.approx(0.15, abs=0.02)
    assert male.mean() == pytest.approx(0.47, abs=0.03)
    ages = (END - birth) / 365.25
    assert 63 < ages.mean() < 68
    assert ages.min() >= 35
    assert 0.45 < (ages >= 65).mean() < 0.65


def test_citizen_ids_are_valid_distinct_and_say_birth_and_sex(everybody: list[Drawn]) -> None:
    seen = set()
    for each in everybody:
        for place in range(len(each.who)):
            number = given_number(each.who, place)
            if number is None:
                continue
            card = parse_citizen_id(number, PLAN.end)
            born = date(1970, 1, 1) + timedelta(days=int(each.who.birth[place]))
            assert (card.birth, card.sex) == (born, Sex.M if each.who.male[place] else Sex.F)
            seen.add(card.number)
    known = (joined(everybody, "who", "citizen_id") != "").sum()
    assert len(seen) == known
    assert known / PLAN.people > 0.96


def test_one_in_two_hundred_has_a_second_record_without_a_number(everybody: list[Drawn]) -> None:
    twin, name, number, birth = (joined(everybody, "who", each) for each in ("twin_of", "name", "citizen_id", "birth"))
    second = np.flatnonzero(twin >= 0)
    assert len(second) / PLAN.people == pytest.approx(0.005, abs=0.003)
    assert (number[second] == "").all()
    assert (name[second] == name[twin[second]]).all()
    assert (birth[second] == birth[twin[second]]).all()


def test_every_ending_happens_and_nobody_is_seen_after_it(everybody: list[Drawn]) -> None:
    assert set(joined(everybody, "life", "ending").tolist()) == {int(each) for each in Ending}
    for each in everybody:
        for columns in (each.visit, each.exam):
            assert each.life.in_care(columns["who"], columns["day"]).all()
        dead = np.flatnonzero(each.life.ending == Ending.DIED)
        died = each.reading["taken"] // 86_400 > each.life.ended[each.reading["who"]]
        assert not (died & np.isin(each.reading["who"], dead)).any()


def test_visits_keep_to_the_order_of_a_life(everybody: list[Drawn]) -> None:
    for each in everybody:
        who, day = each.visit["who"], each.visit["day"]
        same = who[1:] == who[:-1]
        entered = day + each.visit["delay"]
        assert (day[1:][same] > entered[:-1][same]).all()
        assert (day >= each.life.registered[who]).all()
        assert (entered <= END).all()
        assert (each.visit["next"] > day).all()
        first = each.life.enrolled[who].min(axis=1)
        assert (first < NEVER).all()
        assert (day >= first).all()


def test_the_age_at_a_visit_is_the_age_of_the_rules(everybody: list[Drawn]) -> None:
    each = everybody[0]
    for row in range(0, len(each.visit["who"]), 11):
        born, on = (
            date(1970, 1, 1) + timedelta(days=int(number))
            for number in (each.who.birth[each.visit["who"][row]], each.visit["day"][row])
        )
        assert completed_years(born, on) == each.visit["age"][row]


def test_management_brings_glucose_and_pressure_under_control(everybody: list[Drawn]) -> None:
    """Region-wide from about 36 % to about 56 %, as the Tianjin programme reports of glucose."""
    who = np.concatenate([each.visit["who"] + 1_000_000 * each.cell.number for each in everybody])
    day, fasting = visits(everybody, "day", "fasting")
    measured = fasting >= 0
    who, day, fasting = who[measured], day[measured], fasting[measured]
    first = np.unique(who, return_index=True)[1]
    assert (fasting[first] < 70).mean() == pytest.approx(0.36, abs=0.03)
    last = len(who) - 1 - np.unique(who[::-1], return_index=True)[1]
    of_last_year = last[day[last] > END - YEAR]
    assert (fasting[of_last_year] < 70).mean() == pytest.approx(0.57, abs=0.04)


def test_values_of_a_person_agree_at_visits_at_home_and_in_examinations(everybody: list[Drawn]) -> None:
    def mean_of(who: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
        known = value >= 0
        sums, times = (np.bincount(who[known], weights, count) for weights in (value[known].astype(float), None))
        return sums / np.where(times >= 4, times, np.nan)

    office, home = [], []
    for each in everybody:
        if each.cell.clinic.habits.typed_share:
            continue
        count = len(each.who)
        office.append(mean_of(each.visit["who"], each.visit["sbp"], count))
        home.append(mean_of(each.reading["who"], each.reading["sbp"], count))
    one, other = np.concatenate(office), np.concatenate(home)
    both = ~np.isnan(one) & ~np.isnan(other)
    assert both.sum() > 200
    assert np.corrcoef(one[both], other[both])[0, 1] > 0.8


def test_pressure_is_higher_in_winter(everybody: list[Drawn]) -> None:
    day, sbp = visits(everybody, "day", "sbp")
    last_year = (day > END - YEAR) & (sbp > 0)
    month = day.astype("datetime64[D]").astype("datetime64[M]").astype(int) % 12 + 1
    winter, summer = (sbp[last_year & np.isin(month, months)].mean() for months in ([12, 1, 2], [6, 7, 8]))
    assert 2 < winter - summer < 10


def test_habits_of_clinics_show_in_their_figures(everybody: list[Drawn]) -> None:
    for each in everybody:
        habits, sbp = each.cell.clinic.habits, each.visit["sbp"]
        sbp, share = sbp[sbp > 0], (each.visit["mode"] == VisitMode.PHONE).mean()
        if habits.round_share:
            assert (sbp % 10 == 0).mean() > 0.1 + 0.7 * habits.round_share
        elif habits.typed_share:
            typed = (sbp >= TYPED_SBP[0]) & (sbp <= TYPED_SBP[1])
            assert typed.mean() > 0.8 * habits.typed_share
        else:
            assert (sbp % 10 == 0).mean() < 0.2
        assert share == pytest.approx(habits.phone_share, abs=0.08)


def test_about_four_and_a_half_visits_a_year_mostly_face_to_face(everybody: list[Drawn]) -> None:
    day, mode = visits(everybody, "day", "mode")
    a_year = (day > END - YEAR).sum() / PLAN.people
    assert 3.6 < a_year < 5
    assert (mode == VisitMode.PHONE).mean() < 0.15
    assert set(mode.tolist()) == {1, 2, 3}


def test_devices_number_their_readings_and_some_clocks_are_wrong(everybody: list[Drawn]) -> None:
    reset = ahead = count = 0
    for each in everybody:
        reading = each.reading
        device = reading["who"] * 2 + reading["kind"]
        for one in np.unique(device)[:40]:
            own = np.flatnonzero(device == one)
            numbers = np.sort(reading["sequence"][own])
            assert len(np.unique(numbers)) == len(numbers)
        sizes = np.bincount(reading["upload"])
        assert sizes.max() <= MOST_ITEMS
        assert (reading["received"] >= reading["taken"]).all()
        assert (np.diff(reading["received"]) >= 0).all()
        reset += (reading["shown"] < 1e9).sum()
        ahead += (reading["shown"] - reading["taken"] == 8 * 3600).sum()
        count += len(device)
    assert 0 < reset / count < 0.01
    assert 0 < ahead / count < 0.03
    assert 30 < count / PLAN.people < 70


def test_a_hub_never_sends_a_reading_twice_in_its_uploads(everybody: list[Drawn]) -> None:
    for each in everybody[:5]:
        sent = readings.uploads(each.who, each.reading)
        assert len(set(sent.items)) == len(sent.items) == len(each.reading["who"])
