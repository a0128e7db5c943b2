"""HTTP of the organisation tree and of teams."""

from uuid import UUID

from fastapi import APIRouter

from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import ReadSession, WriteSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.organisations import queries, teams
from cmc.organisations.schemas import OrganisationList, OrganisationOut, TeamIn, TeamList, TeamOut

router = APIRouter(prefix="/v1", tags=["organisations"])

_MANAGES = [requires(Right.MANAGE_TEAMS)]


@router.get("/organisations", dependencies=[requires(Right.READ_ORGANISATIONS)])
def list_organisations(session: ReadSession, scope: CurrentScope) -> OrganisationList:
    """The region, its districts and clinics, as far as the caller may see them."""
    return OrganisationList(items=[OrganisationOut.of(node) for node in queries.visible(session, scope)])


@router.get(
    "/organisations/{organisation_id}/teams", responses=describe(404), dependencies=[requires(Right.READ_PEOPLE)]
)
def list_teams(organisation_id: UUID, session: ReadSession, scope: CurrentScope) -> TeamList:
    """The family-doctor teams of a clinic with their doctors."""
    return teams.listed(session, scope, organisation_id)


@router.post(
    "/organisations/{organisation_id}/teams", status_code=201, responses=describe(400, 404, 409), dependencies=_MANAGES
)
def add_team(organisation_id: UUID, body: TeamIn, session: WriteSession, scope: CurrentScope) -> TeamOut:
    """Put doctors of a clinic together as a team; a doctor is in one team of a clinic at most."""
    return teams.add(session, scope, organisation_id, body, now=clock.now())


@router.put("/teams/{team_id}", responses=describe(400, 404, 409), dependencies=_MANAGES)
def change_team(team_id: UUID, body: TeamIn, session: WriteSession, scope: CurrentScope) -> TeamOut:
    """Name a team and all of its doctors anew; its numbers follow at once, those of earlier months as well."""
    return teams.change(session, scope, team_id, body)


@router.delete("/teams/{team_id}", status_code=204, responses=describe(404), dependencies=_MANAGES)
def remove_team(team_id: UUID, session: WriteSession, scope: CurrentScope) -> None:
    """Remove a team; its doctors are in none from then on."""
    teams.remove(session, scope, team_id)
