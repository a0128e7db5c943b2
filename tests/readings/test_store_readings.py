"""How rows become PostgreSQL arrays: whatever the text, the database reads what was written."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from cmc.readings.service import array_literal

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.none() | _TEXTS | st.sampled_from(["null", "NULL", "", "{}", '"', "\\", "a,b", "\n"])))
def test_texts_are_read_as_they_were_written(connection: Connection, values: list[str | None]) -> None:
    found = connection.scalar(text("SELECT CAST(:values AS text[])"), {"values": array_literal(values)})
    assert found == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [UUID(int=7), None]),
        ("date", [date(2015, 1, 1), None, date(9999, 12, 31)]),
        ("timestamptz", [datetime(2026, 11, 20, 4, 0, 7, tzinfo=UTC), None]),
        ("int2", [-3, None, 300]),
        ("int4", [2**31 - 1, 0]),
    ],
)
def test_other_values_are_read_as_they_were_written(connection: Connection, kind: str, values: list[object]) -> None:
    found = connection.scalar(text(f"SELECT CAST(:values AS {kind}[])"), {"values": array_literal(values)})
    assert found == values
