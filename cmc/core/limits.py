"""How often somebody may ask: counted in this process by the library `limits`, in any sixty seconds."""

from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

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
_CALLERS: Final = 10_000
"""When more than so many are remembered, those who ask no more are forgotten."""
_WAIT_SECONDS: Final = 15
_SET_BACK_SECONDS: Final = 1.0
"""So much earlier than before is a clock that was set; less may be two threads that look at it at once."""


class _Pace:
    """Requests of each caller in this minute of the clock and in the one before.

    Of the latter the part that still lies within sixty seconds counts, as if they had been spread evenly. Of requests
    every one is counted, thousands a second: two numbers for each caller. With a clock that is set they begin anew.
    """

    def __init__(self) -> None:
        self._counts: dict[str, tuple[int, int, int]] = {}

    def allows(self, caller: str, most: int, *, at: float) -> bool:
        """Count one at an instant in seconds, unless it would be one too many; return whether it was counted."""
        minute, second = int(at // 60), at % 60
        of_minute, now, before = self._counts.get(caller, (minute, 0, 0))
        if of_minute != minute:
            now, before = 0, now if of_minute == minute - 1 else 0
        if now + before * (60 - second) / 60 >= most:
            return False
        if len(self._counts) >= _CALLERS:
            self._counts = {name: known for name, known in self._counts.items() if known[0] >= minute - 1}
        self._counts[caller] = (minute, now + 1, before)
        return True


class Limits:
    """The rates of one web process; `machine_per_minute` is what an operator may raise."""

    def __init__(self, body_bytes: int, *, machine_per_minute: int = MACHINE_PER_MINUTE) -> None:
        self.body_bytes = body_bytes
        self._machine_per_minute = machine_per_minute
        self._name = RateLimitItemPerMinute(NAME_PER_MINUTE)
        self._address = RateLimitItemPerMinute(ADDRESS_PER_MINUTE)
        self._searches = RateLimitItemPerMinute(SEARCHES_PER_MINUTE)
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._pace = _Pace()
        self._shown = clock.epoch_seconds()

    def _hit(self, rate: RateLimitItem, kind: str, whose: str) -> bool:
        """Count one; return whether it is allowed.

        After a clock that was set back everybody begins anew: what was counted before lies in the future, and would
        count until then.
        """
        now = clock.epoch_seconds()
        if now < self._shown - _SET_BACK_SECONDS:
            self._storage.reset()
        self._shown = now
        return self._limiter.hit(rate, kind, whose)

    def require_pace(self, actor: str) -> None:
        """Count a request of an actor; raise `TooMany` when it asks faster than it may."""
        most = USER_PER_MINUTE if actor.startswith("user:") else self._machine_per_minute
        if not self._pace.allows(actor, most, at=clock.epoch_seconds()):
            raise TooMany("slower, please", retry_after=_WAIT_SECONDS)

    def require_few_searches(self, actor: str) -> None:
        """Count a search, or another question whether somebody is on file; raise `TooMany` when there are too many."""
        if not self._hit(self._searches, "searches", actor):
            raise TooMany("too many searches: wait a little", code="too-many-searches", retry_after=_WAIT_SECONDS)

    def require_few_log_ins(self, login: str, address: str) -> None:
        """Count a log-in under a name and from an address; raise `TooMany` when either has tried too often."""
        counted = ((self._address, "address", address), (self._name, "name", login))
        for rate, kind, whose in counted:
            if not self._hit(rate, kind, whose):
                raise TooMany("too many log-ins: wait a little", code="too-many-log-ins", retry_after=_WAIT_SECONDS)
