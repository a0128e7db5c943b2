"""Machines and their keys. Nothing here commits."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.accounts import keys, queries
from cmc.accounts.roles import MachineKind
from cmc.accounts.tables import Machine, MachineKey
from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, NotFound, invalid
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation, OrganisationKind

LIVE_KEYS: Final = 2
"""So that a key can be replaced while the old one still works."""


def add(
    session: Session,
    scope: Scope,
    keyring: Keyring,
    kind: MachineKind,
    *,
    name: str,
    organisation_id: UUID | None,
    now: datetime,
) -> tuple[Machine, str]:
    """Add a machine with its first key, which is shown this once.

    A gateway belongs to a clinic, a dashboard to a node of the tree, a monitor to the whole installation. Raises
    `NotFound` for a node outside the scope.
    """
    _require_node(session, scope, kind, organisation_id)
    machine = Machine(
        kind=kind.value, name=name, organisation_id=organisation_id, created_by=scope.actor, created_at=now
    )
    session.add(machine)
    session.flush()
    return machine, _add_key(session, keyring, machine, now)


def rotate(session: Session, scope: Scope, keyring: Keyring, machine_id: UUID, *, now: datetime) -> tuple[Machine, str]:
    """Give a machine a second key; raise `Conflict` when it has two, or was revoked."""
    machine = queries.machine(session, scope, machine_id)
    live = [each for each in queries.machine_keys(session, [machine.id]) if each.revoked_at is None]
    if machine.revoked_at is not None:
        raise Conflict("this machine was revoked: add a new one", code="machine-revoked")
    if len(live) >= LIVE_KEYS:
        raise Conflict("it has two keys: revoke the old one first", code="two-keys-live")
    return machine, _add_key(session, keyring, machine, now)


def revoke_key(session: Session, scope: Scope, machine_id: UUID, key_id: str, *, now: datetime) -> Machine:
    """Revoke one key of a machine; the next request with it is refused."""
    machine = queries.machine(session, scope, machine_id)
    key = next((each for each in queries.machine_keys(session, [machine.id]) if each.id == key_id), None)
    if key is None:
        raise NotFound("no such key")
    key.revoked_at = key.revoked_at or now
    session.flush()
    return machine


def revoke(session: Session, scope: Scope, machine_id: UUID, *, now: datetime) -> Machine:
    """Revoke a machine with all its keys; the next request with one of them is refused."""
    machine = queries.machine(session, scope, machine_id)
    machine.revoked_at = machine.revoked_at or now
    session.flush()
    return machine


def _add_key(session: Session, keyring: Keyring, machine: Machine, now: datetime) -> str:
    key_id, secret = keys.make(MachineKind(machine.kind))
    under = key_check.current(session, keyring)
    cipher = keyring.encrypt(secret, context=f"machine_key.secret|{key_id}", under=under)
    session.add(MachineKey(id=key_id, machine_id=machine.id, secret_cipher=cipher, created_at=now))
    session.flush()
    return keys.token(key_id, secret)


def _require_node(session: Session, scope: Scope, kind: MachineKind, organisation_id: UUID | None) -> None:
    if organisation_id is None:
        if kind is not MachineKind.MONITOR:
            raise invalid("/organisation_id", "missing", "a gateway needs a clinic, a dashboard a node of the tree")
        if scope.clinic_ids is not None:
            raise NotFound("no such organisation")
        return
    node = session.get(Organisation, organisation_id)
    if node is None or not scope.oversees(node.id):
        raise NotFound("no such organisation")
    if kind is MachineKind.MONITOR:
        raise invalid("/organisation_id", "not_here", "a monitor watches the whole installation: leave this out")
    if kind is MachineKind.GATEWAY and node.kind != OrganisationKind.CLINIC.value:
        raise invalid("/organisation_id", "clinic_expected", "a gateway belongs to one clinic")
