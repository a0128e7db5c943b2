"""Closed sets of charts and medicine reviews."""

from cmc.core.named import NamedStr


class ReviewState(NamedStr):
    """How far a reviewed medicine is."""

    PASSED = "passed", "已通过", "Passed"
    BLOCKED = "blocked", "待医生处理", "Waits for a doctor"
    HALF = "half", "待第二人核对", "Waits for a second person"


class ValuePurpose(NamedStr):
    """What a personal value is for."""

    TARGET = "target", "治疗目标", "Target of treatment"
    ALARM = "alarm", "报警界值", "Limit of alarm"
