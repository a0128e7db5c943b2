"""What the API takes and gives of alerts."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from cmc.alerts.codes import BY_SERVICE, AlertOutcome, AlertStatus, Happening, Promise
from cmc.alerts.found import Count
from cmc.alerts.tables import Alert, AlertEvent
from cmc.clinical.alert_facts import CRITICAL_VALUES, AlertRule
from cmc.clinical.alert_timing import DEADLINES, Level, repeat_from
from cmc.clinical.codes import AlertTier, ReadingKind
from cmc.core.crypto import Keyring
from cmc.core.fields import Note
from cmc.core.text import Text
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient


def _of_people(outcome: AlertOutcome) -> AlertOutcome:
    if outcome in BY_SERVICE:
        raise PydanticCustomError("not_in_list", "the service itself closes alerts with this outcome")
    return outcome


class AcknowledgeIn(BaseModel):
    """What somebody who takes an alert on is going to do."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"promise": "call"}]})

    promise: Promise


class CloseIn(BaseModel):
    """What was done. A RED alert, and `other`, `not_real` and `unreachable`, need words too."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"outcome": "called", "note": "电话确认已服药，复测 150/90"}]}
    )

    outcome: Annotated[AlertOutcome, AfterValidator(_of_people)]
    note: Note | None = None


class AlertOut(BaseModel):
    """One alert. `words` name the newest value behind it, `count` how many causes it took in."""

    id: UUID
    patient_id: UUID | None
    thing_id: UUID | None = Field(description="of a device or gateway; then nobody's person is known")
    clinic_id: UUID | None
    rule: AlertRule
    rule_name: Text
    tier: AlertTier
    status: AlertStatus
    level: Level
    words: Text
    is_late: bool
    count: int
    first_at: datetime
    last_at: datetime
    raised_at: datetime
    answer_by: datetime = Field(description="until when somebody is to acknowledge it")
    repeat_from: datetime | None = Field(description="from when a critical value is to be measured again")
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    promise: Promise | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: AlertOutcome | None
    note: str | None
    check_by: date | None = Field(description="by when a closed red alert is checked (HTN-EM-05)")
    version: int

    @classmethod
    def of(cls, row: Alert) -> Self:
        rule = AlertRule(row.rule)
        kind = ReadingKind.BLOOD_PRESSURE if rule is AlertRule.CRITICAL_PRESSURE else ReadingKind.GLUCOSE
        known = row.model_dump() | {
            "rule_name": rule.text,
            "words": Text(row.words_zh, row.words_en),
            "answer_by": row.raised_at + DEADLINES[AlertTier(row.tier)].manager,
            "repeat_from": repeat_from(kind, row.last_at) if rule in CRITICAL_VALUES else None,
        }
        return cls.model_validate(known)


class AlertListed(AlertOut):
    """An alert in a list, with whom it is about, masked as lists are."""

    person: PatientListed | None

    @classmethod
    def listed(cls, row: Alert, patient: Patient | None, keys: Keyring, *, on: date) -> Self:
        person = None if patient is None else PatientListed.of(keys, patient, on=on)
        return cls.model_validate(AlertOut.of(row).model_dump() | {"person": person})


class AlertPage(BaseModel):
    """A page of alerts: RED first, and in each tier the one raised first."""

    items: list[AlertListed]
    next_cursor: str | None


class AlertEventOut(BaseModel):
    """One step of an alert's life: when, by whom, what."""

    happening: Happening
    at: datetime
    actor: str
    tier: AlertTier
    level: Level | None
    promise: Promise | None
    outcome: AlertOutcome | None
    note: str | None

    @classmethod
    def of(cls, row: AlertEvent) -> Self:
        return cls.model_validate(row.model_dump())


class AlertDetail(AlertListed):
    """An alert with everything that happened to it."""

    events: list[AlertEventOut]

    @classmethod
    def detail(cls, row: Alert, patient: Patient | None, events: list[AlertEvent], keys: Keyring, *, on: date) -> Self:
        shown = AlertListed.listed(row, patient, keys, on=on).model_dump()
        return cls.model_validate(shown | {"events": [AlertEventOut.of(each) for each in events]})


class PersonAlertPage(BaseModel):
    """A person's alerts, the latest first, closed ones too."""

    items: list[AlertOut]
    next_cursor: str | None


class AlertCount(BaseModel):
    """How many alerts of a clinic, tier and state wait; `escalated` of them went to the district."""

    clinic_id: UUID | None
    tier: AlertTier
    status: AlertStatus
    alerts: int
    escalated: int
    oldest_raised_at: datetime

    @classmethod
    def of(cls, found: Count) -> Self:
        return cls.model_validate(found._asdict())


class AlertCounts(BaseModel):
    """What waits, by clinic, tier and state."""

    items: list[AlertCount]
