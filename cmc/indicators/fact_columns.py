"""What facts take from the rest of a record, and the columns of the facts, as text; `facts.statement` joins them."""

from typing import Final

PAIR: Final = """pair AS MATERIALIZED (
    SELECT patient_id, CASE WHEN is_primary AND is_active AND years >= :statutory_age THEN last_on END
            AS managed_until, is_lost,
        CAST(nullif((face_glucose >> 17) & 131071, 0) AS integer) AS fasting
    FROM counted WHERE disease = 'T2DM' AND counts_in <> 'clinic'
)"""

LABORATORY: Final = """laboratory AS MATERIALIZED (
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
            least(greatest(CAST(l.value * 1000000 AS bigint), 0), :most) AS micro
        FROM laboratory_result AS l
        WHERE l.happened_on BETWEEN :window_start AND :last_day AND l.analyte = ANY(:analytes) AND NOT l.is_retracted
          AND NOT EXISTS (
            SELECT FROM laboratory_result AS later WHERE later.replaces_id = l.id AND later.replaces_id IS NOT NULL)
          {people:l}
        OFFSET 0) AS t
    GROUP BY t.patient_id
)"""

EXAMINED: Final = """examined AS MATERIALIZED (
    SELECT x.patient_id, max(x.happened_on) FILTER (WHERE x.kind = 'eye') AS eye_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'foot') AS foot_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'nerve') AS nerve_on,
        max(x.happened_on) FILTER (WHERE x.kind = 'ecg') AS ecg_on
    FROM examination AS x
    WHERE x.happened_on BETWEEN :window_start AND :last_day AND NOT x.is_retracted {people:x}
      AND NOT EXISTS (
        SELECT FROM examination AS later WHERE later.replaces_id = x.id AND later.replaces_id IS NOT NULL)
    GROUP BY x.patient_id
)"""

TREATED: Final = """treated AS MATERIALIZED (
    SELECT m.patient_id, count(*) AS medicines, bool_or(coalesce(m.medicine_code = ANY(:statins), false)) AS statin
    FROM medication AS m
    WHERE m.happened_on <= :last_day AND coalesce(m.stopped_on > :last_day, true) AND NOT m.is_retracted {people:m}
      AND NOT EXISTS (
        SELECT FROM medication AS later WHERE later.replaces_id = m.id AND later.replaces_id IS NOT NULL)
    GROUP BY m.patient_id
)"""

DIAGNOSED_BITS: Final = (
    "(CAST(coalesce(d.icd10 ~ :vascular, false) AS integer) + CAST(coalesce(d.icd10 ~ :renal, false) AS integer) * 2"
    " + CAST(coalesce(d.icd10 ~ :pregnancy, false) OR coalesce(d.condition = 'PREGNANT', false) AS integer) * 4"
    " + CAST(coalesce(d.icd10 ~ :palliative, false) AS integer) * 8)"
)
"""Of a diagnosis d: the bits of `Circumstance`."""

DIAGNOSED: Final = """diagnosed AS MATERIALIZED (
    SELECT d.patient_id, bit_or({bits}) AS conditions
    FROM diagnosis AS d
    WHERE d.happened_on <= :last_day AND coalesce(d.ended_on > :first_day, true) AND NOT d.is_retracted {people:d}
      AND NOT EXISTS (
        SELECT FROM diagnosis AS later WHERE later.replaces_id = d.id AND later.replaces_id IS NOT NULL)
    GROUP BY d.patient_id
)""".replace("{bits}", DIAGNOSED_BITS)

STAYED: Final = """stayed AS MATERIALIZED (
    SELECT h.patient_id, max(h.happened_on) AS stayed_on
    FROM hospital_stay AS h
    WHERE h.happened_on BETWEEN :first_day AND :last_day AND NOT h.is_retracted {people:h}
      AND NOT EXISTS (
        SELECT FROM hospital_stay AS later WHERE later.replaces_id = h.id AND later.replaces_id IS NOT NULL)
    GROUP BY h.patient_id
)"""

ON_TIME: Final = (
    "(k.status = 'done' AND CAST(k.closed_at AT TIME ZONE :zone AS date)"
    " BETWEEN k.due_on - CAST(:punctual AS integer) AND k.due_on + CAST(:punctual AS integer))"
)
"""Of a task k: whether it was settled within the days that count as on time (IND-06)."""

