"""Closed code sets of follow-ups and tasks that no other domain needs."""

from collections.abc import Collection
from typing import Self

from cmc.clinical.codes import Disease
from cmc.core.named import NamedInt, NamedStr


class TaskKind(NamedStr):
    """What must be done."""

    FIRST_VISIT = "first_visit", "首次随访", "First follow-up"
    ROUTINE = "routine", "常规随访", "Routine follow-up"
    TWO_WEEK = "two_week", "两周复查", "Two-week check"
    CRITICAL_READING = "critical_reading", "危急读数", "Critical reading"
    ALERT_FOLLOWUP = "alert_followup", "预警处理", "Alert to be followed up"
    SILENT_DEVICE = "silent_device", "设备无数据", "Device without data"
    REFERRAL_CHECK = "referral_check", "转诊追踪", "Check of a referral"
    ANNUAL_EXAM = "annual_exam", "年度体检到期", "Annual examination due"
    SCREENING = "screening", "并发症筛查到期", "Screening due"
    HBA1C = "hba1c", "糖化血红蛋白到期", "HbA1c due"
    INDICATOR_LIST = "indicator_list", "指标名单", "From an indicator's list"


VISIT_KINDS = frozenset({TaskKind.FIRST_VISIT, TaskKind.ROUTINE, TaskKind.TWO_WEEK})
"""What a follow-up visit answers; only a visit closes it."""

EXAM_KINDS = frozenset({TaskKind.ANNUAL_EXAM, TaskKind.SCREENING, TaskKind.HBA1C})
"""What follows from the whole record; it is planned apart from the visits, and never in the transaction of one."""


class TaskStatus(NamedStr):
    """State of a task."""

    OPEN = "open", "待办", "Open"
    DONE = "done", "已完成", "Done"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class FollowupGroup(NamedStr):
    """How closely a person is followed up; set yearly, raised at once, lowered only at the yearly regrouping."""

    STANDARD = "standard", "常规管理组", "Standard group"
    CLOSER = "closer", "加强管理组", "Closer group"
    INTENSIVE = "intensive", "强化管理组", "Intensive group"


class TaskAct(NamedStr):
    """What a person did with a task by hand."""

    ASSIGN = "assign", "分配", "Assigned"
    SNOOZE = "snooze", "暂缓", "Put off"
    DONE = "done", "标记完成", "Marked as done"
    MOVE = "move", "改期", "Moved to another day"
    ADD = "add", "由名单加入", "Added from a list"


class AddOutcome(NamedStr):
    """What became of the wish to put a person of an indicator's list on the work-list."""

    ADDED = "added", "已加入今日工作", "Added to today's work"
    ALREADY_OPEN = "already_open", "已在今日工作中", "On the work-list already"
    DONE_TODAY = "done_today", "今日已处理", "Done today already"
    NOT_IN_CARE = "not_in_care", "不在管理中", "Not cared for here"
    NOT_LISTED = "not_listed", "不在该名单上", "Not on this list"


class SnoozeReason(NamedStr):
    """Why a task is put off."""

    UNREACHABLE = "unreachable", "暂时联系不上", "Cannot be reached now"
    AWAY = "away", "外出", "Away"
    IN_HOSPITAL = "in_hospital", "住院中", "In hospital"
    AGREED = "agreed", "已约时间", "A day is agreed"
    OTHER = "other", "其他暂缓原因", "Another reason to put it off"


class DoneReason(NamedStr):
    """Why a task is marked as done by hand; a visit or a result closes its task by itself."""

    DONE_ELSEWHERE = "done_elsewhere", "在其他机构完成", "Done at another institution"
    BY_PHONE = "by_phone", "电话已处理", "Settled by phone"
    NOT_NEEDED = "not_needed", "医生判断无需", "Not needed, as a doctor judged"
    ENTERED_TWICE = "entered_twice", "重复任务", "The same was asked twice"


class MoveReason(NamedStr):
    """Why a planned day is changed."""

    PERSON_ASKED = "person_asked", "居民要求", "The person asked for it"
    CAPACITY = "capacity", "当日人数已满", "The day is full"
    STAFF = "staff", "医务人员请假或调班", "Staff are away"
    CLOSED = "closed", "机构停诊", "The clinic is closed"
    OTHER = "other", "其他改期原因", "Another reason to move it"


class WorkGroup(NamedStr):
    """Where an open task stands on the work-list of a day."""

    CRITICAL = "critical", "危急", "Critical"
    OVERDUE = "overdue", "超期", "Overdue"
    TODAY = "today", "今日应随访", "Due today"
    SOON = "soon", "7日内", "Due within 7 days"


class WorkState(NamedStr):
    """Which open tasks are looked at."""

    OPEN = "open", "待办任务", "On the list"
    SNOOZED = "snoozed", "已暂缓", "Put off to a later day"


class SaltIntake(NamedInt):
    """摄盐情况 of the hypertension form."""

    LIGHT = 1, "轻", "Light"
    MEDIUM = 2, "中", "Medium"
    HEAVY = 3, "重", "Heavy"


class Rating(NamedInt):
    """心理调整 and 遵医行为 of both forms."""

    GOOD = 1, "良好", "Good"
    FAIR = 2, "一般", "Fair"
    POOR = 3, "差", "Poor"


class DiseaseSet(NamedStr):
    """The diseases that one encounter is about."""

    HTN = "HTN", "高血压", "Hypertension"
    T2DM = "T2DM", "2型糖尿病", "Type 2 diabetes"
    BOTH = "HTN_T2DM", "高血压与2型糖尿病", "Hypertension and type 2 diabetes"

    @property
    def diseases(self) -> tuple[Disease, ...]:
        """The diseases, hypertension first."""
        return {"HTN": (Disease.HTN,), "T2DM": (Disease.T2DM,)}.get(self.value, (Disease.HTN, Disease.T2DM))

    @classmethod
    def of(cls, diseases: Collection[Disease]) -> Self:
        """The set of these diseases. Raises ValueError for none."""
        return cls("_".join(each.value for each in Disease if each in diseases))


class VisitEnd(NamedStr):
    """Why a record of a visit no longer stands."""

    CORRECTED = "corrected", "已更正", "Corrected"
    WITHDRAWN = "withdrawn", "已作废", "Withdrawn"


class IrregularReason(NamedInt):
    """Why medicines are not taken regularly (间断服药原因); an addition of vendors to the forms."""

    COST = 1, "经济原因", "Cost"
    FORGOTTEN = 2, "忘记", "Forgotten"
    ADVERSE_REACTION = 3, "不良反应", "Adverse reaction"
    SUPPLY = 4, "配药不方便", "Hard to obtain"
    OTHER = 99, "其他", "Other"
