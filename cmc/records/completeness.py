"""For which diseases an annual examination counts; the rule is `cmc.clinical.annual_exam`.

Who is enrolled for what, and since when, is looked at when persons are counted.
"""

from cmc.clinical.annual_exam import REQUIRED, missing_fields, valid_for

__all__ = ["REQUIRED", "missing_fields", "valid_for"]
