"""One run: an installation, eight gateways, faults one after the other, and the comparison at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg
from psycopg.rows import dict_row

from crash import watching
from crash.comparing import Differences, blind_spots, compare, unseen_damages
from crash.disk import Disk
from crash.faults import Fault, Stage
from crash.gateways import Answers, Gateway
from crash.installation import Installation
from crash.journal import Journal, Told
from crash.measuring import Clocks, Meters, Person
from crash.people import Sender
from crash.proxy import Proxy

RECOVERS_WITHIN_S = 120.0
DRAINS_WITHIN_S = 180.0
SHOWS_WITHIN_S = 10.0
ALIVE = 3
"""How many gateways must have been acknowledged again before a fault counts as overcome."""


class NotRecoveredError(RuntimeError):
    """The installation did not come back by itself."""


@dataclass(slots=True)
class Outcome:
    """What one run found."""

    differences: Differences = field(default_factory=Differences)
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    """Fault → seconds from its end until several gateways were acknowledged again."""
    unseen: list[str] = field(default_factory=list)
    """Damages to the rows that the comparison would not have noticed."""
    acknowledged: int = 0
    distinct: int = 0
    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """What kept the run itself from its end."""

    @property
    def good(self) -> bool:
        return not (self.differences or self.unseen or self.broken)


class Run:
    """Gateways, proxy and installation, wired together."""

    def __init__(
        self, installation: Installation, senders: Sequence[Sender], folder: Path, seed: str, disk: Disk | None = None
    ) -> None:
        self.installation, self.answers = installation, Answers()
        self.people: list[Person] = [person for sender in senders for person in sender.people]
        self.proxy = Proxy(installation.port, f"{seed}/proxy")
        self._senders, self._folder, self._seed, self._disk = senders, folder, seed, disk
        self._began = time.monotonic()
        self.journals: list[Journal] = []
        self.gateways: list[Gateway] = []
        draw = Random(f"{seed}/faults")
        self.stage = Stage(installation, self.proxy, self.gateways, [], self.answers, disk, draw)

    def begin(self) -> None:
        """Start everything; returns when every gateway was acknowledged once."""
        self.installation.start()
        self.installation.wait_until_ready()
        with self.installation.try_connect() as connection:
            watching.watch(connection)
        self.proxy.start()
        self.stage.clocks = [Clocks() for _ in self._senders]
        for number, (sender, clocks) in enumerate(zip(self._senders, self.stage.clocks, strict=True)):
            seed = f"{self._seed}/{number}"
            journal = Journal(self._folder / f"gateway-{number}.ndjson")
            meters = Meters(seed, number, sender.people, datetime.now(UTC), clocks)
            self.journals.append(journal)
            gateway = Gateway(number, self.proxy.port, sender.key, meters, journal, self.answers, seed)
            self.gateways.append(gateway)
            gateway.start()
        self.wait_for_life(self._began)

    def suffer(self, fault: Fault) -> float:
        """Put a fault in; return the seconds from its end until the service acknowledged again."""
        before = fault.shows(self.stage) if fault.shows is not None else 0
        fault.strike(self.stage)
        healed = time.monotonic()
        self.wait_for_life(healed)
        seconds = time.monotonic() - healed
        deadline = healed + SHOWS_WITHIN_S
        while fault.shows is not None and fault.shows(self.stage) <= before:
            if time.monotonic() > deadline:
                raise LookupError(f"`{fault.name}` did nothing")
            time.sleep(0.05)
        return seconds

    def wait_for_life(self, since: float) -> None:
        """Wait until several gateways had a request acknowledged that they began after `since`, and all runs."""
        deadline = time.monotonic() + RECOVERS_WITHIN_S
        if not all(gateway.is_alive() for gateway in self.gateways):
            raise LookupError("a gateway of the harness itself is dead: see its exception above")
        while self.answers.gateways_since(since) < ALIVE or not all(map(self.installation.pids, ("web", "worker"))):
            if time.monotonic() > deadline:
                raise NotRecoveredError(f"the service was not back after {RECOVERS_WITHIN_S:.0f} s")
            time.sleep(0.02)

    def drain(self) -> None:
        """Let every gateway get rid of what it still has, and rest."""
        for gateway in self.gateways:
            gateway.finish()
        deadline = time.monotonic() + DRAINS_WITHIN_S
        while any(gateway.waiting for gateway in self.gateways):
            if time.monotonic() > deadline:
                left = sum(gateway.waiting for gateway in self.gateways)
                raise NotRecoveredError(f"{left} readings were still not acknowledged after {DRAINS_WITHIN_S:.0f} s")
            time.sleep(0.05)
        self.rest()

    def rest(self) -> None:
        """Let every gateway send nothing more; returns when nothing is under way."""
        for gateway in self.gateways:
            gateway.idle.clear()
            gateway.rest()
        for gateway in self.gateways:
            gateway.idle.wait(30)

    def go_on(self) -> None:
        """Let every gateway measure and send again."""
        for gateway in self.gateways:
            gateway.idle.clear()
            gateway.go_on()

    def wait_for_the_worker(self) -> None:
        """Wait until the worker has taken every mark."""
        deadline = time.monotonic() + DRAINS_WITHIN_S
        with self.installation.try_connect() as connection:
            while (left := _number(connection, watching.MARKS_LEFT)) > 0:
                if time.monotonic() > deadline:
                    raise NotRecoveredError(f"the worker left {left} marks for {DRAINS_WITHIN_S:.0f} s")
                time.sleep(0.1)

    @property
    def told(self) -> list[Told]:
        return [journal.told for journal in self.journals]

    def result(self, *, effects: bool = True) -> Outcome:
        """Compare journals and database."""
        outcome = Outcome(seconds=time.monotonic() - self._began)
        with self.installation.try_connect() as connection:
            outcome.differences = compare(connection, self.told, self.people, effects=effects)
            if effects and not outcome.differences:
                outcome.unseen = unseen_damages(connection, self.told, self.people)
                with connection.cursor(row_factory=dict_row) as cursor:
                    rows = cursor.execute(watching.READINGS + " LIMIT 2000").fetchall()
                outcome.unseen += _blind_spots(self.told, rows)
        outcome.acknowledged = sum(told.acknowledged for told in self.told)
        outcome.distinct = sum(told.distinct for told in self.told)
        outcome.statuses, outcome.failures = dict(self.answers.statuses), dict(self.answers.failures)
        return outcome

    def end(self) -> None:
        """Stop everything that still runs."""
        for gateway in self.gateways:
            gateway.end()
        self.proxy.damage = None
        self.installation.stop()
        if self.proxy.port:
            self.proxy.stop()
        for journal in self.journals:
            journal.close()


def _blind_spots(told: Sequence[Told], rows: list[dict[str, object]]) -> list[str]:
    """Only what these rows are of is compared, so that a long run is not compared twenty times over."""
    keys = {(row["device"], row["sequence"], row["patient_id"], row["kind"], row["taken_at"]) for row in rows}
    part = [Told(stored={key: item for key, item in each.stored.items() if key in keys}) for each in told]
    return blind_spots(part, rows)


def _number(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement).fetchone()  # type: ignore[call-overload]
    return int(row[0])


@contextmanager
def running(make: Callable[[], Run]) -> Iterator[Run]:
    """Begin a run and end whatever it started, also when it fails."""
    run = make()
    try:
        run.begin()
        yield run
    finally:
        run.end()


def endure(run: Run, faults: Sequence[Fault], say: Callable[[str], None], *, until: float | None = None) -> Outcome:
    """Suffer the faults one after the other, at most `until` a monotonic time, then compare.

    A run that breaks off is compared as far as that goes.
    """
    recoveries: dict[str, list[float]] = {}
    broken: list[str] = []
    try:
        for place, fault in enumerate(faults):
            if until is not None and time.monotonic() > until:
                say(f"     the time is over after {place} faults")
                break
            time.sleep(run.stage.random.random() * 0.6)
            seconds = run.suffer(fault)
            recoveries.setdefault(fault.name, []).append(seconds)
            say(f"{place + 1:5}  {fault.name:<36} back after {seconds:6.2f} s")
        run.drain()
        run.wait_for_the_worker()
    except (NotRecoveredError, LookupError, psycopg.Error, OSError) as error:
        broken.append(f"{type(error).__name__}: {error}")
        say(f"     broken off: {broken[-1]}")
        run.rest()
    try:
        outcome = run.result(effects=not broken)
    except (psycopg.Error, OSError) as error:
        outcome = Outcome(broken=[f"the database cannot be compared: {type(error).__name__}: {error}"])
    outcome.recoveries = recoveries
    outcome.broken += broken
    return outcome
