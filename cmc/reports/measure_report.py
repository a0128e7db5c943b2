"""A report in the shape of FHIR R4 `MeasureReport` (4.0.1), summary and subject-list. Pure.

The names of our measures are URNs of the definition's code, disease and version; no server of measures stands behind
them. Populations are those of the value set measure-population. People are references by their id, without names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from cmc.indicators.measure import percent

_POPULATION: Final = "http://terminology.hl7.org/CodeSystem/measure-population"
_IMPROVEMENT: Final = "http://terminology.hl7.org/CodeSystem/measure-improvement-notation"
_DIRECTION: Final = {"higher": "increase", "lower": "decrease"}
_UCUM: Final = "http://unitsofmeasure.org"
MEDIA_TYPE: Final = "application/fhir+json"


def measure(definition: Mapping[str, Any]) -> str:
    """Return the canonical name of a definition's measure, with its version behind the bar."""
    return f"urn:cmc:measure:{definition['code']}:{definition['disease']}|{definition['version']}"


def summary(
    definition: Mapping[str, Any], *, report_id: UUID, organisation: UUID, period: tuple[date, date], made_at: datetime,
    numerator: int, denominator: int,
) -> dict[str, Any]:  # fmt: skip
    """Return one number as a MeasureReport of type `summary`; without people it has no score (GEN-06)."""
    groups = [_population("denominator", denominator), _population("numerator", numerator)]
    return _report(definition, "summary", report_id, organisation, period, made_at, groups, numerator, denominator)


def subject_list(
    definition: Mapping[str, Any], *, report_id: UUID, organisation: UUID, period: tuple[date, date], made_at: datetime,
    met: Sequence[UUID], not_met: Sequence[UUID],
) -> dict[str, Any]:  # fmt: skip
    """Return one number as a MeasureReport of type `subject-list`, its lists contained in it."""
    lists = {"denominator": [*met, *not_met], "numerator": list(met)}
    groups = [
        _population(name, len(people)) | {"subjectResults": {"reference": f"#{name}"}} for name, people in lists.items()
    ]
    found = _report(
        definition, "subject-list", report_id, organisation, period, made_at, groups, len(met), len(met) + len(not_met)
    )
    return found | {"contained": [_list(name, people) for name, people in lists.items()]}


def bundle(reports: Iterable[dict[str, Any]], *, made_at: datetime) -> dict[str, Any]:
    """Return several reports as a Bundle of type `collection`."""
    entries = [{"fullUrl": f"urn:cmc:measure-report:{each['id']}", "resource": each} for each in reports]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": made_at.isoformat(), "entry": entries}


def _report(
    definition: Mapping[str, Any], kind: str, report_id: UUID, organisation: UUID, period: tuple[date, date],
    made_at: datetime, populations: list[dict[str, Any]], numerator: int, denominator: int,
) -> dict[str, Any]:  # fmt: skip
    group: dict[str, Any] = {"population": populations}
    share = percent(numerator, denominator)
    if share is not None:
        group["measureScore"] = {"value": float(share), "unit": "%", "system": _UCUM, "code": "%"}
    notation = {"system": _IMPROVEMENT, "code": _DIRECTION[definition["direction"]]}
    return {
        "resourceType": "MeasureReport",
        "id": _id(report_id, definition),
        "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{report_id}"}],
        "status": "complete",
        "type": kind,
        "measure": measure(definition),
        "date": made_at.isoformat(),
        "reporter": {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{organisation}"}},
        "period": {"start": period[0].isoformat(), "end": period[1].isoformat()},
        "improvementNotation": {"coding": [notation]},
        "group": [group],
    }


def _id(report_id: UUID, definition: Mapping[str, Any]) -> str:
    """A name by the rules of FHIR: 64 letters, digits, hyphens and dots at most."""
    return f"{report_id}-{definition['code']}-{definition['disease']}".replace("_", "-")[:64]


def _population(name: str, count: int) -> dict[str, Any]:
    return {"code": {"coding": [{"system": _POPULATION, "code": name}]}, "count": count}


def _list(name: str, people: Sequence[UUID]) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceType": "List", "id": name, "status": "current", "mode": "snapshot"}
    entries = [{"item": {"reference": f"Patient/{each}"}} for each in people]
    if not entries:
        reason = {"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "nilknown"}
        return found | {"emptyReason": {"coding": [reason]}}
    return found | {"entry": entries}
