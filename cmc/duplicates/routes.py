"""HTTP of likely duplicates and merges."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from cmc.audit import service as audit
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, SeeingSession
from cmc.core.paging import Cursor, PageSize
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.duplicates import finding, merging, service
from cmc.duplicates.codes import PairState
from cmc.duplicates.schemas import CheckIn, CheckOut, DismissedOut, MergeIn, MergeOut, PairPage, PairPreview

router = APIRouter(prefix="/v1", tags=["duplicates"])


@router.post("/patients:check", responses=describe(400, 404), dependencies=[requires(Right.READ_PEOPLE)])
def check_patient(body: CheckIn, session: SeeingSession, scope: CurrentScope, keys: Keys) -> CheckOut:
    """Before registering: what the document tells, whether it is on file, and who may be the same person; masked."""
    return finding.check(session, scope, keys, body, on=clock.today())


@router.get("/duplicates", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_duplicates(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    clinic: Annotated[UUID | None, Query(description="one of the two at home there")] = None,
    state: PairState = PairState.OPEN,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> PairPage:
    """Pairs of records that may be one person, the likeliest first, as the nightly job found them; masked."""
    return service.page(
        session, scope, keys, clinic_id=clinic, state=state, cursor=cursor, limit=limit, on=clock.today()
    )


@router.get("/duplicates/{pair_id}", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def read_duplicate(pair_id: UUID, session: SeeingSession, scope: CurrentScope, keys: Keys) -> PairPreview:
    """Both records of a pair side by side, with how many rows of each kind a merge would move."""
    return service.preview(session, scope, keys, pair_id, on=clock.today())


@router.post("/duplicates/{pair_id}:dismiss", responses=describe(404, 409), dependencies=[requires(Right.MERGE_PEOPLE)])
def dismiss_duplicate(pair_id: UUID, session: SeeingSession, scope: CurrentScope) -> DismissedOut:
    """Say that a pair is two people; it stays dismissed. The same document in both cannot be dismissed."""
    found = finding.dismiss(session, scope, pair_id, now=clock.now())
    audit.seen(session, scope, "duplicate_pair", [found.one_id, found.other_id])
    return DismissedOut(id=found.id, state=PairState(found.state))


@router.post("/merges", status_code=201, responses=describe(400, 404, 409), dependencies=[requires(Right.MERGE_PEOPLE)])
def merge_patients(body: MergeIn, session: SeeingSession, scope: CurrentScope, response: Response) -> MergeOut:
    """Move everything of one record to the other; both ids go on leading to the person. 200 when it was done before."""
    done, new = merging.merge(session, scope, body.survivor_id, body.merged_id, now=clock.now())
    audit.seen(session, scope, "patient_merge", [done.survivor_id, done.merged_id])
    response.status_code = 201 if new else 200
    return MergeOut.of(done)


@router.post("/merges/{merge_id}:revert", responses=describe(404, 409), dependencies=[requires(Right.MERGE_PEOPLE)])
def revert_merge(merge_id: UUID, session: SeeingSession, scope: CurrentScope) -> MergeOut:
    """Give the merged record back what was its own; what was recorded since stays with the survivor."""
    found, _ = merging.revert(session, scope, merge_id, now=clock.now())
    audit.seen(session, scope, "patient_merge", [found.survivor_id, found.merged_id])
    return MergeOut.of(found)
