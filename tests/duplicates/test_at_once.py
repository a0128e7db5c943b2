"""Merges in committed transactions of the service's own role: two at once, and who reaches whom afterwards."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from cmc.clinical.codes import Disease, Sex
from cmc.core import crypto, db, migrations, service_role
from cmc.core.config import Settings
from cmc.core.errors import CmcError
from cmc.core.scope import Scope, system_scope
from cmc.core.signed_scope import DatabaseKeys
from cmc.core.text import Text
from cmc.duplicates import jobs, merging
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import enrolling
from cmc.patients import queries as patients
from cmc.patients import service as registration
from cmc.patients.schemas import EnrolmentIn, PatientIn

SYSTEM = system_scope("command:test")
DAY = date(2026, 9, 1)


class Place(NamedTuple):
    engine: Engine
    owner: Engine
    clinics: list[UUID]
    register: Callable[[int], UUID]


@pytest.fixture(scope="module")
def place(
    new_database: Callable[[], str], keys: crypto.Keyring, database_keys: DatabaseKeys, now: datetime
) -> Iterator[Place]:
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(service_role.keep(url, database_keys, Settings()), keys=database_keys)
    owner = db.make_engine(url)
    with db.transaction(engine, SYSTEM) as session:
        top = organisations.add(session, OrganisationKind.REGION, code="12", name=Text("天津", "Tianjin"))
        district = organisations.add(
            session, OrganisationKind.DISTRICT, code="1201", name=Text("河西", "H"), parent=top
        )
        clinics = [
            organisations.add(
                session, OrganisationKind.CLINIC, code=f"C{n}", name=Text("中心", "C"), parent=district
            ).id
            for n in range(2)
        ]

    def register(clinic: int) -> UUID:
        with db.transaction(engine, SYSTEM) as session:
            wanted = PatientIn(clinic_id=clinics[clinic], name="王建国", sex=Sex.M, birth_date=date(1960, 5, 4))
            person = registration.register(session, SYSTEM, keys, wanted, now=now, on=DAY).patient.id
            enrolment = EnrolmentIn(
                disease=list(Disease)[clinic],
                enrolled_on=DAY,
                confirmed_on=DAY,
                confirmed_at="x",
                doctor="赵医生",
                consent=True,
            )
            enrolling.enrol(session, SYSTEM, person, enrolment, now=now, on=DAY)
            return person

    yield Place(engine, owner, clinics, register)
    engine.dispose()
    owner.dispose()


def _merge(place: Place, survivor: UUID, merged: UUID, now: datetime) -> object:
    try:
        with db.transaction(place.engine, SYSTEM) as session:
            done, new = merging.merge(session, SYSTEM, survivor, merged, now=now)
            return done.id, new
    except CmcError as error:
        return error.code


def test_the_same_merge_at_once_is_made_once_and_the_opposite_is_refused(place: Place, now: datetime) -> None:
    for _ in range(5):
        one, other = place.register(0), place.register(1)
        asked = [(one, other), (other, one)] * 3
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda pair: _merge(place, *pair, now), asked))
        made = [each for each in answers if isinstance(each, tuple) and each[1]]
        assert len(made) == 1, answers
        with db.transaction(place.engine, SYSTEM) as session:
            standing = text(
                "SELECT count(*) FROM patient_merge WHERE reverted_at IS NULL AND merged_id IN (:one, :other)"
            )
            assert session.scalar(standing, {"one": one, "other": other}) == 1
            holders = [patients.holder(session, SYSTEM, each) for each in (one, other)]
            assert sum(each is not None for each in holders) == 1


def test_undoing_twice_at_once_is_done_once(place: Place, now: datetime) -> None:
    one, other = place.register(0), place.register(1)
    made = _merge(place, one, other, now)
    assert isinstance(made, tuple)

    def revert(_: int) -> bool:
        with db.transaction(place.engine, SYSTEM) as session:
            return merging.revert(session, SYSTEM, made[0], now=now)[1]

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(revert, range(4))) == [False, False, False, True]
    with db.transaction(place.engine, SYSTEM) as session:
        assert [len(patients.all_enrolments(session, each)) for each in (one, other)] == [1, 1]


def test_who_reaches_whom_follows_the_merge_and_its_undoing(place: Place, now: datetime) -> None:
    one, other = place.register(0), place.register(1)
    both = Scope("user:doctor", frozenset(place.clinics))
    own = [Scope("user:nurse", frozenset({clinic})) for clinic in place.clinics]

    def seen() -> list[list[int]]:
        found = []
        for scope in own:
            with db.transaction(place.engine, scope) as session:
                count = text("SELECT count(*) FROM enrolment WHERE patient_id = :person")
                found.append([session.scalar(count, {"person": each}) or 0 for each in (one, other)])
        return found

    assert seen() == [[1, 0], [0, 1]]
    with db.transaction(place.engine, both) as session:
        done, _ = merging.merge(session, both, one, other, now=now)
        merge_id = done.id
    assert seen() == [[2, 0], [2, 0]]
    with db.transaction(place.engine, own[1]) as session:
        holder = patients.holder(session, own[1], other)
        assert holder is not None
        assert holder.id == one
    with db.transaction(place.engine, both) as session:
        merging.revert(session, both, merge_id, now=now)
    assert seen() == [[1, 0], [0, 1]]


def test_what_arrives_just_after_the_merge_is_gathered(place: Place, now: datetime) -> None:
    one, other = place.register(0), place.register(1)
    _merge(place, one, other, now)
    late = text("INSERT INTO patient_identifier VALUES ('his', :value, :person)")
    with db.transaction(place.owner) as session:
        session.execute(late, {"value": str(other), "person": other})
    work: db.Transaction = lambda: db.transaction(place.engine, system_scope("job:duplicates.stragglers"))  # noqa: E731
    assert jobs.stragglers(work, now) == 1
    assert jobs.stragglers(work, now) == 0
    with db.transaction(place.engine, SYSTEM) as session:
        found = patients.by_identifier(session, SYSTEM, "his", [str(other)])
        assert [each.id for each in found.values()] == [one]
