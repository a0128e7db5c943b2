"""The one table of what each role, and each kind of machine, may do."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cmc.core.named import NamedStr
from cmc.core.scope import Right


class Role(NamedStr):
    """What a user is, on a node of the tree and all below it."""

    NURSE = "nurse", "护士", "Nurse"
    DOCTOR = "doctor", "医生", "Doctor"
    MANAGER = "manager", "中心负责人", "Clinic manager"
    SUPERVISOR = "supervisor", "区域督导", "District or region supervisor"
    ADMIN = "admin", "系统管理员", "Administrator"
    AUDITOR = "auditor", "审计员", "Auditor"


class ClosingReason(NamedStr):
    """Why an account is closed. A closed set: no words about a person."""

    LEFT = "left", "离职", "Left the institution"
    MOVED = "moved", "调岗", "Has another post"
    AWAY = "away", "长期休假", "Away for long"
    SHARED = "shared", "账号被共用", "The account was shared"
    MISUSE = "misuse", "疑似违规使用", "Suspected misuse"
    LOST = "lost", "密码或设备丢失", "Password or device lost"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role that somebody shall have on a node of the tree; without a node: everywhere."""

    role: Role
    organisation_id: UUID | None = None
    with_names: bool = False


class MachineKind(NamedStr):
    """What a machine is; its value is also the first part of its actor."""

    GATEWAY = "gateway", "设备网关", "Gateway of measuring devices"
    DASHBOARD = "dashboard", "数据看板", "Dashboard"
    MONITOR = "monitor", "运行监控", "Monitoring"


_CARE: Final = frozenset(
    {
        Right.READ_ORGANISATIONS,
        Right.READ_PEOPLE,
        Right.WRITE_PEOPLE,
        Right.REVEAL_FIELDS,
        Right.WRITE_VISITS,
        Right.ANSWER_ALERTS,
        Right.ADD_READINGS,
        Right.REVIEW_READINGS,
        Right.MANAGE_DEVICES,
        Right.READ_INDICATORS,
    }
)

ROLE_RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.NURSE: _CARE,
    Role.DOCTOR: _CARE
    | {
        Right.TRANSFER_PEOPLE,
        Right.MERGE_PEOPLE,
        Right.OVERRIDE_CHECKS,
        Right.SET_TARGETS,
        Right.OVERRIDE_RISK,
        Right.ANSWER_URGENT_ALERTS,
    },
    Role.MANAGER: _CARE
    | {
        Right.TRANSFER_PEOPLE,
        Right.MERGE_PEOPLE,
        Right.MANAGE_MACHINES,
        Right.ANSWER_URGENT_ALERTS,
        Right.MANAGE_PLANS,
        Right.MANAGE_TEAMS,
        Right.SWITCH_MODELS,
        Right.PUBLISH_REPORTS,
        Right.READ_STAFF,
    },
    Role.SUPERVISOR: frozenset(
        {
            Right.READ_ORGANISATIONS,
            Right.READ_INDICATORS,
            Right.MANAGE_PLANS,
            Right.SWITCH_MODELS,
            Right.PUBLISH_REPORTS,
        }
    ),
    Role.ADMIN: frozenset(
        {
            Right.READ_ORGANISATIONS,
            Right.MANAGE_USERS,
            Right.MANAGE_MACHINES,
            Right.MANAGE_WEBHOOKS,
            Right.DECIDE_DELETIONS,
            Right.READ_METRICS,
        },
    ),
    Role.AUDITOR: frozenset({Right.READ_ORGANISATIONS, Right.READ_AUDIT, Right.DECIDE_DELETIONS}),
}

NAMES: Final = frozenset({Right.READ_PEOPLE})
"""What a supervisor has besides when the grant says `with_names`."""

MACHINE_RIGHTS: Final[dict[MachineKind, frozenset[Right]]] = {
    MachineKind.GATEWAY: frozenset({Right.ADD_READINGS}),
    MachineKind.DASHBOARD: frozenset({Right.READ_INDICATORS}),
    MachineKind.MONITOR: frozenset({Right.READ_METRICS}),
}

ALONE: Final = frozenset({Role.ADMIN, Role.AUDITOR})
"""Separate duties: who runs the system or checks it has no other role."""


def rights_of(role: Role, *, with_names: bool = False) -> frozenset[Right]:
    """Return what a grant of this role allows."""
    return ROLE_RIGHTS[role] | (NAMES if with_names else frozenset())
