"""The embedded PostgreSQL server: the one door behind which the binaries of a wheel sit.

    with running(data_dir, "cmc up") as url: ...              own the folder and serve it
    with connect_or_start(data_dir, "cmc seed") as url: ...   use the running server, else own it for the duration

The server is a direct child that listens on a Unix socket only and ends when this process ends. A data folder has one
owner at a time (`FolderLock`). After a kill of everything the next start finds the left processes and pid files,
clears them and lets PostgreSQL recover. As root the server runs as an unprivileged user.
"""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from cmc.core.embedded import binaries, cluster, folder, orphans
from cmc.core.embedded.lock import FolderInUseError, FolderLock, Holder, is_locked, read_holder
from cmc.core.embedded.user import server_user
from cmc.core.operating import OperatorError
from cmc.core.parent_death import dies_with_parent

DATABASE: Final = "cmc"
_START_TRIES = 5
_READY_WITHIN = 120.0  # crash recovery replays the log first
_STOP_WITHIN = 30.0
_LONGEST_LOG = 5_000_000

__all__ = ["DATABASE", "EmbeddedServer", "FolderInUseError", "connect_or_start", "running", "running_url"]


class EmbeddedServer:
    """A PostgreSQL server on `<data_dir>/postgres`, as a child of this process.

    `open()` takes the folder, `start()` starts (again, after a crash), `stop()` ends the server, `close()` also gives
    the folder up. Made and started in the main thread: the server ends when the thread that started it ends.
    """

    name = "postgres"

    def __init__(self, data_dir: Path, command: str, *, lasting: bool = True) -> None:
        self.data_dir = data_dir
        self._me = Holder(os.getpid(), command, lasting)
        self._lock = FolderLock(data_dir)
        self._process: subprocess.Popen[bytes] | None = None

    def open(self, *, wait: float = 1.0) -> None:
        """Own the folder, make the cluster if it is new, start.

        Raises `FolderInUseError` after `wait` seconds: a killed owner needs a moment to leave.
        """
        folder.make(self.data_dir)
        before = self._lock.acquire(self._me, wait=wait)
        try:
            self._user = server_user(folder.cluster_of(self.data_dir))
            folder.open_way(self.data_dir, self._user)
            self._installation = binaries.installation(self.data_dir, self._user)
            self._socket_dir = folder.socket_folder(self.data_dir, self._user, before.socket_dir if before else None)
            self._me = replace(self._me, socket_dir=str(self._socket_dir))
            self._cluster = cluster.ensure(self.data_dir, self._installation, self._user)
            self.start()
            _create_database(self._socket_dir)
            self._lock.publish(self._me)
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the service's database."""
        return _url(self._socket_dir)

    def start(self) -> None:
        """Start the server and wait until it answers. Raises `OperatorError` with the server's own reason."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the server ends with the thread that starts it: start it in the main thread")
        for attempt in range(_START_TRIES):
            orphans.clear(self._cluster, self._socket_dir)
            self._process = self._spawn()
            if self._wait_until_ready(self._process):
                return
            time.sleep(0.2 * attempt)
        raise OperatorError(f"PostgreSQL does not start: {self._last_words()} (see {self._log_path})")

    def exit_code(self) -> int | None:
        """None while the server runs."""
        return None if self._process is None else self._process.poll()

    def ask_to_stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is on disk."""
        self._send(SIGINT)

    def kill(self) -> None:
        """Immediate shutdown: nothing committed is lost, the next start recovers from the log."""
        self._send(SIGQUIT)

    def stop(self) -> None:
        """Stop the server and wait for its end; it is pressed harder when it takes too long."""
        if self._process is None:
            return
        for number, patience in ((SIGINT, _STOP_WITHIN), (SIGQUIT, 5.0), (SIGKILL, 5.0)):
            self._send(number)
            try:
                self._process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue

    def close(self) -> None:
        """Stop the server and give the folder up."""
        self.stop()
        self._lock.release()

    @property
    def _log_path(self) -> Path:
        return self.data_dir / "postgres.log"

    def _spawn(self) -> subprocess.Popen[bytes]:
        log = self._log_path
        if log.exists() and log.stat().st_size > _LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
        command = [str(self._installation / "bin" / "postgres"), "-D", str(self._cluster)]
        quoted = str(self._socket_dir).replace('"', '""')
        for name, value in {**cluster.SETTINGS, "unix_socket_directories": f'"{quoted}"'}.items():
            command += ["-c", f"{name}={value}"]
        with open(log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as output:
            return subprocess.Popen(
                command,
                cwd=self._cluster,
                env=cluster.server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in a terminal reaches us alone: we stop the server last
                preexec_fn=dies_with_parent(SIGINT),  # noqa: PLW1509 - sets one process flag, takes no lock
                **self._user.popen_arguments(),
            )

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _READY_WITHIN
        while process.poll() is None:
            if _answers(self._socket_dir):
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise OperatorError(f"PostgreSQL is not ready after {_READY_WITHIN:.0f} s: see {self._log_path}.")
            time.sleep(0.02)
        return False

    def _last_words(self) -> str:
        lines = self._log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return next(
            (line.split("FATAL:", 1)[1].strip() for line in reversed(lines) if "FATAL:" in line), "no reason told"
        )

    def _send(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextmanager
def running(data_dir: Path, command: str = "cmc", *, lasting: bool = True, wait: float = 1.0) -> Iterator[str]:
    """Own `data_dir`, serve it, and stop the server at the end; yields a SQLAlchemy URL.

    Raises `FolderInUseError` naming the owner when the folder is taken, `OperatorError` for everything else that the
    operator must put right. `command` is how this process is named to others.
    """
    server = EmbeddedServer(data_dir, command, lasting=lasting)
    server.open(wait=wait)
    try:
        yield server.url
    finally:
        server.close()


@contextmanager
def connect_or_start(data_dir: Path, command: str, *, wait: float = 60.0) -> Iterator[str]:
    """The URL of the server that runs on `data_dir`; when none does, of one that runs for the duration.

    Another short command that owns the folder is waited for. Raises `FolderInUseError` after `wait` seconds.
    """
    deadline = time.monotonic() + wait
    while True:
        if (url := running_url(data_dir)) is not None:
            yield url
            return
        server = EmbeddedServer(data_dir, command, lasting=False)
        try:
            server.open(wait=0.0)
            break
        except FolderInUseError:  # an owner that still starts, or a short command
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
    try:
        yield server.url
    finally:
        server.close()


def running_url(data_dir: Path) -> str | None:
    """The URL of the server of `cmc up` on this folder, or None when no such server answers."""
    holder = read_holder(data_dir / "lock")
    if holder is None or not holder.lasting or holder.socket_dir is None or not is_locked(data_dir):
        return None
    return _url(Path(holder.socket_dir)) if _answers(Path(holder.socket_dir)) else None


def _url(socket_dir: Path) -> str:
    # Not sqlalchemy.URL: it writes a space as "+", which libpq takes for a plus sign.
    host = quote(str(socket_dir), safe="")
    return f"postgresql+psycopg://{cluster.SUPERUSER}@/{DATABASE}?host={host}&port={folder.PORT}"


def _connect(socket_dir: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_dir),
        port=folder.PORT,
        user=cluster.SUPERUSER,
        dbname="postgres",
        autocommit=True,
        connect_timeout=5,
    )


def _answers(socket_dir: Path) -> bool:
    try:
        _connect(socket_dir).close()
    except psycopg.OperationalError:
        return False
    return True


def _create_database(socket_dir: Path) -> None:
    with _connect(socket_dir) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
