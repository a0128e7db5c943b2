"""Closed sets of retention: how long what is kept, and why a case was made."""

from cmc.core.named import NamedStr


class RetentionClass(NamedStr):
    """How long the rows of a table are kept, and what ends them."""

    IDENTITY = "identity", "个人标识", "Identity: destroyed with the record, a stump stays"
    RECORD = "record", "健康档案", "Health record: 15 years after the last care"
    DERIVED = "derived", "衍生数据", "Derived: goes with the record it was made from"
    INTAKE = "intake", "接收原始报文", "Raw intake: 3 years after arrival"
    DECISION = "decision", "处置记录", "Decisions on retention: kept as evidence"
    AGGREGATE = "aggregate", "汇总数据", "Aggregates: no person in them, kept"
    STAFF = "staff", "用户与设备账号", "Accounts of staff and machines: kept, what was done keeps its author"
    PASSING = "passing", "短期数据", "Short-lived: removed within days"
    TRAIL = "trail", "审计记录", "Audit trail: rows are only added, and name people by id"
    TECHNICAL = "technical", "技术数据", "Technical: no person in them, kept"


class CaseReason(NamedStr):
    """Why something is to be deleted."""

    DUE = "due", "保存期满", "The retention period is over"
    REQUESTED = "requested", "本人要求", "The person asks for it (PIPL art. 47)"


class CaseState(NamedStr):
    """Where a case stands."""

    PROPOSED = "proposed", "待批准", "Waits for approval"
    HALF_APPROVED = "half_approved", "已有一人批准", "One person approved"
    APPROVED = "approved", "两人已批准", "Two people approved"
    REFUSED = "refused", "已拒绝", "Refused"
    DONE = "done", "已删除", "Deleted"
