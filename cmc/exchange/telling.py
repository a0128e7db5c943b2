"""Which imports the worker has before it, for the page of the installation's state."""

from sqlalchemy.orm import Session

from cmc.core.state import ToldOut, told
from cmc.core.text import Text


def tell_imports(session: Session) -> ToldOut:
    """How many imports are being checked or stored, and since when the oldest is there."""
    name = Text("进行中的导入", "Imports under way")
    working = "SELECT count(*), min(made_at) FROM import_run WHERE state IN ('checking', 'applying')"
    return told(session, "imports", name, working)
