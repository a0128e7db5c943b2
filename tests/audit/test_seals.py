"""The seals notice what somebody with every right in the database did to the trail, and say where."""

# ruff: noqa: S608 - the statements of an intruder, made of our own numbers

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from typer.testing import CliRunner

from cmc import cli
from cmc.audit import canonical, jobs, sealing, service, trail, verifying
from cmc.audit.tables import Act
from cmc.core import crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.scope import Scope, system_scope

SCOPE = system_scope("command:test")
NOW = datetime.now(UTC)


class Trail(NamedTuple):
    """A committed trail of the service, and the log-in of somebody who may do everything."""

    url: str
    engine: Engine
    owner: Engine
    key: bytes
    folder: Path

    def add(self, count: int) -> list[int]:
        """Add rows, each in a transaction of its own; return their places."""
        for _ in range(count):
            with db.transaction(self.engine, SCOPE) as session:
                service.record(session, SCOPE, Act.READ, "patient", person_ids=[uuid4()])
        with db.transaction(self.engine, SCOPE) as session:
            return [seq for seq, _, _ in trail.rows_between(session, 0, None)][-count:]

    def seal(self, now: datetime = NOW) -> int:
        return jobs.seal(lambda: db.transaction(self.engine, SCOPE), now)

    def tamper(self, *statements: str) -> None:
        with self.owner.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # past every trigger
            for statement in statements:
                assert connection.execute(text(statement)).rowcount

    def verify(self, anchors: dict[int, bytes] | None = None) -> list[tuple[int | None, int | None, str]]:
        with db.transaction(self.engine, SCOPE) as session:
            found = verifying.verify(session, self.key, anchors=anchors)
        return [(each.segment, each.seq, each.words.en.partition(":")[0]) for each in found.findings]


@pytest.fixture
def kept(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trail]:
    url = new_database()
    monkeypatch.setenv("CMC_DATABASE_URL", url)
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    migrations.upgrade(url)
    keys = signed_scope.database_keys(crypto.keyring(crypto.master_key_of(tmp_path)))
    engine = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
    owner = db.make_engine(url)
    yield Trail(url, engine, owner, keys.audit, tmp_path)
    engine.dispose()
    owner.dispose()


def test_an_untouched_trail_is_in_order(kept: Trail) -> None:
    kept.add(5)
    assert kept.seal() == 5
    kept.add(3)
    assert kept.seal() == 3
    assert kept.seal() == 0
    kept.add(2)
    assert kept.verify() == []


def test_an_edited_row_is_found(kept: Trail) -> None:
    places = kept.add(5)
    kept.seal()
    kept.tamper(f"UPDATE audit_event SET actor = 'user:somebody' WHERE seq = {places[2]}")
    assert kept.verify() == [(1, places[2], "its content does not fit its hash")]


def test_a_row_edited_together_with_its_hash_is_found(kept: Trail) -> None:
    places = kept.add(5)
    kept.seal()
    with db.transaction(kept.engine, SCOPE) as session:
        [(_, _, content)] = trail.rows_between(session, places[2] - 1, places[2])
    forged = canonical.row_hash(content._replace(actor="user:x")).hex()
    kept.tamper(f"UPDATE audit_event SET actor = 'user:x', row_hash = '\\x{forged}' WHERE seq = {places[2]}")
    assert kept.verify() == [(1, places[2], "not as it was sealed")]


def test_a_row_edited_before_it_was_sealed_is_found(kept: Trail) -> None:
    places = kept.add(2)
    kept.tamper(f"UPDATE audit_event SET act = 'list' WHERE seq = {places[0]}")
    assert kept.verify() == [(None, places[0], "its content does not fit its hash")]
    kept.seal()
    assert kept.verify() == [(1, places[0], "its content does not fit its hash")]


@pytest.mark.parametrize("which", [0, 2, 4])
def test_a_removed_row_is_found(kept: Trail, which: int) -> None:
    places = kept.add(5)
    kept.seal()
    kept.tamper(f"DELETE FROM audit_event WHERE seq = {places[which]}")
    assert kept.verify() == [(1, places[which], "was sealed and is gone")]


def test_a_row_that_was_slipped_in_is_found(kept: Trail) -> None:
    places = kept.add(3)
    with db.transaction(kept.engine, SCOPE) as session:
        taken_back = session.begin_nested()
        service.record(session, SCOPE, Act.READ, "patient")
        taken_back.rollback()  # a place that no row took
    kept.add(1)
    kept.seal()
    assert kept.verify() == []
    gap = places[-1] + 1
    kept.tamper(f"UPDATE audit_event SET seq = {gap} WHERE seq = {places[0]}")
    assert kept.verify() == [(1, gap, "was not there when sealed"), (1, places[0], "was sealed and is gone")]


