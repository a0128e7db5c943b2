"""Changes of family-doctor teams: doctors of one clinic under a name. A doctor is in one team of a clinic at most.

Whoever is counted at a clinic has one responsible doctor there and is thereby counted in one team at most. Nothing here
commits.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.errors import Conflict, FieldError, Invalid, NotFound
from cmc.core.scope import Scope
from cmc.organisations import queries
from cmc.organisations.schemas import TeamIn, TeamList, TeamOut
from cmc.organisations.tables import Team, TeamDoctor

MOST_OF_A_CLINIC: Final = 100
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('team:' || :clinic, 0))")


def listed(session: Session, scope: Scope, clinic_id: UUID) -> TeamList:
    """Return the teams of a clinic with their doctors; raise `NotFound` outside the scope."""
    found = queries.teams(session, scope, clinic_id)
    doctors = queries.team_doctors(session, scope, clinic_id)
    return TeamList(items=[TeamOut.of(each, [one.doctor for one in doctors.get(each.id, [])]) for each in found])


def add(session: Session, scope: Scope, clinic_id: UUID, wanted: TeamIn, *, now: datetime) -> TeamOut:
    """Add a team to a clinic of the scope.

    Raises `NotFound` for a foreign clinic, `Conflict` for a name that the clinic has or beyond `MOST_OF_A_CLINIC`,
    `Invalid` for a doctor who is named twice or is in another team of the clinic.
    """
    queries.clinic(session, scope, clinic_id)
    _lock(session, clinic_id)
    known = queries.teams(session, scope, clinic_id)
    if len(known) >= MOST_OF_A_CLINIC:
        raise Conflict(f"a clinic has at most {MOST_OF_A_CLINIC} teams: remove one", code="too-many-teams")
    _require_free_name(known, wanted.name, None)
    _require_free_doctors(session, scope, clinic_id, wanted, None)
    made = Team(clinic_id=clinic_id, name=wanted.name, made_by=scope.actor, made_at=now)
    session.add(made)
    session.flush()
    return _with_doctors(session, made, [], wanted)


def change(session: Session, scope: Scope, team_id: UUID, wanted: TeamIn) -> TeamOut:
    """Make a team as it shall be, with just the doctors that are named; raises as `add`."""
    team = queries.team(session, scope, team_id)
    _lock(session, team.clinic_id)
    known = queries.teams(session, scope, team.clinic_id)
    if all(each.id != team_id for each in known):
        raise NotFound("no such team")  # taken away while this waited
    _require_free_name(known, wanted.name, team_id)
    _require_free_doctors(session, scope, team.clinic_id, wanted, team_id)
    team.name = wanted.name
    there = queries.team_doctors(session, scope, team.clinic_id).get(team_id, [])
    return _with_doctors(session, team, there, wanted)


def remove(session: Session, scope: Scope, team_id: UUID) -> None:
    """Remove a team: its doctors are in none from then on. Raises `NotFound` outside the scope."""
    team = queries.team(session, scope, team_id)
    _lock(session, team.clinic_id)
    if all(each.id != team_id for each in queries.teams(session, scope, team.clinic_id)):
        raise NotFound("no such team")
    for each in queries.team_doctors(session, scope, team.clinic_id).get(team_id, []):
        session.delete(each)
    session.flush()
    session.delete(team)
    session.flush()


def _lock(session: Session, clinic_id: UUID) -> None:
    """One change of a clinic's teams at a time, so that two cannot take the same name or doctor."""
    session.execute(_LOCK, {"clinic": str(clinic_id)})


def _require_free_name(known: list[Team], name: str, own: UUID | None) -> None:
    if any(each.name == name and each.id != own for each in known):
        raise Conflict("the clinic has a team of this name", code="team-on-file")


def _require_free_doctors(session: Session, scope: Scope, clinic_id: UUID, wanted: TeamIn, own: UUID | None) -> None:
    taken = {
        each.doctor
        for team_id, doctors in queries.team_doctors(session, scope, clinic_id).items()
        if team_id != own
        for each in doctors
    }
    errors = [
        FieldError(f"/doctors/{at}", "taken", "a doctor is in one team of a clinic: take this one out of the other")
        for at, doctor in enumerate(wanted.doctors)
        if doctor in taken
    ]
    errors += [
        FieldError(f"/doctors/{at}", "twice", "each doctor once")
        for at, doctor in enumerate(wanted.doctors)
        if doctor in wanted.doctors[:at]
    ]
    if errors:
        raise Invalid(errors=tuple(errors))


def _with_doctors(session: Session, team: Team, there: list[TeamDoctor], wanted: TeamIn) -> TeamOut:
    for each in there:
        if each.doctor not in wanted.doctors:
            session.delete(each)
    known = {each.doctor for each in there}
    for doctor in wanted.doctors:
        if doctor not in known:
            session.add(TeamDoctor(clinic_id=team.clinic_id, doctor=doctor, team_id=team.id))
    session.flush()
    return TeamOut.of(team, wanted.doctors)
