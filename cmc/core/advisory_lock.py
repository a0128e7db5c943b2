"""A PostgreSQL advisory lock on a connection of its own: held while the connection lives, by one process at a time."""

import zlib
from types import TracebackType

import psycopg
from psycopg.conninfo import make_conninfo
from sqlalchemy import make_url

# A dead peer is noticed within some 10 s, also when the network swallows packets.
_KEEPALIVE = "keepalives_idle=5 keepalives_interval=2 keepalives_count=3 tcp_user_timeout=8000"


class AdvisoryLock:
    """The lock `name` of one database. The server frees it when the process or its connection ends, however it ends."""

    def __init__(self, database_url: str, name: str) -> None:
        self._key = zlib.crc32(name.encode())
        url = make_url(database_url)
        # As SQLAlchemy connects: written out again as a URL, a space in a parameter would become a plus.
        _, parts = url.get_dialect()().create_connect_args(url)
        target = make_conninfo(_KEEPALIVE, **parts)
        self._connection = psycopg.connect(target, autocommit=True, connect_timeout=5, application_name=f"cmc {name}")

    def try_acquire(self) -> bool:
        """Take the lock if it is free. Raises `psycopg.OperationalError` when the server is gone."""
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        return row is not None and bool(row[0])

    def acquire(self) -> None:
        """Wait for the lock."""
        self._connection.execute("SELECT pg_advisory_lock(%s)", (self._key,))

    def is_held(self) -> bool:
        """Whether the connection that holds the lock still lives (asked of the server)."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def close(self) -> None:
        """Give the lock up by ending its connection."""
        self._connection.close()

    def __enter__(self) -> "AdvisoryLock":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()
