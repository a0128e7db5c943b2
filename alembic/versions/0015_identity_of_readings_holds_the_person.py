"""the identity of a reading begins with its person; what is held says when, and whether it is dangerous"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0015"
down_revision: str | None = "0014"
branch_labels = None
depends_on = None

# What `cmc/ingest/identity.py` gave a reading at version 1 and gives it at version 2, from the columns of its row. Of a
# row that a merge moved the person is the record that it was sent for.
NEW_ID = """
CREATE FUNCTION derived_id(said text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(set_byte(set_byte(d, 6, get_byte(d, 6) & 15 | 128), 8, get_byte(d, 8) & 63 | 128), 'hex')::uuid
    FROM substr(sha256(convert_to(said, 'UTF8')), 1, 16) AS d
$$;
CREATE FUNCTION known_by(r reading, person uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT derived_id(concat_ws(E'\\x1f', 'reading', CASE WHEN person IS NULL THEN '1' ELSE '2' END,
        CASE WHEN of_device AND r.sequence IS NOT NULL THEN concat_ws(E'\\x1f', 'seq', whose, r.device, r.kind,
            r.sequence::text, second)
        ELSE concat_ws(E'\\x1f', 'val', whose,
            CASE WHEN of_device THEN 'device:' || r.device || coalesce('/user:' || slot, '')
                 WHEN person IS NULL THEN 'patient:' || r.patient_id::text ELSE '' END,
            r.kind, coalesce(r.specimen, ''), second,
            CASE r.kind WHEN 'glucose' THEN r.glucose_umol_l || '/' || coalesce(r.bound, '')
            ELSE r.sbp_mmhg || '/' || r.dbp_mmhg || '/' || coalesce(r.pulse_bpm::text, '') END) END))
    FROM (SELECT r.device IS NOT NULL AS of_device, replace(person::text, '-', '') AS whose,
        floor(extract(epoch FROM r.taken_at))::bigint::text AS second,
        substring(r.notes FROM '(?:^| )user:([0-9]+)(?: |$)') AS slot) AS part
$$;
"""
RENAMED = """
CREATE TEMPORARY TABLE renamed ON COMMIT DROP AS
    SELECT id AS before, taken_on, after, row_number() OVER (PARTITION BY after, taken_on ORDER BY received_at, id) AS n
    FROM (SELECT r.id, r.taken_on, r.received_at, known_by(r, {person}) AS after FROM reading AS r) AS found;
DELETE FROM renamed WHERE n > 1 OR before = after;
CREATE UNIQUE INDEX renamed_before ON renamed (before, taken_on);
ANALYZE renamed;
UPDATE held_reading AS h SET reading_id = n.after FROM renamed AS n WHERE n.before = h.reading_id;
UPDATE held_reading AS h SET stored_id = n.after FROM renamed AS n
    WHERE n.before = h.stored_id AND n.taken_on = h.stored_on;
UPDATE merge_row AS m SET row_key = jsonb_set(m.row_key, '{{id}}', to_jsonb(n.after)) FROM renamed AS n
    WHERE m.table_name = 'reading' AND n.before = (m.row_key ->> 'id')::uuid
    AND n.taken_on = (m.row_key ->> 'taken_on')::date;
UPDATE reading AS r SET id = n.after FROM renamed AS n WHERE r.id = n.before AND r.taken_on = n.taken_on;
DROP FUNCTION known_by(reading, uuid);
DROP FUNCTION derived_id(text);
"""
SENT_FOR = """coalesce((
    SELECT g.merged_id FROM merge_row AS m JOIN patient_merge AS g ON g.id = m.merge_id
    WHERE g.reverted_at IS NULL AND m.table_name = 'reading'
    AND m.row_key @> jsonb_build_object('id', r.id, 'taken_on', r.taken_on) ORDER BY g.id LIMIT 1), r.patient_id)"""
# What a policy would ask for each row is asked once for all people of a batch; the rows are then written by the owner,
# whom no policy limits. Whoever may act as the owner (migrations, bulk loading) is not asked. The people of new rows are
# marked for the jobs in the same statement.
COLUMNS = {
    "id": "uuid", "taken_on": "date", "clinic_id": "uuid", "patient_id": "uuid", "kind": "text",
    "taken_at": "timestamptz", "setting": "text", "period": "text", "specimen": "text", "glucose_umol_l": "int4",
    "bound": "text", "sbp_mmhg": "int2", "dbp_mmhg": "int2", "pulse_bpm": "int2", "device": "text", "sequence": "int4",
    "alert_tier": "text", "value_text": "text", "unit_text": "text", "device_time_text": "text",
    "utc_offset_minutes": "int2", "notes": "text",
}  # fmt: skip
NAMES = ", ".join(COLUMNS)
ADD_READINGS = f"""
CREATE FUNCTION guard.add_readings(received timestamptz, topics text[], receipts uuid[],
    {", ".join(f"new_{name} {kind}[]" for name, kind in COLUMNS.items())}) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT guard.whole() AND NOT pg_has_role(session_user, current_user, 'USAGE') AND EXISTS (
        SELECT FROM (SELECT DISTINCT unnest(new_patient_id) AS id) AS named WHERE NOT EXISTS (
            SELECT FROM guard.reach AS r
            WHERE r.patient_id = named.id AND r.clinic_id = ANY ((SELECT guard.clinics())::uuid[]))
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a reading of a person out of reach';
    END IF;
    RETURN QUERY WITH added AS (
        INSERT INTO reading ({NAMES}, received_at, receipt_id)
        SELECT {NAMES}, received, receipt_id
        FROM unnest({", ".join(f"new_{name}" for name in COLUMNS)}, receipts) AS new ({NAMES}, receipt_id)
        ON CONFLICT DO NOTHING RETURNING reading.id, reading.patient_id
    ), marked AS (
        INSERT INTO touched (topic, patient_id, marked_at)
        SELECT topic, people.patient_id, received FROM (SELECT DISTINCT added.patient_id FROM added) AS people,
            unnest(topics) AS topic
    )
    SELECT added.id FROM added;
END $$;
REVOKE ALL ON FUNCTION guard.add_readings FROM PUBLIC;
"""  # noqa: S608 - made of the names above
TIER = "alert_tier IN ('RED', 'ORANGE', 'YELLOW')"
DANGEROUS = sa.text("alert_tier = 'RED' AND resolved_at IS NULL")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("held_reading", sa.Column("alert_tier", sa.String(), nullable=True))
    op.add_column("held_reading", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("held_reading", sa.Column("measured", postgresql.JSONB(), nullable=True))
    op.create_check_constraint(op.f("ck_held_reading_alert_tier"), "held_reading", TIER)
    op.create_index("ix_held_reading_dangerous", "held_reading", ["patient_id", "taken_at"], postgresql_where=DANGEROUS)
    _rename(SENT_FOR)
    op.execute(ADD_READINGS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DROP FUNCTION guard.add_readings")
    _rename("NULL")
    op.drop_index("ix_held_reading_dangerous", "held_reading")
    for name in ("measured", "taken_at", "alert_tier"):
        op.drop_column("held_reading", name)


def _rename(person: str) -> None:
    """Give every reading its other id, and whatever names it. Of two that were one before, the later keeps its id."""
    op.execute("SET LOCAL statement_timeout = 0")
    op.execute(NEW_ID)
    op.execute(RENAMED.format(person=person))
