"""What the API gives of many readings at once: series, glucose profile, sensor summary. Glucose in mmol/L."""

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.cgm import CgmGoal, CgmGroup, CgmReport
from cmc.clinical.codes import AlertTier, GlucoseFlag, GlucosePeriod
from cmc.clinical.emergencies import CRITICAL_DBP_MMHG, CRITICAL_SBP_MMHG
from cmc.clinical.glucose import (
    RANGE_HIGH_UMOL_L,
    RANGE_LOW_UMOL_L,
    SEVERE_HYPOGLYCAEMIA_BELOW_UMOL_L,
    VERY_HIGH_ABOVE_UMOL_L,
    CgmSummary,
)
from cmc.clinical.periods import DateRange
from cmc.clinical.units import round_half_up
from cmc.core.named import NamedStr
from cmc.readings.glucose_profile import PERCENTILES, Slot, Spread
from cmc.readings.rows import GlucoseRow, PressureRow
from cmc.readings.summaries import Profiled, Sensed, Sufficiency


class SeriesOf(NamedStr):
    """What a chart draws."""

    GLUCOSE = "glucose", "血糖", "Glucose by meter"
    SENSOR = "sensor", "动态血糖", "Glucose by sensor"
    BLOOD_PRESSURE = "blood_pressure", "血压", "Blood pressure"


class SufficiencyOut(BaseModel):
    """Whether there is enough to say something, in words."""

    code: Sufficiency
    enough: bool
    zh: str
    en: str

    @classmethod
    def of(cls, found: Sufficiency) -> Self:
        return cls(code=found, enough=found is Sufficiency.ENOUGH, zh=found.text.zh, en=found.text.en)


class PointOut(BaseModel):
    """One point of a series: glucose, or the pair of a pressure."""

    id: UUID
    taken_at: datetime
    glucose_mmol_l: float | None = None
    flag: GlucoseFlag | None = None
    systolic_mmhg: int | None = None
    diastolic_mmhg: int | None = None
    alert_tier: AlertTier | None = None
    calibration_overdue: bool = Field(default=False, description="its device was due for calibration on that day")

    @classmethod
    def of_glucose(cls, row: GlucoseRow, *, overdue: bool) -> Self:
        return cls(
            id=row.id,
            calibration_overdue=overdue,
            taken_at=row.taken_at,
            glucose_mmol_l=row.glucose_umol_l / 1000,
            flag=None if row.bound is None else GlucoseFlag(row.bound),
            alert_tier=None if row.alert_tier is None else AlertTier(row.alert_tier),
        )

    @classmethod
    def of_pressure(cls, row: PressureRow, *, overdue: bool) -> Self:
        return cls(
            id=row.id,
            calibration_overdue=overdue,
            taken_at=row.taken_at,
            systolic_mmhg=row.sbp_mmhg,
            diastolic_mmhg=row.dbp_mmhg,
            alert_tier=None if row.alert_tier is None else AlertTier(row.alert_tier),
        )


class EmergencyPressureOut(BaseModel):
    """From where on either number is an emergency (HTN-EM-01): a line of the chart."""

    systolic_mmhg: int = CRITICAL_SBP_MMHG
    diastolic_mmhg: int = CRITICAL_DBP_MMHG


class RangesOut(BaseModel):
    """The ranges of sensor glucose in mmol/L; `low` and `high` themselves lie in range."""

    very_low: float = SEVERE_HYPOGLYCAEMIA_BELOW_UMOL_L / 1000
    low: float = RANGE_LOW_UMOL_L / 1000
    high: float = RANGE_HIGH_UMOL_L / 1000
    very_high: float = VERY_HIGH_ABOVE_UMOL_L / 1000


class SeriesOut(BaseModel):
    """Fewer points that show the same picture, oldest first: extremes, alarms, HI and LO are always among them."""

    of: SeriesOf
    from_on: date
    to_on: date = Field(description="not included")
    sufficiency: SufficiencyOut
    readings: int = Field(description="how many there are in the span; the points were chosen among them")
    points: list[PointOut]
    emergency: EmergencyPressureOut | None = Field(default=None, description="of a series of pressures")


