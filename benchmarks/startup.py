"""Seconds of a second start of `cmc up`, against the same database and an empty FastAPI started bare."""

import os
import sys
import time
from contextlib import ExitStack
from statistics import median

from benchmarks.installation import bare_command, data_folder, free_port, started
from benchmarks.load import table_line
from cmc.core.embedded_postgres import running

ROUNDS = 3


def second_start() -> list[str]:
    """Return the table line of the start-up."""
    ours, bare = [], []
    with ExitStack() as stack:
        folder = data_folder(stack)
        _up(str(folder))  # the first start makes the folder
        for _ in range(ROUNDS):
            ours.append(_up(str(folder)))
            begun = time.perf_counter()
            with running(folder), ExitStack() as peer:
                port = free_port()
                started(peer, bare_command(port), dict(os.environ), port, "/bare")
                bare.append(time.perf_counter() - begun)
    what, peer = "second start until ready", "PostgreSQL and an empty FastAPI"
    return [table_line(what, median(ours), "s", peer, median(bare))]


def _up(folder: str) -> float:
    with ExitStack() as stack:
        port = free_port()
        environment = os.environ | {"CMC_DATA_DIR": folder, "CMC_PORT": str(port)}
        environment.pop("CMC_DATABASE_URL", None)
        return started(stack, [sys.executable, "-m", "cmc", "up"], environment, port, "/readyz")
