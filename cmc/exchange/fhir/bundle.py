"""A bundle taken apart: its people, and whose each resource is. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from cmc.exchange.errors import UnusableFileError

Resource = dict[str, Any]
LARGEST: Final = 64 << 20
_TYPES: Final = frozenset({"transaction", "batch", "collection", "document", "message", "searchset", "history"})


@dataclass(slots=True)
class Person:
    """A Patient resource, and the resources that name it."""

    resource: Resource
    resources: list[Resource] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The people of a bundle; `shared` are resources of nobody, by reference; `stray` those of somebody not in it."""

    people: tuple[Person, ...]
    shared: dict[str, Resource]
    stray: tuple[Resource, ...]


def read(name: str, body: bytes) -> Bundle:
    """Take a bundle apart; numbers stay as they are written. Raises `UnusableFileError` that names the file."""
    if len(body) > LARGEST:
        raise UnusableFileError(f"{name} is larger than {LARGEST >> 20} MiB.")
    try:
        given = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnusableFileError(f"{name} is no JSON.") from error
    if not isinstance(given, dict) or given.get("resourceType") != "Bundle" or given.get("type") not in _TYPES:
        raise UnusableFileError(f"{name} is no FHIR bundle of a type that holds resources.")
    entries = given.get("entry")
    found = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return _grouped(
        [(each.get("fullUrl"), each["resource"]) for each in found if isinstance(each.get("resource"), dict)]
    )


def _grouped(entries: list[tuple[Any, Resource]]) -> Bundle:
    people: dict[str, Person] = {}
    rest: list[tuple[list[str], Resource]] = []
    for url, resource in entries:
        names = _names(url, resource)
        if resource.get("resourceType") == "Patient":
            person = Person(resource)
            people |= dict.fromkeys(names, person)
        else:
            rest.append((names, resource))
    shared: dict[str, Resource] = {}
    stray: list[Resource] = []
    for names, resource in rest:
        subject = reference(resource.get("subject")) or reference(resource.get("patient"))
        if subject in people:
            people[subject].resources.append(resource)
        elif subject:
            stray.append(resource)
        shared |= dict.fromkeys(names, resource)
    return Bundle(tuple({id(each): each for each in people.values()}.values()), shared, tuple(stray))


def _names(url: Any, resource: Resource) -> list[str]:
    own = f"{resource.get('resourceType')}/{resource.get('id')}" if resource.get("id") else None
    return [each for each in (url if isinstance(url, str) else None, own) if each]


def reference(part: Any) -> str:
    """Return what a Reference names, as it is found in the bundle; "" for none."""
    found = part.get("reference") if isinstance(part, dict) else None
    if not isinstance(found, str):
        return ""
    if found.startswith("urn:"):
        return found
    return "/".join(found.split("/_history/")[0].split("/")[-2:])


def codings(part: Any) -> list[tuple[str, str, str]]:
    """Return the codings of a CodeableConcept as (system, code, display)."""
    given = part.get("coding") if isinstance(part, dict) else None
    found = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [(text(each.get("system")), text(each.get("code")), text(each.get("display"))) for each in found]


def words(part: Any) -> str:
    """Return the words of a CodeableConcept: its text, else the first display."""
    own = text(part.get("text")) if isinstance(part, dict) else ""
    return own or next((display for _, _, display in codings(part) if display), "")


def part(of: Any, name: str) -> dict[str, Any]:
    """Return a part that is an object; an empty one for anything else."""
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def texts(value: Any) -> list[str]:
    """Return the strings of a list."""
    return [found for each in value if (found := text(each))] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a string; "" for anything else."""
    return value.strip() if isinstance(value, str) else ""
