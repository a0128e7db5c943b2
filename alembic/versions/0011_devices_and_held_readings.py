"""devices and who held them; what became of readings that were kept aside; what each receipt brought"""

import sqlalchemy as sa

from alembic import op

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None

KINDS = "kind IN ('meter', 'sensor', 'cuff', 'combined')"
UNITS = "glucose_unit IN ('mmol/L', 'mg/dL')"
ISSUE = {
    "in_order": "to_at > from_at",
    "user_slot": "user_slot BETWEEN 0 AND 99",
    "returned": "(to_at IS NULL) = (returned_by IS NULL)",
}
COUNTS = ("items", "created", "held", "refused", "least_lag_seconds", "most_lag_seconds")
ABOUT_HELD = ("device", "resolution", "resolved_by", "dismissed_because")
HELD = {
    "resolution": "resolution IN ('stored', 'on_file', 'dismissed')",
    "dismissed_because": "dismissed_because IN ('not_a_person', 'wrong_value', 'doubled', 'first_is_right', 'unknown')",
    "resolved": "(resolved_at IS NULL) = (resolution IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL)",
}
SEEN_RECEIPT = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"
WRITTEN_RECEIPT = "(SELECT guard.actor()) IS NOT NULL"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _devices()
    _issues()
    op.add_column("receipt", sa.Column("clinic_id", sa.Uuid(), nullable=True))
    for name in COUNTS:
        op.add_column("receipt", sa.Column(name, sa.Integer(), nullable=True))
    op.create_index("ix_receipt_source_received_at", "receipt", ["source", "received_at"])
    _protect_receipt(SEEN_RECEIPT)
    for name in ABOUT_HELD:
        op.add_column("held_reading", sa.Column(name, sa.String(), nullable=True))
    op.add_column("held_reading", sa.Column("stored_id", sa.Uuid(), nullable=True))
    op.add_column("held_reading", sa.Column("stored_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE held_reading SET resolution = 'dismissed', resolved_by = 'unknown', dismissed_because = 'unknown'"
        " WHERE resolved_at IS NOT NULL"
    )
    for name, rule in HELD.items():
        op.create_check_constraint(op.f(f"ck_held_reading_{name}"), "held_reading", rule)
    op.create_index("ix_held_reading_device_received_at", "held_reading", ["device", "received_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_index("ix_held_reading_device_received_at", "held_reading")
    for name in HELD:
        op.drop_constraint(op.f(f"ck_held_reading_{name}"), "held_reading")
    for name in (*ABOUT_HELD, "stored_id", "stored_on"):
        op.drop_column("held_reading", name)
    _protect_receipt("(SELECT guard.whole())")
    op.drop_index("ix_receipt_source_received_at", "receipt")
    for name in (*COUNTS, "clinic_id"):
        op.drop_column("receipt", name)
    op.drop_table("device_issue")
    op.drop_table("device")


def _protect_receipt(seen: str) -> None:
    op.execute("SELECT guard.unprotect('receipt')")
    op.execute(f"SELECT guard.protect('receipt', '{seen}', '{WRITTEN_RECEIPT}')")


def _devices() -> None:
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("glucose_unit", sa.String(), nullable=True),
        sa.Column("calibration_due_on", sa.Date(), nullable=True),
        sa.Column("in_use_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_device_kind")),
        sa.CheckConstraint(UNITS, name=op.f("ck_device_glucose_unit")),
        sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f("fk_device_clinic_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("code", name=op.f("uq_device_code")),
    )
    op.create_index(op.f("ix_device_clinic_id"), "device", ["clinic_id"])


def _issues() -> None:
    op.create_table(
        "device_issue",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "device_id", "patient_id", "clinic_id")),
        sa.Column("user_slot", sa.SmallInteger(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("returned_by", sa.String(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_device_issue_{name}")) for name, rule in ISSUE.items()),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_issue_device_id_device")),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_device_issue_patient_id_patient")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["organisation.id"], name=op.f("fk_device_issue_clinic_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_issue")),
    )
    op.create_index("ix_device_issue_device_id_from_at", "device_issue", ["device_id", "from_at"])
    for name in ("patient_id", "clinic_id"):
        op.create_index(op.f(f"ix_device_issue_{name}"), "device_issue", [name])
    op.create_index(
        "uq_device_issue_open",
        "device_issue",
        ["device_id", sa.text("coalesce(user_slot, -1)")],
        unique=True,
        postgresql_where=sa.text("to_at IS NULL"),
    )
    op.execute("SELECT guard.protect_person('device_issue', 'patient_id', 'clinic_id')")
