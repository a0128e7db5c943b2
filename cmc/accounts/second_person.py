"""Two people: what one has prepared or approved, another lets happen, and neither has made the other."""

from sqlalchemy.orm import Session

from cmc.accounts import queries
from cmc.core.errors import Conflict
from cmc.core.scope import Scope

_USER = "user:"


def require_a_person(scope: Scope, words: str) -> None:
    """Raise `Conflict` with `words` when the caller is a machine, a job or a command."""
    if not scope.actor.startswith(_USER):
        raise Conflict(words, code="not-a-person")


def require_independent(session: Session, first: str, second: str) -> None:
    """Raise `Conflict` when two actors are the same, or one has given the other the roles of today."""
    if first == second:
        raise Conflict("a second person must approve", code="second-person-needed")
    given = {(each, giver) for each in (first, second) for giver in queries.givers_of(session, each)}
    if {(first, second), (second, first)} & given:
        raise Conflict("who has given the roles cannot be the second person", code="second-person-needed")
