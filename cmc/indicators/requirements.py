"""What a measure asks of a person, each thing with the words for whom it does not hold: why, and what helps soonest.

The words read one row of facts, with `next_due_on` beside it: the next open task of the disease, or None.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, and_, case, func, not_, true

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.indicators import predicates
from cmc.indicators.predicates import DAYS_PER_FOLLOWUP, FOLLOWUPS_A_YEAR, Predicate
from cmc.indicators.variants import Control, DenomPolicy, GlucoseReading, Reading, StandardRule

Facts = Any
"""A row of facts, by attribute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One thing that must hold; `reason` says of a row of facts why it does not. Codes are unique within a measure."""

    code: str
    holds: Predicate
    reason: Callable[[Facts], Text]


def plain(code: str, holds: Predicate, zh: str, en: str) -> Requirement:
    """Return a requirement whose reason is the same for everybody."""
    words = Text(zh, en)
    return Requirement(code=code, holds=holds, reason=lambda _: words)


STATUTORY: Final = plain(
    "statutory",
    lambda facts: facts.c.is_statutory,
    "不属于法定统计人群（35岁以下或非原发）",
    "outside the statutory population: under 35, or not primary",
)
ALIVE_AND_HERE: Final = Requirement(
    code="here",
    holds=lambda facts: facts.c.is_active_at_end,
    reason=lambda row: (
        Text("期内死亡", "died in the period")
        if row.is_dead_at_end
        else Text("期内迁出或转至其他机构", "moved away, or is managed by another clinic")
    ),
)
ASSIGNED: Final = ALIVE_AND_HERE
"""What other sets call assigned and not dead; a death on the last day leaves the person there for that day [D]."""
FOLLOWED: Final = plain(
    "followed", lambda facts: facts.c.any_mode_days >= 1, "期内无有效随访", "no valid follow-up in the period"
)
PRESENT: Final = Requirement(
    code="present",
    holds=predicates.present,
    reason=lambda row: (
        Text("期末已死亡", "dead at the period's end")
        if row.is_dead_at_end
        else Text("失访：先恢复联系", "lost to follow-up: get in contact first")
        if row.is_lost_at_end
        else Text("期内迁出或转至其他机构", "moved away, or is managed by another clinic")
    ),
)
NOT_LOST: Final = plain(
    "not_lost",
    lambda facts: not_(facts.c.is_lost_at_end),
    "失访视为未达标：先恢复联系",
    "lost counts as not met: get in contact first",
)
EXAMINED: Final = plain(
    "exam",
    lambda facts: facts.c.exams >= 1,
    "期内无合格的年度体检：可与下次随访合并完成",
    "no valid annual examination in the period: can be done with the next follow-up",
)


HAS_TASKS: Final = plain("tasks", lambda facts: facts.c.tasks_due > 0, "期内无到期任务", "no task due in the period")
ALL_ON_TIME: Final = Requirement(
    code="on_time",
    holds=lambda facts: facts.c.tasks_on_time == facts.c.tasks_due,
    reason=lambda row: _of_all(
        row.tasks_on_time, row.tasks_due, "项到期任务按期完成", "due tasks settled on time", row
    ),
)
FOUR_VISITS: Final = Requirement(
    code="visits",
    holds=lambda facts: facts.c.face_to_face_days >= FOLLOWUPS_A_YEAR,
    reason=lambda row: _of_all(
        row.face_to_face_days, FOLLOWUPS_A_YEAR, "次面对面随访已完成", "face-to-face visits", row
    ),
)
LOST: Final = plain("lost", lambda facts: facts.c.is_lost_at_end, "未失访", "not lost")


def managed(policy: DenomPolicy, enrolled_days: int) -> tuple[Requirement, ...]:
    """Who is managed in the period, always within the statutory population (HTN-EN-02)."""
    of_policy: dict[DenomPolicy, tuple[Requirement, ...]] = {
        DenomPolicy.ANY_TIME_IN_PERIOD: (),
        DenomPolicy.ACTIVE_AT_END_PLUS_LTFU: (ALIVE_AND_HERE,),
        DenomPolicy.HAD_FOLLOWUP: (FOLLOWED,),
        DenomPolicy.ENROLLED_GE_N_DAYS: (
            Requirement(
                code="enrolled_days",
                holds=lambda facts: facts.c.managed_days >= enrolled_days,
                reason=lambda row: Text(
                    f"期内在管{row.managed_days}天，不足{enrolled_days}天",
                    f"managed on {row.managed_days} days of the period, fewer than {enrolled_days}",
                ),
            ),
        ),
    }
    return (STATUTORY, *of_policy[policy])


def standard(rule: StandardRule) -> tuple[Requirement, ...]:
    """Standard management: neither lost nor dead nor gone, the follow-ups, and the exam where it is asked for."""
    visits = Requirement(
        code="visits", holds=lambda facts: predicates.followups(rule, facts), reason=lambda row: _too_few(rule, row)
    )
    return (PRESENT, visits, EXAMINED) if rule.needs_exam else (PRESENT, visits)


def pressure(reading: Reading, control: Control) -> tuple[Requirement, ...]:
    """The last reading lies below both limits of the person's age."""
    prefix = "face_to_face" if reading is Reading.LAST_F2F_FOLLOWUP else "any_mode"
    below = Requirement(
        code="controlled",
        holds=lambda facts: predicates.below(facts, reading, control),
        reason=lambda row: _pressure(
            getattr(row, f"{prefix}_on"), getattr(row, f"{prefix}_sbp_mmhg"), getattr(row, f"{prefix}_dbp_mmhg"), row
        ),
    )
    return (NOT_LOST, below)


