"""Tables of imports and exports: one row a file, one row a line or part; what it holds is sealed, soon forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Integer, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.exchange.codes import ExportReason, ExportState, ImportKind, ImportState, RowVerdict, SheetFormat


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
    remembered: bool = Field(default=False, description="the mapping is the one of an earlier file of these headings")
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


class ImportMapping(SQLModel, table=True):
    """How a clinic named the columns of its files of one kind and one row of headings; the last naming counts.

    The headings are kept as a keyed token: a file without a header row has a person there.
    """

    __tablename__ = "import_mapping"
    __table_args__ = (one_of("kind", ImportKind),)

    clinic_id: UUID = Field(primary_key=True, foreign_key="organisation.id")
    kind: str = Field(primary_key=True)
    token: bytes = Field(primary_key=True, description="keyed: equal for equal headings in their order")
    mapping: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False), description="field → column, from 0")
    set_at: datetime
    set_by: str


@audited("clinic_id", "disease", "format", "in_full", "reason", "state", "people", "made_by", person=None)
class ExportRun(SQLModel, table=True):
    """One table of people that was asked for: who, what, why, how many. The file goes, the row stays as the log."""

    __tablename__ = "export_run"
    __table_args__ = (
        one_of("disease", Disease),
        one_of("format", SheetFormat),
        one_of("reason", ExportReason),
        one_of("state", ExportState),
        CheckConstraint("(state = 'waiting') = (finished_at IS NULL)", name="finished"),
        CheckConstraint("(state = 'ready') = (people_cipher IS NOT NULL)", name="people_cipher"),
        Index("ix_export_run_state", "state"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_ids: list[UUID] = Field(
        sa_column=Column(ARRAY(Uuid()), nullable=False),
        description="the clinic asked for, or all of who asked",
    )
    clinic_id: UUID | None = Field(default=None, foreign_key="organisation.id", description="only this one")
    disease: str | None = None
    format: str
    in_full: bool
    reason: str
    state: str
    people: int | None = Field(default=None, description="who stands in the file")
    data_key: bytes = Field(description="the key of the file, wrapped by a master key")
    people_cipher: bytes | None = Field(default=None, description="the ids of who stands in it, for the trail")
    made_by: str
    made_at: datetime
    finished_at: datetime | None = None
    expires_at: datetime | None = Field(default=None, description="the file is gone from here on")


@audited("clinic_id", "disease", "format", "in_full", "reason", person=None)
class ExportDefinition(SQLModel, table=True):
    """An export that a clinic makes again and again, under a name of its own."""

    __tablename__ = "export_definition"
    __table_args__ = (
        one_of("disease", Disease),
        one_of("format", SheetFormat),
        one_of("reason", ExportReason),
        UniqueConstraint("clinic_id", "name"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    name: str
    disease: str | None = None
    format: str
    in_full: bool
    reason: str
    made_by: str
    made_at: datetime


class ExportPart(SQLModel, table=True):
    """A part of a file, sealed under the key of its export; taken away when that expires."""

    __tablename__ = "export_part"

    run_id: UUID = Field(primary_key=True, foreign_key="export_run.id")
    number: int = Field(primary_key=True)
    content_cipher: bytes
