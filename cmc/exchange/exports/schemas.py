"""What the API takes and gives of exports that are made in the background."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.codes import Disease
from cmc.core.text import Text
from cmc.exchange.codes import ExportReason, ExportState, SheetFormat
from cmc.exchange.register import RegisterColumn
from cmc.exchange.schemas import RegisterInFull
from cmc.exchange.tables import ExportRun


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


def shown_state(run: ExportRun, now: datetime) -> ExportState:
    """Return where an export stands at an instant: one whose time is over has expired, cleared away or not."""
    is_over = run.expires_at is not None and run.expires_at <= now
    return ExportState.EXPIRED if is_over else ExportState(run.state)
