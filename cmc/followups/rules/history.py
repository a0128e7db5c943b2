"""Which earlier follow-up a judgement looks back to (FU-CONS-01)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from cmc.clinical.codes import Action, Classification, Disease


@dataclass(frozen=True, slots=True)
class PastFollowUp:
    """One earlier contact. `completed` is False for lost contacts and cancelled tasks; home uploads are no contacts."""

    disease: Disease
    on: date
    completed: bool
    classification: Classification | None
    action: Action | None = None


def previous_follow_up(history: Iterable[PastFollowUp], disease: Disease, before: date) -> PastFollowUp | None:
    """The last completed follow-up of the disease before a date that carried a value, in any mode, or None.

    A visit without a class carried no value: like a lost contact it neither counts nor resets. Of two on one day the
    later in `history` is taken.
    """
    candidates = (
        past
        for past in history
        if past.disease is disease and past.completed and past.classification is not None and past.on < before
    )
    latest: PastFollowUp | None = None
    for past in candidates:
        if latest is None or past.on >= latest.on:
            latest = past
    return latest
