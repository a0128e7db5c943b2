"""How often somebody may ask: counted in this process, in any sixty seconds."""

from collections import deque
from threading import Lock
from typing import Final

from cmc.core import clock
from cmc.core.errors import TooMany

USER_PER_MINUTE: Final = 600
MACHINE_PER_MINUTE: Final = 1200
NAME_PER_MINUTE: Final = 20
"""Log-ins under one name."""
ADDRESS_PER_MINUTE: Final = 120
"""Log-ins from one address: a clinic's whole staff may sit behind one."""
SEARCHES_PER_MINUTE: Final = 60
"""Searches for a person by a user: who tries numbers through is stopped long before the first thousand."""
_WAIT_SECONDS: Final = 15
_WINDOW_SECONDS: Final = 60.0
_SET_BACK_SECONDS: Final = 1.0
"""So much earlier than before is a clock that was set; less may be two threads that look at it at once."""


class Limits:
    """The rates of one web process; `machine_per_minute` is what an operator may raise."""

    def __init__(self, body_bytes: int, *, machine_per_minute: int = MACHINE_PER_MINUTE) -> None:
        self.body_bytes = body_bytes
        self._machine_per_minute = machine_per_minute
        self._windows = _Windows()

    def require_pace(self, actor: str) -> None:
        """Count a request of an actor; raise `TooMany` when it asks faster than it may."""
        most = USER_PER_MINUTE if actor.startswith("user:") else self._machine_per_minute
        if not self._windows.count(("pace", actor), most):
            raise TooMany("slower, please", retry_after=_WAIT_SECONDS)

    def require_few_searches(self, actor: str) -> None:
        """Count a search, or another question whether somebody is on file; raise `TooMany` when there are too many."""
        if not self._windows.count(("searches", actor), SEARCHES_PER_MINUTE):
            raise TooMany("too many searches: wait a little", code="too-many-searches", retry_after=_WAIT_SECONDS)

    def require_few_log_ins(self, login: str, address: str) -> None:
        """Count a log-in under a name and from an address; raise `TooMany` when either has tried too often."""
        counted = ((("address", address), ADDRESS_PER_MINUTE), (("name", login), NAME_PER_MINUTE))
        for key, most in counted:
            if not self._windows.count(key, most):
                raise TooMany("too many log-ins: wait a little", code="too-many-log-ins", retry_after=_WAIT_SECONDS)


class _Windows:
    """When each was counted in the last sixty seconds, so that no sixty seconds hold more than is allowed."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], deque[float]] = {}
        self._lock = Lock()
        self._shown = clock.epoch_seconds()
        self._swept = self._shown

    def count(self, key: tuple[str, str], most: int) -> bool:
        """Count one; return whether it is allowed. What is refused is not counted.

        After a clock that was set back everybody begins anew: what was counted before lies in the future, and would
        count until then.
        """
        with self._lock:
            now = clock.epoch_seconds()
            if now < self._shown - _SET_BACK_SECONDS:
                self._times.clear()
                self._swept = now
            self._shown = now
            since = now - _WINDOW_SECONDS
            if self._swept < since:
                self._sweep(since, now)
            times = self._times.get(key)
            if times is None:
                times = self._times[key] = deque()
            while times and times[0] < since:
                times.popleft()
            if len(times) >= most:
                return False
            times.append(now)
            return True

    def _sweep(self, since: float, now: float) -> None:
        """Forget who has not asked for a minute: names are sent by strangers, and must not fill the memory."""
        self._times = {key: times for key, times in self._times.items() if times and times[-1] >= since}
        self._swept = now
