"""A program of its own: HTML from standard input to PDF on standard output, by WeasyPrint. Imports nothing of ours.

It runs apart from the service, which it must neither slow down nor bring down. Nothing is loaded, from the network or
from disk: the page has its style with it. What cannot be shown is an error, never an empty box.
"""

import logging
import resource
import sys

NOT_INSTALLED, NO_GLYPH = 3, 4
"""Exit codes: the libraries are missing; a character is in no font of this machine."""
_MEMORY = 2 << 30


class _Missing(logging.Handler):
    """Counts the characters that no font has; it keeps none of them."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count the warnings about missing glyphs."""
        if ".notdef" in str(record.msg):
            self.count += 1


def main() -> int:
    """Print one document; return the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        import weasyprint  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError):
        return NOT_INSTALLED
    missing = _Missing()
    log = logging.getLogger("weasyprint")
    log.handlers, log.propagate = [missing], False
    page = sys.stdin.buffer.read().decode()
    nothing = URLFetcher(allowed_protocols=())  # neither files nor the network
    made = weasyprint.HTML(string=page, url_fetcher=nothing).write_pdf()
    if missing.count:
        return NO_GLYPH
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
