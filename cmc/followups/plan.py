"""What is next for a person, from what is known of them: pure. Every active enrolment has exactly one next step.

The next step of an enrolment follows from its latest follow-up, or from the enrolment itself while there is none; a
person with unanswered critical readings has one more, so has every other alert that is not closed, and every referral
of which nobody knows what became. `changes` compares that with the open tasks: what is wanted and not there is opened,
what stands differently is rewritten (kept, or put off with its visit), what is no longer wanted is closed. A referral
that a visit raised is asked about at that visit's two-week check: both are one contact (merged).

Examinations are planned apart (`exams.py`): they follow from the whole record.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from cmc.clinical.alert_facts import AlertRule
from cmc.clinical.alert_timing import CHECK_WITHIN_DAYS
from cmc.clinical.classification import ROUTINE_DAYS, SOON_DAYS, latest_next_date
from cmc.clinical.codes import Action, AlertTier, Disease, EndReason, EnrolmentState, ReadingKind
from cmc.clinical.emergencies import EmergencyCriterion
from cmc.core.text import Text
from cmc.followups import listed
from cmc.followups.codes import EXAM_KINDS, TaskKind, TaskStatus
from cmc.followups.person import Changes, Closing, Contact, Due, OpenAlert, OpenTask, Person, Stint
from cmc.followups.rhythm import STANDARD_RHYTHM

ROUTINE_BEFORE: Final = 14
SOON_BEFORE: Final = 7
"""So many days before its due day a visit counts for it, and may be planned [D]."""
ANSWER_WITHIN: Final = {
    AlertTier.RED: timedelta(0),
    AlertTier.ORANGE: timedelta(days=1),
    AlertTier.YELLOW: timedelta(days=7),
}

_ROUTINE_RULE: Final = {Disease.HTN: "HTN-FU-01", Disease.T2DM: "DM-FU-01"}
_TABLE_RULE: Final = {Disease.HTN: "HTN-FU-06", Disease.T2DM: "DM-FU-06"}
_CRITICAL_RULE: Final = {
    ReadingKind.BLOOD_PRESSURE: EmergencyCriterion.HTN_EM_01.value,
    ReadingKind.GLUCOSE: EmergencyCriterion.DM_EM_01.value,
}


def dues(person: Person) -> tuple[Due, ...]:
    """Return what is next for a person: one step for each active enrolment, one for unanswered critical readings.

    Lost and ended enrolments have no routine dues: the lost are for recall. The dead have none at all (LIFE-01).
    """
    if person.died_on is not None:
        return ()
    routine = tuple(_step(person, stint) for stint in person.stints if stint.state is EnrolmentState.ACTIVE)
    return (*_critical(person), *_alerts(person), *_checks(person), *routine, *_referrals(person, routine))


def changes(person: Person, open_tasks: Iterable[OpenTask]) -> Changes:
    """Return the dues to be opened or rewritten, and the open tasks to be closed as done or cancelled.

    Open tasks of examinations are left alone, those of an indicator's list are closed alone.
    """
    wanted = {(due.kind, due.cause): due for due in dues(person)}
    write = dict(wanted)
    close: list[Closing] = []
    for task in open_tasks:
        if task.due.kind in EXAM_KINDS:
            continue
        if task.due.kind is TaskKind.INDICATOR_LIST:
            close += listed.closing(person, task)
            continue
        key = (task.due.kind, task.due.cause)
        if key not in wanted:
            close.append(_closing(person, task))
        elif wanted[key] == task.due:
            del write[key]
    visits = tuple(due for key, due in wanted.items() if due.is_visit and key not in write)
    beside = visits if any(due.is_visit for due in write.values()) else ()
    return Changes(tuple(write.values()), tuple(close), beside)


def alert_of(due: Due) -> UUID | None:
    """The alert that a task stands for, if it does."""
    return _named(due, "alert")


def referral_of(due: Due) -> UUID | None:
    """The referral that a task asks about, if it does."""
    return _named(due, "referral")


def _named(due: Due, kind: str) -> UUID | None:
    found, _, named = due.cause.partition(":")
    return UUID(named) if found == kind else None


def managed_since(stint: Stint, stints: Iterable[Stint]) -> date:
    """First day of uninterrupted management: a transfer goes on where the other clinic stopped (LIFE-05)."""
    since = stint.enrolled_on
    for other in sorted(stints, key=lambda each: each.enrolled_on, reverse=True):
        transferred = other.disease is stint.disease and other.end_reason is EndReason.TRANSFERRED
        if transferred and other.ended_on is not None and other.ended_on + timedelta(days=1) == since:
            since = other.enrolled_on
    return since


def _step(person: Person, stint: Stint) -> Due:
    since = managed_since(stint, person.stints)
    contact = person.contacts.get(stint.disease)
    if contact is None or contact.visited_on < since:
        return _first_visit(person, stint, since)
    return _next_visit(person, stint, contact)


def _first_visit(person: Person, stint: Stint, since: date) -> Due:
    """FU-NEXT-01 applied to the enrolment: the first follow-up at most 90 days and 3 months after it [D]."""
    due_on, name = latest_next_date(since, ROUTINE_DAYS), stint.disease.text
    return Due(
        patient_id=person.id,
        clinic_id=stint.clinic_id,
        disease=stint.disease,
        kind=TaskKind.FIRST_VISIT,
        cause=f"enrolment:{stint.id}",
        due_on=due_on,
        reason=Text(
            f"{since} 纳入{name.zh}管理，尚未随访，应于 {due_on} 前完成首次随访",
            f"in {name.en.lower()} care since {since}, never followed up: first follow-up by {due_on}",
        ),
        rule_ids=(_ROUTINE_RULE[stint.disease], "FU-NEXT-01"),
        from_on=since,
        latest_on=due_on,
    )


def _next_visit(person: Person, stint: Stint, contact: Contact) -> Due:
    """FU-NEXT-01: the date agreed at the latest follow-up; after a check of FU-CONS-03 the rhythm is routine again.

    A region that asks for a closer rhythm of the person's group brings the agreed date forward, never back.
    """
    last, due_on = contact.visited_on, contact.next_visit_on
    soon = contact.action is not Action.ROUTINE and (due_on - last).days <= SOON_DAYS
    days = person.rhythms.get(stint.clinic_id, STANDARD_RHYTHM).of(stint.disease, person.group)
    closer = last + timedelta(days=days) < due_on and not soon
    due_on = last + timedelta(days=days) if closer else due_on
    reason = Text(f"上次随访 {last}，应于 {due_on} 前随访", f"last follow-up {last}: the next one by {due_on}")
    if closer:
        group = person.group.text
        reason = Text(
            f"上次随访 {last}，{group.zh}每{days}天随访一次，应于 {due_on} 前随访",
            f"last follow-up {last}, {group.en.lower()}, every {days} days: the next one by {due_on}",
        )
    if soon:
        found = contact.classification.text if contact.classification else Text("缺少关键值", "Value missing")
        asked = contact.action.text
        reason = Text(
            f"上次随访 {last}：{found.zh}（{asked.zh}），应于 {due_on} 前复查",
            f"last follow-up {last}: {found.en.lower()} ({asked.en.lower()}), to be checked by {due_on}",
        )
    check = ("HTN-EM-05",) if soon and contact.action is Action.EMERGENCY_REFER else ()
    table = _TABLE_RULE if soon else _ROUTINE_RULE
    return Due(
        patient_id=person.id,
        clinic_id=stint.clinic_id,
        disease=stint.disease,
        kind=TaskKind.TWO_WEEK if soon else TaskKind.ROUTINE,
        cause=f"followup:{contact.id}",
        due_on=due_on,
        reason=reason,
        rule_ids=(table[stint.disease], *check, "FU-NEXT-01"),
        from_on=max(last + timedelta(days=1), due_on - timedelta(days=SOON_BEFORE if soon else ROUTINE_BEFORE)),
        latest_on=max(due_on, latest_next_date(last, SOON_DAYS if soon else ROUTINE_DAYS)),
    )


def _critical(person: Person) -> tuple[Due, ...]:
    """One due for all critical readings that nobody settled: a second reading is no second task."""
    critical = person.critical
    if critical is None or not person.cared_for:
        return ()
    zh, en = f"{critical.latest_on} {critical.latest.zh}，尚未随访", f"{critical.latest.en} on {critical.latest_on}"
    if critical.count > 1:
        zh += f"（{critical.first_on} 起共 {critical.count} 次）"
        en += f", {critical.count} times since {critical.first_on}"
    due = Due(
        patient_id=person.id,
        clinic_id=person.clinic_id,
        disease=None,
        kind=TaskKind.CRITICAL_READING,
        cause=f"alert:{critical.alert_id}",
        due_on=critical.first_on,
        reason=Text(zh, f"{en}: not followed up yet"),
        rule_ids=(_CRITICAL_RULE[critical.kind],),
        from_on=critical.first_on,
        latest_on=critical.first_on,
    )
    return (due,)


def _alerts(person: Person) -> tuple[Due, ...]:
    """One due for each other alert, in the time of its tier (4.6): RED that day, ORANGE the next, YELLOW in 7 days."""
    if not person.cared_for:
        return ()
    return tuple(_alert(person, each) for each in person.alerts)


def _alert(person: Person, alert: OpenAlert) -> Due:
    due_on = alert.raised_on + ANSWER_WITHIN[alert.tier]
    silent = alert.rule is AlertRule.STALE_DATA
    return Due(
        patient_id=person.id,
        clinic_id=person.clinic_id,
        disease=None,
        kind=TaskKind.SILENT_DEVICE if silent else TaskKind.ALERT_FOLLOWUP,
        cause=f"alert:{alert.alert_id}",
        due_on=due_on,
        reason=Text(
            f"{alert.raised_on} {alert.tier.text.zh}：{alert.words.zh}，应于 {due_on} 前处理",
            f"{alert.tier.text.en} of {alert.raised_on}: {alert.words.en}; to be settled by {due_on}",
        ),
        rule_ids=(f"ALERT-{alert.tier.value}",),
        from_on=alert.raised_on,
        latest_on=due_on,
    )


def _referrals(person: Person, routine: tuple[Due, ...]) -> tuple[Due, ...]:
    """What became of a referral, within 14 days of it, unless the two-week check of the same visit asks for it."""
    if not person.cared_for:
        return ()
    checked = {due.cause for due in routine if due.kind is TaskKind.TWO_WEEK}
    asked = {f"encounter:{each.encounter_id}" for each in person.contacts.values() if f"followup:{each.id}" in checked}
    return tuple(
        Due(
            patient_id=person.id,
            clinic_id=each.clinic_id,
            disease=None,
            kind=TaskKind.REFERRAL_CHECK,
            cause=f"referral:{each.id}",
            due_on=each.check_by,
            reason=Text(
                f"{each.proposed_on} 转诊（{each.reason.zh}），应于 {each.check_by} 前追踪转诊结果",
                f"referred on {each.proposed_on} ({each.reason.en.lower()}): asked about by {each.check_by}",
            ),
            rule_ids=("HTN-FU-06", "HTN-EM-05"),
            from_on=each.proposed_on,
            latest_on=each.check_by,
        )
        for each in person.referrals
        if each.source not in asked
    )


def _checks(person: Person) -> tuple[Due, ...]:
    """The check after a closed RED alert, until somebody has followed the person up."""
    check, contact = person.check, person.last_contact
    if check is None or not person.cared_for or (contact is not None and contact.visited_on > check.closed_on):
        return ()
    due = Due(
        patient_id=person.id,
        clinic_id=person.clinic_id,
        disease=None,
        kind=TaskKind.TWO_WEEK,
        cause=f"check:{check.alert_id}",
        due_on=check.due_on,
        reason=Text(
            f"{check.closed_on} 红色预警已处理，应于 {check.due_on} 前复查",
            f"red alert settled on {check.closed_on}: to be checked by {check.due_on}",
        ),
        rule_ids=("HTN-EM-05",),
        from_on=check.closed_on,
        latest_on=check.due_on,
    )
    return (due,)


def _closing(person: Person, task: OpenTask) -> Closing:
    """Done when a follow-up came after what raised the task, else cancelled (ended, lost, transferred).

    The task of an alert or a referral follows from that: it is done when somebody has closed it.
    """
    due = task.due
    stands_for = alert_of(due) or referral_of(due)
    if stands_for is not None:
        by = person.settled.get(stands_for)
        return Closing(task.id, TaskStatus.CANCELLED if by is None else TaskStatus.DONE, by or "plan")
    contact = person.contacts.get(due.disease) if due.disease else person.last_contact
    if due.kind is TaskKind.FIRST_VISIT:
        came = contact is not None and contact.visited_on >= _enrolled_on(person, due)
    elif due.cause.startswith("check:"):
        came = contact is not None and contact.visited_on > due.due_on - timedelta(days=CHECK_WITHIN_DAYS)
    else:
        came = contact is not None and due.cause != f"followup:{contact.id}"
    if came and contact is not None:
        return Closing(task.id, TaskStatus.DONE, f"followup:{contact.id}")
    return Closing(task.id, TaskStatus.CANCELLED, "plan")


def _enrolled_on(person: Person, due: Due) -> date:
    return next((stint.enrolled_on for stint in person.stints if due.cause == f"enrolment:{stint.id}"), date.max)
