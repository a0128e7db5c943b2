"""ingest: the issue made with a held reading; indicators: goals of a place; records: medicines that a clinic uses most"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None

NEAR = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.add_column("held_reading", sa.Column("issue_id", sa.Uuid(), nullable=True))
    op.add_column("held_reading", sa.Column("ended_issues", postgresql.ARRAY(sa.Uuid()), nullable=True))
    op.create_table(
        "indicator_goal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("disease", sa.String(), nullable=False),
        sa.Column("percent", sa.Numeric(5, 2), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("disease IN ('HTN', 'T2DM')", name=op.f("ck_indicator_goal_disease")),
        sa.CheckConstraint("percent > 0 AND percent <= 100", name=op.f("ck_indicator_goal_percent")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_indicator_goal_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_goal")),
    )
    op.create_index(
        "ix_indicator_goal_organisation_id", "indicator_goal", ["organisation_id", "code", "disease", "valid_from"]
    )
    op.create_table(
        "favourite_medicine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("strength", sa.String(), nullable=True),
        sa.Column("dose", sa.Numeric(), nullable=True),
        sa.Column("dose_unit", sa.String(), nullable=True),
        sa.Column("frequency", sa.String(), nullable=True),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "frequency IN ('QD', 'BID', 'TID', 'QID', 'QN', 'QOD', 'QW', 'PRN')",
            name=op.f("ck_favourite_medicine_frequency"),
        ),
        sa.CheckConstraint("(dose IS NULL) = (dose_unit IS NULL)", name=op.f("ck_favourite_medicine_dose")),
        sa.CheckConstraint("place >= 0", name=op.f("ck_favourite_medicine_place")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["organisation.id"], name=op.f("fk_favourite_medicine_clinic_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favourite_medicine")),
        sa.UniqueConstraint("clinic_id", "place", name=op.f("uq_favourite_medicine_clinic_id_place")),
    )
    op.execute(f"SELECT guard.protect('favourite_medicine', '{NEAR}', '{NEAR}')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("favourite_medicine")
    op.drop_table("indicator_goal")
    op.drop_column("held_reading", "ended_issues")
    op.drop_column("held_reading", "issue_id")
