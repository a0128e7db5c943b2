"""Dirty marks: none is overlooked, none is taken twice."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cmc.core import db, migrations
from cmc.indicators import facts
from cmc.indicators.periods import year_to_date
from cmc.patients import touched

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def test_marks_come_once_per_person_and_topic(transaction: db.Transaction) -> None:
    first, second = uuid4(), uuid4()
    with transaction() as session:
        touched.mark(session, [first, second, first], at=NOW)
        touched.mark(session, [first], at=NOW, topics=(touched.INDICATORS,))
        assert sorted(touched.take(session, touched.INDICATORS)) == sorted([first, second])
        assert touched.take(session, touched.INDICATORS) == []
        assert sorted(touched.take(session, touched.FOLLOWUPS)) == sorted([first, second])


def test_two_workers_share_the_marks_and_a_mark_made_meanwhile_stays(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrations.upgrade(url)
    engine: Engine = db.make_engine(url)
    person = uuid4()
    with db.transaction(engine) as session:
        touched.mark(session, [person], at=NOW)
    with db.transaction(engine) as working, db.transaction(engine) as other, db.transaction(engine) as gateway:
        assert touched.take(working, touched.FOLLOWUPS) == [person]
        assert touched.take(other, touched.FOLLOWUPS) == []
        touched.mark(gateway, [person], at=NOW)
    with db.transaction(engine) as session:
        assert touched.take(session, touched.FOLLOWUPS) == [person]
    engine.dispose()


def test_a_job_that_fails_gives_its_marks_back(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrations.upgrade(url)
    engine = db.make_engine(url)
    person = uuid4()
    with db.transaction(engine) as session:
        touched.mark(session, [person], at=NOW)

    def failing_job() -> None:
        with db.transaction(engine) as session:
            touched.take(session, touched.FOLLOWUPS)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        failing_job()
    with db.transaction(engine) as session:
        assert touched.take(session, touched.FOLLOWUPS) == [person]
    engine.dispose()


def test_as_many_marks_are_taken_as_asked_for_whatever_the_table_was_measured_at(
    new_database: Callable[[], str],
) -> None:
    """The database once measured the table at one row; its plan must not take `limit` marks for each row it meets."""
    url = new_database()
    migrations.upgrade(url)
    engine: Engine = db.make_engine(url)
    with db.transaction(engine) as session:
        touched.mark(session, [uuid4()], at=NOW, topics=(touched.INDICATORS,))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE touched"))
    with db.transaction(engine) as session:
        touched.mark(session, [uuid4() for _ in range(6)], at=NOW)
        assert [len(touched.take(session, touched.FOLLOWUPS, limit=1)) for _ in range(7)] == [1] * 6 + [0]
    engine.dispose()


def test_who_was_marked_many_times_is_looked_at_once_and_holds_nobody_up(transaction: db.Transaction) -> None:
    busy, waiting = uuid4(), uuid4()
    with transaction() as session:
        for _ in range(10):
            touched.mark(session, [busy], at=NOW)
        touched.mark(session, [waiting], at=NOW)
        assert sorted(touched.take(session, touched.ALERTS, limit=2)) == sorted([busy, waiting])
        assert touched.take(session, touched.ALERTS, limit=2) == []


def test_who_waited_longest_comes_first(transaction: db.Transaction) -> None:
    people = [uuid4() for _ in range(3)]
    with transaction() as session:
        for person in (*people, people[0]):
            touched.mark(session, [person], at=NOW)
        assert touched.take(session, touched.ALERTS, limit=1) == people[:1]
        assert sorted(touched.take(session, touched.ALERTS, limit=2)) == sorted(people[1:])


def test_readings_mark_for_the_alerts_alone_and_no_indicator_reads_them() -> None:
    assert touched.OF_READINGS == (touched.ALERTS,)
    assert not re.search(r"\b(FROM|JOIN)\s+reading\b", str(facts.statement(year_to_date(2026, 11))))


def test_a_run_ends_though_new_marks_come_for_ever(transaction: db.Transaction) -> None:
    looked: list[UUID] = []

    def step(session: Session, people: list[UUID]) -> None:
        looked.extend(people)
        touched.mark(session, [uuid4()], at=NOW, topics=(touched.ALERTS,))

    with transaction() as session:
        touched.mark(session, [uuid4()], at=NOW, topics=(touched.ALERTS,))
    assert touched.drain(transaction, touched.ALERTS, step, limit=5, seconds=0.05) == len(looked) >= 1
    assert touched.drain(transaction, touched.ALERTS, step, limit=5, seconds=0.0) == 1
