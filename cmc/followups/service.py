"""Judging and storing follow-up visits: `assess` and `record` differ only in the storing. Nothing here commits."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.alerts import service as alerts
from cmc.alerts.facts import contact_of
from cmc.audit import service as audit
from cmc.clinical.codes import FACE_TO_FACE, Disease, EnrolmentState
from cmc.clinical.enrolment import Change
from cmc.clinical.units import round_half_up
from cmc.core.errors import FieldError, Invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import encounter, queries, tasks
from cmc.followups.rules import judge, validity
from cmc.followups.rules.judgement import Judgement, governing_next_date
from cmc.followups.schemas import FollowupIn
from cmc.followups.tables import Followup
from cmc.patients import enrolling, touched
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient

_MANAGED = (EnrolmentState.ACTIVE, EnrolmentState.LOST, EnrolmentState.TERMINATED)
_COLUMNS = (
    "patient_id",
    "visited_on",
    "visited_time",
    "doctor",
    "sbp_mmhg",
    "dbp_mmhg",
    "heart_rate_bpm",
    "hypoglycaemia",
    "adherence",
    "foot_pulse",
    "mode",
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The stored records of one encounter, one for each disease; `replayed` when the key had stored them before."""

    rows: list[Followup]
    replayed: bool = False


def assess(session: Session, scope: Scope, wanted: FollowupIn, *, now: datetime, on: date) -> list[Followup]:
    """Judge an encounter without storing it: the rows that `record` would store now, one for each disease.

    Raises `NotFound` for a person outside the scope and `Invalid` with a pointer to every wrong field.
    """
    patient = patients.get(session, scope, wanted.patient_id)
    rows, _ = _judged(session, scope, patient, wanted, now=now, on=on)
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
    digest = None
    if idempotency_key is not None:
        digest = hashlib.sha256(wanted.model_dump_json().encode()).digest()
        queries.lock_key(session, scope, idempotency_key)
    patient = patients.get(session, scope, wanted.patient_id, for_update=True)
    if idempotency_key is not None:
        known = queries.by_key(session, scope, idempotency_key)
        if known:
            audit.seen(session, scope, "followup", [patient.id])
            return _replayed(known, digest)
    rows, enrolments = _judged(session, scope, patient, wanted, now=now, on=on)
    for row in rows:
        row.idempotency_key, row.request_digest = idempotency_key, digest
    session.add_all(rows)
    _note_last(rows, enrolments)
    session.flush()
    if wanted.mode in FACE_TO_FACE:
        _bring_back(session, scope, enrolments, wanted.visited_on, now=now, on=on)
    touched.mark(session, [patient.id], at=now)
    _answer_alerts(session, scope, rows[0], now=now)
    if reconcile:
        tasks.settle(session, scope, [patient.id], now=now)
    return Recorded(rows)


def _answer_alerts(session: Session, scope: Scope, row: Followup, *, now: datetime) -> None:
    """Close the alerts of critical readings that a contact answers: who made it and what was done stands in it."""
    contact, by = contact_of(row.visited_on, now), f"followup:{row.id}"
    alerts.by_contact(session, scope, row.patient_id, until=contact.until, known=contact.known, by=by, now=now)


def _replayed(known: list[Followup], digest: bytes | None) -> Recorded:
    if known[0].request_digest != digest:
        words = "this key has stored another visit: send a new key with a new visit"
        raise Invalid(words, code="idempotency-key-reused", errors=(FieldError("/idempotency_key", "reused", words),))
    return Recorded(known, replayed=True)


def _judged(
    session: Session, scope: Scope, patient: Patient, wanted: FollowupIn, *, now: datetime, on: date
) -> tuple[list[Followup], list[Enrolment]]:
    found = encounter.faults(wanted, now=now)
    if found:
        raise Invalid(errors=tuple(found))
    enrolments = _enrolments(session, scope, patient, wanted)
    before = queries.before(session, scope, patient.id, wanted.diseases, before=wanted.visited_on)
    later = queries.next_after(session, scope, patient.id, wanted.diseases, after=wanted.visited_on)
    judgements = [
        _warned(
            judge(disease, encounter.facts(wanted, patient.birth_date, before[disease]), wanted.visited_on),
            later.get(disease),
        )
        for disease in wanted.diseases
    ]
    found = encounter.next_visit_faults(wanted, judgements)
    if found:
        raise Invalid(errors=tuple(found))
    governing = governing_next_date(judgements)
    encounter_id = new_id()
    rows = [
        _row(scope, encounter_id, wanted, enrolment.clinic_id, judgement, governing, now=now, on=on)
        for enrolment, judgement in zip(enrolments, judgements, strict=True)
    ]
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


def _enrolments(session: Session, scope: Scope, patient: Patient, wanted: FollowupIn) -> list[Enrolment]:
    """The enrolment that each disease was managed under on the day of the visit (FU-VALID-02)."""
    everything = patients.enrolments(session, scope, patient.id)
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


def _row(
    scope: Scope,
    encounter_id: UUID,
    wanted: FollowupIn,
    clinic_id: UUID,
    judgement: Judgement,
    governing: date,
    *,
    now: datetime,
    on: date,
) -> Followup:
    next_visit_on = wanted.next_visit_on or governing
    missing = encounter.missing(wanted, judgement, next_visit_on)
    return Followup(
        id=new_id(),
        encounter_id=encounter_id,
        clinic_id=clinic_id,
        disease=judgement.disease.value,
        **{name: getattr(wanted, name) for name in _COLUMNS},
        weight_kg=None if wanted.weight_kg is None else round_half_up(wanted.weight_kg, Decimal("0.1")),
        fasting_glucose_umol_l=encounter.fasting_umol_l(wanted),
        fasting_glucose_bound=wanted.fasting_glucose_flag,
        other_glucose_umol_l=encounter.other_umol_l(wanted),
        other_glucose_bound=wanted.other_glucose_flag,
        other_glucose_period=encounter.other_period(wanted),
        symptoms=encounter.symptoms(wanted, judgement.disease),
        form=wanted.model_dump(mode="json", include=set(encounter.FORM_FIELDS), exclude_defaults=True),
        classification=judgement.classification,
        is_controlled=judgement.controlled,
        action=judgement.action.value,
        referral_reason=judgement.referral_reason.value if judgement.referral_reason else None,
        next_visit_on=next_visit_on,
        next_visit_latest_on=governing,
        emergency_codes=[criterion.value for criterion in judgement.emergencies],
        rule_ids=list(judgement.rule_ids),
        reasons=_words(judgement.reasons),
        warnings=_words(judgement.warnings),
        inputs=judgement.inputs,
        ruleset=judgement.ruleset_id,
        is_valid=not missing,
        missing_fields=missing,
        is_late_entry=validity.entered_late(wanted.visited_on, on),
        actor=scope.actor,
        recorded_at=now,
    )


def _words(texts: Sequence[Text]) -> list[dict[str, str]]:
    return [{"zh": text.zh, "en": text.en} for text in texts]


def _note_last(rows: Sequence[Followup], enrolments: Sequence[Enrolment]) -> None:
    for row, enrolment in zip(rows, enrolments, strict=True):
        if row.is_valid:
            enrolment.last_follow_up_on = max(enrolment.last_follow_up_on or row.visited_on, row.visited_on)


def _bring_back(
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
