"""What was found out about a line: its verdict, and what the next step needs of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cmc.core.errors import FieldError
from cmc.exchange.codes import RowVerdict


@dataclass(slots=True)
class Judged:
    """One line. `token` is equal for lines of one person, or of one fact; `likely` is advice, [{patient_id, …}]."""

    verdict: RowVerdict
    faults: list[FieldError] = field(default_factory=list)
    patient_id: UUID | None = None
    token: bytes | None = None
    likely: list[dict[str, Any]] = field(default_factory=list)


def refused(*faults: FieldError, patient_id: UUID | None = None) -> Judged:
    """Return the verdict of a line that cannot be stored."""
    return Judged(RowVerdict.REFUSED, list(faults), patient_id)


def known(patient_id: UUID | None = None, *faults: FieldError, token: bytes | None = None) -> Judged:
    """Return the verdict of a line that is on file already."""
    return Judged(RowVerdict.KNOWN, list(faults), patient_id, token)
