"""Closed sets of frozen reports."""

from cmc.core.named import NamedStr


class ReportState(NamedStr):
    """Where a report stands."""

    PROPOSED = "proposed", "待第二人批准", "Waits for a second person"
    PUBLISHED = "published", "已发布", "Published"
    REFUSED = "refused", "未批准", "Refused"


class ReportBucket(NamedStr):
    """Where a person stands in a published number."""

    MET = "met", "达标（分子）", "Met: in the numerator"
    NOT_MET = "not_met", "未达标（仅分母）", "Not met: in the denominator only"
    EXCLUDED = "excluded", "不计入", "Not counted"
