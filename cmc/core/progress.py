"""Long work that an operator waits for, told on the terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from cmc.core import config, migrations
from cmc.core.config import Settings


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
