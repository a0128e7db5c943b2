"""What is compared of a person to find duplicates, and the keyed numbers under which such people meet."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.clinical import duplicates
from cmc.clinical.codes import Sex
from cmc.clinical.duplicates import Traits
from cmc.core.crypto import Keyring
from cmc.patients import documents, queries
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient

_FORGET: Final = text("DELETE FROM duplicate_key WHERE patient_id = ANY(CAST(:people AS uuid[]))")
_ADD: Final = text(
    "INSERT INTO duplicate_key (key, patient_id, compared)"
    " SELECT key, patient_id, false FROM unnest(CAST(:keys AS bigint[]), CAST(:people AS uuid[]))"
    " AS n (key, patient_id)"
)


def of_people(session: Session, keys: Keyring, people: Sequence[Patient]) -> dict[UUID, Traits]:
    """Return the traits of people whom the caller found in the scope: three statements for any number of them."""
    ids = [each.id for each in people]
    held, phones = queries.documents_of(session, ids), queries.phones_of(session, ids)
    found = {}
    for patient in people:
        opened = Opened(keys, patient)
        own = [documents.phone_of(opened, row) for row in phones if row.patient_id == patient.id]
        numbers = {("document", row.token.hex()) for row in held if row.patient_id == patient.id}
        if patient.citizen_id_token is not None:
            numbers.add(("citizen-id", patient.citizen_id_token.hex()))
        found[patient.id] = Traits(
            name=opened.name,
            birth=patient.birth_date,
            birth_year_only=patient.birth_date_precision == "year",
            sex=Sex(patient.sex),
            phones=tuple(each for each in (opened.phone, *own) if each),
            address=opened.address,
            ids=frozenset(numbers),
        )
    return found


def numbers(keys: Keyring, traits: Traits) -> list[int]:
    """Return the keys of a record as keyed numbers; nothing of the record can be read from them."""
    return sorted({keys.number("duplicate", each) for each in duplicates.keys(traits)})


def remember(session: Session, keys: Keyring, people: Sequence[Patient]) -> None:
    """Store the keys of people anew, in four statements; the nightly job will compare them."""
    found = [(key, each) for each, traits in of_people(session, keys, people).items() for key in numbers(keys, traits)]
    session.execute(_FORGET, {"people": [each.id for each in people]})
    if found:
        session.execute(_ADD, {"keys": [key for key, _ in found], "people": [each for _, each in found]})


def forget(session: Session, patient_id: UUID) -> None:
    """Take a person's keys away."""
    session.execute(_FORGET, {"people": [patient_id]})
