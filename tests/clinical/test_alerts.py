"""Alerts: what is found, by which cause, who is told when, and what it takes to close one (rules 4.6)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical import alert_timing as timing
from cmc.clinical.alert_facts import (
    TIERS,
    AlertFacts,
    AlertLimits,
    AlertRule,
    Finding,
    GlucoseFact,
    PressureFact,
)
from cmc.clinical.alert_rules import findings
from cmc.clinical.alert_timing import AlertState, CloseProblem, Level, Step
from cmc.clinical.codes import AlertTier, DangerSymptom, GlucoseFlag, GlucosePeriod, ReadingKind, Setting
from cmc.clinical.emergencies import reading_tier
from cmc.clinical.sittings import Pressure

NOW = datetime(2026, 11, 21, 12, 0)  # noqa: DTZ001 - the centre's local clock
HOUR = timedelta(hours=1)


def _g(mmol: float, ago: timedelta = HOUR, **more: Any) -> GlucoseFact:
    return GlucoseFact(NOW - ago, round(mmol * 1000), **more)


def _p(sbp: int, dbp: int, ago: timedelta = HOUR, setting: Setting = Setting.HOME, **more: Any) -> PressureFact:
    local = NOW - ago
    return PressureFact(local, Pressure(local.replace(tzinfo=UTC), sbp, dbp, setting), **more)


def _week(sbp: int, dbp: int, days: int = 5) -> list[PressureFact]:
    agos = [
        timedelta(days=day, hours=hour, minutes=minute) for day in range(days) for hour in (3, 5) for minute in (0, 1)
    ]
    return [_p(sbp, dbp, ago) for ago in agos]


def _fasting(*mmol: float) -> list[GlucoseFact]:
    return [_g(each, timedelta(days=index, hours=5), period=GlucosePeriod.FASTING) for index, each in enumerate(mmol)]


def _days(count: int) -> timedelta:
    return timedelta(days=count)


ALERTS: list[tuple[str, AlertFacts, list[str]]] = [
    ("red-sbp-180", AlertFacts(pressures=[_p(180, 80)]), ["critical_pressure"]),
    ("red-dbp-110", AlertFacts(pressures=[_p(150, 110)]), ["critical_pressure"]),
    ("not-red-179-109", AlertFacts(pressures=[_p(179, 109)]), []),
    ("red-in-the-clinic", AlertFacts(pressures=[_p(190, 80, setting=Setting.OFFICE)]), ["critical_pressure"]),
    ("red-16.7", AlertFacts(glucose=[_g(16.7)]), ["critical_glucose"]),
    ("not-red-16.6", AlertFacts(glucose=[_g(16.6)]), []),
    ("red-3.9", AlertFacts(glucose=[_g(3.9)]), ["critical_glucose"]),
    ("not-red-4.0", AlertFacts(glucose=[_g(4.0)]), []),
    ("red-HI", AlertFacts(glucose=[_g(33.3, flag=GlucoseFlag.HI)]), ["critical_glucose"]),
    ("red-LO", AlertFacts(glucose=[_g(1.1, flag=GlucoseFlag.LO)]), ["critical_glucose"]),
    ("red-danger", AlertFacts(danger_symptoms=[(NOW - HOUR, DangerSymptom.CHEST_TIGHTNESS)]), ["danger_symptom"]),
    ("orange-home-160", AlertFacts(pressures=_week(160, 90)), ["home_mean_160_100"]),
    ("orange-home-100", AlertFacts(pressures=_week(140, 100)), ["home_mean_160_100"]),
    ("yellow-home-135", AlertFacts(pressures=_week(135, 80)), ["home_mean_135_85"]),
    ("yellow-home-85", AlertFacts(pressures=_week(130, 85)), ["home_mean_135_85"]),
    ("not-yellow-134-84", AlertFacts(pressures=_week(134, 84)), []),
    ("too-few-for-a-mean", AlertFacts(pressures=_week(170, 90, days=2)), []),
    ("orange-13.9-two-days", AlertFacts(glucose=[_g(13.9), _g(14.5, _days(1))]), ["high_glucose_2_days"]),
    ("one-day-13.9", AlertFacts(glucose=[_g(13.9), _g(14.5)]), []),
    ("not-two-days-in-a-row", AlertFacts(glucose=[_g(13.9), _g(14.5, _days(2))]), []),
    ("orange-4.3-on-insulin", AlertFacts(glucose=[_g(4.3)], on_insulin_or_sulfonylurea=True), ["low_glucose_on_drugs"]),
    ("4.4-on-insulin", AlertFacts(glucose=[_g(4.4)], on_insulin_or_sulfonylurea=True), []),
    ("4.3-without-such-drugs", AlertFacts(glucose=[_g(4.3)]), []),
    (
        "3.9-on-insulin-is-red-only",
        AlertFacts(glucose=[_g(3.9)], on_insulin_or_sulfonylurea=True),
        ["critical_glucose"],
    ),
    (
        "orange-weight",
        AlertFacts(weights_kg=[(NOW - _days(3), Decimal("70.0")), (NOW, Decimal("72.0"))], heart_failure=True),
        ["weight_gain"],
    ),
    (
        "weight-in-four-days",
        AlertFacts(weights_kg=[(NOW - _days(4), Decimal("70.0")), (NOW, Decimal("72.0"))], heart_failure=True),
        [],
    ),
    ("weight-without-heart-failure", AlertFacts(weights_kg=[(NOW - _days(3), Decimal(70)), (NOW, Decimal(72))]), []),
    ("yellow-fasting", AlertFacts(glucose=_fasting(7.0, 7.4, 8.0)), ["fasting_high_3_times"]),
    ("fasting-with-one-good-between", AlertFacts(glucose=_fasting(7.4, 6.9, 8.0, 8.0)), []),
    ("fasting-twice", AlertFacts(glucose=_fasting(7.4, 8.0)), []),
    (
        "not-fasting",
        AlertFacts(glucose=[_g(8.0, _days(day), period=GlucosePeriod.BEFORE_LUNCH) for day in range(3)]),
        [],
    ),
    ("yellow-doses", AlertFacts(missed_doses_7_days=3), ["missed_doses"]),
    ("two-doses", AlertFacts(missed_doses_7_days=2), []),
    ("yellow-stale", AlertFacts(last_data=NOW - _days(14)), ["stale_data"]),
    ("not-stale", AlertFacts(last_data=NOW - _days(13)), []),
    ("nobody-sends", AlertFacts(), []),
    ("after-now", AlertFacts(glucose=[_g(20, -HOUR)]), []),
]


@pytest.mark.parametrize(("facts", "rules"), [each[1:] for each in ALERTS], ids=[each[0] for each in ALERTS])
def test_the_table_of_alerts(facts: AlertFacts, rules: list[str]) -> None:
    assert [each.rule.value for each in findings(facts, now=NOW)] == rules


def test_every_rule_has_a_tier_and_the_most_urgent_comes_first() -> None:
    assert set(TIERS) == set(AlertRule)
    facts = AlertFacts(glucose=[*_fasting(7.0, 7.4, 8.0), _g(17.0)], missed_doses_7_days=5, pressures=_week(165, 90))
    assert [each.tier for each in findings(facts, now=NOW)] == [
        AlertTier.RED,
        AlertTier.ORANGE,
        AlertTier.YELLOW,
        AlertTier.YELLOW,
    ]


@given(st.integers(500, 40000), st.sampled_from([None, *GlucoseFlag]))
def test_an_alert_is_red_exactly_when_the_stored_tier_of_the_reading_is(umol_l: int, flag: GlucoseFlag | None) -> None:
    found = findings(AlertFacts(glucose=[GlucoseFact(NOW, umol_l, flag=flag)]), now=NOW)
    red = [each for each in found if each.tier is AlertTier.RED]
    assert bool(red) == (reading_tier(glucose_umol_l=umol_l, glucose_flag=flag) is AlertTier.RED)


_READINGS = st.lists(
    st.builds(
        GlucoseFact,
        st.integers(0, 60 * 24 * 40).map(lambda minutes: NOW - timedelta(minutes=minutes)),
        st.integers(1000, 33000),
        st.sampled_from([None, *GlucosePeriod]),
        st.sampled_from([None, None, None, *GlucoseFlag]),
    ),
    max_size=15,
)
_PRESSURES = st.lists(
    st.builds(_p, st.integers(90, 200), st.integers(50, 85), st.integers(0, 900).map(lambda hours: hours * HOUR)),
    max_size=20,
)


@given(_READINGS, _READINGS, _PRESSURES, st.booleans())
def test_more_readings_never_hide_a_critical_one(
    some: list[GlucoseFact], more: list[GlucoseFact], pressures: list[PressureFact], drugs: bool
) -> None:
    few = AlertFacts(glucose=some, on_insulin_or_sulfonylurea=drugs)
    many = AlertFacts(glucose=[*some, *more], pressures=pressures, on_insulin_or_sulfonylurea=drugs)
    red = {each.rule for each in findings(few, now=NOW) if each.tier is AlertTier.RED}
    assert red <= {each.rule for each in findings(many, now=NOW) if each.tier is AlertTier.RED}


@given(_READINGS, _PRESSURES, st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(
    glucose: list[GlucoseFact], pressures: list[PressureFact], random: Any
) -> None:
    shuffled_glucose, shuffled_pressures = list(glucose), list(pressures)
    random.shuffle(shuffled_glucose)
    random.shuffle(shuffled_pressures)
    shuffled = AlertFacts(glucose=shuffled_glucose, pressures=shuffled_pressures)
    assert findings(shuffled, now=NOW) == findings(AlertFacts(glucose=glucose, pressures=pressures), now=NOW)


def test_a_personal_limit_may_be_stricter_and_never_looser() -> None:
    facts = AlertFacts(pressures=[_p(172, 80)], limits=AlertLimits(sbp_mmhg=170))
    assert [each.rule for each in findings(facts, now=NOW)] == [AlertRule.CRITICAL_PRESSURE]
    for looser in ({"sbp_mmhg": 181}, {"dbp_mmhg": 111}, {"high_glucose_umol_l": 16701}, {"low_glucose_umol_l": 3899}):
        with pytest.raises(ValueError, match="never looser"):
            AlertLimits(**looser)


def test_what_arrived_before_the_last_alert_was_closed_is_answered_and_what_arrives_later_is_not() -> None:
    settled = {AlertRule.CRITICAL_GLUCOSE: NOW - HOUR}
    answered = _g(17.0, 2 * HOUR, arrived=NOW - 2 * HOUR)
    late = _g(17.0, 3 * HOUR, arrived=NOW)
    assert findings(AlertFacts(glucose=[answered], settled=settled), now=NOW) == ()
    (found,) = findings(AlertFacts(glucose=[answered, late], settled=settled), now=NOW)
    assert found.at == late.local


@pytest.mark.parametrize(("arrived", "found"), [(-1, 0), (0, 0), (1, 1)])
def test_what_arrived_in_the_moment_of_closing_is_answered(arrived: int, found: int) -> None:
    closed = NOW - HOUR
    late = _g(17.0, arrived=closed + timedelta(seconds=arrived))
    facts = AlertFacts(glucose=[late], settled={AlertRule.CRITICAL_GLUCOSE: closed})
    assert len(findings(facts, now=NOW)) == found


@pytest.mark.parametrize(
    ("ago", "tier"), [(_days(3), AlertTier.RED), (_days(3) + HOUR, AlertTier.YELLOW), (_days(90), AlertTier.YELLOW)]
)
def test_a_critical_value_that_comes_days_late_is_no_alarm_of_now(ago: timedelta, tier: AlertTier) -> None:
    (found,) = findings(AlertFacts(glucose=[_g(20.0, ago, arrived=NOW)]), now=NOW)
    assert found.tier is tier


def test_the_same_facts_give_the_same_cause_and_another_reading_another_one() -> None:
    (first,), (again,) = (findings(AlertFacts(glucose=[_g(17.0)]), now=NOW + HOUR * shift) for shift in (0, 1))
    (other,) = findings(AlertFacts(glucose=[_g(17.0, timedelta(0))]), now=NOW)
    assert first.cause == again.cause == "critical_glucose:2026-11-21T11:00:00"
    assert other.cause != first.cause


RAISED = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def _alert(tier: AlertTier = AlertTier.RED, **more: Any) -> AlertState:
    return AlertState(AlertRule.CRITICAL_GLUCOSE, tier, "critical_glucose:2026-11-21T11:00:00", RAISED, **more)


def test_one_cause_is_raised_once() -> None:
    (found,) = findings(AlertFacts(glucose=[_g(17.0)]), now=NOW)
    newer: Finding = replace(found, at=NOW)
    assert timing.step_of(found, []) is Step.RAISE
    assert timing.step_of(found, [_alert()]) is Step.NOTHING
    assert timing.step_of(newer, [_alert()]) is Step.JOIN
    assert timing.step_of(found, [_alert(closed_at=RAISED)]) is Step.NOTHING
    assert timing.step_of(newer, [_alert(closed_at=RAISED)]) is Step.RAISE


def test_a_further_red_is_not_swallowed_by_an_alert_that_somebody_acknowledged_or_that_was_milder() -> None:
    (found,) = findings(AlertFacts(glucose=[_g(17.0, timedelta(0))]), now=NOW)
    late = replace(found, late=True)
    assert timing.step_of(found, [_alert(acknowledged_at=RAISED)]) is Step.AGAIN
    assert timing.step_of(found, [_alert(AlertTier.YELLOW)]) is Step.AGAIN
    assert timing.step_of(late, [_alert(acknowledged_at=RAISED)]) is Step.JOIN
    assert timing.step_of(late, [_alert(AlertTier.YELLOW)]) is Step.JOIN


@pytest.mark.parametrize(("kind", "minutes"), [(ReadingKind.BLOOD_PRESSURE, 5), (ReadingKind.GLUCOSE, 0)])
def test_a_critical_reading_from_home_is_repeated(kind: ReadingKind, minutes: int) -> None:
    assert timing.repeat_from(kind, RAISED) == RAISED + minutes * MINUTE


MINUTE = timedelta(minutes=1)
TOLD = [
    (AlertTier.RED, 0 * MINUTE, []),
    (AlertTier.RED, 29 * MINUTE, []),
    (AlertTier.RED, 30 * MINUTE, [Level.MANAGER]),
    (AlertTier.RED, 60 * MINUTE, [Level.MANAGER, Level.DISTRICT]),
    (AlertTier.ORANGE, 23 * HOUR, []),
    (AlertTier.ORANGE, 24 * HOUR, [Level.MANAGER]),
    (AlertTier.ORANGE, 48 * HOUR, [Level.MANAGER, Level.DISTRICT]),
    (AlertTier.YELLOW, _days(6), []),
    (AlertTier.YELLOW, _days(7), [Level.MANAGER]),
    (AlertTier.YELLOW, _days(14), [Level.MANAGER, Level.DISTRICT]),
]


@pytest.mark.parametrize(("tier", "waited", "levels"), TOLD)
def test_an_alert_that_nobody_acknowledges_climbs(tier: AlertTier, waited: timedelta, levels: list[Level]) -> None:
    assert list(timing.to_tell(_alert(tier), now=RAISED + waited)) == levels
    assert timing.to_tell(_alert(tier, acknowledged_at=RAISED), now=RAISED + waited) == ()


@pytest.mark.parametrize(
    ("tier", "act"), [(AlertTier.RED, 2 * HOUR), (AlertTier.ORANGE, 24 * HOUR), (AlertTier.YELLOW, _days(7))]
)
def test_who_acknowledges_and_does_nothing_sees_it_again(tier: AlertTier, act: timedelta) -> None:
    alert = _alert(tier, acknowledged_at=RAISED)
    assert not timing.raised_again(alert, now=RAISED + act - MINUTE)
    assert timing.raised_again(alert, now=RAISED + act)
    assert not timing.raised_again(replace(alert, closed_at=RAISED), now=RAISED + act)
    assert timing.next_look(alert) == RAISED + act


@given(st.sampled_from(AlertTier), st.integers(0, 30 * 24 * 60), st.sets(st.sampled_from(Level)), st.booleans())
def test_nothing_changes_before_the_next_look(
    tier: AlertTier, minutes: int, told: set[Level], acknowledged: bool
) -> None:
    alert = _alert(tier, told=frozenset(told), acknowledged_at=RAISED if acknowledged else None)
    look, now = timing.next_look(alert), RAISED + minutes * MINUTE
    if look is None or now < look:
        assert timing.to_tell(alert, now=now) == ()
        assert not timing.raised_again(alert, now=now)
    else:
        assert timing.to_tell(alert, now=now) or timing.raised_again(alert, now=now)


@pytest.mark.parametrize(
    ("reader", "action", "after", "problems"),
    [
        ("王医生", "phoned, repeated 9.1", MINUTE, []),
        ("", "phoned", MINUTE, [CloseProblem.NO_READER]),
        ("王医生", "  ", MINUTE, [CloseProblem.NO_ACTION]),
        ("王医生", "phoned", -MINUTE, [CloseProblem.BEFORE_RAISED]),
        ("", "", -MINUTE, [CloseProblem.NO_READER, CloseProblem.NO_ACTION, CloseProblem.BEFORE_RAISED]),
    ],
)
def test_an_alert_is_closed_with_reader_time_and_action(
    reader: str, action: str, after: timedelta, problems: list[CloseProblem]
) -> None:
    assert list(timing.close_problems(_alert(), reader=reader, action=action, at=RAISED + after)) == problems
    closed = _alert(closed_at=RAISED)
    assert CloseProblem.CLOSED in timing.close_problems(closed, reader=reader, action=action, at=RAISED + after)


def test_htn_em_05_a_red_alert_is_checked_within_two_weeks() -> None:
    assert timing.check_by(AlertTier.RED, date(2026, 11, 21)) == date(2026, 12, 5)
    assert timing.check_by(AlertTier.ORANGE, date(2026, 11, 21)) is None


@pytest.mark.parametrize(("count", "apart", "bundled"), [(20, 1, False), (21, 1, True), (40, 60, False)])
def test_in_a_storm_messages_are_bundled(count: int, apart: int, bundled: bool) -> None:
    raised = [RAISED - index * timedelta(seconds=apart) for index in range(count)]
    assert timing.storm(raised, now=RAISED) is bundled
