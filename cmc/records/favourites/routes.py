"""HTTP of the medicines that a clinic is offered first."""

from uuid import UUID

from fastapi import APIRouter

from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession, WriteSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.records.favourites import service
from cmc.records.favourites.schemas import FavouriteOut, Favourites, FavouritesIn

router = APIRouter(prefix="/v1/organisations/{organisation_id}/favourite-medicines", tags=["records"])


@router.get("", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)])
def list_favourite_medicines(organisation_id: UUID, session: ReadSession, scope: CurrentScope) -> Favourites:
    """The medicines that a clinic is offered first where a medicine is typed, in their order."""
    return Favourites(items=[FavouriteOut.of(each) for each in service.listed(session, scope, organisation_id)])


@router.put("", responses=describe(400, 404), dependencies=[requires(Right.MANAGE_PLANS)])
def set_favourite_medicines(
    organisation_id: UUID, body: FavouritesIn, session: WriteSession, scope: CurrentScope
) -> Favourites:
    """Make the list of a clinic as it shall be, whole and in this order."""
    rows = service.replace(session, scope, organisation_id, body.items, now=clock.now())
    return Favourites(items=[FavouriteOut.of(each) for each in rows])
