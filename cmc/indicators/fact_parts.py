"""The parts of the statement of facts, as text; `facts.statement` puts them together and says what they decide.

`{people:x}` stands for the restriction to touched people of table x, or for nothing.
"""

from typing import Final

STINTS: Final = """
WITH lost AS (
    SELECT l.enrolment_id
    FROM enrolment_event AS l
    WHERE l.to_state = 'LOST' AND l.happened_on <= :last_day
      AND NOT EXISTS (
        SELECT FROM enrolment_event AS n
        WHERE n.enrolment_id = l.enrolment_id AND n.happened_on <= :last_day
          AND (n.happened_on, n.id) > (l.happened_on, l.id))
), stint AS MATERIALIZED (
    SELECT e.id, e.patient_id, e.disease, e.clinic_id, e.enrolled_on, e.primary_disease, e.doctor, p.birth_date,
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
      {people:e}
), registered AS MATERIALIZED (
    SELECT e.patient_id, e.disease, min(e.enrolled_on) AS registered_on, count(*) AS stints
    FROM enrolment AS e WHERE e.state NOT IN ('SUSPECTED', 'CONFIRMED') {people:e}
    GROUP BY e.patient_id, e.disease
), ranked AS MATERIALIZED (
    SELECT s.*,
        row_number() OVER (PARTITION BY s.patient_id, s.disease ORDER BY last_on DESC, enrolled_on DESC, id DESC)
            AS place,
        row_number() OVER (
            PARTITION BY s.patient_id, s.disease, s.clinic_id ORDER BY last_on DESC, enrolled_on DESC, id DESC)
            AS own_place
    FROM stint AS s JOIN registered AS r ON r.patient_id = s.patient_id AND r.disease = s.disease AND r.stints > 1
), seat AS MATERIALIZED (
    SELECT s.patient_id, s.disease, s.clinic_id, true AS is_assigned, is_dead, is_gone, is_lost,
        primary_disease AS is_primary, doctor, birth_date, first_on, last_on, CAST(NULL AS datemultirange) AS span,
        r.registered_on
    FROM stint AS s JOIN registered AS r ON r.patient_id = s.patient_id AND r.disease = s.disease AND r.stints = 1
    UNION ALL
    SELECT s.patient_id, s.disease, s.clinic_id, bool_or(place = 1), bool_or(is_dead),
        bool_or(is_gone AND own_place = 1), bool_or(is_lost AND own_place = 1),
        bool_or(primary_disease AND own_place = 1), max(doctor) FILTER (WHERE own_place = 1), min(birth_date),
        min(first_on), max(last_on), range_agg(daterange(first_on, last_on, '[]')), min(r.registered_on)
    FROM ranked AS s JOIN registered AS r ON r.patient_id = s.patient_id AND r.disease = s.disease
    GROUP BY s.patient_id, s.disease, s.clinic_id
)"""

VISITS: Final = """, visit AS MATERIALIZED (
    SELECT t.patient_id, t.disease, t.own_clinic_id,
        bit_or(CAST('1' AS bit(366)) >> t.day) FILTER (WHERE t.inside AND t.is_valid AND t.face) AS face_days,
        bit_or(CAST('1' AS bit(366)) >> t.day) FILTER (WHERE t.inside AND t.is_valid) AS any_days,
        max(t.at << 18 | t.pressure) FILTER (WHERE t.inside AND t.face) AS face_pressure,
        max(t.at << 18 | t.pressure) FILTER (WHERE t.inside) AS any_pressure,
        max(t.at << 34 | t.glucose) FILTER (WHERE t.inside AND t.face) AS face_glucose,
        max(t.at << 34 | t.glucose) FILTER (WHERE t.inside AND t.face AND t.has_fasting) AS available_fasting,
        max(t.visited_on) AS seen_on,
        max(t.at << 18 | t.pressure) FILTER (WHERE t.pressure > 0) AS last_pressure,
        max(t.at >> 17 << 9 | 511 - (t.pressure >> 9)) FILTER (WHERE t.pressure > 0) AS lowest_sbp,
        max(t.at >> 17 << 9 | 511 - (t.pressure & 511)) FILTER (WHERE t.pressure > 0) AS lowest_dbp
    FROM (
        SELECT f.patient_id, f.disease, CASE WHEN f.clinic_id = s.clinic_id THEN f.clinic_id END AS own_clinic_id,
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
    GROUP BY t.patient_id, t.disease, t.own_clinic_id
)"""

