"""Supervision of the processes of one installation: start, restart after a crash, stop in order.

It knows nothing of what the processes do. The supervisor runs in the main thread, since the kernel ends the children
with the thread that started them.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final, Protocol

from cmc.core.bell import Bell
from cmc.core.log import get_logger
from cmc.core.operating import OperatorError
from cmc.core.parent_death import dies_with_parent

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 5.0
_HEALTHY_AFTER: Final = 10.0
_POLL: Final = 0.25
_log = get_logger(__name__)


class Service(Protocol):
    """What can be supervised; `EmbeddedServer` and `Program` are."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Start (again)."""

    def exit_code(self) -> int | None:
        """None while it runs; negative for the signal that ended it."""

    def ask_to_stop(self) -> None:
        """Begin an orderly end; returns at once."""

    def kill(self) -> None:
        """End it now."""


class Program:
    """A child process given by its command line. It shares our standard output and error."""

    def __init__(self, name: str, argv: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._argv = list(argv)
        self._environment = None if environment is None else dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the program in a session of its own, so that Ctrl-C in a terminal reaches the supervisor alone."""
        self._process = subprocess.Popen(
            self._argv,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509 - sets one process flag, takes no lock
        )

    @property
    def pid(self) -> int | None:
        """The process id, once started."""
        return None if self._process is None else self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs or was never started."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """SIGTERM."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()


@dataclass(slots=True)
class _Watched:
    service: Service
    started: bool = False
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    restart_at: float | None = None
    crashes: int = 0


class Supervisor:
    """Keeps services running until SIGTERM or SIGINT, then stops them in the reverse of the order given.

    A service that ends by itself is started again after 0.2 s, doubling to 5 s while it keeps failing. The stop asks
    each service, one after the other, and waits up to `grace` seconds; a second signal kills what is left.
    Before `ready()` first holds, a service that ends `tries` times ends everything: it will not get better by itself.
    """

    def __init__(self, services: Sequence[Service], *, grace: float = 30.0, tries: int = 3) -> None:
        self._watched = [_Watched(service) for service in services]
        self._grace = grace
        self._tries = tries
        self._signals = 0
        self._wake = Bell()

    def run(
        self,
        *,
        running: Sequence[Service] = (),
        ready: Callable[[], bool] = lambda: True,
        announce: Callable[[], None] = lambda: None,
        ready_within: float = 60.0,
    ) -> int:
        """Run until stopped; returns the exit code: 0 after an orderly stop, 1 when something had to be killed.

        Services in `running` were started before. `announce` is called once, when `ready()` first holds. Raises
        `OperatorError` (after stopping everything) when that does not happen.
        """
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)}
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: self._wake.ring())
        try:
            for each in self._watched:
                self._start(each, already=each.service in running)
            try:
                self._keep(ready, announce, time.monotonic() + ready_within)
            except OperatorError:
                self._stop()
                raise
            return self._stop()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        self._wake.ring()

    def _start(self, each: _Watched, *, already: bool = False) -> None:
        if not already:
            each.service.start()
        each.started, each.started_at, each.restart_at = True, time.monotonic(), None

    def _keep(self, ready: Callable[[], bool], announce: Callable[[], None], deadline: float) -> None:
        announced = False
        while self._signals == 0:
            for each in self._watched:
                self._revive(each, final=not announced)
            if not announced and ready():
                announced = True
                announce()
            if not announced and time.monotonic() > deadline:
                raise OperatorError("The service did not become ready in time: see the messages above.")
            self._wait()

    def _wait(self) -> None:
        now = time.monotonic()
        pauses = [each.restart_at - now for each in self._watched if each.restart_at is not None]
        self._wake.wait(max(0.01, min([_POLL, *pauses])))

    def _revive(self, each: _Watched, *, final: bool) -> None:
        now = time.monotonic()
        if each.restart_at is not None:
            if now >= each.restart_at:
                self._restart(each, final=final)
            return
        code = each.service.exit_code()
        if code is not None:
            self._crashed(each, code, final=final)

    def _restart(self, each: _Watched, *, final: bool) -> None:
        try:
            self._start(each)
        except (OperatorError, OSError) as exc:
            if final:
                raise
            _log.error("process cannot be started", process=each.service.name, error=type(exc).__name__)
            each.started_at = time.monotonic()
            self._schedule(each)

    def _crashed(self, each: _Watched, code: int, *, final: bool) -> None:
        each.crashes += 1
        _log.error("process ended", process=each.service.name, exit_code=code, attempt=each.crashes)
        if final and each.crashes >= self._tries:
            raise OperatorError(
                f"`{each.service.name}` ended {each.crashes} times at the start: see the messages above."
            )
        if time.monotonic() - each.started_at >= _HEALTHY_AFTER:
            each.pause = FIRST_PAUSE
        self._schedule(each)

    @staticmethod
    def _schedule(each: _Watched) -> None:
        each.restart_at = time.monotonic() + each.pause
        each.pause = min(each.pause * 2, LONGEST_PAUSE)

    def _stop(self) -> int:
        asked = self._signals
        clean = True
        for each in reversed(self._watched):
            if not each.started or each.restart_at is not None or each.service.exit_code() is not None:
                continue
            each.service.ask_to_stop()
            deadline = time.monotonic() + self._grace
            while each.service.exit_code() is None and time.monotonic() < deadline and self._signals <= max(asked, 1):
                self._wake.wait(0.05)
            if each.service.exit_code() is None:
                _log.error("process killed", process=each.service.name)
                each.service.kill()
                self._reap(each.service)
                clean = False
            elif each.service.exit_code() not in (0, -signal.SIGTERM, -signal.SIGINT):
                _log.error("process ended badly", process=each.service.name, exit_code=each.service.exit_code())
                clean = False
        return 0 if clean else 1

    @staticmethod
    def _reap(service: Service) -> None:
        deadline = time.monotonic() + 5
        while service.exit_code() is None and time.monotonic() < deadline:
            time.sleep(0.01)


def python_module(*arguments: str) -> list[str]:
    """The command line that runs `python -m …` with the interpreter of this process."""
    return [sys.executable, "-m", *arguments]


def environment(**more: str) -> dict[str, str]:
    """The environment of this process with further variables."""
    return {**os.environ, **more}
