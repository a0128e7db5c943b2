"""facts of the health record, whose rows are only added, and reviews of medicines"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
CONDITIONS = (
    "PREGNANT", "PLANNING_PREGNANCY", "BILATERAL_RENAL_ARTERY_STENOSIS", "ASTHMA", "AV_BLOCK_2_3", "SICK_SINUS", "GOUT",
    "SEVERE_HYPONATRAEMIA", "SEVERE_INFECTION", "HYPOXIA", "LIVER_FAILURE", "IODINATED_CONTRAST", "TYPE_1_DIABETES",
    "KETOACIDOSIS_HISTORY", "PERIOPERATIVE", "HEART_FAILURE", "HEART_FAILURE_3_4", "MEDULLARY_THYROID_CANCER", "MEN2",
    "PANCREATITIS",
)  # fmt: skip


def one_of(column, *values):
    return f"{column} IN ({', '.join(repr(each) for each in values)})"


def text(name, *, needed=False):
    return sa.Column(name, sa.String(), nullable=not needed)


def day(name):
    return sa.Column(name, sa.Date(), nullable=True)


def small(name, *, needed=False):
    return sa.Column(name, sa.SmallInteger(), nullable=not needed)


def facts():
    """The columns and checks of each table; made anew, as a column belongs to one table."""
    return {
        "diagnosis": (
            [text("icd10"), text("condition"), text("name"), day("ended_on")],
            {
                "condition": one_of("condition", *CONDITIONS),
                "what": "icd10 IS NOT NULL OR condition IS NOT NULL",
                "ended_on": "ended_on >= happened_on",
            },
        ),
        "medication": (
            [
                text("name", needed=True),
                text("medicine_code"),
                sa.Column("dose", sa.Numeric(12, 4), nullable=True),
                text("dose_unit"),
                text("frequency"),
                small("adherence"),
                day("stopped_on"),
            ],
            {
                "frequency": one_of("frequency", "QD", "BID", "TID", "QID", "QN", "QOD", "QW", "PRN"),
                "dose": "dose > 0",
                "dose_unit": "(dose IS NULL) = (dose_unit IS NULL)",
                "adherence": "adherence IN (1, 2, 3, 4)",
                "stopped_on": "stopped_on >= happened_on",
            },
        ),
        "allergy": (
            [text("substance", needed=True), text("category", needed=True), text("reaction"), text("severity")],
            {
                "category": one_of("category", "medicine", "food", "other"),
                "severity": one_of("severity", "mild", "moderate", "severe"),
            },
        ),
        "laboratory_result": (
            [
                *(text(name, needed=True) for name in ("analyte", "written", "written_unit")),
                sa.Column("value", sa.Numeric(18, 6), nullable=False),
                text("beyond"),
                sa.Column("range_low", sa.Numeric(18, 6), nullable=True),
                sa.Column("range_high", sa.Numeric(18, 6), nullable=True),
                sa.Column("range_of_laboratory", sa.Boolean(), nullable=False),
                text("flag", needed=True),
                sa.Column("is_critical", sa.Boolean(), nullable=False),
                sa.Column("derived_from", sa.Uuid(), nullable=True),
                text("formula"),
            ],
            {
                "beyond": one_of("beyond", "<", ">"),
                "flag": one_of("flag", "LOW", "NORMAL", "HIGH", "NO_RANGE"),
                "formula": one_of("formula", "CKD_EPI_2009", "CKD_EPI_2021"),
                "formula_of_derived": "(derived_from IS NULL) = (formula IS NULL)",
            },
        ),
        "examination": (
            [text("kind", needed=True), sa.Column("findings", postgresql.JSONB(), nullable=False)],
            {"kind": one_of("kind", "eye", "foot", "nerve", "kidney_imaging", "ecg", "heart_and_vessels")},
        ),
        "lifestyle": (
            [
                small("smoking"),
                small("cigarettes_per_day"),
                sa.Column("passive_smoking", sa.Boolean(), nullable=True),
                small("drinking"),
                sa.Column("diet", postgresql.ARRAY(sa.SmallInteger()), nullable=True),
                small("exercise_days_per_week"),
                small("exercise_minutes"),
            ],
            {
                "smoking": "smoking IN (1, 2, 3)",
                "drinking": "drinking IN (1, 2, 3, 4)",
                "exercise": "exercise_days_per_week BETWEEN 0 AND 7",
            },
        ),
        "family_history": (
            [text("relation", needed=True), small("disease", needed=True), small("onset_age_years")],
            {
                "relation": one_of("relation", "father", "mother", "sibling", "child"),
                "disease": "disease BETWEEN 1 AND 12",
                "onset_age_years": "onset_age_years BETWEEN 0 AND 120",
            },
        ),
        "hospital_stay": (
            [day("discharged_on"), text("institution", needed=True), text("department"), text("icd10")],
            {"discharged_on": "discharged_on >= happened_on"},
        ),
    }


OF_ALL = {
    "source": one_of("source", "typed", "device", "laboratory", "imported"),
    "reason": "(replaces_id IS NULL) = (reason IS NULL)",
    "first": "(replaces_id IS NULL) = (fact_id = id)",
    "retracted": "replaces_id IS NOT NULL OR NOT is_retracted",
}
REVIEW = {
    "state": one_of("state", "passed", "blocked", "half"),
    "level": one_of("level", "OK", "WARN", "BLOCK"),
    "passed": "(state = 'passed') = (medication_id IS NOT NULL)",
    "overridden": "(overridden_by IS NULL) = (overridden_at IS NULL)",
    "override_reason": "(overridden_by IS NULL) = (override_reason IS NULL)",
    "confirmed": "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
    "two_people": "confirmed_by <> overridden_by",
    "in_turn": "confirmed_by IS NULL OR overridden_by IS NOT NULL",
}

# A person's rows may move to another person or clinic (a merge, a transfer); what they say never changes.
ONLY_MOVED = """
CREATE FUNCTION guard.only_moved() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF to_jsonb(NEW) - ARRAY['patient_id', 'clinic_id'] <> to_jsonb(OLD) - ARRAY['patient_id', 'clinic_id'] THEN
        RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$
