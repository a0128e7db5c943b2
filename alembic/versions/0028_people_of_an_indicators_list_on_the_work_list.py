"""people of an indicator's list can be put on the work-list by hand"""

from alembic import op

revision = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

KINDS = (
    "kind IN ('first_visit', 'routine', 'two_week', 'critical_reading', 'alert_followup', 'silent_device',"
    " 'referral_check', 'annual_exam', 'screening', 'hba1c'{})"
)
ACTS = "act IN ('assign', 'snooze', 'done', 'move'{})"


def _allow(kind: str, act: str) -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_constraint("ck_task_kind", "task")
    op.create_check_constraint(op.f("ck_task_kind"), "task", KINDS.format(kind))
    op.drop_constraint("ck_task_event_act", "task_event")
    op.create_check_constraint(op.f("ck_task_event_act"), "task_event", ACTS.format(act))


def upgrade() -> None:
    _allow(", 'indicator_list'", ", 'add'")


def downgrade() -> None:
    for table in ("reminder", "task_event"):
        op.execute(
            f"DELETE FROM {table} AS r USING task AS t WHERE t.id = r.task_id AND t.kind = 'indicator_list'"  # noqa: S608
        )
    op.execute("DELETE FROM task WHERE kind = 'indicator_list'")
    _allow("", "")
