"""The faults: each is put in, lasts a while and is healed when its function returns. What recovers does so by itself."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

import psycopg

from crash.disk import Disk
from crash.gateways import TIMEOUT_S, Answers, Gateway
from crash.installation import Installation
from crash.measuring import Clocks
from crash.proxy import Proxy

_SHORT = 1.5
_BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'cmc' ORDER BY backend_start"
_Found = TypeVar("_Found")


@dataclass(slots=True)
class Stage:
    """What a fault can reach."""

    installation: Installation
    proxy: Proxy
    gateways: Sequence[Gateway]
    clocks: Sequence[Clocks]
    answers: Answers
    disk: Disk | None
    random: Random

    @property
    def failures(self) -> int:
        """How many requests have failed so far, in whatever way."""
        return self.answers.failures.total()


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault; `strike` returns when it is healed. `shows` counts what it does: a fault that leaves that
    number as it was did not happen, and the run fails."""

    name: str
    strike: Callable[[Stage], None]
    shows: Callable[[Stage], int] | None = None
    short: bool = False
    """Whether the short form has it."""
    needs_disk: bool = False


def _signal(name: str, number: int) -> Callable[[Stage], None]:
    """A signal to the processes of one name; healed when those are gone."""

    def strike(stage: Stage) -> None:
        running = set(_until(lambda: stage.installation.pids(name)))
        stage.installation.kill(name, number)
        _until(lambda: running.isdisjoint(stage.installation.pids(name)))

    return strike


def _one_backend(stage: Stage) -> None:
    """kill -9 of one server process that serves cmc: PostgreSQL ends all the others and recovers."""
    with stage.installation.try_connect() as connection:
        pids = _until(lambda: [row[0] for row in connection.execute(_BACKENDS).fetchall()])
    with contextlib.suppress(ProcessLookupError):  # it may have hung up meanwhile
        os.kill(stage.random.choice(pids), signal.SIGKILL)


def _until(found: Callable[[], _Found], seconds: float = 45) -> _Found:
    deadline = time.monotonic() + seconds
    while not (there := found()):
        if time.monotonic() > deadline:
            raise LookupError("what the fault should strike is not there, or does not go")
        time.sleep(0.02)
    return there


def _everything(stage: Stage) -> None:
    stage.installation.hold_down()
    stage.installation.kill_everything()
    stage.installation.let_up()


def _twice(stage: Stage) -> None:
    """The database is killed again while it recovers from the first kill."""
    stage.installation.kill("postgres")
    time.sleep(0.4 + stage.random.random() / 2)
    stage.installation.kill("postgres")


def _damage(name: str, seconds: float = _SHORT, share: float = 0.5) -> Callable[[Stage], None]:
    def strike(stage: Stage) -> None:
        stage.proxy.share, stage.proxy.damage = share, name
        time.sleep(seconds)
        stage.proxy.damage = None

    return strike


def _twins(stage: Stage) -> None:
    """Every request goes out twice at the same time."""
    for gateway in stage.gateways:
        gateway.twins.set()
    time.sleep(_SHORT)
    for gateway in stage.gateways:
        gateway.twins.clear()


