"""Which examinations are due, and when their tasks open, move and close. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import pytest

from cmc.clinical.care_gaps import CareGap, CareItem
from cmc.clinical.reasons import because
from cmc.followups.codes import TaskKind, TaskStatus
from cmc.followups.exams import BY_RECORD, ExamFacts, changes, exam_plan
from cmc.followups.person import OpenTask

ON = date(2026, 11, 20)
PERSON, CLINIC = UUID(int=1), UUID(int=2)


def _gap(item: CareItem, from_on: date, by_on: date) -> CareGap:
    return CareGap(item, from_on, by_on, because("SCREENING", f"{item.text.zh}到期", f"{item.text.en} due"))


def _facts(
    *gaps: CareGap, never: Iterable[CareItem] = (), visit: date | None = None, clinic: UUID | None = CLINIC
) -> ExamFacts:
    return ExamFacts(patient_id=PERSON, clinic_id=clinic, gaps=gaps, never=frozenset(never), next_visit_on=visit)


def _kinds(facts: ExamFacts, on: date = ON) -> list[tuple[TaskKind, date]]:
    return sorted((due.kind, due.due_on) for due in exam_plan(facts, on).dues)


HBA1C = _gap(CareItem.HBA1C, date(2026, 12, 30), date(2026, 12, 30))
EYE = _gap(CareItem.EYE, date(2026, 12, 1), date(2026, 12, 1))
FOOT = _gap(CareItem.FOOT, date(2026, 12, 10), date(2026, 12, 10))
YEARLY = _gap(CareItem.ANNUAL_EXAM, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("on", "opened"),
    [
        (date(2026, 11, 29), []),
        (date(2026, 11, 30), [(TaskKind.HBA1C, date(2026, 12, 30))]),  # looked ahead 30 days
        (date(2027, 3, 1), [(TaskKind.HBA1C, date(2026, 12, 30))]),  # overdue as long as it is not done
    ],
)
def test_a_task_opens_thirty_days_before_it_is_due(on: date, opened: list[tuple[TaskKind, date]]) -> None:
    assert _kinds(_facts(HBA1C), on) == opened


def test_all_screening_is_one_task_that_names_everything_once() -> None:
    (due,) = exam_plan(_facts(EYE, FOOT), ON).dues
    assert (due.kind, due.cause, due.due_on) == (TaskKind.SCREENING, "screening:2026-12-01", date(2026, 12, 1))
    assert due.reason.zh == "应查：眼底检查、足部全面检查，2026-12-01 前完成"
    assert due.reason.en == "due by 2026-12-01: Eye examination, Full foot examination"


def test_the_yearly_examination_waits_for_its_month_or_comes_with_a_visit() -> None:
    assert _kinds(_facts(YEARLY)) == []
    assert _kinds(_facts(YEARLY, visit=ON + timedelta(days=31))) == []
    assert _kinds(_facts(YEARLY, visit=ON + timedelta(days=30))) == [(TaskKind.ANNUAL_EXAM, date(2026, 12, 31))]
    assert _kinds(_facts(YEARLY), date(2026, 12, 1)) == [(TaskKind.ANNUAL_EXAM, date(2026, 12, 31))]


def test_what_was_never_done_is_due_with_the_next_visit_and_put_off_with_it() -> None:
    never = _gap(CareItem.EYE, date(2020, 1, 1), date(2020, 1, 1))
    (first,) = exam_plan(_facts(never, never=[CareItem.EYE], visit=date(2026, 12, 1)), ON).dues
    (later,) = exam_plan(_facts(never, never=[CareItem.EYE], visit=date(2026, 12, 15)), ON).dues
    assert (first.due_on, later.due_on) == (date(2026, 12, 1), date(2026, 12, 15))
    assert first.cause == later.cause == "screening:2020-01-01", "the same task, moved"
    assert _kinds(_facts(never, never=[CareItem.EYE], visit=date(2027, 1, 15))) == []


def test_a_task_that_stands_is_put_off_and_never_closed_while_the_record_shows_nothing() -> None:
    facts = _facts(YEARLY, visit=date(2026, 12, 1))
    (due,) = exam_plan(facts, ON).dues
    standing = [OpenTask(id=UUID(int=9), due=due)]
    seen_without = exam_plan(_facts(YEARLY, visit=date(2027, 3, 1)), ON, standing)
    assert not changes(seen_without, standing, managed=True)
    never = _gap(CareItem.EYE, date(2020, 1, 1), date(2020, 1, 1))
    (due,) = exam_plan(_facts(never, never=[CareItem.EYE], visit=date(2026, 12, 1)), ON).dues
    standing = [OpenTask(id=UUID(int=9), due=due)]
    moved = exam_plan(_facts(never, never=[CareItem.EYE], visit=date(2027, 3, 1)), ON, standing)
    found = changes(moved, standing, managed=True)
    assert ([each.due_on for each in found.write], found.close) == ([date(2027, 3, 1)], ())


def test_nothing_is_due_for_whom_nobody_manages() -> None:
    assert exam_plan(_facts(EYE, clinic=None), ON).dues == ()


@pytest.mark.parametrize(
    ("facts", "look"),
    [
        (_facts(), date(2026, 12, 20)),  # at the latest after 30 days
        (_facts(HBA1C), date(2026, 11, 30)),
        (_facts(_gap(CareItem.HBA1C, date(2027, 5, 1), date(2027, 5, 1))), date(2026, 12, 20)),
        (_facts(YEARLY, visit=date(2026, 12, 25)), date(2026, 11, 25)),
    ],
)
def test_the_next_look_is_the_day_on_which_time_alone_changes_something(facts: ExamFacts, look: date) -> None:
    assert exam_plan(facts, ON).next_look_on == look
    before, then = exam_plan(facts, look - timedelta(days=1)).dues, exam_plan(facts, look).dues
    assert before == exam_plan(facts, ON).dues
    assert len(then) >= len(before)


def test_open_keep_rewrite_and_close() -> None:
    plan = exam_plan(_facts(EYE, FOOT), ON)
    (due,) = plan.dues
    assert changes(plan, [], managed=True).write == (due,)
    assert not changes(plan, [OpenTask(id=UUID(int=9), due=due)], managed=True)
    only_foot = exam_plan(_facts(FOOT), ON)
    found = changes(only_foot, [OpenTask(id=UUID(int=9), due=due)], managed=True)
    assert [(each.status, each.by) for each in found.close] == [(TaskStatus.DONE, BY_RECORD)]
    assert [each.cause for each in found.write] == ["screening:2026-12-10"]
    ended = changes(exam_plan(_facts(EYE, clinic=None), ON), [OpenTask(id=UUID(int=9), due=due)], managed=False)
    assert [each.status for each in ended.close] == [TaskStatus.CANCELLED]
