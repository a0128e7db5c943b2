"""`make crash`: gateways post readings while everything is killed; then nothing may be lost, doubled or altered.

Exit code 0 when the whole plan was endured, journal and database agree, and every negative control was found out.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from crash import disk as disks
from crash import table
from crash.controls import CONTROLS, NO_IDENTITY, Control, drop_identity, provoke
from crash.disk import Disk
from crash.faults import plan
from crash.installation import Installation, copied
from crash.people import Sender, prepare
from crash.running import NotRecoveredError, Outcome, Run, endure, running

GATEWAYS = 8
ENOUGH = 1_000_000
"""More faults than any given time has room for."""


class Harness:
    """One call: a working folder, the prepared data folder and the runs on copies of it."""

    def __init__(self, folder: Path, seed: str) -> None:
        self.folder, self.seed = folder, seed
        self.no_disk = disks.missing()
        self._senders: list[Sender] = []

    def prepare(self) -> None:
        begun = time.monotonic()
        self._senders = prepare(self.folder / "prepared", GATEWAYS)
        say(f"prepared in {time.monotonic() - begun:.1f} s")

    def run(self, name: str, stack: ExitStack, *, weakened: str | None = None, on_disk: bool = False) -> Run:
        """Begin a run on a copy of the prepared folder; it ends with `stack`."""
        disk = self._disk(name, stack) if on_disk else None
        place = self.folder / name
        place.mkdir(exist_ok=True)
        data = copied(self.folder / "prepared", (place if disk is None else disk.place) / "data")
        installation = Installation(data, self.folder / f"{name}.log", weakened=weakened)
        journals = self.folder / f"{name}-journals"
        journals.mkdir()
        return stack.enter_context(
            running(lambda: Run(installation, self._senders, journals, f"{self.seed}/{name}", disk))
        )

    def _disk(self, name: str, stack: ExitStack) -> Disk | None:
        if self.no_disk is not None:
            return None
        disk = Disk(self.folder, name)
        if not disk.make():
            self.no_disk = "the kernel does not let us mount one"
            return None
        stack.callback(disk.eject)
        return disk

    def main_run(self, count: int | None, minutes: float | None) -> tuple[Outcome, int]:
        """Endure the plan; return what was found, and how much the control without identity showed afterwards."""
        until = None if minutes is None else time.monotonic() + 60 * minutes
        with ExitStack() as stack:
            run = self.run("main", stack, on_disk=True)
            if self.no_disk is not None:
                say(f"without a disk of its own ({self.no_disk}): no full disk and no power cut in this run")
            planned = plan(self.seed, count, with_disk=self.no_disk is None)
            outcome = endure(run, planned, say, until=until)
            shown = 0
            if outcome.good:
                drop_identity(run)
                run.go_on()
                shown = provoke(run, NO_IDENTITY)
            return outcome, shown

    def control(self, control: Control) -> int | None:
        """Return how much a control showed; None when it cannot be done on this machine."""
        if control.needs_disk and self.no_disk is not None:
            return None
        with ExitStack() as stack:
            run = self.run(control.weakened or "", stack, weakened=control.weakened, on_disk=control.needs_disk)
            return provoke(run, control)


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    folder = Path(tempfile.mkdtemp(prefix="cmc-crash-"))
    folder.chmod(0o711)
    signal.signal(signal.SIGTERM, _end_orderly)
    harness = Harness(folder, options.seed)
    say(f"seed {options.seed}, {GATEWAYS} gateways, in {folder}")
    begun = time.monotonic()
    good = False
    try:
        good = _everything(harness, options, begun)
    finally:
        if good and not options.keep:
            shutil.rmtree(folder)
        else:
            say(f"kept: {folder}   the same plan again: --seed {options.seed}, and the other options as they were")
    return 0 if good else 1


def _everything(harness: Harness, options: argparse.Namespace, begun: float) -> bool:
    harness.prepare()
    outcome, no_identity = harness.main_run(options.faults, options.minutes)
    table.show(outcome, say)
    caught: dict[str, int | None] = {}
    if outcome.good:
        caught[f"{NO_IDENTITY.name}: {NO_IDENTITY.kind}"] = no_identity
        for control in CONTROLS:
            caught[f"{control.name}: {control.kind}"] = _caught(harness, control)
        table.show_controls(caught, harness.no_disk, say)
    good = outcome.good and all(count is None or count > 0 for count in caught.values())
    say(f"{'passed' if good else 'FAILED'} in {time.monotonic() - begun:.0f} s, seed {options.seed}")
    return good


def _caught(harness: Harness, control: Control) -> int | None:
    try:
        return harness.control(control)
    except NotRecoveredError as error:
        say(f"the control `{control.name}` broke off: {error}")
        return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="crash", description=__doc__)
    parser.add_argument("--faults", type=int, help="how many faults; without it the short form, one of each main kind")
    parser.add_argument("--minutes", type=float, help="no new fault after so many minutes")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="the same seed, the same plan")
    parser.add_argument("--keep", action="store_true", help="keep the working folder also when all is well")
    options = parser.parse_args(arguments)
    if options.minutes is not None and options.faults is None:
        options.faults = ENOUGH
    return options


def _end_orderly(_number: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
