"""What arrived last and what is held, for the page of the installation's state."""

from sqlalchemy.orm import Session

from cmc.core.state import ToldOut, told
from cmc.core.text import Text


def tell_last_message(session: Session) -> ToldOut:
    """When the last message of a device or a form was received."""
    name = Text("最近收到的测量消息", "Last message with readings")
    return told(session, "last_message", name, "SELECT NULL::bigint, max(received_at) FROM receipt")


def tell_held(session: Session) -> ToldOut:
    """How many readings wait for a person, and since when the oldest does."""
    name = Text("待核实的读数", "Readings to be reviewed")
    waiting = "SELECT count(*), min(received_at) FROM held_reading WHERE resolved_at IS NULL"
    return told(session, "held", name, waiting)
