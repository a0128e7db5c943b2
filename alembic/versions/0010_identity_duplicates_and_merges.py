"""fields of the basic information form, documents, phones, health-record numbers; likely duplicates and merges"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None

DOCUMENTS = "kind IN ('CITIZEN_ID', 'HK_MO_TW_PERMIT', 'FOREIGN_PERMANENT', 'PASSPORT', 'NONE')"
RELATIONS = "relation IN ('SELF', 'SPOUSE', 'CHILD', 'PARENT', 'OTHER_RELATIVE', 'OTHER')"
PAIR = {
    "likeness": "likeness IN ('CERTAIN', 'PROBABLE', 'POSSIBLE', 'UNLIKELY')",
    "state": "state IN ('open', 'dismissed')",
    "order": "one_id < other_id",
    "score": "score BETWEEN 0 AND 100",
    "decided": "(state = 'dismissed') = (decided_by IS NOT NULL)",
}
BOTH = (
    "(SELECT guard.whole()) OR (EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = duplicate_pair.one_id)"
    " AND EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = duplicate_pair.other_id))"
)
OF_MERGE = "(SELECT guard.whole()) OR EXISTS (SELECT FROM patient_merge AS m WHERE m.id = merge_row.merge_id)"

# An enrolment may change its person: who reaches whom follows it.
FOLLOW_THE_PERSON = """
DROP TRIGGER reach_moved ON enrolment;
DROP TRIGGER reach_left ON enrolment;
CREATE TRIGGER reach_moved AFTER UPDATE ON enrolment FOR EACH ROW
    WHEN ({changed}) EXECUTE FUNCTION guard.enrolment_moved();
