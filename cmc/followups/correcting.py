"""A visit that was written wrongly: corrected by a new version, or withdrawn. Nothing here commits.

Nothing is overwritten: the old rows get their end with the reason, the new ones name them. The new version is judged
anew by the visit's own date; later visits stand as they were judged, and a warning names the next of them. What
followed from the old version follows from the new one: tasks that only this visit had settled are open again, alerts
that it no longer answers are raised again, and the person is marked for the indicators.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.alerts import service as alerts
from cmc.clinical.alert_facts import ANSWERED_AFTER
from cmc.clinical.codes import FACE_TO_FACE
from cmc.core import etag
from cmc.core.clock import local_date
from cmc.core.errors import Conflict, Invalid, invalid
from cmc.core.scope import Scope
from cmc.followups import queries, service, tasks
from cmc.followups.codes import TaskStatus, VisitEnd
from cmc.followups.schemas import CorrectionIn, WithdrawalIn
from cmc.followups.service import Recorded
from cmc.followups.tables import Followup
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.patients.tables import Patient

_BY: Final = bindparam("by", type_=ARRAY(String()))
# What the visit had settled may have to be done again: cancelled tasks open anew when they are due, done ones never do.
_UNSETTLE: Final = text(
    "UPDATE task SET status = 'cancelled' WHERE patient_id = :patient_id AND status = 'done' AND closed_by = ANY (:by)"
).bindparams(_BY)
_RESETTLE: Final = text(
    "UPDATE task SET status = 'done' WHERE patient_id = :patient_id AND status = 'cancelled' AND closed_by = ANY (:by)"
).bindparams(_BY)
_CANCEL: Final = text(
    f"UPDATE task SET status = '{TaskStatus.CANCELLED.value}', closed_at = :now, closed_by = 'withdrawn'"  # noqa: S608
    " WHERE patient_id = :patient_id AND status = 'open' AND cause = ANY (:by)"
).bindparams(_BY)
_LAST_SEEN: Final = text(
    "SELECT e.id, (SELECT max(f.visited_on) FROM followup AS f WHERE f.patient_id = e.patient_id"
    "  AND f.disease = e.disease AND f.is_valid AND f.ended_at IS NULL"
    "  AND f.visited_on BETWEEN e.enrolled_on AND coalesce(e.ended_on, 'infinity')) AS day"
    " FROM enrolment AS e WHERE e.patient_id = :patient_id AND e.id = ANY (:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


def standing(session: Session, scope: Scope, encounter_id: UUID) -> list[Followup]:
    """Return the standing records of an encounter. `NotFound` for a foreign one, `Conflict` for a withdrawn one."""
    return _standing(queries.encounter(session, scope, encounter_id))


def correct(
    session: Session,
    scope: Scope,
    encounter_id: UUID,
    wanted: CorrectionIn,
    *,
    if_match: str | None,
    now: datetime,
    on: date,
    idempotency_key: str | None = None,
) -> Recorded:
    """Store what a visit really was as the next version of its records, judged anew.

    A disease that the correction leaves out is withdrawn with it; one that it adds becomes a record of the encounter.
    `if_match` names the version that was seen: `VersionNeeded` without, `Stale` when it is no longer the latest.
    Raises `NotFound` for a foreign encounter, `Conflict` for a withdrawn one, `Invalid` as `service.record` does.
    """
    digest = service.digest_of(str(encounter_id), wanted)
    if idempotency_key is not None:
        queries.lock_key(session, scope, idempotency_key)
    patient, rows = _locked(session, scope, encounter_id)
    if (known := service.stored_before(session, scope, idempotency_key, digest)) is not None:
        return known
    former = _seen(scope, rows, if_match)
    if patients.get(session, scope, wanted.visit.patient_id).id != patient.id:
        raise invalid("/visit/patient_id", "another_person", "withdraw this visit and record it for the other person")
    try:
        made, enrolments = service.judged(session, scope, patient, wanted.visit, now=now, on=on, former=former)
    except Invalid as error:
        raise _under_visit(error) from error
    service.add(session, made, idempotency_key, digest)
    for row in former:
        kept = any(each.replaces_id == row.id for each in made)
        _end(row, VisitEnd.CORRECTED if kept else VisitEnd.WITHDRAWN, scope, wanted.reason, made[0].recorded_at)
    session.flush()
    if wanted.visit.mode in FACE_TO_FACE:
        service.bring_back(session, scope, enrolments, wanted.visit.visited_on, now=now, on=on)
    _follow(session, scope, patient, former, made, now=now)
    return Recorded(made)


def withdraw(
    session: Session, scope: Scope, encounter_id: UUID, wanted: WithdrawalIn, *, if_match: str | None, now: datetime
) -> list[Followup]:
    """Withdraw a visit that never was; return its records with their end. Raises as `correct` does."""
    patient, rows = _locked(session, scope, encounter_id)
    former = _seen(scope, rows, if_match)
    for row in former:
        _end(row, VisitEnd.WITHDRAWN, scope, wanted.reason, max(now, row.recorded_at))
    session.flush()
    _follow(session, scope, patient, former, (), now=now)
    return former


def _locked(session: Session, scope: Scope, encounter_id: UUID) -> tuple[Patient, list[Followup]]:
    """Find an encounter, lock its person, and read it again behind the lock."""
    found = queries.encounter(session, scope, encounter_id)
    patient = patients.get(session, scope, found[0].patient_id, for_update=True)
    return patient, queries.encounter(session, scope, encounter_id)


def _seen(scope: Scope, rows: Sequence[Followup], if_match: str | None) -> list[Followup]:
    """Return the standing records of an encounter whose latest version was seen and may be changed by the caller."""
    etag.require_match(if_match, rows[-1].version)
    found = _standing(rows)
    if not all(scope.includes(row.clinic_id) for row in found):
        raise Conflict("this visit was recorded under another clinic's care", code="other-clinic")
    return found


def _standing(rows: Sequence[Followup]) -> list[Followup]:
    found = [row for row in rows if row.ended_at is None]
    if not found:
        raise Conflict("this visit was withdrawn: record it anew", code="withdrawn")
    return found


def _end(row: Followup, ended_as: VisitEnd, scope: Scope, reason: str, at: datetime) -> None:
    row.ended_at, row.ended_as, row.ended_by, row.end_reason = at, ended_as.value, scope.actor, reason


def _under_visit(error: Invalid) -> Invalid:
    """The same error with pointers into the body of a correction."""
    moved = tuple(type(each)(f"/visit{each.pointer}", each.code, each.detail) for each in error.errors)
    return Invalid(error.detail, code=error.code, errors=moved)


def _follow(
    session: Session,
    scope: Scope,
    patient: Patient,
    former: Sequence[Followup],
    made: Sequence[Followup],
    *,
    now: datetime,
) -> None:
    """Let tasks, alerts, the enrolments' last visits and the indicators follow from what stands now."""
    stay = {row.record_id for row in made}
    gone = [row.record_id for row in former if row.record_id not in stay]
    by = _names(row.record_id for row in former)
    days = {row.visited_on for row in former}
    _last_seen(session, scope, patient.id, {row.disease for row in (*former, *made)}, days)
    session.execute(_UNSETTLE, {"patient_id": patient.id, "by": by})
    if gone:
        session.execute(_CANCEL, {"patient_id": patient.id, "by": _names(gone), "now": now})
    _answer_again(session, scope, patient, former, made, by, now=now)
    touched.mark(session, [patient.id], at=now)
    tasks.settle(session, scope, [patient.id], now=now)
    session.execute(_RESETTLE, {"patient_id": patient.id, "by": _names(stay)})


