"""The life-cycle of an enrolment as a state machine (LIFE-01…06, HTN-EN-01, HTN-EN-02).

SUSPECTED → CONFIRMED → ACTIVE ⇄ LOST → TERMINATED. Every arrow names what it needs; a change that lacks something is
answered with every fault, each with its rule. An enrolment may begin in any of the first three states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.reasons import Reason, because
from cmc.core.named import NamedStr

STATUTORY_AGE_FROM: Final = 35  # HTN-EN-02, DM-FU-01
MIN_CONTACT_ATTEMPTS: Final = 3  # LIFE-02
MIN_CONTACT_CHANNELS: Final = 2  # LIFE-02
MIN_CONTACT_SPAN: Final = timedelta(days=14)  # LIFE-02
MIN_UNSEEN: Final = timedelta(days=180)  # LIFE-02


class Requirement(NamedStr):
    """What an arrow asks for."""

    CONFIRMATION = "CONFIRMATION", "确诊日期和确诊机构", "Date and institution of the confirmation"
    CONSENT = "CONSENT", "知情同意", "Consent"
    MANAGING = "MANAGING", "管理机构和责任医生", "Managing clinic and responsible doctor"
    CONTACTS = "CONTACTS", "失访联系记录", "Contact attempts"
    END_REASON = "END_REASON", "终止原因", "Reason of the end"


S = EnrolmentState
R = Requirement
ARROWS: Final[Mapping[tuple[EnrolmentState | None, EnrolmentState], tuple[Requirement, ...]]] = MappingProxyType(
    {
        (None, S.SUSPECTED): (),
        (None, S.CONFIRMED): (R.CONFIRMATION,),
        (None, S.ACTIVE): (R.CONFIRMATION, R.CONSENT, R.MANAGING),  # HTN-EN-01
        (S.SUSPECTED, S.CONFIRMED): (R.CONFIRMATION,),
        (S.SUSPECTED, S.TERMINATED): (R.END_REASON,),
        (S.CONFIRMED, S.ACTIVE): (R.CONFIRMATION, R.CONSENT, R.MANAGING),  # HTN-EN-01
        (S.CONFIRMED, S.TERMINATED): (R.END_REASON,),
        (S.ACTIVE, S.LOST): (R.CONTACTS,),  # LIFE-02
        (S.ACTIVE, S.TERMINATED): (R.END_REASON,),
        (S.LOST, S.ACTIVE): (),  # LIFE-03: the same enrolment goes on
        (S.LOST, S.TERMINATED): (R.END_REASON,),
    }
)
"""Every permitted change with its requirements; None stands for "not enrolled"."""


def next_states(state: EnrolmentState | None) -> frozenset[EnrolmentState]:
    """The states that may follow a state; None: those in which an enrolment may begin."""
    return frozenset(to for before, to in ARROWS if before == state)


@dataclass(frozen=True, slots=True)
class ContactEvidence:
    """The attempts to reach a person that LIFE-02 asks for before anyone is called lost."""

    attempts: int
    channels: int
    first_on: date
    last_on: date

    def plain(self) -> dict[str, int | str]:
        """The evidence as JSON types, as it is kept with the event."""
        return {
            "attempts": self.attempts,
            "channels": self.channels,
            "first_on": self.first_on.isoformat(),
            "last_on": self.last_on.isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """An enrolment as it stands: state None before it begins. `last_seen_on`: the last valid follow-up.

    The facts of HTN-EN-01 stay with it once given. Places and people are ids or names, opaque here.
    """

    disease: Disease
    state: EnrolmentState | None = None
    birth: date | None = None
    last_change_on: date | None = None
    enrolled_on: date | None = None
    ended_on: date | None = None
    last_seen_on: date | None = None
    confirmed_on: date | None = None
    confirmed_at: str | None = None
    clinic: str | None = None
    doctor: str | None = None
    consent: bool = False
    end_reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A wanted change on a local date, with what it brings. `to_clinic` goes with a transfer (LIFE-05)."""

    to_state: EnrolmentState
    on: date
    reason: EndReason | None = None
    evidence: ContactEvidence | None = None
    confirmed_on: date | None = None
    confirmed_at: str | None = None
    clinic: str | None = None
    doctor: str | None = None
    consent: bool = False
    death_cause: str | None = None
    to_clinic: str | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a change is not permitted: the field that is wrong, a stable code, and the rule in words."""

    field: str
    code: str
    reason: Reason


def statutory(disease: Disease, age_years: int, *, primary: bool = True) -> bool:
    """Whether an enrolment belongs to the statutory population: from 35 years on, hypertension only when primary
    (HTN-EN-02, DM-FU-01)."""
    return age_years >= STATUTORY_AGE_FROM and (primary or disease is not Disease.HTN)


def faults(stint: Stint, change: Change, on: date) -> tuple[Fault, ...]:
    """Why a change is not permitted on the day `on`; empty when it is."""
    requirements = ARROWS.get((stint.state, change.to_state))
    if requirements is None:
        words = "、".join(sorted(each.text.zh for each in next_states(stint.state))) or "无"
        english = ", ".join(sorted(next_states(stint.state))) or "no further state"
        why = because("LIFE-01", f"此状态之后只能为：{words}", f"From here only: {english}")
        return (Fault("to_state", "transition_not_allowed", why),)
    found = [*_dates(stint, change, on)]
    for requirement in requirements:
        found.extend(_CHECKS[requirement](stint, change))
    if change.reason is not None and change.to_state is not S.TERMINATED:
        why = because("LIFE-01", "仅终止管理时填写原因", "Only the end of an enrolment has a reason")
        found.append(Fault("reason", "not_expected", why))
    return tuple(found)


def applied(stint: Stint, change: Change) -> Stint:
    """The enrolment after a permitted change; what the change does not bring stays.

    The first day under management is that of the first ACTIVE; who comes back keeps it (LIFE-03).
    """
    first_managed = stint.state is not S.LOST and change.to_state is S.ACTIVE
    ends = change.to_state is S.TERMINATED
    return replace(
        stint,
        state=change.to_state,
        last_change_on=change.on,
        enrolled_on=change.on if first_managed else stint.enrolled_on,
        ended_on=change.on if ends else None,
        end_reason=change.reason if ends else None,
        confirmed_on=change.confirmed_on or stint.confirmed_on,
        confirmed_at=change.confirmed_at or stint.confirmed_at,
        clinic=change.clinic or stint.clinic,
        doctor=change.doctor or stint.doctor,
        consent=change.consent or stint.consent,
    )


def transferred(stint: Stint, change: Change) -> tuple[Stint, Stint]:
    """The old enrolment, ended on day d, and the one at the other clinic, begun on d + 1 in the same state (LIFE-05).

    Raises ValueError for a change that is no transfer.
    """
    if change.reason is not EndReason.TRANSFERRED or not change.to_clinic or stint.state is None:
        raise ValueError("a transfer needs its reason and the receiving clinic")
    following = change.on + timedelta(days=1)
    new = replace(stint, clinic=change.to_clinic, doctor=None, enrolled_on=following, last_change_on=following)
    return applied(stint, change), new


def _dates(stint: Stint, change: Change, on: date) -> list[Fault]:
    found = []
    if change.on > on:
        found.append(Fault("on", "in_future", because("LIFE-01", "日期不能在将来", "Not in the future")))
    if stint.last_change_on is not None and change.on < stint.last_change_on:
        why = because("LIFE-03", "不得早于上次变更", "Not before the last change of this enrolment")
        found.append(Fault("on", "before_last_change", why))
    if stint.birth is not None and change.on < stint.birth:
        found.append(Fault("on", "before_birth", because("LIFE-01", "不得早于出生日期", "Not before the birth date")))
    return found


def _confirmation(stint: Stint, change: Change) -> list[Fault]:
    confirmed_on = change.confirmed_on or stint.confirmed_on
    found = []
    if confirmed_on is None:
        why = because("HTN-EN-01", "须填写确诊日期", "Needs the date of the confirmation")
        found.append(Fault("confirmed_on", "missing", why))
    elif confirmed_on > change.on:
        why = because("HTN-EN-01", "确诊日期不得晚于变更日期", "The confirmation is not after this change")
        found.append(Fault("confirmed_on", "after_change", why))
    elif stint.birth is not None and confirmed_on < stint.birth:
        why = because("HTN-EN-01", "确诊日期不得早于出生日期", "The confirmation is not before the birth date")
        found.append(Fault("confirmed_on", "before_birth", why))
    if not (change.confirmed_at or stint.confirmed_at):
        why = because("HTN-EN-01", "须填写确诊机构", "Needs the institution that confirmed")
        found.append(Fault("confirmed_at", "missing", why))
    return found


def _consent(stint: Stint, change: Change) -> list[Fault]:
    if change.consent or stint.consent:
        return []
    return [Fault("consent", "missing", because("HTN-EN-01", "须知情同意", "Needs the person's consent"))]


def _managing(stint: Stint, change: Change) -> list[Fault]:
    wanted = (
        ("clinic", change.clinic or stint.clinic, "须填写管理机构", "Needs the managing clinic"),
        ("doctor", change.doctor or stint.doctor, "须填写责任医生", "Needs the responsible doctor"),
    )
    return [Fault(field, "missing", because("HTN-EN-01", zh, en)) for field, value, zh, en in wanted if not value]


def contact_faults(evidence: ContactEvidence | None, on: date) -> list[Fault]:
    """What the evidence of contacts lacks for a loss on this day (LIFE-02)."""
    if evidence is None:
        why = because("LIFE-02", "判定失访须有联系记录", "Calling a person lost needs the contact attempts")
        return [Fault("evidence", "missing", why)]
    span = evidence.last_on - evidence.first_on
    rows = (
        (
            evidence.attempts < MIN_CONTACT_ATTEMPTS,
            "evidence/attempts",
            "too_few",
            "至少联系3次",
            "At least 3 attempts",
        ),
        (
            evidence.channels < MIN_CONTACT_CHANNELS,
            "evidence/channels",
            "too_few",
            "至少2种方式",
            "At least 2 channels",
        ),
        (span < MIN_CONTACT_SPAN, "evidence/last_on", "too_short", "历时至少14天", "Over at least 14 days"),
        (evidence.last_on > on, "evidence/last_on", "after_change", "不得晚于变更日期", "Not after the change"),
    )
    return [Fault(field, code, because("LIFE-02", zh, en)) for wrong, field, code, zh, en in rows if wrong]


def _lost(stint: Stint, change: Change) -> list[Fault]:
    found = contact_faults(change.evidence, change.on)
    seen_on = stint.last_seen_on or stint.enrolled_on
    if seen_on is not None and change.on - seen_on < MIN_UNSEEN:
        why = because("LIFE-02", "180天内有有效随访", "There is a valid follow-up within 180 days")
        found.append(Fault("on", "seen_lately", why))
    return found


def _end_reason(stint: Stint, change: Change) -> list[Fault]:
    if change.reason is None:
        return [Fault("reason", "missing", because("LIFE-01", "须填写终止原因", "Say why it ends"))]
    if change.reason is EndReason.DIED and not change.death_cause:
        why = because("LIFE-01", "须填写死亡原因", "Needs the cause of death")
        return [Fault("death_cause", "missing", why)]
    if change.reason is EndReason.TRANSFERRED and not change.to_clinic:
        return [Fault("to_clinic", "missing", because("LIFE-05", "须填写转入机构", "Needs the receiving clinic"))]
    if change.reason is EndReason.TRANSFERRED and change.to_clinic == stint.clinic:
        return [Fault("to_clinic", "same_clinic", because("LIFE-05", "须为另一机构", "Must be another clinic"))]
    if change.reason is EndReason.LOST and stint.state is S.SUSPECTED:
        why = because("LIFE-02", "疑似阶段不判失访", "A suspicion is not lost to follow-up")
        return [Fault("reason", "not_expected", why)]
    if change.reason is EndReason.LOST and stint.state is not S.LOST:
        return _lost(stint, change)
    return []


_CHECKS: Final[Mapping[Requirement, Callable[[Stint, Change], list[Fault]]]] = MappingProxyType(
    {
        R.CONFIRMATION: _confirmation,
        R.CONSENT: _consent,
        R.MANAGING: _managing,
        R.CONTACTS: _lost,
        R.END_REASON: _end_reason,
    }
)
