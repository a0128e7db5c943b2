"""The users of the demo: one for each role, with random passwords that are made anew and printed at every start."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.accounts import machines, passwords, queries, users
from cmc.accounts.roles import MachineKind, Role, Wanted
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.organisations import queries as organisations
from cmc.organisations.tables import Organisation, OrganisationKind

_NURSES: Final = 4
_GATEWAY: Final = "演示网关"


@dataclass(frozen=True, slots=True)
class DemoAccounts:
    """What the demo prints: login names with passwords, and the key of a gateway."""

    passwords: dict[str, str]
    gateway_key: str


def demo_users(
    session: Session, scope: Scope, keyring: Keyring, *, gateway_clinic_id: UUID, now: datetime
) -> DemoAccounts:
    """Add what is missing of the demo's users and give all of them new passwords, and the gateway a new key.

    There is a nurse for each of the first clinics and one of every other role; the gateway serves one clinic.
    """
    made = {}
    for login, name, wanted in _people(organisations.visible(session, scope)):
        made[login] = passwords.made()
        user = queries.user_by_login(session, login) or users.add_with_password(
            session, login, made[login], display_name=name, is_temporary=False, now=now
        )
        user.password_hash = passwords.hashed(made[login])
        users.set_roles(session, scope, user, [wanted], now=now)
    return DemoAccounts(made, _gateway_key(session, scope, keyring, gateway_clinic_id, now))


def _people(nodes: list[Organisation]) -> list[tuple[str, str, Wanted]]:
    clinics = sorted((node for node in nodes if node.kind == OrganisationKind.CLINIC), key=lambda node: node.code)
    district = next(node for node in nodes if node.kind == OrganisationKind.DISTRICT)
    nurses = [
        (f"demo-nurse{number}", f"演示护士{number}", Wanted(Role.NURSE, clinic.id))
        for number, clinic in enumerate(clinics[:_NURSES], start=1)
    ]
    return [
        *nurses,
        ("demo-doctor", "演示医生", Wanted(Role.DOCTOR, clinics[0].id)),
        ("demo-manager", "演示负责人", Wanted(Role.MANAGER, clinics[0].id)),
        ("demo-supervisor", "演示督导", Wanted(Role.SUPERVISOR, district.id)),
        ("demo-admin", "演示管理员", Wanted(Role.ADMIN)),
        ("demo-auditor", "演示审计员", Wanted(Role.AUDITOR)),
    ]


def _gateway_key(session: Session, scope: Scope, keyring: Keyring, clinic_id: UUID, now: datetime) -> str:
    known = next(
        (
            each
            for each in queries.machines(session, scope)
            if (each.name, each.organisation_id, each.revoked_at) == (_GATEWAY, clinic_id, None)
        ),
        None,
    )
    if known is None:
        kind = MachineKind.GATEWAY
        return machines.add(session, scope, keyring, kind, name=_GATEWAY, organisation_id=clinic_id, now=now)[1]
    for key in queries.machine_keys(session, [known.id]):
        machines.revoke_key(session, scope, known.id, key.id, now=now)
    return machines.rotate(session, scope, keyring, known.id, now=now)[1]
