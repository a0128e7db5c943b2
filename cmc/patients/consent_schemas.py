"""What the API takes and gives of consents."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.core.fields import Code
from cmc.patients.codes import ConsentChannel, LegalGround, Purpose
from cmc.patients.tables import Consent

_STRICT = ConfigDict(extra="forbid")


class ConsentIn(BaseModel):
    """On what ground data of the person are used for a purpose."""

    model_config = _STRICT

    purpose: Purpose
    ground: LegalGround
    version: Code = Field(description="of the form that was signed or the notice that was given", examples=["2026-1"])
    channel: ConsentChannel


class ConsentOut(BaseModel):
    """A ground that stands or stood."""

    id: UUID
    purpose: Purpose
    ground: LegalGround
    version: str
    channel: ConsentChannel
    given_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, consent: Consent) -> Self:
        return cls(
            id=consent.id,
            purpose=Purpose(consent.purpose),
            ground=LegalGround(consent.ground),
            version=consent.version,
            channel=ConsentChannel(consent.channel),
            given_at=consent.given_at,
            withdrawn_at=consent.withdrawn_at,
        )


class ConsentList(BaseModel):
    """The grounds of a person, newest first."""

    items: list[ConsentOut]
