"""devices: calibrations one after the other; exchange: exports that a clinic makes again"""

import sqlalchemy as sa

from alembic import op

revision = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None

EXPORT = {
    "disease": "disease IN ('HTN', 'T2DM')",
    "format": "format IN ('xlsx', 'csv')",
    "reason": "reason IN ('reporting', 'handover', 'recall', 'checking')",
}
NEAR = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"
KNOWN = (
    "INSERT INTO device_calibration (device_id, calibrated_on, due_on, recorded_by, recorded_at)"
    " SELECT id, CAST(in_use_since AT TIME ZONE 'Asia/Shanghai' AS date), calibration_due_on, recorded_by, recorded_at"
    " FROM device WHERE calibration_due_on IS NOT NULL"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "device_calibration",
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_calibration_device_id_device")),
        sa.PrimaryKeyConstraint("device_id", "calibrated_on", name=op.f("pk_device_calibration")),
    )
    op.execute(KNOWN)
    op.create_table(
        "export_definition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("disease", sa.String(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("in_full", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_export_definition_{name}")) for name, rule in EXPORT.items()),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["organisation.id"], name=op.f("fk_export_definition_clinic_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_definition")),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_export_definition_clinic_id_name")),
    )
    op.execute(f"SELECT guard.protect('export_definition', '{NEAR}', '{NEAR}')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("export_definition")
    op.drop_table("device_calibration")
