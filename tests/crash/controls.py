"""Negative controls: promises taken away from outside. Each must be found out, or the harness proves nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from crash import weakened
from crash.comparing import Differences
from crash.faults import FAULTS
from crash.running import Run

_BY_NAME = {fault.name: fault for fault in FAULTS}
_TRIES = 4
_LATE_S = 1.0
"""What was acknowledged too early may still be under way for so long; it is not counted as lost."""


@dataclass(frozen=True, slots=True)
class Control:
    """A fault of `crash.weakened`, what must be done so that it shows, and what must then be found."""

    name: str
    weakened: str | None
    shown_by: tuple[str, ...]
    found: Callable[[Differences], int]
    kind: str
    needs_disk: bool = False


CONTROLS: tuple[Control, ...] = (
    Control("acknowledges before the COMMIT", weakened.EARLY_ANSWER, ("web: kill -9",), lambda d: len(d.lost), "lost"),
    Control(
        "synchronous_commit off",
        weakened.NO_SYNC_COMMIT,
        ("all of PostgreSQL: kill -9",),
        lambda d: len(d.lost),
        "lost",
    ),
    Control("fsync off", weakened.NO_FSYNC, ("power cut",), lambda d: len(d.lost), "lost", needs_disk=True),
)
NO_IDENTITY = Control(
    "no identity (unique key dropped)", None, ("answers dropped",), lambda d: len(d.doubled), "doubled"
)
"""Needs no installation of its own: the key is dropped where the run has ended."""


def provoke(run: Run, control: Control) -> int:
    """Let the fault of a control do its damage; return how much of it the comparison found."""
    for _ in range(_TRIES):
        for name in control.shown_by:
            time.sleep(0.7)
            run.suffer(_BY_NAME[name])
        run.rest()
        time.sleep(_LATE_S)
        if found := control.found(run.result(effects=False).differences):
            return found
        run.go_on()
    return 0


def drop_identity(run: Run) -> None:
    """Take the unique key of readings away."""
    with run.installation.try_connect() as connection:
        connection.execute("ALTER TABLE reading DROP CONSTRAINT pk_reading")
