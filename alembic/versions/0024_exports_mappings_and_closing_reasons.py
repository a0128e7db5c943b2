"""exchange: exports with a log, columns of imports remembered; accounts: why one is closed"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('patients', 'diagnoses', 'medications', 'allergies', 'labs', 'examinations', 'lifestyle',"
    " 'family_history', 'hospital_stays', 'annual_exams')"
)
EXPORT = {
    "disease": "disease IN ('HTN', 'T2DM')",
    "format": "format IN ('xlsx', 'csv')",
    "reason": "reason IN ('reporting', 'handover', 'recall', 'checking')",
    "state": "state IN ('waiting', 'ready', 'expired')",
    "finished": "(state = 'waiting') = (finished_at IS NULL)",
    "people_cipher": "(state = 'ready') = (people_cipher IS NOT NULL)",
}
CLOSING = "disabled_because IN ('left', 'moved', 'away', 'shared', 'misuse', 'lost')"
NEAR = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"
ALL_NEAR = "clinic_ids <@ (SELECT guard.clinics())::uuid[] OR (SELECT guard.whole())"
OF_EXPORT = "EXISTS (SELECT FROM export_run AS r WHERE r.id = run_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("import_run", sa.Column("remembered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("import_run", "remembered", server_default=None)
    op.create_table(
        "import_mapping",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_import_mapping_kind")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["organisation.id"], name=op.f("fk_import_mapping_clinic_id_organisation")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "kind", "token", name=op.f("pk_import_mapping")),
    )
    op.create_table(
        "export_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("disease", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("in_full", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("people_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_export_run_{name}")) for name, rule in EXPORT.items()),
        sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f("fk_export_run_clinic_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_run")),
    )
    op.create_index("ix_export_run_state", "export_run", ["state"])
    op.create_table(
        "export_part",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_cipher", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["export_run.id"], name=op.f("fk_export_part_run_id_export_run")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_export_part")),
    )
    for name, rule in (("import_mapping", NEAR), ("export_run", ALL_NEAR), ("export_part", OF_EXPORT)):
        op.execute(f"SELECT guard.protect('{name}', '{rule}', '{rule}')")
    op.add_column("app_user", sa.Column("disabled_because", sa.String(), nullable=True))
    op.create_check_constraint(op.f("ck_app_user_disabled_because"), "app_user", CLOSING)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_constraint(op.f("ck_app_user_disabled_because"), "app_user", type_="check")
    op.drop_column("app_user", "disabled_because")
    op.drop_table("export_part")
    op.drop_table("export_run")
    op.drop_table("import_mapping")
    op.drop_column("import_run", "remembered")
