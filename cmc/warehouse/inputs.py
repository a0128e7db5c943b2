# ruff: noqa: S608 - the statements are made of the constants here
"""What leaves for a warehouse: the tables that the facts of the indicators are made of, column by column. Pure.

No names, numbers, addresses or ids of ours, and of diagnoses and medicines only what an indicator asks for: a person is
a keyed pseudonym, equal in every export of an installation and useless without its key; an enrolment and an event are
places in the order of their ids. Birth dates are in it, because ages count, so the files are pseudonymised personal
data and to be kept as such. A clinic is its id in the tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cmc.indicators.fact_columns import DIAGNOSED_BITS, ON_TIME

SCHEMA_VERSION: Final = 2
"""Raised when a table comes, or a column changes its meaning or goes; new columns may come within a version."""

_PERSON: Final = "substring(sha256(:salt || uuid_send({0})) FROM 1 FOR 16)"
_STANDS: Final = (
    "NOT {1}.is_retracted AND NOT EXISTS"
    " (SELECT FROM {0} AS later WHERE later.replaces_id = {1}.id AND later.replaces_id IS NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Input:
    """A table of an export: its columns with their types in Parquet, and the SELECT that they come from.

    The SELECT may use :salt, and what `facts.values_of` gives that hangs on no period.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    sql: str


INPUTS: Final = (
    Input(
        "organisation",
        (("organisation", "string"), ("parent", "string"), ("kind", "string"), ("code", "string")),
        "SELECT CAST(id AS text), CAST(parent_id AS text), kind, code FROM organisation ORDER BY id",
    ),
    Input(
        "person",
        (("person", "pseudonym"), ("birth_date", "date"), ("died_on", "date")),
        f"SELECT {_PERSON.format('id')}, birth_date, died_on FROM patient",
    ),
    Input(
        "enrolment",
        (
            ("enrolment", "int64"), ("person", "pseudonym"), ("disease", "string"), ("clinic", "string"),
            ("state", "string"), ("primary_disease", "bool"), ("enrolled_on", "date"), ("ended_on", "date"),
            ("end_reason", "string"),
        ),
        f"SELECT row_number() OVER (ORDER BY id), {_PERSON.format('patient_id')}, disease, CAST(clinic_id AS text),"
        " state, primary_disease, enrolled_on, ended_on, end_reason FROM enrolment",
    ),
    Input(
        "enrolment_event",
        (("enrolment", "int64"), ("event", "int64"), ("to_state", "string"), ("happened_on", "date")),
        "SELECT n.place, row_number() OVER (ORDER BY e.id), e.to_state, e.happened_on FROM enrolment_event AS e"
        " JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM enrolment) AS n ON n.id = e.enrolment_id",
    ),
    Input(
        "followup",
        (
            ("person", "pseudonym"), ("disease", "string"), ("clinic", "string"), ("visited_on", "date"),
            ("seconds", "int32"), ("mode", "int16"), ("is_valid", "bool"), ("lacks_only_values", "bool"),
            ("sbp_mmhg", "int16"), ("dbp_mmhg", "int16"), ("fasting_umol_l", "int32"), ("other_umol_l", "int32"),
        ),
        f"SELECT {_PERSON.format('patient_id')}, disease, CAST(clinic_id AS text), visited_on,"
        " CAST(date_part('epoch', visited_time) AS integer), mode, is_valid,"
        " missing_fields <@ CAST(:measured AS text[]), sbp_mmhg, dbp_mmhg, fasting_glucose_umol_l,"
        " other_glucose_umol_l FROM followup WHERE ended_at IS NULL",
    ),
    Input(
        "annual_exam",
        (("person", "pseudonym"), ("clinic", "string"), ("happened_on", "date"), ("valid_for", "strings")),
        f"SELECT {_PERSON.format('patient_id')}, CAST(clinic_id AS text), happened_on, valid_for FROM annual_exam AS a"
        f" WHERE {_STANDS.format('annual_exam', 'a')}",
    ),
    Input(
        "laboratory_result",
        (("person", "pseudonym"), ("analyte", "string"), ("happened_on", "date"), ("micro", "int64")),
        f"SELECT {_PERSON.format('patient_id')}, analyte, happened_on,"
        " CAST(least(greatest(value, 0) * 1000000, CAST(:most AS bigint)) AS bigint) FROM laboratory_result AS l"
        f" WHERE analyte = ANY(CAST(:analytes AS text[])) AND {_STANDS.format('laboratory_result', 'l')}",
    ),
    Input(
        "examination",
        (("person", "pseudonym"), ("kind", "string"), ("happened_on", "date")),
        f"SELECT {_PERSON.format('patient_id')}, kind, happened_on FROM examination AS x"
        f" WHERE {_STANDS.format('examination', 'x')}",
    ),
    Input(
        "medication",
        (("person", "pseudonym"), ("happened_on", "date"), ("stopped_on", "date"), ("is_statin", "bool")),
        f"SELECT {_PERSON.format('patient_id')}, happened_on, stopped_on,"
        " coalesce(medicine_code = ANY(CAST(:statins AS text[])), false) FROM medication AS m"
        f" WHERE {_STANDS.format('medication', 'm')}",
    ),
    Input(
        "diagnosis",
        (("person", "pseudonym"), ("happened_on", "date"), ("ended_on", "date"), ("conditions", "int16")),
        f"SELECT {_PERSON.format('patient_id')}, happened_on, ended_on, CAST({DIAGNOSED_BITS} AS smallint)"
        f" FROM diagnosis AS d WHERE {DIAGNOSED_BITS} <> 0 AND {_STANDS.format('diagnosis', 'd')}",
    ),
    Input(
        "hospital_stay",
        (("person", "pseudonym"), ("happened_on", "date")),
        f"SELECT {_PERSON.format('patient_id')}, happened_on FROM hospital_stay AS h"
        f" WHERE {_STANDS.format('hospital_stay', 'h')}",
    ),
    Input(
        "task",
        (("person", "pseudonym"), ("disease", "string"), ("due_on", "date"), ("is_on_time", "bool")),
        f"SELECT {_PERSON.format('patient_id')}, disease, due_on, {ON_TIME} FROM task AS k"
        " WHERE disease IS NOT NULL AND status <> 'cancelled'",
    ),
)  # fmt: skip
