"""From a page to a PDF: in a process of its own, two at a time, so that nobody who asks for anything else waits."""

import os
import subprocess
import sys
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final

from cmc.core.errors import Unavailable
from cmc.printing.press import NO_GLYPH, NOT_INSTALLED

_PRESS: Final = Path(__file__).with_name("press.py")
_AT_ONCE: Final = BoundedSemaphore(2)
WAIT_SECONDS: Final = 3
PRINT_SECONDS: Final = 60
PACKAGES: Final = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
"""What Debian calls the libraries and the Chinese font that WeasyPrint needs."""


def made(page: str) -> bytes:
    """Return a page of ours as PDF. Some 1 to 2 s.

    Raises `Unavailable`: when the printing libraries or the Chinese font are not installed (the text says what to
    install; the HTML of the same document works without), when too many are printing, when it took too long.
    """
    if not _AT_ONCE.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("other documents are being printed: try again", code="printing-busy")
    try:
        done = subprocess.run(  # noqa: PLW1510
            [sys.executable, "-I", str(_PRESS)],
            input=page.encode(),
            capture_output=True,
            timeout=PRINT_SECONDS,
            env=_environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable("printing took too long: print fewer visits", code="printing-too-long") from error
    finally:
        _AT_ONCE.release()
    return _checked(done)


def _checked(done: "subprocess.CompletedProcess[bytes]") -> bytes:
    if done.returncode == NOT_INSTALLED:
        words = f"PDF needs WeasyPrint and its libraries; on Debian: apt install {PACKAGES}. HTML works without"
        raise Unavailable(words, code="pdf-not-installed")
    if done.returncode == NO_GLYPH:
        words = f"no font here has every character of this document; on Debian: apt install {PACKAGES}. HTML works"
        raise Unavailable(words, code="pdf-font-missing")
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF"):
        raise RuntimeError(f"the press ended with {done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    """The environment without what is the service's own: the press needs no secret."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CMC_")}