PLACES: Final = """, exam AS MATERIALIZED (
    SELECT a.patient_id, d.disease, a.clinic_id, count(*) AS exams
    FROM annual_exam AS a
    CROSS JOIN LATERAL unnest(a.valid_for) AS d(disease)
    WHERE a.happened_on BETWEEN :first_day AND :last_day AND NOT a.is_retracted {people:a}
      AND NOT EXISTS (
        SELECT FROM annual_exam AS later WHERE later.replaces_id = a.id AND later.replaces_id IS NOT NULL)
    GROUP BY a.patient_id, d.disease, a.clinic_id
), split AS MATERIALIZED (
    SELECT patient_id, disease FROM seat WHERE NOT is_assigned
    UNION SELECT patient_id, disease FROM visit WHERE own_clinic_id IS NULL AND any_pressure IS NOT NULL
    UNION SELECT s.patient_id, s.disease FROM seat AS s JOIN exam AS x USING (patient_id, disease)
        WHERE s.is_assigned AND x.clinic_id <> s.clinic_id
), pooled AS MATERIALIZED (
    SELECT patient_id, disease, bit_or(face_days) AS face_days, bit_or(any_days) AS any_days,
        max(face_pressure) AS face_pressure, max(any_pressure) AS any_pressure, max(face_glucose) AS face_glucose,
        max(available_fasting) AS available_fasting, max(seen_on) AS seen_on, max(last_pressure) AS last_pressure,
        max(lowest_sbp) AS lowest_sbp, max(lowest_dbp) AS lowest_dbp
    FROM visit JOIN (
        SELECT patient_id, disease FROM split
        UNION SELECT patient_id, disease FROM visit WHERE own_clinic_id IS NULL) AS apart USING (patient_id, disease)
    GROUP BY patient_id, disease
), whole AS (
    SELECT patient_id, disease, (array_agg(clinic_id ORDER BY place))[1] AS clinic_id,
        bool_or(primary_disease AND place = 1) AS is_primary, bool_or(is_gone AND place = 1) AS is_gone,
        bool_or(is_lost AND place = 1) AS is_lost, bool_or(is_dead) AS is_dead,
        max(doctor) FILTER (WHERE place = 1) AS doctor, min(birth_date) AS birth_date,
        min(first_on) AS first_on, max(last_on) AS last_on, min(registered_on) AS registered_on,
        range_agg(daterange(first_on, last_on, '[]')) AS span
    FROM (
        SELECT s.*, r.registered_on, row_number() OVER (
            PARTITION BY s.patient_id, s.disease ORDER BY last_on DESC, enrolled_on DESC, id DESC) AS place
        FROM stint AS s JOIN split USING (patient_id, disease) JOIN registered AS r USING (patient_id, disease)) AS s
    GROUP BY patient_id, disease
), counted AS MATERIALIZED (
    SELECT s.patient_id, s.disease, s.clinic_id, CASE WHEN p.patient_id IS NULL THEN 'both' ELSE 'clinic' END counts_in,
        s.is_primary, s.is_assigned AND NOT s.is_gone AS is_active, s.is_lost, s.is_dead, s.doctor, s.birth_date,
        s.first_on, s.last_on, s.span, s.registered_on,
        v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available_fasting, x.exams,
        coalesce(w.seen_on, v.seen_on) AS seen_on, coalesce(w.last_pressure, v.last_pressure) AS last_pressure,
        coalesce(w.lowest_sbp, v.lowest_sbp) AS lowest_sbp, coalesce(w.lowest_dbp, v.lowest_dbp) AS lowest_dbp
    FROM seat AS s
    LEFT JOIN split AS p ON p.patient_id = s.patient_id AND p.disease = s.disease
    LEFT JOIN visit AS v ON v.patient_id = s.patient_id AND v.disease = s.disease AND v.own_clinic_id = s.clinic_id
    LEFT JOIN pooled AS w ON w.patient_id = s.patient_id AND w.disease = s.disease
    LEFT JOIN exam AS x ON x.patient_id = s.patient_id AND x.disease = s.disease AND x.clinic_id = s.clinic_id
    UNION ALL
    SELECT s.patient_id, s.disease, s.clinic_id, 'region', s.is_primary, NOT s.is_gone, s.is_lost, s.is_dead, s.doctor,
        s.birth_date, s.first_on, s.last_on, s.span, s.registered_on,
        v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available_fasting, x.exams,
        v.seen_on, v.last_pressure, v.lowest_sbp, v.lowest_dbp
    FROM whole AS s
    LEFT JOIN pooled AS v USING (patient_id, disease)
    LEFT JOIN (
        SELECT patient_id, disease, CAST(sum(exams) AS bigint) AS exams
        FROM exam JOIN split USING (patient_id, disease) GROUP BY patient_id, disease) AS x USING (patient_id, disease)
)"""

