"""storing readings answers NULL when all were new; an alert is closed when its reading is withdrawn"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0022"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None

COLUMNS = {
    "id": "uuid", "taken_on": "date", "clinic_id": "uuid", "patient_id": "uuid", "kind": "text",
    "taken_at": "timestamptz", "setting": "text", "period": "text", "specimen": "text", "glucose_umol_l": "int4",
    "bound": "text", "sbp_mmhg": "int2", "dbp_mmhg": "int2", "pulse_bpm": "int2", "device": "text", "sequence": "int4",
    "alert_tier": "text", "value_text": "text", "unit_text": "text", "device_time_text": "text",
    "utc_offset_minutes": "int2", "notes": "text",
}  # fmt: skip
NAMES = ", ".join(COLUMNS)
PARAMETERS = ", ".join(f"new_{name} {kind}[]" for name, kind in COLUMNS.items())
# What a policy would ask for each row is asked once for all people of a batch; the rows are then written by the owner,
# whom no policy limits. Whoever may act as the owner (migrations, bulk loading) is not asked. The people of new rows are
# marked for the jobs in the same statement.
ADD_READINGS = """
CREATE FUNCTION guard.add_readings(received timestamptz, topics text[], receipts uuid[], {parameters}) RETURNS {returns}
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
{declare}BEGIN
    IF NOT guard.whole() AND NOT pg_has_role(session_user, current_user, 'USAGE') AND EXISTS (
        SELECT FROM (SELECT DISTINCT unnest(new_patient_id) AS id) AS named WHERE NOT EXISTS (
            SELECT FROM guard.reach AS r
            WHERE r.patient_id = named.id AND r.clinic_id = ANY ((SELECT guard.clinics())::uuid[]))
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a reading of a person out of reach';
    END IF;
    {begins} WITH added AS (
        INSERT INTO reading ({names}, received_at, receipt_id)
        SELECT {names}, received, receipt_id
        FROM unnest({arrays}, receipts) AS new ({names}, receipt_id)
        ON CONFLICT DO NOTHING RETURNING reading.id, reading.patient_id
    ), marked AS (
        INSERT INTO touched (topic, patient_id, marked_at)
        SELECT topic, people.patient_id, received FROM (SELECT DISTINCT added.patient_id FROM added) AS people,
            unnest(topics) AS topic
    )
    {ends}
END $$;
REVOKE ALL ON FUNCTION guard.add_readings FROM PUBLIC;
"""
COMMON = {"parameters": PARAMETERS, "names": NAMES, "arrays": ", ".join(f"new_{name}" for name in COLUMNS)}
ONE_BY_ONE = ADD_READINGS.format(
    **COMMON, returns="SETOF uuid", declare="", begins="RETURN QUERY", ends="SELECT added.id FROM added;"
)
ALL_OR_WHICH = ADD_READINGS.format(
    **COMMON,
    returns="uuid[]",
    declare="DECLARE\n    told uuid[];\n",
    begins="",
    ends="SELECT CASE WHEN count(*) < cardinality(new_id) THEN coalesce(array_agg(added.id), '{}') END"
    " INTO told FROM added;\n    RETURN told;",
)


OUTCOMES = (
    "called", "repeated_fine", "treated", "referred", "not_real", "unreachable", "other", "contact", "reviewed",
    "data_came", "care_ended", "died",
)  # fmt: skip


def _outcomes(*names: str) -> None:
    listed = ", ".join(f"'{name}'" for name in names)
    for table in ("alert", "alert_event"):
        op.drop_constraint(op.f(f"ck_{table}_outcome"), table)
        op.create_check_constraint(op.f(f"ck_{table}_outcome"), table, f"outcome IN ({listed})")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _outcomes(*OUTCOMES, "withdrawn")
    op.execute("DROP FUNCTION guard.add_readings")
    op.execute(ALL_OR_WHICH)
    op.drop_column("held_reading", "measured")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for table in ("alert", "alert_event"):
        op.execute(f"UPDATE {table} SET outcome = 'reviewed' WHERE outcome = 'withdrawn'")  # noqa: S608 - two names of ours
    _outcomes(*OUTCOMES)
    op.add_column("held_reading", sa.Column("measured", postgresql.JSONB(), nullable=True))
    op.execute("DROP FUNCTION guard.add_readings")
    op.execute(ONE_BY_ONE)
