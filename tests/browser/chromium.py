"""Finds Debian's Chromium with a font for Chinese; as root it installs what is missing. Never skipped."""

import functools
import os
import shutil
from pathlib import Path

import debian

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-cjk")


def _found() -> Path | None:
    named = os.environ.get("CMC_CHROMIUM")
    if named:
        return Path(named)
    return next((Path(path) for name in _NAMES if (path := shutil.which(name, path=debian.PLACES))), None)


@functools.cache
def executable() -> Path:
    """The browser's path; fails with what to do when there is none and none can be installed."""
    path = _found()
    if path is None and debian.install(*_PACKAGES):
        path = _found()
    if path is None:
        message = "the pages are tested in a browser: install chromium and fonts-noto-cjk, or set CMC_CHROMIUM"
        raise FileNotFoundError(message)
    return path
