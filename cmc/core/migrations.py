"""Bringing the schema up to date with Alembic, by one process at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, text

from alembic import command
from cmc.core import db
from cmc.core.advisory_lock import AdvisoryLock
from cmc.core.crypto import Keyring
from cmc.core.log import get_logger
from cmc.core.operating import OperatorError

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_log = get_logger(__name__)


def folder() -> Path:
    """Where the migrations lie: `alembic/` beside the package in a checkout, `cmc/_alembic` in an installed wheel."""
    for candidate in (_PACKAGE.parent / "alembic", _PACKAGE / "_alembic"):
        if (candidate / "env.py").exists():
            return candidate
    raise OperatorError(f"The migrations are missing beside {_PACKAGE}: install the package again.")


Progress = Callable[[str, int, int], None]
"""Told of long work on rows: the revision, rows done, rows in all."""


def upgrade(
    database_url: str,
    target: str = "head",
    *,
    keys: Callable[[], Keyring] | None = None,
    progress: Progress = lambda _revision, _done, _total: None,
) -> bool:
    """Migrate the database to `target`; returns whether anything changed.

    A migration may have a function `backfill(connection, keys)` that changes rows in small transactions of its own and
    yields (done, total). It is run after its migration and before the next one, and again when a start was killed in
    the middle of it: a backfill does what is left. `keys` are only asked for when there are rows to seal.

    Starters that come together wait for each other. Raises `OperatorError` when the server does not answer, when
    its encoding is not UTF8, or when the database was written by a newer version of the service.
    """
    with _connected(database_url) as config:
        context = MigrationContext.configure(config.attributes["connection"])
        before = context.get_current_heads()
        config.attributes["connection"].rollback()
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        if unknown := sorted(set(before) - known):
            raise OperatorError(
                f"The database has migration {unknown[0]}, which this version does not know: start the newer version."
            )
        if target == "head" and set(before) == set(scripts.get_heads()):
            return False
        for script in _upward(scripts, before, target):
            if script.revision not in before:
                command.upgrade(config, script.revision)
                config.attributes["connection"].commit()
            for done, total in _backfill(script, config.attributes["connection"], keys):
                progress(script.revision, done, total)
        _log.info("database migrated", revision=target)
        return True


def _upward(scripts: ScriptDirectory, before: tuple[str, ...], target: str) -> list[Script]:
    """The current revision, whose backfill may be unfinished, and those above it up to the target, in order."""
    above = list(scripts.iterate_revisions(target, before or "base", inclusive=True))
    return [script for script in reversed(above) if isinstance(script, Script)]


def _backfill(script: Script, connection: Connection, keys: Callable[[], Keyring] | None) -> Iterator[tuple[int, int]]:
    work = getattr(script.module, "backfill", None)
    if work is not None:
        yield from work(connection, keys or _no_keys)


def _no_keys() -> Keyring:
    raise OperatorError("The database has people to be sealed: run `cmc migrate`, which has the master key.")


def move(database_url: str, target: str) -> None:
    """Bring the schema to any revision, up or down (`base` is the empty database); going down loses data."""
    with _connected(database_url) as config:
        connection = config.attributes["connection"]
        current = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
        below = set()
        if current is not None:
            below = {
                script.revision for script in ScriptDirectory.from_config(config).iterate_revisions(current, "base")
            }
        down = target == "base" or (target in below and target != current)
        (command.downgrade if down else command.upgrade)(config, target)
        connection.commit()


def make(database_url: str, message: str) -> None:
    """Write a new migration from the difference between the table classes and the database (brought to head first)."""
    upgrade(database_url)
    with _connected(database_url) as config:
        command.revision(config, message, autogenerate=True)


@contextmanager
def _connected(database_url: str) -> Iterator[Config]:
    config = Config()
    config.set_main_option("script_location", str(folder()).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    engine = db.make_engine(database_url, pool_size=1)
    try:
        with AdvisoryLock(database_url, "migrations") as lock:
            lock.acquire()
            with engine.connect() as connection:
                _require_utf8(connection)
                config.attributes["connection"] = connection
                yield config
    except psycopg.OperationalError as exc:
        reason = str(exc).strip().splitlines()[0]
        raise OperatorError(f"The database does not answer ({reason}): check CMC_DATABASE_URL.") from exc
    finally:
        engine.dispose()


def _require_utf8(connection: Connection) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    connection.rollback()
    if encoding != "UTF8":
        raise OperatorError(
            f"The database of CMC_DATABASE_URL is encoded in {encoding}, which cannot hold every name: "
            "make one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )
