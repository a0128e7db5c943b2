"""One owner per data folder: a lock that the kernel drops when its holder dies, and that names the holder."""

import fcntl
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from cmc.core.operating import OperatorError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a data folder. `lasting` owners (`cmc up`) serve others; short ones must be waited for."""

    pid: int
    command: str
    lasting: bool
    socket_dir: str | None = None
    """Where the server listens, once it does."""


class FolderInUseError(OperatorError):
    """Another process owns the folder; the message names it."""


class FolderLock:
    """An exclusive `flock` on `<data_dir>/lock`, held until `release()` or the death of the process."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / "lock"
        self._handle: int | None = None

    def acquire(self, holder: Holder, *, wait: float = 0.0) -> Holder | None:
        """Become the owner; returns what the last owner wrote. Raises `FolderInUseError` after `wait` seconds."""
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(handle)
                    raise FolderInUseError(refusal(self.path.parent)) from None
            time.sleep(0.05)
        before = read_holder(self.path)
        self._handle = handle
        self.publish(holder)
        return before

    def publish(self, holder: Holder) -> None:
        """Tell others who owns the folder and where its server listens."""
        if self._handle is None:
            raise RuntimeError("only the owner of the lock writes into it")
        text = json.dumps(asdict(holder)).encode()
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text, 0)

    def release(self) -> None:
        """Give the folder up; the file stays (removing it would let two owners in)."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def refusal(data_dir: Path) -> str:
    """The line for the operator when the folder has another owner: it names that owner."""
    holder = read_holder(data_dir / "lock")
    who = f"`{holder.command}` (pid {holder.pid})" if holder else "another process"
    return f"{data_dir} is in use by {who}: stop it, or choose another folder with CMC_DATA_DIR."


def is_locked(data_dir: Path) -> bool:
    """Whether some process owns the folder at this moment."""
    try:
        handle = os.open(data_dir / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def read_holder(path: Path) -> Holder | None:
    """What the present or last owner wrote; None when there is none or it is just being written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Holder(**found)
    except (FileNotFoundError, ValueError, TypeError):
        return None