def test_two_rows_that_changed_places_are_found(kept: Trail) -> None:
    a, b = kept.add(2)
    kept.seal()
    kept.tamper(
        *(
            f"UPDATE audit_event SET seq = {new} WHERE seq = {old}"
            for old, new in ((a, 1_000_000), (b, a), (1_000_000, b))
        )
    )
    assert {place for _, place, _ in kept.verify()} == {a, b}


def test_a_seal_rewritten_to_fit_is_found(kept: Trail) -> None:
    places = kept.add(3)
    kept.seal()
    kept.tamper(
        f"DELETE FROM audit_event WHERE seq = {places[1]}",
        f"UPDATE audit_seal SET gaps = ARRAY[{places[1]}, {places[1]}], hashes = substr(hashes, 1, 8)"
        " || substr(hashes, 17)",
    )
    assert (1, None, "the seal's MAC does not fit") in kept.verify()


def test_the_newest_part_of_a_long_chain_is_checked_by_itself(kept: Trail) -> None:
    places = []
    for _ in range(verifying.RECENT_SEALS + 3):
        places += kept.add(1)
        assert kept.seal() == 1
    kept.add(2)

    def recent() -> tuple[tuple[int, int, int], list[tuple[int | None, int | None]]]:
        with db.transaction(kept.engine, SCOPE) as session:
            done = verifying.recent(session, kept.key)
        counts = done.segments, done.sealed, done.unsealed
        return counts, [(each.segment, each.seq) for each in done.findings]

    whole = verifying.RECENT_SEALS, verifying.RECENT_SEGMENTS, 2
    assert recent() == (whole, [])
    kept.tamper(f"UPDATE audit_event SET actor = 'user:somebody' WHERE seq = {places[0]}")
    assert recent() == (whole, [])  # too long ago for a page: `cmc audit verify` finds it
    kept.tamper(f"UPDATE audit_event SET actor = 'user:somebody' WHERE seq = {places[-1]}")
    assert recent() == (whole, [(len(places), places[-1])])
    kept.tamper(f"UPDATE audit_seal SET gaps = ARRAY[1] WHERE number = {len(places) - 5}")
    assert recent()[1] == [(len(places) - 5, None), (len(places), places[-1])]


def test_a_removed_segment_is_found(kept: Trail) -> None:
    for _ in range(3):
        kept.add(2)
        kept.seal()
    kept.tamper(
        "DELETE FROM audit_event WHERE seq IN (SELECT seq FROM audit_event ORDER BY seq OFFSET 2 LIMIT 2)",
        "DELETE FROM audit_seal WHERE number = 2",
    )
    assert kept.verify() == [(2, None, "a seal is missing here")]


def test_a_cut_off_end_is_found_by_its_anchor(kept: Trail) -> None:
    for _ in range(2):
        kept.add(2)
        kept.seal()
    file = kept.folder / "anchors.jsonl"
    assert CliRunner().invoke(cli.app, ["audit", "anchor", str(file)]).exit_code == 0
    assert CliRunner().invoke(cli.app, ["audit", "verify", "--anchors", str(file)]).exit_code == 0
    kept.tamper(
        "DELETE FROM audit_event WHERE seq > (SELECT upto_seq FROM audit_seal WHERE number = 1)",
        "DELETE FROM audit_seal WHERE number = 2",
    )
    assert CliRunner().invoke(cli.app, ["audit", "verify"]).exit_code == 0
    found = CliRunner().invoke(cli.app, ["audit", "verify", "--anchors", str(file)])
    assert found.exit_code == 1
    assert "segment 2, the seal: does not fit its anchor" in found.stdout


def test_the_command_names_the_row(kept: Trail) -> None:
    places = kept.add(2)
    kept.seal()
    kept.tamper(f"UPDATE audit_event SET subject = 'x' WHERE seq = {places[1]}")
    found = CliRunner().invoke(cli.app, ["audit", "verify"])
    assert (found.exit_code, f"segment 1, row {places[1]}: " in found.stdout) == (1, True)


def test_another_key_can_check_nothing_and_says_so(kept: Trail) -> None:
    kept.add(1)
    kept.seal()
    with db.transaction(kept.engine, SCOPE) as session:
        found = verifying.verify(session, b"x" * 32).findings
    assert [each.words.en for each in found] == ["sealed with another key, cannot be checked"]


