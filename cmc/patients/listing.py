"""The list of people on file: what it can be narrowed and sorted by. To find one person, there is `:search`.

Names are sealed, so they have no order; ids are, as they hold the time of the registration.
"""

from datetime import date
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease, EnrolmentState, Sex
from cmc.clinical.periods import birth_dates
from cmc.core.fields import Name
from cmc.core.named import NamedStr
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import BasicInformation, Enrolment, Patient

OLDEST_AGE: Final = 150
Age = Annotated[int, Field(ge=0, le=OLDEST_AGE, description="completed years today (GEN-04)")]


class PeopleOrder(NamedStr):
    """How the list is sorted."""

    LATEST = "latest", "最近建档在前", "On file last, first"
    EARLIEST = "earliest", "最早建档在前", "On file first, first"
    OLDEST = "oldest", "年龄从大到小", "Oldest first"
    YOUNGEST = "youngest", "年龄从小到大", "Youngest first"


_BY_AGE: Final = (PeopleOrder.OLDEST, PeopleOrder.YOUNGEST)
_DOWNWARDS: Final = (PeopleOrder.LATEST, PeopleOrder.YOUNGEST)


class PeopleAsked(BaseModel):
    """What a page of people is asked with."""

    model_config = ConfigDict(extra="forbid")

    clinic: UUID | None = Field(default=None, description="only this clinic")
    disease: Disease | None = Field(default=None, description="only who is or was enrolled for it")
    state: EnrolmentState | None = Field(default=None, description="only with an enrolment in this state")
    doctor: Name | None = Field(default=None, description="only with an enrolment of this responsible doctor")
    sex: Sex | None = None
    age_from: Age | None = None
    age_to: Age | None = None
    region: Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")] | None = Field(
        default=None, description="only who lives in this county, town or village: 6, 9 or 12 digits"
    )
    order: PeopleOrder = PeopleOrder.LATEST
    limit: PageSize = 50
    cursor: Cursor = None


def page(
    session: Session, scope: Scope, asked: PeopleAsked, *, on: date, limit: int | None = None
) -> tuple[list[Patient], str | None]:
    """Return a page of the people of the scope and the cursor of the next one; raise `Invalid` for a foreign cursor.

    `limit`: another size than the one that was asked, for what reads all pages.
    """
    size = limit or asked.limit
    query = _narrowed(select(Patient).where(visible(scope), col(Patient.erased_at).is_(None)), asked, on)
    keys: list[Any] = [col(Patient.id)]
    if asked.order in _BY_AGE:
        keys.insert(0, col(Patient.birth_date))
    down = asked.order in _DOWNWARDS
    query = query.order_by(*(key.desc() if down else key for key in keys)).limit(size + 1)
    if asked.cursor:
        place = tuple_(*keys)
        before: Any = decode_cursor(asked.cursor, tuple[date, UUID] if asked.order in _BY_AGE else tuple[UUID])
        query = query.where(place < before if down else place > before)
    found: list[Patient] = list(session.scalars(query))
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], encode_cursor([getattr(last, key.key) for key in keys])


def at_least(session: Session, scope: Scope, asked: PeopleAsked, count: int, *, on: date) -> bool:
    """Tell whether the scope has so many people who fit; looks at no more of them."""
    query = _narrowed(select(col(Patient.id)).where(visible(scope), col(Patient.erased_at).is_(None)), asked, on)
    return len(session.scalars(query.offset(count - 1).limit(1)).all()) == 1


def _narrowed(query: Select[Any], asked: PeopleAsked, on: date) -> Select[Any]:
    if asked.clinic is not None:
        query = query.where(col(Patient.clinic_id) == asked.clinic)
    if asked.sex is not None:
        query = query.where(col(Patient.sex) == asked.sex.value)
    first, last = birth_dates(asked.age_from, asked.age_to, on)
    if first is not None:
        query = query.where(col(Patient.birth_date) >= first)
    if last is not None:
        query = query.where(col(Patient.birth_date) <= last)
    if asked.region is not None:
        lives = select(col(BasicInformation.patient_id)).where(
            col(BasicInformation.patient_id) == col(Patient.id),
            col(BasicInformation.region_code).startswith(asked.region),
        )
        query = query.where(lives.exists())
    of_enrolment = (
        (col(Enrolment.disease), asked.disease and asked.disease.value),
        (col(Enrolment.state), asked.state and asked.state.value),
        (col(Enrolment.doctor), asked.doctor),
    )
    wanted = [column == value for column, value in of_enrolment if value is not None]
    if wanted:
        enrolled = select(col(Enrolment.patient_id)).where(col(Enrolment.patient_id) == col(Patient.id), *wanted)
        query = query.where(enrolled.exists())
    return query
