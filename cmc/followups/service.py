"""Judging and storing follow-up visits: `assess` and `record` differ only in the storing. Nothing here commits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from cmc.alerts import service as alerts
from cmc.alerts.facts import contact_of
from cmc.audit import service as audit
from cmc.clinical.codes import FACE_TO_FACE, Disease, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.core.errors import FieldError, Invalid
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import advising, drafts, encounter, queries, tasks
from cmc.followups.codes import DiseaseSet
from cmc.followups.rows import Writing, row_of
from cmc.followups.rules import judge, validity
from cmc.followups.rules.judgement import Judgement, governing_next_date
from cmc.followups.schemas import FollowupIn
from cmc.followups.tables import Followup
from cmc.patients import enrolling, touched
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient

_MANAGED = (EnrolmentState.ACTIVE, EnrolmentState.LOST, EnrolmentState.TERMINATED)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stored records of one encounter, one for each disease; `replayed` when the key had stored them before."""

    rows: list[Followup]
    replayed: bool = False


def assess(
    session: Session,
    scope: Scope,
    wanted: FollowupIn,
    *,
    now: datetime,
    on: date,
    former: Sequence[Followup] = (),
) -> list[Followup]:
    """Judge an encounter without storing it: the rows that `record` would store now, one for each disease.

    `former` are the standing records of an encounter of which this is the correction. Raises `NotFound` for a person
    outside the scope and `Invalid` with a pointer to every wrong field.
    """
    patient = patients.get(session, scope, wanted.patient_id)
    rows, _ = judged(session, scope, patient, wanted, now=now, on=on, former=former)
    return rows


def record(
    session: Session,
    scope: Scope,
    wanted: FollowupIn,
    *,
    now: datetime,
    on: date,
    idempotency_key: str | None = None,
    reconcile: bool = True,
) -> Recorded:
    """Judge an encounter and store it: one row for each disease, with the judgement beside it (FU-BOTH-01).

    A back-dated visit is judged by its own date and what lies before it; later visits are not judged again, and a
    warning names the next of them. A visit face to face brings a lost person back into care on that day (LIFE-03), and
    a valid one of any mode is kept as the last of its enrolment (LIFE-02). The alerts that it answers are closed and
    the person's tasks are settled in the same transaction; `reconcile=False` leaves the tasks to the job of the dirty
    marks, for those who store thousands.

    With an `idempotency_key` the same body gets the rows stored first, also when two come at once; another body under
    a used key is `Invalid`. Raises `NotFound` and `Invalid` as `assess` does.
    """
    digest = digest_of(wanted)
    if idempotency_key is not None:
        queries.lock_key(session, scope, idempotency_key)
    patient = patients.get(session, scope, wanted.patient_id, for_update=True)
    if (known := stored_before(session, scope, idempotency_key, digest)) is not None:
        return known
    rows, enrolments = judged(session, scope, patient, wanted, now=now, on=on)
    add(session, rows, idempotency_key, digest)
    drafts.forget(session, scope, patient.id, DiseaseSet.of(wanted.diseases))
    _note_last(rows, enrolments)
    session.flush()
    if wanted.mode in FACE_TO_FACE:
        bring_back(session, scope, enrolments, wanted.visited_on, now=now, on=on)
    touched.mark(session, [patient.id], at=now)
    answer_alerts(session, scope, rows[0], now=now)
    if reconcile:
        tasks.settle(session, scope, [patient.id], now=now)
    return Recorded(rows)


def digest_of(*parts: BaseModel | str) -> bytes:
    """Return what tells one request under an idempotency key from another."""
    texts = [each if isinstance(each, str) else each.model_dump_json() for each in parts]
    return hashlib.sha256("\0".join(texts).encode()).digest()


def stored_before(session: Session, scope: Scope, key: str | None, digest: bytes) -> Recorded | None:
    """Return what a key has stored, shown again; None when nothing. `Invalid` when it has stored something else."""
    known = [] if key is None else queries.by_key(session, scope, key)
    if not known:
        return None
    audit.seen(session, scope, "followup", [known[0].patient_id])
    return _replayed(known, digest)


def add(session: Session, rows: Sequence[Followup], key: str | None, digest: bytes) -> None:
    """Add judged rows under their idempotency key, if there is one."""
    for row in rows:
        row.idempotency_key, row.request_digest = key, None if key is None else digest
    session.add_all(rows)


def answer_alerts(session: Session, scope: Scope, row: Followup, *, now: datetime) -> None:
    """Close the alerts of critical readings that a contact answers: who made it and what was done stands in it."""
    contact, by = contact_of(row.visited_on, row.entered_at), f"followup:{row.record_id}"
    alerts.by_contact(session, scope, row.patient_id, until=contact.until, known=contact.known, by=by, now=now)


def _replayed(known: list[Followup], digest: bytes) -> Recorded:
    if known[0].request_digest != digest:
        words = "this key has stored another visit: send a new key with a new visit"
        raise Invalid(words, code="idempotency-key-reused", errors=(FieldError("/idempotency_key", "reused", words),))
    return Recorded(known, replayed=True)


