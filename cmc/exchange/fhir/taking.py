"""A bundle into the record by the import's own path: people registered, facts stored set-wise, pressures as readings.

One transaction a bundle. A second run stores nothing. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.crypto import Keyring
from cmc.core.errors import CmcError
from cmc.core.scope import Scope
from cmc.exchange import facts_in, people, queries
from cmc.exchange.codes import RowVerdict
from cmc.exchange.facts_in import Entry
from cmc.exchange.fhir import person as patients
from cmc.exchange.fhir import resources
from cmc.exchange.fhir.bundle import Bundle, Person, Resource, text
from cmc.exchange.fhir.report import Fate, FhirReport
from cmc.exchange.fhir.resources import Left, NotTaken, Pressure, Taken
from cmc.exchange.judged import Judged
from cmc.exchange.wanted import Wanted
from cmc.ingest import keeping, native_item
from cmc.ingest import service as ingest
from cmc.ingest.received import Faults, Received
from cmc.ingest.results import Status
from cmc.patients import enrolling
from cmc.patients.schemas import PatientIn
from cmc.patients.tables import Patient
from cmc.records.codes import FactKind

_FATES = {RowVerdict.CREATED: Fate.STORED, RowVerdict.KNOWN: Fate.ON_FILE, RowVerdict.REFUSED: Fate.REFUSED}
_OF_READINGS = {
    Status.CREATED: Fate.STORED,
    Status.DUPLICATE: Fate.ON_FILE,
    Status.QUARANTINED: Fate.HELD,
    Status.CONFLICT: Fate.HELD,
    Status.REJECTED: Fate.REFUSED,
}


@dataclass(frozen=True, slots=True)
class _At:
    """Where and when a bundle is taken in."""

    session: Session
    scope: Scope
    keys: Keyring
    clinic_id: UUID
    now: datetime

    @property
    def on(self) -> date:
        """The local date."""
        return local_date(self.now)


def take(
    session: Session, scope: Scope, keys: Keyring, clinic_id: UUID, bundle: Bundle, report: FhirReport, *, now: datetime
) -> None:
    """Store what a bundle holds and count what became of each resource."""
    at = _At(session, scope, keys, clinic_id, now)
    report.bundles += 1
    for each in bundle.people:
        patient = _person(at, each, report)
        if patient is None:
            for resource in each.resources:
                report.note(resource, Fate.NOT_TAKEN, Left.NOBODY)
        else:
            _resources(at, patient, each.resources, bundle.shared, report)
    for resource in bundle.stray:
        report.note(resource, Fate.NOT_TAKEN, Left.STRAY)
    whose = {id(resource) for each in bundle.people for resource in each.resources} | {id(r) for r in bundle.stray}
    for resource in {id(each): each for each in bundle.shared.values() if id(each) not in whose}.values():
        report.note(resource, Fate.NOT_TAKEN, Left.NO_PLACE)


def _person(at: _At, given: Person, report: FhirReport) -> Patient | None:
    wanted = patients.registration(given.resource, at.clinic_id)
    if not isinstance(wanted, PatientIn):
        report.note(given.resource, Fate.REFUSED, f"{Left.INVALID} {wanted[0].pointer.strip('/')}:{wanted[0].code}")
        return None
    lines = {0: Wanted(person=wanted)}
    judged = people.judge(at.session, at.scope, at.keys, lines, on=at.on)[0]
    if judged.verdict is RowVerdict.NEW:
        judged = people.store(at.session, at.scope, at.keys, lines, now=at.now, on=at.on)[0]
    report.note(given.resource, _FATES[judged.verdict], _why(judged))
    if judged.patient_id is None:
        return None
    if judged.verdict is RowVerdict.CREATED:
        _death(at, judged.patient_id, given.resource, report)
    return queries.people_by_id(at.session, at.scope, [judged.patient_id]).get(judged.patient_id)


def _death(at: _At, patient_id: UUID, resource: Resource, report: FhirReport) -> None:
    died = text(resource.get("deceasedDateTime"))
    if len(died) < len("2026-11-20"):
        return
    noted = {"resourceType": "Patient.deceased"}
    try:
        with at.session.begin_nested():
            day = date.fromisoformat(died[:10])
            enrolling.record_death(at.session, at.scope, patient_id, died_on=day, cause=None, now=at.now, on=at.on)
    except (CmcError, ValueError):
        report.note(noted, Fate.REFUSED, Left.INVALID)
    else:
        report.note(noted, Fate.STORED)


def _resources(
    at: _At, patient: Patient, given: list[Resource], shared: Mapping[str, Resource], report: FhirReport
) -> None:
    facts: dict[FactKind, dict[int, Entry]] = {}
    pressures: dict[int, Pressure] = {}
    for number, resource in enumerate(given):
        found = resources.read(resource, shared)
        if isinstance(found, NotTaken):
            fate = Fate.REFUSED if found.why is Left.INVALID else Fate.NOT_TAKEN
            report.note(resource, fate, f"{found.why} {found.code}".strip())
        elif isinstance(found, Taken):
            facts.setdefault(found.kind, {})[number] = Entry(patient, found.fact)
        else:
            pressures[number] = found
    for kind, entries in facts.items():
        stored = facts_in.store(at.session, at.scope, at.keys, kind, entries, now=at.now, on=at.on)
        for number, judged in stored.items():
            report.note(given[number], _FATES[judged.verdict], _why(judged))
    _readings(at, patient, pressures, given, report)


def _readings(
    at: _At, patient: Patient, pressures: Mapping[int, Pressure], given: list[Resource], report: FhirReport
) -> None:
    """Store pressures as readings of the practice; the receipt holds them alone, no name beside them."""
    if not pressures:
        return
    fields = [dict(each.fields) | {"patient_id": str(patient.id)} for each in pressures.values()]
    body = msgspec.json.encode([{name: str(value) for name, value in each.items()} for each in fields])
    arrival = keeping.Arrival("file:fhir", "fhir", body, at.keys)
    items = [_of_record(native_item.from_fields(each)) for each in fields]
    results = ingest.store(at.session, at.scope, arrival, items, now=at.now)
    for number, result in zip(pressures, results, strict=True):
        why = ", ".join(dict.fromkeys(fault.code for fault in result.errors))
        report.note(given[number], _OF_READINGS[result.status], why)


def _of_record(item: Received | Faults) -> Received | Faults:
    return msgspec.structs.replace(item, of_record=True) if isinstance(item, Received) else item


def _why(judged: Judged) -> str:
    return ", ".join(dict.fromkeys(f"{each.pointer.strip('/')}:{each.code}".lstrip(":") for each in judged.faults))
