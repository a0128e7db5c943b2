"""How ill people truly are: pressure and glucose of every person on every day, before anybody measures them.

A level falls from where it was towards the person's own target while standardised management lasts, swings with the
season (pressure is higher in winter) and drifts slowly. All measurements of a person scatter around the same level, so
visits, home readings, examinations and laboratory results agree with one another.
"""

from dataclasses import dataclass

import numpy as np

from cmc.simulation.lives import Lives
from cmc.simulation.people import People, Real, Whole
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell

_PRESSURE_TAU_DAYS, _GLUCOSE_TAU_DAYS = 80.0, 100.0
_TARGET_SBP, _TARGET_DBP, _TARGET_FASTING = 126.0, 76.0, 5.9
_WARMEST_DAY = 197
_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Levels:
    """The parameters of everybody's course; see `pressure` and `fasting`."""

    sbp: Real
    dbp: Real
    log_fasting: Real
    pressure_response: Real
    """Share of the excess over the target that management takes away in the long run, 0 to 1."""
    glucose_response: Real
    season: Real
    drift: Real
    period_days: Real
    phase: Real
    hba1c_offset: Real
    managed_from: Whole
    """Shape (n, 2): first day of standardised management by disease."""
    diabetic: Whole

    def pressure(self, who: Whole, day: Whole) -> tuple[Real, Real]:
        """Return true (SBP, DBP) in mmHg of people (indexes into the cell) on days."""
        effect = self.pressure_response[who] * _settled(day - self.managed_from[who, 0], _PRESSURE_TAU_DAYS)
        season = -self.season[who] * np.cos(2 * np.pi * (day % _YEAR - _WARMEST_DAY) / _YEAR)
        drift = self._drift(who, day)
        sbp, dbp = self.sbp[who], self.dbp[who]
        high = sbp - effect * np.maximum(0, sbp - _TARGET_SBP) + season + 6 * drift
        low = dbp - effect * np.maximum(0, dbp - _TARGET_DBP) + season / 2 + 3 * drift
        return high, low

    def fasting(self, who: Whole, day: Whole) -> Real:
        """Return true fasting glucose in mmol/L of people (indexes into the cell) on days."""
        effect = self.glucose_response[who] * _settled(day - self.managed_from[who, 1], _GLUCOSE_TAU_DAYS)
        start = self.log_fasting[who]
        excess = np.maximum(0, start - np.log(_TARGET_FASTING))
        level: Real = np.exp(start - effect * excess + 0.05 * self.diabetic[who] * self._drift(who, day))
        return level

    def hba1c(self, who: Whole, day: Whole) -> Real:
        """Return true HbA1c in % on days: from the mean of the last weeks, fasting times 1.12 (ADAG relation)."""
        mean = 1.12 * self.fasting(who, day - 30) + 0.4
        percent: Real = (mean + 2.59) / 1.59 + self.hba1c_offset[who]
        return percent

    def _drift(self, who: Whole, day: Whole) -> Real:
        return self.drift[who] * np.sin(2 * np.pi * day / self.period_days[who] + self.phase[who])


def levels(plan: Plan, cell: Cell, who: People, life: Lives) -> Levels:
    """Draw the courses of the people of a cell; a second record of a person has the course of the first."""
    rng, count = stream(plan, cell.number, "levels"), len(who)
    end = np.datetime64(plan.end, "D").astype(np.int64)
    start = np.datetime64(plan.start, "D").astype(np.int64)
    age = (end - who.birth) / 365.25
    common = rng.normal(0, 1, count)
    hypertensive, diabetic = who.has[:, 0], who.has[:, 1]
    sbp = np.where(hypertensive, 148 + 12.5 * common, 129 + 8 * common)
    dbp = np.where(hypertensive, 88, 77) - 0.35 * (age - 65) + 4.5 * common + rng.normal(0, 6, count)
    fasting = np.where(diabetic, np.log(7.66) + 0.225 * rng.normal(0, 1, count), np.log(5.25) + 0.06 * common)
    source = np.where(who.twin_of >= 0, np.arange(count) - 1, np.arange(count))
    joined = start + cell.clinic.habits.joined_after_days
    return Levels(
        sbp=sbp[source],
        dbp=dbp[source],
        log_fasting=fasting[source],
        pressure_response=rng.beta(3.2, 2.0, count)[source],
        glucose_response=rng.beta(2.0, 2.85, count)[source],
        season=np.clip(rng.normal(3.0, 1.2, count), 0, 8)[source],
        drift=np.abs(rng.normal(0, 0.7, count))[source],
        period_days=rng.uniform(150, 600, count)[source],
        phase=rng.uniform(0, 2 * np.pi, count)[source],
        hba1c_offset=rng.normal(0, 0.35, count)[source],
        managed_from=np.maximum(life.enrolled, joined),
        diabetic=diabetic.astype(np.int64),
    )


def _settled(days: Whole, tau: float) -> Real:
    """The share of its final effect that management has after some days: 0 before it began."""
    return 1 - np.exp(-np.maximum(0, days) / tau)
