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


class TaskStatus(NamedStr):
    """State of a task."""

    OPEN = "open", "待办", "Open"
    DONE = "done", "已完成", "Done"
    CANCELLED = "cancelled", "已取消", "Cancelled"


class WorkGroup(NamedStr):
    """Where an open task stands on the work-list of a day."""

    CRITICAL = "critical", "危急", "Critical"
    OVERDUE = "overdue", "超期", "Overdue"
    TODAY = "today", "今日应随访", "Due today"
    SOON = "soon", "7日内", "Due within 7 days"


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
