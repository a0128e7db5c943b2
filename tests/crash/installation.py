"""A real installation under test: `cmc up` on a data folder of its own, and every process of it by its id."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg

from cmc.core.parent_death import dies_with_parent

MASTER_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CHECKOUT = Path(__file__).resolve().parents[2]
_PROC = Path("/proc")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """`cmc up`, started again whenever it ended, as an init system would.

    `weakened` names a fault of `crash.weakened` that the processes are started with: a negative control.
    """

    def __init__(self, data_dir: Path, log: Path, *, weakened: str | None = None) -> None:
        self.data_dir, self.log, self.port = data_dir, log, free_port()
        self._weakened = weakened
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = threading.Event()
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="init", daemon=True)

    # --- starting and stopping

    def start(self) -> None:
        self._wanted.set()
        self._keeper.start()

    def hold_down(self) -> None:
        """Keep it from being started again, until `let_up`."""
        self._wanted.clear()

    def let_up(self) -> None:
        self._wanted.set()

    def stop(self) -> None:
        """End everything, orderly where that works."""
        self.hold_down()
        self._over.set()
        self._keeper.join(20)
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
        self.kill_everything()

    def wait_until_ready(self, seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the installation did not become ready in {seconds:.0f} s: see {self.log}")
            time.sleep(0.1)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _keep(self) -> None:
        while not self._over.wait(0.1):
            ended = self._process is None or self._process.poll() is not None
            if ended and self._wanted.is_set():
                self._spawn()
                self._over.wait(0.3)

    def _spawn(self) -> None:
        module = ["cmc"] if self._weakened is None else ["crash.weakened", self._weakened]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CMC_")}
        environment |= {
            "CMC_DATA_DIR": str(self.data_dir),
            "CMC_PORT": str(self.port),
            "CMC_MASTER_KEY": MASTER_KEY,
            "CMC_MACHINE_PER_MINUTE": "1000000",
            "PYTHONPATH": os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "tests"))),
        }
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *module, "up"],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 - sets one process flag, takes no lock
            )

    def database_starts(self) -> int:
        """How often it has said that it starts PostgreSQL."""
        return self.log.read_bytes().count(b"Starting PostgreSQL")

    # --- its processes

    def pids(self, name: str) -> list[int]:
        """The processes of `up`, `web`, `worker`, `postgres` (all of them) or `postmaster`."""
        if name == "up":
            return [self._process.pid] if self._process is not None and self._process.poll() is None else []
        if name == "postgres":
            return self._postgres()
        if name == "postmaster":
            found = self._postmaster()
            return [] if found is None else [found]
        return [pid for pid in _all_pids() if self._is_child(pid, name)]

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """Send a signal to every process of that name; return to how many."""
        return sum(_send(pid, number) for pid in self.pids(name))

    def kill_everything(self) -> None:
        """SIGKILL to all of it, until nothing is left."""
        for _ in range(200):
            left = [pid for name in ("up", "postmaster", "postgres", "web", "worker") for pid in self.pids(name)]
            if not left:
                return
            for pid in left:
                _send(pid, signal.SIGKILL)
            time.sleep(0.02)
        raise TimeoutError(f"these processes cannot be killed: {left}")

    def _postgres(self) -> list[int]:
        server = self._postmaster()
        found = [pid for pid in _all_pids() if self._is_postgres(pid)]
        return sorted(found, key=lambda pid: pid != server)  # the postmaster first: it could start others again

    def _postmaster(self) -> int | None:
        try:
            pid = int((self.data_dir / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return pid if self._is_postgres(pid) else None

    def _is_postgres(self, pid: int) -> bool:
        try:
            if (_PROC / str(pid) / "comm").read_text().strip() != "postgres":
                return False
            return os.readlink(_PROC / str(pid) / "cwd") == str(self.data_dir / "postgres")
        except OSError:
            return False

    def _is_child(self, pid: int, word: str) -> bool:
        try:
            ours = f"CMC_DATA_DIR={self.data_dir}".encode() in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
            return ours and (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")[-2:-1] == [word.encode()]
        except OSError:
            return False

    # --- its database, as the superuser, whom nothing hides

    def connect(self) -> psycopg.Connection:
        """Open a connection of the superuser. Raises `psycopg.OperationalError` while there is no server."""
        folder = json.loads((self.data_dir / "lock").read_text())["socket_dir"]
        return psycopg.connect(
            host=folder, port=5432, user="cmc", dbname="cmc", autocommit=True, connect_timeout=3,
            application_name="crash harness", options="-c timezone=UTC",
        )  # fmt: skip

    def try_connect(self, seconds: float = 30) -> psycopg.Connection:
        """Open a connection as soon as that is possible."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.connect()
            except (psycopg.OperationalError, OSError, ValueError, KeyError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


def copied(prepared: Path, target: Path) -> Path:
    """Copy a data folder whose server is stopped, owners and modes with it; return the copy, on disk."""
    subprocess.run(["cp", "-a", str(prepared), str(target)], check=True)
    shutil.rmtree(target / "run", ignore_errors=True)
    os.sync()
    return target


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def _send(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
