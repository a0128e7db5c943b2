"""A person's basic data: what is filled in at registration, and its change afterwards. Nothing here commits."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.clinical import identity_numbers
from cmc.clinical.basic_information import contradicts_none
from cmc.clinical.identity_documents import IdentityDocument
from cmc.core.crypto import Keyring
from cmc.core.errors import PERSON_EXISTS, Conflict, FieldError, Invalid, invalid
from cmc.core.etag import require_match
from cmc.core.scope import Scope
from cmc.patients import documents, queries, search_terms, touched, traits
from cmc.patients.identity_schemas import InformationFields, PatientChange, PhoneIn
from cmc.patients.protected import Opened
from cmc.patients.record_schemas import FormerRecord, PatientRecord
from cmc.patients.schemas import PatientOut
from cmc.patients.search_terms import citizen_id_token
from cmc.patients.tables import BasicInformation, Patient

EARLIEST_BIRTH: Final = date(1880, 1, 1)
_ONE_OF_LIST: Final = ("drug_allergies", "exposures", "disabilities")
_NEVER_EMPTY: Final = ("name", "sex", "birth_date", "birth_date_precision")
_CARD_WORDS: Final = {
    identity_numbers.IdentityProblem.LENGTH: "a citizen ID has 18 characters, or 15 in the old form",
    identity_numbers.IdentityProblem.CHARACTERS: "a citizen ID has digits, and X only as the last character",
    identity_numbers.IdentityProblem.CHECK_DIGIT: "the last character does not fit the others: a digit is mistyped",
    identity_numbers.IdentityProblem.BIRTH_DATE: "the birth date inside the number does not exist",
    identity_numbers.IdentityProblem.FUTURE_BIRTH: "the birth date inside the number lies in the future",
}
_DROP_TOKENS: Final = text(
    "DELETE FROM patient_token WHERE patient_id = :patient_id AND token = ANY(CAST(:tokens AS bigint[]))"
)
_ADD_TOKENS: Final = text(
    "INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT token, clinic_id, CAST(:patient_id AS uuid) FROM unnest(CAST(:tokens AS bigint[])) AS token"
    " CROSS JOIN (SELECT clinic_id FROM patient WHERE id = :patient_id"
    " UNION SELECT clinic_id FROM enrolment WHERE patient_id = :patient_id) AS clinic ON CONFLICT DO NOTHING"
)


def card_of(number: str, on: date) -> identity_numbers.CitizenId:
    """Return the parsed citizen ID; raise `Invalid` that says what is wrong with it."""
    try:
        return identity_numbers.parse_citizen_id(number, on)
    except identity_numbers.IdentityNumberError as error:
        raise invalid("/citizen_id", error.reason.lower(), _CARD_WORDS[error.reason]) from error


def refuse_known(session: Session, scope: Scope, token: bytes, *, but: UUID | None = None) -> None:
    """Raise `Conflict` when a document is on another person's file: with its address, or "ask for a transfer"."""
    known = queries.by_document(session, token)
    if known is not None and known.id != but:
        raise Conflict(f"this document is on file; {_where(session, scope, known)}", code=PERSON_EXISTS)


def refuse_known_number(session: Session, scope: Scope, number: str) -> None:
    """As `refuse_known`, of a health-record number."""
    known = queries.by_health_record_number(session, number)
    if known is not None:
        raise Conflict(f"this health-record number is on file; {_where(session, scope, known)}", code=PERSON_EXISTS)


def _where(session: Session, scope: Scope, known: Patient) -> str:
    stands = queries.holder(session, scope, known.id) if known.merged_into is not None else known
    inside = stands is not None and scope.includes(stands.clinic_id)
    return f"the record is /v1/patients/{stands.id}" if stands is not None and inside else "ask for a transfer"


def information_faults(wanted: InformationFields) -> list[FieldError]:
    """Return what contradicts itself: "none" beside another code, a code named twice."""
    lists: dict[str, Sequence[Any]] = {name: getattr(wanted, name) or () for name in _ONE_OF_LIST}
    lists["payments"] = wanted.payments or ()
    lists["diseases"] = [each.code for each in wanted.diseases or ()]
    family = [("family", codes) for codes in (wanted.family or {}).values()]
    found = []
    for name, codes in [*lists.items(), *family]:
        if name != "payments" and contradicts_none(codes):
            found.append(FieldError(f"/information/{name}", "none_and_more", "1 (none) excludes the rest"))
        if name != "diseases" and len(set(codes)) < len(codes):
            found.append(FieldError(f"/information/{name}", "repeated", "each code once"))
    return found


