"""Debian's packages that tests need: installed where they are missing and root runs the tests, never skipped."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin"))
"""Also where Debian keeps its programs, whatever the search path of who runs the tests."""


def install(*packages: str) -> bool:
    """Install packages; return whether that can be done here. One process at a time: apt knows no queue."""
    apt = shutil.which("apt-get", path=PLACES)
    if apt is None or os.geteuid() != 0:
        return False
    quiet = {**os.environ, "PATH": PLACES, "DEBIAN_FRONTEND": "noninteractive"}
    with (Path(tempfile.gettempdir()) / "cmc-tests-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in ([apt, "update", "-q"], [apt, "install", "-qy", "--no-install-recommends", *packages]):
            subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)
    return True
