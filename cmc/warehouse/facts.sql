-- The facts of a period in Spark SQL, out of the exported inputs: what cmc/indicators/facts.py makes in PostgreSQL, with
-- the same decisions. A test compares every number of both. ${…} are literals of the period. Each part is kept while the
-- next are counted: Spark would make what is named twice twice.

-- part: ranked
WITH lost AS (
    SELECT enrolment, max_by(to_state, struct(happened_on, event)) = 'LOST' AS is_lost
    FROM enrolment_event WHERE happened_on <= ${last_day} GROUP BY enrolment
), withdrawn AS (
    SELECT person, disease, max(ended_on) AS ended_on FROM enrolment
    WHERE end_reason = 'DIAGNOSIS_WITHDRAWN' AND ended_on < ${next_year} GROUP BY person, disease
), stint AS (
    SELECT e.enrolment, e.person, e.disease, e.clinic, e.enrolled_on, e.primary_disease, p.birth_date,
        greatest(e.enrolled_on, ${first_day}) AS first_on,
        least(e.ended_on, p.died_on, ${last_day}) AS last_on,
        coalesce(least(p.died_on, CASE WHEN e.end_reason = 'DIED' THEN e.ended_on END) <= ${last_day}, false) AS is_dead,
        coalesce(least(p.died_on, CASE WHEN e.end_reason IN (${leaving}) THEN e.ended_on END) < ${last_day}, false)
            AS is_gone,
        coalesce(l.is_lost, false) OR coalesce(e.end_reason = 'LOST' AND e.ended_on <= ${last_day}, false) AS is_lost
    FROM enrolment AS e
    JOIN person AS p ON p.person = e.person
    LEFT JOIN lost AS l ON l.enrolment = e.enrolment
    LEFT JOIN withdrawn AS w ON w.person = e.person AND w.disease = e.disease
    WHERE e.enrolled_on <= ${last_day}
      AND coalesce(least(e.ended_on, p.died_on), ${last_day}) >= greatest(e.enrolled_on, ${first_day})
      AND e.state NOT IN ('SUSPECTED', 'CONFIRMED')
      AND (w.ended_on IS NULL OR w.ended_on < e.enrolled_on)
)
SELECT *,
    row_number() OVER (PARTITION BY person, disease ORDER BY last_on DESC, enrolled_on DESC, enrolment DESC) AS place,
    row_number() OVER (
        PARTITION BY person, disease, clinic ORDER BY last_on DESC, enrolled_on DESC, enrolment DESC) AS own_place
FROM stint

-- part: visit
WITH seen AS (
    SELECT s.person, s.disease, CASE WHEN f.clinic = s.clinic THEN f.clinic END AS own_clinic, f.visited_on,
        f.is_valid, f.mode IN (${face_to_face}) AS is_face,
        struct(f.visited_on, coalesce(f.seconds, 0) AS seconds, coalesce(f.sbp_mmhg, 0S) AS sbp,
            coalesce(f.dbp_mmhg, 0S) AS dbp) AS pressure,
        struct(f.visited_on, coalesce(f.seconds, 0) AS seconds, least(coalesce(f.fasting_umol_l, 0), 131071) AS fasting,
            least(coalesce(f.other_umol_l, 0), 131071) AS other) AS glucose
    FROM ranked AS s
    JOIN followup AS f ON f.person = s.person AND f.disease = s.disease AND f.visited_on BETWEEN s.first_on AND s.last_on
    WHERE f.visited_on BETWEEN ${first_day} AND ${last_day} AND (f.is_valid OR f.lacks_only_values)
)
SELECT person, disease, own_clinic, grouping(own_clinic) = 1 AS is_pooled,
    collect_set(CASE WHEN is_valid AND is_face THEN visited_on END) AS face_days,
    collect_set(CASE WHEN is_valid THEN visited_on END) AS any_days,
    max(pressure) FILTER (WHERE is_face) AS face_pressure, max(pressure) AS any_pressure,
    max(glucose) FILTER (WHERE is_face) AS face_glucose,
    max(glucose) FILTER (WHERE is_face AND glucose.fasting > 0) AS available
