"""A bell that a signal handler may ring."""

from contextlib import suppress
from queue import Empty, SimpleQueue


class Bell:
    """Wakes the thread that waits for it; safe to ring from a signal handler.

    `threading.Event` is not: `set` takes a lock that the interrupted `wait` of the same thread may hold, and the
    process then waits for itself for ever. The put of a `SimpleQueue` is reentrant by its documentation.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        """Wake whoever waits, now or at the next wait."""
        self._rings.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait at most so long; True when the bell was rung. Several rings wake once."""
        try:
            self._rings.get(timeout=seconds)
        except Empty:
            return False
        with suppress(Empty):
            while True:
                self._rings.get_nowait()
        return True
