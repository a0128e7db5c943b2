"""Closed sets of reminders."""

from cmc.core.named import NamedStr


class ReminderState(NamedStr):
    """How far a reminder is."""

    WAITING = "waiting", "待发送", "Waiting"
    HANDED_OVER = "handed_over", "已交付发送", "Handed over"
    DELIVERED = "delivered", "已送达网关", "Taken by the gateway"
    FAILED = "failed", "发送失败", "Failed"
    CANCELLED = "cancelled", "已撤回", "Cancelled"
