"""Input and output of the follow-up rules: `VisitFacts` goes in, a `Judgement` comes out and is stored as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from cmc.clinical.classification import LONGEST_MONTHS, ROUTINE_DAYS, next_date_permitted
from cmc.clinical.codes import Action, Classification, Disease, ReferralReason
from cmc.clinical.emergencies import EmergencyCriterion
from cmc.clinical.visit_facts import PlainValue, VisitFacts
from cmc.core.text import Text

__all__ = [
    "RULESET_ID",
    "STANDARD",
    "Judge",
    "Judgement",
    "Programme",
    "Rhythm",
    "VisitFacts",
    "governing_next_date",
]

RULESET_ID: Final = "CN-NBPHS-2017"
_LONGEST_DAYS: Final = 31 * LONGEST_MONTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What a region may set within the standard's limits.

    `routine_days` until the next routine visit (FU-NEXT-01; 15–93, and never past 3 calendar months);
    `any_two_refer` is the stricter reading of FU-CONS-02: any two of {not controlled, adverse reaction} in a row refer.
    """

    routine_days: int = ROUTINE_DAYS
    any_two_refer: bool = False

    def __post_init__(self) -> None:
        if not 14 < self.routine_days <= _LONGEST_DAYS:
            raise ValueError("the routine interval lies between 15 and 93 days")


STANDARD: Final = Rhythm()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the rules say about one visit for one disease.

    `classification` is None when the deciding value is missing (DM-FU-07); `controlled` is the bare value test, None
    when unknown. `next_within_days` is the rule's limit, `next_on_latest` the last permitted date (FU-NEXT-01, never
    past 3 calendar months). `reasons` explain the class and the action, `warnings` change neither. `inputs` are the
    facts judged, JSON types only, with the date as `on` (GEN-02).
    """

    disease: Disease
    on: date
    classification: Classification | None
    controlled: bool | None
    action: Action
    next_within_days: int
    next_on_latest: date
    emergencies: tuple[EmergencyCriterion, ...]
    referral_reason: ReferralReason | None
    rule_ids: tuple[str, ...]
    reasons: tuple[Text, ...]
    warnings: tuple[Text, ...]
    inputs: dict[str, PlainValue]
    ruleset_id: str = RULESET_ID

    @property
    def emergency(self) -> bool:
        """Any emergency criterion is met (FU-EM-01)."""
        return bool(self.emergencies)

    @property
    def referral_advised(self) -> bool:
        """A referral, urgent or not, is advised."""
        return self.referral_reason is not None

    def permits_next(self, next_on: date) -> bool:
        """Whether a chosen next date lies after the visit and within the limit (FU-NEXT-01)."""
        return next_date_permitted(self.on, next_on, self.next_within_days)


class Judge(Protocol):
    """How a programme judges one visit; `on` is the local date of the visit."""

    def __call__(self, facts: VisitFacts, on: date, rhythm: Rhythm = STANDARD) -> Judgement: ...


@dataclass(frozen=True, slots=True)
class Programme:
    """One disease's follow-up programme. `value_fields` are what its form must carry besides the common fields."""

    disease: Disease
    judge: Judge
    value_fields: tuple[str, ...]


def governing_next_date(judgements: Iterable[Judgement]) -> date:
    """Latest next date of a combined encounter: the earlier one governs (FU-BOTH-01). Raises ValueError for none."""
    return min(judgement.next_on_latest for judgement in judgements)
