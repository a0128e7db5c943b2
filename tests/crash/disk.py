"""A disk of its own for the database: a file system in a file, which can be filled and whose power can be cut.

`cut_power` is EXT4_IOC_SHUTDOWN without a flush of the log: from that instant nothing that was not synced reaches the
disk any more, as when the plug is pulled; mounting it again replays what the file system had made durable.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

SIZE = 4 << 30
_SHUTDOWN = 0x8004587D
_WITHOUT_LOG = struct.pack("I", 2)
_TOOLS = ("mkfs.ext4", "mount", "umount", "losetup")


def missing() -> str | None:
    """Why there can be no such disk here; None when there can."""
    if os.geteuid() != 0:
        return "only root can mount a file system"
    absent = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    return None if Path("/dev/loop-control").exists() else "the kernel offers no loop devices"


class Disk:
    """An ext4 file system in a sparse file, mounted on `place`."""

    def __init__(self, folder: Path, name: str) -> None:
        self._image, self.place = folder / f"{name}.img", folder / name

    def make(self) -> bool:
        """Make and mount it; return False, with everything taken away again, when the kernel does not let us."""
        self.place.mkdir()
        with self._image.open("wb") as image:
            image.truncate(SIZE)
        made = _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image)) and self._mount()
        if not made:
            self._image.unlink()
            self.place.rmdir()
            return False
        self.place.chmod(0o755)
        return True

    def fill(self) -> None:
        """Take every free block."""
        with (self.place / "filler").open("wb") as filler:
            free = os.statvfs(self.place)
            step = free.f_bavail * free.f_frsize
            taken = 0
            while step >= 4096:
                try:
                    os.posix_fallocate(filler.fileno(), taken, step)
                    taken += step
                except OSError:
                    step //= 2

    def empty(self) -> None:
        """Give the blocks back, durably: a power cut must not bring the filler again."""
        (self.place / "filler").unlink(missing_ok=True)
        handle = os.open(self.place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def cut_power(self) -> None:
        """Pull the plug: what was not synced is gone."""
        handle = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, _SHUTDOWN, _WITHOUT_LOG)
        finally:
            os.close(handle)

    def power_on(self) -> None:
        """Mount it anew, as at the next boot. Every process on it must be gone."""
        self._unmount()
        if not self._mount():
            raise OSError(f"{self._image} cannot be mounted again")

    def eject(self) -> None:
        """Unmount it; the file stays, for who wants to look into it."""
        self._unmount()

    def _mount(self) -> bool:
        return _run("mount", "-o", "loop", str(self._image), str(self.place))

    def _unmount(self) -> None:
        for _ in range(100):
            if not os.path.ismount(self.place) or _run("umount", str(self.place)):
                return
            time.sleep(0.1)
        raise OSError(f"{self.place} cannot be unmounted: something still runs on it")


def _run(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
