"""The look-up on the event loop: what it gives, what it says of faults, and that it comes back after them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from cmc.core import db, migrations, peeking
from cmc.core.clock import LOCAL
from cmc.core.polling import Looking, Part, Thing

ROWS = "SELECT n, upper(n) FROM unnest(CAST(%(names)s AS text[])) AS n"
PIDS = "SELECT CAST(pg_backend_pid() AS text)"
NAMES = ["a", 'b"c', "d\\e", "f,{g}", "汉"]


@pytest.fixture(scope="module")
def engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    url = new_database()
    migrations.upgrade(url)
    made = db.make_engine(url, pool_size=2)
    yield made
    made.dispose()


def asked(engine: Engine, statement: str, *values: dict[str, Any]) -> list[Any]:
    """Ask one connection one after the other; what was raised stands in the place of its answer."""

    async def all_of_them() -> list[Any]:
        peek = peeking.Peek(engine, statement)
        found = [(await asyncio.gather(peek.ask(each), return_exceptions=True))[0] for each in values]
        await peek.close()
        return found

    return asyncio.run(all_of_them())


def test_texts_of_every_kind_come_back_as_they_went(engine: Engine) -> None:
    many = [f"{number}-{'x' * 100}" for number in range(20_000)]  # more than a socket takes at once
    first, second, none = asked(engine, ROWS, {"names": NAMES}, {"names": many}, {"names": []})
    assert first == [(each, each.upper()) for each in NAMES]
    assert second == [(each, each.upper()) for each in many]
    assert none == []


def test_instants_and_durations_are_those_that_were_given(engine: Engine) -> None:
    now, life = datetime(2025, 11, 20, 9, 30, 1, 250_000, tzinfo=LOCAL), timedelta(days=1, seconds=0.5)
    sql = "SELECT CAST(CAST(%(now)s AS timestamptz) - CAST(%(life)s AS interval) AS text)"
    ((told,),) = asked(engine, sql, {"now": now, "life": life})[0]
    assert datetime.fromisoformat(told) == now - life


def test_a_fault_is_raised_and_the_next_question_is_answered(engine: Engine) -> None:
    sql = "SELECT CAST(1 / length(CAST(%(name)s AS text)) AS text)"
    first, fault, third = asked(engine, sql, {"name": "x"}, {"name": ""}, {"name": "x"})
    assert (first, third) == ([("1",)], [("1",)])
    assert isinstance(fault, psycopg.Error)


def test_a_connection_that_was_cut_is_opened_again(engine: Engine) -> None:
    async def cut() -> list[Any]:
        peek = peeking.Peek(engine, PIDS)
        ((pid,),) = await peek.ask({})
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": int(pid)})
        with pytest.raises(psycopg.Error):
            await peek.ask({})
        ((other,),) = await peek.ask({})
        await peek.close()
        return [pid, other]

    pid, other = asyncio.run(cut())
    assert pid != other


def test_a_look_that_is_given_up_leaves_nothing_for_the_next(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peeking, "ANSWER_SECONDS", 0.2)
    sql = "SELECT CAST(%(name)s AS text) FROM pg_sleep(CAST(%(seconds)s AS double precision))"
    slow, next_one = asked(engine, sql, {"name": "slow", "seconds": "3"}, {"name": "next", "seconds": "0"})
    assert isinstance(slow, TimeoutError)
    assert next_one == [("next",)]


def test_polls_look_on_the_loop_while_connected_and_tell_the_same(engine: Engine) -> None:
    parts = [Part("thing", "SELECT n, n || '!' FROM unnest(CAST(%(thing)s AS text[])) AS n WHERE n <> 'gone'")]
    things = frozenset({Thing("thing", "one"), Thing("thing", "gone")})

    async def both() -> list[Any]:
        looking = Looking(engine, asyncio.Semaphore(1), parts)
        by_thread = await looking.standings(things)
        async with looking.connected():
            return [by_thread, *await asyncio.gather(*(looking.standings(things) for _ in range(3)))]

    found = asyncio.run(both())
    assert found == [{Thing("thing", "one"): "one!"}] * 4
