"""Putting people on file. Nothing here commits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical import identity_numbers
from cmc.clinical.codes import Sex
from cmc.clinical.identity_documents import IdentityDocument
from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.errors import PERSON_EXISTS, Conflict, FieldError, Invalid, invalid
from cmc.core.ids import new_id
from cmc.core.paging import decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients import basic_data, documents, queries, record_numbers, search_queries, search_terms, traits
from cmc.patients.basic_data import EARLIEST_BIRTH
from cmc.patients.codes import RevealReason
from cmc.patients.protected import Opened, Protected, ProtectedField, protect
from cmc.patients.schemas import PatientIn, PatientListed
from cmc.patients.search_schemas import SearchIn, SearchPage
from cmc.patients.search_terms import citizen_id_token
from cmc.patients.tables import Patient, PatientIdentifier

_ADD_TOKENS = text(
    "INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT token, clinic_id, patient_id FROM unnest(CAST(:tokens AS bigint[]), CAST(:clinics AS uuid[]),"
    " CAST(:people AS uuid[])) AS n (token, clinic_id, patient_id)"
)


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
    known = told(wanted, on)
    if known.card is not None:
        _refuse_known_card(session, scope, keys, known.card)
    _refuse_known_identifiers(session, scope, wanted)
    made = _made(session, scope, keys, wanted, known, under=key_check.current(session, keys), now=now)
    _store(session, scope, keys, [made])
    return Registration(made.patient, known.warnings)


def register_all(
    session: Session, scope: Scope, keys: Keyring, wanted: Sequence[PatientIn], *, now: datetime, on: date
) -> list[Registration]:
    """Put many people on file whom the caller has looked for and not found, in a constant number of statements.

    All or nobody: raises as `register` does when one of them cannot be stored, or is on file after all.
    """
    for clinic_id in {each.clinic_id for each in wanted}:
        organisations.clinic(session, scope, clinic_id)
    under = key_check.current(session, keys)
    known = [told(each, on) for each in wanted]
    made = [
        _made(session, scope, keys, each, one, under=under, now=now) for each, one in zip(wanted, known, strict=True)
    ]
    _store(session, scope, keys, made)
    return [Registration(each.patient, one.warnings) for each, one in zip(made, known, strict=True)]


class _Made(NamedTuple):
    """A person about to be stored: the row, what else was given, and the tokens to be found by."""

    patient: Patient
    wanted: PatientIn
    told: "Told"
    tokens: Collection[int]


def _made(
    session: Session, scope: Scope, keys: Keyring, wanted: PatientIn, known: "Told", *, under: bytes, now: datetime
) -> _Made:
    _refuse_citizen_ids(wanted)
    person_id = new_id()
    sealed = _sealed(keys, person_id, wanted, known.card, under)
    patient = Patient(
        id=person_id,
        clinic_id=wanted.clinic_id,
        sex=known.sex.value,
        birth_date=known.birth_date,
        birth_date_precision="day" if known.card else wanted.birth_date_precision,
        health_record_number=_record_number(session, scope, wanted),
        created_at=now,
        updated_at=now,
    )
    for column, value in sealed.columns().items():
        setattr(patient, column, value)
    return _Made(patient, wanted, known, sealed.tokens)


class Told(NamedTuple):
    """What a registration says of a person, read and checked in itself."""

    card: identity_numbers.CitizenId | None
    documents: Sequence[IdentityDocument]
    sex: Sex
    birth_date: date
    warnings: tuple[str, ...]


def told(wanted: PatientIn, on: date) -> Told:
    """Read a registration without looking at what is on file; raise `Invalid` as `register` does."""
    card = basic_data.card_of(wanted.citizen_id, on) if wanted.citizen_id else None
    parsed = documents.parsed(wanted.documents, on)
    return Told(card, parsed, *_sex_and_birth(wanted, card, parsed, on))


def _record_number(session: Session, scope: Scope, wanted: PatientIn) -> str | None:
    if wanted.health_record_number is not None:
        if wanted.village is not None:
            raise invalid("/village", "not_expected", "a number was given: no new one is needed")
        number = record_numbers.take(session, wanted.health_record_number)
        basic_data.refuse_known_number(session, scope, number)
        return number
    return None if wanted.village is None else record_numbers.issue(session, wanted.village)


def _store(session: Session, scope: Scope, keys: Keyring, made: Sequence[_Made]) -> None:
    """Write the rows; what is on file where this scope does not reach is a `Conflict` like the rest."""
    found_by = [(token, each.patient.clinic_id, each.patient.id) for each in made for token in each.tokens]
    values = {name: [row[at] for row in found_by] for at, name in enumerate(("tokens", "clinics", "people"))}
    try:
        with session.begin_nested():
            session.add_all([each.patient for each in made])
            session.flush()
            session.execute(_ADD_TOKENS, values)
            session.add_all(
                PatientIdentifier(system=n.system, value=n.value, patient_id=each.patient.id)
                for each in made
                for n in each.wanted.identifiers
            )
            session.flush()
            for each in made:
                _fill(session, scope, keys, each)
            traits.remember(session, keys, [each.patient for each in made])
    except IntegrityError as error:
        raise basic_data.as_conflict(error) from error


def _fill(session: Session, scope: Scope, keys: Keyring, made: _Made) -> None:
    wanted, parsed = made.wanted, made.told.documents
    if parsed or wanted.phones or wanted.information is not None:
        basic_data.fill(
            session, scope, keys, made.patient, parsed=parsed, phones=wanted.phones, information=wanted.information
        )


def _sex_and_birth(
    wanted: PatientIn, card: identity_numbers.CitizenId | None, parsed: Sequence[IdentityDocument], on: date
) -> tuple[Sex, date, tuple[str, ...]]:
    told: list[identity_numbers.CitizenId | IdentityDocument] = [*([card] if card else []), *parsed]
    sex = wanted.sex or next((each.sex for each in told if each.sex), None)
    birth_date = wanted.birth_date or next((each.birth for each in told if each.birth), None)
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


def _sealed(
    keys: Keyring, person_id: UUID, wanted: PatientIn, card: identity_numbers.CitizenId | None, under: bytes
) -> Protected:
    return protect(
        keys,
        person_id,
        name=wanted.name,
        citizen_id=card.number if card else None,
        citizen_id_original=card.original if card and card.original != card.number else None,
        phone=wanted.phone,
        address=wanted.address,
        under=under,
    )


def _refuse_known_card(session: Session, scope: Scope, keys: Keyring, card: identity_numbers.CitizenId) -> None:
    basic_data.refuse_known(session, scope, citizen_id_token(keys, card.number))


def _refuse_known_identifiers(session: Session, scope: Scope, wanted: PatientIn) -> None:
    _refuse_citizen_ids(wanted)
    for index, each in enumerate(wanted.identifiers):
        if queries.by_identifier(session, scope, each.system, [each.value]):
            raise Conflict(
                "this identifier is on file",
                code=PERSON_EXISTS,
                errors=(FieldError(f"/identifiers/{index}", "exists", "another record has this identifier"),),
            )


def _refuse_citizen_ids(wanted: PatientIn) -> None:
    for index, each in enumerate(wanted.identifiers):
        if identity_numbers.is_citizen_id(each.value):
            words = "a citizen ID belongs into citizen_id, where it is sealed"
            raise invalid(f"/identifiers/{index}/value", "citizen_id", words)


def search(session: Session, scope: Scope, keys: Keyring, wanted: SearchIn, *, on: date) -> SearchPage:
    """Return a page of the people that a text fits; raise `Invalid` when it is too short to look for anybody."""
    for clinic_id in filter(None, (wanted.clinic, wanted.outside)):
        organisations.clinic(session, scope, clinic_id)
    terms = search_terms.terms(keys, wanted.text)
    if terms is None:
        raise invalid("/text", "too_short", "give two characters of the name, four digits, or more")
    after = decode_cursor(wanted.cursor, tuple[UUID, UUID]) if wanted.cursor else None
    found = search_queries.search(
        session, scope, terms, clinic_id=wanted.clinic, outside_of=wanted.outside, after=after, limit=wanted.limit + 1
    )
    shown = found[: wanted.limit]
    page = SearchPage(
        kinds=list(terms.kinds),
        items=[PatientListed.of(keys, patient, on=on) for _, patient in shown],
        next_cursor=encode_cursor(shown[-1][0]) if len(found) > len(shown) else None,
    )
    places = {"clinic": wanted.clinic and str(wanted.clinic), "outside": wanted.outside and str(wanted.outside)}
    asked = {"kinds": [kind.value for kind in terms.kinds], **places}
    audit.seen(session, scope, "patient", (patient.id for _, patient in shown), act=Act.SEARCH, detail=asked)
    return page


def reveal(
    session: Session, scope: Scope, keys: Keyring, patient_id: UUID, field: ProtectedField, *, reason: RevealReason
) -> str | None:
    """Return one protected field in full; None when the record does not have it. Raises `NotFound` for a foreign id."""
    patient = queries.get(session, scope, patient_id)
    value = Opened(keys, patient).value(field)
    detail = {"field": field.value, "reason": reason.value}
    audit.seen(session, scope, "patient", [patient_id], act=Act.REVEAL, detail=detail)
    return value
