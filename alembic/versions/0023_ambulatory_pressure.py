"""examination: the ambulatory blood pressure (HTN-DX-03) has a kind of its own"""

from alembic import op

revision = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None

FORMER = "kind IN ('eye', 'foot', 'nerve', 'kidney_imaging', 'ecg', 'heart_and_vessels')"
NOW = "kind IN ('eye', 'foot', 'nerve', 'kidney_imaging', 'ecg', 'heart_and_vessels', 'ambulatory_pressure')"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_constraint(op.f("ck_examination_kind"), "examination")
    op.create_check_constraint(op.f("ck_examination_kind"), "examination", NOW)


def downgrade() -> None:
    """Refused by the constraint while there are such examinations: what was measured is not thrown away."""
    op.drop_constraint(op.f("ck_examination_kind"), "examination")
    op.create_check_constraint(op.f("ck_examination_kind"), "examination", FORMER)
