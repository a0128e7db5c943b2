"""What the commands share: the database they work on, and the bar that an operator watches."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cmc.core import config, db, migrations
from cmc.core.config import Settings
from cmc.core.db import Transaction
from cmc.core.embedded_postgres import connect_or_start


@contextmanager
def database(settings: Settings, command: str) -> Iterator[str]:
    """The database of a short command: CMC_DATABASE_URL, the server of a running `cmc up`, or one for the duration."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with connect_or_start(settings.data_dir, command) as url:
        yield url


@contextmanager
def migrated_database(settings: Settings, command: str) -> Iterator[str]:
    """As `database`, after bringing its schema up to date."""
    with database(settings, command) as url:
        migrate(url, settings)
        yield url


@contextmanager
def transactions(settings: Settings, command: str) -> Iterator[Transaction]:
    """What opens the transactions of a short command."""
    with database(settings, command) as url:
        engine = db.make_engine(url, pool_size=1)
        try:
            yield lambda: db.transaction(engine)
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


def migrate(url: str, settings: Settings) -> bool:
    """Bring the schema at `url` up to date, sealing with the keys of `settings` what lies in clear."""
    with bar("Sealing people on file") as told:
        return migrations.upgrade(
            url, keys=lambda: config.keyring(settings), progress=lambda _, done, total: told(done, total)
        )