CREATE CONSTRAINT TRIGGER reach_left AFTER UPDATE ON enrolment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN ({changed}) EXECUTE FUNCTION guard.enrolment_left();
"""
BEFORE = "OLD.clinic_id <> NEW.clinic_id OR OLD.state <> NEW.state"
NOW = f"{BEFORE} OR OLD.patient_id <> NEW.patient_id"
TABLES = (
    "merge_row", "duplicate_pair", "patient_merge", "duplicate_key", "record_serial", "patient_phone",
    "patient_document", "basic_information",
)  # fmt: skip


def _checks(table: str, rules: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _person(table: str, column: str = "patient_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["patient.id"], name=op.f(f"fk_{table}_{column}_patient"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _widen_patient()
    _identity()
    _duplicates()
    op.execute(FOLLOW_THE_PERSON.format(changed=NOW))


def _widen_patient() -> None:
    op.add_column("patient", sa.Column("health_record_number", sa.String(), nullable=True))
    op.add_column("patient", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.add_column("enrolment", sa.Column("referred_on", sa.Date(), nullable=True))
    op.create_unique_constraint(op.f("uq_patient_health_record_number"), "patient", ["health_record_number"])
    op.create_foreign_key(op.f("fk_patient_merged_into_patient"), "patient", "patient", ["merged_into"], ["id"])
    op.create_index("ix_patient_clinic_id_birth_date_id", "patient", ["clinic_id", "birth_date", "id"])
    op.create_check_constraint(op.f("ck_patient_merged_into"), "patient", "merged_into <> id")
    op.create_index(
        "ix_patient_merged_into", "patient", ["merged_into"], postgresql_where=sa.text("merged_into IS NOT NULL")
    )


def _identity() -> None:
    small = ("residence", "blood_group", "rhesus", "education", "marital_status")
    lists = ("payments", "drug_allergies", "exposures", "disabilities")
    op.create_table(
        "basic_information",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.SmallInteger(), nullable=True) for name in small),
        *(sa.Column(name, postgresql.ARRAY(sa.SmallInteger()), nullable=True) for name in lists),
        *(sa.Column(name, postgresql.JSONB(), nullable=True) for name in ("diseases", "family")),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("nationality", "region_code", "family_doctor")),
        _person("basic_information"),
        _key("basic_information", "patient_id"),
    )
    op.create_table(
        "patient_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        *_checks("patient_document", {"kind": DOCUMENTS}),
        _person("patient_document"),
        _key("patient_document", "id"),
        sa.UniqueConstraint("token", name=op.f("uq_patient_document_token")),
    )
    op.create_table(
        "patient_phone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("contact_cipher", sa.LargeBinary(), nullable=True),
        *_checks("patient_phone", {"relation": RELATIONS}),
        _person("patient_phone"),
        _key("patient_phone", "id"),
    )
    op.create_table(
        "record_serial",
        sa.Column("village", sa.String(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        *_checks("record_serial", {"last": "last BETWEEN 0 AND 99999"}),
        _key("record_serial", "village"),
    )
    for name in ("patient_document", "patient_phone"):
        op.create_index(op.f(f"ix_{name}_patient_id"), name, ["patient_id"])
    for name in ("basic_information", "patient_document", "patient_phone"):
        op.execute(f"SELECT guard.protect_person('{name}', 'patient_id', NULL)")


def _duplicates() -> None:
    op.create_table(
        "duplicate_key",
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("compared", sa.Boolean(), nullable=False),
        _key("duplicate_key", "key", "patient_id"),
    )
    op.create_index("ix_duplicate_key_patient_id", "duplicate_key", ["patient_id"])
    op.create_index(
        "ix_duplicate_key_waiting", "duplicate_key", ["patient_id"], postgresql_where=sa.text("NOT compared")
    )
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("patient_id", "survivor_id", "merged_id")),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_by", sa.String(), nullable=False),
        sa.Column("reverted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverted_by", sa.String(), nullable=True),
        *_checks("patient_merge", {"reverted": "(reverted_at IS NULL) = (reverted_by IS NULL)"}),
        *(_person("patient_merge", name) for name in ("patient_id", "survivor_id", "merged_id")),
        _key("patient_merge", "id"),
    )
    op.create_index(op.f("ix_patient_merge_patient_id"), "patient_merge", ["patient_id"])
    op.create_index(
        "uq_patient_merge_standing",
        "patient_merge",
        ["merged_id"],
        unique=True,
        postgresql_where=sa.text("reverted_at IS NULL"),
    )
    op.create_table(
        "merge_row",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("table_name", sa.String(), nullable=False),
        sa.Column("row_key", postgresql.JSONB(), nullable=True),
        sa.Column("kept", postgresql.JSONB(), nullable=True),
        *_checks("merge_row", {"moved_or_kept": "(row_key IS NULL) <> (kept IS NULL)"}),
        sa.ForeignKeyConstraint(["merge_id"], ["patient_merge.id"], name=op.f("fk_merge_row_merge_id_patient_merge")),
        _key("merge_row", "id"),
    )
    op.create_index("ix_merge_row_merge_id_table_name", "merge_row", ["merge_id", "table_name"])
    op.create_table(
        "duplicate_pair",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "one_id", "other_id")),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("likeness", sa.String(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        *_checks("duplicate_pair", PAIR),
        *(_person("duplicate_pair", name) for name in ("one_id", "other_id")),
        _key("duplicate_pair", "id"),
    )
    op.create_index("uq_duplicate_pair_people", "duplicate_pair", ["one_id", "other_id"], unique=True)
    op.create_index("ix_duplicate_pair_other_id", "duplicate_pair", ["other_id"])
    op.create_index("ix_duplicate_pair_state_score_id", "duplicate_pair", ["state", "score", "id"])
    for name in ("duplicate_key", "patient_merge"):
        op.execute(f"SELECT guard.protect_person('{name}', 'patient_id', NULL)")
    op.execute(f"SELECT guard.protect('merge_row', '{OF_MERGE}', '{OF_MERGE}')")
    op.execute(f"SELECT guard.protect('duplicate_pair', '{BOTH}', '{BOTH}')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    if op.get_bind().scalar(sa.text("SELECT EXISTS (SELECT FROM patient WHERE merged_into IS NOT NULL)")):
        raise RuntimeError("records are merged: undo the merges first, or they would stay empty without a trace")
    op.execute(FOLLOW_THE_PERSON.format(changed=BEFORE))
    for name in TABLES:
        op.drop_table(name)
    op.drop_index("ix_patient_clinic_id_birth_date_id", table_name="patient")
    op.drop_index("ix_patient_merged_into", table_name="patient")
    op.drop_constraint(op.f("ck_patient_merged_into"), "patient")
    op.drop_column("enrolment", "referred_on")
    op.drop_column("patient", "merged_into")
    op.drop_column("patient", "health_record_number")
