"""A person's own report: everything that is held of them, in full, and who saw it. Nothing here commits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.audit import queries as trail
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope, system_scope
from cmc.patients import queries as patients
from cmc.patients.protected import Opened
from cmc.privacy import queries, retention
from cmc.privacy.schemas import AccessOut, AccessReport, HeldTable


def report(session: Session, scope: Scope, keys: Keyring, patient_id: UUID, *, now: datetime) -> AccessReport:
    """Return the report of one person; raises `NotFound` for a foreign one. Making it is itself an access."""
    patient = patients.get(session, scope, patient_id)
    audit.seen(session, scope, "patient", [patient_id], act=Act.EXPORT, detail={"report": "access"})
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
    return AccessReport(
        patient_id=patient_id,
        made_at=now,
        made_by=scope.actor,
        name=opened.name,
        citizen_id=opened.citizen_id,
        phone=opened.phone,
        address=opened.address,
        held=held,
        accesses=_accesses(session, scope, patient_id),
    )


def _accesses(session: Session, scope: Scope, patient_id: UUID) -> list[AccessOut]:
    """Who did what with the person's records, at every clinic: the person is owed all of it, not the caller's part."""
    whole = system_scope(scope.actor)
    with db.acting_in(session, whole):
        rows = trail.accesses(session, whole, patient_id)
    names = accounts.names_of(session, {row[0] for row in rows})
    return [
        AccessOut(
            actor=actor, actor_name=names.get(actor), act=Act(act), act_name=Act(act).text, times=times,
            first_at=first_at, last_at=last_at,
        )
        for actor, act, times, first_at, last_at in rows
    ]  # fmt: skip
