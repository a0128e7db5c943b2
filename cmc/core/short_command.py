"""The database of a short command: a server of one's own, that of a running `cmc up`, or one for the duration."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from cmc.core import config, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import connect_or_start


@contextmanager
def database(settings: Settings, command: str) -> Iterator[str]:
    """Yield the owner's URL of the database as it is; `command` is how this process is named to others."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with connect_or_start(settings.data_dir, command) as url:
        yield url


@contextmanager
def migrated_database(settings: Settings, command: str) -> Iterator[str]:
    """Yield the owner's URL after bringing schema and service role up to date: for bulk loading."""
    with database(settings, command) as url:
        migrations.upgrade(url)
        service_role.keep(url, _keys(settings), settings)
        yield url


@contextmanager
def service_engine(settings: Settings, command: str) -> Iterator[Engine]:
    """Yield an engine of the service on the migrated database: the database checks and the trail notes what it does."""
    with migrated_database(settings, command) as owner_url:
        keys = _keys(settings)
        url = service_role.url_of(settings, owner_url, keys)
        engine = db.make_engine(url or owner_url, pool_size=1, keys=keys)
        try:
            yield engine
        finally:
            engine.dispose()


def _keys(settings: Settings) -> signed_scope.DatabaseKeys:
    return signed_scope.database_keys(crypto.keyring(config.master_key(settings)))
