"""Tables of imports: one row a file, one row a line of it; what stands in the file is sealed and soon forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict


@audited("clinic_id", "kind", "state", "lines", "applied_by", person=None)
class ImportRun(SQLModel, table=True):
    """One file on its way in. `done` counts the lines that the present state has worked off, of `lines`."""

    __tablename__ = "import_run"
    __table_args__ = (
        one_of("kind", ImportKind),
        one_of("state", ImportState),
        CheckConstraint("done BETWEEN 0 AND lines", name="done"),
        CheckConstraint("(applied_by IS NULL) = (applied_at IS NULL)", name="applied"),
        Index("ix_import_run_clinic_id_id", "clinic_id", "id"),
        Index("ix_import_run_state", "state"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    kind: str
    state: str
    data_key: bytes = Field(description="the key of the headings and cells, wrapped by a master key")
    headings_cipher: bytes = Field(description="the file's headings: a file without a header row has a person there")
    mapping: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False), description="field → column, from 0")
    lines: int
    done: int = 0
    skip_likely: bool = Field(default=False, description="likely duplicates are left out")
    skip: list[int] = Field(default_factory=list, sa_column=Column(ARRAY(Integer), nullable=False))
    made_at: datetime
    made_by: str
    applied_at: datetime | None = None
    applied_by: str | None = None
    finished_at: datetime | None = None


@audited("verdict")
class ImportRow(SQLModel, table=True):
    """One line of a file: its cells, sealed under the key of its run, and what becomes of it."""

    __tablename__ = "import_row"
    __table_args__ = (
        one_of("verdict", RowVerdict),
        Index("ix_import_row_verdict", "run_id", "verdict", "number"),
        Index("ix_import_row_token", "run_id", "token"),
        Index("ix_import_row_patient_id", "patient_id"),
    )

    run_id: UUID = Field(primary_key=True, foreign_key="import_run.id")
    number: int = Field(primary_key=True, description="of the row, as an editor shows it")
    clinic_id: UUID = Field(foreign_key="organisation.id")
    cells_cipher: bytes | None = Field(default=None, description="taken away as soon as the line is stored")
    token: bytes | None = Field(default=None, description="keyed: equal for lines of one person or one fact")
    verdict: str
    faults: list[dict[str, Any]] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    likely: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False), description="people who may be this one"
    )
    patient_id: UUID | None = Field(default=None, description="the person who was found, or put on file")
