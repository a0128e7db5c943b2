"""HTTP of the work-list, of the plan by day, and of the plan's settings."""

from datetime import date
from enum import Enum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import clock, etag
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession, WriteSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.followups import plan_settings, work_list
from cmc.followups.codes import WorkGroup
from cmc.followups.planning import acting, plans, staff
from cmc.followups.planning.schemas import (
    DoneIn,
    MoveIn,
    OpeningIn,
    OpeningOut,
    PlanDays,
    PlanItem,
    PlanItems,
    PlansBatchIn,
    RhythmHistory,
    RhythmIn,
    RhythmOut,
    SnoozeIn,
    TaskAssignIn,
    TaskBatchIn,
    TaskBatchOut,
    TaskOut,
)
from cmc.followups.planning.staff import Staff
from cmc.followups.work_list_schemas import WorkAsked, WorkList, WorkListCounts, WorkNarrowed, WorkSearchIn
from cmc.organisations import queries as organisations
from cmc.patients.schemas import PatientListed

router = APIRouter(prefix="/v1")

_READS = [requires(Right.READ_PEOPLE)]
_ACTS = [requires(Right.WRITE_VISITS)]
_SETS = [requires(Right.MANAGE_PLANS)]
_TREE = [requires(Right.READ_ORGANISATIONS)]
_LIST: list[str | Enum] = ["work-list"]
_PLANS: list[str | Enum] = ["plans"]


@router.get(
    "/worklist",
    response_model=WorkList,
    tags=_LIST,
    responses={**etag.NOT_MODIFIED, **describe(404)},
    dependencies=_READS,
)
def read_work_list(
    asked: Annotated[WorkAsked, Query()],
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    if_none_match: etag.IfNoneMatch = None,
) -> Response:
    """What must be done: critical first, then the longest overdue, what is due today and within 7 days.

    Poll with If-None-Match: while nothing changed, on the same day, the answer is 304 without a body.
    """
    found = _page(session, scope, keys, asked)
    answer = etag.answer(found, if_none_match)
    _note(session, scope, found, answer)
    return answer


@router.get(
    "/worklist/counts",
    response_model=WorkListCounts,
    tags=_LIST,
    responses={**etag.NOT_MODIFIED, **describe(404)},
    dependencies=_READS,
)
def count_work_list(
    asked: Annotated[WorkNarrowed, Query()],
    session: ReadSession,
    scope: CurrentScope,
    if_none_match: etag.IfNoneMatch = None,
) -> Response:
    """How many items each group of the work-list holds today; poll with If-None-Match."""
    return etag.answer(work_list.counts(session, scope, asked.filters(), on=clock.today()), if_none_match)


@router.post("/worklist:search", tags=_LIST, responses=describe(400, 404), dependencies=_READS)
def search_work_list(
    body: WorkSearchIn, request: Request, session: SeeingSession, scope: CurrentScope, keys: Keys
) -> WorkList:
    """What must be done for the people whom a text may mean: a name, initials, a number or its last four."""
    request.app.state.limits.require_few_searches(scope.actor)
    people = work_list.search(session, scope, keys, body.text, clinic_id=body.clinic)
    items, _ = work_list.page(session, scope, keys, body.filters(people=people), on=clock.today(), limit=100)
    audit.seen(session, scope, "task", (item.patient.id for item in items), act=Act.LIST)
    return WorkList(items=items, next_cursor=None)


@router.post("/worklist/{task_id}:assign", tags=_LIST, responses=describe(400, 404, 409), dependencies=_ACTS)
def assign_task(task_id: UUID, body: TaskAssignIn, session: SeeingSession, scope: CurrentScope) -> TaskOut:
    """Give a task to somebody who works at its clinic, or take it back."""
    return _acted(session, scope, task_id, acting.Assign(body.assignee_id))


