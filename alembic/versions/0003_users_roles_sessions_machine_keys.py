"""users, roles, sessions, machine keys"""

import sqlalchemy as sa

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.create_table(
        "app_user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("totp_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("totp_last_step", sa.Integer(), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("login ~ '^[a-z0-9][a-z0-9._-]{1,31}$'", name=op.f("ck_app_user_login")),
        sa.CheckConstraint("failed_attempts >= 0", name=op.f("ck_app_user_failed_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("login", name=op.f("uq_app_user_login")),
    )
    op.create_table(
        "seen_person",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "seen_on", "patient_id", name=op.f("pk_seen_person")),
    )
    op.create_table(
        "used_nonce",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "nonce", name=op.f("pk_used_nonce")),
    )
    op.create_index(op.f("ix_used_nonce_used_at"), "used_nonce", ["used_at"], unique=False)
    op.create_table(
        "auth_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_auth_session_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_session")),
        sa.UniqueConstraint("id_hash", name=op.f("uq_auth_session_id_hash")),
    )
    op.create_index(op.f("ix_auth_session_user_id"), "auth_session", ["user_id"], unique=False)
    op.create_table(
        "machine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind <> 'gateway' OR organisation_id IS NOT NULL", name=op.f("ck_machine_gateway_has_a_clinic")
        ),
        sa.CheckConstraint("kind IN ('gateway', 'dashboard', 'monitor')", name=op.f("ck_machine_kind")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_machine_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine")),
    )
    op.create_index(op.f("ix_machine_organisation_id"), "machine", ["organisation_id"], unique=False)
    op.create_table(
        "old_password",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_old_password_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_password")),
    )
    op.create_index(op.f("ix_old_password_user_id"), "old_password", ["user_id"], unique=False)
    op.create_table(
        "recovery_code",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id_app_user")),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_recovery_code")),
    )
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("with_names", sa.Boolean(), nullable=False),
        sa.Column("granted_by", sa.String(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("NOT with_names OR role = 'supervisor'", name=op.f("ck_role_grant_with_names")),
        sa.CheckConstraint(
            "role IN ('nurse', 'doctor', 'manager', 'supervisor', 'admin', 'auditor')", name=op.f("ck_role_grant_role")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_role_grant_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_role_grant_user_id_app_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grant")),
    )
    op.create_index(
        "uq_role_grant_once",
        "role_grant",
        ["user_id", "role", "organisation_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "machine_key",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("machine_id", sa.Uuid(), nullable=False),
        sa.Column("secret_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["machine_id"], ["machine.id"], name=op.f("fk_machine_key_machine_id_machine")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_machine_key")),
    )
    op.create_index(op.f("ix_machine_key_machine_id"), "machine_key", ["machine_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_index(op.f("ix_machine_key_machine_id"), table_name="machine_key")
    op.drop_table("machine_key")
    op.drop_index("uq_role_grant_once", table_name="role_grant", postgresql_nulls_not_distinct=True)
    op.drop_table("role_grant")
    op.drop_table("recovery_code")
    op.drop_index(op.f("ix_old_password_user_id"), table_name="old_password")
    op.drop_table("old_password")
    op.drop_index(op.f("ix_machine_organisation_id"), table_name="machine")
    op.drop_table("machine")
    op.drop_index(op.f("ix_auth_session_user_id"), table_name="auth_session")
    op.drop_table("auth_session")
    op.drop_index(op.f("ix_used_nonce_used_at"), table_name="used_nonce")
    op.drop_table("used_nonce")
    op.drop_table("seen_person")
    op.drop_table("app_user")
