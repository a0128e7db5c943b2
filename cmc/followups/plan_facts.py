"""Reads of what the plan of people depends on: for any number of people the same few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.alerts import queries as alerts
from cmc.alerts.codes import AlertOutcome
from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.codes import (
    Action,
    AlertTier,
    Classification,
    Disease,
    EndReason,
    EnrolmentState,
    ReadingKind,
)
from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import plan_settings
from cmc.followups.codes import FollowupGroup, TaskKind, TaskStatus
from cmc.followups.person import (
    Check,
    Contact,
    CriticalReadings,
    Due,
    OpenAlert,
    OpenReferral,
    OpenTask,
    Person,
    Stint,
)
from cmc.followups.tables import PlanState, Task
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient
from cmc.referrals import queries as referrals
from cmc.referrals.codes import ReferralCause, ReferralState

_LATEST = text(
    "SELECT f.* FROM unnest(CAST(:people AS uuid[])) AS person (id)"
    " CROSS JOIN unnest(CAST(:diseases AS text[])) AS wanted (disease)"
    " CROSS JOIN LATERAL ("
    "  SELECT record_id AS id, encounter_id, patient_id, disease, visited_on, visited_time, entered_at AS recorded_at,"
    "   classification, action, next_visit_on FROM followup"
    "  WHERE patient_id = person.id AND disease = wanted.disease AND ended_at IS NULL"
    "  ORDER BY visited_on DESC, visited_time DESC NULLS LAST, entered_at DESC LIMIT 1) AS f"
).bindparams(bindparam("people", type_=ARRAY(Uuid())))

OPEN: ColumnElement[str] = literal_column(f"'{TaskStatus.OPEN.value}'")
"""A constant, not a parameter: the indexes of open tasks are partial, and a cached plan must be able to use them."""


# Columns, not entities: a session gives an entity it knows back as it was, also after the lock of `tasks.settle`.
_PERSON: tuple[Any, ...] = (
    col(Patient.id).label("person_id"),
    col(Patient.clinic_id).label("home_id"),
    col(Patient.died_on),
    col(Enrolment.id),
    col(Enrolment.clinic_id),
    col(Enrolment.disease),
    col(Enrolment.state),
    col(Enrolment.enrolled_on),
    col(Enrolment.ended_on),
    col(Enrolment.end_reason),
    col(PlanState.followup_group),
)


def lock_people(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> None:
    """Lock people in the order of their ids, so that one transaction at a time changes the plan of each."""
    query = (
        select(col(Patient.id))
        .where(col(Patient.id) == any_(_uuids(patient_ids)), visible(scope))
        .order_by(col(Patient.id))
    )
    session.execute(query.with_for_update(key_share=True))


def people(
    session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date, standing_for: Sequence[UUID] = ()
) -> list[Person]:
    """Return what the plan of several people depends on on the local date `on`, in five statements.

    `standing_for`: the alerts and referrals that open tasks stand for, of which the end is asked.
    """
    query = (
        select(*_PERSON)
        .join(Enrolment, col(Enrolment.patient_id) == col(Patient.id), isouter=True)
        .join(PlanState, col(PlanState.patient_id) == col(Patient.id), isouter=True)
        .where(col(Patient.id) == any_(_uuids(patient_ids)), visible(scope))
        .order_by(col(Patient.id), col(Enrolment.enrolled_on))
    )
    base: dict[UUID, tuple[UUID, date | None, FollowupGroup]] = {}
    stints: dict[UUID, list[Stint]] = defaultdict(list)
    for row in session.execute(query).mappings():
        group = FollowupGroup(row["followup_group"] or FollowupGroup.STANDARD)
        base[row["person_id"]] = row["home_id"], row["died_on"], group
        if row["id"] is not None:
            stints[row["person_id"]].append(_stint(row))
    contacts = _latest_contacts(session, list(base))
    waiting = alerts.waiting(session, scope, list(base), also=standing_for)
    referred = referrals.waiting(session, scope, list(base), also=standing_for)
    rhythms = plan_settings.rhythms(session, {stint.clinic_id for found in stints.values() for stint in found}, on=on)
    return [
        Person(
            id=each,
            clinic_id=clinic_id,
            died_on=died_on,
            stints=tuple(stints[each]),
            contacts=contacts.get(each, {}),
            critical=_critical([one for one in waiting.get(each, ()) if _is_open(one) and one.rule in _KINDS]),
            alerts=tuple(_alert(one) for one in waiting.get(each, ()) if _is_open(one) and one.rule not in _KINDS),
            referrals=tuple(_referral(one) for one in referred.get(each, ()) if _asks(one)),
            settled=_settled(waiting.get(each, ())) | _ended(referred.get(each, ())),
            check=_check(waiting.get(each, ())),
            group=group,
            rhythms=rhythms,
        )
        for each, (clinic_id, died_on, group) in base.items()
    ]


def open_tasks(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> dict[UUID, list[OpenTask]]:
    """Return the open tasks of several people, at whatever clinic, by person."""
    columns = select(
        col(Task.id),
        col(Task.patient_id),
        col(Task.clinic_id),
        col(Task.disease),
        col(Task.kind),
        col(Task.cause),
        col(Task.due_on),
        col(Task.reason_zh),
        col(Task.reason_en),
        col(Task.rule_ids),
        col(Task.from_on),
        col(Task.latest_on),
        col(Task.opened_at),
    )
    query = columns.join(Patient, col(Patient.id) == col(Task.patient_id)).where(
        col(Task.patient_id) == any_(_uuids(patient_ids)),
        col(Task.status) == OPEN,
        visible(scope),
    )
    found: dict[UUID, list[OpenTask]] = defaultdict(list)
    for row in session.execute(query).mappings():
        found[row["patient_id"]].append(OpenTask(id=row["id"], due=_due(row), opened_at=row["opened_at"]))
    return found


def _uuids(ids: Sequence[UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid()))


def _stint(row: Mapping[Any, Any]) -> Stint:
    return Stint(
        id=row["id"],
        clinic_id=row["clinic_id"],
        disease=Disease(row["disease"]),
        state=EnrolmentState(row["state"]),
        enrolled_on=row["enrolled_on"],
        ended_on=row["ended_on"],
        end_reason=EndReason(row["end_reason"]) if row["end_reason"] else None,
    )


def _latest_contacts(session: Session, patient_ids: list[UUID]) -> dict[UUID, dict[Disease, Contact]]:
    diseases = [disease.value for disease in Disease]
    found: dict[UUID, dict[Disease, Contact]] = defaultdict(dict)
    for row in session.execute(_LATEST, {"people": patient_ids, "diseases": diseases}):
        disease = Disease(row.disease)
        found[row.patient_id][disease] = Contact(
            id=row.id,
            encounter_id=row.encounter_id,
            disease=disease,
            visited_on=row.visited_on,
            visited_time=row.visited_time,
            recorded_at=row.recorded_at,
            classification=None if row.classification is None else Classification(row.classification),
            action=Action(row.action),
            next_visit_on=row.next_visit_on,
        )
    return found


_NO_ANSWER = frozenset({AlertOutcome.CARE_ENDED.value, AlertOutcome.DIED.value, AlertOutcome.WITHDRAWN.value})
_KINDS = {
    AlertRule.CRITICAL_PRESSURE: ReadingKind.BLOOD_PRESSURE,
    AlertRule.CRITICAL_GLUCOSE: ReadingKind.GLUCOSE,
}


_UNCHECKED = frozenset({ReferralState.PROPOSED.value, ReferralState.SENT.value, ReferralState.ACCEPTED.value})


def _is_open(found: alerts.Waiting) -> bool:
    return found.closed_by is None


def _alert(found: alerts.Waiting) -> OpenAlert:
    return OpenAlert(
        alert_id=found.alert_id,
        rule=AlertRule(found.rule),
        tier=AlertTier(found.tier),
        words=Text(found.words_zh, found.words_en),
        raised_on=local_date(found.raised_at),
    )


def _asks(found: referrals.Waiting) -> bool:
    """Whether somebody is still to ask what became of it: not once the person is back."""
    return found.state in _UNCHECKED and found.check_by is not None


def _referral(found: referrals.Waiting) -> OpenReferral:
    return OpenReferral(
        id=found.id,
        source=found.source,
        clinic_id=found.clinic_id,
        reason=ReferralCause(found.reason).text,
        proposed_on=found.proposed_on,
        check_by=found.check_by or found.proposed_on,
    )


def _ended(found: Sequence[referrals.Waiting]) -> dict[UUID, str]:
    """By whom the check of a referral was done: whoever closed it, or took the person back."""
    return {each.id: each.closed_by or f"referral:{each.id}" for each in found if each.state not in _UNCHECKED}


def _critical(found: Sequence[alerts.Waiting]) -> CriticalReadings | None:
    """All that waits of one person, in the order in which it was raised, as one."""
    if not found:
        return None
    latest = max(found, key=lambda each: (each.last_at, each.alert_id))
    return CriticalReadings(
        alert_id=found[0].alert_id,
        kind=_KINDS[AlertRule(latest.rule)],
        latest=Text(latest.words_zh, latest.words_en),
        latest_on=local_date(latest.last_at),
        first_on=local_date(min(each.first_at for each in found)),
        count=sum(each.causes for each in found),
    )


def _check(found: Sequence[alerts.Waiting]) -> Check | None:
    """The check after the alert that was closed last (HTN-EM-05)."""
    closed = [each for each in found if each.check_by is not None and each.closed_at is not None]
    if not closed:
        return None
    last = max(closed, key=lambda each: (each.check_by, each.alert_id))
    return Check(last.alert_id, local_date(last.closed_at), last.check_by)  # type: ignore[arg-type]


def _settled(found: Sequence[alerts.Waiting]) -> dict[UUID, str]:
    return {
        each.alert_id: each.closed_by for each in found if each.closed_by is not None and each.outcome not in _NO_ANSWER
    }


def _due(row: Mapping[Any, Any]) -> Due:
    return Due(
        patient_id=row["patient_id"],
        clinic_id=row["clinic_id"],
        disease=Disease(row["disease"]) if row["disease"] else None,
        kind=TaskKind(row["kind"]),
        cause=row["cause"],
        due_on=row["due_on"],
        reason=Text(row["reason_zh"], row["reason_en"]),
        rule_ids=tuple(row["rule_ids"]),
        from_on=row["from_on"],
        latest_on=row["latest_on"],
    )
