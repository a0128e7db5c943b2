"""What waits to be sent, for the page of the installation's state."""

from sqlalchemy.orm import Session

from cmc.core.state import ToldOut, told
from cmc.core.text import Text


def tell_deliveries(session: Session) -> ToldOut:
    """How many messages to others wait, and when the next was due first."""
    name = Text("待发送的消息", "Messages to be sent")
    return told(session, "deliveries", name, "SELECT count(*), min(next_at) FROM delivery WHERE status = 'pending'")
