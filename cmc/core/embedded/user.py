"""The operating-system user that runs PostgreSQL, which refuses to run as root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmc.core.operating import OperatorError

NAME = "cmc"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who runs the server. `switch` is false when that is simply the present user."""

    uid: int
    gid: int
    switch: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Arguments of `subprocess` that start a program as this user, without any other group."""
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or an (empty) folder to this user."""
        if self.switch:
            os.chown(path, self.uid, self.gid)

    def can_run(self, *argv: str) -> bool:
        """Whether this user can run the command successfully (a real try: modes, ACLs and mount options count)."""
        try:
            found = subprocess.run(
                argv, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, check=False, **self.popen_arguments()
            )
        except OSError:
            return False
        return found.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can go into the folder."""
        return self.can_run("/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder))


def server_user(cluster: Path) -> ServerUser:
    """The present user; for root the owner of the existing cluster, else the system user `cmc`, made if missing.

    Raises `OperatorError` when the user cannot be made, or when the cluster belongs to somebody else.
    """
    owner = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise OperatorError(
                f"{cluster} belongs to user {_name(owner.st_uid)}: run as that user, or choose another CMC_DATA_DIR."
            )
        return ServerUser(os.geteuid(), os.getegid(), switch=False)
    if owner is not None and owner.st_uid != 0:
        return ServerUser(owner.st_uid, owner.st_gid, switch=True)
    entry = _system_user()
    return ServerUser(entry.pw_uid, entry.pw_gid, switch=True)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    try:
        made = subprocess.run(
            [*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, text=True, check=False
        )
        reason = made.stderr.strip().splitlines()[-1:] or [f"exit code {made.returncode}"]
    except OSError as exc:
        reason = [f"useradd: {exc.strerror}"]
    try:  # also when useradd failed: another process may have made the user at the same time
        return pwd.getpwnam(NAME)
    except KeyError:
        raise OperatorError(
            f"PostgreSQL does not run as root and the system user `{NAME}` could not be made ({reason[0]}): "
            "run as an ordinary user, or set CMC_DATABASE_URL to a server of your own."
        ) from None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
