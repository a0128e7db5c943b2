"""annual examinations as facts with their whole form; more of the basic information form"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None

CHECKS = {
    "source": "source IN ('typed', 'device', 'laboratory', 'imported')",
    "reason": "(replaces_id IS NULL) = (reason IS NULL)",
    "first": "(replaces_id IS NULL) = (fact_id = id)",
    "retracted": "replaces_id IS NOT NULL OR NOT is_retracted",
}
LISTS = ("operations", "injuries", "transfusions")
WORDS = ("genetic_disease", "employer")

# Columns without a default that is computed are added in the catalogue alone; what follows from other columns is then
# filled by one rewrite of the table, which needs no UPDATE, leaves no dead rows and checks the rules on its way.
ADDED = """
ALTER TABLE annual_exam RENAME COLUMN examined_on TO happened_on;
ALTER TABLE annual_exam RENAME COLUMN findings TO form;
ALTER INDEX ix_annual_exam_patient_id_examined_on RENAME TO ix_annual_exam_patient_id_happened_on;
ALTER TABLE annual_exam
    ADD COLUMN fact_id uuid,
    ADD COLUMN source varchar NOT NULL DEFAULT 'typed',
    ADD COLUMN note varchar,
    ADD COLUMN labs jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN replaces_id uuid,
    ADD COLUMN reason varchar,
    ADD COLUMN is_retracted boolean NOT NULL DEFAULT false;
"""
FILLED = """
ALTER TABLE annual_exam
    ALTER COLUMN fact_id TYPE uuid USING id,
    ALTER COLUMN note TYPE varchar USING nullif(form ->> 'note', ''),
    ALTER COLUMN labs DROP DEFAULT,
    ALTER COLUMN labs TYPE jsonb USING coalesce(form -> 'labs', '[]'),
    ALTER COLUMN form TYPE jsonb USING form - 'note' - 'labs',
    ALTER COLUMN fact_id SET NOT NULL,
    ALTER COLUMN source DROP DEFAULT,
    ALTER COLUMN is_retracted DROP DEFAULT,
"""
KEPT = """
DELETE FROM annual_exam AS a
WHERE a.is_retracted OR EXISTS (SELECT FROM annual_exam AS n WHERE n.replaces_id = a.id);
"""
UNFILLED = """
ALTER TABLE annual_exam
    ALTER COLUMN form TYPE jsonb USING form
        || CASE WHEN note IS NULL THEN '{}' ELSE jsonb_build_object('note', note) END
        || CASE WHEN labs = '[]' THEN '{}' ELSE jsonb_build_object('labs', labs) END;
ALTER TABLE annual_exam
    DROP COLUMN fact_id, DROP COLUMN source, DROP COLUMN note, DROP COLUMN labs, DROP COLUMN replaces_id,
    DROP COLUMN reason, DROP COLUMN is_retracted;
ALTER TABLE annual_exam RENAME COLUMN form TO findings;
ALTER TABLE annual_exam RENAME COLUMN happened_on TO examined_on;
ALTER INDEX ix_annual_exam_patient_id_happened_on RENAME TO ix_annual_exam_patient_id_examined_on;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("SET LOCAL statement_timeout = 0")  # one rewrite of the table
    op.execute(ADDED)
    op.execute(
        FILLED + ", ".join(f"ADD CONSTRAINT ck_annual_exam_{name} CHECK ({rule})" for name, rule in CHECKS.items())
    )
    op.create_index("ix_annual_exam_fact_id", "annual_exam", ["fact_id"])
    corrects = sa.text("replaces_id IS NOT NULL")
    op.create_index(
        "uq_annual_exam_replaces_id", "annual_exam", ["replaces_id"], unique=True, postgresql_where=corrects
    )
    op.execute(
        "CREATE TRIGGER only_moved BEFORE UPDATE ON annual_exam FOR EACH ROW EXECUTE FUNCTION guard.only_moved()"
    )
    for name in LISTS:
        op.add_column("basic_information", sa.Column(name, postgresql.JSONB(), nullable=True))
    for name in WORDS:
        op.add_column("basic_information", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in (*WORDS, *LISTS):
        op.drop_column("basic_information", name)
    op.execute("DROP TRIGGER only_moved ON annual_exam")
    op.execute(KEPT)
    op.drop_index("uq_annual_exam_replaces_id", table_name="annual_exam")
    op.drop_index("ix_annual_exam_fact_id", table_name="annual_exam")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_annual_exam_{name}"), "annual_exam", type_="check")
    op.execute(UNFILLED)
