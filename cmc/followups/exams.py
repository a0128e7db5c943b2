"""Which examinations are due for a person: annual examination, HbA1c, screening for complications. Pure.

What is due, and from when, says `clinical/care_gaps` (5.4). Here it becomes at most three tasks a person: the annual
examination, the HbA1c test, and all other screening together (merged), so that one appointment serves for all of it.

- Looked ahead: a task is opened `LOOK_AHEAD_DAYS` before its due day, or with a visit that is due by then, because an
  examination may be combined with a follow-up.
- What was never done is due with the person's next visit and moves with it (put off), and is never due in the past
  only because the diagnosis is old [D].
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from cmc.clinical.care_gaps import CareGap, CareItem
from cmc.core.text import Text
from cmc.followups.codes import EXAM_KINDS, TaskKind, TaskStatus
from cmc.followups.person import Changes, Closing, Due, OpenTask

LOOK_AHEAD_DAYS: Final = 30
NEVER_DONE_DAYS: Final = 90
"""Who has no visit planned gets what was never done within so many days of the diagnosis [D]."""
LOOK_AGAIN_DAYS: Final = 30
"""Everybody's record is looked at again after so many days, because some of its facts are of the last 90 days."""
BY_RECORD: Final = "record"
"""Who closed a task of which the record shows that it was done."""
AGAIN_AFTER: Final = timedelta(days=180)
"""So long after a task was marked as done by hand it is asked again, while the record still shows nothing [D]."""

_KIND: Final = {CareItem.ANNUAL_EXAM: TaskKind.ANNUAL_EXAM, CareItem.HBA1C: TaskKind.HBA1C}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamFacts:
    """What decides the examinations of one person: care gaps, the next visit's due day, who manages the person.

    `clinic_id` None: nobody manages the person now, and nothing is due. `never`: items that were never done.
    """

    patient_id: UUID
    clinic_id: UUID | None
    gaps: tuple[CareGap, ...] = ()
    never: frozenset[CareItem] = frozenset()
    next_visit_on: date | None = None


@dataclass(frozen=True, slots=True)
class ExamPlan:
    """The dues of a local date, and the day on which time alone changes them."""

    dues: tuple[Due, ...]
    next_look_on: date


def exam_plan(facts: ExamFacts, on: date, standing: Iterable[OpenTask] = ()) -> ExamPlan:
    """Return what is due for examination, looked ahead `LOOK_AHEAD_DAYS` from a local date.

    What a `standing` task asks for stays due until the record shows it, also when the visit that it came with is over
    or the clock was set back: it is put off, never closed.
    """
    again = on + timedelta(days=LOOK_AGAIN_DAYS)
    if facts.clinic_id is None:
        return ExamPlan((), again)
    horizon = on + timedelta(days=LOOK_AHEAD_DAYS)
    dated = [(each, _due_on(each, facts)) for each in facts.gaps]
    asked = {(task.due.kind, task.due.cause) for task in standing}
    ready = [
        (gap, due_on)
        for gap, due_on in dated
        if _is_open(gap, due_on, facts, horizon) or (_kind(gap), _cause(_kind(gap), gap)) in asked
    ]
    visit = [facts.next_visit_on] if facts.next_visit_on is not None else []
    days = (day for gap, due_on in dated for day in (gap.from_on, due_on, *visit))
    later = [day - timedelta(days=LOOK_AHEAD_DAYS) for day in days if day > horizon]
    found: dict[TaskKind, list[tuple[CareGap, date]]] = {}
    for gap, due_on in ready:
        found.setdefault(_kind(gap), []).append((gap, due_on))
    dues = tuple(_due(facts.patient_id, facts.clinic_id, kind, gaps) for kind, gaps in sorted(found.items()))
    return ExamPlan(dues, min([again, *later]))


def changes(plan: ExamPlan, open_tasks: Iterable[OpenTask], *, managed: bool) -> Changes:
    """Return what must change so that the open tasks of examinations equal the plan.

    What is no longer due is done by the record, unless nobody manages the person any more.
    """
    write = {(due.kind, due.cause): due for due in plan.dues}
    close = []
    for task in open_tasks:
        if task.due.kind not in EXAM_KINDS:
            continue
        wanted = write.get((task.due.kind, task.due.cause))
        if wanted is None and managed:
            close.append(Closing(task.id, TaskStatus.DONE, BY_RECORD))
        elif wanted is None:
            close.append(Closing(task.id, TaskStatus.CANCELLED, "plan"))
        elif wanted == task.due:
            del write[task.due.kind, task.due.cause]
    return Changes(tuple(write.values()), tuple(close))


def _kind(gap: CareGap) -> TaskKind:
    return _KIND.get(gap.item, TaskKind.SCREENING)


def _cause(kind: TaskKind, first: CareGap) -> str:
    return f"{kind.value}:{first.by_on.isoformat()}"


def _is_open(gap: CareGap, due_on: date, facts: ExamFacts, horizon: date) -> bool:
    """Its time has come, or a visit at which it could be done has."""
    with_visit = facts.next_visit_on is not None and facts.next_visit_on <= horizon
    return gap.from_on <= horizon and (due_on <= horizon or (with_visit and gap.from_on <= _visit(facts)))


def _visit(facts: ExamFacts) -> date:
    return facts.next_visit_on or date.max


def _due_on(gap: CareGap, facts: ExamFacts) -> date:
    if gap.item not in facts.never or gap.item is CareItem.ANNUAL_EXAM:
        return gap.by_on
    return max(gap.by_on, facts.next_visit_on or gap.by_on + timedelta(days=NEVER_DONE_DAYS))


def _due(patient_id: UUID, clinic_id: UUID, kind: TaskKind, found: list[tuple[CareGap, date]]) -> Due:
    gaps = sorted((gap for gap, _ in found), key=lambda gap: (gap.by_on, gap.item.value))
    due_on = min(due_on for _, due_on in found)
    first = gaps[0]
    one = Due(
        patient_id=patient_id,
        clinic_id=clinic_id,
        disease=None,
        kind=kind,
        cause=_cause(kind, first),
        due_on=due_on,
        reason=Text(f"{first.reason.text.zh}，应于 {due_on} 前完成", f"{first.reason.text.en}: due by {due_on}"),
        rule_ids=tuple(dict.fromkeys(gap.reason.rule for gap in gaps)),
        from_on=min(first.from_on, due_on),
        latest_on=max(due_on, first.by_on),
    )
    return one if kind is not TaskKind.SCREENING else replace(one, reason=_listed(gaps, due_on))


def _listed(gaps: list[CareGap], due_on: date) -> Text:
    """All items of the screening, and which of them ask for a referral, in words."""
    names = [gap.item.text for gap in gaps]
    refer = [gap.refer.text for gap in gaps if gap.refer is not None]
    zh = f"应查：{'、'.join(name.zh for name in names)}，{due_on} 前完成"
    en = f"due by {due_on}: {', '.join(name.en for name in names)}"
    if refer:
        zh, en = f"{zh}；{'；'.join(each.zh for each in refer)}", f"{en}; {'; '.join(each.en for each in refer)}"
    return Text(zh, en)
