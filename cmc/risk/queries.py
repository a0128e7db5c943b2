"""Reads of scores, standings, overrides, switches and levels; those on people take the caller's scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, bindparam, exists, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts.codes import AlertStatus
from cmc.alerts.tables import Alert
from cmc.clinical.codes import AlertTier, EnrolmentState
from cmc.clinical.reasons import Reason, because
from cmc.core.clock import midnight
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import queries as patients
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient
from cmc.risk.recalibration import Basis, LocalLevel
from cmc.risk.switch import Mode, Switch
from cmc.risk.switch import mode as mode_of
from cmc.risk.tables import RiskModelLevel, RiskOverride, RiskScore, RiskStanding, RiskSwitch

_PLACES: Final = text(
    "WITH RECURSIVE above AS ("
    " SELECT id AS clinic_id, id AS node_id, parent_id FROM organisation WHERE kind = 'clinic'"
    " UNION ALL SELECT a.clinic_id, o.id, o.parent_id FROM above AS a JOIN organisation AS o ON o.id = a.parent_id)"
    " SELECT a.clinic_id, o.id AS region_id, o.code FROM above AS a JOIN organisation AS o ON o.id = a.node_id"
    " WHERE a.parent_id IS NULL"
)


class Place(NamedTuple):
    """The region that a clinic lies in: its node and its code."""

    region_id: UUID
    code: str


class Standing(NamedTuple):
    """What is compared of a standing before it is written again."""

    clinic_id: UUID
    band: int
    computed_band: int
    score_id: UUID | None
    override_id: UUID | None
    fingerprint: int


class Own(NamedTuple):
    """A doctor's band that holds."""

    id: UUID
    band: int
    until: date | None


def _uuids(ids: Sequence[UUID]) -> Any:
    return any_(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))


def places(session: Session) -> dict[UUID, Place]:
    """Return the region of every clinic."""
    return {row.clinic_id: Place(row.region_id, row.code) for row in session.execute(_PLACES)}


def mode(session: Session, region_id: UUID, release: str, *, on: date) -> Mode:
    """Return how the models are used in a region on a day: in shadow without a decision that holds."""
    row = switch(session, region_id, release, on=on)
    if row is None or row.mode != Mode.SHOWN or row.confirmed_by is None:
        return Mode.SHADOW
    decided = Switch(region=str(region_id), release=row.release, by=row.confirmed_by, on=row.starts_on)
    return mode_of(decided, region=str(region_id), release=release, on=on)


def switch(session: Session, region_id: UUID, release: str, *, on: date) -> RiskSwitch | None:
    """Return the newest decision of a region about a release that holds on a day: confirmed, or back to shadow."""
    holds = or_(col(RiskSwitch.confirmed_by).is_not(None), col(RiskSwitch.mode) == Mode.SHADOW.value)
    query = select(RiskSwitch).where(
        col(RiskSwitch.region_id) == region_id,
        col(RiskSwitch.release) == release,
        col(RiskSwitch.starts_on) <= on,
        holds,
    )
    return session.scalars(query.order_by(col(RiskSwitch.id).desc()).limit(1)).one_or_none()


def levels(session: Session, version: str) -> dict[str, LocalLevel]:
    """Return the newest local level of each model of a release, by the model's id."""
    c = RiskModelLevel.__table__.c  # type: ignore[attr-defined]
    query = select(RiskModelLevel).ext(distinct_on(c.model_id)).where(c.model_version == version)
    rows = session.scalars(query.order_by(c.model_id, c.version.desc()))
    return {row.model_id: level_of(row) for row in rows}


def level_of(row: RiskModelLevel) -> LocalLevel:
    """The level that a row holds."""
    return LocalLevel(
        model_id=row.model_id,
        model_version=row.model_version,
        version=row.version,
        on=row.made_on,
        basis=Basis(row.basis),
        intercept=row.intercept,
        slope=row.slope,
        people=row.people,
        events=row.events,
        spread=row.spread,
        standard=row.standard,
    )


