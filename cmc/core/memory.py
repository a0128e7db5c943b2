"""The cyclic garbage collector, kept from going through what a batch has just made."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Pause the cyclic collector of this process for a batch that makes a million objects and no cycles.

    It would go through all of them again and again, half of the batch's time, and find nothing: what is no longer
    needed is freed without it. Cycles that others make meanwhile wait until the end. For worker and command line.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
