"""What a killed owner leaves on a cluster: a server that still runs, single backends, stale pid files.

PostgreSQL guards a cluster with `postmaster.pid`, and refuses to start when the pid in it is taken: also by a zombie
and by another program that got the same number. Removing that file is only safe when no process of the old server is
left, since it also guards the shared memory; so the processes are looked for first, by their working folder.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from cmc.core.embedded.folder import PORT
from cmc.core.operating import OperatorError

_PROC = Path("/proc")


def clear(cluster: Path, socket_dir: Path, *, wait: float = 30.0) -> None:
    """Stop what still runs on the cluster and remove stale pid files. Call it only as owner of the folder's lock.

    A left server gets `wait` seconds for its fast shutdown, then it is killed (the data survive that).
    Raises `OperatorError` when a process does not go away.
    """
    if not _PROC.exists():
        return  # not Linux: PostgreSQL's own check of the pid file must do
    deadline = time.monotonic() + wait
    asked: set[int] = set()
    while left := processes_on(cluster):
        server = postmaster_pid(cluster)
        if server in left and server not in asked:
            asked.add(server)
            _send(server, signal.SIGINT)
        if time.monotonic() > deadline + 5:
            raise OperatorError(f"Processes {sorted(left)} on {cluster} cannot be stopped: end them, then start again.")
        if time.monotonic() > deadline:
            for pid in left:
                _send(pid, signal.SIGKILL)
        time.sleep(0.02)
    for stale in (cluster / "postmaster.pid", socket_dir / f".s.PGSQL.{PORT}.lock", socket_dir / f".s.PGSQL.{PORT}"):
        stale.unlink(missing_ok=True)


def postmaster_pid(cluster: Path) -> int | None:
    """The pid in `postmaster.pid`, alive or not."""
    try:
        return int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def processes_on(cluster: Path) -> set[int]:
    """The living processes of a PostgreSQL server on this cluster (zombies and other programs do not count)."""
    if not cluster.exists():
        return set()
    wanted = cluster.stat()
    return {int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal() and _is_server(entry, wanted)}


def _is_server(entry: Path, cluster: os.stat_result) -> bool:
    try:
        if (entry / "comm").read_text(encoding="utf-8").strip() != "postgres":
            return False
        return os.path.samestat((entry / "cwd").stat(), cluster)  # a zombie has no working folder
    except OSError:
        return False  # ended meanwhile, or a process of somebody else


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, number)