@router.post("/worklist/{task_id}:snooze", tags=_LIST, responses=describe(400, 404, 409), dependencies=_ACTS)
def snooze_task(task_id: UUID, body: SnoozeIn, session: SeeingSession, scope: CurrentScope) -> TaskOut:
    """Take a task off the list until a day; its due day stays."""
    return _acted(session, scope, task_id, acting.Snooze(body.until, body.reason))


@router.post("/worklist/{task_id}:done", tags=_LIST, responses=describe(400, 404, 409), dependencies=_ACTS)
def finish_task(task_id: UUID, body: DoneIn, session: SeeingSession, scope: CurrentScope) -> TaskOut:
    """Mark an examination or a silent device as done. Visits, alerts and referrals close their own task."""
    return _acted(session, scope, task_id, acting.Done(body.reason, scope.actor))


@router.post("/worklist/{task_id}:undo", tags=_LIST, responses=describe(404, 409), dependencies=_ACTS)
def undo_task(task_id: UUID, session: SeeingSession, scope: CurrentScope) -> TaskOut:
    """Take back one's own last act on a task, within 10 minutes."""
    done = acting.undo(session, scope, task_id, now=clock.now())
    return _shown(session, scope, done)


@router.post("/worklist:batch", tags=_LIST, responses=describe(400), dependencies=_ACTS)
def act_on_tasks(body: TaskBatchIn, session: SeeingSession, scope: CurrentScope) -> TaskBatchOut:
    """Do one thing to up to 100 tasks; the answer says of each what became of it."""
    found = acting.act(session, scope, body.task_ids, body.wish(scope.actor), now=clock.now())
    return _batch(session, scope, found)


@router.get("/plans", tags=_PLANS, responses=describe(400, 404), dependencies=_READS)
def read_plans(
    clinic: UUID, from_: Annotated[date, Query(alias="from")], to: date, session: ReadSession, scope: CurrentScope
) -> PlanDays:
    """A clinic's calendar: how much is planned on each day, for whom, and how much a nurse can do. No person in it."""
    return plans.days(session, scope, clinic, from_on=from_, to_on=to)


