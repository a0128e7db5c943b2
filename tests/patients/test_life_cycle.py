"""The enrolment life-cycle (LIFE-01…06), drawn."""

from datetime import date

import pytest

from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.patients.life_cycle import Change, ContactEvidence, faults

S = EnrolmentState
ENOUGH = ContactEvidence(attempts=3, channels=2, first_on=date(2026, 5, 1), last_on=date(2026, 5, 15))
ON = date(2026, 6, 1)


def _change(to: EnrolmentState) -> Change:
    return Change(
        to,
        ON,
        EndReason.MOVED_OUT if to is S.TERMINATED else None,
        ENOUGH if to is S.LOST else None,
    )


ALLOWED = {
    (S.SUSPECTED, S.CONFIRMED),
    (S.SUSPECTED, S.TERMINATED),
    (S.CONFIRMED, S.ACTIVE),
    (S.CONFIRMED, S.TERMINATED),
    (S.ACTIVE, S.LOST),
    (S.ACTIVE, S.TERMINATED),
    (S.LOST, S.ACTIVE),
    (S.LOST, S.TERMINATED),
}


@pytest.mark.parametrize("before", S)
@pytest.mark.parametrize("after", S)
def test_only_the_drawn_arrows_exist(before: EnrolmentState, after: EnrolmentState) -> None:
    found = faults(before, date(2024, 1, 1), date(2024, 1, 1), _change(after))
    assert (found == []) == ((before, after) in ALLOWED)


@pytest.mark.parametrize(
    ("attempts", "channels", "first_on", "last_on", "pointer"),
    [
        (2, 2, date(2026, 5, 1), date(2026, 5, 15), "/evidence/attempts"),
        (3, 1, date(2026, 5, 1), date(2026, 5, 15), "/evidence/channels"),
        (3, 2, date(2026, 5, 2), date(2026, 5, 15), "/evidence/last_on"),
        (3, 2, date(2026, 5, 1), date(2026, 6, 2), "/evidence/last_on"),
    ],
    ids=["two attempts", "one channel", "thirteen days", "a call after the change"],
)
def test_nobody_is_lost_without_evidence(
    attempts: int, channels: int, first_on: date, last_on: date, pointer: str
) -> None:
    evidence = ContactEvidence(attempts, channels, first_on, last_on)
    found = faults(S.ACTIVE, date(2024, 1, 1), date(2024, 1, 1), Change(S.LOST, ON, None, evidence))
    assert [fault.pointer for fault in found] == [pointer]


def test_an_end_needs_a_reason_and_nothing_else_has_one() -> None:
    ended = faults(S.ACTIVE, date(2024, 1, 1), date(2024, 1, 1), Change(S.TERMINATED, ON))
    back = faults(S.LOST, date(2024, 1, 1), date(2024, 1, 1), Change(S.ACTIVE, ON, EndReason.DIED))
    assert [fault.code for fault in ended + back] == ["missing", "not_expected"]


def test_a_change_never_lies_before_the_one_before_it() -> None:
    found = faults(S.ACTIVE, date(2024, 1, 1), date(2026, 6, 2), Change(S.TERMINATED, ON, EndReason.REFUSED))
    assert [fault.pointer for fault in found] == ["/on"]