class SpreadOut(BaseModel):
    """How glucose values lie. Percentiles only from 5 values on; HI and LO count at the two ends, not in the mean."""

    count: int
    days: int
    high: int = Field(description="how many HI")
    low: int = Field(description="how many LO")
    least_mmol_l: float
    greatest_mmol_l: float
    median_mmol_l: float
    mean_mmol_l: float | None = Field(description="null when all are HI or LO")
    percentiles_mmol_l: dict[int, float] | None = Field(description="5, 25, 50, 75, 95; null below 5 values")

    @classmethod
    def of(cls, spread: Spread) -> Self:
        percentiles = None
        if spread.percentiles is not None:
            percentiles = {name: value / 1000 for name, value in zip(PERCENTILES, spread.percentiles, strict=True)}
        return cls(
            count=spread.count,
            days=spread.days,
            high=spread.high,
            low=spread.low,
            least_mmol_l=spread.least / 1000,
            greatest_mmol_l=spread.greatest / 1000,
            median_mmol_l=spread.median / 1000,
            mean_mmol_l=None if spread.mean is None else round(spread.mean / 1000, 2),
            percentiles_mmol_l=percentiles,
        )


class SlotOut(BaseModel):
    """A part of the day, in minutes from local midnight."""

    from_minute: int
    to_minute: int
    spread: SpreadOut

    @classmethod
    def of(cls, slot: Slot) -> Self:
        return cls(from_minute=slot.from_minute, to_minute=slot.to_minute, spread=SpreadOut.of(slot.spread))


class SpanOut(BaseModel):
    """The local days that were looked at."""

    from_on: date
    to_on: date = Field(description="not included")
    days: int

    @classmethod
    def of(cls, span: DateRange) -> Self:
        return cls(from_on=span.start, to_on=span.end, days=span.days)


class GlucoseProfileOut(BaseModel):
    """Glucose by time of day and by period. What has no value is left out: nothing here is a zero for want of data."""

    span: SpanOut
    sufficiency: SufficiencyOut
    whole: SpreadOut | None
    slots: list[SlotOut]
    periods: dict[GlucosePeriod, SpreadOut]

    @classmethod
    def of(cls, found: Profiled, span: DateRange) -> Self:
        shown = found.profile
        return cls(
            span=SpanOut.of(span),
            sufficiency=SufficiencyOut.of(found.sufficiency),
            whole=None if shown.whole is None else SpreadOut.of(shown.whole),
            slots=[SlotOut.of(each) for each in shown.slots],
            periods={period: SpreadOut.of(spread) for period, spread in shown.periods},
        )


class CgmSharesOut(BaseModel):
    """Shares of the sensor's values in percent, mean, GMI and CV."""

    count: int
    in_range_percent: float = Field(description="3.9–10.0 mmol/L, both ends in range")
    below_percent: float
    below_3_0_percent: float
    above_percent: float
    above_13_9_percent: float
    mean_mmol_l: float
    gmi_percent: float
    cv_percent: float | None
    stable: bool | None = Field(description="CV up to 36 %; null when unknown")

    @classmethod
    def of(cls, found: CgmSummary) -> Self:
        return cls(
            count=found.count,
            in_range_percent=float(found.in_range_percent),
            below_percent=float(found.below_percent),
            below_3_0_percent=float(found.below_3_0_percent),
            above_percent=float(found.above_percent),
            above_13_9_percent=float(found.above_13_9_percent),
            mean_mmol_l=rounded(found.mean_mmol_l),
            gmi_percent=rounded(found.gmi_percent),
            cv_percent=None if found.cv_percent is None else rounded(found.cv_percent),
            stable=found.stable,
        )


class CgmSummaryOut(BaseModel):
    """A sensor over some days; every number is null when there is nothing to calculate it from."""

    span: SpanOut
    sufficiency: SufficiencyOut
    interval_minutes: int | None = None
    active_percent: float | None = Field(default=None, description="share of the time with a value, HI or LO")
    high: int | None = Field(default=None, description="how many HI")
    low: int | None = Field(default=None, description="how many LO")
    shares: CgmSharesOut | None = None
    goals_met: dict[CgmGoal, bool] = Field(default_factory=dict, description="of the group; empty without values")
    slots: list[SlotOut] = Field(description="the sensor's values by time of day; a slot without a value is left out")
    ranges: RangesOut = RangesOut()

    @classmethod
    def of(cls, found: Sensed, span: DateRange, group: CgmGroup) -> Self:
        told = {
            "span": SpanOut.of(span),
            "sufficiency": SufficiencyOut.of(found.sufficiency),
            "slots": [SlotOut.of(each) for each in found.slots],
        }
        report: CgmReport | None = found.report
        if report is None:
            return cls.model_validate(told)
        active = report.active_percent
        return cls.model_validate(
            {
                **told,
                "interval_minutes": report.interval_minutes,
                "active_percent": None if active is None else float(active),
                "high": report.high,
                "low": report.low,
                "shares": None if report.summary is None else CgmSharesOut.of(report.summary),
                "goals_met": report.met(group),
            }
        )


def rounded(value: Decimal, step: str = "0.01") -> float:
    """Return a number for JSON, rounded half-up to `step`."""
    return float(round_half_up(value, Decimal(step)))