DUE: Final = """due AS MATERIALIZED (
    SELECT t.patient_id, t.disease, count(*) AS due, count(*) FILTER (WHERE t.on_time) AS on_time,
        count(*) FILTER (WHERE t.due_on >= :quarter_start) AS quarter_due,
        count(*) FILTER (WHERE t.due_on >= :quarter_start AND t.on_time) AS quarter_on_time,
        count(*) FILTER (WHERE t.due_on >= :month_start) AS month_due,
        count(*) FILTER (WHERE t.due_on >= :month_start AND t.on_time) AS month_on_time
    FROM (
        SELECT k.patient_id, k.disease, k.due_on, {on_time} AS on_time
        FROM task AS k
        WHERE k.due_on BETWEEN :first_day AND :last_day AND k.disease IS NOT NULL AND k.status <> 'cancelled' {people:k}
        OFFSET 0) AS t
    GROUP BY t.patient_id, t.disease
)""".replace("{on_time}", ON_TIME)


JOINED: Final[dict[str, tuple[str, str]]] = {
    "pair": (PAIR, "pair ON pair.patient_id = c.patient_id AND c.disease = 'HTN'"),
    "b": (LABORATORY, "laboratory AS b ON b.patient_id = c.patient_id"),
    "x": (EXAMINED, "examined AS x ON x.patient_id = c.patient_id"),
    "m": (TREATED, "treated AS m ON m.patient_id = c.patient_id"),
    "d": (DIAGNOSED, "diagnosed AS d ON d.patient_id = c.patient_id"),
    "h": (STAYED, "stayed AS h ON h.patient_id = c.patient_id"),
    "k": (DUE, "due AS k ON k.patient_id = c.patient_id AND k.disease = c.disease"),
}
"""By the name that columns call it: what is read of the record beyond follow-ups, and how it is joined."""

_YEARS: Final = "CAST(date_part('year', age({day}, c.birth_date)) AS smallint)"
_FACE_DAY: Final = ":window_start + CAST(c.face_pressure >> 35 AS integer)"
_ANY_DAY: Final = ":window_start + CAST(c.any_pressure >> 35 AS integer)"

