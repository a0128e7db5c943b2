"""The predicates that indicators are made of, over the columns of the facts.

A facts relation is the stored table, or a fresh statement as CTE. What a measure asks for, with its words, is
made of these.
Limits come from `clinical` and travel as bound parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, case, func

from cmc.clinical.blood_pressure import CONTROL_LIMITS, ControlLimit, ControlStandard
from cmc.clinical.emergencies import CRITICAL_LOW_GLUCOSE_UMOL_L
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L, OTHER_SATISFACTORY_BELOW_UMOL_L
from cmc.indicators.variants import (
    Control,
    GlucoseReading,
    Reading,
    StandardRule,
)

Predicate = Callable[[FromClause], ColumnElement[bool]]

FOLLOWUPS_A_YEAR: Final = 4  # HTN-FU-01, DM-FU-01
DAYS_PER_FOLLOWUP: Final = 90  # PRORATA_FLOOR90

_PREFIX: Final = {Reading.LAST_F2F_FOLLOWUP: "face_to_face", Reading.LAST_ANYMODE_FOLLOWUP: "any_mode"}
_STANDARD: Final = {
    Control.NBPHS_AGE_AT_READING: ControlStandard.NBPHS,
    Control.NBPHS_AGE_AT_PERIOD_END: ControlStandard.NBPHS,
    Control.UNIFORM_140_90: ControlStandard.UNIFORM_140_90,
    Control.TARGET_2025_130_80: ControlStandard.TARGET_2025_130_80,
}


def present(facts: FromClause) -> ColumnElement[bool]:
    """Assigned here at the period's end, and neither lost nor dead."""
    return and_(facts.c.is_active_at_end, ~facts.c.is_lost_at_end, ~facts.c.is_dead_at_end)


def below(facts: FromClause, reading: Reading, control: Control) -> ColumnElement[bool]:
    """The last reading lies below both limits of the person's age (CTRL-02)."""
    prefix = _PREFIX[reading]
    at_end = control is Control.NBPHS_AGE_AT_PERIOD_END
    age = facts.c.age_at_end if at_end else facts.c[f"{prefix}_age"]
    return below_limits(
        facts.c[f"{prefix}_sbp_mmhg"], facts.c[f"{prefix}_dbp_mmhg"], age, CONTROL_LIMITS[_STANDARD[control]]
    )


def below_limits(
    sbp: ColumnElement[Any], dbp: ColumnElement[Any], age: ColumnElement[Any], limits: Sequence[ControlLimit]
) -> ColumnElement[bool]:
    """Both limbs lie below the limits that hold at an age."""
    oldest_first = sorted(limits, key=lambda each: -each.age_from)
    return case(
        *((age >= each.age_from, and_(sbp < each.sbp_below_mmhg, dbp < each.dbp_below_mmhg)) for each in oldest_first)
    )


def followups(rule: StandardRule, facts: FromClause) -> ColumnElement[bool]:
    """The follow-ups that standard management asks for."""
    wanted = rule.with_exam
    if wanted is StandardRule.STRICT_F2F4_EXAM:
        return facts.c.face_to_face_days >= FOLLOWUPS_A_YEAR
    if wanted is StandardRule.ANYMODE4_EXAM:
        return facts.c.any_mode_days >= FOLLOWUPS_A_YEAR
    if wanted is StandardRule.PRORATA_FLOOR90_EXAM:
        whole = func.floor(facts.c.managed_days / DAYS_PER_FOLLOWUP)  # "/" is no integer division in SQL made here
        return facts.c.face_to_face_days >= func.least(FOLLOWUPS_A_YEAR, func.greatest(1, whole))
    return and_(
        facts.c.face_to_face_quarters.op("&")(facts.c.required_quarters) == facts.c.required_quarters,
        facts.c.face_to_face_days >= 1,
    )


def fasting_below(fasting: ColumnElement[Any]) -> ColumnElement[bool]:
    """A fasting glucose lies below its limit (CTRL-03)."""
    return fasting < FASTING_SATISFACTORY_BELOW_UMOL_L


def glucose_below(facts: FromClause, reading: GlucoseReading, *, exclude_hypo: bool = False) -> ColumnElement[bool]:
    """The glucose that counts lies below its limit (CTRL-03); `exclude_hypo` does not take values ≤ 3.9 (CTRL-08)."""
    fasting = facts.c.last_fasting_umol_l
    if reading is GlucoseReading.LATEST_AVAILABLE_FBG:
        fasting = facts.c.available_fasting_umol_l
    value: Any = fasting
    met = fasting_below(fasting)
    if reading is GlucoseReading.LATEST_FOLLOWUP_ANY_TYPE:
        other = facts.c.last_other_umol_l
        value = func.coalesce(fasting, other)
        met = case((fasting.is_not(None), met), else_=other < OTHER_SATISFACTORY_BELOW_UMOL_L)
    return and_(met, value > CRITICAL_LOW_GLUCOSE_UMOL_L) if exclude_hypo else met


def has(facts: FromClause, bit: int) -> ColumnElement[bool]:
    """One of the diagnoses of a `Circumstance` stands."""
    return facts.c.conditions.op("&")(int(bit)) != 0