def red_flags(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> dict[UUID, list[Reason]]:
    """Return the unclosed red alerts of people whom the caller found in the scope, raised up to the end of a day."""
    del scope  # the people were found in it
    query = select(Alert).where(
        col(Alert.patient_id) == _uuids(patient_ids),
        col(Alert.tier) == AlertTier.RED.value,
        col(Alert.status) != AlertStatus.CLOSED.value,
        col(Alert.raised_at) < midnight(on + timedelta(days=1)),
    )
    found: dict[UUID, list[Reason]] = defaultdict(list)
    for row in session.scalars(query.order_by(col(Alert.id))):
        if row.patient_id is not None:
            found[row.patient_id].append(because(f"ALERT-{row.rule}", row.words_zh, row.words_en))
    return found


def standings(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return what is compared of the standings of people, whether they belong to the scope still or not."""
    del scope  # the database limits it to whom the scope reaches
    s = RiskStanding
    columns = (s.patient_id, s.clinic_id, s.band, s.computed_band, s.score_id, s.override_id, s.fingerprint)
    rows = session.execute(select(*columns).where(col(s.patient_id) == _uuids(patient_ids)))  # type: ignore[call-overload]
    return {row[0]: Standing(*row[1:]) for row in rows}


def overrides(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> dict[UUID, Own]:
    """Return the doctors' bands that hold on a day, of people whom the caller found in the scope."""
    del scope  # the people were found in it
    c = RiskOverride.__table__.c  # type: ignore[attr-defined]
    newest = select(RiskOverride).ext(distinct_on(c.patient_id)).where(c.patient_id == _uuids(patient_ids))
    return {
        row.patient_id: Own(row.id, row.band, row.until)
        for row in session.scalars(newest.order_by(c.patient_id, c.id.desc()))
        if row.band is not None and (row.until is None or on < row.until)
    }


def override_history(session: Session, scope: Scope, patient_id: UUID) -> list[RiskOverride]:
    """Return every band that a doctor set for a person of the scope, the latest first."""
    patients.get(session, scope, patient_id)
    query = select(RiskOverride).where(col(RiskOverride.patient_id) == patient_id)
    return list(session.scalars(query.order_by(col(RiskOverride.id).desc())))


def standing(session: Session, scope: Scope, patient_id: UUID) -> RiskStanding | None:
    """Return where a person of the scope stands; None before the first score. Raises `NotFound` for a foreign one."""
    patients.get(session, scope, patient_id)
    return session.get(RiskStanding, patient_id)


def history(session: Session, scope: Scope, patient_id: UUID, *, limit: int) -> list[RiskScore]:
    """Return the scores of a person of the scope, the latest first."""
    patients.get(session, scope, patient_id)
    query = select(RiskScore).where(col(RiskScore.patient_id) == patient_id)
    return list(session.scalars(query.order_by(col(RiskScore.id).desc()).limit(limit)))


def people_to_score(session: Session, scope: Scope, *, after: UUID, limit: int) -> list[UUID]:
    """Return the next people of the scope who are managed or suspected, or have a standing, by id."""
    managed = exists().where(
        col(Enrolment.patient_id) == col(Patient.id), col(Enrolment.state) != EnrolmentState.TERMINATED.value
    )
    stands = exists().where(col(RiskStanding.patient_id) == col(Patient.id))
    is_of_it: ColumnElement[bool] = or_(and_(visible(scope), managed), stands)
    query = select(col(Patient.id)).where(col(Patient.id) > after, is_of_it)
    return list(session.scalars(query.order_by(col(Patient.id)).limit(limit)))


def newest_override(session: Session, scope: Scope, patient_id: UUID) -> RiskOverride | None:
    """Return the last band that a doctor set, or gave back, of a person of the scope."""
    return next(iter(override_history(session, scope, patient_id)), None)


def asked_switch(session: Session, scope: Scope, switch_id: UUID) -> RiskSwitch:
    """Return a decision of a region that the caller oversees, locked; raise `NotFound` otherwise."""
    row = session.scalars(select(RiskSwitch).where(col(RiskSwitch.id) == switch_id).with_for_update()).one_or_none()
    if row is None or not scope.oversees(row.region_id):
        raise NotFound("no such decision")
    return row


def later_switch(session: Session, row: RiskSwitch) -> bool:
    """Tell whether a region asked for something else about the same release later."""
    same = (col(RiskSwitch.region_id) == row.region_id, col(RiskSwitch.release) == row.release)
    later = select(col(RiskSwitch.id)).where(*same, col(RiskSwitch.id) > row.id).limit(1)
    return session.scalars(later).first() is not None


def switches(session: Session, region_id: UUID, *, limit: int) -> list[RiskSwitch]:
    """Return the decisions of a region, the latest first."""
    query = select(RiskSwitch).where(col(RiskSwitch.region_id) == region_id)
    return list(session.scalars(query.order_by(col(RiskSwitch.id).desc()).limit(limit)))


def validated_levels(session: Session, version: str) -> list[tuple[str, int]]:
    """Return model and version of every level of a release that rests on enough local events."""
    local = [Basis.LOCAL_INTERCEPT.value, Basis.LOCAL_SLOPE.value]
    query = select(col(RiskModelLevel.model_id), col(RiskModelLevel.version)).where(
        col(RiskModelLevel.model_version) == version, col(RiskModelLevel.basis).in_(local)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def exists_organisation(session: Session, organisation_id: UUID) -> bool:
    """Tell whether there is such a node of the tree."""
    return session.get(Organisation, organisation_id) is not None
