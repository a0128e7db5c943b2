"""How often somebody may ask: counted in this process by the library `limits`, in any sixty seconds."""

from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter

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
_PACE: Final = "pace"
_WAIT_SECONDS: Final = 15
_SET_BACK_SECONDS: Final = 1.0
"""So much earlier than before is a clock that was set; less may be two threads that look at it at once."""


class Limits:
    """The rates of one web process; `machine_per_minute` is what an operator may raise."""

    def __init__(self, body_bytes: int, *, machine_per_minute: int = MACHINE_PER_MINUTE) -> None:
        self.body_bytes = body_bytes
        self._user = RateLimitItemPerMinute(USER_PER_MINUTE)
        self._machine = RateLimitItemPerMinute(machine_per_minute)
        self._name = RateLimitItemPerMinute(NAME_PER_MINUTE)
        self._address = RateLimitItemPerMinute(ADDRESS_PER_MINUTE)
        self._searches = RateLimitItemPerMinute(SEARCHES_PER_MINUTE)
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        # Of requests every one is counted, thousands a second: two counters for each caller, not a list of instants.
        self._pacer = SlidingWindowCounterRateLimiter(self._storage)
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
        limiter = self._pacer if kind == _PACE else self._limiter
        return limiter.hit(rate, kind, whose)

    def require_pace(self, actor: str) -> None:
        """Count a request of an actor; raise `TooMany` when it asks faster than it may."""
        rate = self._user if actor.startswith("user:") else self._machine
        if not self._hit(rate, _PACE, actor):
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
