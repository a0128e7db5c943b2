"""What the API gives of blood pressures over some days: by sittings, at home, and the home week. Values in mmHg."""

from datetime import date
from typing import Self

from pydantic import BaseModel, Field

from cmc.clinical.blood_pressure import HomeMean
from cmc.clinical.codes import Setting
from cmc.clinical.home_week import DayPart, HomeWeek
from cmc.clinical.periods import DateRange
from cmc.readings.pressure_summary import Limb, PressureSpread
from cmc.readings.summaries import Pressed
from cmc.readings.summary_schemas import SpanOut, SufficiencyOut, rounded


class LimbOut(BaseModel):
    """One of the two numbers of the sittings."""

    mean_mmhg: float
    sd_mmhg: float | None = Field(description="null for a single sitting")
    least_mmhg: int
    greatest_mmhg: int

    @classmethod
    def of(cls, limb: Limb) -> Self:
        return cls(
            mean_mmhg=rounded(limb.mean_mmhg, "0.1"),
            sd_mmhg=None if limb.sd_mmhg is None else float(limb.sd_mmhg),
            least_mmhg=limb.least_mmhg,
            greatest_mmhg=limb.greatest_mmhg,
        )


class PressureSpreadOut(BaseModel):
    """Pressures of one setting or part of the day; what is counted is the sitting (BP-03)."""

    sittings: int
    readings: int
    days: int
    systolic: LimbOut
    diastolic: LimbOut
    pulse_bpm: float | None
    elevated: int = Field(description="sittings at or above the limit of their setting: home 135/85, office 140/90")
    elevated_percent: float
    critical: int
    irregular_pulse: int

    @classmethod
    def of(cls, spread: PressureSpread) -> Self:
        return cls(
            sittings=spread.sittings,
            readings=spread.readings,
            days=spread.days,
            systolic=LimbOut.of(spread.sbp),
            diastolic=LimbOut.of(spread.dbp),
            pulse_bpm=None if spread.pulse_bpm is None else rounded(spread.pulse_bpm, "0.1"),
            elevated=spread.elevated,
            elevated_percent=float(spread.elevated_percent),
            critical=spread.critical,
            irregular_pulse=spread.irregular,
        )


class HomeMeanOut(BaseModel):
    """A mean of home readings; `usable` from 3 days and 12 readings on (HTN-DX-02)."""

    days: int
    count: int
    systolic_mmhg: float
    diastolic_mmhg: float
    usable: bool

    @classmethod
    def of(cls, mean: HomeMean | None) -> Self | None:
        if mean is None:
            return None
        return cls(
            days=mean.days,
            count=mean.count,
            systolic_mmhg=rounded(mean.sbp_mmhg, "0.1"),
            diastolic_mmhg=rounded(mean.dbp_mmhg, "0.1"),
            usable=mean.usable,
        )


class HomeWeekOut(BaseModel):
    """The seven days that end with the span (BP-04); it informs decisions and never the statutory indicator."""

    first_on: date
    last_on: date
    mean: HomeMeanOut | None
    morning: HomeMeanOut | None
    evening: HomeMeanOut | None
    first_day_left_out: bool
    complete: bool
    elevated: bool | None = Field(description="mean at or above 135/85; null when there is too little to say")

    @classmethod
    def of(cls, week: HomeWeek) -> Self:
        return cls(
            first_on=week.first_on,
            last_on=week.last_on,
            mean=HomeMeanOut.of(week.mean),
            morning=HomeMeanOut.of(week.morning),
            evening=HomeMeanOut.of(week.evening),
            first_day_left_out=week.first_day_left_out,
            complete=week.complete,
            elevated=week.elevated,
        )


class PressureSummaryOut(BaseModel):
    """Blood pressure over some days. A setting without a sitting is left out."""

    span: SpanOut
    sufficiency: SufficiencyOut
    by_setting: dict[Setting, PressureSpreadOut]
    at_home: dict[DayPart, PressureSpreadOut]
    home_week: HomeWeekOut
    white_coat: bool | None = Field(description="office high and home normal: a hint; null unless both are known")
    masked: bool | None = Field(description="office normal and home high: a hint; null unless both are known")

    @classmethod
    def of(cls, found: Pressed, span: DateRange) -> Self:
        shown = found.summary
        return cls(
            span=SpanOut.of(span),
            sufficiency=SufficiencyOut.of(found.sufficiency),
            by_setting={setting: PressureSpreadOut.of(each) for setting, each in shown.by_setting.items()},
            at_home={part: PressureSpreadOut.of(each) for part, each in shown.at_home.items()},
            home_week=HomeWeekOut.of(found.week),
            white_coat=shown.white_coat,
            masked=shown.masked,
        )
