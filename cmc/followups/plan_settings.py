"""Settings of the plan: the rhythm of a region, a district or a clinic, and when a clinic sees people. With history.

Nothing here commits. The limits are the standard's (`rhythm.LONGEST_DAYS`) and ours (`rhythm.SHORTEST_DAYS`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core.errors import FieldError, Invalid, NotFound
from cmc.core.scope import Scope
from cmc.followups.calendar import WORKING_WEEK
from cmc.followups.codes import FollowupGroup
from cmc.followups.rhythm import LONGEST_DAYS, SHORTEST_DAYS, Rhythm
from cmc.followups.tables import OpeningDays, RhythmSetting
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation
from cmc.patients import touched

PER_NURSE: Final = 20
"""How many people a nurse can see on one day, while a clinic has said nothing [D]."""

_RHYTHMS = text(
    "WITH RECURSIVE up AS (SELECT id AS clinic_id, id AS node_id, parent_id, 0 AS depth FROM organisation"
    "  WHERE id = ANY (:clinics)"
    "  UNION ALL SELECT up.clinic_id, o.id, o.parent_id, depth + 1 FROM up"
    "  JOIN organisation AS o ON o.id = up.parent_id),"
    " latest AS (SELECT DISTINCT ON (organisation_id, disease, followup_group) * FROM rhythm_setting"
    "  WHERE valid_from <= :on ORDER BY organisation_id, disease, followup_group, valid_from DESC, set_at DESC)"
    " SELECT DISTINCT ON (up.clinic_id, s.disease, s.followup_group) up.clinic_id, s.disease, s.followup_group, s.days"
    " FROM up JOIN latest AS s ON s.organisation_id = up.node_id"
    " ORDER BY up.clinic_id, s.disease, s.followup_group, up.depth"
).bindparams(bindparam("clinics", type_=ARRAY(Uuid())))
_MARK = text(
    "INSERT INTO touched (topic, patient_id, marked_at)"
    " SELECT DISTINCT :topic, patient_id, CAST(:now AS timestamptz) FROM enrolment"
    " WHERE clinic_id = ANY (:clinics) AND disease = :disease AND state = 'ACTIVE'"
).bindparams(bindparam("clinics", type_=ARRAY(Uuid())))


@dataclass(frozen=True, slots=True)
class ClinicDays:
    """When a clinic sees people: ISO days of the week, days of its own on which it is closed, people a nurse a day."""

    weekdays: frozenset[int] = WORKING_WEEK
    closed: frozenset[date] = frozenset()
    per_nurse: int = PER_NURSE


USUAL_DAYS: Final = ClinicDays()


def rhythms(session: Session, clinic_ids: Collection[UUID], *, on: date) -> dict[UUID, Rhythm]:
    """Return the rhythm of each clinic on a local date: the nearest node of the tree decides. One statement."""
    found: dict[UUID, dict[tuple[Disease, FollowupGroup], int]] = {}
    for row in session.execute(_RHYTHMS, {"clinics": sorted(clinic_ids), "on": on}):
        found.setdefault(row.clinic_id, {})[Disease(row.disease), FollowupGroup(row.followup_group)] = row.days
    return {clinic_id: Rhythm(days) for clinic_id, days in found.items()}


def clinic_days(session: Session, clinic_ids: Collection[UUID]) -> dict[UUID, ClinicDays]:
    """Return when each clinic sees people, as set last; those that have said nothing are left out. One statement."""
    query = (
        select(OpeningDays)
        .ext(distinct_on(col(OpeningDays.clinic_id)))
        .where(col(OpeningDays.clinic_id).in_(sorted(clinic_ids)))
        .order_by(col(OpeningDays.clinic_id), col(OpeningDays.set_at).desc(), col(OpeningDays.id).desc())
    )
    return {
        row.clinic_id: ClinicDays(frozenset(row.weekdays), frozenset(row.closed), row.per_nurse)
        for row in session.scalars(query)
    }


def latest_days(session: Session, clinic_id: UUID) -> OpeningDays | None:
    """Return when a clinic sees people, as set last; None while nothing was said."""
    query = select(OpeningDays).where(col(OpeningDays.clinic_id) == clinic_id)
    return session.scalars(query.order_by(col(OpeningDays.set_at).desc(), col(OpeningDays.id).desc()).limit(1)).first()


def set_rhythm(
    session: Session,
    scope: Scope,
    organisation_id: UUID,
    *,
    disease: Disease,
    group: FollowupGroup,
    days: int,
    valid_from: date,
    reason: str,
    now: datetime,
    on: date,
) -> RhythmSetting:
    """Set the days between routine visits of a node, from a local date on; the plan of everybody below is made anew.

    Raises `NotFound` for a node that the caller does not oversee, and `Invalid` beyond the two limits or in the past.
    """
    node(session, scope, organisation_id)
    faults = []
    if days > LONGEST_DAYS:
        words = f"the standard asks for a visit every {LONGEST_DAYS} days at least (FU-NEXT-01, HTN-FU-01, DM-FU-01)"
        faults.append(FieldError("/days", "above_the_standard", words))
    if days < SHORTEST_DAYS:
        faults.append(FieldError("/days", "below_the_limit", f"at least {SHORTEST_DAYS} days between routine visits"))
    if valid_from < on:
        faults.append(FieldError("/valid_from", "in_the_past", "today or later"))
    if faults:
        raise Invalid(errors=tuple(faults))
    row = RhythmSetting(
        organisation_id=organisation_id,
        disease=disease.value,
        followup_group=group.value,
        days=days,
        valid_from=valid_from,
        reason=reason,
        set_by=scope.actor,
        set_at=now,
    )
    session.add(row)
    session.flush()
    below = organisations.clinics_below(session, organisation_id)
    marked = {"topic": touched.FOLLOWUPS, "now": now, "clinics": below, "disease": disease.value}
    session.execute(_MARK, marked)
    return row


def set_days(
    session: Session,
    scope: Scope,
    clinic_id: UUID,
    wanted: ClinicDays,
    *,
    now: datetime,
) -> OpeningDays:
    """Set when a clinic sees people. What is planned already stays where it is; `/v1/plans` shows what is closed.

    Raises `NotFound` for a clinic outside the scope.
    """
    organisations.clinic(session, scope, clinic_id)
    row = OpeningDays(
        clinic_id=clinic_id,
        weekdays=sorted(wanted.weekdays),
        closed=sorted(wanted.closed),
        per_nurse=wanted.per_nurse,
        set_by=scope.actor,
        set_at=now,
    )
    session.add(row)
    session.flush()
    return row


def history(session: Session, scope: Scope, organisation_id: UUID) -> Sequence[RhythmSetting]:
    """Return every setting that a node ever had, the newest first. Raises `NotFound` as `set_rhythm` does."""
    node(session, scope, organisation_id)
    query = select(RhythmSetting).where(col(RhythmSetting.organisation_id) == organisation_id)
    return list(session.scalars(query.order_by(col(RhythmSetting.set_at).desc(), col(RhythmSetting.id).desc())))


def node(session: Session, scope: Scope, organisation_id: UUID) -> Organisation:
    """Return a node of the tree whose whole subtree the caller oversees; raise `NotFound` otherwise."""
    found = session.get(Organisation, organisation_id)
    if found is None or not scope.oversees(organisation_id):
        raise NotFound("no such organisation")
    return found