def store_information(session: Session, patient_id: UUID, wanted: InformationFields) -> None:
    """Store the form's fields that were given; raise `Invalid` when they contradict themselves."""
    if faults := information_faults(wanted):
        raise Invalid(errors=tuple(faults))
    row = session.get(BasicInformation, patient_id) or BasicInformation(patient_id=patient_id)
    given = wanted.model_dump(mode="json", include=wanted.model_fields_set)
    for name, value in given.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def record(session: Session, scope: Scope, keys: Keyring, patient_id: UUID, *, on: date) -> PatientRecord:
    """Return a person with all basic data, and note who saw it; of a merged id the record that took it over.

    Raises `NotFound` for a foreign person.
    """
    patient = queries.holder(session, scope, patient_id) or queries.get(session, scope, patient_id)
    audit.seen(session, scope, "patient", [patient.id, patient_id])
    return shown(session, scope, keys, patient, asked_for=patient_id, on=on)


def shown(
    session: Session, scope: Scope, keys: Keyring, patient: Patient, *, asked_for: UUID, on: date
) -> PatientRecord:
    """Return the record as answers show it: numbers and phones masked."""
    former = queries.taken_over(session, scope, patient.id)
    ids = [patient.id, *(other.id for _, other in former)]
    held, phones = queries.documents_of(session, ids), queries.phones_of(session, ids)
    opened = {each.id: Opened(keys, each) for each in (patient, *(other for _, other in former))}
    information = session.get(BasicInformation, patient.id) or BasicInformation(patient_id=patient.id)

    def lists(of: UUID) -> dict[str, Any]:
        return {
            "documents": documents.shown(opened[of], [row for row in held if row.patient_id == of]),
            "phones": documents.shown_phones(opened[of], [row for row in phones if row.patient_id == of]),
        }

    return PatientRecord(
        **PatientOut.of(keys, patient, on=on).model_dump(),
        **lists(patient.id),
        asked_for=asked_for,
        information=InformationFields.of(information),
        merged=[
            FormerRecord(
                id=each.id, merge_id=merge.id, health_record_number=each.health_record_number, **lists(each.id)
            )
            for merge, each in former
        ],
    )


def change(
    session: Session,
    scope: Scope,
    keys: Keyring,
    patient_id: UUID,
    wanted: PatientChange,
    *,
    if_match: str | None,
    now: datetime,
    on: date,
) -> Patient:
    """Change what was given of a person's basic data; what was left out stays.

    Raises `NotFound`, `VersionNeeded` or `Stale` (If-Match names the version that was read), `Invalid`, and `Conflict`
    when a document is on another person's file.
    """
    patient = queries.get(session, scope, patient_id, for_update=True)
    require_match(if_match, patient.version)
    given = wanted.model_fields_set
    _check(patient, wanted, on)
    opened = Opened(keys, patient)
    before = _tokens(session, keys, opened, patient.id)
    try:
        with session.begin_nested():
            _identity(session, scope, keys, patient, opened, wanted, on)
            _lists(session, scope, keys, patient, opened, wanted, on)
    except IntegrityError as error:
        raise as_conflict(error) from error
    if "information" in given and wanted.information is not None:
        store_information(session, patient.id, wanted.information)
    patient.updated_at, patient.version = now, patient.version + 1
    session.flush()
    _find_anew(session, patient.id, before, _tokens(session, keys, Opened(keys, patient), patient.id))
    traits.remember(session, keys, [patient])
    touched.mark(session, [patient.id], at=now)
    return patient


def as_conflict(error: IntegrityError) -> Exception:
    """Return what a unique key means that only the database could see, else the error itself."""
    if getattr(error.orig, "sqlstate", None) != UniqueViolation.sqlstate:
        return error
    return Conflict("this person is on file; ask for a transfer", code=PERSON_EXISTS)


