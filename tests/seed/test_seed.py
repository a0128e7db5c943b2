"""The demo: the same people every time, stored like real ones, resumed after a kill, never among others."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Engine, text

from cmc import seed
from cmc.clinical.identity_numbers import parse_citizen_id
from cmc.core import db, migrations
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.seed.people import person

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
TABLES = ("patient", "enrolment", "followup", "annual_exam", "reading", "task", "indicator_value")


@pytest.fixture
def own_engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(url)
    yield engine
    engine.dispose()


def _counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in TABLES}  # noqa: S608


def test_the_people_are_the_same_every_time_and_have_valid_numbers() -> None:
    everybody = [person(index, today=TODAY) for index in range(seed.PEOPLE)]
    assert everybody == [person(index, today=TODAY) for index in range(seed.PEOPLE)]
    numbers = [parse_citizen_id(each.citizen_id, TODAY) for each in everybody]
    assert [(each.birth_date, each.sex) for each in everybody] == [(number.birth, number.sex) for number in numbers]
    assert len({each.citizen_id for each in everybody}) == seed.PEOPLE


def test_a_killed_start_goes_on_where_it_stopped_and_a_second_run_stores_nothing(
    own_engine: Engine, keys: Keyring
) -> None:
    first = seed.seed(own_engine, keys, now=NOW, on=TODAY, people=6)
    rest = seed.seed(own_engine, keys, now=NOW, on=TODAY, people=12)
    stored = _counts(own_engine)
    again = seed.seed(own_engine, keys, now=NOW, on=TODAY, people=12)
    assert (first.people, rest.people, again.people) == (6, 6, 0)
    assert _counts(own_engine) == stored
    assert stored["patient"] == 12
    assert all(stored.values())


def test_the_demo_never_comes_among_other_clinics(own_engine: Engine, keys: Keyring) -> None:
    with db.transaction(own_engine) as session:
        organisations.add(session, OrganisationKind.REGION, code="310000", name=Text("上海市", "Shanghai"))
    with pytest.raises(OperatorError):
        seed.seed(own_engine, keys, now=NOW, on=TODAY, people=1)
    assert _counts(own_engine)["patient"] == 0