FROM seen GROUP BY GROUPING SETS ((person, disease, own_clinic), (person, disease))

-- part: dated
WITH seat AS (
    SELECT person, disease, clinic, bool_or(place = 1) AS is_assigned, bool_or(is_dead) AS is_dead,
        bool_or(is_gone AND own_place = 1) AS is_gone, bool_or(is_lost AND own_place = 1) AS is_lost,
        bool_or(primary_disease AND own_place = 1) AS is_primary, min(birth_date) AS birth_date,
        collect_list(struct(first_on, last_on)) AS spans
    FROM ranked GROUP BY person, disease, clinic
), exam AS (
    SELECT person, disease, clinic, count(*) AS exams
    FROM (SELECT person, clinic, explode(valid_for) AS disease FROM annual_exam
        WHERE happened_on BETWEEN ${first_day} AND ${last_day}) AS valid
    GROUP BY person, disease, clinic
), split AS (
    SELECT person, disease FROM seat WHERE NOT is_assigned
    UNION SELECT person, disease FROM visit WHERE own_clinic IS NULL AND NOT is_pooled
    UNION SELECT s.person, s.disease FROM seat AS s
        JOIN exam AS x ON x.person = s.person AND x.disease = s.disease WHERE s.is_assigned AND x.clinic <> s.clinic
), whole AS (
    SELECT r.person, r.disease, max(CASE WHEN r.place = 1 THEN r.clinic END) AS clinic,
        bool_or(r.primary_disease AND r.place = 1) AS is_primary, bool_or(r.is_gone AND r.place = 1) AS is_gone,
        bool_or(r.is_lost AND r.place = 1) AS is_lost, bool_or(r.is_dead) AS is_dead, min(r.birth_date) AS birth_date,
        collect_list(struct(r.first_on, r.last_on)) AS spans
    FROM ranked AS r JOIN split AS p ON p.person = r.person AND p.disease = r.disease GROUP BY r.person, r.disease
), counted AS (
    SELECT s.person, s.disease, s.clinic, CASE WHEN p.person IS NULL THEN 'both' ELSE 'clinic' END AS counts_in,
        s.is_primary, s.is_assigned AND NOT s.is_gone AS is_active, s.is_lost, s.is_dead, s.birth_date, s.spans,
        v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available, x.exams
    FROM seat AS s
    LEFT JOIN split AS p ON p.person = s.person AND p.disease = s.disease
    LEFT JOIN visit AS v ON v.person = s.person AND v.disease = s.disease AND v.own_clinic = s.clinic AND NOT v.is_pooled
    LEFT JOIN exam AS x ON x.person = s.person AND x.disease = s.disease AND x.clinic = s.clinic
    UNION ALL
    SELECT w.person, w.disease, w.clinic, 'region', w.is_primary, NOT w.is_gone, w.is_lost, w.is_dead, w.birth_date,
        w.spans, v.face_days, v.any_days, v.face_pressure, v.any_pressure, v.face_glucose, v.available, x.exams
    FROM whole AS w
    LEFT JOIN visit AS v ON v.person = w.person AND v.disease = w.disease AND v.is_pooled
    LEFT JOIN (SELECT person, disease, sum(exams) AS exams FROM exam GROUP BY person, disease) AS x
        ON x.person = w.person AND x.disease = w.disease
)
SELECT *, array_max(transform(spans, s -> s.last_on)) AS last_on, CASE WHEN size(spans) > 1
    THEN array_distinct(flatten(transform(spans, s -> sequence(s.first_on, s.last_on)))) END AS days
FROM counted

