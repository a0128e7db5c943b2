"""What is shown of a person's readings at once: one query, then the pure summary of its rows."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical.periods import DateRange
from cmc.core.errors import invalid
from cmc.core.scope import Scope
from cmc.readings import queries, summaries
from cmc.readings.calibrating import calibration_overdue
from cmc.readings.glucose_profile import MINUTES_A_DAY
from cmc.readings.summaries import Profiled, Sufficiency
from cmc.readings.summary_schemas import EmergencyPressureOut, PointOut, SeriesOf, SeriesOut, SufficiencyOut

USUAL_DAYS: Final = 90
LONGEST_DAYS: Final = {SeriesOf.BLOOD_PRESSURE: 5 * 366 + 1, SeriesOf.GLUCOSE: 731, SeriesOf.SENSOR: 731}
"""Five years of pressures are some thousand rows; a sensor has thirty thousand in one."""

_FIRST, _LAST = date(1899, 1, 1), date(2999, 12, 31)


def series_span(of: SeriesOf, from_on: date | None, to_on: date | None, *, on: date) -> DateRange:
    """Return the days of a series, 90 unless said otherwise, at most LONGEST_DAYS; raise `Invalid` for any others."""
    longest = LONGEST_DAYS[of]
    end = to_on or on + timedelta(days=1)
    start = from_on or max(_FIRST, end) - timedelta(days=USUAL_DAYS)
    if not _FIRST <= start < end <= _LAST or (end - start).days > longest:
        raise invalid("/from", "out_of_range", f"`from` lies before `to`, by at most {longest} days")
    return DateRange(start, end)


def series(
    session: Session, scope: Scope, patient_id: UUID, of: SeriesOf, *, span: DateRange, points: int
) -> SeriesOut:
    """Return a person's series for a chart, thinned to `points` and every alarm."""
    if of is SeriesOf.BLOOD_PRESSURE:
        pressures = queries.pressures(session, scope, patient_id, from_on=span.start, to_on=span.end)
        pairs = summaries.drawn_pressures(pressures, points=points)
        marked = calibration_overdue(session, scope, pairs)
        drawn = [PointOut.of_pressure(each, overdue=each.id in marked) for each in pairs]
        count = len(pressures)
    else:
        sensor = of is SeriesOf.SENSOR
        rows = queries.glucose_values(session, scope, patient_id, sensor=sensor, from_on=span.start, to_on=span.end)
        values = summaries.drawn_glucose(rows, points=points)
        marked = calibration_overdue(session, scope, values)
        drawn = [PointOut.of_glucose(each, overdue=each.id in marked) for each in values]
        count = len(rows)
    enough = Sufficiency.ENOUGH if count else Sufficiency.NO_READINGS
    told = SufficiencyOut.of(enough)
    emergency = EmergencyPressureOut() if of is SeriesOf.BLOOD_PRESSURE else None
    return SeriesOut(
        of=of, from_on=span.start, to_on=span.end, sufficiency=told, readings=count, points=drawn, emergency=emergency
    )


def profile(session: Session, scope: Scope, patient_id: UUID, span: DateRange, *, step_minutes: int) -> Profiled:
    """Return the profile of a person's values by meter; raise `Invalid` for a step that does not divide the day."""
    if MINUTES_A_DAY % step_minutes:
        raise invalid("/step_minutes", "not_a_divisor", f"must divide the {MINUTES_A_DAY} minutes of a day")
    rows = queries.glucose_values(session, scope, patient_id, sensor=False, from_on=span.start, to_on=span.end)
    return summaries.profile(rows, step_minutes=step_minutes)
