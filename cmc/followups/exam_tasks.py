"""Groups and examinations of many people: from their charts to the group, the open tasks and the day of the next look.

Set apart from `tasks.py` because it reads the whole record: the worker does it within seconds of a dirty mark, a visit
does not wait for it. The number of statements is the same for one person and for a thousand.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.charts import adapters
from cmc.charts import queries as charts
from cmc.charts.chart import AsOf, Chart
from cmc.clinical.care_gaps import care_items
from cmc.clinical.codes import Classification, EnrolmentState
from cmc.clinical.stratification import RiskLevel
from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.followups import exams, plan_facts, states, tasks
from cmc.followups.codes import FollowupGroup
from cmc.followups.exams import ExamFacts, ExamPlan
from cmc.followups.person import Changes, OpenTask
from cmc.followups.rhythm import GroupFacts, Grouping, regrouped
from cmc.followups.tables import PlanState
from cmc.risk import standing_queries as risk


def risk_bands(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> Mapping[UUID, RiskLevel]:
    """Return the risk bands of people: a doctor's, else the computed one. The plan reads them here only."""
    return risk.bands(session, scope, patient_ids)


def reconcile(session: Session, scope: Scope, patient_ids: Iterable[UUID], *, now: datetime) -> list[UUID]:
    """Group people and make their open tasks of examinations equal to the plan; return whose group changed.

    People are locked in the order of their ids only when a task of theirs changes, and looked at again behind the lock.
    """
    people, on = sorted(set(patient_ids)), local_date(now)
    known = _groupings(session, people)
    found = _look(session, scope, people, known, on=on)
    states.keep(session, {each: (grouping, plan.next_look_on) for each, (grouping, plan, _) in found.items()}, now=now)
    changed = [each for each, (_, _, changes) in found.items() if changes]
    if changed:
        plan_facts.lock_people(session, scope, changed)
        again = _look(session, scope, changed, known, on=on)
        tasks.apply(session, {each: changes for each, (_, _, changes) in again.items()}, now=now)
    before = {each: known[each].group if each in known else FollowupGroup.STANDARD for each in found}
    return [each for each, (grouping, _, _) in found.items() if grouping.group is not before[each]]


def _look(
    session: Session, scope: Scope, people: Sequence[UUID], known: Mapping[UUID, Grouping], *, on: date
) -> dict[UUID, tuple[Grouping, ExamPlan, Changes]]:
    bands = risk_bands(session, scope, people)
    open_tasks = plan_facts.open_tasks(session, scope, people)
    found = {}
    for person_id, chart in charts.load(session, scope, people, AsOf(on)).items():
        own = open_tasks.get(person_id, [])
        facts = _exam_facts(chart, own)
        plan = exams.exam_plan(facts, on, own)
        grouping = regrouped(known.get(person_id), group_facts(chart, bands.get(person_id)), on)
        changes = exams.changes(plan, own, managed=facts.clinic_id is not None)
        found[person_id] = (grouping, plan, changes)
    return found


def group_facts(chart: Chart, risk_band: RiskLevel | None = None) -> GroupFacts:
    """What decides the group of a person: the last class of each managed disease, and the risk table."""
    managed = {each.disease for each in chart.enrolments if each.state is EnrolmentState.ACTIVE}
    classes = [each.classification for each in chart.visits if each.disease in managed]
    risk = adapters.cardiovascular_risk(chart)
    return GroupFacts(
        classes=tuple(Classification(each) for each in classes if each is not None),
        risk_level=risk.cell.resolved if risk is not None and risk.cell is not None else None,
        risk_factors=len(risk.factors) if risk is not None else 0,
        risk_band=risk_band,
    )


def _exam_facts(chart: Chart, open_tasks: Sequence[OpenTask]) -> ExamFacts:
    active = [each for each in chart.enrolments if each.state is EnrolmentState.ACTIVE]
    if not active or chart.died_on is not None:
        return ExamFacts(patient_id=chart.patient_id, clinic_id=None)
    facts = adapters.care_facts(chart)
    gaps = care_items(facts, chart.as_of.on)
    visits = [task.due.due_on for task in open_tasks if task.due.is_visit]
    return ExamFacts(
        patient_id=chart.patient_id,
        clinic_id=active[0].clinic_id,
        gaps=gaps,
        never=frozenset(gap.item for gap in gaps if gap.item not in facts.last_done),
        next_visit_on=min(visits, default=None),
    )


def _groupings(session: Session, people: Sequence[UUID]) -> dict[UUID, Grouping]:
    query = select(col(PlanState.patient_id), col(PlanState.followup_group), col(PlanState.grouped_on)).where(
        col(PlanState.patient_id).in_(people)
    )
    return {row[0]: Grouping(FollowupGroup(row[1]), row[2]) for row in session.execute(query)}
