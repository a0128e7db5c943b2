"""Runs the migrations over a connection that the caller gives (see cmc/core/migrations.py)."""

from typing import Any, Literal

from sqlmodel import AutoString, UTCDateTime

from alembic import context
from cmc.tables import METADATA


def _ours(name: str | None, kind: str, parents: Any) -> bool:
    """Leave the partitions of `reading` to the database function that makes them."""
    return not (kind == "table" and name is not None and name.startswith(("reading_p", "audit_event_p")))


def _plain(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write SQLModel's own column types as what the database has, so that migrations do not depend on SQLModel."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_name=_ours,
    render_item=_plain,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
