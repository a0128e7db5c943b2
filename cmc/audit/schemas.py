"""What the API gives of the audit trail."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.audit.tables import Act, AuditEvent
from cmc.audit.verifying import Verification
from cmc.core.text import Text

COLUMNS: Final = (
    "seq", "at", "actor", "actor_name", "act", "subject", "subject_id", "person_ids", "request_id", "detail",
)  # fmt: skip
ACCESS_COLUMNS: Final = ("actor", "actor_name", "act", "times", "first_at", "last_at")


class AuditEventOut(BaseModel):
    """One act of one actor. People are named by id; values that identify or describe them are never here."""

    seq: int
    at: datetime
    actor: str = Field(description="user:<id>, gateway:<id>, dashboard:<id>, job:<name>, command:<name>, or nobody")
    actor_name: str | None = Field(
        description="who that is today, by the register of users and machines; null for jobs and commands"
    )
    act: Act
    act_name: Text
    subject: str
    subject_id: UUID | None
    person_ids: list[UUID]
    request_id: UUID | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, event: AuditEvent, names: Mapping[str, str]) -> Self:
        """Return the row as the API shows it; `names` are those of actors."""
        act = Act(event.act)
        return cls(
            seq=event.seq or 0,
            at=event.at,
            actor=event.actor,
            actor_name=names.get(event.actor),
            act=act,
            act_name=act.text,
            subject=event.subject,
            subject_id=event.subject_id,
            person_ids=event.person_ids,
            request_id=event.request_id,
            detail=event.detail,
        )


class ChainFinding(BaseModel):
    """What is wrong with the trail, and where."""

    segment: int | None
    seq: int | None
    words: Text


class ChainCheck(BaseModel):
    """The newest part of the trail held against its seals."""

    segments: int = Field(description="seals that were checked")
    sealed: int = Field(description="rows that were held against a seal")
    unsealed: int = Field(description="rows since the newest seal, held against their own hash")
    findings: list[ChainFinding] = Field(description="empty: nothing was edited, removed or slipped in")

    @classmethod
    def of(cls, done: Verification) -> Self:
        findings = [ChainFinding(segment=each.segment, seq=each.seq, words=each.words) for each in done.findings]
        return cls(segments=done.segments, sealed=done.sealed, unsealed=done.unsealed, findings=findings)


class AuditPage(BaseModel):
    """A page of the trail, newest first."""

    items: list[AuditEventOut]
    next_cursor: str | None = None


class Access(BaseModel):
    """What one actor did with a person's records."""

    actor: str
    actor_name: str | None = Field(description="who that is today; null for jobs and commands")
    act: Act
    times: int
    first_at: datetime
    last_at: datetime


class AccessList(BaseModel):
    """Who looked at a person, latest first."""

    items: list[Access]


def csv_of(events: Iterable[AuditEvent], names: Mapping[str, str]) -> str:
    """Return rows as CSV (UTF-8 with BOM, all cells quoted). No cell of ours can begin a formula of a spreadsheet."""

    def rows() -> Iterator[dict[str, Any]]:
        for event in events:
            out = AuditEventOut.of(event, names).model_dump(mode="json")
            detail = json.dumps(out["detail"], ensure_ascii=False) if out["detail"] else ""
            yield out | {"person_ids": " ".join(out["person_ids"]), "detail": detail}

    return _csv(COLUMNS, rows())


def csv_of_accesses(found: Iterable[Access]) -> str:
    """Return who looked at a person as CSV, made as `csv_of` does."""
    return _csv(ACCESS_COLUMNS, (each.model_dump(mode="json") for each in found))


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(row[name]) for name in columns])
    return "\ufeff" + text.getvalue()


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
