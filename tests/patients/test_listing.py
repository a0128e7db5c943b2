"""The list of people: narrowed, sorted, and paged so that everybody stands on just one page."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Disease, Sex
from cmc.clinical.periods import birth_dates, completed_years
from cmc.core import clock
from cmc.organisations.tables import Organisation
from cmc.patients.listing import PeopleOrder
from cmc.patients.tables import Patient

VILLAGE = "120103001001"


def _ids(client: TestClient, **asked: Any) -> list[str]:
    """The ids of all pages."""
    found, cursor = [], None
    while True:
        answer = client.get("/v1/patients", params=asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += [each["id"] for each in answer.json()["items"]]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found


@pytest.fixture
def people(make_patient: Callable[..., Patient]) -> list[Patient]:
    """Five people in the order in which they were put on file; two share a birth date."""
    years = (1950, 1990, 1950, 1938, 1971)
    return [make_patient(birth_date=date(year, 3, 2), sex=Sex.F if year == 1950 else Sex.M) for year in years]


@pytest.mark.parametrize(
    ("order", "places"),
    [
        (PeopleOrder.LATEST, [4, 3, 2, 1, 0]),
        (PeopleOrder.EARLIEST, [0, 1, 2, 3, 4]),
        (PeopleOrder.OLDEST, [3, 0, 2, 4, 1]),
        (PeopleOrder.YOUNGEST, [1, 4, 2, 0, 3]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_each_order_pages_through_everybody_once(
    client: TestClient, people: list[Patient], order: PeopleOrder, places: list[int], limit: int
) -> None:
    assert _ids(client, order=order.value, limit=limit) == [str(people[place].id) for place in places]


def test_it_is_narrowed_by_what_the_record_says(
    client: TestClient,
    people: list[Patient],
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Any],
    make_clinic: Callable[..., Organisation],
) -> None:
    there = make_patient(clinic_id=make_clinic("C2").id, information={"region_code": VILLAGE})
    make_enrolment(people[3], Disease.T2DM, doctor="钱医生")
    ages = {"age_from": 76, "age_to": 88}
    aged = [each for each in people if 76 <= completed_years(each.birth_date, clock.today()) <= 88]
    for asked, expected in (
        ({"sex": "F"}, [people[0], people[2]]),
        (ages, aged),
        ({"disease": "T2DM"}, [people[3]]),
        ({"disease": "HTN"}, []),
        ({"state": "ACTIVE", "disease": "T2DM"}, [people[3]]),
        ({"doctor": "钱医生"}, [people[3]]),
        ({"doctor": "赵医生"}, []),
        ({"region": VILLAGE[:9]}, [there]),
        ({"region": "120104"}, []),
        ({"clinic": str(there.clinic_id)}, [there]),
    ):
        assert _ids(client, order="earliest", **asked) == [str(each.id) for each in expected], asked


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"order": "name"}, "/order"),
        ({"age_from": -1}, "/age_from"),
        ({"age_to": 151}, "/age_to"),
        ({"region": "12010"}, "/region"),
        ({"sort": "latest"}, "/sort"),
        ({"cursor": "AAAA"}, "/cursor"),
    ],
)
def test_what_cannot_be_asked_is_named(client: TestClient, asked: dict[str, Any], pointer: str) -> None:
    answer = client.get("/v1/patients", params=asked)
    assert answer.status_code in {400, 422}
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


def test_a_cursor_of_another_order_is_refused(client: TestClient, people: list[Patient]) -> None:
    cursor = client.get("/v1/patients", params={"limit": 1}).json()["next_cursor"]
    answer = client.get("/v1/patients", params={"cursor": cursor, "order": "oldest"})
    assert answer.status_code == 422


@given(st.dates(date(1900, 1, 1), date(2026, 11, 20)), st.integers(0, 110), st.integers(0, 40), st.integers(0, 4000))
def test_gen_04_the_birth_dates_of_an_age_are_just_those(birth: date, years: int, more: int, later: int) -> None:
    on = birth + timedelta(days=later * 10)
    first, last = birth_dates(years, years + more, on)
    assert first is not None
    assert last is not None
    assert (first <= birth <= last) == (years <= completed_years(birth, on) <= years + more)
