"""Finds Debian's Chromium with a font for Chinese; as root it installs what is missing. Never skipped."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-cjk")
_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/usr/sbin"))
"""Also where Debian keeps its programs, whatever the search path of who runs the tests."""


def _found() -> Path | None:
    named = os.environ.get("CMC_CHROMIUM")
    if named:
        return Path(named)
    return next((Path(path) for name in _NAMES if (path := shutil.which(name, path=_PLACES))), None)


@functools.cache
def executable() -> Path:
    """The browser's path; fails with what to do when there is none and none can be installed."""
    path = _found()
    if path is None and os.geteuid() == 0 and (apt := shutil.which("apt-get", path=_PLACES)):
        for command in ([apt, "update", "-q"], [apt, "install", "-qy", *_PACKAGES]):
            quiet = {**os.environ, "PATH": _PLACES, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)
        path = _found()
    if path is None:
        message = "the pages are tested in a browser: install chromium and fonts-noto-cjk, or set CMC_CHROMIUM"
        raise FileNotFoundError(message)
    return path
