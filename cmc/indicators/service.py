"""Changes of the stored indicators: rebuilt from everything, or refreshed for touched people. Nothing here commits.

Both run the same statements, so that refreshed equals rebuilt. They exclude each other by one advisory lock held to the
end of the transaction: the statements behind the lock see everything that an earlier holder committed (READ COMMITTED
takes a snapshot per statement), so that no update is lost, and with one lock there is no order to get wrong. Writers of
visits never wait for it. A change that commits while a rebuild runs left its mark, and the next refresh counts it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, text, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.clock import local_date
from cmc.indicators import coverage, differing, store
from cmc.indicators.periods import Period, live_periods
from cmc.indicators.tables import IndicatorFact

_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('cmc indicators'))")
_WAIT: Final = text("SET LOCAL lock_timeout = '55s'")
_MANY: Final = 10_000
_ANALYZE: Final = text("SELECT guard.analyze_facts()")  # plans on a table just filled must not wait for autovacuum
_ROOM: Final = (
    text("SET LOCAL work_mem = '256MB'"),
    text("SET LOCAL statement_timeout = '15min'"),
    # Everything is read: hash joins are right whatever the planner believes of sizes that it cannot know.
    text("SET LOCAL enable_mergejoin = off"),
    text("SET LOCAL enable_nestloop = off"),
)
_AS_BEFORE: Final = (text("SET LOCAL enable_mergejoin = on"), text("SET LOCAL enable_nestloop = on"))


@dataclass(frozen=True, slots=True)
class Changed:
    """What a run changed: rows of facts, numerators or denominators, and organisations with a new version."""

    facts: int
    values: int
    organisations: int


def rebuild(session: Session, *, periods: Iterable[Period], now: datetime) -> Changed:
    """Make facts and values of `periods` from all records; what is the same already is left alone.

    `now` is an aware instant; the values of a running period are as of its local date. Costs seconds per period and
    100,000 people: the nightly job opens a transaction for each period.
    """
    _take_turn(session)
    for setting in _ROOM:
        session.execute(setting)
    clinics = coverage.clinic_ids(session)
    rows = moved = 0
    changed: set[UUID] = set()
    for period in sorted(periods):
        rows += differing.facts_of(session, period)
        if rows > _MANY:
            session.execute(_ANALYZE)
        counts = _counted(session, period, clinics)
        organisations, count = store.values_of(session, period, counts, as_of=_as_of(period, local_date(now)), now=now)
        changed |= organisations
        moved += count
    for setting in _AS_BEFORE:
        session.execute(setting)
    store.stamps_of(session, changed, now=now)
    return Changed(rows, moved, len(changed))


def refresh(session: Session, patient_ids: Sequence[UUID], *, now: datetime, on: date) -> Changed:
    """Bring facts and values up to date for touched people, in every live period that has been built.

    To the values of the clinics whose facts changed is added what these people counted for after less before; the
    nodes above are summed again. A clinic without values is counted as a whole. A period that is not built yet is left
    to `rebuild`, which will read the same changes.
    """
    _take_turn(session)
    people = sorted(set(patient_ids))
    found = [
        refresh_period(session, period, people, now=now, on=on)
        for period in sorted(coverage.built(session, live_periods(on)))
    ]
    changed: set[UUID] = set().union(*(organisations for _, _, organisations in found))
    store.stamps_of(session, changed, now=now)
    return Changed(sum(rows for rows, _, _ in found), sum(moved for _, moved, _ in found), len(changed))


def refresh_period(
    session: Session, period: Period, patient_ids: Sequence[UUID], *, now: datetime, on: date
) -> tuple[int, int, set[UUID]]:
    """Bring a period up to date for some people: changed rows, moved numbers, organisations; by who holds the turn."""
    moves, rows = differing.moved_by(session, period, patient_ids)
    known = store.complete(session, period, moves)
    whole = _counted(session, period, (moves.keys() | coverage.clinics_without_values(session, period)) - known)
    if not moves and not whole:
        return rows, 0, set()
    added = {clinic_id: move for clinic_id, move in moves.items() if clinic_id in known}
    as_of = _as_of(period, on)
    organisations, moved = store.values_of(session, period, whole, moves=added, as_of=as_of, now=now)
    return rows, moved, organisations


def forget_facts(session: Session, *, keep: Collection[Period]) -> None:
    """Drop the facts of periods that are live no more; their values stay."""
    _take_turn(session)
    fact = IndicatorFact
    kept = [(each.start, each.end) for each in keep]
    session.execute(delete(fact).where(tuple_(col(fact.period_start), col(fact.period_end)).not_in(kept)))


def _counted(session: Session, period: Period, clinic_ids: Collection[UUID]) -> store.Counts:
    """The counts of whole clinics; one without people has zeros."""
    if not clinic_ids:
        return {}
    found = store.counts_of(session, period, clinic_ids)
    return {each: found.get(each, list(store.NOTHING)) for each in clinic_ids}


def _take_turn(session: Session) -> None:
    session.execute(_WAIT)
    session.execute(_LOCK)


def _as_of(period: Period, on: date) -> date:
    return min(period.end, on)