def glucose(reading: GlucoseReading, *, exclude_hypo: bool = False) -> tuple[Requirement, ...]:
    """The glucose that counts lies below its limit."""
    below = Requirement(
        code="controlled",
        holds=lambda facts: predicates.glucose_below(facts, reading, exclude_hypo=exclude_hypo),
        reason=lambda row: _glucose(reading, row),
    )
    return (NOT_LOST, below)


def pair_controlled(facts: FromClause) -> ColumnElement[bool]:
    """Whether the glucose of a person with both diseases is controlled (IND-22)."""
    return and_(not_(facts.c.pair_is_lost), predicates.fasting_below(facts.c.pair_fasting_umol_l))


def in_period(column: str) -> Predicate:
    """Return "the day of this column lies in the period"."""
    return lambda facts: facts.c[column] >= facts.c.period_start


def in_twelve_months(column: str) -> Predicate:
    """Return "there is a day in this column": all of them lie in twelve months."""
    return lambda facts: facts.c[column].is_not(None)


def done(code: str, column: str, zh: str, en: str) -> Requirement:
    """Return "this was done in the period"."""
    return plain(code, in_period(column), f"期内未做{zh}", f"no {en} in the period")


def of_both(disease: Disease) -> Requirement:
    """Return "is also managed for the other disease"; facts hold it of hypertension alone."""
    words = Text("未同时管理2型糖尿病", "not managed for type 2 diabetes as well")
    holds: Predicate = in_period("pair_managed_until") if disease is Disease.HTN else (lambda _: true())
    return Requirement(code="both", holds=holds, reason=lambda _: words)


def next_due(row: Facts) -> Text:
    """Return the words for the next open task, empty without one."""
    due: date | None = getattr(row, "next_due_on", None)
    return Text("", "") if due is None else Text(f"；下次应于{due}前", f"; the next is due by {due}")


def _of_all(found: int, wanted: int, zh: str, en: str, row: Facts) -> Text:
    soon = next_due(row)
    return Text(f"{wanted}{zh}{found}{soon.zh}", f"{found} of {wanted} {en}{soon.en}")


