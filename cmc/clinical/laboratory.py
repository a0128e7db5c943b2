"""Laboratory results: the catalogue of analytes (`laboratory.toml`), conversion to one unit, judgement.

A value keeps what was written; units are accepted in their known spellings and never guessed. The laboratory's own
range goes before the catalogue's.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from cmc.clinical.codes import Sex
from cmc.clinical.units import UnitError, UnitProblem, round_half_up
from cmc.core.named import NamedStr
from cmc.core.text import Text

_FILE: Final = Path(__file__).with_suffix(".toml")
_WRITTEN: Final = re.compile(r"(?P<bound>[<>])?\s*=?\s*(?P<number>[0-9]{1,9}(?:\.[0-9]{1,6})?)")


class LabFlag(NamedStr):
    """Where a result lies."""

    LOW = "LOW", "偏低", "Below the range"
    NORMAL = "NORMAL", "正常", "In range"
    HIGH = "HIGH", "偏高", "Above the range"
    NO_RANGE = "NO_RANGE", "无参考范围", "No range"


class Beyond(NamedStr):
    """The analyser was out of its range: the number is a bound, not a measurement."""

    LESS = "<", "低于检测下限", "Less than"
    MORE = ">", "高于检测上限", "More than"


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a unit becomes the canonical one: value * multiply / divide + plus, then rounded half-up."""

    multiply: Decimal = Decimal(1)
    divide: Decimal = Decimal(1)
    plus: Decimal = Decimal(0)
    round_to: Decimal | None = None

    def __call__(self, value: Decimal) -> Decimal:
        with localcontext(prec=34):
            canonical = value * self.multiply / self.divide + self.plus
        return canonical if self.round_to is None else round_half_up(canonical, self.round_to)


@dataclass(frozen=True, slots=True)
class Range:
    """Normal values in the canonical unit: from `low`, up to `high` or below `high_below`; an open end is None."""

    low: Decimal | None = None
    high: Decimal | None = None
    high_below: Decimal | None = None
    sex: Sex | None = None
    age_from: int = 0
    age_below: int | None = None

    def holds_for(self, sex: Sex, age_years: int | None) -> bool:
        """Whether the range is for this person; a range that asks for an age needs one."""
        if self.sex not in {None, sex}:
            return False
        if self.age_from == 0 and self.age_below is None:
            return True
        return (
            age_years is not None
            and self.age_from <= age_years
            and (self.age_below is None or age_years < self.age_below)
        )


