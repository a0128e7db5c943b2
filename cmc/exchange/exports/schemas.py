"""What the API takes and gives of exports that are made in the background."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import Disease
from cmc.core.fields import Line
from cmc.core.text import Text
from cmc.exchange.codes import ExportReason, ExportState, SheetFormat
from cmc.exchange.register import RegisterColumn
from cmc.exchange.schemas import RegisterInFull
from cmc.exchange.tables import ExportDefinition, ExportRun


class ExportIn(RegisterInFull):
    """Which part of the register is exported, how, and why. Whether in full says the address."""


class ColumnMeaning(BaseModel):
    """A column of the register, and what stands in it."""

    title: Text
    meaning: Text
    in_full_only: bool = Field(description="leaves only in full: it names a person")

    @classmethod
    def of(cls, column: RegisterColumn) -> Self:
        return cls(title=column.title, meaning=column.meaning, in_full_only=column.in_full_only)


class ColumnMeanings(BaseModel):
    """The columns of the register in their order."""

    items: list[ColumnMeaning]


class ExportOut(BaseModel):
    """An export: who asked for what and why, how many people it holds, and how long its file can be fetched."""

    id: UUID
    clinic_id: UUID | None = Field(description="null: all clinics of who asked")
    disease: Disease | None
    format: SheetFormat
    in_full: bool
    reason: ExportReason
    state: ExportState
    people: int | None = Field(description="null until the file is made")
    made_at: datetime
    made_by: str
    finished_at: datetime | None
    expires_at: datetime | None
    is_own: bool = Field(description="only who asked for it takes its file")

    @classmethod
    def of(cls, run: ExportRun, *, actor: str, now: datetime) -> Self:
        own = {"is_own": run.made_by == actor, "state": shown_state(run, now)}
        return cls(**{name: getattr(run, name) for name in cls.model_fields if name not in own}, **own)


class ExportPage(BaseModel):
    """Exports of the caller's clinics, the latest first."""

    items: list[ExportOut]
    names: dict[str, str] = Field(description="who the actors are, where they are people on file")
    next_cursor: str | None

    @classmethod
    def of(
        cls, runs: list[ExportRun], names: Mapping[str, str], *, actor: str, now: datetime, next_cursor: str | None
    ) -> Self:
        items = [ExportOut.of(each, actor=actor, now=now) for each in runs]
        return cls(items=items, names=dict(names), next_cursor=next_cursor)


class DefinitionIn(BaseModel):
    """An export to be made again: its name, of which people, in which form, and what for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "高血压月报",
                    "clinic_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32",
                    "disease": "HTN",
                    "format": "xlsx",
                    "in_full": False,
                    "reason": "reporting",
                }
            ]
        },
    )

    name: Line = Field(description="of the definition; names of people do not belong here")
    clinic_id: UUID = Field(description="whose people; the definition is kept for all who export there")
    disease: Disease | None = None
    format: SheetFormat = SheetFormat.XLSX
    in_full: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="with names, numbers, phones and addresses; who makes it needs the right"
    )
    reason: ExportReason


class DefinitionOut(BaseModel):
    """A saved definition of an export."""

    id: UUID
    name: str
    clinic_id: UUID
    disease: Disease | None
    format: SheetFormat
    in_full: bool
    reason: ExportReason
    made_by: str
    made_at: datetime

    @classmethod
    def of(cls, definition: ExportDefinition) -> Self:
        return cls.model_validate(definition.model_dump())


class DefinitionList(BaseModel):
    """The definitions of the caller's clinics, by name."""

    items: list[DefinitionOut]


def shown_state(run: ExportRun, now: datetime) -> ExportState:
    """Return where an export stands at an instant: one whose time is over has expired, cleared away or not."""
    is_over = run.expires_at is not None and run.expires_at <= now
    return ExportState.EXPIRED if is_over else ExportState(run.state)
