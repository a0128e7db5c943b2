"""The predicates that indicators are made of, over the columns of the facts.

Each function takes a variant and returns a function of a facts relation: the stored table, or a fresh statement as CTE.
Limits come from `clinical` and travel as bound parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, case, func, true

from cmc.clinical.blood_pressure import CONTROL_LIMITS, ControlStandard
from cmc.clinical.emergencies import CRITICAL_LOW_GLUCOSE_UMOL_L
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L, OTHER_SATISFACTORY_BELOW_UMOL_L
from cmc.indicators.variants import (
    ENROLLED_DAYS,
    Control,
    DenomPolicy,
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


def managed(policy: DenomPolicy, enrolled_days: int = ENROLLED_DAYS) -> Predicate:
    """Who is managed in the period: the denominator, always within the statutory population (HTN-EN-02).

    The policies are alternatives: HAD_FOLLOWUP and ENROLLED_GE_N_DAYS start from everybody managed on any day [D].
    """

    def predicate(facts: FromClause) -> ColumnElement[bool]:
        wanted: dict[DenomPolicy, ColumnElement[bool]] = {
            DenomPolicy.ANY_TIME_IN_PERIOD: true(),
            DenomPolicy.ACTIVE_AT_END_PLUS_LTFU: facts.c.is_active_at_end,
            DenomPolicy.HAD_FOLLOWUP: facts.c.any_mode_days >= 1,
            DenomPolicy.ENROLLED_GE_N_DAYS: facts.c.managed_days >= enrolled_days,
        }
        return and_(facts.c.is_statutory, wanted[policy])

    return predicate


def standard(rule: StandardRule) -> Predicate:
    """Managed according to the specification: the follow-ups, the exam, and neither lost nor dead nor gone."""

    def predicate(facts: FromClause) -> ColumnElement[bool]:
        exam = facts.c.exams >= 1 if rule.needs_exam else true()
        return and_(_present(facts), exam, _followups(rule, facts))

    return predicate


def controlled(reading: Reading, control: Control) -> Predicate:
    """The last reading lies below both limits of the person's age; lost people are not controlled (CTRL-02, 04, 05)."""

    def predicate(facts: FromClause) -> ColumnElement[bool]:
        prefix = _PREFIX[reading]
        sbp, dbp = facts.c[f"{prefix}_sbp_mmhg"], facts.c[f"{prefix}_dbp_mmhg"]
        at_end = control is Control.NBPHS_AGE_AT_PERIOD_END
        age = facts.c.age_at_end if at_end else facts.c[f"{prefix}_age"]
        limits = sorted(CONTROL_LIMITS[_STANDARD[control]], key=lambda each: -each.age_from)
        below: ColumnElement[bool] = case(
            *((age >= each.age_from, and_(sbp < each.sbp_below_mmhg, dbp < each.dbp_below_mmhg)) for each in limits)
        )
        return and_(~facts.c.is_lost_at_end, below)

    return predicate


def glucose_controlled(reading: GlucoseReading, *, exclude_hypo: bool = False) -> Predicate:
    """The glucose that counts lies below its limit (CTRL-03); `exclude_hypo` does not take values ≤ 3.9 (CTRL-08)."""

    def predicate(facts: FromClause) -> ColumnElement[bool]:
        return and_(~facts.c.is_lost_at_end, _glucose(facts, reading, exclude_hypo=exclude_hypo))

    return predicate


def _present(facts: FromClause) -> ColumnElement[bool]:
    return and_(facts.c.is_active_at_end, ~facts.c.is_lost_at_end, ~facts.c.is_dead_at_end)


def _followups(rule: StandardRule, facts: FromClause) -> ColumnElement[bool]:
    due = func.least(FOLLOWUPS_A_YEAR, func.greatest(1, facts.c.managed_days / DAYS_PER_FOLLOWUP))
    wanted: dict[StandardRule, ColumnElement[bool]] = {
        StandardRule.STRICT_F2F4_EXAM: facts.c.face_to_face_days >= FOLLOWUPS_A_YEAR,
        StandardRule.ANYMODE4_EXAM: facts.c.any_mode_days >= FOLLOWUPS_A_YEAR,
        StandardRule.PRORATA_FLOOR90_EXAM: facts.c.face_to_face_days >= due,
        StandardRule.QUARTERLY_F2F_EXAM: and_(
            facts.c.face_to_face_quarters.op("&")(facts.c.required_quarters) == facts.c.required_quarters,
            facts.c.face_to_face_days >= 1,
        ),
    }
    return wanted[rule.with_exam]


def _glucose(facts: FromClause, reading: GlucoseReading, *, exclude_hypo: bool) -> ColumnElement[bool]:
    fasting = facts.c.last_fasting_umol_l
    if reading is GlucoseReading.LATEST_AVAILABLE_FBG:
        fasting = facts.c.available_fasting_umol_l
    value: Any = fasting
    below = fasting < FASTING_SATISFACTORY_BELOW_UMOL_L
    if reading is GlucoseReading.LATEST_FOLLOWUP_ANY_TYPE:
        other = facts.c.last_other_umol_l
        value = func.coalesce(fasting, other)
        below = case((fasting.is_not(None), below), else_=other < OTHER_SATISFACTORY_BELOW_UMOL_L)
    return and_(below, value > CRITICAL_LOW_GLUCOSE_UMOL_L) if exclude_hypo else below