COLUMNS: Final[dict[str, str]] = {
    "period_start": "CAST(:first_day AS date)",
    "period_end": "CAST(:last_day AS date)",
    "disease": "c.disease",
    "patient_id": "c.patient_id",
    "clinic_id": "c.clinic_id",
    "counts_in": "c.counts_in",
    "is_statutory": "c.is_primary AND c.years >= :statutory_age",
    "is_active_at_end": "c.is_active",
    "is_lost_at_end": "c.is_lost",
    "is_dead_at_end": "c.is_dead",
    "managed_until": "c.last_on",
    "managed_days": """CAST(CASE WHEN c.span IS NULL THEN c.last_on - greatest(c.first_on, :first_day) + 1
        ELSE (SELECT sum(upper(r) - lower(r))
            FROM unnest(c.span * datemultirange(daterange(:first_day, :last_day, '[]'))) AS r) END AS smallint)""",
    "required_quarters": """CAST(CASE WHEN c.span IS NULL
        THEN CAST(c.first_on <= :q1_start AND c.last_on >= :q1_last AS integer)
            + CAST(c.first_on <= :q2_start AND c.last_on >= :q2_last AS integer) * 2
            + CAST(c.first_on <= :q3_start AND c.last_on >= :q3_last AS integer) * 4
            + CAST(c.first_on <= :q4_start AND c.last_on >= :q4_last AS integer) * 8
        ELSE CAST(c.span @> daterange(:q1_start, :q1_last, '[]') AS integer)
            + CAST(c.span @> daterange(:q2_start, :q2_last, '[]') AS integer) * 2
            + CAST(c.span @> daterange(:q3_start, :q3_last, '[]') AS integer) * 4
            + CAST(c.span @> daterange(:q4_start, :q4_last, '[]') AS integer) * 8 END AS smallint)""",
    "face_to_face_quarters": "CAST(coalesce(c.face_quarters, 0) AS smallint)",
    "face_to_face_days": "CAST(coalesce(bit_count(substring(c.days FOR 366)), 0) AS smallint)",
    "any_mode_days": "CAST(coalesce(bit_count(substring(c.days FROM 367)), 0) AS smallint)",
    "exams": "CAST(coalesce(c.exams, 0) AS smallint)",
    "age_at_end": "c.years",
    "face_to_face_on": _FACE_DAY,
    "face_to_face_sbp_mmhg": "CAST(nullif((c.face_pressure >> 9) & 511, 0) AS smallint)",
    "face_to_face_dbp_mmhg": "CAST(nullif(c.face_pressure & 511, 0) AS smallint)",
    "face_to_face_age": _YEARS.format(day=_FACE_DAY),
    "any_mode_on": _ANY_DAY,
    "any_mode_sbp_mmhg": "CAST(nullif((c.any_pressure >> 9) & 511, 0) AS smallint)",
    "any_mode_dbp_mmhg": "CAST(nullif(c.any_pressure & 511, 0) AS smallint)",
    "any_mode_age": _YEARS.format(day=_ANY_DAY),
    "last_fasting_umol_l": "CAST(nullif((c.face_glucose >> 17) & 131071, 0) AS integer)",
    "last_other_umol_l": "CAST(nullif(c.face_glucose & 131071, 0) AS integer)",
    "available_fasting_umol_l": "CAST((c.available_fasting >> 17) & 131071 AS integer)",
    "doctor": "c.doctor",
    "is_primary": "c.is_primary",
    "registered_on": "c.registered_on",
    "seen_on": "c.seen_on",
    "pressure_on": ":window_start + CAST(c.last_pressure >> 35 AS integer)",
    "pressure_sbp_mmhg": "CAST((c.last_pressure >> 9) & 511 AS smallint)",
    "pressure_dbp_mmhg": "CAST(c.last_pressure & 511 AS smallint)",
    "lowest_sbp_mmhg": "CAST(511 - (c.lowest_sbp & 511) AS smallint)",
    "lowest_dbp_mmhg": "CAST(511 - (c.lowest_dbp & 511) AS smallint)",
    "pair_managed_until": "pair.managed_until",
    "pair_is_lost": "coalesce(pair.is_lost, false)",
    "pair_fasting_umol_l": "pair.fasting",
    "hba1c_on": ":window_start + CAST(b.hba1c >> 36 AS integer)",
    "hba1c_micro": "CAST(least(b.hba1c & :most, 2147483647) AS integer)",
    "hba1c_lowest_micro": "CAST(least(:most - (b.hba1c_low & :most), 2147483647) AS integer)",
    "hba1c_first_on": ":window_start + CAST(b.hba1c_first >> 36 AS integer)",
    "hba1c_first_micro": "CAST(least(:most - (b.hba1c_first & :most), 2147483647) AS integer)",
    "ldl_on": ":window_start + CAST(b.ldl >> 36 AS integer)",
    "ldl_micro": "CAST(least(b.ldl & :most, 2147483647) AS integer)",
    "lipids_on": "b.lipids_on",
    "kidney_on": "b.kidney_on",
    "egfr_on": ":window_start + CAST(b.egfr >> 36 AS integer)",
    "egfr_micro": "b.egfr & :most",
    "uacr_on": ":window_start + CAST(b.uacr >> 36 AS integer)",
    "uacr_micro": "b.uacr & :most",
    "eye_on": "x.eye_on",
    "foot_on": "x.foot_on",
    "nerve_on": "x.nerve_on",
    "ecg_on": "x.ecg_on",
    "stayed_on": "h.stayed_on",
    "medicines": "CAST(coalesce(m.medicines, 0) AS smallint)",
    "takes_statin": "coalesce(m.statin, false)",
    "conditions": "CAST(coalesce(d.conditions, 0) AS smallint)",
    "tasks_due": "CAST(coalesce(k.due, 0) AS smallint)",
    "tasks_on_time": "CAST(coalesce(k.on_time, 0) AS smallint)",
    "quarter_tasks_due": "CAST(coalesce(k.quarter_due, 0) AS smallint)",
    "quarter_tasks_on_time": "CAST(coalesce(k.quarter_on_time, 0) AS smallint)",
    "month_tasks_due": "CAST(coalesce(k.month_due, 0) AS smallint)",
    "month_tasks_on_time": "CAST(coalesce(k.month_on_time, 0) AS smallint)",
}
"""The columns of the facts in the order of their table: `c` is the row that is counted, the others are `JOINED`."""
