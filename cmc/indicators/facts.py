"""The one set-based statement that makes the facts of a period: a row per person, disease and clinic.

The same text serves the whole region and a few touched people; only the line `AND e.patient_id = ANY(…)` is added.

What it decides ([D] where the rules are silent):

- A stint counts from its first to its last managed day, cut to the period; death closes it. A withdrawn diagnosis takes
  the stint, and those before it, out of the whole year of the withdrawal and of what follows.
- A person is assigned to the clinic whose stint reaches furthest into the period (of equals the one entered last). Only
  there the person is active at the end, so that a region's people are the sum of its clinics' people.
- A person gone by death, move or transfer before the last day is not active at the end; refused and lost ends stay
  until the year is over (LIFE-04, CTRL-04).
- At a clinic count the follow-ups made there during its own stints; in the pooled row all follow-ups during any stint.
  When both are the same, one row serves both. Exams count in the year, before or after the enrolment's first day, for
  the diseases whose required fields they hold [D]; of a corrected one what stands, of a retracted one nothing.
- Follow-ups count on distinct days (FU-VALID-01/02). The reading is the last follow-up made according to the
  specification (CTRL-01); one that lacks nothing but its measured value is that follow-up too, and without value
  (CTRL-05) [D]. Same day: the later time, no time being the earliest [D]; equal times: the higher value (CTRL-06).

Why it is written as text: everything hangs on one pass over the follow-ups. Days are bits of a bit string (`bit_or`
finds distinct days and quarters at once) and a reading is packed into one integer whose maximum is the last one, so
that one hash aggregate needs neither a sort nor a window. Both aggregates are idempotent: overlapping stints of a
merged person cannot count a visit twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, TEXT, BindParameter, Column, SmallInteger, Table, TextualSelect, Uuid, bindparam, text
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from cmc.clinical.codes import FACE_TO_FACE, EndReason
from cmc.indicators.periods import Period
from cmc.indicators.tables import IndicatorFact

STATUTORY_AGE_FROM: Final = 35  # HTN-EN-02, DM-FU-01
LEAVING: Final = (EndReason.DIED, EndReason.MOVED_OUT, EndReason.TRANSFERRED)
MEASURED: Final = ("sbp_mmhg", "dbp_mmhg", "fasting_glucose_umol_l", "fasting_glucose_mmol_l", "classification")
"""What a follow-up record may lack and still be the latest follow-up: then it has no value (CTRL-05)."""

FACT: Final[Table] = SQLModel.metadata.tables[IndicatorFact.__tablename__]

_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "patient_ids": ARRAY(Uuid()),
    "measured": ARRAY(TEXT()),
    "leaving": ARRAY(TEXT()),
    "face_to_face": ARRAY(SmallInteger()),
}
_TOUCHED_ONLY: Final = "AND e.patient_id = ANY(:patient_ids)"

_SQL: Final = """
WITH lost AS (
    SELECT l.enrolment_id
    FROM enrolment_event AS l
    WHERE l.to_state = 'LOST' AND l.happened_on <= :last_day
      AND NOT EXISTS (
        SELECT FROM enrolment_event AS n
        WHERE n.enrolment_id = l.enrolment_id AND n.happened_on <= :last_day
          AND (n.happened_on, n.id) > (l.happened_on, l.id))
), stint AS MATERIALIZED (
    SELECT e.id, e.patient_id, e.disease, e.clinic_id, e.enrolled_on, e.primary_disease, p.birth_date,
        greatest(e.enrolled_on, :first_day) AS first_on,
        least(e.ended_on, p.died_on, :last_day) AS last_on,
        coalesce(least(p.died_on, CASE WHEN e.end_reason = 'DIED' THEN e.ended_on END) <= :last_day, false) AS is_dead,
        coalesce(least(p.died_on, CASE WHEN e.end_reason = ANY(:leaving) THEN e.ended_on END) < :last_day, false)
            AS is_gone,
        lost.enrolment_id IS NOT NULL OR coalesce(e.end_reason = 'LOST' AND e.ended_on <= :last_day, false) AS is_lost
    FROM enrolment AS e
    JOIN patient AS p ON p.id = e.patient_id
    LEFT JOIN lost ON lost.enrolment_id = e.id
    WHERE e.enrolled_on <= :last_day
      AND coalesce(least(e.ended_on, p.died_on), :last_day) >= greatest(e.enrolled_on, :first_day)
      AND e.state NOT IN ('SUSPECTED', 'CONFIRMED')
      AND NOT EXISTS (
        SELECT FROM enrolment AS w
        WHERE w.patient_id = e.patient_id AND w.disease = e.disease AND w.end_reason = 'DIAGNOSIS_WITHDRAWN'
          AND w.ended_on < :next_year AND w.ended_on >= e.enrolled_on)
      /*touched*/
), ranked AS MATERIALIZED (
    SELECT stint.*,
        row_number() OVER (PARTITION BY patient_id, disease ORDER BY last_on DESC, enrolled_on DESC, id DESC) AS place,
        row_number() OVER (
            PARTITION BY patient_id, disease, clinic_id ORDER BY last_on DESC, enrolled_on DESC, id DESC) AS own_place
    FROM stint
), seat AS MATERIALIZED (
    SELECT patient_id, disease, clinic_id,
        bool_or(place = 1) AS is_assigned,
        bool_or(is_dead) AS is_dead,
        bool_or(is_gone AND own_place = 1) AS is_gone,
        bool_or(is_lost AND own_place = 1) AS is_lost,
        bool_or(primary_disease AND own_place = 1) AS is_primary,
        min(birth_date) AS birth_date,
        count(*) AS stints,
        range_agg(daterange(first_on, last_on, '[]')) AS span
    FROM ranked GROUP BY patient_id, disease, clinic_id
), visit AS MATERIALIZED (
    SELECT f.patient_id, f.disease, CASE WHEN f.clinic_id = s.clinic_id THEN f.clinic_id END AS own_clinic_id,
        bit_or(CAST('1' AS bit(366)) >> (f.visited_on - :first_day))
            FILTER (WHERE f.is_valid AND f.mode = ANY(:face_to_face)) AS face_days,
        bit_or(CAST('1' AS bit(366)) >> (f.visited_on - :first_day)) FILTER (WHERE f.is_valid) AS any_days,
        max((t.at << 18) | t.pressure) FILTER (WHERE f.mode = ANY(:face_to_face)) AS face_pressure,
        max((t.at << 18) | t.pressure) AS any_pressure,
        max((t.at << 34) | (t.fasting << 17) | least(coalesce(f.other_glucose_umol_l, 0), 131071))
            FILTER (WHERE f.mode = ANY(:face_to_face)) AS face_glucose,
        max((t.at << 17) | t.fasting) FILTER (WHERE f.mode = ANY(:face_to_face) AND t.fasting > 0) AS available_fasting
    FROM stint AS s
    JOIN followup AS f ON f.patient_id = s.patient_id AND f.disease = s.disease
        AND f.visited_on BETWEEN s.first_on AND s.last_on
    CROSS JOIN LATERAL (
        SELECT (CAST(f.visited_on - :first_day AS bigint) << 17)
                | coalesce(CAST(date_part('epoch', f.visited_time) AS integer), 0),
            (coalesce(f.sbp_mmhg, 0) << 9) | coalesce(f.dbp_mmhg, 0),
            CAST(least(coalesce(f.fasting_glucose_umol_l, 0), 131071) AS bigint)) AS t(at, pressure, fasting)
    WHERE f.visited_on BETWEEN :first_day AND :last_day AND f.ended_at IS NULL
        AND (f.is_valid OR f.missing_fields <@ :measured)
    GROUP BY 1, 2, 3
), exam AS MATERIALIZED (
    SELECT a.patient_id, d.disease, a.clinic_id, count(*) AS exams
    FROM annual_exam AS a
    CROSS JOIN LATERAL unnest(a.valid_for) AS d(disease)
    WHERE a.happened_on BETWEEN :first_day AND :last_day AND NOT a.is_retracted
      AND NOT EXISTS (
        SELECT FROM annual_exam AS later WHERE later.replaces_id = a.id AND later.replaces_id IS NOT NULL)
      AND a.patient_id IN (SELECT patient_id FROM stint)
    GROUP BY a.patient_id, d.disease, a.clinic_id
), split AS MATERIALIZED (
    SELECT patient_id, disease FROM seat WHERE NOT is_assigned
    UNION SELECT patient_id, disease FROM visit WHERE own_clinic_id IS NULL
    UNION SELECT s.patient_id, s.disease FROM seat AS s JOIN exam AS x USING (patient_id, disease)
        WHERE s.is_assigned AND x.clinic_id <> s.clinic_id
), counted AS (
    SELECT s.patient_id, s.disease, s.clinic_id, CASE WHEN p.patient_id IS NULL THEN 'both' ELSE 'clinic' END counts_in,
        s.is_primary, s.is_assigned AND NOT s.is_gone AS is_active, s.is_lost, s.is_dead, s.birth_date, s.stints,
        s.span, v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available_fasting, x.exams
    FROM seat AS s
    LEFT JOIN split AS p ON p.patient_id = s.patient_id AND p.disease = s.disease
    LEFT JOIN visit AS v ON v.patient_id = s.patient_id AND v.disease = s.disease AND v.own_clinic_id = s.clinic_id
    LEFT JOIN exam AS x ON x.patient_id = s.patient_id AND x.disease = s.disease AND x.clinic_id = s.clinic_id
    UNION ALL
    SELECT s.patient_id, s.disease, s.clinic_id, 'region', s.is_primary, NOT s.is_gone, s.is_lost, s.is_dead,
        s.birth_date, s.stints, s.span,
        v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available_fasting, x.exams
    FROM (
        SELECT patient_id, disease, (array_agg(clinic_id) FILTER (WHERE place = 1))[1] AS clinic_id,
            bool_or(primary_disease AND place = 1) AS is_primary, bool_or(is_gone AND place = 1) AS is_gone,
            bool_or(is_lost AND place = 1) AS is_lost, bool_or(is_dead) AS is_dead,
            min(birth_date) AS birth_date, count(*) AS stints,
            range_agg(daterange(first_on, last_on, '[]')) AS span
        FROM ranked JOIN split USING (patient_id, disease) GROUP BY patient_id, disease) AS s
    LEFT JOIN (
        SELECT patient_id, disease, bit_or(face_days) AS face_days, bit_or(any_days) AS any_days,
            max(face_pressure) AS face_pressure, max(any_pressure) AS any_pressure,
            max(face_glucose) AS face_glucose, max(available_fasting) AS available_fasting
        FROM visit JOIN split USING (patient_id, disease) GROUP BY patient_id, disease) AS v USING (patient_id, disease)
    LEFT JOIN (
        SELECT patient_id, disease, CAST(sum(exams) AS bigint) AS exams
        FROM exam GROUP BY patient_id, disease) AS x USING (patient_id, disease)
)
SELECT CAST(:first_day AS date) AS period_start, CAST(:last_day AS date) AS period_end,
    disease, patient_id, clinic_id, counts_in,
    is_primary AND old.years >= :statutory_age AS is_statutory,
    is_active AS is_active_at_end, is_lost AS is_lost_at_end, is_dead AS is_dead_at_end,
    CAST(CASE WHEN stints = 1 THEN upper(span) - lower(span)
        ELSE (SELECT sum(upper(r) - lower(r)) FROM unnest(span) AS r) END AS smallint) AS managed_days,
    CAST(CAST(span @> daterange(:q1_start, :q1_end) AS integer)
        + CAST(span @> daterange(:q2_start, :q2_end) AS integer) * 2
        + CAST(span @> daterange(:q3_start, :q3_end) AS integer) * 4
        + CAST(span @> daterange(:q4_start, :q4_end) AS integer) * 8 AS smallint) AS required_quarters,
    CAST(CAST(coalesce(bit_count(substring(face_days FROM :q1_from FOR :q1_days)) > 0, false) AS integer)
        + CAST(coalesce(bit_count(substring(face_days FROM :q2_from FOR :q2_days)) > 0, false) AS integer) * 2
        + CAST(coalesce(bit_count(substring(face_days FROM :q3_from FOR :q3_days)) > 0, false) AS integer) * 4
        + CAST(coalesce(bit_count(substring(face_days FROM :q4_from FOR :q4_days)) > 0, false) AS integer) * 8
        AS smallint) AS face_to_face_quarters,
    CAST(coalesce(bit_count(face_days), 0) AS smallint) AS face_to_face_days,
    CAST(coalesce(bit_count(any_days), 0) AS smallint) AS any_mode_days,
    CAST(coalesce(exams, 0) AS smallint) AS exams,
    old.years AS age_at_end,
    face.day AS face_to_face_on,
    CAST(nullif((face_pressure >> 9) & 511, 0) AS smallint) AS face_to_face_sbp_mmhg,
    CAST(nullif(face_pressure & 511, 0) AS smallint) AS face_to_face_dbp_mmhg,
    CAST(date_part('year', age(face.day, birth_date)) AS smallint) AS face_to_face_age,
    any_mode.day AS any_mode_on,
    CAST(nullif((any_pressure >> 9) & 511, 0) AS smallint) AS any_mode_sbp_mmhg,
    CAST(nullif(any_pressure & 511, 0) AS smallint) AS any_mode_dbp_mmhg,
    CAST(date_part('year', age(any_mode.day, birth_date)) AS smallint) AS any_mode_age,
    CAST(nullif((face_glucose >> 17) & 131071, 0) AS integer) AS last_fasting_umol_l,
    CAST(nullif(face_glucose & 131071, 0) AS integer) AS last_other_umol_l,
    CAST(available_fasting & 131071 AS integer) AS available_fasting_umol_l
