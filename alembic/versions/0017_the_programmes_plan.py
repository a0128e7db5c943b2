"""the programme's plan: windows and planned days of tasks, groups and rhythms, recall, referrals, reminders"""

from alembic import op

revision = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None

KINDS = "kind IN ('first_visit', 'routine', 'two_week', 'critical_reading'{})"
MORE = ", 'alert_followup', 'silent_device', 'referral_check', 'annual_exam', 'screening', 'hba1c'"
TASK = """
ALTER TABLE task ADD COLUMN from_on date, ADD COLUMN latest_on date, ADD COLUMN planned_on date,
    ADD COLUMN moved_at timestamptz, ADD COLUMN assignee_id uuid, ADD COLUMN snoozed_until date,
    ADD COLUMN snooze_reason varchar, ADD COLUMN done_reason varchar,
    ADD CONSTRAINT fk_task_assignee_id_app_user FOREIGN KEY (assignee_id) REFERENCES app_user (id),
    ADD CONSTRAINT ck_task_moved CHECK (moved_at IS NULL OR planned_on IS NOT NULL),
    ADD CONSTRAINT ck_task_snoozed CHECK ((snoozed_until IS NULL) = (snooze_reason IS NULL)),
    ADD CONSTRAINT ck_task_snooze_reason CHECK (
        snooze_reason IN ('unreachable', 'away', 'in_hospital', 'agreed', 'other')),
    ADD CONSTRAINT ck_task_done_reason CHECK (
        done_reason IN ('done_elsewhere', 'by_phone', 'not_needed', 'entered_twice'));
CREATE INDEX ix_task_planned ON task (clinic_id, planned_on, id) WHERE status = 'open';
CREATE INDEX ix_task_assignee ON task (assignee_id) WHERE status = 'open' AND assignee_id IS NOT NULL;
"""
UNDO_TASK = """
DELETE FROM task WHERE kind NOT IN ('first_visit', 'routine', 'two_week', 'critical_reading');
DROP INDEX ix_task_planned, ix_task_assignee;
ALTER TABLE task DROP COLUMN from_on, DROP COLUMN latest_on, DROP COLUMN planned_on, DROP COLUMN moved_at,
    DROP COLUMN assignee_id, DROP COLUMN snoozed_until, DROP COLUMN snooze_reason, DROP COLUMN done_reason;
"""
TABLES = """
CREATE TABLE plan_state (
    patient_id UUID NOT NULL,
    followup_group VARCHAR NOT NULL,
    grouped_on DATE NOT NULL,
    next_look_on DATE,
    facts BIGINT NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_plan_state PRIMARY KEY (patient_id),
    CONSTRAINT ck_plan_state_followup_group CHECK (followup_group IN ('standard', 'closer', 'intensive')),
    CONSTRAINT fk_plan_state_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id)
);
CREATE INDEX ix_plan_state_next_look_on ON plan_state (next_look_on);
CREATE TABLE rhythm_setting (
    id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    disease VARCHAR NOT NULL,
    followup_group VARCHAR NOT NULL,
    days SMALLINT NOT NULL,
    valid_from DATE NOT NULL,
    reason VARCHAR NOT NULL,
    set_by VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rhythm_setting PRIMARY KEY (id),
    CONSTRAINT ck_rhythm_setting_disease CHECK (disease IN ('HTN', 'T2DM')),
    CONSTRAINT ck_rhythm_setting_followup_group CHECK (followup_group IN ('standard', 'closer', 'intensive')),
    CONSTRAINT ck_rhythm_setting_within_the_standard CHECK (days BETWEEN 14 AND 90),
    CONSTRAINT fk_rhythm_setting_organisation_id_organisation FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX ix_rhythm_setting_organisation_id ON rhythm_setting (organisation_id, disease, followup_group, valid_from);
CREATE TABLE opening_days (
    id UUID NOT NULL,
    clinic_id UUID NOT NULL,
    weekdays SMALLINT[] NOT NULL,
    closed DATE[] NOT NULL,
    per_nurse SMALLINT NOT NULL,
    set_by VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_opening_days PRIMARY KEY (id),
    CONSTRAINT ck_opening_days_weekdays CHECK (cardinality(weekdays) BETWEEN 1 AND 7),
    CONSTRAINT ck_opening_days_per_nurse CHECK (per_nurse BETWEEN 1 AND 200),
    CONSTRAINT fk_opening_days_clinic_id_organisation FOREIGN KEY(clinic_id) REFERENCES organisation (id)
);
CREATE INDEX ix_opening_days_clinic_id ON opening_days (clinic_id, set_at);
CREATE TABLE task_event (
    id UUID NOT NULL,
    task_id UUID NOT NULL,
    patient_id UUID NOT NULL,
    clinic_id UUID NOT NULL,
    act VARCHAR NOT NULL,
    before JSONB NOT NULL,
    after JSONB NOT NULL,
    reason VARCHAR,
    past_limit BOOLEAN NOT NULL,
    actor VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    CONSTRAINT pk_task_event PRIMARY KEY (id),
    CONSTRAINT ck_task_event_act CHECK (act IN ('assign', 'snooze', 'done', 'move')),
    CONSTRAINT ck_task_event_undone CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
    CONSTRAINT fk_task_event_task_id_task FOREIGN KEY(task_id) REFERENCES task (id),
    CONSTRAINT fk_task_event_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_task_event_clinic_id_organisation FOREIGN KEY(clinic_id) REFERENCES organisation (id)
);
CREATE INDEX ix_task_event_clinic_id ON task_event (clinic_id, at);
CREATE INDEX ix_task_event_patient_id ON task_event (patient_id);
CREATE INDEX ix_task_event_task_id ON task_event (task_id, at);
CREATE TABLE referral (
    id UUID NOT NULL,
    patient_id UUID NOT NULL,
    clinic_id UUID NOT NULL,
    source VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    is_urgent BOOLEAN NOT NULL,
    institution VARCHAR,
    department VARCHAR,
    note VARCHAR,
    state VARCHAR NOT NULL,
    proposed_on DATE NOT NULL,
    proposed_by VARCHAR NOT NULL,
    proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    accepted_at TIMESTAMP WITH TIME ZONE,
    returned_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    closed_by VARCHAR,
    ending VARCHAR,
    check_by DATE,
    advice VARCHAR,
    version INTEGER NOT NULL,
    CONSTRAINT pk_referral PRIMARY KEY (id),
    CONSTRAINT ck_referral_direction CHECK (direction IN ('up', 'down')),
    CONSTRAINT ck_referral_reason CHECK (reason IN ('CONSECUTIVE_UNSATISFACTORY', 'ADVERSE_REACTION_PERSISTS', 'NEW_COMPLICATION', 'WORSE_COMPLICATION', 'EMERGENCY', 'SUSPECTED_SECONDARY', 'PREGNANCY', 'SCREENING_FINDING', 'STABLE', 'OTHER')),
    CONSTRAINT ck_referral_state CHECK (state IN ('proposed', 'sent', 'accepted', 'returned', 'closed')),
    CONSTRAINT ck_referral_ending CHECK (ending IN ('treated', 'stayed', 'refused', 'not_gone', 'not_needed')),
    CONSTRAINT ck_referral_no_step_skipped CHECK ((sent_at IS NULL OR state <> 'proposed') AND (state IN ('proposed', 'closed') OR sent_at IS NOT NULL) AND (state NOT IN ('accepted', 'returned') OR accepted_at IS NOT NULL) AND (state <> 'returned' OR returned_at IS NOT NULL) AND (accepted_at IS NULL OR sent_at IS NOT NULL) AND (returned_at IS NULL OR accepted_at IS NOT NULL)),
    CONSTRAINT ck_referral_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL) AND (closed_at IS NULL) = (ending IS NULL)),
    CONSTRAINT ck_referral_version CHECK (version > 0),
    CONSTRAINT fk_referral_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_referral_clinic_id_organisation FOREIGN KEY(clinic_id) REFERENCES organisation (id)
);
CREATE INDEX ix_referral_clinic_id_id ON referral (clinic_id, id);
CREATE INDEX ix_referral_waiting ON referral (patient_id) WHERE state <> 'closed';
CREATE UNIQUE INDEX uq_referral_source ON referral (patient_id, source);
CREATE TABLE recall_call (
    id UUID NOT NULL,
    patient_id UUID NOT NULL,
    clinic_id UUID NOT NULL,
    channel VARCHAR,
    result VARCHAR NOT NULL,
    remind_on DATE,
    note VARCHAR,
    called_at TIMESTAMP WITH TIME ZONE NOT NULL,
    called_by VARCHAR NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    idempotency_key VARCHAR,
    CONSTRAINT pk_recall_call PRIMARY KEY (id),
    CONSTRAINT ck_recall_call_channel CHECK (channel IN ('phone', 'home', 'message', 'family', 'village')),
    CONSTRAINT ck_recall_call_result CHECK (result IN ('agreed', 'later', 'no_answer', 'wrong_number', 'refused', 'visited', 'elsewhere', 'moved', 'died', 'other', 'return_to_list')),
    CONSTRAINT ck_recall_call_remind_on CHECK ((result IN ('agreed', 'later')) = (remind_on IS NOT NULL)),
    CONSTRAINT ck_recall_call_channel_given CHECK ((result = 'return_to_list') = (channel IS NULL)),
    CONSTRAINT ck_recall_call_undone CHECK ((undone_at IS NULL) = (undone_by IS NULL)),
    CONSTRAINT fk_recall_call_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_recall_call_clinic_id_organisation FOREIGN KEY(clinic_id) REFERENCES organisation (id)
);
CREATE INDEX ix_recall_call_clinic_id ON recall_call (clinic_id, called_at);
CREATE INDEX ix_recall_call_patient_id ON recall_call (patient_id, called_at);
CREATE UNIQUE INDEX uq_recall_call_key ON recall_call (called_by, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE TABLE reminder (
    id UUID NOT NULL,
    patient_id UUID NOT NULL,
    clinic_id UUID NOT NULL,
    task_id UUID NOT NULL,
    template VARCHAR NOT NULL,
    planned_on DATE NOT NULL,
    state VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    send_at TIMESTAMP WITH TIME ZONE NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER NOT NULL,
    error VARCHAR,
    CONSTRAINT pk_reminder PRIMARY KEY (id),
    CONSTRAINT ck_reminder_state CHECK (state IN ('waiting', 'handed_over', 'delivered', 'failed', 'cancelled')),
    CONSTRAINT ck_reminder_attempts CHECK (attempts >= 0),
    CONSTRAINT fk_reminder_patient_id_patient FOREIGN KEY(patient_id) REFERENCES patient (id),
    CONSTRAINT fk_reminder_clinic_id_organisation FOREIGN KEY(clinic_id) REFERENCES organisation (id),
    CONSTRAINT fk_reminder_task_id_task FOREIGN KEY(task_id) REFERENCES task (id)
);
CREATE INDEX ix_reminder_clinic_id_id ON reminder (clinic_id, id);
CREATE INDEX ix_reminder_due ON reminder (send_at) WHERE state IN ('waiting', 'handed_over');
CREATE INDEX ix_reminder_patient_id ON reminder (patient_id);
CREATE UNIQUE INDEX uq_reminder_once ON reminder (task_id, planned_on);
"""
PROTECTED = """
SELECT guard.protect_person('plan_state', 'patient_id', NULL);
SELECT guard.protect_person('task_event', 'patient_id', 'clinic_id');
SELECT guard.protect_person('referral', 'patient_id', 'clinic_id');
SELECT guard.protect_person('recall_call', 'patient_id', 'clinic_id');
SELECT guard.protect_person('reminder', 'patient_id', 'clinic_id');
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_constraint("ck_task_kind", "task")
    op.create_check_constraint(op.f("ck_task_kind"), "task", KINDS.format(MORE))
    op.execute(TASK)
    op.execute(TABLES)
    op.execute(PROTECTED)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DELETE FROM touched WHERE topic = 'examinations'")
    for name in ("reminder", "recall_call", "referral", "task_event", "opening_days", "rhythm_setting", "plan_state"):
        op.drop_table(name)
    op.execute(UNDO_TASK)
    op.drop_constraint("ck_task_kind", "task")
    op.create_check_constraint(op.f("ck_task_kind"), "task", KINDS.format(""))
