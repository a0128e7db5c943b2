"""Finding records that may be one person: a new one as it is typed, everybody at night. Nothing here commits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical import duplicates
from cmc.clinical.codes import Sex
from cmc.clinical.duplicates import POSSIBLE_FROM, PROBABLE_FROM, Comparison, Likeness, Traits
from cmc.clinical.identity_documents import DocumentKind
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.duplicates import queries
from cmc.duplicates.codes import PairState
from cmc.duplicates.schemas import CheckIn, CheckOut, Likely, PointOut
from cmc.duplicates.tables import DuplicatePair
from cmc.organisations import queries as organisations
from cmc.patients import basic_data, documents, traits
from cmc.patients import queries as patients
from cmc.patients.identity_schemas import CheckedDocument
from cmc.patients.schemas import PatientListed
from cmc.patients.search_terms import citizen_id_token
from cmc.patients.tables import Patient

MOST_CANDIDATES: Final = 200
"""Compared for one person: who shares a key with more is compared with those who share most."""

SHOWN: Final = 10

_STORE: Final = text(
    "INSERT INTO duplicate_pair AS p (id, one_id, other_id, score, likeness, reasons, state, found_at)"
    " VALUES (:id, :one_id, :other_id, :score, :likeness, CAST(:reasons AS jsonb), 'open', :now)"
    " ON CONFLICT (one_id, other_id) DO UPDATE SET score = excluded.score, likeness = excluded.likeness,"
    " reasons = excluded.reasons WHERE p.state = 'open'"
)
_NO_LONGER_ALIKE: Final = text(
    "DELETE FROM duplicate_pair WHERE state = 'open' AND (one_id = :patient_id OR other_id = :patient_id)"
    " AND NOT (id = ANY(:kept))"
)
_COMPARED: Final = text("UPDATE duplicate_key SET compared = true WHERE patient_id = :patient_id AND NOT compared")


class Found(NamedTuple):
    """A record that is like another, and how."""

    patient: Patient
    comparison: Comparison


def check(session: Session, scope: Scope, keys: Keyring, wanted: CheckIn, *, on: date) -> CheckOut:
    """Read what is known of a person before registering: what the document tells, and who is on file already.

    Advice only. Raises `Invalid` for a wrong number, `NotFound` for a foreign clinic.
    """
    organisations.clinic(session, scope, wanted.clinic_id)
    told, token = _document(keys, wanted, on)
    known = patients.by_document(session, token) if token else None
    stands = None if known is None else patients.holder(session, scope, known.id) or known
    inside = stands is not None and bool(queries.people(session, scope, [stands.id]))
    asked = _traits(wanted, told, token)
    alike = [] if asked is None else like(session, scope, keys, asked, but=stands.id if stands else None)
    shown = ([stands] if stands is not None and inside else []) + [each.patient for each in alike]
    audit.seen(session, scope, "patient", [each.id for each in shown], act=Act.SEARCH)
    return CheckOut(
        document=told,
        on_file=stands.id if stands is not None and inside else None,
        on_file_elsewhere=stands is not None and not inside,
        likely=[likely(keys, each, on=on) for each in alike],
    )


def _document(keys: Keyring, wanted: CheckIn, on: date) -> tuple[CheckedDocument | None, bytes | None]:
    if wanted.citizen_id is not None:
        card = basic_data.card_of(wanted.citizen_id, on)
        found = CheckedDocument(
            kind=DocumentKind.CITIZEN_ID,
            birth_date=card.birth,
            sex=card.sex,
            region=card.region,
            nationality=None,
            doubts=[],
        )
        return found, citizen_id_token(keys, card.number)
    if wanted.document is None:
        return None, None
    parsed = documents.parsed_one(wanted.document.kind, wanted.document.number, on, pointer="/document")
    told = CheckedDocument(
        kind=parsed.kind,
        birth_date=parsed.birth,
        sex=parsed.sex,
        region=parsed.region,
        nationality=parsed.nationality,
        doubts=[each.value for each in parsed.doubts],
    )
    return told, documents.token(keys, parsed.kind, parsed.number)


def _traits(wanted: CheckIn, told: CheckedDocument | None, token: bytes | None) -> Traits | None:
    if wanted.name is None:
        return None
    kind = "citizen-id" if told is not None and told.kind is DocumentKind.CITIZEN_ID else "document"
    return Traits(
        name=wanted.name,
        birth=wanted.birth_date or (told.birth_date if told else None),
        sex=wanted.sex or (told.sex if told and told.sex else Sex.U),
        phones=(wanted.phone,) if wanted.phone else (),
        address=wanted.address,
        ids=frozenset({(kind, token.hex())}) if token else frozenset(),
    )


def like(session: Session, scope: Scope, keys: Keyring, asked: Traits, *, but: UUID | None = None) -> list[Found]:
    """Return people of the scope who may be this one, the likeliest first, at most ten."""
    ids = queries.sharing(session, scope, traits.numbers(keys, asked), but=but, limit=MOST_CANDIDATES)
    return _compared(session, scope, keys, asked, ids)[:SHOWN]


def like_each(
    session: Session, scope: Scope, keys: Keyring, asked: Mapping[int, Traits], *, from_score: int = PROBABLE_FROM
) -> dict[int, list[Found]]:
    """As `like`, of many at once under their numbers, in five statements: only those who are like somebody."""
    numbers = {number: traits.numbers(keys, each) for number, each in asked.items()}
    sharing = queries.sharing_each(session, scope, sorted({key for own in numbers.values() for key in own}))
    people = {
        each.id: each for each in queries.people(session, scope, list({i for ids in sharing.values() for i in ids}))
    }
    theirs = traits.of_people(session, keys, list(people.values()))
    found: dict[int, list[Found]] = {}
    for number, own in numbers.items():
        candidates = list(dict.fromkeys(i for key in own for i in sharing.get(key, ()) if i in people))
        alike = [
            Found(people[each], duplicates.compare(asked[number], theirs[each]))
            for each in candidates[:MOST_CANDIDATES]
        ]
        alike = [each for each in alike if each.comparison.score >= from_score]
        if alike:
            found[number] = sorted(alike, key=lambda each: (-each.comparison.score, each.patient.id))[:SHOWN]
    return found


def _compared(session: Session, scope: Scope, keys: Keyring, asked: Traits, ids: Sequence[UUID]) -> list[Found]:
    people = queries.people(session, scope, ids)
    theirs = traits.of_people(session, keys, people)
    found = [Found(each, duplicates.compare(asked, theirs[each.id])) for each in people]
    alike = [each for each in found if each.comparison.score >= POSSIBLE_FROM]
    return sorted(alike, key=lambda each: (-each.comparison.score, each.patient.id))


def likely(keys: Keyring, found: Found, *, on: date) -> Likely:
    """Return a likely duplicate as answers show it: masked, with the reasons."""
    return Likely(
        patient=PatientListed.of(keys, found.patient, on=on),
        score=found.comparison.score,
        likeness=found.comparison.likeness,
        points=[PointOut.model_validate(each) for each in points(found.comparison)],
    )


def points(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the points behind a score as JSON: they tell which things agree, never what they are."""
    return [
        {"points": p.points, "rule": p.reason.rule, "zh": p.reason.text.zh, "en": p.reason.text.en}
        for p in comparison.points
    ]


