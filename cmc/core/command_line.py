"""What the commands share: the database they work on, and the bar that an operator watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy import Engine

from cmc.core import config, db, key_check, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import connect_or_start


@contextmanager
def database(settings: Settings, command: str) -> Iterator[str]:
    """The owner's URL of a short command: CMC_DATABASE_URL, a running `cmc up`, or a server for the duration."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with connect_or_start(settings.data_dir, command) as url:
        yield url


@contextmanager
def migrated_database(settings: Settings, command: str) -> Iterator[str]:
    """As `database`, after bringing schema and service role up to date: for bulk loading."""
    with database(settings, command) as url:
        migrate(url, settings)
        yield url


@contextmanager
def owner_engine(settings: Settings, command: str) -> Iterator[Engine]:
    """An engine of the owner on the database as it is: for keys, which no scope limits."""
    with database(settings, command) as url:
        engine = db.make_engine(url, pool_size=2)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def service_engine(settings: Settings, command: str) -> Iterator[Engine]:
    """An engine of the service on the migrated database: the database checks and the trail notes what it does."""
    with database(settings, command) as owner_url:
        keys = signed_scope.database_keys(config.keyring(settings))
        engine = db.make_engine(migrate(owner_url, settings).service_url, pool_size=1, keys=keys)
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to be told (done, total); it draws a bar on a terminal, and nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as drawn:
        task = drawn.add_task(words, total=None, visible=False)
        yield lambda done, total: drawn.update(task, completed=done, total=total, visible=True)


class Migrated(NamedTuple):
    """Whether the schema changed, and the address at which the service logs in."""

    changed: bool
    service_url: str


def migrate(url: str, settings: Settings) -> Migrated:
    """Bring the schema at `url` up to date, sealing with the keys of `settings` what lies in clear, then the service's
    role. Raises `OperatorError` when the database was written with other keys.
    """
    keys = config.keyring(settings)
    with bar("Sealing people on file") as told:
        changed = migrations.upgrade(url, keys=lambda: keys, progress=lambda _, done, total: told(done, total))
    key_check.require_ours_at(url, keys)
    return Migrated(changed, service_role.keep(url, signed_scope.database_keys(keys), settings))