def _check(patient: Patient, wanted: PatientChange, on: date) -> None:
    faults = [
        FieldError(f"/{name}", "missing", "may be changed, not taken away")
        for name in _NEVER_EMPTY
        if name in wanted.model_fields_set and getattr(wanted, name) is None
    ]
    if wanted.birth_date is not None and not EARLIEST_BIRTH <= wanted.birth_date <= (patient.died_on or on):
        words = f"must lie between {EARLIEST_BIRTH} and today, and not after the death"
        faults.append(FieldError("/birth_date", "out_of_range", words))
    if patient.erased_at is not None:
        raise Conflict("this record is a stump: its identity was destroyed", code="erased")
    if faults:
        raise Invalid(errors=tuple(faults))


def _identity(
    session: Session, scope: Scope, keys: Keyring, patient: Patient, opened: Opened, wanted: PatientChange, on: date
) -> None:
    given = wanted.model_fields_set

    def sealed(column: str, value: str | None) -> bytes | None:
        return None if value is None else opened.seal(f"patient.{column}|{patient.id}", value)

    for column in ("name", "phone", "address"):
        if column in given and getattr(wanted, column) != getattr(opened, column):
            setattr(patient, f"{column}_cipher", sealed(column, getattr(wanted, column)))
    if "citizen_id" in given:
        card = card_of(wanted.citizen_id, on) if wanted.citizen_id else None
        token = citizen_id_token(keys, card.number) if card else None
        if token != patient.citizen_id_token:
            if token is not None:
                refuse_known(session, scope, token, but=patient.id)
            original = card.original if card and card.original != card.number else None
            patient.citizen_id_token = token
            patient.citizen_id_cipher = sealed("citizen_id", card.number if card else None)
            patient.citizen_id_original_cipher = sealed("citizen_id_original", original)
    for column in ("sex", "birth_date", "birth_date_precision"):
        if column in given:
            setattr(patient, column, getattr(wanted, column))
    session.flush()


def _lists(
    session: Session, scope: Scope, keys: Keyring, patient: Patient, opened: Opened, wanted: PatientChange, on: date
) -> None:
    if "documents" in wanted.model_fields_set:
        parsed = documents.parsed(wanted.documents or [], on)
        store_documents(session, scope, keys, patient, opened, parsed)
    if "phones" in wanted.model_fields_set:
        documents.replace_phones(session, patient, opened, wanted.phones or [])


def store_documents(
    session: Session,
    scope: Scope,
    keys: Keyring,
    patient: Patient,
    opened: Opened,
    parsed: Sequence[IdentityDocument],
) -> None:
    """Store a person's documents; raise `Conflict` when one is on another person's file."""
    for each in parsed:
        refuse_known(session, scope, documents.token(keys, each.kind, each.number), but=patient.id)
    documents.replace(session, keys, patient, opened, parsed)


def fill(
    session: Session,
    scope: Scope,
    keys: Keyring,
    patient: Patient,
    *,
    parsed: Sequence[IdentityDocument],
    phones: Sequence[PhoneIn],
    information: InformationFields | None,
) -> None:
    """Store what a new person's registration brought beside the row itself."""
    opened = Opened(keys, patient)
    if parsed:
        store_documents(session, scope, keys, patient, opened, parsed)
    if phones:
        documents.replace_phones(session, patient, opened, phones)
        _find_anew(session, patient.id, set(), _tokens(session, keys, opened, patient.id))
    if information is not None:
        store_information(session, patient.id, information)


def _tokens(session: Session, keys: Keyring, opened: Opened, patient_id: UUID) -> set[int]:
    phones = queries.phones_of(session, [patient_id])
    others = [number for row in phones if (number := documents.phone_of(opened, row))]
    found = search_terms.tokens(
        keys, name=opened.name, citizen_id=opened.citizen_id, phone=opened.phone, other_phones=others
    )
    return set(found)


def _find_anew(session: Session, patient_id: UUID, before: set[int], after: set[int]) -> None:
    """Let a person be found by what they are now, at every clinic that may look for them."""
    session.execute(_DROP_TOKENS, {"patient_id": patient_id, "tokens": sorted(before - after)})
    session.execute(_ADD_TOKENS, {"patient_id": patient_id, "tokens": sorted(after - before)})
