"""The native format: one reading, or `{"items": […]}` of up to 500, as JSON.

The fast path decodes the whole body in C (msgspec). It is left as soon as anything in the body is not exactly as it
should be; then the body is read item by item, so that only the bad item is refused, with a pointer to the field.
A key that comes twice is found on the fast path by counting: decoded and written again, the body has the same number
of colons unless a key was lost (in a body without escapes; one with escapes takes the slow path).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from cmc.core.errors import FieldError, invalid
from cmc.core.text import Text
from cmc.ingest import exact_json
from cmc.ingest.native_item import NativeReading, field_name, from_fields, understand
from cmc.ingest.received import NOTHING_KNOWN, Circumstances, Envelope, Faults, Format, Identity, Received

MAX_ITEMS: Final = 500


class _Batch(Struct, forbid_unknown_fields=True):
    items: list[NativeReading]


_batch = msgspec.json.Decoder(_Batch)
_single = msgspec.json.Decoder(NativeReading)
_encode = msgspec.json.encode


def read(body: bytes, _given: Circumstances = NOTHING_KNOWN, /) -> Envelope:
    """Take a native payload apart; raises `Unreadable` (400), or `Invalid` (422) for a wrong or too large envelope.

    A native item says everything itself: nothing is taken from the circumstances.
    """
    items = _decoded(body)
    if items is None:
        return _item_by_item(exact_json.parse(body))
    _check_count(len(items))
    if b'"items"' not in body:
        return Envelope((understand(items[0], ""),))
    return Envelope(tuple(understand(item, f"/items/{index}") for index, item in enumerate(items)))


def _decoded(body: bytes) -> list[NativeReading] | None:
    try:
        if b'"items"' in body:
            batch = _batch.decode(body)
            items, again = batch.items, _encode(batch)
        else:
            one = _single.decode(body)
            items, again = [one], _encode(one)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    exact = b"\\" not in body and b"null" not in body and body.count(b":") == again.count(b":")
    return items if exact else None


def _item_by_item(root: Any) -> Envelope:
    if not isinstance(root, exact_json.Fields):
        raise invalid("", "object_expected", 'send one reading as an object, or {"items": […]}')
    if "items" not in root:
        return Envelope((from_fields(root),))
    for name in root.keys() - {"items"}:
        raise invalid(f"/{field_name(name)}", "extra_forbidden", "this field is unknown here")
    items = root["items"]
    if root.repeated or not isinstance(items, list):
        raise invalid("/items", "list_expected", "one list of readings")
    _check_count(len(items))
    return Envelope(tuple(_one_of_many(item, f"/items/{index}") for index, item in enumerate(items)))


def _one_of_many(item: Any, pointer: str) -> Received | Faults:
    if not isinstance(item, dict):
        return (FieldError(pointer, "object_expected", "an item is an object"),)
    return from_fields(item, pointer)


def _check_count(count: int) -> None:
    if count > MAX_ITEMS:
        raise invalid("/items", "too_many_items", f"a request holds at most {MAX_ITEMS} items")
    if count == 0:
        raise invalid("/items", "no_items", "a request holds at least one item")


FORMAT: Final = Format("native", 1, Text("本系统接口", "Native API"), read, Identity.EITHER)
