"""consent per person and purpose, and cases of deletion that two people approve"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL AND refused_at IS NULL")
IN_SETS = {
    "purpose": "purpose IN ('management', 'messages', 'sharing', 'research')",
    "ground": "ground IN ('consent', 'statutory_duty', 'contract')",
    "channel": "channel IN ('paper', 'screen', 'phone', 'in_person', 'not_stated')",
    "withdrawn": "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)",
    "withdrawable": "withdrawn_at IS NULL OR ground = 'consent'",
}
IN_TURN = {
    "reason": "reason IN ('due', 'requested')",
    "subject": "(patient_id IS NULL) <> (table_name IS NULL)",
    "two_people": "first_approver <> second_approver",
    "first_approval": "(first_approver IS NULL) = (first_approved_at IS NULL)",
    "second_approval": "(second_approver IS NULL) = (second_approved_at IS NULL)",
    "in_turn": "second_approver IS NULL OR first_approver IS NOT NULL",
    "refused": "(refused_by IS NULL) = (refused_at IS NULL)",
    "done": "done_at IS NULL OR (second_approver IS NOT NULL AND refused_at IS NULL)",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("purpose", "ground", "version", "channel")),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_consent_{name}")) for name, rule in IN_SETS.items()),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_consent_patient_id_patient")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(
        "uq_consent_standing",
        "consent",
        ["patient_id", "purpose"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "retention_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("table_name", sa.String(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_approver", sa.String(), nullable=True),
        sa.Column("first_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("second_approver", sa.String(), nullable=True),
        sa.Column("second_approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows_deleted", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_retention_case_{name}")) for name, rule in IN_TURN.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_case")),
    )
    for subject, column in (("patient", "patient_id"), ("table", "table_name")):
        op.create_index(f"uq_retention_case_{subject}", "retention_case", [column], unique=True, postgresql_where=OPEN)
    op.execute("SELECT guard.protect_person('consent', 'patient_id', NULL)")
    op.execute("SELECT guard.protect_person('retention_case', 'patient_id', 'clinic_id')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("retention_case")
    op.drop_table("consent")
