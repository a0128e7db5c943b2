"""organisations: family-doctor teams, doctors of one clinic that are counted together"""

import sqlalchemy as sa

from alembic import op

revision = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None

NEAR = "clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f("fk_team_clinic_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_team_clinic_id_name")),
        sa.UniqueConstraint("id", "clinic_id", name=op.f("uq_team_id_clinic_id")),
    )
    op.create_table(
        "team_doctor",
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("doctor", sa.String(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id", "clinic_id"], ["team.id", "team.clinic_id"], name=op.f("fk_team_doctor_team_id_clinic_id_team")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "doctor", name=op.f("pk_team_doctor")),
    )
    op.create_index(op.f("ix_team_doctor_team_id"), "team_doctor", ["team_id"])
    for name in ("team", "team_doctor"):
        op.execute(f"SELECT guard.protect('{name}', '{NEAR}', '{NEAR}')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("team_doctor")
    op.drop_table("team")
