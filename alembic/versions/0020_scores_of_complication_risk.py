"""scores of complication risk, where everybody stands, doctors' bands, switches, local levels, monitoring"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None

TIER = "tier IN ('t0', 't1', 't2')"
MODE = "mode IN ('shadow', 'shown')"
KINDS_BEFORE = (
    "kind IN ('alert.raised', 'alert.raised_again', 'alert.escalated.manager', 'alert.escalated.district',"
    " 'alert.acknowledged', 'alert.closed', 'alert.storm', 'ping')"
)
KINDS = KINDS_BEFORE.replace("'ping'", "'risk.to_look_at', 'ping'")
SCORE = {
    "tier": TIER,
    "mode": MODE,
    "band": "band BETWEEN 0 AND 4",
    "priority": "priority BETWEEN 0 AND 5",
}
STANDING = {
    "tier": TIER,
    "band": "band BETWEEN 0 AND 4 AND computed_band BETWEEN 0 AND 4",
    "priority": "priority BETWEEN 0 AND 5",
}
OVERRIDE = {"band": "band BETWEEN 1 AND 4", "until": "until > set_on", "reason": "length(reason) > 0"}
SWITCH = {
    "mode": MODE,
    "reason": "length(reason) > 0",
    "confirmed": "(confirmed_by IS NULL) = (confirmed_at IS NULL)",
    "two_people": "confirmed_by <> asked_by",
}
LEVEL = {
    "basis": "basis IN ('raw', 'external', 'local_intercept', 'local_slope')",
    "version": "version > 0",
}
WATCH = {"watch": "watch IN ('input', 'score', 'tier', 'out_of_range', 'level', 'cusum')"}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _scores()
    _standings()
    _decisions()
    _models()
    _kinds(KINDS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DELETE FROM touched WHERE topic = 'risk'")
    op.execute("DELETE FROM delivery WHERE event_id IN (SELECT id FROM outbox_event WHERE kind = 'risk.to_look_at')")
    op.execute("DELETE FROM outbox_event WHERE kind = 'risk.to_look_at'")
    _kinds(KINDS_BEFORE)
    for name in (
        "risk_watch", "risk_baseline", "risk_model_level", "risk_switch", "risk_override", "risk_standing", "risk_score",
    ):  # fmt: skip
        op.drop_table(name)


def _kinds(rule: str) -> None:
    op.drop_constraint(op.f("ck_outbox_event_kind"), "outbox_event", type_="check")
    op.create_check_constraint(op.f("ck_outbox_event_kind"), "outbox_event", rule)


def _checks(table: str, rules: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _columns(kind: object, *names: str, nullable: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=nullable) for name in names]  # type: ignore[arg-type]


def _key(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}"))


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _of_person(table: str) -> list[sa.ForeignKeyConstraint]:
    return [_refers(table, "patient_id", "patient"), _refers(table, "clinic_id", "organisation")]


_AT = sa.DateTime(timezone=True)


def _scores() -> None:
    op.create_table(
        "risk_score",
        *_columns(sa.Uuid(), "id", "patient_id", "clinic_id"),
        *_columns(sa.Date(), "as_of"),
        *_columns(_AT, "scored_at"),
        *_columns(sa.SmallInteger(), "band", "priority"),
        *_columns(sa.String(), "tier", nullable=True),
        *_columns(sa.String(), "equations", "release", "mode"),
        *_columns(postgresql.JSONB(), "inputs", "answers", "models", "reasons", "due"),
        *_checks("risk_score", SCORE),
        *_of_person("risk_score"),
        _key("risk_score", "id"),
    )
    op.create_index("ix_risk_score_patient_id_id", "risk_score", ["patient_id", "id"])
    op.execute("SELECT guard.protect_person('risk_score', 'patient_id', 'clinic_id')")


def _standings() -> None:
    op.create_table(
        "risk_standing",
        *_columns(sa.Uuid(), "patient_id", "clinic_id"),
        *_columns(sa.SmallInteger(), "band", "computed_band", "priority", "lifted"),
        *_columns(sa.Double(), "rank"),
        *_columns(sa.String(), "tier", nullable=True),
        *_columns(sa.Boolean(), "out_of_range"),
        *_columns(postgresql.ARRAY(sa.TEXT()), "missing"),
        *_columns(sa.Uuid(), "score_id", "override_id", nullable=True),
        *_columns(sa.Date(), "override_until", nullable=True),
        *_columns(sa.Date(), "as_of"),
        *_columns(_AT, "scored_at"),
        *_columns(sa.BigInteger(), "fingerprint"),
        *_checks("risk_standing", STANDING),
        *_of_person("risk_standing"),
        _key("risk_standing", "patient_id"),
    )
    op.create_index("ix_risk_standing_clinic_id_band", "risk_standing", ["clinic_id", "band", "rank", "patient_id"])
    op.execute("SELECT guard.protect_person('risk_standing', 'patient_id', 'clinic_id')")


def _decisions() -> None:
    op.create_table(
        "risk_override",
        *_columns(sa.Uuid(), "id", "patient_id", "clinic_id"),
        *_columns(sa.SmallInteger(), "band", nullable=True),
        *_columns(sa.String(), "reason", "actor"),
        *_columns(sa.Date(), "set_on"),
        *_columns(sa.Date(), "until", nullable=True),
        *_columns(sa.Uuid(), "score_id", "replaces_id", nullable=True),
        *_columns(_AT, "recorded_at"),
        *_checks("risk_override", OVERRIDE),
        *_of_person("risk_override"),
        _key("risk_override", "id"),
    )
    op.create_index("ix_risk_override_patient_id_id", "risk_override", ["patient_id", "id"])
    op.create_index("uq_risk_override_replaces_id", "risk_override", ["replaces_id"], unique=True)
    op.execute("SELECT guard.protect_person('risk_override', 'patient_id', 'clinic_id')")
    op.create_table(
        "risk_switch",
        *_columns(sa.Uuid(), "id", "region_id"),
        *_columns(sa.String(), "release", "mode", "reason", "asked_by"),
        *_columns(sa.Date(), "starts_on"),
        *_columns(_AT, "asked_at"),
        *_columns(sa.String(), "confirmed_by", nullable=True),
        *_columns(_AT, "confirmed_at", nullable=True),
        *_checks("risk_switch", SWITCH),
        _refers("risk_switch", "region_id", "organisation"),
        _key("risk_switch", "id"),
    )
    op.create_index("ix_risk_switch_region_id_id", "risk_switch", ["region_id", "id"])


def _models() -> None:
    op.create_table(
        "risk_model_level",
        *_columns(sa.Uuid(), "id"),
        *_columns(sa.String(), "model_id", "model_version", "basis", "made_by"),
        *_columns(sa.Integer(), "version", "people", "events"),
        *_columns(sa.Date(), "made_on"),
        *_columns(sa.Double(), "intercept", "slope"),
        *_columns(sa.Double(), "spread", nullable=True),
        *_columns(sa.String(), "standard", nullable=True),
        *_columns(_AT, "made_at"),
        *_checks("risk_model_level", LEVEL),
        _key("risk_model_level", "id"),
    )
    each = ["model_id", "model_version", "version"]
    op.create_index("uq_risk_model_level_version", "risk_model_level", each, unique=True)
    op.create_table(
        "risk_baseline",
        *_columns(sa.String(), "release"),
        *_columns(postgresql.JSONB(), "data"),
        *_columns(sa.Integer(), "people"),
        *_columns(sa.Date(), "made_on"),
        *_columns(_AT, "made_at"),
        _key("risk_baseline", "release"),
    )
    op.create_table(
        "risk_watch",
        *_columns(sa.Date(), "month"),
        *_columns(sa.String(), "release", "watch", "name"),
        *_columns(sa.Double(), "value"),
        *_columns(sa.Double(), "low", "high", "expected", nullable=True),
        *_columns(sa.Integer(), "observed", nullable=True),
        *_columns(sa.Boolean(), "alert"),
        *_columns(_AT, "made_at"),
        *_checks("risk_watch", WATCH),
        _key("risk_watch", "month", "release", "watch", "name"),
    )
