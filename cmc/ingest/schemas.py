"""What the ingest surface takes and gives.

The body of `POST /v1/readings` is read by the format, not by a schema class (a bad item must not spoil the good ones,
and a row must cost microseconds), so its documentation is written here; a test holds it against the format's fields.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, Field, WithJsonSchema

from cmc.clinical.alert_timing import DEADLINES
from cmc.clinical.codes import AlertTier, GlucoseFlag, GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.clinical.units import GlucoseUnit, PressureUnit
from cmc.core.problems import FieldProblem
from cmc.ingest.formats.native import MAX_ITEMS
from cmc.ingest.native_item import MAX_SEQUENCE
from cmc.ingest.received import Format, Identity
from cmc.ingest.results import Status
from cmc.ingest.tables import DismissReason, HeldReading, HoldKind, Resolution


def _enum(*members: type[StrEnum], **more: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [member.value for each in members for member in each], **more}


_CODE: Final = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"}
_NUMBER: Final = {"type": "number"}
_NO_ZONE: Final = "local time of `timezone`, ISO 8601 without zone"
READING_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "title": "NativeReading",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "patient_id": {"type": "string", "format": "uuid", "description": "the person; or `patient`"},
        "patient": {
            "type": "object",
            "additionalProperties": False,
            "required": ["system", "value"],
            "properties": {"system": _CODE, "value": _CODE},
            "description": "the person by the number of another system",
        },
        "kind": _enum(ReadingKind),
        "value": {**_NUMBER, "description": "glucose"},
        "flag": _enum(GlucoseFlag, description="instead of `value`: the meter showed HI or LO (GLU-03)"),
        "limit": {**_NUMBER, "description": "the meter's limit beside `flag`; 33.3 or 1.1 mmol/L when left out"},
        "systolic": _NUMBER,
        "diastolic": _NUMBER,
        "pulse": {**_NUMBER, "description": "outside of 20–300 it is left out, with a note on the reading"},
        "unit": _enum(GlucoseUnit, PressureUnit, description="never guessed: required beside every number"),
        "period": _enum(GlucosePeriod),
        "specimen": _enum(Specimen, default=Specimen.CAPILLARY.value),
        "taken_at": {"type": "string", "format": "date-time", "description": "with its zone; or `taken_at_local`"},
        "taken_at_local": {"type": "string", "description": _NO_ZONE, "examples": ["2026-11-20T07:30:00"]},
        "timezone": {"type": "string", "default": "Asia/Shanghai", "description": "IANA name"},
        "setting": _enum(Setting, default=Setting.HOME.value),
        "device": {**_CODE, "description": "with `sequence` it identifies the reading"},
        "sequence": {"type": "integer", "minimum": 0, "maximum": MAX_SEQUENCE},
    },
}


_STORED_ITEM: Final[dict[str, Any]] = {
    **READING_SCHEMA,
    "description": "as it was sent: what was left out then is not here",
    "properties": {
        name: {key: words for key, words in each.items() if key != "default"}
        for name, each in READING_SCHEMA["properties"].items()
    },
}


class ItemOut(BaseModel):
    """What became of one item."""

    index: int
    status: Status
    id: UUID | None = Field(default=None, description="of the reading; of the held item when quarantined")
    errors: list[FieldProblem] | None = Field(default=None, description="why, unless created or duplicate")


class IngestAnswer(BaseModel):
    """One result an item, in the order sent, and how many there are of each status (zeros left out)."""

    results: list[ItemOut]
    summary: dict[Status, int] = Field(examples=[{"created": 499, "rejected": 1}])
    skipped: list[FieldProblem] | None = Field(
        default=None, description="only other formats: what is no reading and no fault, e.g. a sign of life"
    )


class HeldReadingOut(BaseModel):
    """A reading that was kept aside and waits for somebody to look at it."""

    id: UUID
    kind: HoldKind
    reasons: list[FieldProblem]
    item: Annotated[dict[str, Any], WithJsonSchema(_STORED_ITEM)]
    patient_id: UUID | None
    clinic_id: UUID | None
    reading_id: UUID | None = Field(description="the stored reading that a conflict is with")
    received_at: datetime
    device: str | None
    alert_tier: AlertTier | None = Field(description="RED: a dangerous value, whatever it was held for")
    taken_at: datetime | None = Field(description="when it says that it was taken")
    review_by: datetime | None = Field(
        description="of a dangerous value that waits: from then on the clinic's manager is told; null for all others"
    )
    resolved_at: datetime | None
    resolution: Resolution | None = Field(description="what became of it; null while it waits")
    resolved_by: str | None
    dismissed_because: DismissReason | None
    stored_id: UUID | None = Field(description="the reading that it became")
    issue_id: UUID | None = Field(description="the issue of its device that was made with the decision; undone with it")
    calibration_overdue: bool = Field(description="its device was due for calibration on the day that it says")

    @classmethod
    def of(cls, held: HeldReading, marked: Collection[UUID]) -> Self:
        """Return the held reading as the API shows it; `marked`: see `readings.calibrating`."""
        shown = held.model_dump(exclude={"receipt_id", "stored_on", "ended_issues"})
        waits = held.alert_tier == AlertTier.RED and held.resolved_at is None
        review_by = held.received_at + DEADLINES[AlertTier.RED].manager if waits else None
        return cls.model_validate(shown | {"calibration_overdue": held.id in marked, "review_by": review_by})


class HeldReadingPage(BaseModel):
    """A page of held readings, newest first."""

    items: list[HeldReadingOut]
    next_cursor: str | None


_BATCH_SCHEMA: Final = {
    "type": "object",
    "title": "NativeBatch",
    "additionalProperties": False,
    "required": ["items"],
    "properties": {"items": {"type": "array", "minItems": 1, "maxItems": MAX_ITEMS, "items": READING_SCHEMA}},
}
_PERSON: Final = "0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22"
_GLUCOSE: Final = {
    "patient_id": _PERSON,
    "kind": "glucose",
    "value": 6.1,
    "unit": "mmol/L",
    "period": "FASTING",
    "taken_at": "2026-11-20T06:58:00+08:00",
    "device": "meter-4711",
    "sequence": 812,
}
_PRESSURE: Final = {
    "patient": {"system": "his", "value": "880123"},
    "kind": "blood_pressure",
    "systolic": 138,
    "diastolic": 86,
    "pulse": 72,
    "unit": "mmHg",
    "taken_at_local": "2026-11-20T07:05:00",
}
REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"oneOf": [READING_SCHEMA, _BATCH_SCHEMA]},
                "examples": {
                    "one": {"summary": "One reading", "value": _GLUCOSE},
                    "batch": {"summary": "A batch", "value": {"items": [_GLUCOSE, _PRESSURE]}},
                },
            },
            "application/x-ndjson": {"schema": {"type": "string", "description": "one NativeReading a line, UTF-8"}},
        },
    }
}
STREAM_LINE: Final[dict[str, Any]] = {
    "type": "object",
    "title": "StreamLine",
    "description": "one line of the answer to a stream",
    "properties": {
        "line": {"type": "integer", "description": "of the stream, from 1: what became of this reading"},
        "status": _enum(Status),
        "id": {"type": "string", "format": "uuid"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
        "lines": {"type": "integer", "description": "everything up to this line is committed"},
        "summary": {"type": "object", "additionalProperties": {"type": "integer"}},
        "untold": {"type": "integer", "description": "readings neither new nor duplicates that got no line"},
        "done": {"type": "boolean", "description": "the last line: everything was taken in"},
        "stopped": {"$ref": "#/components/schemas/Problem"},
    },
}
FORMAT_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "the payload exactly as the vendor's cloud, the gateway or the program wrote it",
        "content": {
            "application/json": {"schema": {}},
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class FormatOut(BaseModel):
    """A wire format and how it is answered."""

    code: str
    version: int
    zh: str
    en: str
    known_by: Identity = Field(description="what makes two arrivals the same reading")
    answer_status: int = Field(description="of the answer that the sender waits for, once everything is committed")
    answer_body: str | None = Field(description="exactly this; null: a result for every item, as JSON")

    @classmethod
    def of(cls, form: Format) -> Self:
        """Return a format as the API shows it."""
        answer = None if form.answer is None else form.answer(True)
        return cls(
            code=form.code,
            version=form.version,
            zh=form.name.zh,
            en=form.name.en,
            known_by=form.identity,
            answer_status=200 if answer is None else answer.status,
            answer_body=None if answer is None else answer.body.decode(),
        )


class FormatList(BaseModel):
    """Every format that `POST /v1/readings/{format}` takes."""

    items: list[FormatOut]
