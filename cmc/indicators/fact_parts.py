"""Who is managed where, and the follow-ups and examinations of these people, as text; `facts.statement` joins it.

`{people:x}` stands for the restriction to touched people of table x, `{events:x}` for that of what happened to their
enrolments, or for nothing. A seat is a person, disease and clinic. Its number is that of one of its stints, below zero
when the person has several stints of the disease; `person` is that of one of the seats of a person and disease. `key`
is twice such a number, and one more for what was done at the clinic itself.
"""

from typing import Final

STINTS: Final = """
WITH lost AS (
    SELECT l.enrolment_id
    FROM enrolment_event AS l
    WHERE l.to_state = 'LOST' AND l.happened_on <= :last_day {events:l}
      AND l.id = (
        SELECT n.id FROM enrolment_event AS n WHERE n.enrolment_id = l.enrolment_id AND n.happened_on <= :last_day
        ORDER BY n.happened_on DESC, n.id DESC LIMIT 1)
), several AS MATERIALIZED (
    SELECT e.patient_id, e.disease
    FROM enrolment AS e
    WHERE e.state NOT IN ('SUSPECTED', 'CONFIRMED') {people:e}
      AND EXISTS (
        SELECT FROM enrolment AS t
        WHERE t.patient_id = e.patient_id AND t.disease = e.disease AND t.state = 'TERMINATED' {people:t})
    GROUP BY e.patient_id, e.disease HAVING count(*) > 1
), stint AS MATERIALIZED (
    SELECT CASE WHEN (e.patient_id, e.disease) IN (SELECT patient_id, disease FROM several) THEN -1 ELSE 1 END
            * CAST(row_number() OVER () AS integer) AS seat,
        e.id, e.patient_id, e.disease, e.clinic_id, e.enrolled_on, e.primary_disease, e.doctor, p.birth_date,
        CAST(date_part('year', age(:last_day, p.birth_date)) AS smallint) AS years,
        greatest(e.enrolled_on, :year_start) AS first_on,
        least(e.ended_on, p.died_on, :last_day) AS last_on,
        coalesce(least(p.died_on, CASE WHEN e.end_reason = 'DIED' THEN e.ended_on END) <= :last_day, false) AS is_dead,
        coalesce(least(p.died_on, CASE WHEN e.end_reason = ANY(:leaving) THEN e.ended_on END) < :last_day, false)
            AS is_gone,
        e.id IN (SELECT enrolment_id FROM lost)
            OR coalesce(e.end_reason = 'LOST' AND e.ended_on <= :last_day, false) AS is_lost
    FROM enrolment AS e
    JOIN patient AS p ON p.id = e.patient_id
    WHERE e.enrolled_on <= :last_day
      AND coalesce(least(e.ended_on, p.died_on), :last_day) >= greatest(e.enrolled_on, :year_start)
      AND e.state NOT IN ('SUSPECTED', 'CONFIRMED')
      AND NOT EXISTS (
        SELECT FROM enrolment AS w
        WHERE w.patient_id = e.patient_id AND w.disease = e.disease AND w.end_reason = 'DIAGNOSIS_WITHDRAWN'
          AND w.ended_on < :next_year AND w.ended_on >= e.enrolled_on {people:w})
      {people:e}
), spread AS MATERIALIZED (
    SELECT s.*, (
            SELECT min(r.enrolled_on) FROM enrolment AS r
            WHERE r.patient_id = s.patient_id AND r.disease = s.disease AND r.state NOT IN ('SUSPECTED', 'CONFIRMED'))
            AS registered_on,
        min(seat) OVER (PARTITION BY s.patient_id, s.disease) AS person,
        min(seat) OVER (PARTITION BY s.patient_id, s.disease, s.clinic_id) AS own_seat,
        row_number() OVER (PARTITION BY s.patient_id, s.disease ORDER BY last_on DESC, enrolled_on DESC, id DESC)
            AS place,
        row_number() OVER (
            PARTITION BY s.patient_id, s.disease, s.clinic_id ORDER BY last_on DESC, enrolled_on DESC, id DESC)
            AS own_place
    FROM stint AS s WHERE s.seat < 0
), seat AS NOT MATERIALIZED (
    SELECT seat, seat AS person, patient_id, disease, clinic_id, true AS is_assigned, is_dead, is_gone, is_lost,
        primary_disease AS is_primary, doctor, birth_date, years, first_on, last_on,
        CAST(NULL AS datemultirange) AS span, enrolled_on AS registered_on
    FROM stint WHERE seat > 0
    UNION ALL
    SELECT own_seat, min(person), patient_id, disease, clinic_id, bool_or(place = 1), bool_or(is_dead),
        bool_or(is_gone AND own_place = 1), bool_or(is_lost AND own_place = 1),
        bool_or(primary_disease AND own_place = 1), max(doctor) FILTER (WHERE own_place = 1), min(birth_date),
        min(years), min(first_on), max(last_on), range_agg(daterange(first_on, last_on, '[]')), min(registered_on)
    FROM spread GROUP BY own_seat, patient_id, disease, clinic_id
)"""

