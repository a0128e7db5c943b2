"""Closed sets of consent (what data are used for, on what ground, how it was said) and of revealing a field."""

from cmc.core.named import NamedStr


class Purpose(NamedStr):
    """What data of a person are used for; each needs a ground of its own (PIPL art. 6, 29)."""

    MANAGEMENT = "management", "慢病管理", "Management of the disease"
    MESSAGES = "messages", "提醒与通知", "Reminders and messages"
    SHARING = "sharing", "向其他机构提供", "Sharing with other institutions"
    RESEARCH = "research", "科学研究", "Research"


class LegalGround(NamedStr):
    """Why the data may be used (PIPL art. 13). Only consent can be withdrawn."""

    CONSENT = "consent", "个人同意", "Consent"
    STATUTORY_DUTY = "statutory_duty", "法定职责", "Statutory duty"
    CONTRACT = "contract", "签约服务", "Contract"


class ConsentChannel(NamedStr):
    """How a person said it."""

    PAPER = "paper", "纸质签字", "Signed on paper"
    SCREEN = "screen", "电子签字", "Signed on a screen"
    PHONE = "phone", "电话", "By phone"
    IN_PERSON = "in_person", "当面口头", "In person"
    NOT_STATED = "not_stated", "未注明", "Not stated"


class PhoneRelation(NamedStr):
    """Whose phone a number is, seen from the person."""

    SELF = "SELF", "本人", "The person"
    SPOUSE = "SPOUSE", "配偶", "Spouse"
    CHILD = "CHILD", "子女", "Child"
    PARENT = "PARENT", "父母", "Parent"
    OTHER_RELATIVE = "OTHER_RELATIVE", "其他亲属", "Other relative"
    OTHER = "OTHER", "其他联系人", "Somebody else"


class Relative(NamedStr):
    """The relatives that the family history asks for."""

    FATHER = "FATHER", "父亲", "Father"
    MOTHER = "MOTHER", "母亲", "Mother"
    SIBLINGS = "SIBLINGS", "兄弟姐妹", "Siblings"
    CHILDREN = "CHILDREN", "子女（家族史）", "Children, in the family history"


class RevealReason(NamedStr):
    """Why a protected field is shown in full. A closed set: what somebody types could name a person in the trail."""

    CALL = "call", "电话联系", "To call the person"
    VERIFY = "verify", "核对身份", "To verify who it is"
    REFERRAL = "referral", "办理转诊", "For a referral"
    CORRECT = "correct", "更正档案", "To correct the record"
    REQUESTED = "requested", "本人或家属要求", "The person or the family asks"
