"""The data folder: what lies where, and who may go there.

<data_dir>/lock            who owns the folder
<data_dir>/token           the access token (master.key: the key of the protected fields)
<data_dir>/postgres/       the database cluster, mode 0700, owned by the user that runs the server
<data_dir>/run/            the Unix socket, mode 0700 (a private temporary folder when the path does not fit)
<data_dir>/postgres.log    what the server says at start and stop
"""

import os
import tempfile
from pathlib import Path

from cmc.core.embedded.user import ServerUser
from cmc.core.operating import OperatorError

PORT = 5432
_LONGEST_SOCKET = 107  # bytes: sun_path has 108 with the closing zero
_OWN = frozenset({"lock", "token", "master.key", "postgres", "run", "postgres.log"})


def cluster_of(data_dir: Path) -> Path:
    """Where the database cluster lies."""
    return data_dir / "postgres"


def make(data_dir: Path) -> None:
    """Make the data folder if it is missing (0711 for root, else 0700). Raises `OperatorError`."""
    try:
        if not data_dir.exists():
            data_dir.mkdir(parents=True, exist_ok=True)
            data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)
        if not os.access(data_dir, os.W_OK | os.X_OK):
            raise PermissionError(0, "not writable")
    except OSError as exc:
        raise OperatorError(
            f"The data folder {data_dir} cannot be used ({exc.strerror}): choose another one with CMC_DATA_DIR."
        ) from exc


def open_way(data_dir: Path, user: ServerUser) -> None:
    """Make sure that `user` can reach the folders inside `data_dir`. Raises `OperatorError` naming what is closed.

    A fresh `mktemp -d` of root is closed to everybody else: it is made traversable (0711), not readable. Folders that
    are not ours are never changed.
    """
    if user.can_enter(data_dir):
        return
    for folder in [*reversed(data_dir.parents)]:
        if not user.can_enter(folder):
            raise OperatorError(
                f"{folder} is closed to the user that runs PostgreSQL: `chmod o+x {folder}`, "
                "or choose a data folder elsewhere with CMC_DATA_DIR (for example /var/lib/cmc)."
            )
    names = {path.name for path in data_dir.iterdir()}
    if names and not names & _OWN:
        raise OperatorError(f"{data_dir} holds files of others and is closed: choose an empty CMC_DATA_DIR.")
    data_dir.chmod(data_dir.stat().st_mode | 0o711)
    if not user.can_enter(data_dir):
        raise OperatorError(f"{data_dir} stays closed to the user that runs PostgreSQL: choose another CMC_DATA_DIR.")


def private_folder(path: Path, user: ServerUser) -> Path:
    """`path` as a folder of `user` that nobody else (but root) can enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    user.own(path)
    path.chmod(0o700)
    return path


def socket_folder(data_dir: Path, user: ServerUser, before: str | None) -> Path:
    """A private folder for the socket whose path is short and plain enough: `<data_dir>/run`, else one under /tmp.

    `before` is the folder of the last owner: a temporary one is used again, so that crashes leave none behind.
    """
    wanted = data_dir / "run"
    if _fits(wanted):
        return private_folder(wanted, user)
    if before is not None:
        old = Path(before)
        if old.name.startswith("cmc-") and old.is_dir() and not old.is_symlink() and old.stat().st_uid == user.uid:
            return private_folder(old, user)
    places = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - mkdtemp makes an unguessable private folder
    place = next((p for p in places if _fits(p / "cmc-12345678")), None)
    if place is None:
        raise OperatorError(
            f"The path {wanted} is too long for a socket, or has a space or comma: choose another CMC_DATA_DIR."
        )
    return private_folder(Path(tempfile.mkdtemp(prefix="cmc-", dir=place)), user)


def _fits(folder: Path) -> bool:
    # libpq takes a comma for a list of hosts; whoever renders a SQLAlchemy URL anew writes a space as "+", which libpq
    # takes for a plus sign.
    return len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET and not {",", " "} & set(str(folder))


def sync(folder: Path) -> None:
    """Make the names in a folder durable (a rename is not, before this)."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
