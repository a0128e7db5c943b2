"""Consent per person and purpose: given, withdrawn, asked for. Nothing here commits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.errors import Conflict, NotFound
from cmc.core.scope import Scope
from cmc.patients import queries
from cmc.patients.codes import ConsentChannel, LegalGround, Purpose
from cmc.patients.consent_schemas import ConsentIn
from cmc.patients.tables import Consent


def give(session: Session, scope: Scope, patient_id: UUID, wanted: ConsentIn, *, now: datetime) -> Consent:
    """Record the ground for a purpose. Raises `NotFound` for a foreign person, `Conflict` when one stands already."""
    queries.get(session, scope, patient_id, for_update=True)
    if allows(session, scope, patient_id, wanted.purpose):
        raise Conflict("a ground for this purpose is on file: withdraw it first", code="consent-stands")
    return _add(session, scope, patient_id, wanted, now=now)


def note(session: Session, scope: Scope, patient_id: UUID, wanted: ConsentIn, *, now: datetime) -> None:
    """As `give`, for those who found the person before and only make sure that a ground is on file."""
    if not allows(session, scope, patient_id, wanted.purpose):
        _add(session, scope, patient_id, wanted, now=now)


def withdraw(session: Session, scope: Scope, patient_id: UUID, consent_id: UUID, *, now: datetime) -> Consent:
    """End a consent (PIPL art. 15); what was done before stays lawful.

    Raises `NotFound`, and `Conflict` when it is withdrawn already or rests on another ground than consent.
    """
    queries.get(session, scope, patient_id, for_update=True)
    found = next((each for each in queries.consents(session, scope, patient_id) if each.id == consent_id), None)
    if found is None:
        raise NotFound("no such consent")
    if found.withdrawn_at is not None:
        raise Conflict("this consent is withdrawn already", code="consent-withdrawn")
    if found.ground != LegalGround.CONSENT:
        raise Conflict("this purpose does not rest on consent: there is nothing to withdraw", code="not-consent")
    found.withdrawn_at, found.withdrawn_by = now, scope.actor
    session.flush()
    return found


def allows(session: Session, scope: Scope, patient_id: UUID, purpose: Purpose) -> bool:
    """Tell whether a ground for the purpose stands."""
    standing = (each for each in queries.consents(session, scope, patient_id) if each.withdrawn_at is None)
    return any(each.purpose == purpose for each in standing)


def at_enrolment(version: str | None, channel: ConsentChannel | None) -> ConsentIn:
    """Return the consent that an enrolment brings with it (HTN-EN-01)."""
    return ConsentIn(
        purpose=Purpose.MANAGEMENT,
        ground=LegalGround.CONSENT,
        version=version or "not-stated",
        channel=channel or ConsentChannel.NOT_STATED,
    )


def _add(session: Session, scope: Scope, patient_id: UUID, wanted: ConsentIn, *, now: datetime) -> Consent:
    given = Consent(
        patient_id=patient_id,
        purpose=wanted.purpose.value,
        ground=wanted.ground.value,
        version=wanted.version,
        channel=wanted.channel.value,
        given_at=now,
        recorded_by=scope.actor,
    )
    session.add(given)
    session.flush()
    return given