def test_not_even_the_owner_changes_a_row_by_mistake(kept: Trail) -> None:
    kept.add(1)
    for statement in ("UPDATE audit_event SET actor = 'x'", "DELETE FROM audit_event"):
        with kept.owner.connect() as connection, pytest.raises(Exception, match="only added"):
            connection.execute(text(statement))


def test_a_late_row_of_a_long_transaction_is_in_no_gap(kept: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are given out in one order and committed in another; no row may fall between two segments."""
    with monkeypatch.context() as impatient, db.transaction(kept.engine, SCOPE) as late:
        impatient.setattr(jobs, "_PATIENCE_SECONDS", 0.3)
        service.record(late, SCOPE, Act.READ, "patient")
        kept.add(3)
        assert kept.seal() == 0
    assert kept.seal() == 4  # other databases of the server may have long transactions too
    assert kept.verify() == []


def test_rows_added_while_sealing_are_sealed_once(kept: Trail) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with db.transaction(kept.engine, SCOPE) as session:
                for _ in range(3):
                    service.record(session, SCOPE, Act.READ, "patient")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for each in writers:
        each.start()
    sealed = sum(kept.seal() for _ in range(15))
    stop.set()
    for each in writers:
        each.join()
    sealed += kept.seal()
    with db.transaction(kept.engine, SCOPE) as session:
        assert sealed == session.scalar(text("SELECT count(*) FROM audit_event"))
    assert kept.verify() == []


def test_a_long_trail_is_sealed_in_segments(kept: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "ROWS", 4)
    kept.add(10)
    assert kept.seal() == 10
    with db.transaction(kept.engine, SCOPE) as session:
        assert [seal.number for seal in trail.seals(session)] == [1, 2, 3]
    assert kept.verify() == []


def test_there_is_a_partition_for_each_month_before_it_comes(kept: Trail) -> None:
    kept.add(1)
    for month in (1, 12):
        kept.seal(datetime(2031, month, 15, tzinfo=UTC))
    with kept.owner.connect() as connection:
        names = connection.scalars(text("SELECT relname FROM pg_class WHERE relname ~ '^audit_event_p203' ORDER BY 1"))
        wanted = {"audit_event_p203101", "audit_event_p203102", "audit_event_p203112", "audit_event_p203201"}
        assert {name for name in names if "_key" not in name and "idx" not in name} & wanted == wanted


def test_a_row_of_a_month_without_partition_has_a_place(kept: Trail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.clock, "now", lambda: NOW + timedelta(days=400))
    kept.add(1)
    with db.transaction(kept.engine, SCOPE) as session:
        assert session.scalar(text("SELECT count(*) FROM audit_event")) == 1
    assert kept.seal() == 1
    assert kept.verify() == []


@pytest.mark.parametrize(
    "row",
    [
        "(seq, at, actor, act, subject, person_ids, detail, row_hash) VALUES (77, now(), 'nobody', 'read', 'x', '{}', '{}', '')",
        "(at, actor, act, subject, person_ids, detail, row_hash) VALUES ('infinity', 'nobody', 'read', 'x', '{}', '{}', '')",
        "(at, actor, act, subject, person_ids, detail, row_hash) VALUES ('-infinity', 'nobody', 'read', 'x', '{}', '{}', '')",
    ],
    ids=["at a chosen place", "at the end of time", "before all time"],
)
def test_the_service_chooses_no_place_and_no_impossible_time_of_a_row(kept: Trail, row: str) -> None:
    with pytest.raises(DBAPIError) as refused, db.transaction(kept.engine) as session:
        session.execute(text(f"INSERT INTO audit_event {row}"))
    assert getattr(refused.value.orig, "sqlstate", None) in {"42501", "23514"}


def test_who_sees_a_part_of_the_region_cannot_seal(kept: Trail) -> None:
    seal = "INSERT INTO audit_seal VALUES (1, 0, 4611686018427387904, '{}', '', '', '', 'x', now())"
    with pytest.raises(ProgrammingError), db.transaction(kept.engine, Scope("user:x", frozenset())) as session:
        session.execute(text(seal))


@given(st.integers(0, 50), st.sets(st.integers(1, 40)))
def test_gaps_and_places_are_each_others_opposite(after: int, steps: set[int]) -> None:
    present = sorted(after + step for step in steps)
    upto = after + 45
    assert list(canonical.places(after, upto, canonical.gaps_of(present, after, upto))) == present
