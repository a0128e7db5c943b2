"""The database of a short command: a server of one's own, that of a running `cmc up`, or one for the duration."""

from collections.abc import Iterator
from contextlib import contextmanager

from cmc.core import migrations
from cmc.core.config import Settings
from cmc.core.embedded_postgres import connect_or_start


@contextmanager
def database(settings: Settings, command: str) -> Iterator[str]:
    """Yield the URL of the database as it is; `command` is how this process is named to others."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with connect_or_start(settings.data_dir, command) as url:
        yield url


@contextmanager
def migrated_database(settings: Settings, command: str) -> Iterator[str]:
    """Yield the URL of the database after bringing its schema up to date."""
    with database(settings, command) as url:
        migrations.upgrade(url)
        yield url
