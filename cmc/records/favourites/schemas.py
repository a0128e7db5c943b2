"""What the API takes and gives of the medicines that a clinic is offered first."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.core.fields import Line, Name, Number
from cmc.records.codes import Frequency
from cmc.records.favourite_tables import FavouriteMedicine

MOST_OF_A_CLINIC: Final = 50
TIMES_PER_DAY: Final = {
    Frequency.ONCE_A_DAY: 1,
    Frequency.TWICE_A_DAY: 2,
    Frequency.THRICE_A_DAY: 3,
    Frequency.FOUR_TIMES_A_DAY: 4,
    Frequency.AT_NIGHT: 1,
}
"""What the visit form asks for (每日 次); of the others it holds the words."""


class FavouriteIn(BaseModel):
    """A medicine with its usual dose and frequency, as the form of a medicine has them."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["氨氯地平"])
    strength: Annotated[Line, Field(max_length=40)] | None = Field(
        default=None, description="what is printed on the box; told beside the name", examples=["5 mg × 28 片"]
    )
    dose: Annotated[Number, Field(gt=0, le=99999, decimal_places=4)] | None = Field(default=None, examples=[5])
    dose_unit: Annotated[Line, Field(max_length=20)] | None = Field(default=None, examples=["mg"])
    frequency: Frequency | None = None

    @classmethod
    def of(cls, row: FavouriteMedicine) -> Self:
        """From the row, by what the form of a medicine has."""
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})

    def columns(self) -> dict[str, Any]:
        """The columns of the row."""
        return self.model_dump() | {"frequency": None if self.frequency is None else self.frequency.value}


class FavouritesIn(BaseModel):
    """The whole list of a clinic, in the order in which it is offered; an empty one takes all away."""

    model_config = ConfigDict(extra="forbid")

    items: list[FavouriteIn] = Field(max_length=MOST_OF_A_CLINIC)


class FavouriteOut(BaseModel):
    """A medicine of the list, as the record takes it and as the visit form takes it."""

    id: UUID
    name: str
    strength: str | None
    dose: str | None = Field(examples=["5"])
    dose_unit: str | None
    frequency: Frequency | None
    visit_dose: str | None = Field(description="of the visit form: the dose, with how often when not so many a day")
    times_per_day: int | None = Field(description="of the visit form; null when it is not so many a day")

    @classmethod
    def of(cls, row: FavouriteMedicine) -> Self:
        frequency = None if row.frequency is None else Frequency(row.frequency)
        times = None if frequency is None else TIMES_PER_DAY.get(frequency)
        dose = None if row.dose is None else format(row.dose.normalize(), "f")
        said = [] if dose is None else [f"{dose} {row.dose_unit}"]
        said += [frequency.text.zh] if frequency is not None and times is None else []
        return cls(
            id=row.id,
            name=row.name,
            strength=row.strength,
            dose=dose,
            dose_unit=row.dose_unit,
            frequency=frequency,
            visit_dose=" ".join(said) or None,
            times_per_day=times,
        )


class Favourites(BaseModel):
    """The medicines that a clinic is offered first, in their order."""

    items: list[FavouriteOut]
