"""The enrolment life-cycle (LIFE-01…06), drawn."""

from datetime import date

import pytest

from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.patients.life_cycle import Change, ContactEvidence, Stint, faults

S = EnrolmentState
ENOUGH = ContactEvidence(attempts=3, channels=2, first_on=date(2026, 5, 1), last_on=date(2026, 5, 15))
ON = date(2026, 6, 1)
ACTIVE = Stint(S.ACTIVE, date(2024, 1, 1), date(2024, 1, 1))


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
    day = date(2024, 1, 1)
    given = {"confirmed_on": day, "confirmed_at": "市第一医院", "clinic": "C1", "doctor": "赵医生", "consent": True}
    found = faults(Stint(before, day, day, **given), _change(after))
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
    found = faults(ACTIVE, Change(S.LOST, ON, None, evidence))
    assert [fault.pointer for fault in found] == [pointer]


def test_an_end_needs_a_reason_and_nothing_else_has_one() -> None:
    ended = faults(ACTIVE, Change(S.TERMINATED, ON))
    back = faults(Stint(S.LOST, date(2024, 1, 1), date(2024, 1, 1)), Change(S.ACTIVE, ON, EndReason.DIED))
    assert [fault.code for fault in ended + back] == ["missing", "not_expected"]


def test_a_change_never_lies_before_the_one_before_it() -> None:
    found = faults(Stint(S.ACTIVE, date(2024, 1, 1), date(2026, 6, 2)), Change(S.TERMINATED, ON, EndReason.REFUSED))
    assert [fault.pointer for fault in found] == ["/on"]


@pytest.mark.parametrize(
    ("enrolled_on", "seen_on", "lost"),
    [
        (date(2024, 1, 1), date(2025, 12, 3), True),
        (date(2024, 1, 1), date(2025, 12, 4), False),
        (date(2025, 12, 3), None, True),
        (date(2025, 12, 4), None, False),
    ],
    ids=["180 days", "179 days", "enrolled 180 days ago, never seen", "enrolled 179 days ago, never seen"],
)
def test_nobody_is_lost_who_was_seen_within_180_days(enrolled_on: date, seen_on: date | None, lost: bool) -> None:
    stint = Stint(S.ACTIVE, enrolled_on, enrolled_on, seen_on)
    assert (faults(stint, Change(S.LOST, ON, None, ENOUGH)) == []) == lost


def test_ending_as_lost_needs_the_same_evidence() -> None:
    without = faults(ACTIVE, Change(S.TERMINATED, ON, EndReason.LOST))
    assert [fault.pointer for fault in without] == ["/evidence"]
    assert faults(ACTIVE, Change(S.TERMINATED, ON, EndReason.LOST, ENOUGH)) == []


@pytest.mark.parametrize(
    ("before", "after", "lacking"),
    [
        (EnrolmentState.SUSPECTED, EnrolmentState.CONFIRMED, ["/confirmed_on", "/confirmed_at"]),
        (
            EnrolmentState.CONFIRMED,
            EnrolmentState.ACTIVE,
            ["/confirmed_on", "/confirmed_at", "/consent", "/clinic", "/doctor"],
        ),
    ],
)
def test_each_arrow_names_the_evidence_it_lacks(
    before: EnrolmentState, after: EnrolmentState, lacking: list[str]
) -> None:
    day = date(2026, 1, 1)
    found = faults(Stint(before, day, day), Change(after, day))
    assert [each.pointer for each in found] == lacking
