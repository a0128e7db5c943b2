"""Closed sets of referrals."""

from cmc.core.named import NamedStr


class ReferralDirection(NamedStr):
    """Which way a person is referred."""

    UP = "up", "上转", "Up"
    DOWN = "down", "下转", "Down"


class ReferralState(NamedStr):
    """How far a referral is; no step can be skipped."""

    PROPOSED = "proposed", "待提交", "Proposed"
    SENT = "sent", "已转出", "Sent"
    ACCEPTED = "accepted", "已接诊", "Accepted"
    RETURNED = "returned", "已回转", "Returned"
    CLOSED = "closed", "已办结", "Closed"


class ReferralCause(NamedStr):
    """Why a person is referred: the reasons of the follow-up form (FU-SEV), of the guideline, and the way back."""

    CONSECUTIVE_UNSATISFACTORY = (
        "CONSECUTIVE_UNSATISFACTORY",
        "连续两次控制不满意（转诊）",
        "Not controlled at two consecutive visits: referred",
    )
    ADVERSE_REACTION_PERSISTS = (
        "ADVERSE_REACTION_PERSISTS",
        "药物不良反应难以控制（转诊）",
        "Adverse drug reaction hard to control: referred",
    )
    NEW_COMPLICATION = "NEW_COMPLICATION", "出现新的并发症（转诊）", "New complication: referred"
    WORSE_COMPLICATION = "WORSE_COMPLICATION", "原有并发症加重（转诊）", "Known complication worse: referred"
    EMERGENCY = "EMERGENCY", "存在危急情况（转诊）", "Emergency criterion met: referred"
    SUSPECTED_SECONDARY = "SUSPECTED_SECONDARY", "疑似继发性高血压", "Suspected secondary hypertension"
    PREGNANCY = "PREGNANCY", "妊娠或哺乳期", "Pregnant or breastfeeding"
    SCREENING_FINDING = "SCREENING_FINDING", "并发症筛查异常", "Finding of a screening"
    STABLE = "STABLE", "病情稳定转回基层", "Stable: back to primary care"
    OTHER = "OTHER", "其他转诊原因", "Another reason to refer"


class ReferralEnd(NamedStr):
    """How a referral ended."""

    TREATED = "treated", "已诊治并回转", "Treated and returned"
    STAYED = "stayed", "留在上级机构治疗", "Stays with the other institution"
    REFUSED = "refused", "居民拒绝转诊", "The person refused"
    NOT_GONE = "not_gone", "未前往就诊", "The person did not go"
    NOT_NEEDED = "not_needed", "无需转诊", "Not needed after all"
