"""frozen reports of indicators: values, definitions and lists of people that can not change"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None

DISEASES = "disease IN ('HTN', 'T2DM')"
REPORT = {
    "period": "period_start <= period_end AND as_of <= period_end",
    "version": "version > 0",
    "reason": "replaces_id IS NULL OR length(reason) > 0",
    "approved": "(approved_by IS NULL) = (approved_at IS NULL)",
    "refused": "(refused_by IS NULL) = (refused_at IS NULL)",
    "two_people": "approved_by <> proposed_by",
    "second": "needs_second OR (approved_at IS NULL AND refused_at IS NULL)",
    "decided_once": "approved_at IS NULL OR refused_at IS NULL",
}
# A proposal is decided once; a person's rows go when the person was erased; everything else stays as it was told.
FROZEN = """
CREATE FUNCTION guard.frozen_report() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    decision text[] := ARRAY['approved_by', 'approved_at', 'refused_by', 'refused_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.needs_second AND OLD.approved_at IS NULL AND OLD.refused_at IS NULL
            AND to_jsonb(NEW) - decision = to_jsonb(OLD) - decision THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a report can not change' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION guard.frozen_report_value() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the numbers of a report can not change' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION guard.frozen_report_person() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
            SELECT FROM public.patient AS p WHERE p.id = OLD.patient_id AND p.erased_at IS NOT NULL) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the lists of a report can not change' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION guard.report_stands() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT FROM added JOIN public.indicator_report AS r ON r.id = added.report_id) THEN
        RAISE EXCEPTION 'nothing is added to a report that stands' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _report()
    _parts()
    op.execute(FROZEN)
    for table in ("indicator_report", "indicator_report_value", "indicator_report_person"):
        function = f"guard.frozen_{table.removeprefix('indicator_')}()"
        op.execute(f"CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}")
        op.execute(
            f"CREATE TRIGGER kept BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
            " EXECUTE FUNCTION guard.frozen_report_value()"
        )
    for table in ("indicator_report_value", "indicator_report_person"):
        op.execute(
            f"CREATE TRIGGER before_its_report AFTER INSERT ON {table} REFERENCING NEW TABLE AS added"
            " FOR EACH STATEMENT EXECUTE FUNCTION guard.report_stands()"
        )
    op.execute("SELECT guard.protect_person('indicator_report_person', 'patient_id', 'clinic_id')")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for table in ("indicator_report_person", "indicator_report_value", "indicator_report"):
        op.drop_table(table)
    for name in ("frozen_report", "frozen_report_value", "frozen_report_person", "report_stands"):
        op.execute(f"DROP FUNCTION guard.{name}()")


def _report() -> None:
    table = "indicator_report"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "organisation_id")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("period_start", "period_end")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("definitions", postgresql.JSONB(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in REPORT.items()),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["replaces_id"], [f"{table}.id"], name=op.f(f"fk_{table}_replaces_id_{table}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    key = ["organisation_id", "period_end", "period_start"]
    op.create_index("uq_indicator_report_version", table, [*key, "version"], unique=True)
    waiting = sa.text("needs_second AND approved_at IS NULL AND refused_at IS NULL")
    op.create_index("uq_indicator_report_open", table, key, unique=True, postgresql_where=waiting)
    standing = sa.text("refused_at IS NULL")
    op.create_index("uq_indicator_report_replaces", table, ["replaces_id"], unique=True, postgresql_where=standing)


def _parts() -> None:
    table = "indicator_report_value"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("report_id", "organisation_id")),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("code", "disease")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("numerator", "denominator")),
        sa.CheckConstraint(DISEASES, name=op.f(f"ck_{table}_disease")),
        sa.CheckConstraint("numerator BETWEEN 0 AND denominator", name=op.f(f"ck_{table}_numerator")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["indicator_report.id"], name=op.f(f"fk_{table}_report_id_indicator_report"),
            deferrable=True, initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f(f"fk_{table}_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("report_id", "organisation_id", "code", "disease", name=op.f(f"pk_{table}")),
    )  # fmt: skip
    table = "indicator_report_person"
    op.create_table(
        table,
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("report_id", "patient_id", "clinic_id")),
        sa.Column("disease", sa.String(), nullable=False),
        *(sa.Column(name, postgresql.ARRAY(sa.TEXT()), nullable=False) for name in ("met", "not_met")),
        sa.CheckConstraint(DISEASES, name=op.f(f"ck_{table}_disease")),
        sa.PrimaryKeyConstraint("report_id", "patient_id", "disease", "clinic_id", name=op.f(f"pk_{table}")),
    )
    op.create_index("ix_indicator_report_person_patient_id", table, ["patient_id"])
