"""The database shows and takes only what the signed scope of the transaction covers, whatever the SQL says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from cmc.clinical.codes import Disease, Sex
from cmc.core import crypto, db, signed_scope
from cmc.core.clock import now
from cmc.core.errors import Conflict
from cmc.core.ids import new_id
from cmc.core.scope import Scope, system_scope
from cmc.ingest import keeping
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.patients import enrolling
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, Identifier, PatientIn
from cmc.readings import service as readings
from cmc.readings.new_reading import NewReading

from .conftest import DAY, SYSTEM, Region

TABLES = (
    "patient", "patient_identifier", "enrolment", "enrolment_event", "followup", "annual_exam", "task", "reading",
    "touched", "guard.reach",
)  # fmt: skip
ONE_PERSON = dict.fromkeys(TABLES, 1) | {"touched": None}


def counts(connection: Connection) -> dict[str, int]:
    return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in TABLES}  # noqa: S608


def test_each_clinic_sees_its_own_rows_and_the_region_sees_all(region: Region) -> None:
    with db.transaction(region.engine, SYSTEM) as session:
        everything = counts(session.connection())
    assert min(everything.values()) >= 2
    found = []
    for clinic in (0, 1, 2):
        with db.transaction(region.engine, region.nurse(clinic)) as session:
            found.append(counts(session.connection()))
    assert {name: found[0][name] + found[1][name] for name in TABLES} == everything
    assert set(found[2].values()) == {0}
    with db.transaction(region.engine, region.nurse(0, 1)) as session:
        assert counts(session.connection()) == everything


FORGERIES = {
    "none at all": lambda _, __: None,
    "an empty one": lambda _, __: "",
    "garbage": lambda _, __: "x" * 200,
    "unsigned": lambda _, token: token[65:],
    "signed with zeros": lambda _, token: "0" * 64 + token[64:],
    "another clinic under the same signature": lambda region, token: token.replace(
        str(region.clinics[2]), str(region.clinics[0])
    ),
    "the whole region under the same signature": lambda _, token: token.replace("|some|", "|all|"),
    "a longer life under the same signature": lambda _, token: token[:65] + "9" + token[65:],
    "a quote": lambda _, token: token + "'",
    "cut off": lambda _, token: token[:70],
    "letters for the expiry": lambda _, token: token[:65] + "never" + token[75:],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_scope_shows_nobody_and_changes_nothing(region: Region, forgery: str) -> None:
    genuine = region.token(region.nurse(2))
    with region.raw(FORGERIES[forgery](region, genuine)) as connection:
        assert set(counts(connection).values()) == {0}
        for statement in (
            "UPDATE patient SET sex = 'F'",
            "DELETE FROM patient_identifier",
            "UPDATE reading SET glucose_umol_l = 5000",
        ):
            assert connection.execute(text(statement)).rowcount == 0


def test_an_expired_scope_shows_nobody(region: Region) -> None:
    with region.raw(region.token(SYSTEM, age=290)) as connection:
        assert counts(connection)["patient"] == 2
    with region.raw(region.token(SYSTEM, age=301)) as connection:
        assert set(counts(connection).values()) == {0}


def test_a_transaction_that_began_in_time_may_end_late(region: Region) -> None:
    with region.raw(region.token(SYSTEM, age=298.5)) as connection:
        connection.execute(text("SELECT pg_sleep(2.1)"))
        assert counts(connection)["patient"] == 2


@given(at=st.integers(0, 160), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_any_single_changed_bit_breaks_the_signature(region: Region, at: int, bit: int) -> None:
    whole = region.token(region.nurse(0, 1))
    at %= len(whole)
    changed = chr(ord(whole[at]) ^ (1 << bit))
    assume(" " < changed <= "~")
    with region.raw(whole[:at] + changed + whole[at + 1 :]) as connection:
        assert connection.scalar(text("SELECT count(*) FROM patient")) == 0


INTRUSIONS = {
    "a new person at another clinic": "INSERT INTO patient (id, clinic_id, sex, birth_date, birth_date_precision,"
    " created_at, updated_at, version) VALUES (gen_random_uuid(), :foreign_clinic, 'M', '1960-01-01', 'day',"
    " now(), now(), 1)",
    "an enrolment of a foreign person at one's own clinic": "INSERT INTO enrolment (id, patient_id, clinic_id, disease,"
    " state, primary_disease, enrolled_on, created_at) VALUES (gen_random_uuid(), :foreign_person, :own_clinic, 'T2DM',"
    " 'ACTIVE', true, '2026-01-01', now())",
    "a reading of a foreign person": "INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at,"
    " received_at, setting, glucose_umol_l, value_text, unit_text, receipt_id) VALUES (gen_random_uuid(), '2026-08-30',"
    " :foreign_person, :own_clinic, 'glucose', now(), now(), 'HOME', 6000, '6', 'mmol/L', gen_random_uuid())",
    "a number of a foreign person": "INSERT INTO patient_identifier VALUES ('x', 'y', :foreign_person)",
    "an event of a foreign enrolment": "INSERT INTO enrolment_event (id, enrolment_id, to_state, happened_on, actor,"
    " recorded_at) VALUES (gen_random_uuid(), :foreign_enrolment, 'LOST', '2026-10-01', 'x', now())",
    "a mark of a foreign person": "INSERT INTO touched (topic, patient_id, marked_at) VALUES ('x', :foreign_person, now())",
    "one's own way to a foreign person": "INSERT INTO guard.reach VALUES (:foreign_person, :own_clinic)",
    "the key": "SELECT inner_block FROM guard.key",
    "a partition directly": "SELECT count(*) FROM reading_p202608",
    "a raw body": "SELECT 1 / count(*) FROM receipt",
    "another role": "SET ROLE {owner}",
    "the owner's session": "SET SESSION AUTHORIZATION {owner}",
    "row security switched off": "SET LOCAL row_security = off; SELECT count(*) FROM patient",
    "a policy dropped": "DROP POLICY scope ON patient",
    "a table emptied": "TRUNCATE touched",
    "a table": "CREATE TABLE mine (n int)",
    "a temporary table": "CREATE TEMPORARY TABLE mine (n int)",
    "a function": "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "a trigger": "ALTER TABLE patient DISABLE TRIGGER ALL",
    "a protection lifted": "SELECT guard.unprotect('patient')",
}


@pytest.mark.parametrize("intrusion", INTRUSIONS)
def test_a_clinic_cannot_take_what_is_not_its_own(region: Region, intrusion: str) -> None:
    values = {
        "foreign_clinic": region.clinics[1],
        "foreign_person": region.people[1],
        "foreign_enrolment": region.enrolments[1],
        "own_clinic": region.clinics[0],
    }
    with region.raw(region.token(region.nurse(0))) as connection:
        *before, last = INTRUSIONS[intrusion].replace("{owner}", region.owner.url.username or "").split("; ")
        for statement in before:
            connection.execute(text(statement))
        wanted = {name: value for name, value in values.items() if f":{name}" in last}
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text(last), wanted)
    state = getattr(refused.value.orig, "sqlstate", None)
    assert state == ("22012" if intrusion == "a raw body" else "42501"), refused.value  # 22012: divided by no row


def test_moving_a_foreign_person_to_oneself_moves_nobody(region: Region) -> None:
    with region.raw(region.token(region.nurse(0))) as connection:
        moved = connection.execute(
            text("UPDATE patient SET clinic_id = :own WHERE id = :foreign"),
            {"own": region.clinics[0], "foreign": region.people[1]},
        )
        assert moved.rowcount == 0


def test_a_scope_does_not_outlive_its_transaction_in_the_pool(region: Region) -> None:
    small = db.make_engine(region.engine.url.render_as_string(hide_password=False), pool_size=1, keys=region.keys)
    try:
        for scope, seen in ((SYSTEM, 2), (None, 0), (region.nurse(1), 1), (None, 0), (region.nurse(2), 0)) * 3:
            with db.transaction(small, scope) as session:
                assert session.scalar(text("SELECT count(*) FROM patient")) == seen
    finally:
        small.dispose()


def test_a_rolled_back_transaction_leaves_no_scope_either(region: Region) -> None:
    small = db.make_engine(region.engine.url.render_as_string(hide_password=False), pool_size=1, keys=region.keys)
    try:
        with pytest.raises(DBAPIError), db.transaction(small, SYSTEM) as session:
            session.execute(text("SELECT 1 / count(*) FROM patient WHERE false"))
        with db.transaction(small) as session:
            assert session.scalar(text("SELECT count(*) FROM patient")) == 0
    finally:
        small.dispose()


def test_threads_that_share_a_pool_keep_their_scopes_apart(region: Region) -> None:
    def look(number: int) -> bool:
        scope = region.nurse(number % 3)
        with db.read_only(region.engine, scope) as session:
            found = session.scalars(text("SELECT clinic_id FROM patient")).all()
        return found == ([region.clinics[number % 3]] if number % 3 < 2 else [])

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(look, range(240)))


def test_a_savepoint_keeps_the_scope_and_cannot_leave_a_wider_one(region: Region) -> None:
    with db.transaction(region.engine, region.nurse(0)) as session:
        with session.begin_nested():
            assert session.scalar(text("SELECT count(*) FROM patient")) == 1
        nested = session.begin_nested()
        db.enter_scope(session, SYSTEM)
        assert session.scalar(text("SELECT count(*) FROM patient")) == 2
        nested.rollback()
        assert session.scalar(text("SELECT count(*) FROM patient")) == 1


def test_a_scope_can_be_entered_in_the_middle(region: Region) -> None:
    with db.transaction(region.engine) as session:
        assert session.scalar(text("SELECT count(*) FROM patient")) == 0
        db.enter_scope(session, region.nurse(1))
        assert session.scalar(text("SELECT guard.actor()")) == "user:nurse"
        assert session.scalars(text("SELECT id FROM patient")).all() == [region.people[1]]


def test_an_actor_cannot_write_itself_another_scope() -> None:
    keys = signed_scope.database_keys(crypto.keyring(bytes(32)))
    with pytest.raises(ValueError, match="separator"):
        signed_scope.signed(keys, Scope("a|all||b"), at=0)


def test_who_is_managed_elsewhere_is_seen_there_until_that_ends(region: Region, keys: crypto.Keyring) -> None:
    """A transfer of management opens the person to the new clinic at once, and closes them to the old with the COMMIT."""
    person, old = _newcomer(region, keys, home=0)
    both, new = region.nurse(0, 2), region.nurse(2)
    assert not _sees(region, new, person)
    with db.transaction(region.engine, both) as session:
        moved = enrolling.transfer(
            session, both, person, old, region.clinics[2], on=DAY, now=now(), today=date(2026, 10, 1)
        )
        assert moved.clinic_id == region.clinics[2]
    assert _sees(region, new, person)
    assert not _sees(region, region.nurse(0), person)
    with db.transaction(region.engine, new) as session:
        rows = session.execute(text("SELECT clinic_id FROM enrolment WHERE patient_id = :p"), {"p": person})
        assert {row[0] for row in rows} == {region.clinics[0], region.clinics[2]}
    with db.transaction(region.engine, region.nurse(0)) as session:  # what it recorded itself stays with it, no more
        rows = session.execute(text("SELECT clinic_id FROM enrolment WHERE patient_id = :p"), {"p": person})
        assert {row[0] for row in rows} == {region.clinics[0]}


def test_a_death_recorded_by_one_clinic_closes_every_enrolment(region: Region, keys: crypto.Keyring) -> None:
    person, _ = _newcomer(region, keys, home=0, managed=2)
    with db.transaction(region.engine, region.nurse(2)) as session:
        enrolling.record_death(
            session, region.nurse(2), person, died_on=DAY, cause=None, now=now(), on=date(2026, 10, 1)
        )
    with db.transaction(region.engine, SYSTEM) as session:
        states = session.scalars(text("SELECT DISTINCT state FROM enrolment WHERE patient_id = :p"), {"p": person})
        assert states.all() == ["TERMINATED"]
    assert _sees(region, region.nurse(0), person)
    assert not _sees(region, region.nurse(2), person)


def test_a_person_on_file_at_a_clinic_out_of_sight_is_refused_without_saying_where(
    region: Region, keys: crypto.Keyring
) -> None:
    scope = region.nurse(0)
    wanted = PatientIn(
        clinic_id=region.clinics[0], name="李娜", sex=Sex.F, birth_date=date(1970, 1, 1),
        identifiers=[Identifier(system="his", value="1")],
    )  # fmt: skip
    with pytest.raises(Conflict) as refused, db.transaction(region.engine, scope) as session:
        patients.register(session, scope, keys, wanted, now=now(), on=DAY)
    assert refused.value.detail == "this person is on file; ask for a transfer"


def test_a_device_that_sent_for_a_foreign_person_takes_nobodys_place(region: Region, keys: crypto.Keyring) -> None:
    item = '{{"patient_id": "{}", "kind": "glucose", "value": {}, "unit": "mmol/L", "device": "m7", "sequence": 7,'
    item += ' "taken_at": "2026-08-29T07:00:00+08:00"}}'
    for person, scope, expected in (
        (region.people[1], region.nurse(1), "created"),
        (region.people[0], region.nurse(0), "created"),
        (region.people[1], region.nurse(1), "duplicate"),
    ):
        body = item.format(person, 6.1).encode()
        with db.transaction(region.engine, scope) as session:
            arrival = keeping.Arrival(scope.actor, "native", body, keys)
            [result] = ingest.store(session, scope, arrival, native.read(body).items, now=now())
        assert result.status == expected


@pytest.mark.parametrize("whose", ["a foreign person", "one foreign person among many", "nobody's scope"])
def test_the_database_refuses_readings_of_people_out_of_reach(region: Region, whose: str) -> None:
    """Asked once for all people of a batch, and as strict as the policy that would be asked for each row."""

    def row(person: UUID, number: int) -> NewReading:
        empty = dict.fromkeys(NewReading._fields)
        said = {
            "id": new_id(),
            "taken_on": DAY,
            "clinic_id": region.clinics[0],
            "patient_id": person,
            "kind": "glucose",
        }
        at = datetime(2026, 8, 29, tzinfo=UTC) + timedelta(minutes=number)
        values = {"taken_at": at, "setting": "home", "glucose_umol_l": 6100, "value_text": "6.1", "unit_text": "mmol/L"}
        return NewReading(**(empty | said | values))

    own, foreign = region.people[0], region.people[1]
    people = {"a foreign person": [foreign], "one foreign person among many": [own, own, foreign]}.get(whose, [own])
    scope = None if whose == "nobody's scope" else region.nurse(0)
    rows = [row(person, number) for number, person in enumerate(people)]
    receipts = {each.id: new_id() for each in rows}
    with pytest.raises(ProgrammingError, match="out of reach"), db.transaction(region.engine, scope) as session:
        readings.insert(session, rows, receipt_ids=receipts, received_at=now())
    with db.transaction(region.engine, region.nurse(0)) as session:
        mine = row(own, 1)
        assert readings.insert(session, [mine], receipt_ids={mine.id: new_id()}, received_at=now()) == {mine.id}


def test_a_gateway_of_one_clinic_keeps_the_reading_of_an_unknown_person_for_its_clinic(
    region: Region, keys: crypto.Keyring
) -> None:
    body = b'{"patient": {"system": "his", "value": "nobody"}, "kind": "glucose", "value": 6, "unit": "mmol/L",'
    body += b' "taken_at": "2026-08-29T07:00:00+08:00"}'
    scope = region.nurse(0)
    with db.transaction(region.engine, scope) as session:
        arrival = keeping.Arrival(scope.actor, "native", body, keys)
        [result] = ingest.store(session, scope, arrival, native.read(body).items, now=now())
        assert result.status == "quarantined"
    for sees, scope in ((1, region.nurse(0)), (0, region.nurse(1)), (1, SYSTEM)):
        with db.transaction(region.engine, scope) as session:
            assert session.scalar(text("SELECT count(*) FROM held_reading WHERE patient_id IS NULL")) == sees


def test_without_a_scope_nothing_can_be_stored(region: Region) -> None:
    with pytest.raises(ProgrammingError) as refused, db.transaction(region.engine) as session:
        session.execute(
            text(
                "INSERT INTO receipt (id, received_at, source, format, data_key, body) VALUES (gen_random_uuid(), now(), 'x', 'x', '', '')"
            )
        )
    assert getattr(refused.value.orig, "sqlstate", None) == "42501"


def _sees(region: Region, scope: Scope, person: UUID) -> bool:
    with db.transaction(region.engine, scope) as session:
        return session.scalar(text("SELECT true FROM patient WHERE id = :p"), {"p": person}) is True


def _newcomer(region: Region, keys: crypto.Keyring, *, home: int, managed: int | None = None) -> tuple[UUID, UUID]:
    system = system_scope("command:test")
    with db.transaction(region.engine, system) as session:
        wanted = PatientIn(clinic_id=region.clinics[home], name="赵敏", sex=Sex.F, birth_date=date(1955, 2, 3))
        person = patients.register(session, system, keys, wanted, now=now(), on=DAY).patient
        clinics = [region.clinics[home]] if managed is None else [region.clinics[home], region.clinics[managed]]
        found = [
            enrolling.enrol(
                session, system, person.id,
                EnrolmentIn(
                    disease=disease, clinic_id=clinic, enrolled_on=date(2026, 1, 1), confirmed_on=date(2026, 1, 1),
                    confirmed_at="市第一医院", doctor="赵医生", consent=True,
                ),
                now=now(), on=DAY,
            )
            for disease, clinic in zip(Disease, clinics, strict=False)
        ]  # fmt: skip
        return person.id, found[0].id