-- part: indicator_fact
WITH anywhere AS (
    SELECT person, disease, max(visited_on) AS seen_on,
        max(struct(visited_on, seconds, sbp, dbp)) FILTER (WHERE sbp > 0 OR dbp > 0) AS last_pressure,
        max(struct(visited_on, 511 - sbp AS room)) FILTER (WHERE sbp > 0 OR dbp > 0) AS lowest_sbp,
        max(struct(visited_on, 511 - dbp AS room)) FILTER (WHERE sbp > 0 OR dbp > 0) AS lowest_dbp
    FROM (SELECT person, disease, visited_on, coalesce(seconds, 0) AS seconds, coalesce(sbp_mmhg, 0S) AS sbp,
            coalesce(dbp_mmhg, 0S) AS dbp
        FROM followup
        WHERE visited_on BETWEEN ${window_start} AND ${last_day} AND (is_valid OR lacks_only_values)) AS f
    GROUP BY person, disease
), registered AS (
    SELECT person, disease, min(enrolled_on) AS registered_on FROM enrolment
    WHERE state NOT IN ('SUSPECTED', 'CONFIRMED') GROUP BY person, disease
), laboratory AS (
    SELECT person,
        max(struct(happened_on, micro)) FILTER (WHERE analyte = 'HBA1C') AS hba1c,
        max(struct(happened_on, -micro AS room)) FILTER (WHERE analyte = 'HBA1C') AS hba1c_low,
        min(struct(happened_on, -micro AS room)) FILTER (WHERE analyte = 'HBA1C' AND happened_on >= ${first_day})
            AS hba1c_first,
        max(struct(happened_on, micro)) FILTER (WHERE analyte = 'LDL') AS ldl,
        max(struct(happened_on, micro)) FILTER (WHERE analyte = 'EGFR') AS egfr,
        max(struct(happened_on, micro)) FILTER (WHERE analyte = 'UACR') AS uacr,
        max(happened_on) FILTER (WHERE analyte IN (${lipids})) AS lipids_on,
        max(happened_on) FILTER (WHERE analyte IN ('CREATININE', 'EGFR')) AS kidney_on
    FROM laboratory_result WHERE happened_on BETWEEN ${window_start} AND ${last_day} GROUP BY person
), examined AS (
    SELECT person, max(happened_on) FILTER (WHERE kind = 'eye') AS eye_on,
        max(happened_on) FILTER (WHERE kind = 'foot') AS foot_on,
        max(happened_on) FILTER (WHERE kind = 'nerve') AS nerve_on,
        max(happened_on) FILTER (WHERE kind = 'ecg') AS ecg_on
    FROM examination WHERE happened_on BETWEEN ${window_start} AND ${last_day} GROUP BY person
), treated AS (
    SELECT person, count(*) AS medicines, bool_or(is_statin) AS statin
    FROM medication WHERE happened_on <= ${last_day} AND coalesce(stopped_on > ${last_day}, true) GROUP BY person
), diagnosed AS (
    SELECT person, bit_or(conditions) AS conditions
    FROM diagnosis WHERE happened_on <= ${last_day} AND coalesce(ended_on > ${first_day}, true) GROUP BY person
), stayed AS (
    SELECT person, max(happened_on) AS stayed_on
    FROM hospital_stay WHERE happened_on BETWEEN ${first_day} AND ${last_day} GROUP BY person
), due AS (
    SELECT person, disease, count(*) AS due, count(*) FILTER (WHERE is_on_time) AS on_time,
        count(*) FILTER (WHERE due_on >= ${quarter_start}) AS quarter_due,
        count(*) FILTER (WHERE due_on >= ${quarter_start} AND is_on_time) AS quarter_on_time,
        count(*) FILTER (WHERE due_on >= ${month_start}) AS month_due,
        count(*) FILTER (WHERE due_on >= ${month_start} AND is_on_time) AS month_on_time
    FROM task WHERE due_on BETWEEN ${first_day} AND ${last_day} GROUP BY person, disease
), pair AS (
    SELECT person, is_lost, nullif(face_glucose.fasting, 0) AS fasting,
        CASE WHEN is_primary AND is_active AND ${age:last_day} >= ${statutory_age} THEN last_on END AS managed_until
    FROM dated WHERE disease = 'T2DM' AND counts_in <> 'clinic'
)
SELECT ${first_day} AS period_start, ${last_day} AS period_end, c.disease, c.person AS patient_id, clinic AS clinic_id,
    counts_in, is_primary AND ${age:last_day} >= ${statutory_age} AS is_statutory, is_active AS is_active_at_end,
    c.is_lost AS is_lost_at_end, is_dead AS is_dead_at_end, last_on AS managed_until,
    CASE WHEN days IS NULL THEN datediff(spans[0].last_on, spans[0].first_on) + 1 ELSE size(days) END AS managed_days,
    ${required_quarters} AS required_quarters,
    ${face_to_face_quarters} AS face_to_face_quarters,
    coalesce(array_size(face_days), 0) AS face_to_face_days, coalesce(array_size(any_days), 0) AS any_mode_days,
    coalesce(exams, 0) AS exams, ${age:last_day} AS age_at_end,
    face_pressure.visited_on AS face_to_face_on, nullif(face_pressure.sbp, 0) AS face_to_face_sbp_mmhg,
    nullif(face_pressure.dbp, 0) AS face_to_face_dbp_mmhg, ${age:face_pressure.visited_on} AS face_to_face_age,
    any_pressure.visited_on AS any_mode_on, nullif(any_pressure.sbp, 0) AS any_mode_sbp_mmhg,
    nullif(any_pressure.dbp, 0) AS any_mode_dbp_mmhg, ${age:any_pressure.visited_on} AS any_mode_age,
    nullif(face_glucose.fasting, 0) AS last_fasting_umol_l, nullif(face_glucose.other, 0) AS last_other_umol_l,
    available.fasting AS available_fasting_umol_l, is_primary, registered_on, seen_on,
    last_pressure.visited_on AS pressure_on, last_pressure.sbp AS pressure_sbp_mmhg,
    last_pressure.dbp AS pressure_dbp_mmhg, 511 - lowest_sbp.room AS lowest_sbp_mmhg,
    511 - lowest_dbp.room AS lowest_dbp_mmhg,
    pair.managed_until AS pair_managed_until, coalesce(pair.is_lost, false) AS pair_is_lost,
    pair.fasting AS pair_fasting_umol_l,
    hba1c.happened_on AS hba1c_on, least(hba1c.micro, 2147483647) AS hba1c_micro,
    least(-hba1c_low.room, 2147483647) AS hba1c_lowest_micro, hba1c_first.happened_on AS hba1c_first_on,
    least(-hba1c_first.room, 2147483647) AS hba1c_first_micro,
    ldl.happened_on AS ldl_on, least(ldl.micro, 2147483647) AS ldl_micro, lipids_on, kidney_on,
    egfr.happened_on AS egfr_on, egfr.micro AS egfr_micro, uacr.happened_on AS uacr_on, uacr.micro AS uacr_micro,
    eye_on, foot_on, nerve_on, ecg_on, stayed_on, coalesce(medicines, 0) AS medicines,
    coalesce(statin, false) AS takes_statin, coalesce(conditions, 0) AS conditions,
    coalesce(due, 0) AS tasks_due, coalesce(on_time, 0) AS tasks_on_time,
    coalesce(quarter_due, 0) AS quarter_tasks_due, coalesce(quarter_on_time, 0) AS quarter_tasks_on_time,
    coalesce(month_due, 0) AS month_tasks_due, coalesce(month_on_time, 0) AS month_tasks_on_time
FROM dated AS c
JOIN registered AS r ON r.person = c.person AND r.disease = c.disease
LEFT JOIN anywhere AS a ON a.person = c.person AND a.disease = c.disease
LEFT JOIN pair ON pair.person = c.person AND c.disease = 'HTN'
LEFT JOIN laboratory AS b ON b.person = c.person
LEFT JOIN examined AS x ON x.person = c.person
LEFT JOIN treated AS m ON m.person = c.person
LEFT JOIN diagnosed AS d ON d.person = c.person
LEFT JOIN stayed AS h ON h.person = c.person
LEFT JOIN due AS k ON k.person = c.person AND k.disease = c.disease
