"""A device whose reading was found to be somebody's is theirs from then on, and that is taken back. Nothing commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.devices import queries, service
from cmc.devices.schemas import IssueIn
from cmc.devices.tables import DeviceIssue


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was written: the issue, None when it was theirs already, and the issues that were ended for it."""

    issue_id: UUID | None
    ended: tuple[UUID, ...] = ()


def hand_over(
    session: Session, scope: Scope, device_id: UUID, wanted: IssueIn, *, ending: bool, now: datetime
) -> HandedOver:
    """Give a device to a person from a time on; who has it now keeps it unless `ending`, and is ended at that time.

    A person who has it stays with what is on file. Raises `Conflict` (`device-issued`) when somebody else has it and is
    not to be ended, or had it after that time: such a holding is never cut.
    """
    service.locked(session, scope, device_id)
    from_at = wanted.from_at or now
    met = [
        each
        for each in queries.issues(session, scope, device_id, overlapping=(from_at, None))
        if service.same_user(each.user_slot, wanted.user_slot)
    ]
    if any(each.patient_id == wanted.patient_id and each.to_at is None for each in met):
        return HandedOver(None)
    ended = [each for each in met if ending and each.to_at is None and each.from_at < from_at]
    for each in ended:
        each.to_at, each.returned_by = from_at, scope.actor
    session.flush()
    made = service.issue(session, scope, device_id, wanted, now=now)
    return HandedOver(made.id, tuple(each.id for each in ended))


def open_issue(session: Session, scope: Scope, issue_id: UUID) -> DeviceIssue | None:
    """Return an issue that still runs, its device locked; None when it was returned meanwhile or is gone."""
    query = select(DeviceIssue).where(col(DeviceIssue.id) == issue_id, scope.covers(col(DeviceIssue.clinic_id)))
    issue = session.scalars(query).one_or_none()
    if issue is None:
        return None
    service.locked(session, scope, issue.device_id)
    session.refresh(issue)
    return issue if issue.to_at is None else None


def take_back(session: Session, scope: Scope, issue: DeviceIssue, *, ended: Sequence[UUID]) -> None:
    """Take away a running issue that `hand_over` made; those of `ended` that still end where it began run again."""
    from_at = issue.from_at
    session.delete(issue)
    session.flush()
    query = select(DeviceIssue).where(
        col(DeviceIssue.id).in_(ended), col(DeviceIssue.to_at) == from_at, scope.covers(col(DeviceIssue.clinic_id))
    )
    for each in session.scalars(query):
        each.to_at = each.returned_by = None
    session.flush()
