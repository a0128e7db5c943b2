"""Readings of a device whose calibration was due then are shown as such; they are stored and count as any other."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.devices import queries as devices
from cmc.devices.calibration import overdue


class Measured(Protocol):
    """What a device measured at a moment: a reading, stored or held, or a row of one."""

    @property
    def id(self) -> UUID: ...
    @property
    def device(self) -> str | None: ...
    @property
    def taken_at(self) -> datetime | None: ...


def calibration_overdue(session: Session, scope: Scope, rows: Sequence[Measured]) -> frozenset[UUID]:
    """Return the ids of those that their device took while its calibration was due. At most one statement."""
    known = devices.calibrations(session, scope, {each.device for each in rows if each.device is not None})
    return frozenset(
        each.id
        for each in rows
        if each.device in known and each.taken_at is not None and overdue(known[each.device], local_date(each.taken_at))
    )
