"""Structured logs that cannot carry personal data by accident.

Every record is one event name with named values, and only the names in `ALLOWED` pass: a value under any other name
is dropped and the name alone is kept, so that a forgotten `patient=…` never reaches a disk. Exceptions are logged by
type, SQLSTATE, constraint and place, never by their text, because database errors quote the row they refused.
JSON lines go to standard error; on a terminal the same records are printed readably.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from cmc.core import clock

ALLOWED: Final = frozenset(
    {
        "event", "level", "at", "logger", "process", "pid", "job", "rows", "seconds", "attempt", "exit_code", "signal",
        "error", "sqlstate", "constraint", "where", "dropped",
        "method", "route", "status", "request_id", "ms", "kind", "code", "count", "port", "version", "revision",
    }
)  # fmt: skip
"""Names whose values are technical. Add a name only when no value under it can identify a person."""

_Event = MutableMapping[str, Any]


def _stamp(_logger: object, _method: str, event: _Event) -> _Event:
    event["at"] = clock.now().isoformat(timespec="milliseconds")
    return event


def _reduce_exception(_logger: object, _method: str, event: _Event) -> _Event:
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    exc = info[1] if isinstance(info, tuple) else info
    if isinstance(exc, BaseException):
        event.update(describe(exc))
    return event


def _allow_listed(_logger: object, _method: str, event: _Event) -> _Event:
    dropped = sorted(key for key in event if key not in ALLOWED and not key.startswith("_"))
    for key in dropped:
        del event[key]
    if dropped:
        event["dropped"] = dropped
    return event


def describe(exc: BaseException) -> dict[str, str]:
    """Type, SQLSTATE, constraint and place of an exception, without its text (which may quote personal data)."""
    cause = getattr(exc, "orig", None) or exc
    found = {"error": type(exc).__name__}
    if sqlstate := getattr(cause, "sqlstate", None):
        found["sqlstate"] = str(sqlstate)
    if constraint := getattr(getattr(cause, "diag", None), "constraint_name", None):
        found["constraint"] = str(constraint)
    frames = traceback.extract_tb(exc.__traceback__)
    if frames:
        own = [frame for frame in frames if "/cmc/" in frame.filename] or frames
        found["where"] = f"{own[-1].filename.rsplit('/cmc/', 1)[-1]}:{own[-1].lineno}"
    return found


def configure(process: str, level: int = logging.INFO) -> None:
    """Send the records of this process (its name stands in each of them) and of all libraries to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _stamp,
        _reduce_exception,
        _allow_listed,
    ]
    terminal = sys.stderr.isatty()
    render: Any = structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    logging.getLogger("psycopg").setLevel(logging.ERROR)  # an error that follows another; its words may name a person
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns at each tick that a long job skips
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module: `log = get_logger(__name__)`; `log.info("readings stored", rows=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
