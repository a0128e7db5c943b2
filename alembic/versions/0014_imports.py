"""imports: files on their way in, line by line; an imported diagnosis may stand by its name"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('patients', 'diagnoses', 'medications', 'allergies', 'labs', 'examinations', 'lifestyle',"
    " 'family_history', 'hospital_stays', 'annual_exams')"
)
RUN = {
    "kind": KINDS,
    "state": "state IN ('unmapped', 'checking', 'checked', 'applying', 'done', 'discarded')",
    "done": "done BETWEEN 0 AND lines",
    "applied": "(applied_by IS NULL) = (applied_at IS NULL)",
}
ROW = {"verdict": "verdict IN ('waiting', 'new', 'known', 'refused', 'skipped', 'created')"}
NEAR = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"
CODED = "icd10 IS NOT NULL OR condition IS NOT NULL"
NAMED = f"{CODED} OR (source = 'imported' AND name IS NOT NULL)"


def _checks(table: str, rules: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _clinic(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f(f"fk_{table}_clinic_id_organisation"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("headings_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("mapping", postgresql.JSONB(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("skip_likely", sa.Boolean(), nullable=False),
        sa.Column("skip", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.String(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_checks("import_run", RUN),
        _clinic("import_run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    op.create_index("ix_import_run_clinic_id_id", "import_run", ["clinic_id", "id"])
    op.create_index("ix_import_run_state", "import_run", ["state"])
    op.create_table(
        "import_row",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("cells_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("faults", postgresql.JSONB(), nullable=False),
        sa.Column("likely", postgresql.JSONB(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        *_checks("import_row", ROW),
        _clinic("import_row"),
        sa.ForeignKeyConstraint(["run_id"], ["import_run.id"], name=op.f("fk_import_row_run_id_import_run")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_import_row")),
    )
    op.create_index("ix_import_row_verdict", "import_row", ["run_id", "verdict", "number"])
    op.create_index("ix_import_row_token", "import_row", ["run_id", "token"])
    op.create_index("ix_import_row_patient_id", "import_row", ["patient_id"])
    for name in ("import_run", "import_row"):
        op.execute(f"SELECT guard.protect('{name}', '{NEAR}', '{NEAR}')")
    op.drop_constraint(op.f("ck_diagnosis_what"), "diagnosis", type_="check")
    op.create_check_constraint(op.f("ck_diagnosis_what"), "diagnosis", NAMED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_constraint(op.f("ck_diagnosis_what"), "diagnosis", type_="check")
    # Rows that stand by their name stay as they are: facts are never removed. New ones need a code again.
    op.execute(f"ALTER TABLE diagnosis ADD CONSTRAINT ck_diagnosis_what CHECK ({CODED}) NOT VALID")
    op.drop_table("import_row")
    op.drop_table("import_run")
