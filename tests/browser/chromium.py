"""Finds Debian's Chromium with a font for Chinese; as root it installs what is missing. Never skipped."""

import functools
import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-cjk")


def _found() -> Path | None:
    named = os.environ.get("CMC_CHROMIUM")
    if named:
        return Path(named)
    return next((Path(path) for name in _NAMES if (path := shutil.which(name))), None)


@functools.cache
def executable() -> Path:
    """The browser's path; fails with what to do when there is none and none can be installed."""
    path = _found()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", *_PACKAGES]):
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            subprocess.run(command, check=True, env=quiet, stdout=subprocess.DEVNULL)
        path = _found()
    if path is None:
        message = "the pages are tested in a browser: install chromium and fonts-noto-cjk, or set CMC_CHROMIUM"
        raise FileNotFoundError(message)
    return path
