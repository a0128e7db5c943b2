"""facts of all sets of indicators, exclusions beside numerator and denominator, and follow-ups read from their index"""

import sqlalchemy as sa

from alembic import op

revision = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

DAYS = (
    "seen_on", "pressure_on", "hba1c_on", "hba1c_first_on", "ldl_on", "lipids_on", "kidney_on", "egfr_on", "uacr_on",
    "eye_on", "foot_on", "nerve_on", "ecg_on",
)  # fmt: skip
SMALL = ("pressure_sbp_mmhg", "pressure_dbp_mmhg", "lowest_sbp_mmhg", "lowest_dbp_mmhg")
NUMBERS = ("pair_fasting_umol_l", "hba1c_micro", "hba1c_lowest_micro", "hba1c_first_micro", "ldl_micro")
BIG = ("egfr_micro", "uacr_micro")
COUNTS = ("hospital_stays", "medicines", "conditions", "tasks_due", "tasks_on_time")
FLAGS = ("is_primary", "pair_is_managed", "pair_is_lost", "takes_statin")
TABLE = "indicator_fact"
INDEX = "ix_followup_patient_id_disease_visited_on"
KEY = "followup (patient_id, disease, visited_on)"
COVERED = (
    "clinic_id, visited_time, mode, sbp_mmhg, dbp_mmhg, fasting_glucose_umol_l, other_glucose_umol_l, is_valid,"
    " missing_fields, ended_at"
)


def upgrade() -> None:
    # Facts are made of other tables: the worker's next step makes them anew, values of closed months stay as they are.
    op.execute(f"TRUNCATE {TABLE}")
    nullable = ((DAYS, sa.Date), (SMALL, sa.SmallInteger), (NUMBERS, sa.Integer), (BIG, sa.BigInteger))
    for names, kind in nullable:
        for name in names:
            op.add_column(TABLE, sa.Column(name, kind(), nullable=True))
    op.add_column(TABLE, sa.Column("doctor", sa.String(), nullable=True))
    op.add_column(TABLE, sa.Column("registered_on", sa.Date(), nullable=False))
    for name in COUNTS:
        op.add_column(TABLE, sa.Column(name, sa.SmallInteger(), nullable=False))
    for name in FLAGS:
        op.add_column(TABLE, sa.Column(name, sa.Boolean(), nullable=False))
    for name in ("exclusions", "pooled_exclusions"):
        op.add_column("indicator_value", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        op.alter_column("indicator_value", name, server_default=None)
    op.create_check_constraint(
        op.f("ck_indicator_value_exclusions"), "indicator_value", "exclusions >= 0 AND pooled_exclusions >= 0"
    )
    op.drop_index(INDEX, table_name="followup")
    op.execute(f"CREATE INDEX {INDEX} ON {KEY} INCLUDE ({COVERED})")


def downgrade() -> None:
    op.drop_index(INDEX, table_name="followup")
    op.execute(f"CREATE INDEX {INDEX} ON {KEY}")
    op.drop_constraint(op.f("ck_indicator_value_exclusions"), "indicator_value", type_="check")
    for name in ("exclusions", "pooled_exclusions"):
        op.drop_column("indicator_value", name)
    for name in (*DAYS, *SMALL, *NUMBERS, *BIG, "doctor", "registered_on", *COUNTS, *FLAGS):
        op.drop_column(TABLE, name)
