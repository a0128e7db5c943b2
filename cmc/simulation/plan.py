"""How much is simulated, and the streams of random numbers it is drawn from."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from zlib import crc32

import numpy as np

CELL_PEOPLE: Final = 1000
"""At most so many people of one clinic are drawn together: the grain of the simulation, whatever is written at once."""

MOST_PEOPLE: Final = 2_000_000
MOST_CLINICS: Final = 267
SEED: Final = 20210601
DAYS_A_YEAR: Final = 365
IDENTIFIER_SYSTEM: Final = "simulated"
"""The numbering system of simulated people: their `patient_identifier` is their number in it."""

ACTOR: Final = "command:simulate"


@dataclass(frozen=True, slots=True)
class Plan:
    """A region to be simulated: `years` of records up to and including the local date `end`."""

    people: int
    clinics: int
    years: int
    seed: int
    end: date

    def __post_init__(self) -> None:
        if not 1 <= self.people <= MOST_PEOPLE:
            raise ValueError(f"1 to {MOST_PEOPLE:,} people can be simulated")
        if not 1 <= self.clinics <= min(MOST_CLINICS, self.people):
            raise ValueError(f"1 to {MOST_CLINICS} clinics can be simulated, and no more than people")
        if not 1 <= self.years <= 10:
            raise ValueError("1 to 10 years can be simulated")
        if not date(2015, 1, 1) <= self.start or self.end > date(2100, 1, 1):
            raise ValueError("the records must lie between 2015 and 2100")

    @property
    def start(self) -> date:
        """The first day of the records."""
        return date.fromordinal(self.end.toordinal() - self.years * DAYS_A_YEAR + 1)


@dataclass(frozen=True, slots=True)
class Size:
    """A size with a name."""

    people: int
    clinics: int
    years: int


SIZES: Final = {
    "small": Size(people=400, clinics=2, years=2),
    "medium": Size(people=60_000, clinics=266, years=2),
    "large": Size(people=600_000, clinics=267, years=3),
}


def clinics_for(people: int) -> int:
    """How many clinics care for so many people when nothing else is said: one for every 200, at most 267."""
    return max(1, min(MOST_CLINICS, people // 200))


def stream(plan: Plan, cell: int, name: str) -> np.random.Generator:
    """Return the random numbers of one subject in one cell: equal for equal plans, independent of all others."""
    return np.random.default_rng([plan.seed, cell, crc32(name.encode())])
