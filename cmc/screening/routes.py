"""HTTP of screening."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cmc.clinical.codes import Disease
from cmc.clinical.screening import Verdict
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, SeeingSession
from cmc.core.paging import Cursor, PageSize
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.screening import service
from cmc.screening.schemas import ScreeningPage

router = APIRouter(prefix="/v1/screening", tags=["screening"])


@router.get("", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_screening(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    disease: Disease = Disease.HTN,
    verdict: Annotated[list[Verdict] | None, Query(description="SUSPECTED and CRITERIA_MET when left out")] = None,
    clinic: Annotated[UUID | None, Query(description="only this clinic")] = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> ScreeningPage:
    """People not managed for a disease whose values raise a suspicion: which day or test is needed, by when; masked."""
    wanted = verdict or [Verdict.SUSPECTED, Verdict.CRITERIA_MET]
    return service.page(
        session, scope, keys, disease=disease, verdicts=wanted, clinic_id=clinic, cursor=cursor, limit=limit,
        on=clock.today(),
    )  # fmt: skip
