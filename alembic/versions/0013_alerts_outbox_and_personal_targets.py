"""alerts with their causes and history, messages to others, and what a doctor sets for one person"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from alembic import op

revision = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

RULES = (
    "rule IN ('critical_pressure', 'critical_glucose', 'danger_symptom', 'home_mean_160_100', 'high_glucose_2_days',"
    " 'low_glucose_on_drugs', 'weight_gain', 'home_mean_135_85', 'fasting_high_3_times', 'missed_doses', 'stale_data',"
    " 'unconfirmed_value', 'silent_gateway')"
)
LEVELS = "level IN ('clinic', 'manager', 'district')"
PROMISES = "promise IN ('call', 'repeat', 'see', 'refer', 'check_data')"
OUTCOMES = (
    "outcome IN ('called', 'repeated_fine', 'treated', 'referred', 'not_real', 'unreachable', 'other', 'contact',"
    " 'reviewed', 'data_came', 'care_ended', 'died')"
)
ALERT = {
    "rule": RULES,
    "tier": "tier IN ('RED', 'ORANGE', 'YELLOW')",
    "status": "status IN ('open', 'acknowledged', 'closed')",
    "level": LEVELS,
    "promise": PROMISES,
    "outcome": OUTCOMES,
    "subject": "(patient_id IS NULL) <> (thing_id IS NULL)",
    "clinic": "patient_id IS NULL OR clinic_id IS NOT NULL",
    "closed": (
        "(status = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)"
        " AND (closed_at IS NULL) = (outcome IS NULL)"
    ),
    "acknowledged": (
        "(acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (promise IS NULL)"
        " AND (status <> 'acknowledged' OR acknowledged_at IS NOT NULL)"
        " AND (status <> 'open' OR acknowledged_at IS NULL)"
    ),
    "counts": "count > 0 AND version > 0",
    "in_order": "first_at <= last_at",
}
EVENT = {
    "happening": "happening IN ('raised', 'again', 'escalated', 'acknowledged', 'closed')",
    "level": LEVELS,
    "promise": PROMISES,
    "outcome": OUTCOMES,
}
KINDS = (
    "kind IN ('alert.raised', 'alert.raised_again', 'alert.escalated.manager', 'alert.escalated.district',"
    " 'alert.acknowledged', 'alert.closed', 'alert.storm', 'ping')"
)
SUBSCRIPTION = {
    "channel": "channel IN ('webhook', 'message')",
    "disabled_because": "disabled_because IN ('by_hand', 'gone', 'failing')",
    "disabled": "active = (disabled_because IS NULL)",
    "old_secret": "(old_secret_cipher IS NULL) = (old_secret_until IS NULL)",
}
DELIVERY = {
    "status": "status IN ('pending', 'delivered', 'failed')",
    "delivered": "(status = 'delivered') = (delivered_at IS NOT NULL)",
    "attempts": "attempts >= 0",
}
TARGET = {
    "purpose": "purpose IN ('target', 'alarm')",
    "quantity": (
        "quantity IN ('SBP_MMHG', 'DBP_MMHG', 'HBA1C_PERCENT', 'FASTING_MMOL_L', 'OTHER_MMOL_L', 'LDL_MMOL_L',"
        " 'HDL_MMOL_L', 'TC_MMOL_L', 'TG_MMOL_L', 'BMI')"
    ),
    "in_order": "low < high",
    "until": "until > set_on",
    "reason": "length(reason) > 0",
}
WAITING = sa.text("status <> 'closed'")
# As of held readings: an alert of nobody known belongs to the clinic that it came from, without one to the region.
REACHED = "(SELECT guard.whole()) OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = alert.patient_id)"
SEEN = f"clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR {REACHED}"
WRITTEN = f"{REACHED} OR patient_id IS NULL AND clinic_id = ANY ((SELECT guard.clinics())::uuid[])"
OF_ALERT = "(SELECT guard.whole()) OR EXISTS (SELECT FROM alert AS a WHERE a.id = {}.alert_id)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    _alerts()
    _parts_of_alerts()
    _outbox()
    _targets()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DELETE FROM touched WHERE topic = 'alerts'")
    for name in ("personal_target", "delivery", "subscription", "outbox_event", "alert_event", "alert_cause", "alert"):
        op.drop_table(name)


def _checks(table: str, rules: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _texts(*names: str, nullable: bool) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _times(*names: str, nullable: bool) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _alerts() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("patient_id", "thing_id", "clinic_id")),
        *_texts("rule", "tier", "status", "level", "words_zh", "words_en", "source", nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("count", "version")),
        *_times("first_at", "last_at", "last_arrived_at", "raised_at", nullable=False),
        *_times("next_look_at", "acknowledged_at", "closed_at", nullable=True),
        *_texts("acknowledged_by", "promise", "closed_by", "outcome", "note", nullable=True),
        sa.Column("check_by", sa.Date(), nullable=True),
        *_checks("alert", ALERT),
        _refers("alert", "patient_id", "patient"),
        _refers("alert", "clinic_id", "organisation"),
        _key("alert"),
    )
    for name, column in (("person", "patient_id"), ("thing", "thing_id")):
        op.create_index(f"uq_alert_open_{name}", "alert", [column, "rule"], unique=True, postgresql_where=WAITING)
    op.create_index("ix_alert_patient_id_rule_closed_at", "alert", ["patient_id", "rule", "closed_at"])
    op.create_index("ix_alert_clinic_id_id", "alert", ["clinic_id", "id"])
    op.create_index("ix_alert_next_look_at", "alert", ["next_look_at"], postgresql_where=WAITING)
    op.create_index("ix_alert_source_raised_at", "alert", ["source", "raised_at"])
    op.execute(f"SELECT guard.protect('alert', $q${SEEN}$q$, $q${WRITTEN}$q$)")


def _parts_of_alerts() -> None:
    op.create_table(
        "alert_cause",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "alert_id")),
        *_times("at", "found_at", nullable=False),
        *_times("settled_at", nullable=True),
        _refers("alert_cause", "alert_id", "alert"),
        _key("alert_cause"),
    )
    op.create_index(op.f("ix_alert_cause_alert_id"), "alert_cause", ["alert_id"])
    op.create_table(
        "alert_event",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "alert_id")),
        *_texts("happening", "actor", "tier", nullable=False),
        *_times("at", nullable=False),
        *_texts("level", "promise", "outcome", "note", nullable=True),
        *_checks("alert_event", EVENT),
        _refers("alert_event", "alert_id", "alert"),
        _key("alert_event"),
    )
    op.create_index("ix_alert_event_alert_id_id", "alert_event", ["alert_id", "id"])
    for name in ("alert_cause", "alert_event"):
        rule = OF_ALERT.format(name)
        op.execute(f"SELECT guard.protect('{name}', $q${rule}$q$, $q${rule}$q$)")


def _outbox() -> None:
    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        *_texts("kind", nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        *_texts("once", nullable=True),
        *_times("created_at", nullable=False),
        *_times("spread_at", nullable=True),
        *_checks("outbox_event", {"kind": KINDS}),
        sa.UniqueConstraint("once", name=op.f("uq_outbox_event_once")),
        _key("outbox_event"),
    )
    op.create_index("ix_outbox_event_waiting", "outbox_event", ["id"], postgresql_where=sa.text("spread_at IS NULL"))
    op.create_index("ix_outbox_event_created_at", "outbox_event", ["created_at"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        *_texts("channel", "name", "created_by", nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("address_cipher", "secret_cipher")),
        sa.Column("kinds", postgresql.ARRAY(sa.TEXT()), nullable=False),
        sa.Column("old_secret_cipher", sa.LargeBinary(), nullable=True),
        *_times("old_secret_until", "failing_since", nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_texts("disabled_because", nullable=True),
        *_times("created_at", nullable=False),
        *_checks("subscription", SUBSCRIPTION),
        _refers("subscription", "organisation_id", "organisation"),
        _key("subscription"),
    )
    op.create_table(
        "delivery",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "event_id")),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        *_texts("status", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *_times("next_at", nullable=False),
        *_times("last_at", "delivered_at", nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        *_texts("last_error", nullable=True),
        *_checks("delivery", DELIVERY),
        _refers("delivery", "event_id", "outbox_event"),
        _refers("delivery", "subscription_id", "subscription"),
        _key("delivery"),
    )
    nobody = sa.text("coalesce(subscription_id, '00000000-0000-0000-0000-000000000000')")
    op.create_index("uq_delivery_event", "delivery", ["event_id", nobody], unique=True)
    due = sa.text("status = 'pending'")
    op.create_index("ix_delivery_due", "delivery", ["next_at", "id"], postgresql_where=due)
    op.create_index("ix_delivery_subscription_id_event_id", "delivery", ["subscription_id", "event_id"])


def _targets() -> None:
    op.create_table(
        "personal_target",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "patient_id", "clinic_id")),
        *_texts("purpose", "quantity", "reason", "actor", nullable=False),
        *(sa.Column(name, sa.Numeric(12, 4), nullable=True) for name in ("low", "high")),
        sa.Column("set_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        *_times("recorded_at", nullable=False),
        *_checks("personal_target", TARGET),
        _refers("personal_target", "patient_id", "patient"),
        _refers("personal_target", "clinic_id", "organisation"),
        _key("personal_target"),
    )
    op.create_index("ix_personal_target_patient_id_id", "personal_target", ["patient_id", "id"])
    op.create_index("uq_personal_target_replaces_id", "personal_target", ["replaces_id"], unique=True)
    op.execute("SELECT guard.protect_person('personal_target', 'patient_id', 'clinic_id')")
