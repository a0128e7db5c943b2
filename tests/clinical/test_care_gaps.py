"""Which screening a person is due for."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.care_gaps import CareFacts, CareGap, CareItem, FootRisk, Retinopathy, Wagner, care_items, due
from cmc.clinical.codes import Disease
from cmc.clinical.renal import AStage, GStage

ON = date(2026, 11, 21)
I = CareItem  # noqa: E741
DONE = date(2026, 6, 10)
HTN = {Disease.HTN: date(2020, 3, 1)}
DM = {Disease.T2DM: date(2021, 5, 1)}


def one(item: CareItem, **facts: Any) -> CareGap | None:
    known = CareFacts(**{"age_years": 60, "diagnosed": DM, **facts})
    return next((each for each in care_items(known, ON) if each.item is item), None)


@pytest.mark.parametrize(
    ("item", "facts", "from_on", "by_on", "refer"),
    [
        (I.EYE, {}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.EYE, {"retinopathy": Retinopathy.ABSENT}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.EYE, {"retinopathy": Retinopathy.MILD}, date(2026, 12, 10), date(2027, 6, 10), False),
        (I.EYE, {"retinopathy": Retinopathy.MODERATE}, date(2026, 9, 10), date(2026, 12, 10), False),
        (I.EYE, {"retinopathy": Retinopathy.SEVERE}, DONE, date(2026, 9, 10), True),
        (I.EYE, {"retinopathy": Retinopathy.PROLIFERATIVE}, DONE, DONE, True),
        (I.EYE, {"retinopathy": Retinopathy.MILD, "macular_oedema": True}, DONE, DONE, True),
        (I.KIDNEY, {"g": GStage.G2, "a": AStage.A1}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.KIDNEY, {"g": GStage.G2, "a": AStage.A2}, date(2026, 9, 10), date(2026, 12, 10), False),
        (I.KIDNEY, {"g": GStage.G3A}, date(2026, 9, 10), date(2026, 12, 10), False),
        (I.KIDNEY, {"g": GStage.G4}, date(2026, 9, 10), date(2026, 12, 10), True),
        (I.KIDNEY, {"a": AStage.A3}, date(2026, 9, 10), date(2026, 12, 10), True),
        (I.FOOT, {}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.FOOT, {"foot_risk": FootRisk.LOW}, date(2026, 12, 10), date(2027, 6, 10), False),
        (I.FOOT, {"foot_risk": FootRisk.MODERATE}, date(2026, 9, 10), date(2026, 12, 10), False),
        (I.FOOT, {"foot_risk": FootRisk.HIGH}, date(2026, 7, 10), date(2026, 9, 10), False),
        (I.FOOT, {"wagner": Wagner.AT_RISK}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.FOOT, {"wagner": Wagner.SUPERFICIAL}, date(2027, 6, 10), date(2027, 6, 10), True),
        (I.HBA1C, {}, date(2026, 12, 10), date(2026, 12, 10), False),
        (I.HBA1C, {"hba1c_unstable": True}, date(2026, 9, 10), date(2026, 9, 10), False),
        (I.NERVE, {}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.ABI, {"age_years": 50}, date(2027, 6, 10), date(2027, 6, 10), False),
        (I.ABI, {"age_years": 49, "weak_foot_pulse": True}, date(2027, 6, 10), date(2027, 6, 10), False),
    ],
)
def test_when_each_item_is_due_by_its_grade(
    item: CareItem, facts: dict[str, Any], from_on: date, by_on: date, refer: bool
) -> None:
    gap = one(item, last_done={item: DONE}, **facts)
    assert gap is not None
    assert (gap.from_on, gap.by_on, gap.refer is not None) == (from_on, by_on, refer)


@pytest.mark.parametrize(
    ("item", "facts"),
    [
        (I.ABI, {"age_years": 49}),
        (I.EYE, {"diagnosed": HTN}),
        (I.HBA1C, {"diagnosed": HTN}),
        (I.URIC_ACID, {"diagnosed": DM}),
        (I.ECG, {"diagnosed": {}}),
        (I.EYE, {"diagnosed": {Disease.T2DM: date(2026, 11, 22)}}),
    ],
)
def test_what_the_diseases_do_not_ask_for_is_not_due(item: CareItem, facts: dict[str, Any]) -> None:
    assert one(item, **facts) is None


def test_what_was_never_done_is_due_since_the_diagnosis() -> None:
    gap = one(I.EYE)
    assert gap is not None
    assert gap.by_on == date(2021, 5, 1)
    assert gap.overdue(ON)


@pytest.mark.parametrize(
    ("last_on", "from_on", "by_on"),
    [
        (None, date(2026, 1, 1), date(2026, 12, 31)),
        (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2027, 1, 1), date(2027, 12, 31)),
    ],
)
def test_the_annual_examination_is_due_once_a_calendar_year(last_on: date | None, from_on: date, by_on: date) -> None:
    gap = one(I.ANNUAL_EXAM, last_done={I.ANNUAL_EXAM: last_on} if last_on else {})
    assert gap is not None
    assert (gap.from_on, gap.by_on) == (from_on, by_on)


@given(
    st.dictionaries(st.sampled_from(Disease), st.dates(date(2015, 1, 1), ON), min_size=1),
    st.dictionaries(st.sampled_from(CareItem), st.dates(date(2015, 1, 1), ON)),
    st.sampled_from([None, *Retinopathy]),
    st.sampled_from([None, *FootRisk]),
)
def test_every_item_stands_once_and_its_dates_are_in_order(
    diagnosed: dict[Disease, date],
    last_done: dict[CareItem, date],
    retinopathy: Retinopathy | None,
    foot_risk: FootRisk | None,
) -> None:
    facts = CareFacts(
        age_years=60, diagnosed=diagnosed, last_done=last_done, retinopathy=retinopathy, foot_risk=foot_risk
    )
    items = care_items(facts, ON)
    assert len({each.item for each in items}) == len(items)
    assert all(each.from_on <= each.by_on for each in items)
    assert set(due(facts, ON)) == {each for each in items if each.from_on <= ON}
