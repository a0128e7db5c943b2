"""How the parts of a place compare: ranking with intervals, the median, and the change over three months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Subquery, cast, func, select, tuple_
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.periods import add_months
from cmc.core.text import Text
from cmc.indicators.counting import both
from cmc.indicators.facts import FACT
from cmc.indicators.insight.asking import Asked
from cmc.indicators.measure import AT_CLINIC, SMALL_BELOW, Direction, Measure, percent
from cmc.indicators.periods import Period
from cmc.indicators.spans import kept
from cmc.indicators.tables import IndicatorValue
from cmc.organisations.tables import Organisation, OrganisationKind, Team, TeamDoctor

CHANGE_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Part:
    """A clinic, district, team or doctor: counts now and three months before; `rank` 1 is best, of small ones None."""

    organisation_id: UUID | None
    name: Text | None
    doctor: str | None
    numerator: int
    denominator: int
    exclusions: int
    before: tuple[int, int] | None = None
    rank: int | None = None
    team_id: UUID | None = None

    @property
    def change(self) -> Decimal | None:
        """Percentage points since three months before; None without people then or now."""
        now = percent(self.numerator, self.denominator)
        then = None if self.before is None else percent(*self.before)
        return None if now is None or then is None else now - then


def parts(session: Session, asked: Asked, kind: OrganisationKind) -> list[Part]:
    """Return the clinics or districts below a node with their stored values, best first."""
    tree = (
        select(col(Organisation.id)).where(col(Organisation.id) == asked.organisation.id).cte("below", recursive=True)
    )
    tree = tree.union_all(select(col(Organisation.id)).join(tree, col(Organisation.parent_id) == tree.c.id))
    value, now, earlier = IndicatorValue, asked.period, _before(asked)
    query = (
        select(value, Organisation)
        .join(Organisation, col(Organisation.id) == col(value.organisation_id))
        .where(
            col(Organisation.id).in_(select(tree.c.id)),
            col(Organisation.kind) == kind.value,
            col(value.code) == asked.measure.code,
            col(value.disease) == asked.measure.disease.value,
            tuple_(col(value.period_start), col(value.period_end)).in_(
                [(each.start, each.end) for each in (now, earlier)]
            ),
        )
    )
    rows = session.execute(query).all()
    then = {row.organisation_id: (row.numerator, row.denominator) for row, _ in rows if row.period_end == earlier.end}
    found = [
        Part(
            node.id, Text(node.name, node.name_en or node.name), None, row.numerator, row.denominator, row.exclusions,
            then.get(node.id),
        )
        for row, node in rows
        if row.period_end == now.end
    ]  # fmt: skip
    return ranked(found, asked.measure)


def doctors(session: Session, asked: Asked) -> list[Part]:
    """Return the responsible doctors of a clinic with their people, best first, counted from the facts."""
    facts, counts = _at_clinic(asked)
    query = select(facts.c.doctor, *counts).group_by(facts.c.doctor)
    return ranked([Part(None, None, *row) for row in session.execute(query)], asked.measure)


def teams(session: Session, asked: Asked) -> list[Part]:
    """Return the teams of a clinic, best first, and whoever has no doctor of a team as a part without a team.

    A person has one responsible doctor at a clinic and a doctor one team there, so that nobody counts twice. Doctors
    count in the team in which they are now, whatever the period.
    """
    facts, counts = _at_clinic(asked)
    member = select(TeamDoctor).where(col(TeamDoctor.clinic_id) == asked.organisation.id).subquery("member")
    query = (
        select(member.c.team_id, *counts)
        .select_from(facts.outerjoin(member, member.c.doctor == facts.c.doctor))
        .group_by(member.c.team_id)
    )
    found = {row[0]: tuple(row[1:]) for row in session.execute(query)}
    known = session.scalars(select(Team).where(col(Team.clinic_id) == asked.organisation.id))
    made = [_team(each.id, Text(each.name, each.name), found) for each in known]
    without = [_team(None, None, found)] if None in found else []
    return ranked([*made, *without], asked.measure)


def _team(team_id: UUID | None, name: Text | None, found: Mapping[UUID | None, tuple[int, ...]]) -> Part:
    numerator, denominator, exclusions = found.get(team_id, (0, 0, 0))
    return Part(None, name, None, numerator, denominator, exclusions, team_id=team_id)


def _at_clinic(asked: Asked) -> tuple[Subquery, tuple[ColumnElement[int], ...]]:
    """The facts that a clinic counts of an indicator's disease, and the columns of its three numbers."""
    facts = kept(
        asked.period,
        FACT.c.clinic_id == asked.organisation.id,
        FACT.c.counts_in.in_(AT_CLINIC),
        FACT.c.disease == asked.measure.disease.value,
    )
    excluded = cast(func.count().filter(~asked.measure.in_denominator(facts)), Integer)
    return facts, (*both(facts, asked.measure), excluded)


def ranked(found: Sequence[Part], measure: Measure) -> list[Part]:
    """Return parts best first with their ranks; equal shares share a rank, parts below 10 people have none."""
    better = -1 if measure.direction is Direction.HIGHER else 1

    def place(part: Part) -> tuple[bool, float, str]:
        share = percent(part.numerator, part.denominator)
        small = part.denominator < SMALL_BELOW
        name = str(part.organisation_id or part.team_id or part.doctor)
        return small, 0.0 if share is None else better * float(share), name

    ordered = sorted(found, key=place)
    large = [percent(each.numerator, each.denominator) for each in ordered if each.denominator >= SMALL_BELOW]
    return [
        replace(each, rank=large.index(percent(each.numerator, each.denominator)) + 1)
        if each.denominator >= SMALL_BELOW
        else each
        for each in ordered
    ]


def middle(found: Sequence[Part]) -> Decimal | None:
    """Return the median share of the parts that are not small; None when all are."""
    shares = [percent(each.numerator, each.denominator) for each in found if each.denominator >= SMALL_BELOW]
    known = [each for each in shares if each is not None]
    return median(known) if known else None


def _before(asked: Asked) -> Period:
    """The same span three months before: of a quarter, the quarter before up to the month with the same place in it."""
    day = add_months(asked.period.end.replace(day=1), -CHANGE_MONTHS)
    return asked.span.period(day.year, day.month)
