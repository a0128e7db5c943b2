"""One order of time over all kinds of a record: facts and visits, the latest first.

Readings have a list of their own: a meter's hundred values a month would bury the rest.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Select,
    String,
    Table,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from cmc.charts.statements import KNOWN_AT, followup, visit_stood
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.records.codes import FactKind
from cmc.records.fact_queries import known
from cmc.records.fact_tables import FACT_TABLES

_PERSON, _LIMIT = bindparam("patient_id", type_=Uuid()), bindparam("limit", type_=Integer())
_BEFORE_ON, _BEFORE_ID = bindparam("before_on", type_=Date()), bindparam("before_id", type_=Uuid())

Place = tuple[date, UUID]
"""The sort key of an entry: (on, id)."""


class Entry(NamedTuple):
    """One entry: its kind, the day, the id of the row, what it is and its value in short."""

    kind: str
    on: date
    id: UUID
    recorded_at: datetime
    what: str | None
    value: str | None


def page(
    session: Session, scope: Scope, patient_id: UUID, *, before: Place | None = None, limit: int = 50,
    known_at: datetime | None = None,
) -> list[Entry]:  # fmt: skip
    """Return up to `limit` entries of a person, after the place `before`; raise `NotFound` for a foreign person."""
    patients.get(session, scope, patient_id)
    taken: dict[str, Any] = {"patient_id": patient_id, "known_at": known_at, "limit": limit}
    if before is not None:
        taken |= {"before_on": before[0], "before_id": before[1]}
    query = _statement(dated=known_at is not None, later=before is not None)
    return [Entry(*row) for row in session.execute(query, taken)]


@lru_cache
def _statement(*, dated: bool, later: bool) -> Select[Any]:
    """The statement, made once for each shape: `dated` as known at an instant, `later` a page after the first."""
    branches = [_branch(each, later=later) for each in _kinds(dated=dated)]
    rows = union_all(*(each.subquery().select() for each in branches)).subquery()
    return select(*rows.c).order_by(rows.c.on.desc(), rows.c.id.desc()).limit(_LIMIT)


class _Kind(NamedTuple):
    name: str
    table: Any
    day: Any
    what: Any
    value: Any
    standing: Sequence[ColumnElement[bool]]


def _columns(model: type[SQLModel]) -> Any:
    found: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return found.c


_SHORT: Final[dict[FactKind, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    FactKind.DIAGNOSIS: (("name", "icd10", "condition"), ("icd10",)),
    FactKind.MEDICATION: (("name",), ("frequency",)),
    FactKind.ALLERGY: (("substance",), ("severity",)),
    FactKind.LABORATORY_RESULT: (("analyte",), ("written",)),
    FactKind.EXAMINATION: (("kind",), ()),
    FactKind.LIFESTYLE: ((), ()),
    FactKind.FAMILY_HISTORY: (("relation",), ("disease",)),
    FactKind.HOSPITAL_STAY: (("institution",), ("icd10",)),
    FactKind.ANNUAL_EXAM: ((), ()),
}
"""The columns that say what a fact is, and its value, in short: the first that is not empty."""


def _first(c: Any, names: tuple[str, ...]) -> Any:
    return func.coalesce(*(cast(c[name], String) for name in names)) if names else null()


def _short(kind: FactKind) -> tuple[Any, Any]:
    c = _columns(FACT_TABLES[kind])
    what, value = (_first(c, names) for names in _SHORT[kind])
    return what, c.written + " " + c.written_unit if kind is FactKind.LABORATORY_RESULT else value


def _kinds(*, dated: bool) -> list[_Kind]:
    found = []
    for kind, model in FACT_TABLES.items():
        what, value = _short(kind)
        stands = known(model, KNOWN_AT if dated else None)
        found.append(_Kind(kind.value, _columns(model), col(model.happened_on), what, value, [stands]))
    c = followup.c
    seen = visit_stood(dated)
    found.append(_Kind("visit", c, c.visited_on, c.disease, cast(c.classification, String), seen))
    return found


def _branch(kind: _Kind, *, later: bool) -> Select[Any]:
    c = kind.table
    query: Select[Any] = select(
        literal(kind.name).label("kind"),
        kind.day.label("on"),
        cast(c.id, Uuid()).label("id"),
        cast(c.recorded_at, DateTime(timezone=True)).label("recorded_at"),
        cast(kind.what, String).label("what"),
        cast(kind.value, String).label("value"),
    ).where(c.patient_id == _PERSON, *kind.standing)
    if later:
        query = query.where(tuple_(kind.day, c.id) < tuple_(_BEFORE_ON, _BEFORE_ID))
    return query.order_by(kind.day.desc(), c.id.desc()).limit(_LIMIT)


KINDS: Final = (*(each.value for each in FactKind), "visit")