RECORD: Final = """, pair AS MATERIALIZED (
    SELECT patient_id, is_primary AND is_active AND date_part('year', age(:last_day, birth_date)) >= :statutory_age
            AS is_managed,
        is_lost, CAST(nullif((face_glucose >> 17) & 131071, 0) AS integer) AS fasting
    FROM counted WHERE disease = 'T2DM' AND counts_in <> 'clinic'
), laboratory AS MATERIALIZED (
    SELECT t.patient_id,
        max(t.at | t.micro) FILTER (WHERE t.analyte = 'HBA1C') AS hba1c,
        max(t.at | (:most - t.micro)) FILTER (WHERE t.analyte = 'HBA1C') AS hba1c_low,
        min(t.at | (:most - t.micro)) FILTER (WHERE t.analyte = 'HBA1C' AND t.happened_on >= :first_day) AS hba1c_first,
        max(t.at | t.micro) FILTER (WHERE t.analyte = 'LDL') AS ldl,
        max(t.at | t.micro) FILTER (WHERE t.analyte = 'EGFR') AS egfr,
        max(t.at | t.micro) FILTER (WHERE t.analyte = 'UACR') AS uacr,
        max(t.happened_on) FILTER (WHERE t.analyte = ANY(:lipids)) AS lipids_on,
        max(t.happened_on) FILTER (WHERE t.analyte IN ('CREATININE', 'EGFR')) AS kidney_on
    FROM (
        SELECT l.patient_id, l.analyte, l.happened_on, CAST(l.happened_on - :window_start AS bigint) << 36 AS at,
            CAST(least(greatest(l.value, 0) * 1000000, :most) AS bigint) AS micro
        FROM laboratory_result AS l
        WHERE l.happened_on BETWEEN :window_start AND :last_day AND l.analyte = ANY(:analytes) AND NOT l.is_retracted
          AND NOT EXISTS (
            SELECT FROM laboratory_result AS later WHERE later.replaces_id = l.id AND later.replaces_id IS NOT NULL)
          {people:l}
        OFFSET 0) AS t
    GROUP BY t.patient_id
), examined AS MATERIALIZED (
    SELECT x.patient_id, max(x.happened_on) FILTER (WHERE x.kind = 'eye') AS eye_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'foot') AS foot_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'nerve') AS nerve_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'ecg') AS ecg_on
    FROM examination AS x
    WHERE x.happened_on BETWEEN :window_start AND :last_day AND NOT x.is_retracted {people:x}
      AND NOT EXISTS (
        SELECT FROM examination AS later WHERE later.replaces_id = x.id AND later.replaces_id IS NOT NULL)
    GROUP BY x.patient_id
), treated AS MATERIALIZED (
    SELECT m.patient_id, count(*) AS medicines, bool_or(coalesce(m.medicine_code = ANY(:statins), false)) AS statin
    FROM medication AS m
    WHERE m.happened_on <= :last_day AND coalesce(m.stopped_on > :last_day, true) AND NOT m.is_retracted {people:m}
      AND NOT EXISTS (
        SELECT FROM medication AS later WHERE later.replaces_id = m.id AND later.replaces_id IS NOT NULL)
    GROUP BY m.patient_id
), diagnosed AS MATERIALIZED (
    SELECT d.patient_id, bit_or(
        CAST(coalesce(d.icd10 ~ :vascular, false) AS integer) + CAST(coalesce(d.icd10 ~ :renal, false) AS integer) * 2
        + CAST(coalesce(d.icd10 ~ :pregnancy, false) OR coalesce(d.condition = 'PREGNANT', false) AS integer) * 4
        + CAST(coalesce(d.icd10 ~ :palliative, false) AS integer) * 8) AS conditions
    FROM diagnosis AS d
    WHERE d.happened_on <= :last_day AND coalesce(d.ended_on > :first_day, true) AND NOT d.is_retracted {people:d}
      AND NOT EXISTS (
        SELECT FROM diagnosis AS later WHERE later.replaces_id = d.id AND later.replaces_id IS NOT NULL)
    GROUP BY d.patient_id
), stayed AS MATERIALIZED (
    SELECT h.patient_id, count(*) AS stays
    FROM hospital_stay AS h
    WHERE h.happened_on BETWEEN :first_day AND :last_day AND NOT h.is_retracted {people:h}
      AND NOT EXISTS (
        SELECT FROM hospital_stay AS later WHERE later.replaces_id = h.id AND later.replaces_id IS NOT NULL)
    GROUP BY h.patient_id
), due AS MATERIALIZED (
    SELECT k.patient_id, k.disease, count(*) AS due, count(*) FILTER (WHERE k.status = 'done'
        AND CAST(k.closed_at AT TIME ZONE :zone AS date) BETWEEN k.due_on - :punctual AND k.due_on + :punctual)
        AS on_time
    FROM task AS k
    WHERE k.due_on BETWEEN :first_day AND :last_day AND k.disease IS NOT NULL AND k.status <> 'cancelled' {people:k}
    GROUP BY k.patient_id, k.disease
)"""

