"""A child that ends when its parent dies, however the parent dies (also by kill -9)."""

import ctypes
import os
import sys
from collections.abc import Callable
from signal import Signals

_PR_SET_PDEATHSIG = 1


def dies_with_parent(signal: Signals) -> Callable[[], None] | None:
    """A `preexec_fn` that makes the kernel send `signal` to the child when the *thread* that started it ends.

    Start such a child from the main thread. The setting is lost on a change of user, so it must come after it:
    `subprocess` runs `preexec_fn` last. Returns None where the system has no such signal (macOS): there an orphan is
    found and stopped at the next start.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def set_signal() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the setting held
            os._exit(1)

    return set_signal
