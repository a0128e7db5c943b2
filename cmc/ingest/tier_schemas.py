"""What is asked and told of values before they are sent: which of them would be a critical reading."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.codes import AlertTier
from cmc.clinical.emergencies import reading_tier
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.core.fields import Number, Whole


class ValueIn(BaseModel):
    """A value as it is being typed: a pressure in mmHg, either limb alone too, or a glucose in mmol/L."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"systolic": 186, "diastolic": 112}]})

    systolic: Annotated[Whole, Field(ge=0, le=999)] | None = None
    diastolic: Annotated[Whole, Field(ge=0, le=999)] | None = None
    glucose_mmol_l: Annotated[Number, Field(ge=Decimal(0), le=Decimal(999))] | None = None


class ValuesIn(BaseModel):
    """The values of one sitting."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ValueIn], Field(min_length=1, max_length=10)]


class ValueTier(BaseModel):
    """What a value would be as a reading; null: nothing critical."""

    alert_tier: AlertTier | None

    @classmethod
    def of(cls, value: ValueIn) -> Self:
        """By the rule that also judges what is stored."""
        glucose = value.glucose_mmol_l
        amount = None if glucose is None else glucose_to_umol_l(glucose, GlucoseUnit.MMOL_L)
        tier = reading_tier(sbp_mmhg=value.systolic, dbp_mmhg=value.diastolic, glucose_umol_l=amount)
        return cls(alert_tier=tier)


class ValueTiers(BaseModel):
    """One answer for each value, in the same order."""

    items: list[ValueTier]
