"""What the API takes and gives of looking for people and of revealing a field."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from cmc.core.fields import Line
from cmc.core.paging import CursorText
from cmc.patients.codes import RevealReason
from cmc.patients.protected import ProtectedField
from cmc.patients.schemas import PatientListed
from cmc.patients.search_terms import TermKind

_STRICT = ConfigDict(extra="forbid")


class SearchIn(BaseModel):
    """What is known of the person that is looked for; it stands in the body because addresses end up in logs."""

    model_config = _STRICT

    text: Line = Field(
        description="citizen ID, phone, last four of either, part of a name, or pinyin initials; its form says which",
        examples=["王建国", "wjg", "6131"],
    )
    clinic: UUID | None = Field(default=None, description="only this clinic")
    outside: UUID | None = Field(
        default=None, description="only people who are neither at home at this clinic nor managed there"
    )
    limit: Annotated[int, Strict(), Field(ge=1, le=100)] = 20
    cursor: CursorText | None = None


class SearchPage(BaseModel):
    """People that were found, a page at a time."""

    kinds: list[TermKind] = Field(description="what the text was taken for")
    items: list[PatientListed]
    next_cursor: str | None


class RevealIn(BaseModel):
    """Ask for one protected field in full; who asked and why is kept."""

    model_config = _STRICT

    field: ProtectedField
    reason: RevealReason = Field(description="why it is needed")


class RevealOut(BaseModel):
    """One protected field in full."""

    field: ProtectedField
    value: str | None = Field(description="null when the record does not have it")
