"""Closed sets of the outbox."""

from cmc.core.named import NamedStr


class EventKind(NamedStr):
    """What is told; the value is the `type` of a message."""

    ALERT_RAISED = "alert.raised", "新预警", "An alert was raised"
    ALERT_RAISED_AGAIN = "alert.raised_again", "预警再次发出", "An alert was raised again"
    ALERT_ESCALATED_MANAGER = "alert.escalated.manager", "预警上报机构负责人", "An alert went to the clinic's manager"
    ALERT_ESCALATED_DISTRICT = "alert.escalated.district", "预警上报区级", "An alert went to the district"
    ALERT_ACKNOWLEDGED = "alert.acknowledged", "预警已确认", "An alert was acknowledged"
    ALERT_CLOSED = "alert.closed", "预警已关闭", "An alert was closed"
    ALERT_STORM = "alert.storm", "大量预警", "Many alerts of one sender"
    RISK_TO_LOOK_AT = "risk.to_look_at", "风险模型监测需查看", "The monitoring of the risk models found something"
    PING = "ping", "测试消息", "A message to try a subscription"


class Channel(NamedStr):
    """How a message travels."""

    WEBHOOK = "webhook", "网络回调", "Webhook"
    MESSAGE = "message", "短信或邮件", "Text message or e-mail"


class DeliveryStatus(NamedStr):
    """How far a delivery is."""

    PENDING = "pending", "待投递", "Pending"
    DELIVERED = "delivered", "已送达", "Delivered"
    FAILED = "failed", "投递失败", "Given up"


class DisabledBecause(NamedStr):
    """Why nothing is sent to a subscription any more."""

    BY_HAND = "by_hand", "手动停用", "By hand"
    GONE = "gone", "对方已停用（410）", "The receiver said 410 Gone"
    FAILING = "failing", "长期失败", "It failed for long"
