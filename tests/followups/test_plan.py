"""What is next for a person: pure."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from cmc.clinical.codes import Action, Classification, Disease, EndReason, EnrolmentState, ReadingKind
from cmc.core.clock import LOCAL
from cmc.core.text import Text
from cmc.followups.codes import TaskKind, TaskStatus
from cmc.followups.person import AT_ONCE, BY_DATE, Check, Contact, CriticalReadings, OpenTask, Person, Stint
from cmc.followups.plan import changes, dues, managed_since

CLINIC, OTHER_CLINIC = uuid4(), uuid4()
HTN, T2DM = Disease.HTN, Disease.T2DM


def _stint(enrolled_on: date = date(2026, 8, 10), **more: Any) -> Stint:
    wanted = {"id": uuid4(), "clinic_id": CLINIC, "disease": HTN, "state": EnrolmentState.ACTIVE, **more}
    return Stint(enrolled_on=enrolled_on, **wanted)


def _contact(visited_on: date, days: int = 90, action: Action = Action.ROUTINE, **more: Any) -> Contact:
    wanted = {
        "id": uuid4(),
        "encounter_id": uuid4(),
        "disease": HTN,
        "visited_time": None,
        "recorded_at": datetime.combine(visited_on, time(9), LOCAL),
        "classification": Classification.SATISFACTORY,
        "next_visit_on": visited_on + timedelta(days=days),
        **more,
    }
    return Contact(visited_on=visited_on, action=action, **wanted)


def _person(*stints: Stint, contacts: tuple[Contact, ...] = (), **more: Any) -> Person:
    by_disease = {contact.disease: contact for contact in contacts}
    return Person(id=UUID(int=1), clinic_id=CLINIC, stints=stints, contacts=by_disease, **more)


ALERT = UUID(int=7)
RED = CriticalReadings(
    alert_id=ALERT,
    kind=ReadingKind.BLOOD_PRESSURE,
    latest=Text("血压 186/112", "blood pressure 186/112"),
    latest_on=date(2026, 11, 19),
    first_on=date(2026, 11, 18),
    count=2,
)


def test_without_a_follow_up_the_first_one_is_due_90_days_after_the_enrolment() -> None:
    stint = _stint()
    (due,) = dues(_person(stint))
    assert (due.kind, due.due_on, due.cause) == (TaskKind.FIRST_VISIT, date(2026, 11, 8), f"enrolment:{stint.id}")
    assert due.reason.zh == "2026-08-10 纳入高血压管理，尚未随访，应于 2026-11-08 前完成首次随访"
    assert due.rule_ids == ("HTN-FU-01", "FU-NEXT-01")


def test_after_a_good_visit_the_agreed_date_is_due() -> None:
    contact = _contact(date(2026, 8, 10))
    (due,) = dues(_person(_stint(date(2024, 1, 1)), contacts=(contact,)))
    assert (due.kind, due.due_on, due.cause) == (TaskKind.ROUTINE, date(2026, 11, 8), f"followup:{contact.id}")
    assert due.reason == Text(
        "上次随访 2026-08-10，应于 2026-11-08 前随访", "last follow-up 2026-08-10: the next one by 2026-11-08"
    )


@pytest.mark.parametrize(
    ("action", "days", "kind"),
    [
        (Action.ADJUST, 14, TaskKind.TWO_WEEK),
        (Action.REFER, 14, TaskKind.TWO_WEEK),
        (Action.EMERGENCY_REFER, 10, TaskKind.TWO_WEEK),
        (Action.NEED_DATA, 14, TaskKind.TWO_WEEK),
        (Action.ROUTINE, 14, TaskKind.ROUTINE),
        (Action.REFER, 90, TaskKind.ROUTINE),
    ],
)
def test_what_needs_action_is_checked_within_two_weeks(action: Action, days: int, kind: TaskKind) -> None:
    contact = _contact(date(2026, 11, 1), days, action, classification=Classification.UNSATISFACTORY)
    (due,) = dues(_person(_stint(date(2024, 1, 1)), contacts=(contact,)))
    assert due.kind is kind
    assert ("HTN-EM-05" in due.rule_ids) is (action is Action.EMERGENCY_REFER)
    assert ("控制不满意" in due.reason.zh) is (kind is TaskKind.TWO_WEEK)


def test_a_follow_up_of_a_former_stint_does_not_count_for_the_new_one() -> None:
    former = _stint(
        date(2023, 1, 1),
        state=EnrolmentState.TERMINATED,
        ended_on=date(2024, 1, 31),
        end_reason=EndReason.MOVED_OUT,
    )
    (due,) = dues(_person(former, _stint(), contacts=(_contact(date(2024, 1, 20)),)))
    assert due.kind is TaskKind.FIRST_VISIT


def test_a_transfer_takes_the_agreed_date_along() -> None:
    old = _stint(
        date(2023, 1, 1),
        state=EnrolmentState.TERMINATED,
        ended_on=date(2026, 8, 9),
        end_reason=EndReason.TRANSFERRED,
    )
    new = _stint(date(2026, 8, 10), clinic_id=OTHER_CLINIC)
    contact = _contact(date(2026, 8, 1), 14, Action.ADJUST)
    (due,) = dues(_person(old, new, contacts=(contact,)))
    assert (due.kind, due.clinic_id, due.due_on) == (TaskKind.TWO_WEEK, OTHER_CLINIC, date(2026, 8, 15))
    assert managed_since(new, (old, new)) == date(2023, 1, 1)


def test_each_active_enrolment_has_its_own_next_step() -> None:
    found = dues(_person(_stint(), _stint(disease=T2DM)))
    assert [due.disease for due in found] == [HTN, T2DM]


@pytest.mark.parametrize(
    ("state", "ended_on"),
    [(EnrolmentState.LOST, None), (EnrolmentState.TERMINATED, date(2026, 9, 1)), (EnrolmentState.CONFIRMED, None)],
)
def test_only_active_enrolments_have_a_routine(state: EnrolmentState, ended_on: date | None) -> None:
    assert dues(_person(_stint(state=state, ended_on=ended_on))) == ()


def test_unanswered_critical_readings_are_one_due_for_the_person_and_at_once() -> None:
    first, second = dues(_person(_stint(), critical=RED))
    assert (first.kind, first.disease, first.due_on) == (TaskKind.CRITICAL_READING, None, date(2026, 11, 18))
    assert first.reason == Text(
        "2026-11-19 血压 186/112，尚未随访（2026-11-18 起共 2 次）",
        "blood pressure 186/112 on 2026-11-19, 2 times since 2026-11-18: not followed up yet",
    )
    assert (first.urgency, second.urgency) == (AT_ONCE, BY_DATE)
    assert first.rule_ids == ("HTN-EM-01",)


def test_a_critical_reading_of_a_lost_or_unenrolled_person_is_still_seen() -> None:
    lost = _stint(state=EnrolmentState.LOST)
    assert [due.kind for due in dues(_person(lost, critical=RED))] == [TaskKind.CRITICAL_READING]
    assert [due.kind for due in dues(_person(critical=RED))] == [TaskKind.CRITICAL_READING]


def test_the_dead_and_those_who_left_have_nothing_due() -> None:
    ended = _stint(state=EnrolmentState.TERMINATED, ended_on=date(2026, 9, 1))
    assert dues(_person(ended, critical=RED)) == ()
    assert dues(_person(_stint(), critical=RED, died_on=date(2026, 11, 1))) == ()


@pytest.mark.parametrize(
    ("recorded_at", "until"),
    [
        (datetime(2026, 11, 10, 9, 30, tzinfo=LOCAL), datetime(2026, 11, 10, 9, 30, tzinfo=LOCAL)),
        (datetime(2026, 11, 12, 9, 30, tzinfo=LOCAL), datetime(2026, 11, 11, 0, 0, tzinfo=LOCAL)),
    ],
)
def test_a_visit_answers_what_was_known_when_it_was_recorded(recorded_at: datetime, until: datetime) -> None:
    contact = _contact(date(2026, 11, 10), recorded_at=recorded_at)
    assert contact.answers_until == until


def test_the_plan_that_stands_changes_nothing() -> None:
    person = _person(_stint(), _stint(disease=T2DM), critical=RED)
    tasks = [OpenTask(id=uuid4(), due=due) for due in dues(person)]
    assert not changes(person, tasks)


def test_a_task_whose_words_or_clinic_changed_is_written_again() -> None:
    stint = _stint()
    (due,) = dues(_person(stint))
    moved = Person(id=UUID(int=1), clinic_id=CLINIC, stints=(_stint(id=stint.id, clinic_id=OTHER_CLINIC),))
    found = changes(moved, [OpenTask(id=uuid4(), due=due)])
    assert [each.clinic_id for each in found.write] == [OTHER_CLINIC]
    assert found.close == ()


def test_a_visit_closes_what_it_answers_as_done() -> None:
    stint = _stint()
    before = _person(stint, critical=RED)
    tasks = [OpenTask(id=uuid4(), due=due) for due in dues(before)]
    contact = _contact(date(2026, 11, 20))
    found = changes(_person(stint, contacts=(contact,), settled={ALERT: f"followup:{contact.id}"}), tasks)
    assert [(each.status, each.by) for each in found.close] == [(TaskStatus.DONE, f"followup:{contact.id}")] * 2
    assert [due.cause for due in found.write] == [f"followup:{contact.id}"]


def test_the_task_of_critical_readings_is_done_when_somebody_closed_the_alert() -> None:
    tasks = [OpenTask(id=uuid4(), due=due) for due in dues(_person(critical=RED))]
    found = changes(_person(settled={ALERT: "user:1"}), tasks)
    assert [(each.status, each.by) for each in found.close] == [(TaskStatus.DONE, "user:1")]
    assert [due.cause for due in dues(_person(critical=RED))] == [f"alert:{ALERT}"]


def test_a_closed_red_alert_is_checked_within_two_weeks_until_somebody_followed_the_person_up() -> None:
    check = Check(ALERT, date(2026, 11, 6), date(2026, 11, 20))
    (due,) = dues(_person(check=check))
    assert (due.kind, due.due_on, due.rule_ids) == (TaskKind.TWO_WEEK, date(2026, 11, 20), ("HTN-EM-05",))
    stint, same_day, later = _stint(), _contact(date(2026, 11, 6)), _contact(date(2026, 11, 7))
    assert any(each.cause == due.cause for each in dues(_person(stint, contacts=(same_day,), check=check)))
    person = _person(stint, contacts=(later,), check=check)
    assert not any(each.cause == due.cause for each in dues(person))
    (closing,) = changes(person, [OpenTask(id=uuid4(), due=due)]).close
    assert (closing.status, closing.by) == (TaskStatus.DONE, f"followup:{later.id}")
    assert dues(_person(check=check, died_on=date(2026, 11, 8))) == ()


def test_without_a_visit_what_is_no_longer_due_is_cancelled() -> None:
    stint = _stint()
    tasks = [OpenTask(id=uuid4(), due=due) for due in dues(_person(stint, critical=RED))]
    lost = _stint(id=stint.id, state=EnrolmentState.LOST)
    found = changes(_person(lost), tasks)
    assert {(each.status, each.by) for each in found.close} == {(TaskStatus.CANCELLED, "plan")}
    assert found.write == ()
