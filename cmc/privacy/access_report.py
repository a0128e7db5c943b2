"""A person's own report: everything that is held of them, in full, and who saw it. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.disclosure import Access, Accesses, Disclosure, disclosed
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.protected import Opened
from cmc.privacy import queries, retention
from cmc.privacy.schemas import AccessOut, AccessReport, HeldTable


def nobody(session: Session, scope: Scope, patient_id: UUID) -> Sequence[Access]:
    """Return no access: what an installation tells that does not record who saw whom."""
    return ()


def report(
    session: Session, scope: Scope, keys: Keyring, patient_id: UUID, *, accesses: Accesses = nobody, now: datetime
) -> AccessReport:
    """Return the report of one person; raises `NotFound` for a foreign one. Making it is itself an access."""
    patient = patients.get(session, scope, patient_id)
    opened = Opened(keys, patient)
    held = [
        HeldTable(
            table=kept.table,
            title=kept.title,
            keeps=kept.keeps,
            kept=kept.keeps.text,
            rows=queries.held(session, scope, kept, patient),
        )
        for kept in retention.reported()
    ]
    made = AccessReport(
        patient_id=patient_id,
        made_at=now,
        made_by=scope.actor,
        name=opened.name,
        citizen_id=opened.citizen_id,
        phone=opened.phone,
        address=opened.address,
        held=held,
        accesses=[AccessOut(**each._asdict()) for each in accesses(session, scope, patient_id)],
    )
    return disclosed(session, scope, made, Disclosure.ACCESS_REPORT, people=[patient_id])
