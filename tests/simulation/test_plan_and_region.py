"""Where a simulated region lies and how it is divided: whatever the size, everybody belongs to one clinic and one cell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.simulation.plan import CELL_PEOPLE, MOST_CLINICS, MOST_PEOPLE, SEED, SIZES, Plan, clinics_for
from cmc.simulation.region import region

END = date(2025, 12, 31)


def plan(people: int, clinics: int, **changes: int) -> Plan:
    return Plan(people=people, clinics=clinics, years=changes.get("years", 2), seed=changes.get("seed", SEED), end=END)


@given(people=st.integers(1, 30_000), clinics=st.integers(1, MOST_CLINICS), seed=st.integers(0, 2**32))
def test_everybody_belongs_to_exactly_one_clinic_and_one_cell(people: int, clinics: int, seed: int) -> None:
    where = region(plan(people, min(clinics, people), seed=seed))
    assert sum(clinic.people for clinic in where.clinics) == people
    assert len({clinic.code for clinic in where.clinics}) == len({clinic.name for clinic in where.clinics})
    covered = [number for cell in where.cells for number in (cell.first_person, cell.first_person + cell.people)]
    assert covered[0] == 0
    assert covered[-1] == people
    assert covered[1:-1:2] == covered[2::2]
    assert all(1 <= cell.people <= CELL_PEOPLE for cell in where.cells)


@pytest.mark.parametrize(
    ("size", "people", "clinics", "districts"),
    [("small", 400, 2, 1), ("medium", 60_000, 266, 16), ("large", 600_000, 267, 16)],
)
def test_the_sizes_with_a_name(size: str, people: int, clinics: int, districts: int) -> None:
    wanted = SIZES[size]
    where = region(plan(wanted.people, wanted.clinics))
    assert (wanted.people, len(where.clinics), len(where.districts)) == (people, clinics, districts)


def test_clinics_are_of_uneven_size_and_some_have_bad_habits() -> None:
    clinics = region(plan(600_000, 267)).clinics
    sizes = sorted(clinic.people for clinic in clinics)
    assert sizes[0] * 10 < sizes[-1]
    assert sum(clinic.habits.typed_share > 0 for clinic in clinics) == 8
    assert sum(clinic.habits.round_share > 0 for clinic in clinics) == 40
    assert sum(clinic.habits.phone_share > 0.25 for clinic in clinics) >= 27


@pytest.mark.parametrize(("people", "clinics"), [(1, 1), (399, 1), (400, 2), (53_400, 267), (2_000_000, 267)])
def test_a_clinic_for_every_two_hundred_people(people: int, clinics: int) -> None:
    assert clinics_for(people) == clinics


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": 0},
        {"people": MOST_PEOPLE + 1},
        {"clinics": 0},
        {"clinics": MOST_CLINICS + 1},
        {"people": 5, "clinics": 6},
        {"years": 0},
        {"years": 11},
        {"end": date(2015, 6, 1)},
        {"end": date(2101, 1, 1)},
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    given_plan = {"people": 400, "clinics": 2, "years": 2, "seed": 1, "end": END} | wrong
    with pytest.raises(ValueError, match=r"can be simulated|must lie"):
        Plan(**given_plan)  # type: ignore[arg-type]
