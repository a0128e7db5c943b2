"""People of an import: who is on file, who may be, and putting the others on file by the one service for it.

Whoever comes without any number gets one of the system `import`: a keyed token of name, birth date, sex and phone, so
that a second run finds them again. Statements of a batch of any size: six to look, some fifteen a person to store.
Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from cmc.clinical.duplicates import Traits
from cmc.clinical.names import plain_name, plain_phone
from cmc.core.clock import midnight
from cmc.core.crypto import Keyring
from cmc.core.errors import PERSON_EXISTS, CmcError, Conflict, FieldError, Invalid
from cmc.core.scope import Scope
from cmc.duplicates import finding
from cmc.exchange import queries, wanted
from cmc.exchange.codes import ImportKind, RowVerdict
from cmc.exchange.judged import Judged, known, refused
from cmc.exchange.wanted import Wanted, Whose
from cmc.patients import basic_data, documents, enrolling, record_numbers, service
from cmc.patients.protected import Opened
from cmc.patients.schemas import Identifier, PatientIn
from cmc.patients.search_terms import citizen_id_token
from cmc.patients.service import Told
from cmc.patients.tables import Patient

NAMELESS: Final = "import"
_KIND: Final = ImportKind.PATIENTS
_ELSEWHERE: Final = FieldError("citizen_id", "on_file_elsewhere", "on file elsewhere: ask for a transfer")


@dataclass(frozen=True, slots=True)
class _Read:
    """A person of a line, with all by which the same person is known."""

    person: PatientIn
    told: Told
    tokens: tuple[bytes, ...]
    identifiers: tuple[tuple[str, str], ...]
    number: str | None


def numbered(keys: Keyring, person: PatientIn) -> PatientIn:
    """Return the person with a number of the system `import` when there is no other to be found again by."""
    if person.citizen_id or person.documents or person.identifiers or person.health_record_number:
        return person
    born = person.birth_date.isoformat() if person.birth_date else ""
    parts = (plain_name(person.name), born, person.sex or "", plain_phone(person.phone or ""))
    value = keys.token("imported-person", "|".join(parts)).hex()
    return person.model_copy(update={"identifiers": [Identifier(system=NAMELESS, value=value)]})


def judge(session: Session, scope: Scope, keys: Keyring, lines: Mapping[int, Wanted], *, on: date) -> dict[int, Judged]:
    """Say of each person, under the number of the line, what a registration would come to; nothing is stored."""
    found: dict[int, Judged] = {}
    read: dict[int, _Read] = {}
    for number, line in lines.items():
        try:
            read[number] = _read(keys, line, on)
        except CmcError as error:
            found[number] = refused(*wanted.of_error(_KIND, error))
    by_token = queries.people_by_token(session, scope, {token for each in read.values() for token in each.tokens})
    by_number = queries.people_by_number(session, scope, {each.number for each in read.values() if each.number})
    by_other = queries.people_by_identifiers(session, scope, {i for each in read.values() for i in each.identifiers})
    for number, each in read.items():
        on_file = [by_token[token] for token in each.tokens if token in by_token]
        on_file += [by_number[each.number]] if each.number in by_number else []
        on_file += [by_other[i] for i in each.identifiers if i in by_other]
        token = _token(keys, each)
        found[number] = known(on_file[0].id, token=token) if on_file else Judged(RowVerdict.NEW, token=token)
    new = {number: _traits(read[number]) for number, each in found.items() if each.verdict is RowVerdict.NEW}
    for number, alike in finding.like_each(session, scope, keys, new).items():
        found[number].likely = [
            {
                "patient_id": str(each.patient.id),
                "score": each.comparison.score,
                "likeness": each.comparison.likeness.value,
                "points": finding.points(each.comparison),
            }
            for each in alike
        ]
    return found


def store(
    session: Session, scope: Scope, keys: Keyring, lines: Mapping[int, Wanted], *, now: datetime, on: date
) -> dict[int, Judged]:
    """Put the people of lines on file, each for itself: one that is refused takes nothing from the others.

    Whoever is not enrolled as well goes in set-wise; when that fails for one of them, all of them go one by one.
    """
    plain = {number: line.person for number, line in lines.items() if line.person and line.enrolment is None}
    found: dict[int, Judged] = {}
    try:
        with session.begin_nested():
            people = [numbered(keys, each) for each in plain.values()]
            stored = service.register_all(session, scope, keys, people, now=now, on=on) if people else []
        for number, each in zip(plain, stored, strict=True):
            found[number] = Judged(RowVerdict.CREATED, patient_id=each.patient.id)
    except CmcError:
        plain = {}
    for number in sorted(lines.keys() - plain.keys()):
        found[number] = _store(session, scope, keys, lines[number], now=now, on=on)
    return found


def _store(session: Session, scope: Scope, keys: Keyring, line: Wanted, *, now: datetime, on: date) -> Judged:
    if line.person is None:
        raise TypeError("a line of people holds a person")
    person = numbered(keys, line.person)
    try:
        with session.begin_nested():
            stored = service.register(session, scope, keys, person, now=now, on=on).patient
            if line.enrolment is not None:
                enrolling.enrol(session, scope, stored.id, line.enrolment, now=now, on=on)
    except Conflict as error:
        if error.code != PERSON_EXISTS:
            return refused(*wanted.of_error(_KIND, error))
        there = judge(session, scope, keys, {0: line}, on=on)[0]
        return there if there.verdict is RowVerdict.KNOWN else refused(_ELSEWHERE)
    except CmcError as error:
        return refused(*wanted.of_error(_KIND, error))
    return Judged(RowVerdict.CREATED, patient_id=stored.id)


def resolve(
    session: Session, scope: Scope, keys: Keyring, lines: Mapping[int, Whose], *, on: date
) -> dict[int, Patient | FieldError]:
    """Return whose each line is, or why that cannot be said: four statements for any number of lines."""
    tokens: dict[int, bytes] = {}
    found: dict[int, Patient | FieldError] = {}
    for number, whose in lines.items():
        if whose.citizen_id is not None:
            try:
                tokens[number] = citizen_id_token(keys, basic_data.card_of(whose.citizen_id, on).number)
            except Invalid as error:
                found[number] = FieldError("citizen_id", error.errors[0].code, error.errors[0].detail)
    by_token = queries.people_by_token(session, scope, set(tokens.values()))
    by_number = queries.people_by_number(
        session, scope, {each.health_record_number for each in lines.values() if each.health_record_number}
    )
    by_other = queries.people_by_identifiers(
        session, scope, {each.identifier for each in lines.values() if each.identifier}
    )
    by_id = queries.people_by_id(session, scope, {each.patient_id for each in lines.values() if each.patient_id})
    for number, whose in lines.items():
        if number in found:
            continue
        ways = (
            by_token.get(tokens[number]) if number in tokens else None,
            by_number.get(whose.health_record_number) if whose.health_record_number else None,
            by_other.get(whose.identifier) if whose.identifier else None,
            by_id.get(whose.patient_id) if whose.patient_id else None,
        )
        found[number] = _one(keys, whose, [each for each in ways if each is not None])
    return found


def _one(keys: Keyring, whose: Whose, people: list[Patient]) -> Patient | FieldError:
    if not any((whose.citizen_id, whose.health_record_number, whose.identifier, whose.patient_id)):
        return FieldError("citizen_id", "missing", "say whose this is: a citizen ID, a record number or an identifier")
    if not people:
        return FieldError("citizen_id", "not_on_file", "nobody with this number is on file here: import people first")
    if len({each.id for each in people}) > 1:
        return FieldError("citizen_id", "contradiction", "the numbers of this row belong to different people")
    if whose.name is not None and plain_name(whose.name) != plain_name(Opened(keys, people[0]).name):
        return FieldError("name", "name_differs", "the person with this number has another name: look at the row again")
    return people[0]


def _read(keys: Keyring, line: Wanted, on: date) -> _Read:
    if line.person is None:
        raise TypeError("a line of people holds a person")
    person = numbered(keys, line.person)
    told = service.told(person, on)
    if person.information is not None and (faults := basic_data.information_faults(person.information)):
        raise Invalid(errors=tuple(faults))
    if line.enrolment is not None:
        enrolling.require(_unborn(told, person), line.enrolment, on)
    tokens = [citizen_id_token(keys, told.card.number)] if told.card else []
    tokens += [documents.token(keys, each.kind, each.number) for each in told.documents]
    number = record_numbers.read(person.health_record_number) if person.health_record_number else None
    others = tuple((each.system, each.value) for each in person.identifiers)
    return _Read(person, told, tuple(tokens), others, number)


def _unborn(told: Told, person: PatientIn) -> Patient:
    """The person as a row that is never stored, for the rules of enrolling."""
    at = midnight(told.birth_date)
    return Patient(
        clinic_id=person.clinic_id, sex=told.sex.value, birth_date=told.birth_date, created_at=at, updated_at=at
    )


def _token(keys: Keyring, read: _Read) -> bytes:
    if read.tokens:
        return read.tokens[0]
    return keys.token("import-line", read.number or "|".join(read.identifiers[0]))


def _traits(read: _Read) -> Traits:
    person = read.person
    return Traits(
        name=person.name,
        birth=read.told.birth_date,
        birth_year_only=person.birth_date_precision == "year" and read.told.card is None,
        sex=read.told.sex,
        phones=(person.phone,) if person.phone else (),
        address=person.address,
    )
