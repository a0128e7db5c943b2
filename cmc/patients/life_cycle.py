"""The enrolment life-cycle (LIFE-01…06) as pure functions.

SUSPECTED → CONFIRMED → ACTIVE ⇄ LOST → TERMINATED
"""

from dataclasses import dataclass
from datetime import date

from cmc.clinical import enrolment
from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import (
    ARROWS,
    MIN_CONTACT_ATTEMPTS,
    MIN_CONTACT_CHANNELS,
    MIN_CONTACT_SPAN,
    MIN_UNSEEN,
    ContactEvidence,
    Requirement,
    next_states,
)
from cmc.core.errors import FieldError

__all__ = ["Change", "ContactEvidence", "Stint", "faults"]


@dataclass(frozen=True, slots=True)
class Stint:
    """An enrolment before a change: where it stands and since when."""

    state: EnrolmentState
    enrolled_on: date
    last_change_on: date
    last_follow_up_on: date | None = None
    """The last valid follow-up, if there was one."""
    disease: Disease = Disease.HTN
    birth: date | None = None
    confirmed_on: date | None = None
    confirmed_at: str | None = None
    clinic: str | None = None
    doctor: str | None = None
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A wanted change of state on a local date."""

    to_state: EnrolmentState
    on: date
    reason: EndReason | None = None
    evidence: ContactEvidence | None = None
    confirmed_on: date | None = None
    confirmed_at: str | None = None
    doctor: str | None = None
    consent: bool = False


_GIVEN = frozenset({Requirement.CONFIRMATION, Requirement.CONSENT, Requirement.MANAGING})
_ITS_FIELDS = frozenset({"confirmed_on", "confirmed_at", "consent", "clinic", "doctor"})


def faults(stint: Stint, change: Change) -> list[FieldError]:
    """Return why `change` is not allowed; empty when it is (LIFE-01…05)."""
    found: list[FieldError] = []
    allowed = next_states(stint.state)
    if change.to_state not in allowed:
        words = ", ".join(sorted(allowed)) or "no further state"
        found.append(FieldError("/to_state", "transition_not_allowed", f"from {stint.state} only: {words}"))
    if change.on < max(stint.enrolled_on, stint.last_change_on):
        found.append(FieldError("/on", "before_last_change", "must not lie before the last change of this enrolment"))
    if _GIVEN & set(ARROWS.get((stint.state, change.to_state), ())):
        found.extend(_lacking(stint, change))
    found.extend(_end_faults(change))
    if change.to_state is EnrolmentState.LOST or change.reason is EndReason.LOST:
        found.extend(_evidence_faults(change))
        found.extend(_seen_lately(stint, change))
    return found


def _lacking(stint: Stint, change: Change) -> list[FieldError]:
    """What HTN-EN-01 asks for on the way to a confirmed diagnosis and into management."""
    before = enrolment.Stint(
        disease=stint.disease,
        state=stint.state,
        birth=stint.birth,
        confirmed_on=stint.confirmed_on,
        confirmed_at=stint.confirmed_at,
        clinic=stint.clinic,
        doctor=stint.doctor,
        consent=stint.consent,
    )
    wanted = enrolment.Change(
        to_state=change.to_state,
        on=change.on,
        confirmed_on=change.confirmed_on,
        confirmed_at=change.confirmed_at,
        doctor=change.doctor,
        consent=change.consent,
    )
    return [
        FieldError(f"/{each.field}", each.code, f"{each.reason.text.en} ({each.reason.rule})")
        for each in enrolment.faults(before, wanted, change.on)
        if each.field in _ITS_FIELDS
    ]


def _seen_lately(stint: Stint, change: Change) -> list[FieldError]:
    if stint.state is EnrolmentState.LOST:
        return []  # who is lost already was not seen since
    seen_on = stint.last_follow_up_on or stint.enrolled_on
    if change.on - seen_on >= MIN_UNSEEN:
        return []
    return [FieldError("/on", "seen_lately", f"the last follow-up must be {MIN_UNSEEN.days} days ago (LIFE-02)")]


def _end_faults(change: Change) -> list[FieldError]:
    ends = change.to_state is EnrolmentState.TERMINATED
    if ends and change.reason is None:
        return [FieldError("/reason", "missing", "say why: " + ", ".join(EndReason))]
    if not ends and change.reason is not None:
        return [FieldError("/reason", "not_expected", "only the end of an enrolment has a reason code")]
    return []


def _evidence_faults(change: Change) -> list[FieldError]:
    evidence = change.evidence
    if evidence is None:
        return [FieldError("/evidence", "missing", "calling a person lost needs the contact attempts (LIFE-02)")]
    found = []
    if evidence.attempts < MIN_CONTACT_ATTEMPTS:
        found.append(FieldError("/evidence/attempts", "too_few", f"at least {MIN_CONTACT_ATTEMPTS} attempts (LIFE-02)"))
    if evidence.channels < MIN_CONTACT_CHANNELS:
        found.append(FieldError("/evidence/channels", "too_few", f"at least {MIN_CONTACT_CHANNELS} channels (LIFE-02)"))
    if evidence.last_on - evidence.first_on < MIN_CONTACT_SPAN:
        found.append(
            FieldError("/evidence/last_on", "too_short", f"over at least {MIN_CONTACT_SPAN.days} days (LIFE-02)")
        )
    if evidence.last_on > change.on:
        found.append(FieldError("/evidence/last_on", "after_change", "must not lie after the day of the change"))
    return found
