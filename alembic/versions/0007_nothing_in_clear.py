"""no column in clear for what identifies a person

Rewrites both tables (the ALTERs with USING), because a dropped column stays in the rows that are there, and the rows in clear
that the backfill replaced would stay in the file until their space is used again. Old write-ahead log and old backups
still hold them: they lapse by their own terms.
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

IN_CLEAR = ("name", "phone", "address", "citizen_id_masked")
LEFT = (
    "SELECT EXISTS (SELECT FROM patient WHERE name IS NOT NULL) OR EXISTS (SELECT FROM receipt WHERE data_key IS NULL)"
)
SEALED = "(erased_at IS NULL) = (data_key IS NOT NULL AND name_cipher IS NOT NULL)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    if op.get_bind().scalar(sa.text(LEFT)):
        raise RuntimeError("people or bodies lie in clear: run `cmc migrate`, which has the keys to seal them")
    for column in IN_CLEAR:
        op.drop_column("patient", column)
    op.create_check_constraint(op.f("ck_patient_erased"), "patient", SEALED)
    op.execute("ALTER TABLE patient ALTER COLUMN version TYPE integer USING version + 0")
    op.alter_column("receipt", "data_key", existing_type=sa.LargeBinary(), nullable=False)
    op.execute("ALTER TABLE receipt ALTER COLUMN format TYPE varchar USING format || ''")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.alter_column("receipt", "data_key", existing_type=sa.LargeBinary(), nullable=True)
    op.drop_constraint(op.f("ck_patient_erased"), "patient", type_="check")
    for column in IN_CLEAR:
        op.add_column("patient", sa.Column(column, sa.String(), nullable=True))
