"""What people decide about risk: a doctor's band for one person, and how a region uses the trained models.

Nothing here commits.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.core import etag
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.risk import assessing, queries, served
from cmc.risk.region_schemas import RiskSwitchIn
from cmc.risk.schemas import RiskOverrideIn
from cmc.risk.switch import Mode
from cmc.risk.tables import RiskOverride, RiskStanding, RiskSwitch

OVERRIDE_DAYS: Final = 366
"""A doctor's band holds at most so long [D]: then somebody looks again."""
_PERSON: Final = "user:"
_MARK_ALL: Final = text(
    "INSERT INTO touched (topic, patient_id, marked_at) SELECT :topic, patient_id, :now FROM risk_standing"
    " WHERE clinic_id = ANY (CAST(:clinics AS uuid[]))"
)


def version(stands: RiskStanding | None) -> str:
    """The version of what is shown of a person: the score and the doctor's band that stand."""
    nothing = UUID(int=0)
    score, own = (stands.score_id, stands.override_id) if stands else (None, None)
    return f"{score or nothing}.{own or nothing}"


def override(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    wanted: RiskOverrideIn,
    *,
    if_match: str | None,
    now: datetime,
    on: date,
) -> RiskOverride:
    """Set a doctor's band for a person, or give the computed one back; the history keeps every one.

    Raises `NotFound` for a foreign person, `VersionNeeded` and `Stale` by If-Match, `Invalid`, and `Conflict` when
    nothing is set that could be given back.
    """
    patient = patients.get(session, scope, patient_id, for_update=True)
    assessing.lock(session)
    stands = queries.standing(session, scope, patient_id)
    etag.require_match(if_match, version(stands))
    _require_period(wanted, on)
    before = queries.newest_override(session, scope, patient_id)
    if wanted.band is None and (before is None or before.band is None):
        raise Conflict("no band of a doctor is set for this person", code="nothing-set")
    row = RiskOverride(
        patient_id=patient.id,
        clinic_id=patient.clinic_id,
        band=None if wanted.band is None else int(wanted.band),
        reason=wanted.reason,
        set_on=on,
        until=wanted.until,
        score_id=stands.score_id if stands else None,
        replaces_id=before.id if before else None,
        actor=scope.actor,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    assessing.score(session, scope, [patient.id], now=now, on=on)
    return row


def ask_switch(session: Session, scope: Scope, wanted: RiskSwitchIn, *, now: datetime, on: date) -> RiskSwitch:
    """Ask that a region uses the trained models otherwise; back to shadow holds at once, showing needs a second person.

    Raises `NotFound` for a region that is not overseen, `Conflict` for a machine, `Invalid` for a day before today.
    """
    _require_a_person(scope)
    node = session.get(Organisation, wanted.region_id)
    if node is None or node.kind != OrganisationKind.REGION or not scope.oversees(node.id):
        raise NotFound("no such region")
    if wanted.starts_on is not None and wanted.starts_on < on:
        raise invalid("/starts_on", "out_of_range", "today or later")
    row = RiskSwitch(
        region_id=node.id,
        release=served.models().id,
        mode=wanted.mode.value,
        reason=wanted.reason,
        starts_on=on if wanted.starts_on is None or wanted.mode is Mode.SHADOW else wanted.starts_on,
        asked_by=scope.actor,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    if wanted.mode is Mode.SHADOW:
        _mark_region(session, node.id, now=now)
    return row


def confirm_switch(session: Session, scope: Scope, switch_id: UUID, *, now: datetime) -> RiskSwitch:
    """Be the second person of a decision to show the models' numbers; everybody of the region is then scored again.

    Raises `NotFound`, and `Conflict` for a machine, the same person, one of two who gave the other the role, a decision
    that needs nobody or is confirmed, was overtaken by a later one, or is about another release.
    """
    _require_a_person(scope)
    row = queries.asked_switch(session, scope, switch_id)
    if row.mode == Mode.SHADOW or row.confirmed_by is not None:
        raise Conflict("nothing is waiting here", code="switch-decided")
    if row.release != served.models().id:
        raise Conflict("the release has changed since: ask again", code="release-changed")
    if queries.later_switch(session, row):
        raise Conflict("a later decision stands: ask again", code="switch-decided")
    _require_independent(session, row.asked_by, scope.actor)
    row.confirmed_by, row.confirmed_at = scope.actor, now
    session.flush()
    _mark_region(session, row.region_id, now=now)
    return row


def _mark_region(session: Session, region_id: UUID, *, now: datetime) -> None:
    clinics = organisations.clinics_below(session, region_id)
    session.execute(_MARK_ALL, {"topic": touched.RISK, "now": now, "clinics": clinics})


def _require_period(wanted: RiskOverrideIn, on: date) -> None:
    latest = on + timedelta(days=OVERRIDE_DAYS)
    if wanted.band is None:
        if wanted.until is not None:
            raise invalid("/until", "not_here", "only with a band")
        return
    if wanted.until is None:
        raise invalid("/until", "missing", "the first day on which the band no longer holds")
    if not on < wanted.until <= latest:
        raise invalid("/until", "out_of_range", "a day after today, at most a year ahead")


def _require_a_person(scope: Scope) -> None:
    if not scope.actor.startswith(_PERSON):
        raise Conflict("only people decide how models are used", code="not-a-person")


def _require_independent(session: Session, first: str, second: str) -> None:
    if first == second:
        raise Conflict("a second person must confirm", code="second-person-needed")
    given = {(each, giver) for each in (first, second) for giver in accounts.givers_of(session, each)}
    if {(first, second), (second, first)} & given:
        raise Conflict("who has given the roles cannot be the second person", code="second-person-needed")
