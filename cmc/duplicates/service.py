"""The list of pairs and their preview, as answers show them. Nothing here commits."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core.crypto import Keyring
from cmc.core.paging import decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.duplicates import queries
from cmc.duplicates.codes import PairState
from cmc.duplicates.schemas import PairListed, PairPage, PairPreview, Side
from cmc.organisations import queries as organisations
from cmc.patients import basic_data
from cmc.patients import queries as patients
from cmc.patients.schemas import PatientListed


def page(
    session: Session,
    scope: Scope,
    keys: Keyring,
    *,
    clinic_id: UUID | None,
    state: PairState,
    cursor: str | None,
    limit: int,
    on: date,
) -> PairPage:
    """Return a page of pairs, and note whom it shows. Raises `NotFound` for a foreign clinic."""
    if clinic_id is not None:
        organisations.clinic(session, scope, clinic_id)
    after = decode_cursor(cursor, tuple[int, UUID]) if cursor else None
    found = queries.pairs(session, scope, clinic_id=clinic_id, state=state, after=after, limit=limit + 1)
    shown = found[:limit]
    ids = [each for pair in shown for each in (pair.one_id, pair.other_id)]
    people = {each.id: PatientListed.of(keys, each, on=on) for each in queries.people(session, scope, ids)}
    asked = {"clinic": clinic_id and str(clinic_id), "state": state.value}
    audit.seen(session, scope, "duplicate_pair", ids, act=Act.LIST, detail=asked)
    return PairPage(
        items=[PairListed.of(pair, people[pair.one_id], people[pair.other_id]) for pair in shown],
        next_cursor=encode_cursor((shown[-1].score, shown[-1].id)) if len(found) > limit else None,
    )


def preview(session: Session, scope: Scope, keys: Keyring, pair_id: UUID, *, on: date) -> PairPreview:
    """Return both records of a pair side by side, and note who saw them. Raises `NotFound`."""
    pair = queries.pair(session, scope, pair_id)
    audit.seen(session, scope, "duplicate_pair", [pair.one_id, pair.other_id])
    one, other = (_side(session, scope, keys, each, on) for each in (pair.one_id, pair.other_id))
    return PairPreview.of(pair, one, other)


def _side(session: Session, scope: Scope, keys: Keyring, patient_id: UUID, on: date) -> Side:
    patient = patients.get(session, scope, patient_id)
    record = basic_data.shown(session, scope, keys, patient, asked_for=patient_id, on=on)
    return Side(record=record, rows=queries.counts(session, scope, patient_id))
