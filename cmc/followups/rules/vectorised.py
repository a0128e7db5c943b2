"""Judging many visits at once: the same rules, asked once for every case that they can tell apart.

Nothing of a rule is written a second time. Of the facts of each visit only what the programme looks at is kept (a heart
rate of 72 and one of 80 are one case, a tachycardia of 104 and one of 110 are two, because the words name the rate);
every case is judged once by `judge`, and the judgement holds for all visits of the case. What a judgement says of the
single visit, its `on`, `inputs` and `next_on_latest`, is not part of the case.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cmc.clinical.blood_pressure import control_limit
from cmc.clinical.classification import latest_next_date
from cmc.clinical.codes import (
    Action,
    Classification,
    DangerSymptom,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
)
from cmc.clinical.emergencies import (
    CRITICAL_DBP_MMHG,
    CRITICAL_HIGH_GLUCOSE_UMOL_L,
    CRITICAL_LOW_GLUCOSE_UMOL_L,
    CRITICAL_SBP_MMHG,
    FEVER_ABOVE_CELSIUS,
    TACHYCARDIA_ABOVE_PER_MIN,
)
from cmc.clinical.visit_facts import VisitFacts
from cmc.followups.rules import judge
from cmc.followups.rules.judgement import STANDARD, Judgement, Rhythm

Whole = NDArray[np.int32]
Days = NDArray[np.datetime64]
FactColumns = Mapping[str, Whole]
"""The facts of n visits by field of `VisitFacts`, each an array of n numbers (see `CODINGS`); absent = not known."""

_OLDEST: Final = 150


class Coding(NamedTuple):
    """How the values of one field of `VisitFacts` are numbers: `unknown` stands for the field's default."""

    number: Callable[[Any], int]
    value: Callable[[int], Any]
    unknown: int


def _whole() -> Coding:
    return Coding(lambda value: -1 if value is None else value, lambda number: None if number < 0 else number, -1)


def _flag() -> Coding:
    return Coding(int, bool, 0)


def _one_of(members: type[Enum], *, default: Any = None) -> Coding:
    """0 for None, then the members in the order of their definition."""
    values: list[Any] = [None, *members]
    return Coding(values.index, values.__getitem__, values.index(default))


def _set_of(members: type[Enum]) -> Coding:
    """A bit for each member in the order of their definition."""
    values = list(members)
    return Coding(
        lambda found: sum(1 << values.index(each) for each in found),
        lambda bits: frozenset(each for place, each in enumerate(values) if bits >> place & 1),
        0,
    )


def _tenths() -> Coding:
    return Coding(
        lambda value: -1 if value is None else int(value * 10),
        lambda number: None if number < 0 else Decimal(number).scaleb(-1),
        -1,
    )


CODINGS: Final[Mapping[str, Coding]] = {
    "age_years": Coding(int, int, 0),
    "sbp_mmhg": _whole(),
    "dbp_mmhg": _whole(),
    "fasting_glucose_umol_l": _whole(),
    "fasting_glucose_flag": _one_of(GlucoseFlag),
    "other_glucose_umol_l": _whole(),
    "other_glucose_flag": _one_of(GlucoseFlag),
    "other_glucose_period": _one_of(GlucosePeriod, default=GlucosePeriod.RANDOM),
    "heart_rate_per_min": _whole(),
    "temperature_celsius": _tenths(),
    "danger_symptoms": _set_of(DangerSymptom),
    "sudden_abnormality": _flag(),
    "pregnant_or_lactating": _flag(),
    "unmanageable_illness": _flag(),
    "adverse_reaction": _flag(),
    "hypoglycaemia": _one_of(Hypoglycaemia),
    "new_complication": _flag(),
    "worse_complication": _flag(),
    "foot_pulse": _one_of(FootPulse),
    "previous_foot_pulse": _one_of(FootPulse),
    "new_foot_ulcer": _flag(),
    "new_visual_loss": _flag(),
    "new_proteinuria": _flag(),
    "previous_classification": _one_of(Classification),
    "previous_action": _one_of(Action),
}
"""Every field of `VisitFacts`, in its order: glucose in µmol/L, pressure in mmHg, temperature in tenths of a degree."""

