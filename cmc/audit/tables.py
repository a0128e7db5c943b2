"""Tables of the audit trail: rows that are only added, and the seals over them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Column, DateTime, Index, PrimaryKeyConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.core.db import one_of
from cmc.core.named import NamedStr


class Act(NamedStr):
    """What was done."""

    READ = "read", "查看", "Read"
    LIST = "list", "列表查看", "Seen in a list"
    SEARCH = "search", "检索", "Search"
    REVEAL = "reveal", "显示隐藏信息", "Masked value revealed"
    EXPORT = "export", "导出", "Export"
    CREATE = "create", "新增", "Created"
    CHANGE = "change", "修改", "Changed"
    DELETE = "delete", "删除", "Deleted"
    LOG_IN = "log_in", "登录", "Logged in"
    LOG_IN_FAILED = "log_in_failed", "登录失败", "Log-in failed"
    LOG_OUT = "log_out", "退出", "Logged out"
    DENIED = "denied", "拒绝访问", "Denied"


class AuditEvent(SQLModel, table=True):
    """One act of one actor. It names people by id only; values that identify or describe a person never stand here."""

    __tablename__ = "audit_event"
    __table_args__ = (
        PrimaryKeyConstraint("at", "seq"),
        one_of("act", Act),
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("at BETWEEN '2020-01-01 00:00Z' AND '2200-01-01 00:00Z'", name="at"),
        Index("ix_audit_event_seq", "seq", postgresql_using="brin"),
        Index("ix_audit_event_actor_at", "actor", "at"),
        Index("ix_audit_event_person_ids", "person_ids", postgresql_using="gin"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    seq: int | None = Field(
        default=None, sa_column=Column(BigInteger, nullable=False, server_default=text("guard.next_audit_seq()"))
    )
    at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False), description="when its transaction began"
    )
    actor: str
    act: str
    subject: str = Field(description="what it was done to: a table's name, or a word such as session")
    subject_id: UUID | None = None
    person_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    request_id: UUID | None = Field(default=None, description="X-Request-ID of the answer")
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    row_hash: bytes = Field(description="SHA-256 of the row's content (cmc/audit/canonical.py)")


class AuditSeal(SQLModel, table=True):
    """A segment of the trail, closed: its rows in the order of `seq`, under a MAC that hangs on the seal before."""

    __tablename__ = "audit_seal"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    after_seq: int = Field(sa_column=Column(BigInteger, nullable=False), description="rows begin behind it")
    upto_seq: int = Field(sa_column=Column(BigInteger, nullable=False), description="the last place, included")
    gaps: list[int] = Field(
        sa_column=Column(ARRAY(BigInteger), nullable=False),
        description="places that no row took (taken back): first and last of each run, flat",
    )
    hashes: bytes = Field(description="the first 8 bytes of each row's hash, joined")
    previous_mac: bytes
    mac: bytes
    key_id: str
    sealed_at: datetime
