"""The month partitions of `reading`, made when the first reading of a month arrives.

A process remembers per engine which months are there, so that a batch costs no look-up. A month that this transaction
makes is remembered only after the commit, and any rollback forgets everything: a wrong memory heals with the retry.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

_known: WeakKeyDictionary[Engine, set[date]] = WeakKeyDictionary()
_PENDING = "reading_months"
_MAKE = text("SELECT make_reading_partition(CAST(:month AS date))")


def ensure(session: Session, dates: Iterable[date]) -> None:
    """Make sure that a partition exists for each local date, in the caller's transaction."""
    months = {day.replace(day=1) for day in dates}
    missing = months - _remembered(session) - session.info.get(_PENDING, set())
    if not missing:
        return
    for month in sorted(missing):
        session.execute(_MAKE, {"month": month})
    _remember_after_commit(session, missing)


def _remembered(session: Session) -> set[date]:
    bind = session.get_bind()
    return _known.get(bind, set()) if isinstance(bind, Engine) else set()


def _remember_after_commit(session: Session, months: set[date]) -> None:
    bind = session.get_bind()
    if not isinstance(bind, Engine):
        return  # inside a transaction of the caller's own (as in tests) a commit here promises nothing
    if _PENDING not in session.info:
        event.listen(session, "after_commit", _committed)
        event.listen(session, "after_soft_rollback", _rolled_back)
    session.info.setdefault(_PENDING, set()).update(months)


def _committed(session: Session) -> None:
    bind = session.get_bind()
    if isinstance(bind, Engine):
        _known.setdefault(bind, set()).update(session.info.pop(_PENDING, set()))
        session.info[_PENDING] = set()


def _rolled_back(session: Session, _: Any) -> None:
    bind = session.get_bind()
    session.info[_PENDING] = set()
    if isinstance(bind, Engine):
        _known.pop(bind, None)
