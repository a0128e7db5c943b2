"""Merging two records of one person, and undoing it. Nothing here commits.

Everything moves to the survivor (`registry`); the merged record keeps its identity, sealed under its own key, and its
id leads to the survivor. What is recorded later is the survivor's. Undone, just what was moved goes back, in the order
last in, first out: a survivor that was itself merged must be freed first.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.scope import Scope
from cmc.duplicates import moving, queries
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.patients.tables import Patient, PatientMerge


def merge(
    session: Session, scope: Scope, survivor_id: UUID, merged_id: UUID, *, now: datetime
) -> tuple[PatientMerge, bool]:
    """Move everything of `merged_id` to `survivor_id`; returns the merge and whether it was made now.

    Asked a second time it returns the merge that stands. Raises `NotFound` when either is absent or foreign, `Invalid`
    for one record twice, `Conflict` when one of them was merged elsewhere, erased, or only the other one has died.
    """
    patients.get(session, scope, survivor_id)
    if survivor_id == merged_id:
        raise invalid("/merged_id", "same_record", "name two records")
    standing = queries.standing_merge(session, scope, merged_id)
    if standing is not None and standing.patient_id == survivor_id:
        return standing, False
    locked = {each: patients.get(session, scope, each, for_update=True) for each in sorted((survivor_id, merged_id))}
    survivor, merged = locked[survivor_id], locked[merged_id]
    _check(survivor, merged)
    done = PatientMerge(
        patient_id=survivor_id,
        survivor_id=survivor_id,
        merged_id=merged_id,
        merged_at=now,
        merged_by=scope.actor,
    )
    session.add(done)
    session.flush()  # the moved rows hang on it
    moving.move(session, done.id, source=merged_id, target=survivor_id)
    merged.merged_into = survivor_id
    _changed(session, survivor, merged, now=now)
    return done, True


def _check(survivor: Patient, merged: Patient) -> None:
    if survivor.erased_at is not None or merged.erased_at is not None:
        raise Conflict("a record whose identity was destroyed cannot be merged", code="erased")
    if merged.died_on is not None and survivor.died_on != merged.died_on:
        raise Conflict("record the same death of the surviving record first", code="death-differs")


def revert(session: Session, scope: Scope, merge_id: UUID, *, now: datetime) -> tuple[PatientMerge, bool]:
    """Give the merged record back what was its own; returns the merge and whether it was undone now.

    Raises `NotFound` when the merge or the merged record's clinic is foreign, `Conflict` when the survivor was merged
    itself since.
    """
    found = queries.merge(session, scope, merge_id)
    merged_id = found.merged_id
    locked: dict[UUID, Patient | None] = {}
    for each in sorted((found.patient_id, merged_id)):
        own = each == merged_id
        locked[each] = (
            queries.merged_record(session, scope, each) if own else patients.get(session, scope, each, for_update=True)
        )
    found = queries.merge(session, scope, merge_id)  # as it is behind the locks
    if found.reverted_at is not None:
        return found, False
    survivor, merged = locked.get(found.patient_id), locked[merged_id]
    if survivor is None or found.patient_id != found.survivor_id:
        raise Conflict("the surviving record was merged itself: undo that first", code="merged-since")
    if merged is None:
        raise NotFound("no such merge")
    if merged.erased_at is not None:
        raise Conflict("the identity of the merged record was destroyed", code="erased")
    merged.merged_into = None
    found.reverted_at, found.reverted_by = now, scope.actor
    session.flush()
    moving.bring_back(session, found.id, source=merged.id, target=survivor.id)
    _changed(session, survivor, merged, now=now)
    return found, True


def gather(session: Session, scope: Scope, merge_id: UUID, *, now: datetime) -> int:
    """Move what reached a merged record although it was merged; returns how many rows.

    Who had found the person just before the merge may have stored something just after it.
    """
    before = queries.merge(session, scope, merge_id)
    patients.get(session, scope, before.patient_id, for_update=True)
    found = queries.merge(session, scope, merge_id)
    if found.reverted_at is not None or found.patient_id != before.patient_id:
        return 0
    rows = moving.move(session, found.id, source=found.merged_id, target=found.patient_id)
    if rows:
        touched.mark(session, [found.patient_id, found.merged_id], at=now)
    return rows


def _changed(session: Session, *people: Patient, now: datetime) -> None:
    for each in people:
        each.updated_at, each.version = now, each.version + 1
    session.flush()
    session.expire_all()  # rows moved behind the session's back
    touched.mark(session, [each.id for each in people], at=now)
