"""The lists of screening, judged when they are asked for. Nothing is stored here."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease
from cmc.clinical.screening import Screening, Verdict
from cmc.core.crypto import Keyring
from cmc.core.paging import decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.patients.schemas import PatientListed
from cmc.screening import queries
from cmc.screening.evidence import screened
from cmc.screening.held import Held
from cmc.screening.schemas import Screened, ScreeningPage

CHUNK: Final = 500
MOST_JUDGED: Final = 5000
"""People judged for one page: who asks for what is rare gets a short page and its cursor, not a long wait."""


def page(
    session: Session,
    scope: Scope,
    keys: Keyring,
    *,
    disease: Disease,
    verdicts: Sequence[Verdict],
    clinic_id: UUID | None,
    cursor: str | None,
    limit: int,
    on: date,
) -> ScreeningPage:
    """Return a page of people with one of the verdicts, and note whom it shows. Raises `NotFound`, `Invalid`."""
    if clinic_id is not None:
        organisations.clinic(session, scope, clinic_id)
    (after,) = decode_cursor(cursor, tuple[UUID]) if cursor else (None,)
    found, last = _collected(session, scope, disease, frozenset(verdicts), clinic_id, after, limit, on)
    asked = {"clinic": clinic_id and str(clinic_id), "disease": disease.value, "verdicts": [*verdicts]}
    audit.seen(session, scope, "screening", (held.patient.id for held, _ in found), act=Act.LIST, detail=asked)
    items = [
        Screened.of(held, PatientListed.of(keys, held.patient, on=on), disease, judged, on=on) for held, judged in found
    ]
    return ScreeningPage(items=items, next_cursor=encode_cursor((last,)) if last is not None else None)


def _collected(
    session: Session,
    scope: Scope,
    disease: Disease,
    verdicts: frozenset[Verdict],
    clinic_id: UUID | None,
    after: UUID | None,
    limit: int,
    on: date,
) -> tuple[list[tuple[Held, Screening]], UUID | None]:
    """The people of a page, and the id after which the next one goes on; None when nobody is left."""
    found: list[tuple[Held, Screening]] = []
    for _ in range(MOST_JUDGED // CHUNK):
        people = queries.people_to_screen(session, scope, disease, clinic_id=clinic_id, after=after, limit=CHUNK)
        for held in queries.held(session, scope, people, on=on):
            judged = screened(held, disease, on)
            if judged.verdict in verdicts:
                if len(found) == limit:
                    return found, found[-1][0].patient.id
                found.append((held, judged))
        if len(people) < CHUNK:
            return found, None
        after = people[-1].id
    return found, after
