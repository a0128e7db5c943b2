"""What was found, and about whom: the form in which every way of finding hands over to the one way of raising. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cmc.clinical.alert_facts import AlertFacts, AlertRule, Finding, GlucoseFact, PressureFact
from cmc.clinical.alert_rules import findings
from cmc.clinical.codes import GlucoseFlag, GlucosePeriod, Setting
from cmc.clinical.sittings import Pressure
from cmc.core.clock import LOCAL
from cmc.core.ids import derived_id
from cmc.core.text import Text


@dataclass(frozen=True, slots=True)
class Found:
    """A finding about a person or a thing. `at` is the reading's own instant, `key` what it is raised once for."""

    finding: Finding
    at: datetime
    arrived_at: datetime
    key: str
    patient_id: UUID | None = None
    thing_id: UUID | None = None
    clinic_id: UUID | None = None

    @property
    def subject(self) -> UUID:
        """The id of who or what it is about."""
        found = self.patient_id or self.thing_id
        if found is None:
            raise ValueError("a finding needs a person or a thing")
        return found

    @property
    def cause_id(self) -> UUID:
        """The id of its cause, the same on every machine and for ever."""
        return _cause(self.subject, self.key)


def cause_of(patient_id: UUID, rule: AlertRule, taken_at: datetime) -> UUID:
    """Return the id of the cause that a critical reading of this instant is."""
    return _cause(patient_id, key_of(rule, taken_at))


def _cause(subject: UUID, key: str) -> UUID:
    return derived_id("alert-cause", "1", str(subject), key)


def local(at: datetime) -> datetime:
    """The clock of the centre at an instant, naive, as the rules take it."""
    return at.astimezone(LOCAL).replace(tzinfo=None)


def instant(at: datetime) -> datetime:
    """The instant at which the centre's clock shows `at`."""
    return at.replace(tzinfo=LOCAL)


class Count(NamedTuple):
    """How many alerts of a clinic, tier and state; `escalated` of them went beyond the clinic, to the district."""

    clinic_id: UUID | None
    tier: str
    status: str
    alerts: int
    escalated: int
    oldest_raised_at: datetime


@dataclass(frozen=True, slots=True)
class Measurement:
    """One stored reading as the rules need it: µmol/L or mmHg."""

    kind: str
    taken_at: datetime
    arrived_at: datetime
    setting: str
    period: str | None
    glucose_umol_l: int | None
    bound: str | None
    sbp_mmhg: int | None
    dbp_mmhg: int | None

    def pressure_fact(self, *, seen_at: datetime | None = None) -> PressureFact:
        """The reading as a blood pressure; `seen_at` stands for its own time when that lies ahead."""
        at = local(seen_at or self.taken_at)
        sbp, dbp = self.sbp_mmhg or 0, self.dbp_mmhg or 0
        return PressureFact(at, Pressure(self.taken_at, sbp, dbp, Setting(self.setting)), local(self.arrived_at))

    def glucose_fact(self, *, seen_at: datetime | None = None) -> GlucoseFact:
        """The reading as a glucose value."""
        period = GlucosePeriod(self.period) if self.period else None
        flag = GlucoseFlag(self.bound) if self.bound else None
        at = local(seen_at or self.taken_at)
        return GlucoseFact(at, self.glucose_umol_l or 0, period, flag, local(self.arrived_at))


def of_reading(one: Measurement, *, patient_id: UUID, now: datetime) -> list[Found]:
    """What a single reading raises by the limits of the programme: at most one RED, or YELLOW when it is days late.

    A clock that is ahead hides nothing: such a reading is judged as if taken now.
    """
    seen_at = min(one.taken_at, now)
    if one.sbp_mmhg is not None:
        facts = AlertFacts(pressures=[one.pressure_fact(seen_at=seen_at)])
    else:
        facts = AlertFacts(glucose=[one.glucose_fact(seen_at=seen_at)])
    return [
        Found(each, one.taken_at, one.arrived_at, key_of(each.rule, one.taken_at), patient_id=patient_id)
        for each in findings(facts, now=local(now))
        if each.rule in {AlertRule.CRITICAL_PRESSURE, AlertRule.CRITICAL_GLUCOSE}
    ]


def of_finding(finding: Finding, *, patient_id: UUID, arrived_at: datetime) -> Found:
    """What the rules found in a person's facts."""
    return Found(finding, instant(finding.at), arrived_at, finding.cause, patient_id=patient_id)


def key_of(rule: AlertRule, taken_at: datetime) -> str:
    """The cause of a critical reading: its rule and its own moment, as `Finding.cause` spells it."""
    return Finding(rule, local(taken_at), Text("", "")).cause