def review(session: Session, scope: Scope, keys: Keyring, patient_id: UUID, *, now: datetime) -> int:
    """Compare a person with all who share a key, and keep the list of pairs right; returns how many are open or new.

    A dismissed pair stays dismissed, whatever the two records say now.
    """
    session.execute(_COMPARED, {"patient_id": patient_id})
    person = next(iter(queries.people(session, scope, [patient_id])), None)
    found: list[Found] = []
    if person is not None and person.erased_at is None:
        own = queries.keys_of(session, scope, patient_id)
        ids = queries.sharing(session, scope, own, but=patient_id, limit=MOST_CANDIDATES)
        found = _compared(session, scope, keys, traits.of_people(session, keys, [person])[patient_id], ids)
    for each in found:
        _store(session, patient_id, each, now)
    people = [tuple(sorted((patient_id, each.patient.id))) for each in found]
    kept = [pair.id for one, other in people if (pair := queries.pair_of(session, scope, one, other))]
    session.execute(_NO_LONGER_ALIKE, {"patient_id": patient_id, "kept": kept})
    return len(found)


def _store(session: Session, patient_id: UUID, found: Found, now: datetime) -> None:
    one_id, other_id = sorted((patient_id, found.patient.id))
    row = DuplicatePair(
        one_id=one_id,
        other_id=other_id,
        score=found.comparison.score,
        likeness=found.comparison.likeness.value,
        reasons=points(found.comparison),
        found_at=now,
    )
    values = row.model_dump(exclude={"state", "decided_at", "decided_by", "found_at", "reasons"})
    values |= {"id": new_id(), "now": now, "reasons": _json(row.reasons)}
    session.execute(_STORE, values)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def dismiss(session: Session, scope: Scope, pair_id: UUID, *, now: datetime) -> DuplicatePair:
    """Say that a pair is two people; it stays so. Again: changes nothing. Raises `NotFound`."""
    pair = queries.pair(session, scope, pair_id, for_update=True)
    if pair.likeness == Likeness.CERTAIN and pair.state == PairState.OPEN:
        raise Conflict("the same document stands in both records: correct one of them, or merge", code="same-document")
    if pair.state == PairState.OPEN:
        pair.state, pair.decided_at, pair.decided_by = PairState.DISMISSED.value, now, scope.actor
        session.flush()
    return pair
