"""What the record holds of a person for scores beside the chart: forms of visits, registration, stays, examinations.

Frozen and pure; `filed_queries` reads it for thousands of people at once. A form of a visit counts for two years, the
medicines and the pregnancy that it names for one [D].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Dated:
    """A number of the day on which it was asked or measured."""

    on: date
    value: float


@dataclass(frozen=True, slots=True)
class Drugs:
    """The medicines of the last visit for a disease that told of any, as written; `insulin`: its line is filled."""

    on: date
    names: tuple[str, ...]
    insulin: bool


@dataclass(frozen=True, slots=True)
class Problems:
    """现存主要健康问题 of one annual examination: codes of the form, empty where the line was left out."""

    on: date
    cerebrovascular: frozenset[int] = frozenset()
    cardiac: frozenset[int] = frozenset()
    vascular: frozenset[int] = frozenset()
    eye: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Filed:
    """One person. Heights and waists in cm, HbA1c in percent of its own day, cigarettes a day.

    `pregnant_on`: the last visit within a year, when it says pregnant or lactating. `stopped`: medicines by code with
    the last day within a year since which they are no longer taken. `stays`: ICD-10 of stays in hospital. `past`:
    codes of 既往史 with the day since which they are known. `family`: codes of 家族史 of all relatives; None when
    nobody asked. `region_code`: of the address.
    """

    cigarettes: Dated | None = None
    height_cm: Dated | None = None
    waist_cm: Dated | None = None
    hba1c_percent: Dated | None = None
    pregnant_on: date | None = None
    drugs: tuple[Drugs, ...] = ()
    stopped: Mapping[str, date] = field(default_factory=dict)
    stays: tuple[tuple[date, str], ...] = ()
    problems: tuple[Problems, ...] = ()
    past: tuple[tuple[date, int], ...] = ()
    family: frozenset[int] | None = None
    region_code: str | None = None


NOTHING: Final = Filed()


def urban(region_code: str | None) -> float | None:
    """Whether an address lies in a city (1 or 0), by its code of 9 or 12 digits; None where the code does not tell.

    Of a village's three digits 001–099 are residents' and 101–199 villagers' committees (HRN-01); of a township's
    001–099 are streets, 200–399 rural townships (GB/T 10114). A town (100–199) may be either [D].
    """
    code = region_code or ""
    place, committee = code[6:9], code[9:12]
    if "001" <= committee <= "099":
        return 1.0
    if "101" <= committee <= "199":
        return 0.0
    if "001" <= place <= "099":
        return 1.0
    return 0.0 if "200" <= place <= "399" else None