def _answer_again(
    session: Session,
    scope: Scope,
    patient: Patient,
    former: Sequence[Followup],
    made: Sequence[Followup],
    by: list[str],
    *,
    now: datetime,
) -> None:
    """Raise again what the visit no longer answers, unless another visit that stands answers it."""
    if patient.died_on is not None:
        return
    if made and made[0].visited_on == former[0].visited_on:
        return
    since = now - ANSWERED_AFTER
    if not alerts.contact_undone(session, scope, patient.id, by=by, since=since, now=now):
        return
    from_day = local_date(since)
    contacts = {row.encounter_id: row for row in queries.standing(session, scope, patient.id, since=from_day)}
    for row in sorted(contacts.values(), key=lambda each: each.entered_at):
        service.answer_alerts(session, scope, row, now=now)


def _last_seen(
    session: Session, scope: Scope, patient_id: UUID, diseases: Collection[str], visited_on: Collection[date]
) -> None:
    """Note the last valid follow-up of each enrolment anew; what was carried over from elsewhere stays (LIFE-02)."""
    stints = [each for each in patients.enrolments(session, scope, patient_id) if each.disease in diseases]
    ids = [each.id for each in stints]
    days = {row.id: row.day for row in session.execute(_LAST_SEEN, {"patient_id": patient_id, "ids": ids})}
    for stint in stints:
        day = days[stint.id]
        was_this = stint.last_follow_up_on in visited_on
        if was_this or (day is not None and (stint.last_follow_up_on is None or day > stint.last_follow_up_on)):
            stint.last_follow_up_on = day
    session.flush()


def _names(record_ids: Iterable[UUID]) -> list[str]:
    return [f"followup:{each}" for each in record_ids]
