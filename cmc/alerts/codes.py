"""Closed sets of alerts."""

from cmc.core.named import NamedStr


class AlertStatus(NamedStr):
    """State of an alert: open → acknowledged → closed; what is ignored, or gets worse, is open again."""

    OPEN = "open", "待处理", "Open"
    ACKNOWLEDGED = "acknowledged", "处理中", "Acknowledged"
    CLOSED = "closed", "已关闭", "Closed"


class Promise(NamedStr):
    """What somebody who acknowledges an alert is going to do."""

    CALL = "call", "电话联系居民", "Call the person"
    REPEAT = "repeat", "请居民复测", "Ask for a second measurement"
    SEE = "see", "安排面诊", "See the person"
    REFER = "refer", "安排转诊", "Refer"
    CHECK_DATA = "check_data", "核实数据", "Check the data or the device"


class AlertOutcome(NamedStr):
    """What was done, by which an alert is closed; those of the service itself cannot be chosen."""

    CALLED = "called", "已电话处理", "Settled by phone"
    REPEATED_FINE = "repeated_fine", "复测正常", "The second measurement is fine"
    TREATED = "treated", "已处理或调整治疗", "Treated, or treatment changed"
    REFERRED = "referred", "已转诊", "Referred"
    NOT_REAL = "not_real", "数据有误", "The value is not real"
    UNREACHABLE = "unreachable", "联系不上", "The person cannot be reached"
    OTHER = "other", "其他", "Other"
    CONTACT = "contact", "已随访", "A follow-up answered it"
    REVIEWED = "reviewed", "读数已核实", "The held readings were settled"
    DATA_CAME = "data_came", "数据已恢复", "Data came again"
    CARE_ENDED = "care_ended", "管理结束", "Care has ended"
    DIED = "died", "死亡", "The person died"
    WITHDRAWN = "withdrawn", "读数已撤回", "The reading was withdrawn"


BY_SERVICE = frozenset({
    AlertOutcome.CONTACT, AlertOutcome.REVIEWED, AlertOutcome.DATA_CAME, AlertOutcome.CARE_ENDED, AlertOutcome.DIED,
    AlertOutcome.WITHDRAWN,
})  # fmt: skip


class Happening(NamedStr):
    """What happened to an alert."""

    RAISED = "raised", "发出", "Raised"
    AGAIN = "again", "再次发出", "Raised again"
    ESCALATED = "escalated", "上报", "Told further up"
    ACKNOWLEDGED = "acknowledged", "确认", "Acknowledged"
    CLOSED = "closed", "关闭", "Closed"
