"""Closed code sets of follow-ups and tasks that no other domain needs."""

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
