"""The life-cycle of an enrolment, drawn (LIFE-01…06, HTN-EN-01, HTN-EN-02)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Disease, EndReason, EnrolmentState
from cmc.clinical.enrolment import (
    Change,
    ContactEvidence,
    Stint,
    applied,
    faults,
    next_states,
    statutory,
    transferred,
)

S, E = EnrolmentState, EndReason
ON = date(2026, 11, 21)
ENOUGH = ContactEvidence(3, 2, date(2026, 11, 1), date(2026, 11, 15))
WHOLE: dict[str, Any] = {
    "confirmed_on": date(2026, 1, 5),
    "confirmed_at": "区中心医院",
    "clinic": "A",
    "doctor": "李医生",
    "consent": True,
}
ACTIVE = Stint(
    disease=Disease.HTN,
    state=S.ACTIVE,
    birth=date(1960, 1, 1),
    last_change_on=date(2024, 1, 1),
    enrolled_on=date(2024, 1, 1),
    **WHOLE,
)
NEW = Stint(disease=Disease.HTN, birth=date(1960, 1, 1))

ALLOWED = {
    None: {S.SUSPECTED, S.CONFIRMED, S.ACTIVE},
    S.SUSPECTED: {S.CONFIRMED, S.TERMINATED},
    S.CONFIRMED: {S.ACTIVE, S.TERMINATED},
    S.ACTIVE: {S.LOST, S.TERMINATED},
    S.LOST: {S.ACTIVE, S.TERMINATED},
    S.TERMINATED: set(),
}


def whole(to: EnrolmentState) -> Change:
    """A change with everything that any arrow may need."""
    reason = E.MOVED_OUT if to is S.TERMINATED else None
    return Change(to_state=to, on=ON, evidence=ENOUGH, reason=reason, **WHOLE)


@pytest.mark.parametrize("before", [None, *S])
@pytest.mark.parametrize("after", S)
def test_only_the_drawn_arrows_exist(before: EnrolmentState | None, after: EnrolmentState) -> None:
    found = faults(replace(ACTIVE, state=before), whole(after), ON)
    assert (found == ()) == (after in ALLOWED[before])
    assert next_states(before) == ALLOWED[before]


@pytest.mark.parametrize(
    ("to", "without", "missing"),
    [
        (S.SUSPECTED, ["confirmed_on", "confirmed_at", "clinic", "doctor", "consent"], []),
        (S.CONFIRMED, ["clinic", "doctor", "consent"], []),
        (S.CONFIRMED, ["confirmed_on"], ["confirmed_on"]),
        (S.CONFIRMED, ["confirmed_at"], ["confirmed_at"]),
        (S.ACTIVE, ["consent"], ["consent"]),
        (S.ACTIVE, ["clinic", "doctor"], ["clinic", "doctor"]),
        (S.ACTIVE, ["confirmed_on", "confirmed_at"], ["confirmed_on", "confirmed_at"]),
    ],
)
def test_htn_en_01_what_the_beginning_needs(to: EnrolmentState, without: list[str], missing: list[str]) -> None:
    given_facts = {name: value for name, value in WHOLE.items() if name not in without}
    found = faults(NEW, Change(to_state=to, on=ON, **given_facts), ON)
    assert [(each.field, each.code) for each in found] == [(name, "missing") for name in missing]


def test_htn_en_01_what_was_given_once_need_not_be_given_again() -> None:
    confirmed = applied(NEW, Change(to_state=S.CONFIRMED, on=date(2026, 2, 1), **WHOLE))
    assert faults(confirmed, Change(to_state=S.ACTIVE, on=ON), ON) == ()


@pytest.mark.parametrize(
    ("confirmed_on", "code"),
    [(date(2026, 11, 22), "after_change"), (ON, None), (date(1959, 12, 31), "before_birth")],
)
def test_the_confirmation_lies_between_birth_and_the_change(confirmed_on: date, code: str | None) -> None:
    found = faults(NEW, Change(to_state=S.CONFIRMED, on=ON, confirmed_on=confirmed_on, confirmed_at="A"), ON)
    assert [each.code for each in found] == ([code] if code else [])


@pytest.mark.parametrize(
    ("evidence", "seen_on", "fields"),
    [
        (ENOUGH, None, []),
        (None, None, ["evidence"]),
        (replace(ENOUGH, attempts=2), None, ["evidence/attempts"]),
        (replace(ENOUGH, channels=1), None, ["evidence/channels"]),
        (replace(ENOUGH, first_on=date(2026, 11, 2)), None, ["evidence/last_on"]),
        (replace(ENOUGH, last_on=date(2026, 11, 22)), None, ["evidence/last_on"]),
        (ENOUGH, ON - timedelta(days=180), []),
        (ENOUGH, ON - timedelta(days=179), ["on"]),
    ],
    ids=["enough", "none", "2 attempts", "1 channel", "13 days", "after the change", "unseen 180 days", "seen 179"],
)
@pytest.mark.parametrize("ends", [False, True], ids=["lost", "ended as lost"])
def test_life_02_nobody_is_lost_without_evidence(
    evidence: ContactEvidence | None, seen_on: date | None, fields: list[str], ends: bool
) -> None:
    to, reason = (S.TERMINATED, E.LOST) if ends else (S.LOST, None)
    stint = replace(ACTIVE, last_seen_on=seen_on)
    found = faults(stint, Change(to_state=to, on=ON, evidence=evidence, reason=reason), ON)
    assert [each.field for each in found] == fields
    assert {each.reason.rule for each in found} <= {"LIFE-02"}


def test_life_03_who_comes_back_goes_on_in_the_same_enrolment() -> None:
    lost = applied(ACTIVE, Change(to_state=S.LOST, on=date(2026, 9, 1), evidence=ENOUGH))
    back = applied(lost, Change(to_state=S.ACTIVE, on=ON))
    assert faults(lost, Change(to_state=S.ACTIVE, on=ON), ON) == ()
    assert (back.state, back.enrolled_on, back.last_change_on) == (S.ACTIVE, ACTIVE.enrolled_on, ON)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": None}, "reason"),
        ({"reason": E.DIED}, "death_cause"),
        ({"reason": E.DIED, "death_cause": "脑出血"}, None),
        ({"reason": E.MOVED_OUT}, None),
        ({"reason": E.REFUSED}, None),
        ({"reason": E.DIAGNOSIS_WITHDRAWN}, None),
        ({"reason": E.TRANSFERRED}, "to_clinic"),
        ({"reason": E.TRANSFERRED, "to_clinic": "A"}, "to_clinic"),
        ({"reason": E.TRANSFERRED, "to_clinic": "B"}, None),
    ],
)
def test_life_01_04_05_what_an_end_needs(change: dict[str, Any], field: str | None) -> None:
    found = faults(ACTIVE, Change(to_state=S.TERMINATED, on=ON, **change), ON)
    assert [each.field for each in found] == ([field] if field else [])


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2026, 11, 22), "in_future"),
        (date(2023, 12, 31), "before_last_change"),
        (date(2024, 1, 1), None),
    ],
)
def test_a_change_lies_between_the_last_one_and_today(on: date, code: str | None) -> None:
    found = faults(ACTIVE, Change(to_state=S.TERMINATED, on=on, reason=E.REFUSED), ON)
    assert [each.code for each in found] == ([code] if code else [])


def test_only_an_end_has_a_reason() -> None:
    found = faults(replace(ACTIVE, state=S.LOST), Change(to_state=S.ACTIVE, on=ON, reason=E.REFUSED), ON)
    assert [(each.field, each.code) for each in found] == [("reason", "not_expected")]


@pytest.mark.parametrize("state", [S.ACTIVE, S.LOST])
def test_life_05_a_transfer_ends_on_one_day_and_begins_on_the_next_in_the_same_state(state: EnrolmentState) -> None:
    change = Change(to_state=S.TERMINATED, on=ON, reason=E.TRANSFERRED, to_clinic="B")
    old, new = transferred(replace(ACTIVE, state=state), change)
    assert (old.state, old.ended_on, old.clinic) == (S.TERMINATED, ON, "A")
    assert (new.state, new.enrolled_on, new.clinic) == (state, ON + timedelta(days=1), "B")
    assert new.confirmed_on == ACTIVE.confirmed_on


def test_another_end_is_no_transfer() -> None:
    with pytest.raises(ValueError, match="receiving clinic"):
        transferred(ACTIVE, Change(to_state=S.TERMINATED, on=ON, reason=E.MOVED_OUT))


@pytest.mark.parametrize(
    ("disease", "age", "primary", "expected"),
    [
        (Disease.HTN, 35, True, True),
        (Disease.HTN, 34, True, False),
        (Disease.HTN, 60, False, False),
        (Disease.T2DM, 35, True, True),
        (Disease.T2DM, 34, True, False),
    ],
)
def test_htn_en_02_who_belongs_to_the_statutory_population(
    disease: Disease, age: int, primary: bool, expected: bool
) -> None:
    assert statutory(disease, age, primary=primary) is expected


CHANGES = st.builds(
    lambda to, days: replace(whole(to), on=ON - timedelta(days=days)), st.sampled_from(S), st.integers(0, 400)
)


@given(st.lists(CHANGES, max_size=12))
def test_whatever_is_tried_the_dates_stay_in_order_and_an_end_is_final(changes: list[Change]) -> None:
    stint = NEW
    for change in changes:
        if faults(stint, change, ON):
            continue
        assert stint.state is not S.TERMINATED
        assert stint.last_change_on is None or stint.last_change_on <= change.on
        stint = applied(stint, change)
        assert (stint.ended_on is not None) == (stint.state is S.TERMINATED)
        assert stint.state not in {S.ACTIVE, S.LOST} or stint.enrolled_on is not None
