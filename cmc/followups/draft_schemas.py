"""What the API takes and gives of drafts, and of the form of a new visit."""

from collections.abc import Mapping
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from cmc.clinical.codes import Disease
from cmc.core.fields import storable
from cmc.followups.codes import DiseaseSet
from cmc.followups.schemas import FollowupIn, Insulin, Medication

_STRICT = ConfigDict(extra="forbid")
_FIELDS: Final = frozenset(FollowupIn.model_fields)
_DEEPEST: Final = 4
_MOST_VALUES: Final = 2000


def _half_typed(form: dict[str, Any]) -> dict[str, Any]:
    """Any JSON under the names of the form: a draft may be incomplete and wrong, but it can be stored and shown."""
    unknown = form.keys() - _FIELDS
    if unknown:
        raise PydanticCustomError("unknown_field", "holds a field that the form does not have")
    if _checked(form, _DEEPEST) > _MOST_VALUES:
        raise PydanticCustomError("too_long", "holds more values than any form has")
    return form


def _checked(value: Any, deepest: int) -> int:
    """Count the values in a piece of JSON; raise for what cannot be stored."""
    if isinstance(value, str):
        if len(value) > 2000:
            raise PydanticCustomError("too_long", "a text may have 2,000 characters")
        storable(value, lines=True)
    elif isinstance(value, float) and not isfinite(value):
        raise PydanticCustomError("number_not_finite", "must be a finite number")
    elif isinstance(value, Mapping | list):
        if deepest == 0:
            raise PydanticCustomError("too_deep", "is nested deeper than any form")
        inner = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
        return 1 + sum(_checked(each, deepest - 1) for each in inner)
    elif isinstance(value, int) and abs(value) > 2**53:
        raise PydanticCustomError("out_of_range", "is longer than any number of the form")
    return 1


class DraftIn(BaseModel):
    """What was typed so far."""

    model_config = _STRICT

    form: Annotated[dict[str, Any], AfterValidator(_half_typed)] = Field(
        description="fields of a visit by their names; they may be missing, and need not be right yet"
    )


class DraftOut(BaseModel):
    """The caller's own draft of a visit."""

    diseases: DiseaseSet
    form: dict[str, Any]
    saved_at: datetime
    expires_at: datetime


class HeldDraft(BaseModel):
    """The caller's own draft, if there is one."""

    draft: DraftOut | None


class DiscardedOut(BaseModel):
    """Whether there was a draft to forget."""

    discarded: bool


class CarriedOver(BaseModel):
    """What a new visit begins with: nothing that is measured, and nothing that says how the person is today (F2)."""

    weight_target_kg: float | None = None
    lifestyle: dict[str, int | float] | None = Field(default=None, description="fields of `Lifestyle`")
    lifestyle_targets: dict[str, int | float] | None = Field(default=None, description="fields of `Lifestyle`")
    medications: list[Medication] | None = None
    no_medication: bool | None = None
    insulin: Insulin | None = None


class PreviousVisit(BaseModel):
    """What was measured at one earlier visit, to stand beside the empty fields."""

    encounter_id: UUID
    visited_on: date
    measured: dict[str, Any] = Field(description="by the names of the form's fields")


class NewVisitOut(BaseModel):
    """What the form of a new visit opens with."""

    patient_id: UUID
    diseases: list[Disease]
    visited_on: date
    rulesets: list[str] = Field(description="in force on that day: the statutory one, then the guideline's")
    carried: CarriedOver
    carried_from: dict[str, date] = Field(description="of each carried field, the visit that it comes from")
    previous: list[PreviousVisit] = Field(description="the last six visits, the newest first")
    known_height_cm: float | None
    draft: DraftOut | None = Field(description="what the caller typed before and did not record")