@router.get("/plans/items", tags=_PLANS, responses=describe(400, 404), dependencies=_READS)
def list_plans(
    clinic: UUID,
    on: date,
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    assignee: UUID | Literal["none"] | None = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> PlanItems:
    """What is planned on one day."""
    after = decode_cursor(cursor, tuple[UUID])[0] if cursor else None
    whose = {"assignee_id": assignee} if isinstance(assignee, UUID) else {"unassigned": assignee == "none"}
    found = plans.items(session, scope, clinic, on=on, after=after, limit=limit + 1, **whose)
    audit.seen(session, scope, "task", (patient.id for _, patient in found[:limit]), act=Act.LIST)
    today = clock.today()
    items = [PlanItem(task=TaskOut.of(task), patient=PatientListed.of(keys, who, on=today)) for task, who in found]
    return PlanItems(
        items=items[:limit], next_cursor=encode_cursor((found[limit - 1][0].id,)) if len(found) > limit else None
    )


@router.get("/plans/staff", tags=_PLANS, responses=describe(404), dependencies=_ACTS)
def list_staff(clinic: UUID, session: ReadSession, scope: CurrentScope) -> Staff:
    """Who works at a clinic and records visits: whom its tasks may be given to."""
    return staff.of_clinic(session, scope, clinic)


@router.patch("/plans/{task_id}", tags=_PLANS, responses=describe(400, 404, 409), dependencies=_ACTS)
def move_plan(task_id: UUID, body: MoveIn, session: SeeingSession, scope: CurrentScope) -> TaskOut:
    """Plan a task on another day. Past the standard's limit, and on a closed day, the answer warns; it is stored."""
    return _acted(session, scope, task_id, acting.Move(body.reason, to=body.planned_on))


@router.post("/plans:batch", tags=_PLANS, responses=describe(400), dependencies=_ACTS)
def move_plans(body: PlansBatchIn, session: SeeingSession, scope: CurrentScope) -> TaskBatchOut:
    """Plan up to 100 tasks on another day; those past the standard's limit are counted."""
    found = acting.act(session, scope, body.task_ids, body.wish(), now=clock.now())
    return _batch(session, scope, found)


@router.get("/organisations/{organisation_id}/rhythm", tags=_PLANS, responses=describe(404), dependencies=_TREE)
def read_rhythm(organisation_id: UUID, session: ReadSession, scope: CurrentScope) -> RhythmHistory:
    """Every setting of the days between routine visits that a region, district or clinic ever had."""
    rows = plan_settings.history(session, scope, organisation_id)
    return RhythmHistory(items=[RhythmOut.of(row) for row in rows])


@router.post(
    "/organisations/{organisation_id}/rhythm",
    status_code=201,
    tags=_PLANS,
    responses=describe(400, 404),
    dependencies=_SETS,
)
def set_rhythm(organisation_id: UUID, body: RhythmIn, session: WriteSession, scope: CurrentScope) -> RhythmOut:
    """Set the days between routine visits from a day on, within the standard's limit; the nearest node decides."""
    wanted = body.model_dump()
    row = plan_settings.set_rhythm(session, scope, organisation_id, **wanted, now=clock.now(), on=clock.today())
    return RhythmOut.of(row)


@router.get("/organisations/{organisation_id}/opening-days", tags=_PLANS, responses=describe(404), dependencies=_TREE)
def read_opening_days(organisation_id: UUID, session: ReadSession, scope: CurrentScope) -> OpeningOut:
    """When a clinic sees people, as set last."""
    organisations.clinic(session, scope, organisation_id)
    row = plan_settings.latest_days(session, organisation_id)
    usual = plan_settings.USUAL_DAYS
    if row is not None:
        return OpeningOut.of(row)
    return OpeningOut(weekdays=sorted(usual.weekdays), closed=[], per_nurse=usual.per_nurse)


@router.put(
    "/organisations/{organisation_id}/opening-days", tags=_PLANS, responses=describe(400, 404), dependencies=_SETS
)
def set_opening_days(organisation_id: UUID, body: OpeningIn, session: WriteSession, scope: CurrentScope) -> OpeningOut:
    """Set when a clinic sees people: days of the week, days of its own when it is closed, people a nurse a day."""
    wanted = plan_settings.ClinicDays(frozenset(body.weekdays), frozenset(body.closed), body.per_nurse)
    return OpeningOut.of(plan_settings.set_days(session, scope, organisation_id, wanted, now=clock.now()))


def _page(session: Session, scope: Scope, keys: Keys, asked: WorkAsked) -> WorkList:
    after = decode_cursor(asked.cursor, tuple[int, date, int, UUID]) if asked.cursor else None
    filters = asked.filters(None if asked.group == "all" else WorkGroup(asked.group))
    items, following = work_list.page(session, scope, keys, filters, on=clock.today(), after=after, limit=asked.limit)
    return WorkList(items=items, next_cursor=encode_cursor(following) if following else None)


def _note(session: Session, scope: Scope, shown: WorkList, answer: Response) -> None:
    """Note whom a list shows; a poll that is answered 304 tells what was told, and noted, before."""
    if answer.status_code == 304:
        audit.nothing_shown(session)
    else:
        audit.seen(session, scope, "task", (item.patient.id for item in shown.items), act=Act.LIST)


def _acted(session: Session, scope: Scope, task_id: UUID, wish: acting.Wish) -> TaskOut:
    return _shown(session, scope, acting.act_on_one(session, scope, task_id, wish, now=clock.now()))


def _shown(session: Session, scope: Scope, done: acting.Acted) -> TaskOut:
    assert done.task is not None  # noqa: S101 - what was not done has raised
    audit.seen(session, scope, "task", [done.task.patient_id])
    return TaskOut.of(done.task, closed_day=acting.closed_day(session, done.task))


def _batch(session: Session, scope: Scope, found: list[acting.Acted]) -> TaskBatchOut:
    audit.seen(session, scope, "task", {each.task.patient_id for each in found if each.task is not None}, act=Act.LIST)
    return TaskBatchOut.of(found)
