"""What waits in the dirty marks, for the page of the installation's state."""

from sqlalchemy.orm import Session

from cmc.core.state import ToldOut, told
from cmc.core.text import Text


def tell_marks(session: Session) -> ToldOut:
    """How many changes of people the worker has not looked at yet, and since when the oldest waits."""
    name = Text("待处理的变更", "Changes to be looked at")
    return told(session, "marks", name, "SELECT count(*), min(marked_at) FROM touched")
