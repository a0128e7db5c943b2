"""Putting people on file. Nothing here commits."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cmc.clinical import identity_numbers
from cmc.clinical.codes import Sex
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, FieldError, Invalid, invalid
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import queries
from cmc.patients.schemas import PatientIn
from cmc.patients.tables import Patient, PatientIdentifier

_CARD_WORDS = {
    identity_numbers.IdentityProblem.LENGTH: "a citizen ID has 18 characters, or 15 in the old form",
    identity_numbers.IdentityProblem.CHARACTERS: "a citizen ID has digits, and X only as the last character",
    identity_numbers.IdentityProblem.CHECK_DIGIT: "the last character does not fit the others: a digit is mistyped",
    identity_numbers.IdentityProblem.BIRTH_DATE: "the birth date inside the number does not exist",
    identity_numbers.IdentityProblem.FUTURE_BIRTH: "the birth date inside the number lies in the future",
}

EARLIEST_BIRTH = date(1880, 1, 1)


@dataclass(frozen=True, slots=True)
class Registration:
    """The stored person and the codes of what a nurse should check."""

    patient: Patient
    warnings: tuple[str, ...]


def register(
    session: Session, scope: Scope, keys: Keyring, wanted: PatientIn, *, now: datetime, on: date
) -> Registration:
    """Put a person on file.

    Raises `Invalid` for a wrong citizen ID or missing sex or birth date, `NotFound` for a foreign clinic, `Conflict`
    when the citizen ID or an identifier is on file already (IDC-01…06).
    """
    organisations.clinic(session, scope, wanted.clinic_id)
    card = _citizen_id(wanted.citizen_id, on) if wanted.citizen_id else None
    sex, birth_date, warnings = _sex_and_birth(wanted, card, on)
    patient = Patient(
        id=new_id(),
        clinic_id=wanted.clinic_id,
        name=wanted.name,
        sex=sex.value,
        birth_date=birth_date,
        birth_date_precision="day" if card else wanted.birth_date_precision,
        phone=wanted.phone,
        address=wanted.address,
        created_at=now,
        updated_at=now,
    )
    if card is not None:
        _protect(session, scope, keys, patient, card)
    _refuse_known_identifiers(session, scope, wanted)
    numbers = [
        PatientIdentifier(system=each.system, value=each.value, patient_id=patient.id) for each in wanted.identifiers
    ]
    _store(session, patient, numbers)
    return Registration(patient, warnings)


def _store(session: Session, patient: Patient, numbers: list[PatientIdentifier]) -> None:
    """Write the rows; what is on file where this scope does not reach is a `Conflict` like the rest."""
    try:
        with session.begin_nested():
            session.add(patient)
            session.flush()
            session.add_all(numbers)
            session.flush()
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != UniqueViolation.sqlstate:
            raise
        raise Conflict("this person is on file; ask for a transfer", code="person-exists") from error


def _citizen_id(number: str, on: date) -> identity_numbers.CitizenId:
    try:
        return identity_numbers.parse_citizen_id(number, on)
    except identity_numbers.IdentityNumberError as error:
        raise invalid("/citizen_id", error.reason.lower(), _CARD_WORDS[error.reason]) from error


def _sex_and_birth(
    wanted: PatientIn, card: identity_numbers.CitizenId | None, on: date
) -> tuple[Sex, date, tuple[str, ...]]:
    sex, birth_date = wanted.sex or (card and card.sex), wanted.birth_date or (card and card.birth)
    missing = [
        FieldError(f"/{field}", "missing", "needed when there is no citizen ID")
        for field, value in (("sex", sex), ("birth_date", birth_date))
        if not value
    ]
    if not sex or not birth_date:
        raise Invalid(errors=tuple(missing))
    if not EARLIEST_BIRTH <= birth_date <= on:
        raise invalid("/birth_date", "out_of_range", f"must lie between {EARLIEST_BIRTH} and today")
    if card is None:
        return sex, birth_date, ()
    differs = identity_numbers.mismatch(card, birth_date, sex)
    found = (("sex_differs_from_citizen_id", differs.sex), ("birth_date_differs_from_citizen_id", differs.birth))
    return sex, birth_date, tuple(code for code, wrong in found if wrong)


def _protect(session: Session, scope: Scope, keys: Keyring, patient: Patient, card: identity_numbers.CitizenId) -> None:
    known = queries.by_citizen_id(session, token_of(keys, card))
    if known is not None:
        where = f"the record is /v1/patients/{known.id}" if scope.includes(known.clinic_id) else "ask for a transfer"
        raise Conflict(f"this citizen ID is on file; {where}", code="person-exists")
    for name, value in protected(keys, patient.id, card).items():
        setattr(patient, name, value)


def protected(keys: Keyring, patient_id: UUID, card: identity_numbers.CitizenId) -> dict[str, bytes | str | None]:
    """Return the columns that hold a person's citizen ID: token, ciphertexts and mask (IDC-05, IDC-06)."""
    original = None
    if card.original != card.number:
        original = keys.encrypt(card.original, context=f"patient.citizen_id_original|{patient_id}")
    return {
        "citizen_id_token": token_of(keys, card),
        "citizen_id_cipher": keys.encrypt(card.number, context=f"patient.citizen_id|{patient_id}"),
        "citizen_id_original_cipher": original,
        "citizen_id_masked": identity_numbers.mask(card.number),
    }


def token_of(keys: Keyring, card: identity_numbers.CitizenId) -> bytes:
    """Return the look-up token of a citizen ID."""
    return keys.token("citizen-id", card.number)


def _refuse_known_identifiers(session: Session, scope: Scope, wanted: PatientIn) -> None:
    for index, each in enumerate(wanted.identifiers):
        if queries.by_identifier(session, scope, each.system, [each.value]):
            raise Conflict(
                "this identifier is on file",
                code="person-exists",
                errors=(FieldError(f"/identifiers/{index}", "exists", "another record has this identifier"),),
            )
