"""An installation that held people in clear is brought over by `cmc migrate`, whole or resumed, and nothing stays behind."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from cmc.core import crypto, db, key_check, migrations
from cmc.core.ids import new_id
from cmc.core.operating import OperatorError
from cmc.core.scope import Scope
from cmc.patients import search_queries, search_terms
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient

KEYS = crypto.keyring(bytes(range(32)))
ID_CARD, OLD_CARD = "11010519491231002X", "110105491231002"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = 1203


@pytest.fixture
def in_clear(new_database: Callable[[], str]) -> str:
    """A database as the version before wrote it, with 1,203 people."""
    url = new_database()
    migrations.move(url, "0003")
    engine = db.make_engine(url)
    clinic = new_id()
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO organisation (id, kind, code, name, name_en) VALUES (:id, 'region', 'R', '区', 'R')"),
            {"id": clinic},
        )
        connection.execute(
            text(
                "INSERT INTO patient (id, clinic_id, name, sex, birth_date, birth_date_precision, phone, address,"
                " created_at, updated_at, version) VALUES"
                " (:id, :clinic, :name, 'F', '1950-01-01', 'day', :phone, '平江道8号', :now, :now, 1)"
            ),
            [
                {
                    "id": new_id(),
                    "clinic": clinic,
                    "name": f"龘靐{number:04d}",
                    "phone": f"1990000{number:04d}",
                    "now": NOW,
                }
                for number in range(PEOPLE)
            ],
        )
        _with_a_card(connection)
    with db.transaction(engine) as session:
        key_check.require_ours(session, KEYS)
    engine.dispose()
    return url


def _with_a_card(connection: object) -> None:
    """The first person has a citizen ID, sealed as the version before did it: under the master key, in the first form."""
    person = connection.execute(text("SELECT id FROM patient ORDER BY id LIMIT 1")).scalar_one()  # type: ignore[attr-defined]

    def first_form(column: str, value: str) -> bytes:
        return b"\x01" + KEYS.encrypt(value, context=f"patient.{column}|{person}")[5:]

    connection.execute(  # type: ignore[attr-defined]
        text(
            "UPDATE patient SET citizen_id_cipher = :cipher, citizen_id_original_cipher = :original,"
            " citizen_id_token = :token, citizen_id_masked = '110105********002X' WHERE id = :id"
        ),
        {
            "id": person,
            "cipher": first_form("citizen_id", ID_CARD),
            "original": first_form("citizen_id_original", OLD_CARD),
            "token": KEYS.token("citizen-id", ID_CARD),
        },
    )


def _people(engine: Engine) -> list[Opened]:
    with db.read_only(engine) as session:
        return [Opened(KEYS, each) for each in session.query(Patient).order_by(Patient.id)]


def test_people_in_clear_are_sealed_and_found(in_clear: str) -> None:
    told: list[tuple[str, int, int]] = []
    assert migrations.upgrade(in_clear, keys=lambda: KEYS, progress=lambda *each: told.append(each))
    assert told == [("0006", 500, PEOPLE), ("0006", 1000, PEOPLE), ("0006", PEOPLE, PEOPLE)]
    engine = db.make_engine(in_clear)
    people = _people(engine)
    assert [each.name for each in people] == [f"龘靐{number:04d}" for number in range(PEOPLE)]
    assert {each.phone for each in people} == {f"1990000{number:04d}" for number in range(PEOPLE)}
    assert (people[0].citizen_id, people[0].citizen_id_original) == (ID_CARD, OLD_CARD)
    assert people[7].address == "平江道8号"
    with db.read_only(engine) as session:
        for words in (ID_CARD, "19900000000", "002X"):
            terms = search_terms.terms(KEYS, words)
            assert terms is not None
            assert len(search_queries.search(session, Scope(actor="test"), terms)) == 1
    assert migrations.upgrade(in_clear, keys=lambda: KEYS) is False
    engine.dispose()


def test_nothing_in_clear_stays_in_the_table_s_file(in_clear: str) -> None:
    migrations.upgrade(in_clear, keys=lambda: KEYS)
    engine = db.make_engine(in_clear).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        for relation in ("patient", "patient_token", "pg_toast"):
            path = connection.scalar(text("SELECT pg_relation_filepath(to_regclass(:name))"), {"name": relation})
            whole = bytes(connection.scalar(text("SELECT pg_read_binary_file(:path)"), {"path": path})) if path else b""
            assert "龘靐".encode() not in whole
            assert b"1990000" not in whole
            assert b"002X" not in whole
    engine.dispose()


def test_a_sealing_that_was_killed_goes_on_where_it_stopped(in_clear: str) -> None:
    asked = 0

    def dying() -> crypto.Keyring:
        nonlocal asked
        asked += 1
        if asked == 701:
            raise KeyboardInterrupt
        return KEYS

    with pytest.raises(KeyboardInterrupt):
        migrations.upgrade(in_clear, keys=dying)
    told: list[int] = []
    migrations.upgrade(in_clear, keys=lambda: KEYS, progress=lambda _, done, total: told.append(total))
    assert told[0] == PEOPLE - 500, "the first batch was kept"
    engine = db.make_engine(in_clear)
    assert len({each.name for each in _people(engine)}) == PEOPLE
    engine.dispose()


def test_without_the_keys_nothing_is_lost_and_the_operator_is_told(in_clear: str) -> None:
    with pytest.raises(OperatorError, match="cmc migrate"):
        migrations.upgrade(in_clear)
    other = crypto.keyring(b"o" * 32)
    with pytest.raises(OperatorError, match="master key"):
        migrations.upgrade(in_clear, keys=lambda: other)
    migrations.upgrade(in_clear, keys=lambda: KEYS)
    engine = db.make_engine(in_clear)
    assert len(_people(engine)) == PEOPLE
    engine.dispose()
