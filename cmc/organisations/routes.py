"""HTTP of the organisation tree."""

from fastapi import APIRouter

from cmc.core.http import CurrentScope, ReadSession
from cmc.organisations import queries
from cmc.organisations.schemas import OrganisationList, OrganisationOut

router = APIRouter(tags=["organisations"])


@router.get("/v1/organisations")
def list_organisations(session: ReadSession, scope: CurrentScope) -> OrganisationList:
    """The region, its districts and clinics, as far as the caller may see them."""
    return OrganisationList(items=[OrganisationOut.of(node) for node in queries.visible(session, scope)])
