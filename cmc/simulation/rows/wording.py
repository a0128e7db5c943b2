"""What follows from a judgement alone, in words, as the columns of `followup` hold it."""

from typing import Final

import numpy as np
import polars as pl

from cmc.followups.rules.judgement import Judgement
from cmc.simulation.people import Whole
from cmc.simulation.rows import texts
from cmc.simulation.visits import Judges


class Wording:
    """The columns that follow from a judgement alone, put into words once for every case that was met."""

    def __init__(self, judging: Judges) -> None:
        self.judging = judging
        self._words: tuple[list[tuple[str | None, ...]], ...] = ([], [])

    def columns(self, disease: int, case: Whole) -> dict[str, pl.Series]:
        """Return the columns of the judgements of visits of one disease."""
        words, judgements = self._words[disease], self.judging.of[disease].judgements
        words.extend(_words(each) for each in judgements[len(words) :])
        met, place = np.unique(case, return_inverse=True)
        columns = zip(*(words[each] for each in met.tolist()), strict=True) if len(met) else [[] for _ in _JUDGED]
        return {name: texts.taken(list(column), place) for name, column in zip(_JUDGED, columns, strict=True)}


_JUDGED: Final = (
    "classification", "is_controlled", "action", "referral_reason", "emergency_codes", "rule_ids", "reasons",
    "warnings", "ruleset",
)  # fmt: skip


def _words(judgement: Judgement) -> tuple[str | None, ...]:
    return (
        None if judgement.classification is None else str(int(judgement.classification)),
        None if judgement.controlled is None else str(judgement.controlled).lower(),
        judgement.action.value,
        judgement.referral_reason and judgement.referral_reason.value,
        texts.array(code.value for code in judgement.emergencies),
        texts.array(judgement.rule_ids),
        texts.as_json([{"zh": word.zh, "en": word.en} for word in judgement.reasons]),
        texts.as_json([{"zh": word.zh, "en": word.en} for word in judgement.warnings]),
        judgement.ruleset_id,
    )
