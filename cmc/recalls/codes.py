"""Closed sets of the recall."""

from cmc.core.named import NamedStr


class CallChannel(NamedStr):
    """How somebody tried to reach a person."""

    PHONE = "phone", "电话（联系）", "By phone"
    HOME = "home", "上门", "At home"
    MESSAGE = "message", "短信", "By text message"
    FAMILY = "family", "通过家属", "Through the family"
    VILLAGE = "village", "通过村居", "Through the village or the street"


class CallResult(NamedStr):
    """What came of it."""

    AGREED = "agreed", "同意就诊", "Agreed to come"
    LATER = "later", "稍后再联系", "Call again later"
    NO_ANSWER = "no_answer", "未接通", "No answer"
    WRONG_NUMBER = "wrong_number", "空号或错号", "Wrong number"
    REFUSED = "refused", "拒绝", "Refused"
    VISITED = "visited", "已就诊", "Has been seen already"
    ELSEWHERE = "elsewhere", "在其他机构管理", "In care elsewhere"
    MOVED = "moved", "迁出", "Moved away"
    DIED = "died", "死亡（告知）", "Died, as was told"
    OTHER = "other", "其他联系结果", "Another result"
    RETURN_TO_LIST = "return_to_list", "放回待联系名单", "Put back on the list"


class RecallSection(NamedStr):
    """Where a person stands in the recall."""

    TO_CALL = "to_call", "待联系", "To call"
    AGREED = "agreed", "同意就诊（名单）", "Agreed to come, on the list"
    LATER = "later", "稍后再联系（名单）", "To be called later"
    REMOVED = "removed", "移出", "Taken off the list"
    LONG = "long", "12个月以上", "Not seen for 12 months"
