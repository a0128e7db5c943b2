"""Reads of alerts; each takes the caller's scope."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, and_, any_, bindparam, case, func, or_, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts.codes import AlertStatus
from cmc.alerts.found import Count
from cmc.alerts.tables import Alert, AlertEvent
from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.alert_timing import Level
from cmc.clinical.codes import AlertTier
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Patient

_UNCLOSED: Final = text("alert.status <> 'closed'")
_NAMES: Final = {"alert_id": "id", "causes": "count"}
Key = tuple[int, datetime, UUID]
"""Sort key of the list: tier, when it was raised, id."""


class Asked(NamedTuple):
    """The filters of a list; None asks for all."""

    statuses: tuple[AlertStatus, ...] = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)
    tier: AlertTier | None = None
    rule: AlertRule | None = None
    level: Level | None = None
    clinic_id: UUID | None = None
    patient_id: UUID | None = None


class Waiting(NamedTuple):
    """An alert of a person that nobody has settled, or the end of the one that a task stands for."""

    alert_id: UUID
    patient_id: UUID
    rule: str
    tier: str
    words_zh: str
    words_en: str
    raised_at: datetime
    first_at: datetime
    last_at: datetime
    causes: int
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    check_by: date | None


def _uuids(ids: Sequence[UUID]) -> Any:
    return any_(bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True))


def _within(scope: Scope) -> ColumnElement[bool]:
    """An alert of the scope: its person belongs to the scope, or it is of a thing of one of its clinics."""
    return or_(
        and_(col(Alert.patient_id).is_not(None), visible(scope)),
        and_(col(Alert.patient_id).is_(None), scope.covers(col(Alert.clinic_id))),  # type: ignore[arg-type]
    )


def _found(scope: Scope) -> Select[Alert]:
    return select(Alert).join(Patient, col(Patient.id) == col(Alert.patient_id), isouter=True).where(_within(scope))


def get(session: Session, scope: Scope, alert_id: UUID, *, for_update: bool = False) -> Alert:
    """Return one alert; raise `NotFound` when absent or foreign. `for_update` locks it."""
    query = _found(scope).where(col(Alert.id) == alert_id)
    if for_update:
        query = query.with_for_update(of=Alert).execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound("no such alert")
    return found


def unclosed(session: Session, scope: Scope, subjects: Sequence[UUID], *, rule: AlertRule | None = None) -> list[Alert]:
    """Return the alerts of people and things that are not closed, locked, as far as the database shows them.

    `scope` is the one that the session acts in.
    """
    del scope
    wanted = _uuids(subjects)
    query = select(Alert).where(or_(col(Alert.patient_id) == wanted, col(Alert.thing_id) == wanted), _UNCLOSED)
    if rule is not None:
        query = query.where(col(Alert.rule) == rule.value)
    locked = query.order_by(col(Alert.id)).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))


def closed_by(session: Session, scope: Scope, patient_id: UUID, by: Sequence[str], *, since: datetime) -> list[Alert]:
    """Return a person's alerts that were closed by one of these, whose last value is not older, newest first, locked.

    `scope` is the one that the session acts in.
    """
    del scope
    query = select(Alert).where(
        col(Alert.patient_id) == patient_id,
        col(Alert.status) == AlertStatus.CLOSED.value,
        col(Alert.closed_by).in_(list(by)),
        col(Alert.last_at) >= since,
    )
    locked = query.order_by(col(Alert.last_at).desc()).with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(locked))


def _tier_order() -> ColumnElement[int]:
    return case({each.value: place for place, each in enumerate(AlertTier)}, value=col(Alert.tier))


def page(session: Session, scope: Scope, asked: Asked, *, after: Key | None, limit: int) -> list[Alert]:
    """Return up to `limit` alerts: RED first, in each tier the one raised first."""
    order = _tier_order()
    query = _found(scope).where(col(Alert.status).in_([each.value for each in asked.statuses]))
    for column, wanted in (("tier", asked.tier), ("rule", asked.rule), ("level", asked.level)):
        if wanted is not None:
            query = query.where(col(getattr(Alert, column)) == wanted.value)
    if asked.clinic_id is not None:
        query = query.where(col(Alert.clinic_id) == asked.clinic_id)
    if asked.patient_id is not None:
        query = query.where(col(Alert.patient_id) == asked.patient_id)
    if after is not None:
        tier, raised_at, alert_id = after
        same = and_(order == tier, or_(col(Alert.raised_at) > raised_at, _behind(raised_at, alert_id)))
        query = query.where(or_(order > tier, same))
    return list(session.scalars(query.order_by(order, col(Alert.raised_at), col(Alert.id)).limit(limit)))


def _behind(raised_at: datetime, alert_id: UUID) -> ColumnElement[bool]:
    return and_(col(Alert.raised_at) == raised_at, col(Alert.id) > alert_id)


def key_of(alert: Alert) -> Key:
    """Return the place of an alert in the list."""
    return list(AlertTier).index(AlertTier(alert.tier)), alert.raised_at, alert.id


def of_person(session: Session, scope: Scope, patient_id: UUID, *, before: UUID | None, limit: int) -> list[Alert]:
    """Return up to `limit` alerts of a person of the scope, the latest first, closed ones too."""
    query = _found(scope).where(col(Alert.patient_id) == patient_id)
    if before is not None:
        query = query.where(col(Alert.id) < before)
    return list(session.scalars(query.order_by(col(Alert.id).desc()).limit(limit)))


def events(session: Session, scope: Scope, alert: Alert) -> list[AlertEvent]:
    """Return what happened to an alert that was found in the scope, the first first."""
    del scope
    query = select(AlertEvent).where(col(AlertEvent.alert_id) == alert.id)
    return list(session.scalars(query.order_by(col(AlertEvent.at), col(AlertEvent.id))))


def counts(session: Session, scope: Scope, *, clinic_id: UUID | None) -> list[Count]:
    """Return how many alerts wait, by clinic, tier and state. No person comes out of it."""
    district = func.count().filter(col(Alert.level) == Level.DISTRICT.value)
    query = (
        select(
            col(Alert.clinic_id),
            col(Alert.tier),
            col(Alert.status),
            func.count(),
            district,
            func.min(col(Alert.raised_at)),
        )
        .where(_UNCLOSED, scope.covers(col(Alert.clinic_id)))  # type: ignore[arg-type]
        .group_by(col(Alert.clinic_id), col(Alert.tier), col(Alert.status))
        .order_by(col(Alert.clinic_id), _tier_order(), col(Alert.status))
    )
    if clinic_id is not None:
        query = query.where(col(Alert.clinic_id) == clinic_id)
    return [Count(*row) for row in session.execute(query)]


def waiting(
    session: Session, scope: Scope, patient_ids: Sequence[UUID], *, also: Sequence[UUID] = ()
) -> dict[UUID, list[Waiting]]:
    """Return, by person, the alerts that are not closed or are to be checked, the first first.

    `also`: ids of further alerts whose end is asked for. One statement.
    """
    columns = [col(getattr(Alert, _NAMES.get(name, name))) for name in Waiting._fields]
    query = (
        select(*columns)
        .join(Patient, col(Patient.id) == col(Alert.patient_id))
        .where(
            col(Alert.patient_id) == _uuids(patient_ids),
            visible(scope),
            or_(_UNCLOSED, col(Alert.check_by).is_not(None), col(Alert.id) == _uuids(also)),
        )
        .order_by(col(Alert.id))
    )
    found: dict[UUID, list[Waiting]] = {}
    for row in session.execute(query):
        one = Waiting(*row)
        found.setdefault(one.patient_id, []).append(one)
    return found


def due(session: Session, scope: Scope, *, now: datetime, limit: int) -> list[Alert]:
    """Return alerts for which time has come, locked; what another worker looks at is passed over."""
    query = (
        select(Alert)
        .where(col(Alert.next_look_at) <= now, _UNCLOSED, scope.covers(col(Alert.clinic_id)))  # type: ignore[arg-type]
        .order_by(col(Alert.next_look_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


_MEASURED = text(
    "SELECT DISTINCT patient_id FROM reading WHERE taken_on >= :since AND patient_id > :after"
    " UNION SELECT patient_id FROM device_issue WHERE to_at IS NULL AND patient_id > :after"
    " UNION SELECT patient_id FROM alert WHERE status <> 'closed' AND patient_id > :after"
    " ORDER BY patient_id LIMIT :limit"
)


def people_to_look_at(session: Session, scope: Scope, *, since: date, after: UUID, limit: int) -> list[UUID]:
    """Return the next people, by id, with a reading since a day, a device at home, or an alert; for the night."""
    if scope.clinic_ids is not None:
        raise ValueError("the night looks at the whole region")
    return list(session.scalars(_MEASURED, {"since": since, "after": after, "limit": limit}))


def settled_at(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, dict[AlertRule, datetime]]:
    """Return, by person and rule, when the last alert was closed."""
    query = (
        select(col(Alert.patient_id), col(Alert.rule), func.max(col(Alert.closed_at)))
        .join(Patient, col(Patient.id) == col(Alert.patient_id))
        .where(col(Alert.patient_id) == _uuids(patient_ids), col(Alert.closed_at).is_not(None), visible(scope))
        .group_by(col(Alert.patient_id), col(Alert.rule))
    )
    found: dict[UUID, dict[AlertRule, datetime]] = {}
    rows: list[Any] = list(session.execute(query))
    for row in rows:
        found.setdefault(row[0], {})[AlertRule(row[1])] = row[2]
    return found