VISITS: Final = """, made AS MATERIALIZED (
    SELECT t.key, {aggregates}
    FROM (
        SELECT s.seat * 2 + CAST(f.clinic_id = s.clinic_id AS integer) AS key,
            f.visited_on, f.visited_on - :first_day AS day, f.is_valid, f.mode = ANY(:face_to_face) AS face,
            f.visited_on BETWEEN s.first_on AND s.last_on AS inside,
            (CAST(f.visited_on - :window_start AS bigint) << 17)
                | coalesce(CAST(date_part('epoch', f.visited_time) AS integer), 0) AS at,
            CAST((coalesce(f.sbp_mmhg, 0) << 9) | coalesce(f.dbp_mmhg, 0) AS bigint) AS pressure,
            (CAST(least(coalesce(f.fasting_glucose_umol_l, 0), 131071) AS bigint) << 17)
                | least(coalesce(f.other_glucose_umol_l, 0), 131071) AS glucose,
            coalesce(f.fasting_glucose_umol_l, 0) > 0 AS has_fasting
        FROM stint AS s
        JOIN followup AS f ON f.patient_id = s.patient_id AND f.disease = s.disease
        WHERE f.visited_on BETWEEN :window_start AND :last_day AND f.ended_at IS NULL
            AND (f.is_valid OR f.missing_fields <@ :measured)
        OFFSET 0) AS t
    GROUP BY t.key
), joint AS MATERIALIZED (
    SELECT s.own_seat * 2 + (m.key & 1) AS key, {merged}
    FROM (SELECT * FROM made WHERE key < 0 OFFSET 0) AS m JOIN spread AS s ON s.seat = m.key >> 1
    GROUP BY s.own_seat * 2 + (m.key & 1)
), visit AS NOT MATERIALIZED (
    SELECT key, {values} FROM made WHERE key > 0 UNION ALL SELECT key, {values} FROM joint
)"""

VALUES: Final[dict[str, tuple[str, str]]] = {
    "any_pressure": ("max", "max(t.at << 18 | t.pressure) FILTER (WHERE t.inside)"),
    "days": (
        "bit_or",
        """bit_or((CASE WHEN t.face THEN CAST('1' AS bit(732)) | (CAST('1' AS bit(732)) >> 366)
            ELSE CAST('1' AS bit(732)) >> 366 END) >> t.day) FILTER (WHERE t.inside AND t.is_valid AND t.day >= 0)""",
    ),
    "face_quarters": (
        "bit_or",
        """bit_or(CASE WHEN t.visited_on BETWEEN :q1_start AND :q1_last THEN 1
            WHEN t.visited_on BETWEEN :q2_start AND :q2_last THEN 2
            WHEN t.visited_on BETWEEN :q3_start AND :q3_last THEN 4
            WHEN t.visited_on BETWEEN :q4_start AND :q4_last THEN 8 ELSE 0 END)
            FILTER (WHERE t.inside AND t.is_valid AND t.face)""",
    ),
    "face_pressure": ("max", "max(t.at << 18 | t.pressure) FILTER (WHERE t.inside AND t.face)"),
    "face_glucose": ("max", "max(t.at << 34 | t.glucose) FILTER (WHERE t.inside AND t.face)"),
    "available_fasting": ("max", "max(t.at << 34 | t.glucose) FILTER (WHERE t.inside AND t.face AND t.has_fasting)"),
    "seen_on": ("max", "max(t.visited_on)"),
    "last_pressure": ("max", "max(t.at << 18 | t.pressure) FILTER (WHERE t.pressure > 0)"),
    "lowest_sbp": ("max", "max(t.at >> 17 << 9 | 511 - (t.pressure >> 9)) FILTER (WHERE t.pressure > 0)"),
    "lowest_dbp": ("max", "max(t.at >> 17 << 9 | 511 - (t.pressure & 511)) FILTER (WHERE t.pressure > 0)"),
}
"""What is taken from the follow-ups of a seat: how two of them become one, and how it is made."""
ALWAYS: Final = "any_pressure"  # it tells whether there is a follow-up inside of a stint
ANYWHERE: Final = ("seen_on", "last_pressure", "lowest_sbp", "lowest_dbp")
"""Of these a clinic's row holds what was found at any clinic."""

