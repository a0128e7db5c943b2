"""The table of medicines that a clinic uses most. Of no person."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Numeric, SmallInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.core.db import one_of
from cmc.core.ids import new_id
from cmc.records.codes import Frequency


@audited("clinic_id", "place", "name", "strength", "dose", "dose_unit", "frequency", person=None)
class FavouriteMedicine(SQLModel, table=True):
    """A medicine that a clinic is offered first, with its usual dose and frequency; `place` orders the list from 0."""

    __tablename__ = "favourite_medicine"
    __table_args__ = (
        one_of("frequency", Frequency),
        CheckConstraint("(dose IS NULL) = (dose_unit IS NULL)", name="dose"),
        CheckConstraint("place >= 0", name="place"),
        UniqueConstraint("clinic_id", "place"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    clinic_id: UUID = Field(foreign_key="organisation.id")
    place: int = Field(sa_column=Column(SmallInteger, nullable=False))
    name: str
    strength: str | None = Field(default=None, description="what is printed on the box, such as 5 mg × 28 片")
    dose: Decimal | None = Field(default=None, sa_column=Column(Numeric, nullable=True))
    dose_unit: str | None = None
    frequency: str | None = None
    set_by: str
    set_at: datetime
