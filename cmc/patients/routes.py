"""HTTP of people and enrolments."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.enrolment import Change, ContactEvidence
from cmc.core import clock
from cmc.core.etag import IfMatch, tagged
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, SeeingSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.organisations import queries as organisations
from cmc.patients import basic_data, consents, enrolling, listing, queries, recent, service
from cmc.patients.consent_schemas import ConsentIn, ConsentList, ConsentOut
from cmc.patients.identity_schemas import PatientChange
from cmc.patients.listing import PeopleAsked
from cmc.patients.recent import PeopleOpened
from cmc.patients.record_schemas import PatientRecord
from cmc.patients.schemas import (
    DeathIn,
    EnrolmentChangeIn,
    EnrolmentIn,
    EnrolmentList,
    EnrolmentOut,
    PatientCreated,
    PatientIn,
    PatientListed,
    PatientOut,
    PatientPage,
    ReferralIn,
    TransferIn,
)
from cmc.patients.search_schemas import RevealIn, RevealOut, SearchIn, SearchPage
from cmc.patients.tables import Enrolment, Patient

router = APIRouter(prefix="/v1/patients", tags=["patients"])


@router.post("", status_code=201, responses=describe(400, 404, 409), dependencies=[requires(Right.WRITE_PEOPLE)])
def register_patient(body: PatientIn, session: SeeingSession, scope: CurrentScope, keys: Keys) -> PatientCreated:
    """Put a person on file; a citizen ID that is on file already is refused with 409 and the record's address."""
    today = clock.today()
    stored = service.register(session, scope, keys, body, now=clock.now(), on=today)
    return PatientCreated(**PatientOut.of(keys, stored.patient, on=today).model_dump(), warnings=list(stored.warnings))


