"""The alert rules (4.6) as pure rules over facts: what is found, how urgent it is, and by which cause it is known.

RED is answered at once, ORANGE within 24 hours, YELLOW within 7 days. A rule looks only at what came after its last
alert was closed, so one cause is raised once. Personal limits may be stricter than those of RED, never looser.
Thresholds of RED are those of the national programme; the rest are set by design.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from cmc.clinical.alert_facts import LATE_AFTER, TIERS, AlertFacts, AlertLimits, AlertRule, Finding, GlucoseFact
from cmc.clinical.codes import AlertTier, GlucoseFlag, GlucosePeriod, Setting
from cmc.clinical.emergencies import glucose_words
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L, VERY_HIGH_ABOVE_UMOL_L
from cmc.clinical.home_week import home_week
from cmc.core.text import Text

HOME_ORANGE_MMHG: Final = (160, 100)
HOME_YELLOW_MMHG: Final = (135, 85)
LOW_ON_DRUGS_BELOW_UMOL_L: Final = 4400
WEIGHT_GAIN_KG, WEIGHT_GAIN_DAYS = Decimal(2), 3
FASTING_HIGH_TIMES: Final = 3
FASTING_WITHIN: Final = timedelta(days=30)
HIGH_DAYS: Final = 2
RECENT: Final = timedelta(days=7)  # [D] what lies further back raises no alert of a day
MISSED_DOSES_FROM: Final = 3  # [D] within 7 days
STALE_AFTER: Final = timedelta(days=14)  # [D] a person with devices at home from whom nothing comes


def findings(facts: AlertFacts, *, now: datetime) -> tuple[Finding, ...]:
    """What is found at the local time `now`, most urgent first; readings after `now` are left out.

    A finding hides the milder one of the same kind: ≥ 160/100 the mean of 135/85, a critical value the low one.
    """
    found = {each.rule: each for rule in _RULES for each in rule(facts, now)}
    if AlertRule.HOME_MEAN_160_100 in found:
        found.pop(AlertRule.HOME_MEAN_135_85, None)
    return tuple(found[rule] for rule in AlertRule if rule in found)


def _new(facts: AlertFacts, rule: AlertRule, at: datetime, now: datetime, arrived: datetime | None = None) -> bool:
    settled = facts.settled.get(rule)
    return at <= now and (settled is None or (arrived or at) > settled)


def _newest(rule: AlertRule, found: Iterable[tuple[datetime, Text]], now: datetime) -> Iterator[Finding]:
    listed = list(found)
    if listed:
        at, words = max(listed, key=lambda pair: (pair[0], pair[1].en))
        yield Finding(rule, at, words, late=TIERS[rule] is AlertTier.RED and now - at > LATE_AFTER)


def _critical_pressure(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    limits, rule = facts.limits, AlertRule.CRITICAL_PRESSURE
    yield from _newest(
        rule,
        (
            (each.local, Text(f"血压 {sbp}/{dbp}", f"pressure {sbp}/{dbp}"))
            for each in facts.pressures
            for sbp, dbp in [(each.pressure.sbp_mmhg, each.pressure.dbp_mmhg)]
            if _new(facts, rule, each.local, now, each.arrived) and (sbp >= limits.sbp_mmhg or dbp >= limits.dbp_mmhg)
        ),
        now,
    )


def _critical(each: GlucoseFact, limits: AlertLimits) -> bool:
    extreme = each.glucose_umol_l >= limits.high_glucose_umol_l or each.glucose_umol_l <= limits.low_glucose_umol_l
    return each.flag is not None or extreme


def _critical_glucose(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.CRITICAL_GLUCOSE
    yield from _newest(
        rule,
        (
            (each.local, glucose_words(each.glucose_umol_l, each.flag, each.period or GlucosePeriod.RANDOM))
            for each in facts.glucose
            if _new(facts, rule, each.local, now, each.arrived) and _critical(each, facts.limits)
        ),
        now,
    )


def _danger_symptom(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.DANGER_SYMPTOM
    yield from _newest(rule, ((at, each.text) for at, each in facts.danger_symptoms if _new(facts, rule, at, now)), now)


def _home_mean(rule: AlertRule, limits: tuple[int, int]) -> Callable[[AlertFacts, datetime], Iterator[Finding]]:
    def found(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
        new = [
            (each.local, each.pressure)
            for each in facts.pressures
            if each.pressure.setting is Setting.HOME and _new(facts, rule, each.local, now, each.arrived)
        ]
        week = home_week(new, last_on=now.date())
        mean = week.mean
        if mean is None or not mean.usable or (mean.sbp_mmhg < limits[0] and mean.dbp_mmhg < limits[1]):
            return
        shown = f"{mean.sbp_mmhg:.1f}/{mean.dbp_mmhg:.1f}"
        at = max(local for local, _ in new)
        yield Finding(rule, at, Text(f"家庭血压均值 {shown}", f"home mean {shown}"))

    return found


def _high_two_days(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.HIGH_GLUCOSE_2_DAYS
    last: dict[date, datetime] = {}
    for each in facts.glucose:
        high = each.flag is GlucoseFlag.HI or (each.flag is None and each.glucose_umol_l >= VERY_HIGH_ABOVE_UMOL_L)
        if high and each.local >= now - RECENT and _new(facts, rule, each.local, now, each.arrived):
            last[each.local.date()] = max(each.local, last.get(each.local.date(), each.local))
    pairs = (
        (at, Text("连续两天血糖≥13.9", "glucose ≥ 13.9 on two days in a row"))
        for on, at in last.items()
        if on - timedelta(days=HIGH_DAYS - 1) in last
    )
    yield from _newest(rule, pairs, now)


def _low_on_drugs(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.LOW_GLUCOSE_ON_DRUGS
    if not facts.on_insulin_or_sulfonylurea:
        return
    yield from _newest(
        rule,
        (
            (
                each.local,
                Text(f"血糖 {each.glucose_umol_l / 1000:.1f} < 4.4", f"glucose {each.glucose_umol_l / 1000:.1f} < 4.4"),
            )
            for each in facts.glucose
            if _new(facts, rule, each.local, now, each.arrived)
            and each.local >= now - RECENT
            and not _critical(each, facts.limits)
            and each.glucose_umol_l < LOW_ON_DRUGS_BELOW_UMOL_L
        ),
        now,
    )


def _weight_gain(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.WEIGHT_GAIN
    if not facts.heart_failure:
        return
    ordered = sorted(pair for pair in facts.weights_kg if pair[0] <= now)
    gains = (
        (at, Text(f"3天内体重增加 {kg - before} kg", f"{kg - before} kg more within 3 days"))
        for at, kg in ordered
        for earlier, before in ordered
        if _new(facts, rule, at, now)
        and at >= now - RECENT
        and earlier < at
        and (at.date() - earlier.date()).days <= WEIGHT_GAIN_DAYS
        and kg - before >= WEIGHT_GAIN_KG
    )
    yield from _newest(rule, gains, now)


def _fasting_high(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule = AlertRule.FASTING_HIGH_3_TIMES
    fasting = sorted(
        (each.local, each.flag is GlucoseFlag.HI or each.glucose_umol_l >= FASTING_SATISFACTORY_BELOW_UMOL_L)
        for each in facts.glucose
        if each.period is GlucosePeriod.FASTING
        and each.flag is not GlucoseFlag.LO
        and _new(facts, rule, each.local, now, each.arrived)
        and each.local >= now - FASTING_WITHIN
    )
    days = {local.date(): high for local, high in fasting}
    latest = list(days.items())[-FASTING_HIGH_TIMES:]
    if len(latest) == FASTING_HIGH_TIMES and all(high for _, high in latest):
        words = Text("空腹血糖连续3次≥7.0", "fasting glucose ≥ 7.0 three times in a row")
        yield Finding(rule, fasting[-1][0], words)


def _missed_doses(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule, count = AlertRule.MISSED_DOSES, facts.missed_doses_7_days
    settled = facts.settled.get(rule)
    if count >= MISSED_DOSES_FROM and (settled is None or now - settled >= timedelta(days=7)):
        yield Finding(rule, now, Text(f"7天内漏服 {count} 次", f"{count} doses missed within 7 days"))


def _stale(facts: AlertFacts, now: datetime) -> Iterator[Finding]:
    rule, last = AlertRule.STALE_DATA, facts.last_data
    if last is None or now - last < STALE_AFTER:
        return
    settled = facts.settled.get(rule)
    if settled is None or now - settled >= STALE_AFTER:
        days = (now - last).days
        yield Finding(rule, now, Text(f"{days} 天无数据", f"no data for {days} days"))


_RULES: Final[tuple[Callable[[AlertFacts, datetime], Iterator[Finding]], ...]] = (
    _critical_pressure,
    _critical_glucose,
    _danger_symptom,
    _home_mean(AlertRule.HOME_MEAN_160_100, HOME_ORANGE_MMHG),
    _high_two_days,
    _low_on_drugs,
    _weight_gain,
    _home_mean(AlertRule.HOME_MEAN_135_85, HOME_YELLOW_MMHG),
    _fasting_high,
    _missed_doses,
    _stale,
)
