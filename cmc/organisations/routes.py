"""HTTP of the organisation tree."""

from fastapi import APIRouter

from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession
from cmc.core.scope import Right
from cmc.organisations import queries
from cmc.organisations.schemas import OrganisationList, OrganisationOut

router = APIRouter(tags=["organisations"])


@router.get("/v1/organisations", dependencies=[requires(Right.READ_ORGANISATIONS)])
def list_organisations(session: ReadSession, scope: CurrentScope) -> OrganisationList:
    """The region, its districts and clinics, as far as the caller may see them."""
    return OrganisationList(items=[OrganisationOut.of(node) for node in queries.visible(session, scope)])