PLACES: Final = """, exam AS MATERIALIZED (
    SELECT s.seat * 2 + CAST(a.clinic_id = s.clinic_id AS integer) AS key, count(*) AS exams
    FROM seat AS s JOIN annual_exam AS a ON a.patient_id = s.patient_id AND s.disease = ANY(a.valid_for)
    WHERE a.happened_on BETWEEN :first_day AND :last_day AND NOT a.is_retracted AND NOT EXISTS (
        SELECT FROM annual_exam AS later WHERE later.replaces_id = a.id AND later.replaces_id IS NOT NULL) {people:a}
    GROUP BY s.seat * 2 + CAST(a.clinic_id = s.clinic_id AS integer)
), elsewhere AS MATERIALIZED (
    SELECT coalesce(m.person, found.seat) AS person, bool_or(found.inside) AS inside
    FROM (
        SELECT key >> 1 AS seat, any_pressure IS NOT NULL AS inside FROM visit WHERE (key & 1) = 0
        UNION ALL SELECT key >> 1, true FROM exam WHERE (key & 1) = 0) AS found
    LEFT JOIN (SELECT DISTINCT own_seat, person FROM spread) AS m ON m.own_seat = found.seat
    GROUP BY coalesce(m.person, found.seat)
), split AS MATERIALIZED (
    SELECT person FROM spread GROUP BY person HAVING count(DISTINCT own_seat) > 1
    UNION SELECT person FROM elsewhere WHERE inside
), pooled AS MATERIALIZED (
    SELECT person, {merged}
    FROM (
        SELECT coalesce(m.person, v.key >> 1) AS person, v.* FROM visit AS v
        LEFT JOIN (SELECT DISTINCT own_seat, person FROM spread) AS m ON m.own_seat = v.key >> 1) AS v
    JOIN (SELECT person FROM split UNION SELECT person FROM elsewhere) AS apart USING (person)
    GROUP BY person
), whole AS (
    SELECT person, patient_id, disease, (array_agg(clinic_id ORDER BY place))[1] AS clinic_id,
        bool_or(primary_disease AND place = 1) AS is_primary, bool_or(is_gone AND place = 1) AS is_gone,
        bool_or(is_lost AND place = 1) AS is_lost, bool_or(is_dead) AS is_dead,
        max(doctor) FILTER (WHERE place = 1) AS doctor, min(birth_date) AS birth_date,
        min(years) AS years, min(first_on) AS first_on, max(last_on) AS last_on, min(registered_on) AS registered_on,
        range_agg(daterange(first_on, last_on, '[]')) AS span
    FROM (
        SELECT seat AS person, 1 AS place, patient_id, disease, clinic_id, primary_disease, is_gone, is_lost, is_dead,
            doctor, birth_date, years, first_on, last_on, enrolled_on AS registered_on
        FROM stint WHERE seat > 0
        UNION ALL
        SELECT person, place, patient_id, disease, clinic_id, primary_disease, is_gone, is_lost, is_dead,
            doctor, birth_date, years, first_on, last_on, registered_on
        FROM spread) AS s
    JOIN split USING (person)
    GROUP BY person, patient_id, disease
), counted AS {materialized} (
    SELECT s.patient_id, s.disease, s.clinic_id, CASE WHEN p.person IS NULL THEN 'both' ELSE 'clinic' END AS counts_in,
        s.is_primary, s.is_assigned AND NOT s.is_gone AS is_active, s.is_lost, s.is_dead, s.doctor, s.birth_date,
        s.years, s.first_on, s.last_on, s.span, s.registered_on, x.exams, {own}
    FROM seat AS s
    LEFT JOIN split AS p ON p.person = s.person
    LEFT JOIN visit AS v ON v.key = s.seat * 2 + 1
    LEFT JOIN pooled AS w ON w.person = s.person
    LEFT JOIN exam AS x ON x.key = s.seat * 2 + 1
    UNION ALL
    SELECT s.patient_id, s.disease, s.clinic_id, 'region', s.is_primary, NOT s.is_gone, s.is_lost, s.is_dead, s.doctor,
        s.birth_date, s.years, s.first_on, s.last_on, s.span, s.registered_on,
        (SELECT nullif(count(*), 0) FROM annual_exam AS a
            WHERE a.patient_id = s.patient_id AND s.disease = ANY(a.valid_for)
              AND a.happened_on BETWEEN :first_day AND :last_day AND NOT a.is_retracted
              AND NOT EXISTS (SELECT FROM annual_exam AS later
                WHERE later.replaces_id = a.id AND later.replaces_id IS NOT NULL)),
        {pooled}
    FROM whole AS s
    LEFT JOIN pooled AS v USING (person)
)"""
