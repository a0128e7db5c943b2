"""What the API takes and gives of imports and of the register."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease
from cmc.clinical.duplicates import Likeness
from cmc.core.fields import Flag, Whole
from cmc.core.text import Text
from cmc.duplicates.schemas import PointOut
from cmc.exchange.codes import ExportReason, ImportKind, ImportState, RowVerdict, SheetFormat
from cmc.exchange.sheets import SHEETS, Column, missing
from cmc.exchange.tables import ImportRun
from cmc.patients.schemas import PatientListed

_STRICT = ConfigDict(extra="forbid")


class ColumnOut(BaseModel):
    """A field that a sheet may have."""

    field: str
    title: Text
    cell: str = Field(description="text, date, number, whole, flag, code, codes or word")
    aliases: list[str] = Field(description="further headings that are recognised")
    codes: list[str] = Field(description="what a coded cell may hold; its number and its words are taken alike")

    @classmethod
    def of(cls, column: Column) -> Self:
        codes = [] if column.codes is None else [str(each.value) for each in column.codes]
        return cls(
            field=column.name, title=column.text, cell=column.cell.value, aliases=list(column.aliases), codes=codes
        )


class SheetOut(BaseModel):
    """A kind of sheet; of each set in `needed` one column must be there."""

    kind: ImportKind
    title: Text
    columns: list[ColumnOut]
    needed: list[list[str]]

    @classmethod
    def of(cls, kind: ImportKind) -> Self:
        sheet = SHEETS[kind]
        columns = [ColumnOut.of(each) for each in sheet.columns]
        return cls(kind=kind, title=kind.text, columns=columns, needed=[list(each) for each in sheet.needed])


class SheetList(BaseModel):
    """Every kind of sheet."""

    items: list[SheetOut]


class ImportOut(BaseModel):
    """An import: where it stands, how far it is, and how many lines became what."""

    id: UUID
    clinic_id: UUID
    kind: ImportKind
    state: ImportState
    lines: int = Field(description="rows of the file")
    done: int = Field(description="rows that the present state has worked off")
    counts: dict[RowVerdict, int] = Field(description="rows by what becomes of them")
    headings: list[str] = Field(description="of the file, in its order; none once the import is closed")
    mapping: dict[str, int] = Field(description="field → place in `headings`, from 0")
    remembered: bool = Field(description="`mapping` is what was named for an earlier file with the same headings")
    missing: list[list[str]] = Field(description="of each of these sets a column must be named")
    made_at: datetime
    made_by: str
    applied_at: datetime | None
    applied_by: str | None
    finished_at: datetime | None

    @classmethod
    def of(cls, run: ImportRun, counts: dict[RowVerdict, int], headings: list[str]) -> Self:
        kind = ImportKind(run.kind)
        return cls(
            **run.model_dump(include={"id", "clinic_id", "state", "lines", "done", "mapping", "remembered",
                "made_at", "made_by", "applied_at", "applied_by", "finished_at"}),
            kind=kind,
            counts=counts,
            headings=headings,
            missing=[list(each) for each in missing(SHEETS[kind], run.mapping)],
        )  # fmt: skip


class ImportPage(BaseModel):
    """Imports of the caller's clinics, the latest first."""

    items: list[ImportOut]
    next_cursor: str | None


class MappingIn(BaseModel):
    """Which field stands in which column; what is left out is not read."""

    model_config = _STRICT

    mapping: dict[Annotated[str, Field(max_length=64)], Annotated[Whole, Field(ge=0, le=999)]] = Field(max_length=100)


class ApplyIn(BaseModel):
    """What to leave out of an import."""

    model_config = _STRICT

    skip: list[Annotated[Whole, Field(ge=1)]] = Field(default_factory=list, max_length=5000, description="row numbers")
    skip_likely: Flag = Field(default=False, description="all rows of people who may be on file already")


class RowFault(BaseModel):
    """What is wrong with a cell, or worth knowing of a row."""

    field: str
    title: Text | None = Field(description="of the field")
    code: str
    detail: str


class LikelyPerson(BaseModel):
    """A person on file who may be the one of the row."""

    patient: PatientListed
    score: int = Field(description="0 to 100")
    likeness: Likeness
    points: list[PointOut] = Field(description="what speaks for and against it, the heaviest first")


class ImportRowOut(BaseModel):
    """One row of an import: what becomes of it, and why; who it is about is masked."""

    number: int = Field(description="of the row in the file")
    verdict: RowVerdict
    name: str | None = Field(description="masked; null once the row is stored")
    citizen_id: str | None = Field(description="masked; null once the row is stored")
    faults: list[RowFault]
    likely: list[LikelyPerson]
    patient_id: UUID | None = Field(description="the person on file")


class ImportRows(BaseModel):
    """Rows of an import in their order."""

    items: list[ImportRowOut]
    next_cursor: str | None


class RegisterIn(BaseModel):
    """Which part of the register is exported, and how: masked."""

    model_config = _STRICT

    clinic: UUID | None = Field(default=None, description="left out: all clinics of the caller")
    disease: Disease | None = Field(default=None, description="only who is managed for it")
    format: SheetFormat = SheetFormat.XLSX


class RegisterInFull(RegisterIn):
    """The same with names, numbers, phones and addresses in full: why, stands in the trail."""

    reason: ExportReason
