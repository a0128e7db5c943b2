"""What lists show of a protected field (脱敏): enough to tell people apart, too little to use. Pure."""

STUMP = "***"
"""Shown instead of the name of a person whose data key was destroyed."""


def mask_name(name: str) -> str:
    """Return a name with all but its first character hidden, of whatever length: 王建国 → 王**."""
    return f"{name[0]}{'*' * min(len(name) - 1, 2)}" if len(name) > 1 else "*"


def mask_phone(phone: str | None) -> str | None:
    """Return a phone number with its middle hidden: 138****6131."""
    if phone is None:
        return None
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 10 else f"****{phone[-2:]}"


def mask_citizen_id(number: str | None) -> str | None:
    """Return the last 4 characters of a citizen ID, the others hidden.

    IDC-06 allows the first 6 beside them; with the birth date or the age, which stand in the same answers, those are
    the whole number or nearly so.
    """
    return None if number is None else "*" * (len(number) - 4) + number[-4:]
