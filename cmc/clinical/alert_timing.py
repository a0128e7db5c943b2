"""What happens to an alert in time: joined, raised, raised again, escalated, closed. Pure; times are aware instants.

A RED alert is acknowledged by a doctor within 30 minutes, else the clinic's manager is told, and the district half an
hour later. Who acknowledges promises to act: without an action the alert is raised again. It is closed only with a
named reader, a time and what was done (4.6). A RED alert is followed by a check within 14 days (HTN-EM-05).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cmc.clinical.alert_facts import AlertRule, Finding
from cmc.clinical.codes import AlertTier, ReadingKind
from cmc.core.named import NamedStr

CHECK_WITHIN_DAYS: Final = 14  # HTN-EM-05
STORM_ALERTS, STORM_WINDOW = 20, timedelta(minutes=10)  # [D]
REPEAT_PRESSURE_AFTER: Final = timedelta(minutes=5)  # 4.6


class Level(NamedStr):
    """Who is told."""

    CLINIC = "clinic", "机构", "Clinic"
    MANAGER = "manager", "机构负责人", "Clinic manager"
    DISTRICT = "district", "区级督导", "District"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`manager`, `district`: told after so long without acknowledgement. `act`: raised again so long after it."""

    manager: timedelta
    district: timedelta
    act: timedelta


DEADLINES: Final[Mapping[AlertTier, Deadlines]] = {
    AlertTier.RED: Deadlines(timedelta(minutes=30), timedelta(minutes=60), timedelta(hours=2)),
    AlertTier.ORANGE: Deadlines(timedelta(hours=24), timedelta(hours=48), timedelta(hours=24)),
    AlertTier.YELLOW: Deadlines(timedelta(days=7), timedelta(days=14), timedelta(days=7)),
}


@dataclass(frozen=True, slots=True)
class AlertState:
    """An alert as far as time is concerned.

    `raised_at` is that of the last raising, `cause` that of the newest finding it took in.
    """

    rule: AlertRule
    tier: AlertTier
    cause: str
    raised_at: datetime
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    told: frozenset[Level] = frozenset({Level.CLINIC})


class Step(NamedStr):
    """What a finding does."""

    RAISE = "raise", "新建", "Raise"
    JOIN = "join", "并入", "Join the open alert"
    AGAIN = "again", "再次报警", "Join the open alert and raise it again"
    NOTHING = "nothing", "不处理", "Nothing"


def step_of(finding: Finding, alerts: Iterable[AlertState]) -> Step:
    """What a finding does to a person's alerts: an open one of its rule takes it in, no cause is raised twice.

    The open alert is raised again when the finding is more urgent than it, or when a further RED comes after somebody
    has acknowledged the one before: who acknowledged has not seen this one.
    """
    of_rule = [each for each in alerts if each.rule is finding.rule]
    if any(each.cause == finding.cause for each in of_rule):
        return Step.NOTHING
    still_open = [each for each in of_rule if each.closed_at is None]
    if not still_open:
        return Step.RAISE
    unseen = finding.tier is AlertTier.RED and all(each.acknowledged_at is not None for each in still_open)
    worse = all(_urgency(finding.tier) > _urgency(each.tier) for each in still_open)
    return Step.AGAIN if unseen or worse else Step.JOIN


def _urgency(tier: AlertTier) -> int:
    return -list(AlertTier).index(tier)


def to_tell(alert: AlertState, *, now: datetime) -> tuple[Level, ...]:
    """Who is to be told now and was not, lowest first; nobody more once it is acknowledged or closed."""
    if alert.acknowledged_at is not None or alert.closed_at is not None:
        return ()
    limits, waited = DEADLINES[alert.tier], now - alert.raised_at
    due = {Level.CLINIC: True, Level.MANAGER: waited >= limits.manager, Level.DISTRICT: waited >= limits.district}
    return tuple(level for level, late in due.items() if late and level not in alert.told)


def raised_again(alert: AlertState, *, now: datetime) -> bool:
    """Whether an acknowledged alert is raised again, because nothing was done."""
    if alert.acknowledged_at is None or alert.closed_at is not None:
        return False
    return now - alert.acknowledged_at >= DEADLINES[alert.tier].act


def next_look(alert: AlertState) -> datetime | None:
    """When time alone will change something next; None for a closed alert, or when everybody has been told."""
    limits = DEADLINES[alert.tier]
    if alert.closed_at is not None:
        return None
    if alert.acknowledged_at is not None:
        return alert.acknowledged_at + limits.act
    waits = {Level.CLINIC: timedelta(0), Level.MANAGER: limits.manager, Level.DISTRICT: limits.district}
    open_waits = [wait for level, wait in waits.items() if level not in alert.told]
    return alert.raised_at + min(open_waits) if open_waits else None


class CloseProblem(NamedStr):
    """Why an alert cannot be closed."""

    NO_READER = "no_reader", "缺少处理人", "Nobody is named"
    NO_ACTION = "no_action", "缺少处理措施", "Nothing was done, or no reason is given"
    BEFORE_RAISED = "before_raised", "早于报警时间", "Before it was raised"
    CLOSED = "closed", "已关闭", "Closed already"


def close_problems(alert: AlertState, *, reader: str, action: str, at: datetime) -> tuple[CloseProblem, ...]:
    """What is missing to close an alert (4.6): a named reader, a time after it was raised, an action or a reason."""
    problems = {
        CloseProblem.NO_READER: not reader.strip(),
        CloseProblem.NO_ACTION: not action.strip(),
        CloseProblem.BEFORE_RAISED: at < alert.raised_at,
        CloseProblem.CLOSED: alert.closed_at is not None,
    }
    return tuple(each for each, found in problems.items() if found)


def repeat_from(kind: ReadingKind, taken_at: datetime) -> datetime:
    """From when a critical reading sent from home is repeated (4.6): pressure after 5 minutes, glucose at once."""
    return taken_at + (REPEAT_PRESSURE_AFTER if kind is ReadingKind.BLOOD_PRESSURE else timedelta(0))


def check_by(tier: AlertTier, closed_on: date) -> date | None:
    """The day by which a closed RED alert is checked (HTN-EM-05); None for the others."""
    return closed_on + timedelta(days=CHECK_WITHIN_DAYS) if tier is AlertTier.RED else None


def storm(raised: Iterable[datetime], *, now: datetime) -> bool:
    """Whether one sender raised so many alerts that messages are bundled into one: more than 20 within 10 minutes.

    Every alert is still raised and shown; only the messages are joined, so that no single one drowns.
    """
    return sum(now - STORM_WINDOW < at <= now for at in raised) > STORM_ALERTS
