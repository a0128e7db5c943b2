"""Tables of likely duplicates and of what a merge moved."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.duplicates import Likeness
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.duplicates.codes import PairState


@audited("one_id", "other_id", "score", "state", person="one_id")
class DuplicatePair(SQLModel, table=True):
    """Two records that may be one person, the older id first; advice, until somebody decides. Seen by who sees both."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        one_of("likeness", Likeness),
        one_of("state", PairState),
        CheckConstraint("one_id < other_id", name="order"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("(state = 'dismissed') = (decided_by IS NOT NULL)", name="decided"),
        Index("uq_duplicate_pair_people", "one_id", "other_id", unique=True),
        Index("ix_duplicate_pair_other_id", "other_id"),
        Index("ix_duplicate_pair_state_score_id", "state", "score", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    one_id: UUID = Field(foreign_key="patient.id")
    other_id: UUID = Field(foreign_key="patient.id")
    score: int = Field(sa_column=Column(SmallInteger, nullable=False))
    likeness: str
    reasons: list[dict[str, Any]] = Field(
        sa_column=Column(JSONB, nullable=False), description="points, rule and words; never a value"
    )
    state: str = Field(default=PairState.OPEN.value)
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None


class MergeRow(SQLModel, table=True):
    """A row that a merge moved (`row_key`), or set aside because the survivor has its like (`kept`: all of it)."""

    __tablename__ = "merge_row"
    __table_args__ = (
        CheckConstraint("(row_key IS NULL) <> (kept IS NULL)", name="moved_or_kept"),
        Index("ix_merge_row_merge_id_table_name", "merge_id", "table_name"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    merge_id: UUID = Field(foreign_key="patient_merge.id")
    table_name: str
    row_key: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    kept: dict[str, Any] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