FROM counted
CROSS JOIN LATERAL (SELECT CAST(date_part('year', age(:last_day, birth_date)) AS smallint)) AS old(years)
CROSS JOIN LATERAL (SELECT :first_day + CAST(face_pressure >> 35 AS integer)) AS face(day)
CROSS JOIN LATERAL (SELECT :first_day + CAST(any_pressure >> 35 AS integer)) AS any_mode(day)
"""


def statement(period: Period, patient_ids: Sequence[UUID] | None = None) -> TextualSelect:
    """Return the SELECT of a period's facts, with the columns of `indicator_fact`.

    `patient_ids` restricts it to some people; None means everybody.
    """
    values = _values(period)
    if patient_ids is not None:
        values["patient_ids"] = list(patient_ids)
    sql = _SQL.replace("/*touched*/", "" if patient_ids is None else _TOUCHED_ONLY)
    binds: list[BindParameter[Any]] = [bindparam(name, value, type_=_TYPES.get(name)) for name, value in values.items()]
    columns: list[Column[Any]] = [Column(each.name, each.type) for each in FACT.columns]
    return text(sql).bindparams(*binds).columns(*columns)


def _values(period: Period) -> dict[str, Any]:
    values: dict[str, Any] = {
        "first_day": period.start,
        "last_day": period.end,
        "next_year": date(period.end.year + 1, 1, 1),
        "statutory_age": STATUTORY_AGE_FROM,
        "leaving": [each.value for each in LEAVING],
        "face_to_face": sorted(FACE_TO_FACE),
        "measured": list(MEASURED),
    }
    after = period.end + timedelta(1)  # nobody is managed or seen on it: the quarter that is not there
    found = [(each.start, each.end + timedelta(1)) for each in period.whole_quarters]
    for number, (start, end) in enumerate([*found, *[(after, after + timedelta(1))] * 4][:4], start=1):
        values |= {
            f"q{number}_start": start,
            f"q{number}_end": end,
            f"q{number}_from": (start - period.start).days + 1,
            f"q{number}_days": (end - start).days,
        }
    return values
