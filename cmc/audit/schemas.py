"""What the API gives of the audit trail."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.audit.tables import Act, AuditEvent
from cmc.audit.verifying import Verification
from cmc.core.text import Text

COLUMNS: Final = ("seq", "at", "actor", "act", "subject", "subject_id", "person_ids", "request_id", "detail")


class AuditEventOut(BaseModel):
    """One act of one actor. People are named by id; values that identify or describe them are never here."""

    seq: int
    at: datetime
    actor: str = Field(description="user:<id>, gateway:<id>, dashboard:<id>, job:<name>, command:<name>, or nobody")
    act: Act
    act_name: Text
    subject: str
    subject_id: UUID | None
    person_ids: list[UUID]
    request_id: UUID | None
    detail: dict[str, Any]

    @classmethod
    def of(cls, event: AuditEvent) -> Self:
        act = Act(event.act)
        return cls(
            seq=event.seq or 0,
            at=event.at,
            actor=event.actor,
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
    act: Act
    times: int
    first_at: datetime
    last_at: datetime


class AccessList(BaseModel):
    """Who looked at a person, latest first."""

    items: list[Access]


def csv_of(events: Iterable[AuditEvent]) -> str:
    """Return rows as CSV (UTF-8 with BOM, all cells quoted). No cell of ours can begin a formula of a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for event in events:
        out = AuditEventOut.of(event).model_dump(mode="json")
        out["person_ids"] = " ".join(out["person_ids"])
        out["detail"] = json.dumps(out["detail"], ensure_ascii=False) if out["detail"] else ""
        writer.writerow([_harmless(out[name]) for name in COLUMNS])
    return "\ufeff" + text.getvalue()


def _harmless(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
