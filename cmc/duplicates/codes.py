"""What can become of a pair of records that may be one person."""

from cmc.core.named import NamedStr


class PairState(NamedStr):
    """Where a pair stands. A merged pair is no longer open because one of the two no longer stands for itself."""

    OPEN = "open", "待审核", "To be looked at"
    DISMISSED = "dismissed", "确认非同一人", "Two people"
