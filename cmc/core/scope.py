"""Who may do what, and where: rights, and the scope of a caller. Every query on people takes a scope.

A caller holds grants: some rights over some nodes of the organisation tree. What a route asks for decides which of
them count: the scope of a request holds just the clinics in which the caller has that right.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, true
from sqlalchemy.orm import Mapped

from cmc.core.errors import Forbidden
from cmc.core.named import NamedStr


class Right(NamedStr):
    """What a caller may be allowed to do. Which role has which right stands in `cmc/accounts/roles.py`."""

    READ_ORGANISATIONS = "organisations.read", "查看机构", "See the organisation tree"
    READ_PEOPLE = "people.read", "查看居民健康档案", "Read identified records"
    WRITE_PEOPLE = "people.write", "建档与专案管理", "Put people on file and manage their enrolments"
    REVEAL_FIELDS = "people.reveal", "查看完整个人信息", "See protected fields in full"
    TRANSFER_PEOPLE = "people.transfer", "转出机构", "Move an enrolment to another clinic"
    MERGE_PEOPLE = "people.merge", "合并重复档案", "Merge duplicate records and undo it"
    WRITE_VISITS = "visits.write", "记录随访与体检", "Record visits and examinations"
    MANAGE_PLANS = "plans.manage", "设置随访计划", "Set the rhythm of follow-ups and opening days"
    OVERRIDE_CHECKS = "medicines.override", "处理用药核对", "Let a blocked medicine through, with a reason"
    SET_TARGETS = "targets.set", "设定个体目标与报警界值", "Set personal targets and alarm limits"
    OVERRIDE_RISK = "risk.override", "判定风险分层", "Set a person's risk band, with a reason"
    SWITCH_MODELS = "models.switch", "决定启用预测模型", "Decide whether a region shows the trained models"
    ANSWER_ALERTS = "alerts.answer", "处理预警", "Acknowledge and close alerts"
    ANSWER_URGENT_ALERTS = "alerts.answer_urgent", "处理红色与橙色预警", "Acknowledge and close red and orange alerts"
    MANAGE_WEBHOOKS = "webhooks.manage", "管理消息订阅", "Manage who is told of alerts"
    ADD_READINGS = "readings.add", "上传测量记录", "Add readings"
    REVIEW_READINGS = "readings.review", "核实测量记录", "Review readings that were kept aside"
    MANAGE_TEAMS = "teams.manage", "管理家庭医生团队", "Put a clinic's doctors together as teams"
    MANAGE_DEVICES = "devices.manage", "管理测量设备", "Keep the register of measuring devices"
    READ_INDICATORS = "indicators.read", "查看指标", "Read indicator values"
    READ_STAFF = "staff.read", "查看员工测量质量", "See how well members of staff measured, by name"
    PUBLISH_REPORTS = "reports.publish", "发布指标报表", "Freeze and approve reports of indicators"
    MANAGE_USERS = "users.manage", "管理用户", "Manage users and their roles"
    MANAGE_MACHINES = "machines.manage", "管理设备密钥", "Manage machine keys"
    READ_AUDIT = "audit.read", "查看审计记录", "Read the audit trail"
    DECIDE_DELETIONS = "deletions.decide", "审批删除处置", "Decide on deletions after the retention period"
    READ_METRICS = "metrics.read", "查看运行指标", "Read the metrics of the service"


EVERY_RIGHT = frozenset(Right)


@dataclass(frozen=True, slots=True)
class Scope:
    """The clinics that `actor` may act on; `clinic_ids` is None for the whole region.

    `rights` hold in all of these clinics. `organisation_ids` are the nodes whose whole subtree lies in the scope, for
    what is counted of a district or the region; None for all.
    """

    actor: str
    clinic_ids: frozenset[UUID] | None = None
    rights: frozenset[Right] = frozenset()
    organisation_ids: frozenset[UUID] = frozenset()

    def covers(self, clinic_id: ColumnElement[UUID] | Mapped[UUID]) -> ColumnElement[bool]:
        """Return the predicate "this row's clinic lies in the scope"."""
        if self.clinic_ids is None:
            return true()
        return clinic_id.in_(self.clinic_ids)

    def includes(self, clinic_id: UUID) -> bool:
        """Tell whether one clinic lies in the scope."""
        return self.clinic_ids is None or clinic_id in self.clinic_ids

    def oversees(self, organisation_id: UUID) -> bool:
        """Tell whether a node, a clinic or one above clinics, lies in the scope with all that is below it."""
        return self.includes(organisation_id) or organisation_id in self.organisation_ids

    def listed(self) -> list[UUID] | None:
        """Return the clinics as a parameter for a written statement; None for the whole region."""
        return None if self.clinic_ids is None else sorted(self.clinic_ids)

    def only_clinic(self) -> UUID | None:
        """Return the clinic of a scope of one clinic, such as a gateway's; None for any other scope."""
        return next(iter(self.clinic_ids)) if self.clinic_ids is not None and len(self.clinic_ids) == 1 else None


@dataclass(frozen=True, slots=True)
class Grant:
    """Some rights over some nodes of the tree: `clinic_ids` are the clinics among them; None for the whole region."""

    rights: frozenset[Right]
    clinic_ids: frozenset[UUID] | None = None
    organisation_ids: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request: "user:<id>", "gateway:<id>", "dashboard:<id>" or "monitor:<id>", with all grants.

    `user_id` and `session_id` are None for machines. Who `must_change_password` may do nothing before.
    """

    actor: str
    grants: tuple[Grant, ...]
    user_id: UUID | None = None
    session_id: UUID | None = None
    must_change_password: bool = False

    def has(self, right: Right) -> bool:
        """Tell whether the caller has a right anywhere."""
        return any(right in grant.rights for grant in self.grants)

    def scope(self, right: Right | None) -> Scope:
        """Return the scope in which the caller has `right` (None: in which it has any); `Forbidden` when nowhere."""
        grants = [grant for grant in self.grants if right is None or right in grant.rights]
        if right is not None and not grants:
            raise Forbidden
        clinic_ids = _union(grant.clinic_ids for grant in grants)
        everywhere = frozenset(each for each in Right if self._holds(each, clinic_ids))
        nodes = frozenset().union(*(grant.organisation_ids for grant in grants))
        return Scope(self.actor, clinic_ids, everywhere if grants else frozenset(), nodes)

    def _holds(self, right: Right, clinic_ids: frozenset[UUID] | None) -> bool:
        """Whether the caller has a right in all of these clinics."""
        held: Sequence[Grant] = [grant for grant in self.grants if right in grant.rights]
        reached = _union(grant.clinic_ids for grant in held)
        return bool(held) and (reached is None or (clinic_ids is not None and clinic_ids <= reached))


def system_scope(actor: str) -> Scope:
    """Return the scope of a job or command of the installation itself; `actor` names it, e.g. "job:followups"."""
    return Scope(actor=actor, rights=EVERY_RIGHT)


def _union(parts: Iterable[frozenset[UUID] | None]) -> frozenset[UUID] | None:
    found: set[UUID] = set()
    for part in parts:
        if part is None:
            return None
        found |= part
    return frozenset(found)