def judged(
    session: Session,
    scope: Scope,
    patient: Patient,
    wanted: FollowupIn,
    *,
    now: datetime,
    on: date,
    former: Sequence[Followup] = (),
) -> tuple[list[Followup], list[Enrolment]]:
    """Return the rows of an encounter as they would be stored now, and the enrolment of each; raises as `assess`."""
    found = encounter.faults(wanted, now=now)
    if found:
        raise Invalid(errors=tuple(found))
    everything = patients.enrolments(session, scope, patient.id)
    enrolments = _enrolments(scope, everything, wanted)
    visit = Writing.of(former, now=now, on=on)
    corrected = visit.encounter_id if former else None
    day = wanted.visited_on
    before = queries.before(session, scope, patient.id, wanted.diseases, before=day, leaving_out=corrected)
    later = queries.next_after(session, scope, patient.id, wanted.diseases, after=day, leaving_out=corrected)
    facts = [encounter.facts(wanted, patient.birth_date, before[disease]) for disease in wanted.diseases]
    judgements = [
        _warned(judge(disease, each, day), later.get(disease))
        for disease, each in zip(wanted.diseases, facts, strict=True)
    ]
    found = encounter.next_visit_faults(wanted, judgements)
    if found:
        raise Invalid(errors=tuple(found))
    governing = governing_next_date(judgements)
    managed = frozenset(Disease(each.disease) for each in everything if _covers(each, day) and each.state in _MANAGED)
    pairs = list(zip(facts, judgements, strict=True))
    said = advising.advice(session, scope, patient, wanted, pairs, managed=managed, leaving_out=corrected)
    rows = [
        row_of(scope, visit, wanted, enrolment.clinic_id, judgement, governing)
        for enrolment, judgement in zip(enrolments, judgements, strict=True)
    ]
    for row, advice in zip(rows, said, strict=True):
        row.advice = advice
    return rows, enrolments


def _warned(judgement: Judgement, later_on: date | None) -> Judgement:
    """Say beside a back-dated judgement that a later follow-up stands as it was judged."""
    if later_on is None:
        return judgement
    words = Text(
        f"该病已有 {later_on} 的随访记录，其判定不因本次补录而改变",
        f"a follow-up of {later_on} is already stored; its judgement does not change with this one",
    )
    return replace(judgement, warnings=(*judgement.warnings, words))


def _enrolments(scope: Scope, everything: Sequence[Enrolment], wanted: FollowupIn) -> list[Enrolment]:
    """The enrolment that each disease was managed under on the day of the visit (FU-VALID-02)."""
    faults: list[FieldError] = []
    found: list[Enrolment] = []
    for index, disease in enumerate(wanted.diseases):
        own = [each for each in everything if each.disease == disease.value and each.state in _MANAGED]
        own = [each for each in own if scope.includes(each.clinic_id)]
        covering = [each for each in own if _covers(each, wanted.visited_on)]
        if covering:
            found.append(covering[0])
        else:
            faults.append(_not_enrolled(own, index, disease, wanted.visited_on))
    if faults:
        raise Invalid(errors=tuple(faults))
    return found


def _covers(enrolment: Enrolment, on: date) -> bool:
    return enrolment.enrolled_on <= on and (enrolment.ended_on is None or on <= enrolment.ended_on)


def _not_enrolled(own: Sequence[Enrolment], index: int, disease: Disease, on: date) -> FieldError:
    if not own:
        return FieldError(f"/diseases/{index}", "not_enrolled", f"this person is not enrolled for {disease.value} here")
    if on < min(each.enrolled_on for each in own):
        code = validity.VisitDateProblem.BEFORE_ENROLMENT.value
        return FieldError("/visited_on", code, f"must not lie before the enrolment for {disease.value} (FU-VALID-02)")
    return FieldError("/visited_on", "not_enrolled_then", f"the enrolment for {disease.value} had ended by that day")


def _note_last(rows: Sequence[Followup], enrolments: Sequence[Enrolment]) -> None:
    for row, enrolment in zip(rows, enrolments, strict=True):
        if row.is_valid:
            enrolment.last_follow_up_on = max(enrolment.last_follow_up_on or row.visited_on, row.visited_on)


def bring_back(
    session: Session, scope: Scope, enrolments: Sequence[Enrolment], visited_on: date, *, now: datetime, on: date
) -> None:
    """LIFE-03: lost people who were seen are active again from that day; a visit before the loss changes nothing."""
    for enrolment in enrolments:
        if enrolment.state != EnrolmentState.LOST:
            continue
        lost_on = patients.events(session, scope, [enrolment.id])[-1].happened_on
        if visited_on >= lost_on:
            change = Change(EnrolmentState.ACTIVE, visited_on)
            enrolling.change(session, scope, enrolment.patient_id, enrolment.id, change, now=now, on=on)