def _too_few(rule: StandardRule, row: Facts) -> Text:
    soon = next_due(row)
    if rule.with_exam is StandardRule.QUARTERLY_F2F_EXAM:
        missing = row.required_quarters & ~row.face_to_face_quarters
        quarters = [str(at + 1) for at in range(4) if missing >> at & 1]
        if quarters:
            zh, en = "、".join(quarters), ", ".join(quarters)
            return Text(f"第{zh}个完整在管季度无面对面随访{soon.zh}", f"no face-to-face visit in quarter {en}{soon.en}")
    wanted = FOLLOWUPS_A_YEAR
    if rule.with_exam is StandardRule.PRORATA_FLOOR90_EXAM:
        wanted = min(FOLLOWUPS_A_YEAR, max(1, row.managed_days // DAYS_PER_FOLLOWUP))
    if rule.with_exam is StandardRule.QUARTERLY_F2F_EXAM:
        wanted = 1
    any_mode = rule.with_exam is StandardRule.ANYMODE4_EXAM
    found = row.any_mode_days if any_mode else row.face_to_face_days
    zh, en = ("次随访", "follow-ups") if any_mode else ("次面对面随访", "face-to-face visits")
    return Text(f"{wanted}{zh}已完成{found}次，还差{wanted - found}次{soon.zh}", f"{found} of {wanted} {en}{soon.en}")


def _pressure(on: date | None, sbp: int | None, dbp: int | None, row: Facts) -> Text:
    soon = next_due(row)
    if on is None:
        return Text(f"年内无随访{soon.zh}", f"no follow-up this year{soon.en}")
    if sbp is None or dbp is None:
        return Text(f"{on}随访未测血压：补测", f"no pressure at the follow-up of {on}: measure it")
    return Text(f"{on}血压{sbp}/{dbp}未达标{soon.zh}", f"{sbp}/{dbp} on {on}, not controlled{soon.en}")


def _glucose(reading: GlucoseReading, row: Facts) -> Text:
    soon = next_due(row)
    value = row.last_fasting_umol_l
    if reading is GlucoseReading.LATEST_AVAILABLE_FBG:
        value = row.available_fasting_umol_l
    if reading is GlucoseReading.LATEST_FOLLOWUP_ANY_TYPE and value is None:
        value = row.last_other_umol_l
    if row.face_to_face_on is None:
        return Text(f"年内无面对面随访{soon.zh}", f"no face-to-face follow-up this year{soon.en}")
    if value is None:
        return Text(
            f"{row.face_to_face_on}随访无空腹血糖：补测",
            f"no fasting glucose at the follow-up of {row.face_to_face_on}",
        )
    shown = f"{value / 1000:.1f}"
    return Text(f"血糖{shown} mmol/L未达标{soon.zh}", f"glucose {shown} mmol/L, not controlled{soon.en}")


def months_between(earlier: ColumnElement[Any], later: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the difference of calendar months: December less September is 3 (rules §9.1)."""
    years = func.date_part("year", later) - func.date_part("year", earlier)
    return years * 12 + func.date_part("month", later) - func.date_part("month", earlier)


def within_months(earlier: ColumnElement[Any], later: ColumnElement[Any], months: int) -> ColumnElement[bool]:
    """Whether fewer than `months` calendar months lie between two days (rules §9.1); unknown without the earlier one.

    Most days are told by their distance alone; taking a day apart costs as much as ten comparisons.
    """
    return case(
        (earlier >= later - 28 * (months - 1), True),
        (earlier <= later - 31 * months, False),
        else_=months_between(earlier, later) < months,
    )


def quarters_apart(earlier: ColumnElement[Any], later: ColumnElement[Any], quarters: int) -> ColumnElement[bool]:
    """Whether a day lies in the calendar quarter that is `quarters` (0 or more) before that of a later day."""
    return case(
        (earlier <= later - 92 * (quarters + 1), False),
        else_=_quarter(later) - _quarter(earlier) == quarters,
    )


def _quarter(day: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.date_part("year", day) * 4 + func.date_part("quarter", day)
