"""One cell drawn as a whole: everything that is known of its people, the truth and the records."""

from collections.abc import Iterator
from dataclasses import dataclass

from cmc.simulation.exams import exams
from cmc.simulation.home import home
from cmc.simulation.levels import Levels, levels
from cmc.simulation.lives import Lives, lives
from cmc.simulation.people import People, people
from cmc.simulation.plan import Plan
from cmc.simulation.region import Cell, Region
from cmc.simulation.visits import Columns, Judges, judges, visits


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of a cell; the columns are those of `visits`, `exams` and `home`."""

    cell: Cell
    who: People
    life: Lives
    true: Levels
    visit: Columns
    exam: Columns
    reading: Columns


def draw(plan: Plan, where: Region, cell: Cell, judging: Judges) -> Drawn:
    """Draw one cell of a plan."""
    who = people(plan, cell, where.districts[cell.clinic.district])
    life = lives(plan, cell, who, where.neighbours(cell.clinic))
    true = levels(plan, cell, who, life)
    return Drawn(
        cell,
        who,
        life,
        true,
        visit=visits(plan, cell, who, life, true, judging),
        exam=exams(plan, cell, who, life, true),
        reading=home(plan, cell, who, life, true),
    )


def draw_all(plan: Plan, where: Region, judging: Judges | None = None) -> Iterator[Drawn]:
    """Draw every cell of a plan, one after the other."""
    judging = judging or judges()
    for cell in where.cells:
        yield draw(plan, where, cell, judging)
