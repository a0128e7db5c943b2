"""Documents and phones of a person: parsed, sealed under the person's key, found by tokens. Nothing here commits."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.identity_documents import DocumentKind, IdentityDocument, parse_document, recognise
from cmc.clinical.identity_numbers import IdentityNumberError, IdentityProblem
from cmc.core.crypto import Keyring
from cmc.core.errors import invalid
from cmc.core.ids import new_id
from cmc.patients.identity_schemas import DocumentIn, DocumentOut, PhoneIn, PhoneOut
from cmc.patients.masks import mask_citizen_id, mask_name, mask_phone
from cmc.patients.protected import Opened
from cmc.patients.search_terms import citizen_id_token
from cmc.patients.tables import Patient, PatientDocument, PatientPhone

WORDS: Final = {
    IdentityProblem.LENGTH: "the number is too short or too long for a document of this kind",
    IdentityProblem.CHARACTERS: "the number holds a character that documents of this kind do not have",
    IdentityProblem.CHECK_DIGIT: "the last character does not fit the others: a digit is mistyped",
    IdentityProblem.BIRTH_DATE: "the birth date inside the number does not exist",
    IdentityProblem.FUTURE_BIRTH: "the birth date inside the number lies in the future",
    IdentityProblem.KIND: "the number belongs to a document of another kind",
}


def parsed(documents: Sequence[DocumentIn], on: date) -> list[IdentityDocument]:
    """Return the documents; raise `Invalid` that names the first wrong one, or one that is there twice."""
    found: list[IdentityDocument] = []
    for index, each in enumerate(documents):
        one = parsed_one(each.kind, each.number, on, pointer=f"/documents/{index}")
        if (one.kind, one.number) in {(other.kind, other.number) for other in found}:
            raise invalid(f"/documents/{index}", "repeated", "this document is in the list already")
        found.append(one)
    return found


def parsed_one(kind: DocumentKind, number: str, on: date, *, pointer: str) -> IdentityDocument:
    """Return one document beside the citizen ID, or raise `Invalid`."""
    if kind in {DocumentKind.CITIZEN_ID, DocumentKind.NONE}:
        words = "a citizen ID belongs into citizen_id; who showed no document has none in the list"
        raise invalid(f"{pointer}/kind", "not_here", words)
    try:
        document = parse_document(kind, number, on)
    except IdentityNumberError as error:
        raise invalid(f"{pointer}/number", error.reason.lower(), WORDS[error.reason]) from error
    if document is None:
        raise invalid(f"{pointer}/number", "missing", "give the number of the document")
    return document


def token(keys: Keyring, kind: DocumentKind, number: str) -> bytes:
    """Return the look-up token of a document. A number under the citizens' rule has one token, whatever its kind."""
    if len(number) == 18 and kind is not DocumentKind.PASSPORT:
        return citizen_id_token(keys, number)
    return keys.token("document", f"{kind.value}|{number}")


def token_of_number(keys: Keyring, number: str, on: date) -> bytes | None:
    """Return the token of a number typed without its kind; None when it is no document for certain."""
    document = recognise(number, on)
    return None if document is None else token(keys, document.kind, document.number)


def replace(
    session: Session, keys: Keyring, patient: Patient, opened: Opened, documents: Sequence[IdentityDocument]
) -> None:
    """Store these documents as all that the person has beside the citizen ID; those that stay keep their row."""
    wanted = {token(keys, each.kind, each.number): each for each in documents}
    for row in session.query(PatientDocument).where(col(PatientDocument.patient_id) == patient.id).all():
        if wanted.pop(row.token, None) is None:
            session.delete(row)
    session.flush()
    for key, each in wanted.items():
        row_id = new_id()
        sealed = opened.seal(f"patient_document.number|{row_id}", each.number)
        document = PatientDocument(
            id=row_id, patient_id=patient.id, kind=each.kind.value, number_cipher=sealed, token=key
        )
        session.add(document)
    session.flush()


def replace_phones(session: Session, patient: Patient, opened: Opened, phones: Sequence[PhoneIn]) -> None:
    """Store these phones as all that the person has beside the main one."""
    session.execute(delete(PatientPhone).where(col(PatientPhone.patient_id) == patient.id))
    for each in phones:
        row_id = new_id()
        contact = opened.seal(f"patient_phone.contact|{row_id}", each.contact) if each.contact else None
        session.add(
            PatientPhone(
                id=row_id,
                patient_id=patient.id,
                relation=each.relation.value,
                phone_cipher=opened.seal(f"patient_phone.phone|{row_id}", each.phone),
                contact_cipher=contact,
            )
        )
    session.flush()


def number_of(opened: Opened, row: PatientDocument) -> str | None:
    """Return a document's number in clear."""
    return opened.read(f"patient_document.number|{row.id}", row.number_cipher)


def phone_of(opened: Opened, row: PatientPhone) -> str | None:
    """Return a phone in clear."""
    return opened.read(f"patient_phone.phone|{row.id}", row.phone_cipher)


def shown(opened: Opened, rows: Sequence[PatientDocument]) -> list[DocumentOut]:
    """Return documents as answers show them."""
    return [
        DocumentOut(kind=DocumentKind(row.kind), number=mask_citizen_id(number_of(opened, row)) or "*") for row in rows
    ]


def shown_phones(opened: Opened, rows: Sequence[PatientPhone]) -> list[PhoneOut]:
    """Return phones as answers show them."""
    found = []
    for row in rows:
        contact = opened.read(f"patient_phone.contact|{row.id}", row.contact_cipher)
        phone = mask_phone(phone_of(opened, row))
        found.append(PhoneOut(relation=row.relation, phone=phone, contact=mask_name(contact) if contact else None))
    return found