def _clock_steps(stage: Stage) -> None:
    """The devices of half of the gateways lose their time, in turn by decades, days and hours."""
    chosen = stage.random.sample(list(stage.clocks), len(stage.clocks) // 2)
    for step in (*Clocks.STEPS[1:], "right"):
        for clocks in chosen:
            clocks.shown = step
        time.sleep(_SHORT / 3)


def _hung_database(stage: Stage) -> None:
    """The server and all its processes stand still, as on a stalled disk."""
    stage.installation.kill("postgres", signal.SIGSTOP)
    time.sleep(TIMEOUT_S)
    stage.installation.kill("postgres", signal.SIGCONT)


def _out_of_connections(stage: Stage) -> None:
    """Every connection is taken and cmc's own are ended: it must get along without any."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(stage.installation.try_connect())
        first.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cmc' AND pid <> pg_backend_pid()"
        )
        with contextlib.suppress(psycopg.OperationalError):  # that is what is wanted: there are no more
            for _ in range(200):
                stack.enter_context(stage.installation.connect())
        time.sleep(_SHORT)


def _locked_table(stage: Stage) -> None:
    """Somebody holds the table of readings for longer than cmc waits for a lock."""
    with stage.installation.try_connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
        time.sleep(6)


def _deadlock(stage: Stage) -> None:
    """Somebody takes the tables of ingest in the opposite order, until PostgreSQL chose a request for its victim."""
    before = stage.answers.failures["503"]
    with stage.installation.try_connect() as connection:
        for number in range(20):
            if number >= 2 and stage.answers.failures["503"] > before:
                break
            with contextlib.suppress(psycopg.errors.DeadlockDetected), connection.transaction():
                connection.execute("LOCK TABLE touched IN ACCESS EXCLUSIVE MODE")
                time.sleep(0.3)
                connection.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")


def _disk_full(stage: Stage) -> None:
    disk, before = _disk(stage), stage.failures
    disk.fill()
    try:
        _until(lambda: stage.failures > before)
        time.sleep(2.5)
    finally:
        disk.empty()


def _disk_full_at_start(stage: Stage) -> None:
    """Everything is killed and has to start, again and again, while there is no space."""
    disk = _disk(stage)
    disk.fill()
    tried = stage.installation.database_starts()
    try:
        stage.installation.kill_everything()
        _until(lambda: stage.installation.database_starts() > tried)
        time.sleep(6)
    finally:
        disk.empty()


def _kill_storm(stage: Stage) -> None:
    """Whatever the supervisor starts is killed again as soon as it is seen, for a while."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        for name in ("web", "worker", "postgres"):
            stage.installation.kill(name)
        time.sleep(0.1 + stage.random.random() / 4)


def _power_cut(stage: Stage) -> None:
    """The plug is pulled: only what had reached the disk is there when the machine is back."""
    disk = _disk(stage)
    stage.installation.hold_down()
    disk.cut_power()
    stage.installation.kill_everything()
    disk.power_on()
    stage.installation.let_up()


def _disk(stage: Stage) -> Disk:
    if stage.disk is None:
        raise LookupError("there is no disk of our own")
    return stage.disk


def _failures(stage: Stage) -> int:
    return stage.failures


def _damaged(name: str, *, seconds: float = _SHORT, share: float = 0.5) -> dict[str, Any]:
    return {"strike": _damage(name, seconds, share), "shows": lambda stage: stage.proxy.done[name]}


FAULTS: tuple[Fault, ...] = (
    Fault("web: kill -9", _signal("web", signal.SIGKILL), short=True),
    Fault("web: TERM", _signal("web", signal.SIGTERM), short=True),
    Fault("worker: kill -9", _signal("worker", signal.SIGKILL), short=True),
    Fault("worker: TERM", _signal("worker", signal.SIGTERM)),
    Fault("supervisor: kill -9", _signal("up", signal.SIGKILL), short=True),
    Fault("supervisor: TERM", _signal("up", signal.SIGTERM)),
    Fault("postmaster: kill -9", _signal("postmaster", signal.SIGKILL)),
    Fault("all of PostgreSQL: kill -9", _signal("postgres", signal.SIGKILL), short=True),
    Fault("PostgreSQL: kill -9 during recovery", _twice),
    Fault("one backend: kill -9", _one_backend, short=True),
    Fault("everything: kill -9", _everything),
    Fault("a storm of kill -9", _kill_storm, _failures),
    Fault("PostgreSQL stands still", _hung_database, _failures),
    Fault("no connections left", _out_of_connections, _failures, short=True),
    Fault("table locked", _locked_table, _failures),
    Fault("deadlocks", _deadlock, lambda stage: stage.answers.failures["503"], short=True),
    Fault("answers dropped", **_damaged("drop_answer"), short=True),
    Fault("answers cut", **_damaged("cut_answer")),
    Fault("answers black-holed", **_damaged("black_hole", seconds=TIMEOUT_S), short=True),
    Fault("requests swallowed", **_damaged("swallow_request", seconds=TIMEOUT_S)),
    Fault("slow bodies", **_damaged("slow", share=0.8), short=True),
    Fault("half-sent bodies", **_damaged("cut_request"), short=True),
    Fault("every request twice at once", _twins, lambda stage: stage.answers.twins, short=True),
    Fault("clocks of devices step", _clock_steps, lambda stage: stage.answers.statuses["quarantined"], short=True),
    Fault("disk full", _disk_full, _failures, short=True, needs_disk=True),
    Fault("disk full at start", _disk_full_at_start, _failures, needs_disk=True),
    Fault("power cut", _power_cut, short=True, needs_disk=True),
)


def plan(seed: str, count: int | None, *, with_disk: bool) -> list[Fault]:
    """Return `count` faults in the order of the seed, every kind before any comes again; None: the short form."""
    draw = Random(f"{seed}/plan")
    kinds = [fault for fault in FAULTS if with_disk or not fault.needs_disk]
    if count is None:
        kinds = [fault for fault in kinds if fault.short]
        count = len(kinds)
    planned: list[Fault] = []
    while len(planned) < count:
        planned += draw.sample(kinds, len(kinds))
    return planned[:count]
