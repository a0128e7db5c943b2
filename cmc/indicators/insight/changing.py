"""What management changed: the same people at the beginning of their management and after at least three months.

Nobody is measured by the clinic before enrolment, so "before" is the first value of a follow-up within 30 days of the
first enrolment, and "after" the last one at least 90 days later, up to the period's end [D]. Both are judged at the age
of their day (HTN-FU-05, DM-FU-05). People without one of them are left out of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.clinical.blood_pressure import CONTROL_LIMITS, ControlStandard
from cmc.clinical.codes import Disease
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L
from cmc.clinical.periods import quarters
from cmc.indicators.measure import percent
from cmc.indicators.periods import Period

BEGINNING_DAYS: Final = 30
LATER_DAYS: Final = 90

_SQL: Final = text("""
WITH person AS (
    SELECT patient_id, min(registered_on) AS registered_on
    FROM indicator_fact
    WHERE period_start = :start AND period_end = :end AND disease = :disease AND counts_in <> 'clinic'
      AND clinic_id = ANY(:clinic_ids) AND is_active_at_end AND registered_on <= :end - :later
    GROUP BY patient_id
), value AS (
    SELECT q.patient_id, q.registered_on, f.visited_on,
        CASE WHEN :disease = 'HTN'
            THEN f.dbp_mmhg < :dbp AND f.sbp_mmhg < CASE
                WHEN date_part('year', age(f.visited_on, p.birth_date)) >= :old_from THEN :sbp_old ELSE :sbp END
            ELSE f.fasting_glucose_umol_l < :fasting END AS controlled
    FROM person AS q
    JOIN patient AS p ON p.id = q.patient_id
    JOIN followup AS f ON f.patient_id = q.patient_id AND f.disease = :disease AND f.ended_at IS NULL
        AND f.visited_on BETWEEN q.registered_on AND :end
        AND (f.visited_on <= q.registered_on + :beginning OR f.visited_on >= q.registered_on + :later)
    WHERE CASE WHEN :disease = 'HTN' THEN f.sbp_mmhg IS NOT NULL ELSE f.fasting_glucose_umol_l IS NOT NULL END
), pair AS (
    SELECT registered_on,
        min((visited_on - DATE '1900-01-01') * 2 + CAST(controlled AS integer))
            FILTER (WHERE visited_on <= registered_on + :beginning) & 1 AS before,
        max((visited_on - DATE '1900-01-01') * 2 + CAST(NOT controlled AS integer))
            FILTER (WHERE visited_on >= registered_on + :later) & 1 AS still_not
    FROM value GROUP BY patient_id, registered_on
)
SELECT CAST(date_trunc('quarter', registered_on) AS date) AS quarter, count(*) AS people,
    sum(before) AS before, sum(1 - still_not) AS after
FROM pair WHERE before IS NOT NULL AND still_not IS NOT NULL
GROUP BY 1 ORDER BY 1
""").bindparams(bindparam("clinic_ids", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class Change:
    """People who have both values, and how many of them were controlled before and after."""

    people: int
    before: int
    after: int

    @property
    def points(self) -> Decimal | None:
        """Percentage points gained; None without people."""
        then, now = percent(self.before, self.people), percent(self.after, self.people)
        return None if then is None or now is None else now - then


@dataclass(frozen=True, slots=True)
class Cohort:
    """The people whose management began in a quarter, by its first and last day."""

    first_on: date
    last_on: date
    change: Change


def cohorts(session: Session, clinic_ids: Sequence[UUID], disease: Disease, period: Period) -> list[Cohort]:
    """Return the change of the people assigned to some clinics by the quarter in which their management began.

    Reads stored facts: a period whose facts are not kept has no cohorts. The caller has checked the scope.
    """
    young, old = sorted(CONTROL_LIMITS[ControlStandard.NBPHS], key=lambda each: each.age_from)
    rows = session.execute(
        _SQL,
        {
            "start": period.start, "end": period.end, "disease": disease.value, "clinic_ids": list(clinic_ids),
            "beginning": BEGINNING_DAYS, "later": LATER_DAYS, "dbp": young.dbp_below_mmhg, "sbp": young.sbp_below_mmhg,
            "sbp_old": old.sbp_below_mmhg, "old_from": old.age_from, "fasting": FASTING_SATISFACTORY_BELOW_UMOL_L,
        },
    )  # fmt: skip
    return [Cohort(row.quarter, _last(row.quarter), Change(row.people, row.before, row.after)) for row in rows]


def together(found: Sequence[Cohort]) -> Change:
    """Return the change of all cohorts."""
    changes = [each.change for each in found]
    return Change(
        sum(each.people for each in changes), sum(each.before for each in changes), sum(each.after for each in changes)
    )


def _last(first: date) -> date:
    return next(each.last for each in quarters(first.year) if each.start == first)