"""


def keys(table):
    return (
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f(f"fk_{table}_patient_id_patient")),
        sa.ForeignKeyConstraint(["clinic_id"], ["organisation.id"], name=op.f(f"fk_{table}_clinic_id_organisation")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def fact(table, columns, checks):
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "fact_id", "patient_id", "clinic_id")),
        sa.Column("happened_on", sa.Date(), nullable=False),
        text("source", needed=True),
        *columns,
        text("note"),
        text("actor", needed=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        text("reason"),
        sa.Column("is_retracted", sa.Boolean(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in (OF_ALL | checks).items()),
        *keys(table),
    )
    op.create_index(f"ix_{table}_patient_id_happened_on", table, ["patient_id", "happened_on"])
    op.create_index(f"ix_{table}_fact_id", table, ["fact_id"])
    corrects = sa.text("replaces_id IS NOT NULL")
    op.create_index(f"uq_{table}_replaces_id", table, ["replaces_id"], unique=True, postgresql_where=corrects)
    op.execute(f"CREATE TRIGGER only_moved BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION guard.only_moved()")
    op.execute(f"SELECT guard.protect_person('{table}', 'patient_id', 'clinic_id')")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(ONLY_MOVED)
    for table, (columns, checks) in facts().items():
        fact(table, columns, checks)
    op.create_table(
        "medicine_review",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "patient_id", "clinic_id")),
        text("state", needed=True),
        text("level", needed=True),
        sa.Column("rule_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposed", postgresql.JSONB(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        text("reason"),
        *(sa.Column(name, postgresql.JSONB(), nullable=False) for name in ("findings", "not_checked")),
        sa.Column("unknown_medicines", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("inputs", postgresql.JSONB(), nullable=False),
        sa.Column("medication_id", sa.Uuid(), nullable=True),
        text("overridden_by"),
        sa.Column("overridden_at", TIME, nullable=True),
        text("override_reason"),
        text("confirmed_by"),
        sa.Column("confirmed_at", TIME, nullable=True),
        text("actor", needed=True),
        sa.Column("recorded_at", TIME, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_medicine_review_{name}")) for name, rule in REVIEW.items()),
        *keys("medicine_review"),
    )
    op.create_index("ix_medicine_review_patient_id_id", "medicine_review", ["patient_id", "id"])
    op.execute("SELECT guard.protect_person('medicine_review', 'patient_id', 'clinic_id')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_table("medicine_review")
    for table in reversed(facts()):
        op.drop_table(table)
    op.execute("DROP FUNCTION guard.only_moved()")
