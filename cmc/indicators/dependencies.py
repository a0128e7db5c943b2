"""What a definition depends on, read out of the definition itself: the columns of the facts that its expressions name,
and the part of the record that each of these is made of.

Nothing is listed by hand but what the tables behind the names of `fact_columns` are: a definition that asks for
another fact depends on it from that moment on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import Column, ColumnElement
from sqlalchemy.sql import visitors

from cmc.core.named import NamedStr
from cmc.indicators.fact_columns import COLUMNS
from cmc.indicators.fact_parts import VALUES
from cmc.indicators.facts import FACT
from cmc.indicators.measure import Measure


class FactSource(NamedStr):
    """The part of the record that a fact is made of."""

    MANAGEMENT = "management", "建档与管理经过", "Registration and management"
    FOLLOWUPS = "followups", "随访记录", "Follow-ups"
    ANNUAL_EXAMS = "annual_exams", "年度体检", "Annual examinations"
    LABORATORY = "laboratory", "化验结果", "Laboratory results"
    EXAMINATIONS = "examinations", "专项检查", "Examinations"
    MEDICINES = "medicines", "用药", "Medicines"
    DIAGNOSES = "diagnoses", "诊断", "Diagnoses"
    HOSPITAL_STAYS = "hospital_stays", "住院", "Hospital stays"
    TASKS = "tasks", "随访任务", "Tasks"


JOINED_SOURCES: Final = {
    "b": FactSource.LABORATORY,
    "x": FactSource.EXAMINATIONS,
    "m": FactSource.MEDICINES,
    "d": FactSource.DIAGNOSES,
    "h": FactSource.HOSPITAL_STAYS,
    "k": FactSource.TASKS,
}
"""By the name under which the facts join it; `pair` is made of management and follow-ups, like the row itself (`c`)."""

_OF_FOLLOWUPS: Final = {*VALUES, "fasting"}
_NAMED: Final = re.compile(r"\b([a-z]\w*)\.(\w+)")
_PLACE: Final = frozenset({"disease", "patient_id", "clinic_id", "counts_in", "period_start", "period_end"})
"""Whose fact it is, where and when: every definition has these."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A part of the record, and the columns of the facts that a definition takes from it, in the table's order."""

    source: FactSource
    columns: tuple[str, ...]


def columns_of(measure: Measure) -> frozenset[str]:
    """Return the columns of the facts that a definition reads, without those that say whose fact it is."""
    amounts = [] if measure.amounts is None else [amount(FACT) for amount in measure.amounts]
    read: list[ColumnElement[Any]] = [measure.in_denominator(FACT), measure.in_numerator(FACT), *amounts]
    return frozenset(name for each in read for name in _names(each)) - _PLACE


@cache
def sources_of(column: str) -> frozenset[FactSource]:
    """Return the parts of the record that a column of the facts is made of."""
    return frozenset(_source(alias, name) for alias, name in _NAMED.findall(COLUMNS[column]))


@cache
def depends_on(measure: Measure) -> tuple[Dependency, ...]:
    """Return the parts of the record that a definition depends on, in the order of `FactSource`."""
    read = columns_of(measure)
    ordered = [name for name in COLUMNS if name in read]
    found = ((source, tuple(each for each in ordered if source in sources_of(each))) for source in FactSource)
    return tuple(Dependency(source, columns) for source, columns in found if columns)


def _source(alias: str, name: str) -> FactSource:
    if alias in JOINED_SOURCES:
        return JOINED_SOURCES[alias]
    if name == "exams":
        return FactSource.ANNUAL_EXAMS
    return FactSource.FOLLOWUPS if name in _OF_FOLLOWUPS else FactSource.MANAGEMENT


def _names(expression: ColumnElement[Any]) -> Iterator[str]:
    for part in visitors.iterate(expression):
        if isinstance(part, Column) and part.table is FACT:
            yield part.name
