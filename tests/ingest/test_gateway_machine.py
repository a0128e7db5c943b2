"""Gateways of two clinics play against a model in plain Python: retries, resets of devices, contradictions, strangers.

Whatever they send, in whatever batches and groups, each item is answered as the model says, and the database holds just
what the model holds.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, text

from cmc.core import crypto, db
from cmc.core.scope import Right, Scope
from cmc.ingest import keeping, service
from cmc.ingest.formats import native
from cmc.patients.tables import Patient

KEYS = crypto.keyring(bytes(32))
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
START = datetime(2026, 10, 1, tzinfo=UTC)
DEVICES = ("M-1", "M-2")
_ROWS = text("SELECT patient_id, device, sequence, taken_at, glucose_umol_l FROM reading")
Item = dict[str, Any]
People = list[tuple[UUID, list[str]]]
"""Two clinics, each with two people."""


class Gateways(RuleBasedStateMachine):
    """The machine. A device is held by whoever measures with it; its counter and clock are its own."""

    def __init__(self, connection: Connection, people: People) -> None:
        super().__init__()
        self.people = people
        self.clocks = {device: [0, START] for device in DEVICES}
        self.memory: list[tuple[int, Item]] = []
        self.readings: dict[tuple[Any, ...], int] = {}
        self.held: set[tuple[str, int, str]] = set()
        self.savepoint = connection.begin_nested()
        self.opened = db.transaction(connection, Scope("test"))
        self.session = self.opened.__enter__()

    def teardown(self) -> None:
        found = {self._key(str(row[0]), *row[1:]): row[4] for row in self.session.execute(_ROWS)}
        assert found == self.readings
        assert self.session.scalar(text("SELECT count(*) FROM reading")) == len(self.readings)
        assert self.session.scalar(text("SELECT count(*) FROM held_reading")) == len(self.held)
        self.session.rollback()
        self.opened.__exit__(None, None, None)
        self.savepoint.rollback()

    @staticmethod
    def _key(person: str, device: str, sequence: int | None, at: datetime, umol: int) -> tuple[Any, ...]:
        return (person, device, sequence, at, *(() if sequence is not None else (umol,)))

    @rule(
        device=st.sampled_from(DEVICES),
        clinic=st.integers(0, 1),
        person=st.integers(0, 1),
        tenths=st.integers(40, 90),
        numbered=st.booleans(),
        minutes=st.integers(0, 3),
    )
    def measure(self, device: str, clinic: int, person: int, tenths: int, numbered: bool, minutes: int) -> None:
        state = self.clocks[device]
        state[0] += 1
        state[1] += timedelta(minutes=minutes)
        item: Item = {
            "patient_id": self.people[clinic][1][person],
            "kind": "glucose",
            "value": tenths / 10,
            "unit": "mmol/L",
            "device": device,
            "taken_at": state[1].isoformat(),
        }
        self.memory.append((clinic, item | ({"sequence": state[0]} if numbered else {})))

    @rule(device=st.sampled_from(DEVICES), hours=st.integers(0, 2))
    def reset(self, device: str, hours: int) -> None:
        """The battery was changed: it counts from the beginning, and its clock may stand at an old hour."""
        self.clocks[device] = [0, START + timedelta(hours=hours)]

    @precondition(lambda self: self.memory)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Some of what the devices remember, in any order, again or for the first time, in any batches and groups."""
        clinic = data.draw(st.sampled_from(sorted({each for each, _ in self.memory})))
        own = [item for each, item in self.memory if each == clinic]
        items = data.draw(st.lists(st.sampled_from(own), min_size=1, max_size=8))
        self._send(clinic, items, cut=data.draw(st.integers(1, 8)), group=data.draw(st.integers(1, 3)))

    @precondition(lambda self: self.memory)
    @rule(data=st.data(), tenths=st.integers(40, 90))
    def contradict(self, data: st.DataObject, tenths: int) -> None:
        clinic, item = data.draw(st.sampled_from(self.memory))
        self._send(clinic, [item | {"value": tenths / 10}], cut=1, group=1)

    @precondition(lambda self: self.memory)
    @rule(data=st.data())
    def send_for_a_stranger(self, data: st.DataObject) -> None:
        """A gateway of the other clinic says what this one's device has measured, or will measure."""
        clinic, item = data.draw(st.sampled_from(self.memory))
        self._send(1 - clinic, [item], cut=1, group=1)

    @precondition(lambda self: self.memory)
    @rule(data=st.data(), person=st.integers(0, 1))
    def take_the_place(self, data: st.DataObject, person: int) -> None:
        """A gateway of the other clinic says the same device, number and second of a person of its own."""
        clinic, item = data.draw(st.sampled_from(self.memory))
        self._send(1 - clinic, [item | {"patient_id": self.people[1 - clinic][1][person]}], cut=1, group=1)

    def _send(self, clinic: int, items: list[Item], *, cut: int, group: int) -> None:
        batches = [items[at : at + cut] for at in range(0, len(items), cut)]
        expected = [self._said_of(clinic, item) for item in items]
        found = [
            status for at in range(0, len(batches), group) for status in self._store(clinic, batches[at : at + group])
        ]
        assert found == expected

    def _store(self, clinic: int, batches: list[list[Item]]) -> list[str]:
        clinic_id = self.people[clinic][0]
        scope = Scope(f"gateway:{clinic_id}", frozenset({clinic_id}), frozenset({Right.ADD_READINGS}))
        bodies = [json.dumps({"items": batch}).encode() for batch in batches]
        arrivals = [(keeping.Arrival(scope.actor, "native", body, KEYS), native.read(body).items) for body in bodies]
        with self._acting(scope):
            under = KEYS.current
            found, receipts = service.store_together(self.session, scope, arrivals, under=under, now=NOW)
            if receipts is not None:
                db.say(self.session, *receipts)
        return [each.status.value for results in found for each in results]

    @contextmanager
    def _acting(self, scope: Scope) -> Iterator[None]:
        db.enter_scope(self.session, scope)
        yield
        db.enter_scope(self.session, Scope("test"))

    def _said_of(self, clinic: int, item: Item) -> str:
        spelled = json.dumps(item, sort_keys=True)
        if item["patient_id"] not in self.people[clinic][1]:
            self.held.add(("quarantined", clinic, spelled))
            return "quarantined"
        umol = round(item["value"] * 1000)
        at, sequence = datetime.fromisoformat(item["taken_at"]), item.get("sequence")
        key = self._key(item["patient_id"], item["device"], sequence, at, umol)
        if key not in self.readings:
            self.readings[key] = umol
            return "created"
        if self.readings[key] == umol:
            return "duplicate"
        self.held.add(("conflict", clinic, spelled))
        return "conflict"


@pytest.fixture
def people(make_clinic: Callable[..., Any], make_patient: Callable[..., Patient]) -> People:
    clinics = [make_clinic(code).id for code in ("A", "B")]
    return [(each, [str(make_patient(clinic_id=each).id) for _ in range(2)]) for each in clinics]


def test_gateways_against_the_model(connection: Connection, people: People) -> None:
    run_state_machine_as_test(
        lambda: Gateways(connection, people),
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
