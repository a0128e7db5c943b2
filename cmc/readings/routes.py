"""HTTP of stored readings: the list, series for charts, the glucose profile, sensor and pressure summaries."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from cmc.audit import service as audit
from cmc.clinical.cgm import CgmGroup
from cmc.clinical.codes import ReadingKind
from cmc.core import clock
from cmc.core.fields import LocalDate
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.patients import queries as patients
from cmc.readings import queries, summaries, viewing
from cmc.readings.calibrating import calibration_overdue
from cmc.readings.pressure_schemas import PressureSummaryOut
from cmc.readings.schemas import ReadingOut, ReadingPage
from cmc.readings.summary_schemas import CgmSummaryOut, GlucoseProfileOut, SeriesOf

router = APIRouter(prefix="/v1/patients/{patient_id}", tags=["readings"])

LONGEST_DAYS: Final = 90
From = Annotated[LocalDate | None, Query(alias="from", description="local date, included")]
To = Annotated[LocalDate | None, Query(alias="to", description="local date, not included")]
Days = Annotated[int, Query(ge=1, le=LONGEST_DAYS, description="how many local days")]
LastOn = Annotated[
    LocalDate | None,
    Query(alias="on", ge=date(1900, 1, 1), le=date(2999, 12, 31), description="the last of these days; today"),
]
StepMinutes = Annotated[int, Query(ge=15, le=1440, description="length of a part of the day; must divide it")]
Interval = Annotated[int | None, Query(ge=1, le=60, description="the sensor's interval; found from the values")]
Points = Annotated[int, Query(ge=8, le=5000, description="at most so many, and every alarm besides")]
_SERIES: Final = "give points for a chart instead of the page; the last 90 days unless `from` and `to` say otherwise"


@router.get("/readings", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_readings(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    kind: ReadingKind | None = None,
    from_on: From = None,
    to_on: To = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
    series: Annotated[SeriesOf | None, Query(description=_SERIES)] = None,
    points: Points = 400,
) -> ReadingPage:
    """A person's readings, newest first, a page at a time; `from` ≤ local date < `to`. With `series`: for a chart."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "reading", [patient_id], detail={"series": series})
    if series is not None:
        span = viewing.series_span(series, from_on, to_on, on=clock.today())
        drawn = viewing.series(session, scope, patient_id, series, span=span, points=points)
        return ReadingPage(items=[], next_cursor=None, series=drawn)
    before = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else None
    found = queries.of_person(
        session, scope, patient_id, kind=kind, from_on=from_on, to_on=to_on, before=before, limit=limit + 1
    )
    more = encode_cursor((found[limit - 1].taken_at, found[limit - 1].id)) if len(found) > limit else None
    marked = calibration_overdue(session, scope, found)
    return ReadingPage(items=[ReadingOut.of(each, marked) for each in found[:limit]], next_cursor=more)


@router.get("/glucose/profile", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_glucose_profile(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    days: Days = 14,
    last_on: LastOn = None,
    step_minutes: StepMinutes = 60,
) -> GlucoseProfileOut:
    """How a person's glucose by meter lies over the day and by period (GLU-01): percentiles, counts, HI and LO."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "reading", [patient_id], detail={"view": "glucose_profile", "days": days})
    span = summaries.span_of(last_on or clock.today(), days)
    return GlucoseProfileOut.of(viewing.profile(session, scope, patient_id, span, step_minutes=step_minutes), span)


@router.get("/cgm/summary", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_cgm_summary(
    patient_id: UUID,
    session: SeeingSession,
    scope: CurrentScope,
    days: Days = 14,
    last_on: LastOn = None,
    interval_minutes: Interval = None,
    group: CgmGroup = CgmGroup.GENERAL,
) -> CgmSummaryOut:
    """What a person's sensor says: shares in range, GMI, CV, share of the time with values, goals of the group."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "reading", [patient_id], detail={"view": "cgm_summary", "days": days})
    span = summaries.span_of(last_on or clock.today(), days)
    rows = queries.glucose_values(session, scope, patient_id, sensor=True, from_on=span.start, to_on=span.end)
    return CgmSummaryOut.of(summaries.sensor_report(rows, span, interval_minutes=interval_minutes), span, group)


@router.get("/blood-pressure/summary", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_pressure_summary(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, days: Days = 28, last_on: LastOn = None
) -> PressureSummaryOut:
    """A person's blood pressures by sittings (BP-03), at home by part of the day, and the home week (BP-04)."""
    patients.get(session, scope, patient_id)
    audit.seen(session, scope, "reading", [patient_id], detail={"view": "pressure_summary", "days": days})
    span = summaries.span_of(last_on or clock.today(), days)
    rows = queries.pressures(session, scope, patient_id, from_on=span.start, to_on=span.end)
    return PressureSummaryOut.of(summaries.pressure(rows, last_on=span.last), span)
