"""Closed sets of printing."""

from cmc.core.named import NamedStr


class PrintedKind(NamedStr):
    """What can be printed of a person."""

    HTN_SHEET = "htn_sheet", "高血压患者随访服务记录表", "Hypertension follow-up record"
    DM_SHEET = "dm_sheet", "2型糖尿病患者随访服务记录表", "Type 2 diabetes follow-up record"
    MEDICINE_LIST = "medicine_list", "用药清单", "List of medicines"
    REFERRAL_SLIP = "referral_slip", "双向转诊单", "Referral slip"
    SELF_CARE_CARD = "self_care_card", "自我管理卡", "Self-management card"


class PaperFormat(NamedStr):
    """In which form a document is given."""

    HTML = "html", "网页", "HTML"
    PDF = "pdf", "PDF文件", "PDF"
