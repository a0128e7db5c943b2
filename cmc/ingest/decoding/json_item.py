"""One object of a vendor's JSON, read field by field: numbers may come as text, faults stay with their field. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Raw

from cmc.core.errors import FieldError, invalid
from cmc.ingest import amounts
from cmc.ingest.amounts import Amount
from cmc.ingest.exact_json import NumberText
from cmc.ingest.received import Faults

MAX_ITEMS: Final = 500
MAX_SEQUENCE: Final = 2**31 - 1

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_FLAGGED: Final = {"hi": "HI", "high": "HI", "lo": "LO", "low": "LO"}


class JsonItem:
    """Reads fields of one object and gathers what is wrong with them. Absent, null and "" are the same: not given."""

    def __init__(self, fields: Any, pointer: str) -> None:
        self.pointer = pointer
        self.found: list[FieldError] = []
        self.fields: dict[str, Any] = fields if isinstance(fields, dict) else {}
        if not isinstance(fields, dict):
            self.fault("", "object_expected", "must be an object")

    def fault(self, name: str, code: str, detail: str) -> None:
        """Say what is wrong with a field; "" is the object itself."""
        self.found.append(FieldError(f"{self.pointer}/{name}" if name else self.pointer, code, detail))

    def faults(self) -> Faults:
        """Everything that was wrong, in a fixed order."""
        return tuple(sorted(self.found, key=lambda each: (each.pointer, each.code)))

    def inner(self, name: str) -> JsonItem:
        """The object in a field; its faults are gathered here too."""
        item = JsonItem(self.fields.get(name), f"{self.pointer}/{name}")
        self.found.extend(item.found)
        item.found = self.found
        return item

    def text(self, name: str, *, required: bool = False) -> str | None:
        """A text, or a number as it was spelled; at most 128 printable characters."""
        value = self.fields.get(name)
        if isinstance(value, str) and value.strip():
            if len(value) <= 128 and value.isprintable():
                return str(value.strip())
            self.fault(name, "bad_text", "at most 128 printable characters")
        elif value is not None and value != "":
            self.fault(name, "text_expected", "must be text")
        elif required:
            self.fault(name, "missing", "must be there")
        return None

    def code(self, name: str, *, required: bool = False) -> str | None:
        """A device's or person's number: letters, digits, dot, underscore, colon, hyphen; at most 64."""
        value = self.text(name, required=required)
        if value is None or _CODE.match(value):
            return value
        self.fault(name, "bad_code", "letters, digits, dot, underscore, colon, hyphen; at most 64")
        return None

    def amount(self, name: str, *, required: bool = False) -> Amount | None:
        """A number as number or text, with its spelling."""
        value = self.text(name, required=required)
        if value is None:
            return None
        found = amounts.read(value.encode("ascii", "replace"))
        if isinstance(found, Amount):
            return found
        self.fault(name, found, "must be a number")
        return None

    def flag(self, name: str) -> str | None:
        """HI or LO in place of a number."""
        value = self.fields.get(name)
        return _FLAGGED.get(value.strip().lower()) if isinstance(value, str) else None

    def whole(self, name: str, *, required: bool = False) -> int | None:
        """A whole number of at most 18 digits, as number or text."""
        value = self.text(name, required=required)
        if value is None:
            return None
        if _WHOLE.match(value):
            return int(value)
        self.fault(name, "whole_number_expected", "must be a whole number")
        return None

    def truth(self, name: str) -> bool | None:
        """true and false, also as 1, 0, "true", "false", "yes", "no"; None when not given or not understood."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            return value
        return _TRUTHS.get(str(value).strip().lower()) if isinstance(value, str) else None


_TRUTHS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def objects(root: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """The object, or the objects of a list with up to 500 of them, each with its pointer. Raises `Invalid`."""
    if isinstance(root, dict):
        yield pointer, root
    elif isinstance(root, list):
        if len(root) > MAX_ITEMS:
            raise invalid(pointer, "too_many_items", f"a request holds at most {MAX_ITEMS} items")
        for index, each in enumerate(root):
            yield f"{pointer}/{index}", each
    else:
        raise invalid(pointer, "object_expected", "an object, or a list of them")


def as_sent(value: Any) -> Any:
    """The payload's part as it was sent, in a form that can be written and stored: numbers keep their spelling.

    Characters that no text column holds are replaced, so that also what is faulty can be kept.
    """
    if isinstance(value, NumberText):
        known = isinstance(amounts.read(value.encode()), Amount)
        return Raw(value.encode()) if known else str(value)
    if isinstance(value, str):
        return value if value.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in value)
    if isinstance(value, dict):
        return {as_sent(str(key)): as_sent(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [as_sent(each) for each in value]
    return value