@router.get("", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_patients(
    asked: Annotated[PeopleAsked, Query()], session: SeeingSession, scope: CurrentScope, keys: Keys
) -> PatientPage:
    """People on file, narrowed and sorted, a page at a time; masked. To find somebody, use `:search`."""
    if asked.clinic is not None:
        organisations.clinic(session, scope, asked.clinic)
    today = clock.today()
    found, more = listing.page(session, scope, asked, on=today)
    detail = asked.model_dump(mode="json", exclude_none=True, exclude={"cursor", "limit", "doctor"})
    audit.seen(session, scope, "patient", (each.id for each in found), act=Act.LIST, detail=detail)
    return PatientPage(items=[PatientListed.of(keys, each, on=today) for each in found], next_cursor=more)


@router.get("/{patient_id}", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_patient(
    patient_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys, response: Response
) -> PatientRecord:
    """One person with all basic data, numbers masked; of a merged id the one that took it over. ETag: version."""
    found = basic_data.record(session, scope, keys, patient_id, on=clock.today())
    return tagged(response, found, found.version)


@router.patch("/{patient_id}", responses=describe(400, 404, 409, 412, 428), dependencies=[requires(Right.WRITE_PEOPLE)])
def change_patient(
    patient_id: UUID,
    body: PatientChange,
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    response: Response,
    if_match: IfMatch = None,
) -> PatientRecord:
    """Change basic data; If-Match names the version that was read (428 without it, 412 when it is an old one)."""
    today = clock.today()
    changed = basic_data.change(session, scope, keys, patient_id, body, if_match=if_match, now=clock.now(), on=today)
    shown = basic_data.shown(session, scope, keys, changed, asked_for=patient_id, on=today)
    return tagged(response, shown, shown.version)


@router.post(":search", responses=describe(400, 404), dependencies=[requires(Right.READ_PEOPLE)])
def search_patients(
    body: SearchIn, session: SeeingSession, scope: CurrentScope, keys: Keys, request: Request
) -> SearchPage:
    """Find people of the scope by citizen ID, phone, last four, part of the name or pinyin initials; masked."""
    request.app.state.limits.require_few_searches(scope.actor)
    return service.search(session, scope, keys, body, on=clock.today())


@router.get(":opened", dependencies=[requires(Right.READ_PEOPLE)])
def list_opened_patients(session: SeeingSession, scope: CurrentScope, keys: Keys) -> PeopleOpened:
    """The last eight people whose record the caller opened, masked: what an empty search offers."""
    found = recent.opened(session, scope, now=clock.now())
    audit.seen(session, scope, "patient", (each.id for each in found), act=Act.LIST, detail={"list": "opened"})
    today = clock.today()
    return PeopleOpened(items=[PatientListed.of(keys, each, on=today) for each in found])


@router.post(
    "/{patient_id}:reveal", responses=describe(400, 404), dependencies=[requires(Right.REVEAL_FIELDS, opening=True)]
)
def reveal_field(
    patient_id: UUID, body: RevealIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> RevealOut:
    """Give one protected field in full; who asked and why is kept."""
    value = service.reveal(session, scope, keys, patient_id, body.field, reason=body.reason)
    return RevealOut(field=body.field, value=value)


@router.post(
    "/{patient_id}:record-death", responses=describe(400, 404, 409), dependencies=[requires(Right.WRITE_PEOPLE)]
)
def record_death(
    patient_id: UUID, body: DeathIn, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> PatientOut:
    """Record a person's death; every open enrolment, at whichever clinic, ends on that day (LIFE-01)."""
    today = clock.today()
    stored = enrolling.record_death(
        session, scope, patient_id, died_on=body.died_on, cause=body.cause, now=clock.now(), on=today
    )
    return PatientOut.of(keys, stored, on=today)


@router.get("/{patient_id}/enrolments", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_enrolments(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> EnrolmentList:
    """A person's enrolments with their history, newest first."""
    queries.get(session, scope, patient_id)
    audit.seen(session, scope, "enrolment", [patient_id])
    found = queries.enrolments(session, scope, patient_id)
    return EnrolmentList(items=[_shown(session, scope, each) for each in found])


@router.post(
    "/{patient_id}/enrolments",
    status_code=201,
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def enrol_patient(patient_id: UUID, body: EnrolmentIn, session: SeeingSession, scope: CurrentScope) -> EnrolmentOut:
    """Take a person into management of one disease (HTN-EN-01); one open enrolment per person and disease."""
    stored = enrolling.enrol(session, scope, patient_id, body, now=clock.now(), on=clock.today())
    return _shown(session, scope, stored)


@router.post(
    "/{patient_id}/enrolments/{enrolment_id}/changes",
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def change_enrolment(
    patient_id: UUID, enrolment_id: UUID, body: EnrolmentChangeIn, session: SeeingSession, scope: CurrentScope
) -> EnrolmentOut:
    """Change the state of an enrolment: lost with evidence, back in care, ended with reason (LIFE-01…04)."""
    evidence = ContactEvidence(**body.evidence.model_dump()) if body.evidence else None
    given = body.model_dump(include={"to_state", "on", "reason", "confirmed_on", "confirmed_at", "doctor", "consent"})
    wanted = Change(**given, evidence=evidence)
    stored = enrolling.change(
        session, scope, patient_id, enrolment_id, wanted, note=body.note, now=clock.now(), on=clock.today()
    )
    return _shown(session, scope, stored)


@router.post(
    "/{patient_id}/enrolments/{enrolment_id}:refer",
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def refer_suspicion(
    patient_id: UUID, enrolment_id: UUID, body: ReferralIn, session: SeeingSession, scope: CurrentScope
) -> EnrolmentOut:
    """Note that a suspicion was referred up; its result is asked for within 2 weeks (HTN-SC-02)."""
    stored = enrolling.refer(
        session, scope, patient_id, enrolment_id, referred_on=body.on, now=clock.now(), on=clock.today()
    )
    return _shown(session, scope, stored)


@router.post(
    "/{patient_id}/enrolments/{enrolment_id}:transfer",
    status_code=201,
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.TRANSFER_PEOPLE)],
)
def transfer_enrolment(
    patient_id: UUID, enrolment_id: UUID, body: TransferIn, session: SeeingSession, scope: CurrentScope
) -> EnrolmentOut:
    """Move an enrolment to another clinic (LIFE-05); answers with the new enrolment."""
    stored = enrolling.transfer(
        session,
        scope,
        patient_id,
        enrolment_id,
        body.to_clinic_id,
        on=body.on,
        note=body.note,
        now=clock.now(),
        today=clock.today(),
    )
    return _shown(session, scope, stored)


@router.get("/{patient_id}/consents", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_consents(patient_id: UUID, session: SeeingSession, scope: CurrentScope) -> ConsentList:
    """On what grounds data of a person are or were used, newest first."""
    queries.get(session, scope, patient_id)
    audit.seen(session, scope, "consent", [patient_id])
    return ConsentList(items=[ConsentOut.of(each) for each in queries.consents(session, scope, patient_id)])


@router.post(
    "/{patient_id}/consents",
    status_code=201,
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def give_consent(patient_id: UUID, body: ConsentIn, session: SeeingSession, scope: CurrentScope) -> ConsentOut:
    """Record the ground for a purpose; one stands for each purpose at a time."""
    return ConsentOut.of(consents.give(session, scope, patient_id, body, now=clock.now()))


@router.post(
    "/{patient_id}/consents/{consent_id}:withdraw",
    responses=describe(404, 409),
    dependencies=[requires(Right.WRITE_PEOPLE)],
)
def withdraw_consent(patient_id: UUID, consent_id: UUID, session: SeeingSession, scope: CurrentScope) -> ConsentOut:
    """End a consent; enrolments stay until they are ended."""
    return ConsentOut.of(consents.withdraw(session, scope, patient_id, consent_id, now=clock.now()))


def _shown(session: SeeingSession, scope: CurrentScope, enrolment: Enrolment) -> EnrolmentOut:
    birth = session.get_one(Patient, enrolment.patient_id).birth_date
    return EnrolmentOut.of(enrolment, queries.events(session, scope, [enrolment.id]), birth=birth)
