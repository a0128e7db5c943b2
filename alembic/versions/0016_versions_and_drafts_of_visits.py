"""visits are corrected by new rows and withdrawn with a reason; drafts of visits; advice of the guideline"""

import sqlalchemy as sa

from alembic import op

revision = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None

CHECKS = {
    "ended_as": "ended_as IN ('corrected', 'withdrawn')",
    "ended": "(ended_at IS NULL) = (ended_as IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)"
    " AND (ended_at IS NULL) = (end_reason IS NULL)",
    "version": "version > 0 AND (version > 1 OR replaces_id IS NULL)",
    "first": "(replaces_id IS NULL) = (record_id = id)",
}

# As for annual examinations: columns are added in the catalogue alone, then filled by one rewrite of the table.
ADDED = """
ALTER TABLE followup
    ADD COLUMN record_id uuid,
    ADD COLUMN version smallint NOT NULL DEFAULT 1,
    ADD COLUMN replaces_id uuid,
    ADD COLUMN advice jsonb,
    ADD COLUMN entered_at timestamptz,
    ADD COLUMN ended_at timestamptz,
    ADD COLUMN ended_as varchar,
    ADD COLUMN ended_by varchar,
    ADD COLUMN end_reason varchar;
"""
FILLED = """
ALTER TABLE followup
    ALTER COLUMN record_id TYPE uuid USING id,
    ALTER COLUMN entered_at TYPE timestamptz USING recorded_at,
    ALTER COLUMN version DROP DEFAULT,
    ALTER COLUMN record_id SET NOT NULL,
    ALTER COLUMN entered_at SET NOT NULL,
"""

# What a row says never changes: it may move to another person or clinic (a merge, a transfer), and may get its end.
ONLY_ENDED = """
CREATE FUNCTION guard.only_ended() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    moved CONSTANT text[] := ARRAY['patient_id', 'clinic_id'];
    ended CONSTANT text[] := ARRAY['ended_at', 'ended_as', 'ended_by', 'end_reason'];
BEGIN
    IF to_jsonb(NEW) - moved - ended <> to_jsonb(OLD) - moved - ended
        OR (OLD.ended_at IS NOT NULL AND to_jsonb(NEW) - moved <> to_jsonb(OLD) - moved)
    THEN
        RAISE EXCEPTION 'rows of % are only added and ended', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""

NAMES = (
    "record_id", "version", "replaces_id", "advice", "entered_at", "ended_at", "ended_as", "ended_by", "end_reason",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")  # one rewrite of the table
    op.execute(ADDED)
    op.execute(FILLED + ", ".join(f"ADD CONSTRAINT ck_followup_{name} CHECK ({rule})" for name, rule in CHECKS.items()))
    op.drop_index("ix_followup_encounter_id", table_name="followup")
    op.create_index(
        "uq_followup_encounter_id_disease_version", "followup", ["encounter_id", "disease", "version"], unique=True
    )
    corrects = sa.text("replaces_id IS NOT NULL")
    op.create_index("uq_followup_replaces_id", "followup", ["replaces_id"], unique=True, postgresql_where=corrects)
    op.execute(ONLY_ENDED)
    op.execute("CREATE TRIGGER only_ended BEFORE UPDATE ON followup FOR EACH ROW EXECUTE FUNCTION guard.only_ended()")
    op.create_table(
        "visit_draft",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "patient_id", "clinic_id")),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("diseases", sa.String(), nullable=False),
        sa.Column("form_cipher", sa.LargeBinary(), nullable=False),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("saved_at", "expires_at")),
        sa.CheckConstraint("diseases IN ('HTN', 'T2DM', 'HTN_T2DM')", name=op.f("ck_visit_draft_diseases")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_visit_draft_patient_id_patient")),
        sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f("fk_visit_draft_clinic_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_draft")),
    )
    op.create_index(
        "uq_visit_draft_patient_id_actor_diseases", "visit_draft", ["patient_id", "actor", "diseases"], unique=True
    )
    op.create_index("ix_visit_draft_expires_at", "visit_draft", ["expires_at"])
    op.execute("SELECT guard.protect_person('visit_draft', 'patient_id', 'clinic_id')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")
    op.drop_table("visit_draft")
    op.execute("DROP TRIGGER only_ended ON followup")
    op.execute("DROP FUNCTION guard.only_ended()")
    op.execute("DELETE FROM followup WHERE ended_at IS NOT NULL")  # the former form knows only what stands
    for name in ("uq_followup_replaces_id", "uq_followup_encounter_id_disease_version"):
        op.drop_index(name, table_name="followup")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_followup_{name}"), "followup", type_="check")
    for name in NAMES:
        op.drop_column("followup", name)
    op.create_index("ix_followup_encounter_id", "followup", ["encounter_id"])
