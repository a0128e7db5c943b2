"""Real data folders and real processes; everything a test starts is gone at its end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cmc.core.embedded import folder, orphans

CHECKOUT = Path(__file__).resolve().parents[2]
Spawn = Callable[..., "subprocess.Popen[str]"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only root can see happen: the change to the unprivileged user."""
    if os.geteuid() != 0:
        left_out = [item for item in items if item.get_closest_marker("root")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data folder with a short path that an unprivileged user can reach (pytest's own is closed to it)."""
    made = Path(tempfile.mkdtemp(prefix="cmc-t-", dir="/tmp"))
    made.chmod(0o711)
    yield made / "data"
    for left in made.rglob("postgres*"):
        if left.is_dir() and (left / "base").exists():
            orphans.clear(left, left, wait=0)
    shutil.rmtree(made)


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start Python source in a process of its own; `spawn(source, *arguments)`."""
    started: list[subprocess.Popen[str]] = []

    def start(source: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", source, *map(str, arguments)],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def owner(spawn: Spawn, data_dir: Path) -> Callable[[], "subprocess.Popen[str]"]:
    """A process that owns `data_dir` and serves it until it is told to stop."""
    source = """
import signal, sys
from pathlib import Path
from cmc.core.embedded_postgres import running
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
with running(Path(sys.argv[1]), "cmc up") as url:
    print(url, flush=True)
    signal.pause()
"""

    def start() -> subprocess.Popen[str]:
        process = spawn(source, data_dir)
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql+psycopg://"), process.communicate()
        return process

    return start


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait for a condition, fail after `seconds`."""

    def wait(condition: Callable[[], bool], seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "not within the time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def cluster(data_dir: Path) -> Path:
    return folder.cluster_of(data_dir)


@pytest.fixture
def kill_server(cluster: Path) -> Callable[[], None]:
    """kill -9 of the server and all its children at once."""

    def kill() -> None:
        for pid in orphans.processes_on(cluster):
            with suppress(ProcessLookupError):  # the first one's death may have ended the others
                os.kill(pid, signal.SIGKILL)

    return kill