@dataclass(frozen=True, slots=True)
class Analyte:
    """What a laboratory measures. `critical` are (below, above): beyond them a clinician is told within minutes."""

    code: str
    text: Text
    unit: str
    units: Mapping[str, Conversion]
    plausible: tuple[Decimal, Decimal]
    loinc: tuple[str, ...] = ()
    ranges: tuple[Range, ...] = ()
    critical: tuple[Decimal, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class LabValue:
    """A result in the canonical unit, with the number and unit as written; `beyond` when it is only a bound."""

    analyte: Analyte
    value: Decimal
    written: Decimal
    written_unit: str
    beyond: Beyond | None = None

    @property
    def plausible(self) -> bool:
        """Within the range that is possible at all, ends included."""
        return self.analyte.plausible[0] <= self.value <= self.analyte.plausible[1]


@dataclass(frozen=True, slots=True)
class LabJudgement:
    """Where a result lies, whether it is critical, the range that was used and whether it was the laboratory's."""

    flag: LabFlag
    critical: bool
    used: Range | None
    of_laboratory: bool


@cache
def analytes() -> Mapping[str, Analyte]:
    """All analytes by code."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["analyte"]
    return MappingProxyType({row["code"]: _analyte(row) for row in rows})


@cache
def by_loinc() -> Mapping[str, Analyte]:
    """Analytes by LOINC code. Raises ValueError when a code stands twice."""
    found: dict[str, Analyte] = {}
    for analyte in analytes().values():
        for code in analyte.loinc:
            if found.setdefault(code, analyte) is not analyte:
                raise ValueError(f"LOINC {code} stands twice")
    return MappingProxyType(found)


def read(analyte: Analyte, written: str, unit: str) -> LabValue:
    """A result as written ("6.1", "<5.0", ">33.3") with its unit, in the canonical unit.

    Raises UnitError: not_a_number, unknown_unit. Whether it is plausible is told by the value, not refused.
    """
    number = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", written).strip().replace("≤", "<").replace("≥", ">"))
    if number is None:
        raise UnitError(UnitProblem.NOT_A_NUMBER)
    convert = analyte.units.get(_plain_unit(unit))
    if convert is None:
        raise UnitError(UnitProblem.UNKNOWN_UNIT)
    value = Decimal(number["number"])
    beyond = Beyond(number["bound"]) if number["bound"] else None
    return LabValue(analyte, convert(value), value, unit.strip(), beyond)


def judge(result: LabValue, sex: Sex, age_years: int | None, *, of_laboratory: Range | None = None) -> LabJudgement:
    """Where a result lies for a person; `of_laboratory` is the printed range, in the canonical unit.

    A bound is judged only as far as it is certain, else it has no flag; the age may be unknown.
    """
    fitting = (each for each in result.analyte.ranges if each.holds_for(sex, age_years))
    used = of_laboratory or next(fitting, None)
    return LabJudgement(_flag(result, used), _critical(result), used, of_laboratory is not None)


def _flag(result: LabValue, used: Range | None) -> LabFlag:
    if used is None:
        return LabFlag.NO_RANGE
    if result.beyond is Beyond.LESS:
        return _flag_of_less(result.value, used)
    if result.beyond is Beyond.MORE:
        return _flag_of_more(result.value, used)
    if used.low is not None and result.value < used.low:
        return LabFlag.LOW
    return LabFlag.HIGH if _above(result.value, used) else LabFlag.NORMAL


def _flag_of_less(value: Decimal, used: Range) -> LabFlag:
    """Of "<5": low when all below 5 is low, normal when all below 5 is normal."""
    if used.low is not None:
        return LabFlag.LOW if value <= used.low else LabFlag.NO_RANGE
    upper = used.high if used.high is not None else used.high_below
    return LabFlag.NORMAL if upper is None or value <= upper else LabFlag.NO_RANGE


def _flag_of_more(value: Decimal, used: Range) -> LabFlag:
    """Of ">5": high when all above 5 is high, normal when all above 5 is normal."""
    upper = used.high if used.high is not None else used.high_below
    if upper is not None:
        return LabFlag.HIGH if value >= upper else LabFlag.NO_RANGE
    return LabFlag.NORMAL if used.low is None or value >= used.low else LabFlag.NO_RANGE


def _above(value: Decimal, used: Range) -> bool:
    if used.high is not None:
        return value > used.high
    return used.high_below is not None and value >= used.high_below


def _critical(result: LabValue) -> bool:
    if result.analyte.critical is None:
        return False
    below, above = result.analyte.critical
    if result.beyond is Beyond.LESS:
        return result.value <= below
    if result.beyond is Beyond.MORE:
        return result.value >= above
    return result.value < below or result.value > above


def _plain_unit(unit: str) -> str:
    """One spelling for a unit: no spaces, small letters, the micro sign in one form."""
    return re.sub(r"\s", "", unit).replace("μ", "µ").lower()


def _analyte(row: Mapping[str, Any]) -> Analyte:
    units = {_plain_unit(row["unit"]): Conversion()}
    for other in row.get("units", ()):
        units[_plain_unit(other["unit"])] = Conversion(**{k: Decimal(v) for k, v in other.items() if k != "unit"})
    if "µ" in row["unit"]:
        units[_plain_unit(row["unit"]).replace("µ", "u")] = Conversion()
    critical = row.get("critical")
    return Analyte(
        code=row["code"],
        text=Text(row["zh"], row["en"]),
        unit=row["unit"],
        units=MappingProxyType(units),
        plausible=(Decimal(row["plausible"][0]), Decimal(row["plausible"][1])),
        loinc=tuple(row.get("loinc", ())),
        ranges=tuple(_range(each) for each in row.get("ranges", ())),
        critical=None if critical is None else (Decimal(critical["below"]), Decimal(critical["above"])),
    )


def _range(row: Mapping[str, Any]) -> Range:
    ends = {end: Decimal(row[end]) for end in ("low", "high", "high_below") if end in row}
    return Range(
        **ends,
        sex=Sex(row["sex"]) if "sex" in row else None,
        age_from=row.get("age_from", 0),
        age_below=row.get("age_below"),
    )
