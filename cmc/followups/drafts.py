"""Drafts of visits: what a user typed and did not record yet. Sealed under the person's own key. Nothing here commits.

One current draft for each person, user and set of diseases; saving again replaces it. It is nobody's record: it counts
nowhere, expires after `KEPT_DAYS` days, and is gone as soon as the visit is recorded.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.crypto import Keyring
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.followups.codes import DiseaseSet
from cmc.followups.draft_schemas import DraftIn, DraftOut
from cmc.followups.tables import VisitDraft
from cmc.patients import queries as patients
from cmc.patients.protected import Opened

KEPT_DAYS: Final = 7
"""A draft is kept for so many days after it was saved last [D]."""


def save(
    session: Session,
    scope: Scope,
    keys: Keyring,
    patient_id: UUID,
    diseases: DiseaseSet,
    wanted: DraftIn,
    *,
    now: datetime,
) -> DraftOut:
    """Keep what was typed, in the place of what was kept before. Raises `NotFound` for a foreign person."""
    patient = patients.get(session, scope, patient_id, for_update=True)
    row = _row(session, scope, patient.id, diseases)
    if row is None:
        row = VisitDraft(
            id=new_id(),
            patient_id=patient.id,
            clinic_id=patient.clinic_id,
            actor=scope.actor,
            diseases=diseases.value,
            form_cipher=b"",
            saved_at=now,
            expires_at=now,
        )
    plain = msgspec.json.encode(wanted.form).decode()
    row.form_cipher = Opened(keys, patient).seal(_context(row), plain)
    row.saved_at, row.expires_at = now, now + timedelta(days=KEPT_DAYS)
    session.add(row)
    session.flush()
    return _shown(row, wanted.form)


def current(
    session: Session, scope: Scope, keys: Keyring, patient_id: UUID, diseases: DiseaseSet, *, now: datetime
) -> DraftOut | None:
    """Return the caller's own draft, None when there is none or it expired. `NotFound` for a foreign person."""
    patient = patients.get(session, scope, patient_id)
    row = _row(session, scope, patient.id, diseases)
    if row is None or row.expires_at <= now:
        return None
    plain = Opened(keys, patient).read(_context(row), row.form_cipher)
    return None if plain is None else _shown(row, msgspec.json.decode(plain.encode()))


def discard(session: Session, scope: Scope, patient_id: UUID, diseases: DiseaseSet) -> bool:
    """Forget the caller's draft; tell whether there was one. Raises `NotFound` for a foreign person."""
    return forget(session, scope, patients.get(session, scope, patient_id).id, diseases) > 0


def forget(session: Session, scope: Scope, patient_id: UUID, diseases: DiseaseSet) -> int:
    """Forget the caller's draft, if there is one: the visit is recorded. Returns how many rows went."""
    row = _row(session, scope, patient_id, diseases)
    if row is None:
        return 0
    session.delete(row)
    session.flush()
    return 1


def forget_expired(session: Session, *, now: datetime, limit: int = 5000) -> int:
    """Forget up to `limit` drafts of anybody that have expired; returns how many."""
    old = select(col(VisitDraft.id)).where(col(VisitDraft.expires_at) <= now).limit(limit)
    gone: Sequence[Any] = session.scalars(
        delete(VisitDraft).where(col(VisitDraft.id).in_(old)).returning(col(VisitDraft.id)),
        execution_options={"synchronize_session": False},
    ).all()
    return len(gone)


def _row(session: Session, scope: Scope, patient_id: UUID, diseases: DiseaseSet) -> VisitDraft | None:
    query = select(VisitDraft).where(
        col(VisitDraft.patient_id) == patient_id,
        col(VisitDraft.actor) == scope.actor,
        col(VisitDraft.diseases) == diseases.value,
    )
    return session.scalars(query).one_or_none()


def _context(row: VisitDraft) -> str:
    return f"visit_draft.form|{row.id}"


def _shown(row: VisitDraft, form: dict[str, Any]) -> DraftOut:
    return DraftOut(diseases=DiseaseSet(row.diseases), form=form, saved_at=row.saved_at, expires_at=row.expires_at)
