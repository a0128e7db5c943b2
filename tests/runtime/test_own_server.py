"""A PostgreSQL server of one's own: what its owner set must not change what we read and write."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import make_url, text

from cmc.core import db, migrations
from cmc.core.operating import OperatorError


def _alter(url: str, *statements: str) -> None:
    admin = db.make_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    admin.dispose()


def test_dates_and_names_pass_whatever_the_database_sets(new_database):
    url = new_database()
    name = make_url(url).database
    _alter(
        url,
        f"ALTER DATABASE {name} SET datestyle = 'German'",
        f"ALTER DATABASE {name} SET client_encoding = 'SQL_ASCII'",
        f"ALTER DATABASE {name} SET timezone = 'Asia/Shanghai'",
    )
    assert migrations.upgrade(url) is True
    engine = db.make_engine(url)
    values = {"day": date(2026, 3, 2), "at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC), "name": "王建国"}
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT CAST(:day AS date), CAST(:at AS timestamptz), CAST(:name AS text)"),
            values,
        ).one()
    engine.dispose()
    assert tuple(found) == tuple(values.values())


def test_a_database_in_another_encoding_is_refused_in_one_line(server_url, new_database):
    name = make_url(new_database()).database
    other = f"{name}_ascii"
    _alter(server_url, f"CREATE DATABASE {other} ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(OperatorError) as refused:
            migrations.upgrade(make_url(server_url).set(database=other).render_as_string(hide_password=False))
    finally:
        _alter(server_url, f"DROP DATABASE {other} WITH (FORCE)")
    assert "SQL_ASCII" in str(refused.value)
    assert "\n" not in str(refused.value)
