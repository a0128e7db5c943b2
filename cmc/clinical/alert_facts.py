"""What the alert rules (4.6) look at and what they find: rules, tiers, limits of a person, facts, findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from cmc.clinical.codes import AlertTier, DangerSymptom, GlucoseFlag, GlucosePeriod
from cmc.clinical.emergencies import (
    CRITICAL_DBP_MMHG,
    CRITICAL_HIGH_GLUCOSE_UMOL_L,
    CRITICAL_LOW_GLUCOSE_UMOL_L,
    CRITICAL_SBP_MMHG,
)
from cmc.clinical.sittings import Pressure
from cmc.core.named import NamedStr
from cmc.core.text import Text

LATE_AFTER: Final = timedelta(days=3)  # [D] a critical value that is older when it is looked at is no longer "now"


class AlertRule(NamedStr):
    """The rules; the value is stored with an alert."""

    CRITICAL_PRESSURE = "critical_pressure", "血压危急值", "Critical blood pressure"
    CRITICAL_GLUCOSE = "critical_glucose", "血糖危急值", "Critical glucose"
    DANGER_SYMPTOM = "danger_symptom", "危险症状", "Danger symptoms"
    HOME_MEAN_160_100 = "home_mean_160_100", "家庭血压均值≥160/100", "Home mean ≥ 160/100"
    HIGH_GLUCOSE_2_DAYS = "high_glucose_2_days", "连续两天血糖≥13.9", "Glucose ≥ 13.9 on two days"
    LOW_GLUCOSE_ON_DRUGS = (
        "low_glucose_on_drugs",
        "使用胰岛素或促泌剂时血糖<4.4",
        "Glucose < 4.4 on insulin or sulfonylurea",
    )
    WEIGHT_GAIN = "weight_gain", "心衰患者3天体重增加≥2公斤", "Heart failure: 2 kg more within 3 days"
    HOME_MEAN_135_85 = "home_mean_135_85", "家庭血压均值≥135/85", "Home mean ≥ 135/85"
    FASTING_HIGH_3_TIMES = "fasting_high_3_times", "空腹血糖连续3次≥7.0", "Fasting glucose ≥ 7.0 three times"
    MISSED_DOSES = "missed_doses", "漏服药物", "Missed doses"
    STALE_DATA = "stale_data", "长时间无数据", "No data for long"
    UNCONFIRMED_VALUE = "unconfirmed_value", "危急值待核实", "A critical value that is not confirmed"
    SILENT_GATEWAY = "silent_gateway", "网关离线", "A gateway is silent"


TIERS: Final[Mapping[AlertRule, AlertTier]] = {
    AlertRule.CRITICAL_PRESSURE: AlertTier.RED,
    AlertRule.CRITICAL_GLUCOSE: AlertTier.RED,
    AlertRule.DANGER_SYMPTOM: AlertTier.RED,
    AlertRule.HOME_MEAN_160_100: AlertTier.ORANGE,
    AlertRule.HIGH_GLUCOSE_2_DAYS: AlertTier.ORANGE,
    AlertRule.LOW_GLUCOSE_ON_DRUGS: AlertTier.ORANGE,
    AlertRule.WEIGHT_GAIN: AlertTier.ORANGE,
    AlertRule.HOME_MEAN_135_85: AlertTier.YELLOW,
    AlertRule.FASTING_HIGH_3_TIMES: AlertTier.YELLOW,
    AlertRule.MISSED_DOSES: AlertTier.YELLOW,
    AlertRule.STALE_DATA: AlertTier.YELLOW,
    AlertRule.UNCONFIRMED_VALUE: AlertTier.RED,
    AlertRule.SILENT_GATEWAY: AlertTier.ORANGE,
}
CRITICAL_VALUES: Final = frozenset({AlertRule.CRITICAL_PRESSURE, AlertRule.CRITICAL_GLUCOSE})
"""Rules of a single reading: a contact with the person answers them, and they stand on the work-list."""
ANSWERED_AFTER: Final = timedelta(days=14)
"""A critical reading that is older when it arrives raises nothing: the 2-week check is past [D]."""


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """One person's limits of RED. Raises ValueError when a limit would let a critical value of the programme pass."""

    sbp_mmhg: int = CRITICAL_SBP_MMHG
    dbp_mmhg: int = CRITICAL_DBP_MMHG
    high_glucose_umol_l: int = CRITICAL_HIGH_GLUCOSE_UMOL_L
    low_glucose_umol_l: int = CRITICAL_LOW_GLUCOSE_UMOL_L

    def __post_init__(self) -> None:
        looser = (
            self.sbp_mmhg > CRITICAL_SBP_MMHG
            or self.dbp_mmhg > CRITICAL_DBP_MMHG
            or self.high_glucose_umol_l > CRITICAL_HIGH_GLUCOSE_UMOL_L
            or self.low_glucose_umol_l < CRITICAL_LOW_GLUCOSE_UMOL_L
        )
        if looser:
            raise ValueError("a personal limit may be stricter than the critical value, never looser")


@dataclass(frozen=True, slots=True)
class GlucoseFact:
    """A glucose value by the local clock, µmol/L; with a flag it is a bound. `arrived`: None is when it was taken."""

    local: datetime
    glucose_umol_l: int
    period: GlucosePeriod | None = None
    flag: GlucoseFlag | None = None
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True)
class PressureFact:
    """A blood pressure by the local clock. `arrived`: None is when it was taken."""

    local: datetime
    pressure: Pressure
    arrived: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What the rules look at, of one person; all times are naive, by the clock of the centre.

    `settled`: per rule, when its last alert was closed: what had arrived by then is answered, what arrives later is
    not, however old. `last_data`: the newest reading of a person who has devices at home, None for one who has none.
    """

    glucose: Sequence[GlucoseFact] = ()
    pressures: Sequence[PressureFact] = ()
    weights_kg: Sequence[tuple[datetime, Decimal]] = ()
    danger_symptoms: Sequence[tuple[datetime, DangerSymptom]] = ()
    on_insulin_or_sulfonylurea: bool = False
    heart_failure: bool = False
    missed_doses_7_days: int = 0
    last_data: datetime | None = None
    limits: AlertLimits = field(default_factory=AlertLimits)
    settled: Mapping[AlertRule, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is met. `at` is the newest moment behind it; `late`: it was older than 3 days when it was found."""

    rule: AlertRule
    at: datetime
    words: Text
    late: bool = False

    @property
    def tier(self) -> AlertTier:
        """How urgent it is; a critical value that comes days late is looked at within 7 days, it is not "now"."""
        return AlertTier.YELLOW if self.late else TIERS[self.rule]

    @property
    def cause(self) -> str:
        """What is raised once: the rule with the moment of a critical value, with the local day of any other."""
        red = TIERS[self.rule] is AlertTier.RED
        return f"{self.rule.value}:{self.at.isoformat() if red else self.at.date().isoformat()}"