_NAMES: Final = tuple(CODINGS)
_FLAGS: Final = tuple(name for name in _NAMES if CODINGS[name].value is bool)
_REFER: Final = CODINGS["previous_action"].number(Action.REFER)
_RANDOM: Final = CODINGS["other_glucose_period"].unknown
_NORMAL: Final = CODINGS["foot_pulse"].number(FootPulse.NORMAL)
_FEVER_TENTHS: Final = int(FEVER_ABOVE_CELSIUS * 10)
_OWN_LIMITS_FROM: Final = np.array(
    [control_limit(age).age_from for age in range(_OLDEST + 1)], dtype=np.int32
)  # by age: the first age with the same limits


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgements of n visits.

    `case` indexes the `judgements` of the judge; `classification` (0 = none) and `action` are numbers of `CODINGS`;
    `next_on_latest` is the last permitted next date of each visit.
    """

    case: Whole
    classification: Whole
    action: Whole
    next_on_latest: Days


class VectorisedJudge:
    """Judges the visits of one disease; knows every case that it met, so that none is judged twice."""

    def __init__(self, disease: Disease, rhythm: Rhythm = STANDARD) -> None:
        self.disease, self.rhythm = disease, rhythm
        self.judgements: list[Judgement] = []
        self._known: dict[tuple[int, ...], int] = {}
        self._numbers: tuple[array[int], ...] = (array("i"), array("i"), array("i"))

    def __call__(self, facts: FactColumns, on: Days) -> Judged:
        """Judge n visits of the local dates `on`. Raises ValueError as `VisitFacts` does."""
        kept = _what_the_rules_see(self.disease, filled(facts, len(on)))
        case = np.array(
            [self._case(key) for key in zip(*(kept[name].tolist() for name in _NAMES), strict=True)], dtype=np.int32
        )
        classification, action, within = (np.frombuffer(each, dtype=np.int32)[case] for each in self._numbers)
        return Judged(case, classification, action, _latest_next_dates(on, within))

    def _case(self, key: tuple[int, ...]) -> int:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.judgements)
            judgement = judge(self.disease, _facts(key), date(2000, 1, 1), self.rhythm)
            self.judgements.append(judgement)
            found = (
                CODINGS["previous_classification"].number(judgement.classification),
                CODINGS["previous_action"].number(judgement.action),
                judgement.next_within_days,
            )
            for numbers, number in zip(self._numbers, found, strict=True):
                numbers.append(number)
        return known


def columns(facts: Sequence[VisitFacts]) -> dict[str, Whole]:
    """Return the facts of visits as columns."""
    return {
        name: np.array([CODINGS[name].number(getattr(each, name)) for each in facts], dtype=np.int32) for name in _NAMES
    }


def filled(facts: FactColumns, count: int) -> dict[str, Whole]:
    """Return `facts` with a column for every field: what is absent is unknown for all `count` visits."""
    return {name: facts.get(name, np.full(count, CODINGS[name].unknown, dtype=np.int32)) for name in _NAMES}


def _facts(key: tuple[int, ...]) -> VisitFacts:
    values = {name: CODINGS[name].value(number) for name, number in zip(_NAMES, key, strict=True)}
    return VisitFacts(**values)


def _what_the_rules_see(disease: Disease, facts: dict[str, Whole]) -> dict[str, Whole]:
    """Leave out what neither decides anything at a visit of this disease nor is named in its words."""
    seen = dict(facts)
    _see_other_glucose(seen, diabetes=disease is Disease.T2DM)
    unchained = ~np.isin(facts["previous_classification"], (2, 3))  # FU-CONS-02
    seen["previous_classification"] = np.where(unchained, 0, facts["previous_classification"])
    seen["previous_action"] = np.where(unchained | (facts["previous_action"] != _REFER), 0, _REFER)
    if disease is Disease.HTN:
        _see_of_hypertension(seen)
    else:
        _see_of_diabetes(seen)
    return seen


def _see_other_glucose(seen: dict[str, Whole], *, diabetes: bool) -> None:
    value, flag = seen["other_glucose_umol_l"], seen["other_glucose_flag"]
    named = _critical(value) | (flag > 0)
    if diabetes:  # DM-EM-06 compares every value
        named |= seen["pregnant_or_lactating"] > 0
    seen["other_glucose_umol_l"] = np.where(named, value, -1)
    seen["other_glucose_period"] = np.where(named & ((value >= 0) | (flag > 0)), seen["other_glucose_period"], _RANDOM)


def _see_of_hypertension(seen: dict[str, Whole]) -> None:
    seen["age_years"] = _OWN_LIMITS_FROM[np.clip(seen["age_years"], 0, _OLDEST)]
    fasting = seen["fasting_glucose_umol_l"]
    named = _critical(fasting) | (seen["fasting_glucose_flag"] > 0)
    seen["fasting_glucose_umol_l"] = np.where(named, fasting, -1)
    for name in ("heart_rate_per_min", "temperature_celsius"):
        seen[name] = np.full_like(seen[name], -1)
    unseen = ("hypoglycaemia", "foot_pulse", "previous_foot_pulse", "new_foot_ulcer", "new_visual_loss")
    for name in (*unseen, "new_proteinuria"):
        seen[name] = np.zeros_like(seen[name])


def _see_of_diabetes(seen: dict[str, Whole]) -> None:
    seen["age_years"] = np.zeros_like(seen["age_years"])
    limits = {
        "sbp_mmhg": CRITICAL_SBP_MMHG - 1,
        "dbp_mmhg": CRITICAL_DBP_MMHG - 1,
        "heart_rate_per_min": TACHYCARDIA_ABOVE_PER_MIN,
        "temperature_celsius": _FEVER_TENTHS,
    }
    for name, limit in limits.items():
        seen[name] = np.where(seen[name] > limit, seen[name], -1)
    seen["previous_foot_pulse"] = np.where(seen["foot_pulse"] > _NORMAL, seen["previous_foot_pulse"], 0)


def _critical(glucose: Whole) -> NDArray[np.bool_]:
    return (glucose >= CRITICAL_HIGH_GLUCOSE_UMOL_L) | ((glucose >= 0) & (glucose <= CRITICAL_LOW_GLUCOSE_UMOL_L))


def _latest_next_dates(on: Days, within: Whole) -> Days:
    """`latest_next_date` of each visit, asked once for each pair of date and days."""
    day = on.astype("datetime64[D]").astype(np.int64)
    pairs, place = np.unique(np.stack([day, within]), axis=1, return_inverse=True)
    first = date(1970, 1, 1).toordinal()
    latest = [latest_next_date(date.fromordinal(first + day), days) for day, days in pairs.T.tolist()]
    return np.array(latest, dtype="datetime64[D]")[place.reshape(-1)]


if tuple(each.name for each in fields(VisitFacts)) != _NAMES:
    raise AssertionError("a field of VisitFacts has no coding")
