"""Which readings of a device were taken while its calibration was due. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Calibration(NamedTuple):
    """That a device was calibrated on a day, and before which day that holds; None: without end."""

    calibrated_on: date
    due_on: date | None


def overdue(known: Iterable[Calibration], on: date) -> bool:
    """Whether the latest calibration up to a day had come due by that day.

    A later calibration does not make the readings before it good: those stay marked. Without any calibration up to
    the day nothing is said.
    """
    before = [each for each in known if each.calibrated_on <= on]
    if not before:
        return False
    due_on = max(before, key=lambda each: each.calibrated_on).due_on
    return due_on is not None and due_on <= on
