"""Making the database cluster: all of it or nothing, whenever the process is killed."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from signal import SIGKILL
from typing import Final

from cmc.core.embedded import folder, orphans
from cmc.core.embedded.binaries import MAJOR
from cmc.core.embedded.user import ServerUser
from cmc.core.operating import OperatorError
from cmc.core.parent_death import dies_with_parent

SUPERUSER: Final = "cmc"
_DRAFT: Final = "postgres.new-"

SETTINGS: Final = {
    # Durability and truth: never weakened, whatever a start-up benchmark says.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A small machine shared with the service itself.
    "listen_addresses": "",
    "port": str(folder.PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # The log tells how the server fares; what a client did wrong (and quoted) is told to the client alone.
    "log_error_verbosity": "terse",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
    "cluster_name": "cmc",
}
"""Given on the command line at every start, so that a new version of the service brings its own."""


def server_environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: none of the caller's PG* variables, locale or time zone."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def ensure(data_dir: Path, installation: Path, user: ServerUser) -> Path:
    """The cluster folder, initialised on first use. Call it only as owner of the folder's lock.

    It is made in a sibling folder and renamed when complete and on disk, so that there is never a half one.
    Raises `OperatorError`, also for a cluster of another major version.
    """
    for left in data_dir.glob(f"{_DRAFT}*"):  # an initdb that was killed
        orphans.clear(left, left, wait=0)
        shutil.rmtree(left)
    cluster = folder.cluster_of(data_dir)
    version = cluster / "PG_VERSION"
    if version.exists():
        found = version.read_text(encoding="ascii").strip()
        if found != MAJOR:
            raise OperatorError(
                f"{cluster} was written by PostgreSQL {found}, this is {MAJOR}: "
                "dump it with the version of the service that made it, and import into a new CMC_DATA_DIR."
            )
        return cluster
    draft = folder.private_folder(Path(tempfile.mkdtemp(prefix=_DRAFT, dir=data_dir)), user)
    _initdb(draft, installation, user)
    try:
        draft.rename(cluster)
    except OSError as exc:
        raise OperatorError(f"{cluster} is in the way ({exc.strerror}): remove it, then start again.") from exc
    folder.sync(data_dir)
    return cluster


def _initdb(target: Path, installation: Path, user: ServerUser) -> None:
    command = [str(installation / "bin" / "initdb"), "--pgdata", str(target), "--username", SUPERUSER]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--data-checksums", "--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    done = subprocess.run(
        command,
        cwd=target,
        env=server_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        start_new_session=True,
        preexec_fn=dies_with_parent(SIGKILL),  # sets one process flag, takes no lock
        **user.popen_arguments(),
    )
    if done.returncode != 0:
        reason = next(
            (line for line in reversed(done.stderr.splitlines()) if "error" in line.lower()), "no reason told"
        )
        raise OperatorError(f"The database could not be made in {target.parent}: {reason}.")
