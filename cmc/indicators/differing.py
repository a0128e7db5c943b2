"""Writes of facts: what the records say now is compared with what is kept, and only what differs is written.

One statement compares, writes and, for some people, counts what their rows add and take away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CTE, and_, bindparam, delete, func, literal_column, or_, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from cmc.indicators import facts
from cmc.indicators.counting import per_clinic
from cmc.indicators.definitions import COUNTED
from cmc.indicators.facts import FACT
from cmc.indicators.periods import Period
from cmc.indicators.store import DIALECT, UUIDS, Counts, added_up

_NAMES: Final = tuple(column.name for column in FACT.columns)
_KEY: Final = tuple(column.name for column in FACT.primary_key)
_PERIOD: Final = ("period_start", "period_end")
_ANY_YEAR: Final = Period(date(2000, 1, 1), date(2000, 12, 31))  # the statement is the same for all


def facts_of(session: Session, period: Period) -> int:
    """Bring the stored facts of a period up to date for everybody; return the number of changed rows."""
    rows = session.connection().exec_driver_sql(_writing(), facts.values_of(period))
    changed: int = rows.scalar_one()
    return changed


def moved_by(session: Session, period: Period, patient_ids: Sequence[UUID]) -> tuple[Counts, int]:
    """Bring the stored facts of a period up to date for some people.

    Return by what the numbers of each clinic with a row that changed go up or down, and the number of changed rows.
    """
    sql, constants = _moving()
    parameters = constants | facts.values_of(period) | {"patient_ids": list(patient_ids)}
    rows = session.connection().exec_driver_sql(sql, parameters).all()
    return added_up(rows), rows[0].changed if rows else 0


@dataclass(frozen=True, slots=True)
class _Difference:
    """Rows that differ, with their new columns and their old ones (`old_…`), and the two writes that end it."""

    rows: CTE
    writes: tuple[CTE, CTE]


@cache
def _writing() -> str:
    difference = _difference(of_people=False)
    query = select(func.count()).select_from(difference.rows).add_cte(*difference.writes)
    return str(query.compile(dialect=DIALECT))


@cache
def _moving() -> tuple[str, dict[str, Any]]:
    """What a statement needs that writes and counts for some people: made once, it takes longer to make than to run."""
    difference = _difference(of_people=True)
    rows = difference.rows.c
    come = select(literal_column("1").label("sign"), *(rows[name] for name in _NAMES))
    gone = select(literal_column("-1"), *(rows[f"old_{name}"] for name in _NAMES))
    signed = union_all(come.where(rows.patient_id.is_not(None)), gone.where(rows.old_patient_id.is_not(None))).subquery(
        "facts"
    )
    changed = select(func.count()).select_from(difference.rows).scalar_subquery()
    query = per_clinic(signed, COUNTED, by=["sign"]).add_columns(changed.label("changed"))
    compiled = query.add_cte(*difference.writes).compile(dialect=DIALECT)
    return str(compiled), {name: value for name, value in compiled.params.items() if value is not None}


def _difference(*, of_people: bool) -> _Difference:
    """Compare and write what differs: every row is met once, and one that is the same is only read."""
    fresh = facts.statement(_ANY_YEAR, [] if of_people else None).cte("fresh")
    here = and_(FACT.c.period_start == bindparam("first_day"), FACT.c.period_end == bindparam("last_day"))
    if of_people:
        here = and_(here, FACT.c.patient_id == bindparam("patient_ids", type_=UUIDS).any_())
    old = select(FACT).where(here).subquery("old")
    same_key = and_(*(fresh.c[name] == old.c[name] for name in _KEY if name not in _PERIOD))
    rows = (
        select(fresh, *(old.c[name].label(f"old_{name}") for name in _NAMES))
        .select_from(fresh.join(old, same_key, full=True))
        .where(or_(*(fresh.c[name].is_distinct_from(old.c[name]) for name in _NAMES)))
        .cte("differing")
    )
    come = select(*(rows.c[name] for name in _NAMES))
    write = insert(FACT).from_select(_NAMES, come.where(rows.c.patient_id.is_not(None)))
    rest = {name: write.excluded[name] for name in _NAMES if name not in _KEY}
    written = write.on_conflict_do_update(index_elements=_KEY, set_=rest).cte("written")
    stale = and_(rows.c.patient_id.is_(None), *(FACT.c[name] == rows.c[f"old_{name}"] for name in _KEY))
    return _Difference(rows, (written, delete(FACT).where(here, stale).cte("removed")))
