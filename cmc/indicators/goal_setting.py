"""Goals of a place: set with history, found for a place by the nearest node of the tree. Nothing here commits."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core.errors import FieldError, Invalid, NotFound
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.goal_schemas import GoalIn, PlaceGoalOut, plain
from cmc.indicators.goals import goals
from cmc.indicators.tables import IndicatorGoal
from cmc.organisations.tables import Organisation

_NEAREST: Final = text(
    "WITH RECURSIVE up AS (SELECT id, parent_id, name, name_en, 0 AS depth FROM organisation WHERE id = :place"
    "  UNION ALL SELECT o.id, o.parent_id, o.name, o.name_en, depth + 1 FROM up"
    "  JOIN organisation AS o ON o.id = up.parent_id),"
    " latest AS (SELECT DISTINCT ON (organisation_id, code, disease) * FROM indicator_goal"
    "  WHERE valid_from <= :on AND organisation_id IN (SELECT id FROM up)"
    "  ORDER BY organisation_id, code, disease, valid_from DESC, set_at DESC, id DESC)"
    " SELECT DISTINCT ON (g.code, g.disease)"
    "  g.code, g.disease, g.percent, g.valid_from, up.id, up.name, up.name_en"
    " FROM up JOIN latest AS g ON g.organisation_id = up.id WHERE g.percent IS NOT NULL"
    " ORDER BY g.code, g.disease, up.depth"
)
_Key = tuple[str, Disease]


def set_goal(
    session: Session, scope: Scope, organisation_id: UUID, wanted: GoalIn, *, now: datetime, on: date
) -> IndicatorGoal:
    """Set, or with null take away, the goal of a place for an indicator from a day on; what was set before is kept.

    Of the same day the last word counts. Raises `NotFound` for a node that the caller does not oversee, and `Invalid`
    for an indicator that is not counted for the disease, or a day before this year.
    """
    _node(session, scope, organisation_id)
    faults = []
    if all((each.code, each.disease) != (wanted.code, wanted.disease) for each in DEFINITIONS):
        faults.append(FieldError("/code", "unknown_code", "no such indicator for this disease: see /v1/indicators"))
    if wanted.valid_from.year < on.year:
        faults.append(FieldError("/valid_from", "before_this_year", "a day of this year or later"))
    if faults:
        raise Invalid(errors=tuple(faults))
    row = IndicatorGoal(
        organisation_id=organisation_id,
        code=wanted.code,
        disease=wanted.disease.value,
        percent=wanted.percent,
        valid_from=wanted.valid_from,
        reason=wanted.reason,
        set_by=scope.actor,
        set_at=now,
    )
    session.add(row)
    session.flush()
    return row


def history(session: Session, scope: Scope, organisation_id: UUID) -> list[IndicatorGoal]:
    """Return every goal that a place ever set, the newest first. Raises `NotFound` as `set_goal` does."""
    _node(session, scope, organisation_id)
    query = select(IndicatorGoal).where(col(IndicatorGoal.organisation_id) == organisation_id)
    return list(session.scalars(query.order_by(col(IndicatorGoal.set_at).desc(), col(IndicatorGoal.id).desc())))


def of_place(session: Session, scope: Scope, organisation_id: UUID, *, on: date) -> list[PlaceGoalOut]:
    """Return the goals that hold for a place on a day: its own, of the nearest node above, else the published ones.

    One statement. Raises `NotFound` for a node that the caller does not oversee.
    """
    _node(session, scope, organisation_id)
    found: dict[_Key, PlaceGoalOut] = dict(_published())
    for row in session.execute(_NEAREST, {"place": organisation_id, "on": on}):
        key = row.code, Disease(row.disease)
        found[key] = PlaceGoalOut(
            code=row.code,
            disease=key[1],
            percent=plain(row.percent),
            year=None,
            source=Text(row.name, row.name_en or row.name),
            organisation_id=row.id,
            valid_from=row.valid_from,
        )
    return [found[key] for key in sorted(found)]


def _published() -> Mapping[_Key, PlaceGoalOut]:
    return {
        key: PlaceGoalOut(
            code=key[0],
            disease=key[1],
            percent=plain(goal.percent),
            year=goal.year,
            source=goal.source,
            organisation_id=None,
            valid_from=None,
        )
        for key, goal in goals().items()
    }


def _node(session: Session, scope: Scope, organisation_id: UUID) -> Organisation:
    found = session.get(Organisation, organisation_id)
    if found is None or not scope.oversees(organisation_id):
        raise NotFound("no such organisation")
    return found
