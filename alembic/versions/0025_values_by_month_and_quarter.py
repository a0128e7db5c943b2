"""facts of the year to date tell of the quarter and the month that end with it, so that values exist by all three"""

import sqlalchemy as sa

from alembic import op

revision = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None

TABLE = "indicator_fact"
COUNTS = ("quarter_tasks_due", "quarter_tasks_on_time", "month_tasks_due", "month_tasks_on_time")


def upgrade() -> None:
    # Facts are made of other tables: the worker's next step makes them anew, and all values of live months with them.
    op.execute(f"TRUNCATE {TABLE}")
    op.add_column(TABLE, sa.Column("managed_until", sa.Date(), nullable=False))
    op.add_column(TABLE, sa.Column("pair_managed_until", sa.Date(), nullable=True))
    op.add_column(TABLE, sa.Column("stayed_on", sa.Date(), nullable=True))
    for name in COUNTS:
        op.add_column(TABLE, sa.Column(name, sa.SmallInteger(), nullable=False))
    for name in ("pair_is_managed", "hospital_stays"):
        op.drop_column(TABLE, name)


def downgrade() -> None:
    op.execute(f"TRUNCATE {TABLE}")
    # The version before knows values of the year to date alone, and takes every row for one.
    op.execute("DELETE FROM indicator_value WHERE period_start > date_trunc('year', period_end)")
    op.add_column(TABLE, sa.Column("pair_is_managed", sa.Boolean(), nullable=False))
    op.add_column(TABLE, sa.Column("hospital_stays", sa.SmallInteger(), nullable=False))
    for name in (*COUNTS, "managed_until", "pair_managed_until", "stayed_on"):
        op.drop_column(TABLE, name)
