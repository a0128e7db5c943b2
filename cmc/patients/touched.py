"""Dirty marks: how news travels upward without calls.

A change of a person adds one row per topic in the same transaction; a job of that topic takes the rows and looks at the
person again. Rows are only inserted, never updated, so writers do not wait for each other, and a mark added while a job
works becomes visible after the job took its own: nothing is overlooked.
"""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.core.db import Transaction

ALERTS = "alerts"
FOLLOWUPS = "followups"
INDICATORS = "indicators"
RISK = "risk"
EXAMINATIONS = "examinations"
"""Marked by the job of follow-ups itself, for those whose record it has to look at as a whole."""
TOPICS = (ALERTS, FOLLOWUPS, INDICATORS, RISK)
OF_READINGS = (ALERTS,)
"""Topics of a stored reading. The plan follows from the alerts that it raises or ends, no indicator counts what is
measured at home, and risk is made of visits and results: the night finds what a reading changes there."""

_MARK = text(
    "INSERT INTO touched (topic, patient_id, marked_at)"
    " SELECT topic, patient_id, :at FROM unnest(CAST(:topics AS text[])) AS topic,"
    " unnest(CAST(:patient_ids AS uuid[])) AS patient_id"
).bindparams(bindparam("patient_ids", type_=ARRAY(Uuid())))

# Materialised: as a sub-select of the DELETE it may be run once for each row, and then takes `limit` each time.
_TAKE = text(
    "WITH picked AS MATERIALIZED (SELECT id, patient_id FROM touched WHERE topic = :topic"
    " ORDER BY id LIMIT :marks FOR UPDATE SKIP LOCKED),"
    " people AS MATERIALIZED (SELECT patient_id FROM picked GROUP BY patient_id ORDER BY min(id) LIMIT :people),"
    " taken AS (DELETE FROM touched USING picked JOIN people USING (patient_id) WHERE touched.id = picked.id)"
    " SELECT patient_id FROM people"
)
MARKS_OF_ONE: Final = 20
"""So many marks for each person asked for are looked through: who measures all day is looked at once, not at each."""


RUN_SECONDS: Final = 2.0
"""A run takes marks for so long; the next goes on. New ones may come for ever, and the day's other work waits."""


def mark(session: Session, patient_ids: Iterable[UUID], *, at: datetime, topics: tuple[str, ...] = TOPICS) -> None:
    """Mark people for the jobs of `topics`, in the caller's transaction."""
    people = sorted(set(patient_ids))
    if people:
        session.execute(_MARK, {"topics": list(topics), "patient_ids": people, "at": at})


def take(session: Session, topic: str, *, limit: int = 2000) -> list[UUID]:
    """Take the marks of up to `limit` people, who waited longest, and return the people; a rollback gives them back."""
    return list(session.scalars(_TAKE, {"topic": topic, "people": limit, "marks": limit * MARKS_OF_ONE}))


def drain(
    transaction: Transaction,
    topic: str,
    step: Callable[[Session, list[UUID]], object],
    *,
    limit: int,
    seconds: float | None = RUN_SECONDS,
) -> int:
    """Take marks and do one step for the people, a batch and a transaction at a time; return how many people.

    Marks are gone in the transaction that stores their effects: whoever dies in between leaves both as they were.
    After `seconds` the run ends at the next batch, None: when no mark is left.
    """
    begun, handled = time.monotonic(), 0
    while not handled or seconds is None or time.monotonic() - begun < seconds:
        with transaction() as session:
            people = take(session, topic, limit=limit)
            if not people:
                break
            step(session, people)
        handled += len(people)
    return handled


def forget(session: Session, topic: str) -> None:
    """Drop the marks of a topic, for who looks at everybody in the same transaction."""
    session.execute(text("DELETE FROM touched WHERE topic = :topic"), {"topic": topic})