ROWS: Final = """
SELECT CAST(:first_day AS date) AS period_start, CAST(:last_day AS date) AS period_end,
    c.disease, c.patient_id, c.clinic_id, c.counts_in,
    c.is_primary AND old.years >= :statutory_age AS is_statutory,
    c.is_active AS is_active_at_end, c.is_lost AS is_lost_at_end, c.is_dead AS is_dead_at_end,
    CAST(CASE WHEN c.span IS NULL THEN c.last_on - c.first_on + 1
        ELSE (SELECT sum(upper(r) - lower(r)) FROM unnest(c.span) AS r) END AS smallint) AS managed_days,
    CAST(CASE WHEN c.span IS NULL
        THEN CAST(c.first_on <= :q1_start AND c.last_on >= :q1_last AS integer)
            + CAST(c.first_on <= :q2_start AND c.last_on >= :q2_last AS integer) * 2
            + CAST(c.first_on <= :q3_start AND c.last_on >= :q3_last AS integer) * 4
            + CAST(c.first_on <= :q4_start AND c.last_on >= :q4_last AS integer) * 8
        ELSE CAST(c.span @> daterange(:q1_start, :q1_last, '[]') AS integer)
            + CAST(c.span @> daterange(:q2_start, :q2_last, '[]') AS integer) * 2
            + CAST(c.span @> daterange(:q3_start, :q3_last, '[]') AS integer) * 4
            + CAST(c.span @> daterange(:q4_start, :q4_last, '[]') AS integer) * 8 END AS smallint) AS required_quarters,
    CAST(CASE WHEN c.face_days IS NULL THEN 0
        ELSE CAST(position(B'1' IN substring(c.face_days FROM :q1_from FOR :q1_days)) > 0 AS integer)
            + CAST(position(B'1' IN substring(c.face_days FROM :q2_from FOR :q2_days)) > 0 AS integer) * 2
            + CAST(position(B'1' IN substring(c.face_days FROM :q3_from FOR :q3_days)) > 0 AS integer) * 4
            + CAST(position(B'1' IN substring(c.face_days FROM :q4_from FOR :q4_days)) > 0 AS integer) * 8
        END AS smallint) AS face_to_face_quarters,
    CAST(coalesce(bit_count(c.face_days), 0) AS smallint) AS face_to_face_days,
    CAST(coalesce(bit_count(c.any_days), 0) AS smallint) AS any_mode_days,
    CAST(coalesce(c.exams, 0) AS smallint) AS exams,
    old.years AS age_at_end,
    face.day AS face_to_face_on,
    CAST(nullif((c.face_pressure >> 9) & 511, 0) AS smallint) AS face_to_face_sbp_mmhg,
    CAST(nullif(c.face_pressure & 511, 0) AS smallint) AS face_to_face_dbp_mmhg,
    CAST(date_part('year', age(face.day, c.birth_date)) AS smallint) AS face_to_face_age,
    any_mode.day AS any_mode_on,
    CAST(nullif((c.any_pressure >> 9) & 511, 0) AS smallint) AS any_mode_sbp_mmhg,
    CAST(nullif(c.any_pressure & 511, 0) AS smallint) AS any_mode_dbp_mmhg,
    CAST(date_part('year', age(any_mode.day, c.birth_date)) AS smallint) AS any_mode_age,
    CAST(nullif((c.face_glucose >> 17) & 131071, 0) AS integer) AS last_fasting_umol_l,
    CAST(nullif(c.face_glucose & 131071, 0) AS integer) AS last_other_umol_l,
    CAST((c.available_fasting >> 17) & 131071 AS integer) AS available_fasting_umol_l,
    c.doctor, c.is_primary, c.registered_on, c.seen_on,
    :window_start + CAST(c.last_pressure >> 35 AS integer) AS pressure_on,
    CAST((c.last_pressure >> 9) & 511 AS smallint) AS pressure_sbp_mmhg,
    CAST(c.last_pressure & 511 AS smallint) AS pressure_dbp_mmhg,
    CAST(511 - (c.lowest_sbp & 511) AS smallint) AS lowest_sbp_mmhg,
    CAST(511 - (c.lowest_dbp & 511) AS smallint) AS lowest_dbp_mmhg,
    coalesce(pair.is_managed, false) AS pair_is_managed, coalesce(pair.is_lost, false) AS pair_is_lost,
    pair.fasting AS pair_fasting_umol_l,
    :window_start + CAST(b.hba1c >> 36 AS integer) AS hba1c_on,
    CAST(least(b.hba1c & :most, 2147483647) AS integer) AS hba1c_micro,
    CAST(least(:most - (b.hba1c_low & :most), 2147483647) AS integer) AS hba1c_lowest_micro,
    :window_start + CAST(b.hba1c_first >> 36 AS integer) AS hba1c_first_on,
    CAST(least(:most - (b.hba1c_first & :most), 2147483647) AS integer) AS hba1c_first_micro,
    :window_start + CAST(b.ldl >> 36 AS integer) AS ldl_on,
    CAST(least(b.ldl & :most, 2147483647) AS integer) AS ldl_micro,
    b.lipids_on, b.kidney_on,
    :window_start + CAST(b.egfr >> 36 AS integer) AS egfr_on, b.egfr & :most AS egfr_micro,
    :window_start + CAST(b.uacr >> 36 AS integer) AS uacr_on, b.uacr & :most AS uacr_micro,
    x.eye_on, x.foot_on, x.nerve_on, x.ecg_on,
    CAST(coalesce(h.stays, 0) AS smallint) AS hospital_stays,
    CAST(coalesce(m.medicines, 0) AS smallint) AS medicines, coalesce(m.statin, false) AS takes_statin,
    CAST(coalesce(d.conditions, 0) AS smallint) AS conditions,
    CAST(coalesce(k.due, 0) AS smallint) AS tasks_due, CAST(coalesce(k.on_time, 0) AS smallint) AS tasks_on_time
FROM counted AS c
LEFT JOIN pair ON pair.patient_id = c.patient_id AND c.disease = 'HTN'
LEFT JOIN laboratory AS b ON b.patient_id = c.patient_id
LEFT JOIN examined AS x ON x.patient_id = c.patient_id
LEFT JOIN treated AS m ON m.patient_id = c.patient_id
LEFT JOIN diagnosed AS d ON d.patient_id = c.patient_id
LEFT JOIN stayed AS h ON h.patient_id = c.patient_id
LEFT JOIN due AS k ON k.patient_id = c.patient_id AND k.disease = c.disease
CROSS JOIN LATERAL (SELECT CAST(date_part('year', age(:last_day, c.birth_date)) AS smallint)) AS old(years)
CROSS JOIN LATERAL (SELECT :window_start + CAST(c.face_pressure >> 35 AS integer)) AS face(day)
CROSS JOIN LATERAL (SELECT :window_start + CAST(c.any_pressure >> 35 AS integer)) AS any_mode(day)
"""

STATEMENT: Final = STINTS + VISITS + PLACES + RECORD + ROWS
