"""The native format: what is understood, what is refused and where the pointer points."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cmc.core.errors import Invalid
from cmc.ingest import exact_json
from cmc.ingest.errors import Unreadable
from cmc.ingest.formats import FORMATS, native
from cmc.ingest.native_item import NativeReading, from_fields
from cmc.ingest.received import Received
from cmc.ingest.schemas import READING_SCHEMA

PERSON = "0190a7c4-6f1e-7d3a-9c55-2f6b8f0a1c22"
GLUCOSE = {
    "patient_id": PERSON,
    "kind": "glucose",
    "value": 6.1,
    "unit": "mmol/L",
    "taken_at": "2026-11-20T07:00:00+08:00",
}
PRESSURE = {
    "patient": {"system": "his", "value": "880123"},
    "kind": "blood_pressure",
    "systolic": 138,
    "diastolic": 86,
    "pulse": 72,
    "unit": "mmHg",
    "taken_at_local": "2026-11-20T07:00:00",
}


def _text(item: dict[str, Any], **raw: str) -> str:
    """The item as JSON, with fields given as raw JSON text."""
    fields = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in item.items() if name not in raw]
    return "{" + ",".join(fields + [f'"{name}":{text}' for name, text in raw.items()]) + "}"


def _batch(*items: str) -> str:
    return '{"items":[' + ",".join(items) + "]}"


def _read(text: str | bytes) -> Any:
    return native.read(text.encode() if isinstance(text, str) else text).items


RAW = [
    ("value", "NaN", "/items/1/value", "number_not_finite"),
    ("value", "Infinity", "/items/1/value", "number_not_finite"),
    ("value", "-Infinity", "/items/1/value", "number_not_finite"),
    ("value", '"6.1"', "/items/1/value", "number_expected"),
    ("value", "true", "/items/1/value", "number_expected"),
    ("value", '{"v":6.1}', "/items/1/value", "number_expected"),
    ("value", "[6.1]", "/items/1/value", "number_expected"),
    ("value", "null", "/items/1/value", "missing"),
    ("value", "6" * 5000, "/items/1/value", "number_too_long"),
    ("value", "1e99999999999999999999", "/items/1/value", "number_not_finite"),
    ("sequence", "9" * 5000, "/items/1/sequence", "whole_number_expected"),
    ("sequence", "1.0", "/items/1/sequence", "whole_number_expected"),
    ("sequence", "true", "/items/1/sequence", "whole_number_expected"),
    ("sequence", "-1", "/items/1/sequence", "out_of_range"),
    ("sequence", "2147483648", "/items/1/sequence", "out_of_range"),
    ("device", r'"\ud800"', "/items/1/device", "bad_character"),
    ("device", r'"a\u0000b"', "/items/1/device", "bad_character"),
    ("device", '"血糖仪"', "/items/1/device", "bad_code"),
    ("device", "7", "/items/1/device", "text_expected"),
    ("device", f'"{"x" * 65}"', "/items/1/device", "bad_code"),
    ("unit", '"mg/dl"', "/items/1/unit", "not_in_list"),
    ("unit", '"mmHg"', "/items/1/unit", "not_in_list"),
    ("unit", "null", "/items/1/unit", "missing"),
    ("kind", '"weight"', "/items/1/kind", "not_in_list"),
    ("kind", "null", "/items/1/kind", "missing"),
    ("period", '"BREAKFAST"', "/items/1/period", "not_in_list"),
    ("specimen", '"urine"', "/items/1/specimen", "not_in_list"),
    ("setting", '"street"', "/items/1/setting", "not_in_list"),
    ("flag", '"HI"', "/items/1/value", "not_expected"),
    ("limit", "33.3", "/items/1/limit", "not_expected"),
    ("systolic", "120", "/items/1/systolic", "not_expected"),
    ("patient", '{"system":"his","value":"1"}', "/items/1/patient_id", "not_expected"),
    ("patient_id", "null", "/items/1/patient_id", "missing"),
    ("patient_id", '"11010519491231002X"', "/items/1/patient_id", "uuid_expected"),
    ("taken_at", '"2026-11-20T07:00:00"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", '"2026-02-30T07:00:00Z"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", '"2026-11-20T24:00:00Z"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", '"0001-01-01T00:00:00+08:00"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", '"9999-12-31T23:59:59Z"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", '"0001-06-01T00:00:00Z"', "/items/1/taken_at", "instant_expected"),
    ("taken_at", "1763593200", "/items/1/taken_at", "text_expected"),
    ("taken_at", "null", "/items/1/taken_at", "missing"),
    ("taken_at_local", '"2026-11-20T07:00:00"', "/items/1/taken_at", "not_expected"),
    ("timezone", '"Asia/Shanghai"', "/items/1/timezone", "not_expected"),
    ("note", '"hello"', "/items/1/note", "extra_forbidden"),
    ("Zhang San", "1", "/items/1/?", "extra_forbidden"),
    ("kind", '"glucose","kind":"glucose"', "/items/1/kind", "repeated"),
]


@pytest.mark.parametrize(("name", "raw", "pointer", "code"), RAW)
def test_a_bad_field_is_named_and_the_items_beside_it_are_read(name: str, raw: str, pointer: str, code: str) -> None:
    first, bad, last = _read(_batch(_text(GLUCOSE), _text(GLUCOSE, **{name: raw}), _text(PRESSURE)))
    assert isinstance(first, Received)
    assert isinstance(last, Received)
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in bad]


LOCAL = [
    ("timezone", "Europe/Nowhere", "/timezone", "not_in_list"),
    ("timezone", "../../etc/passwd", "/timezone", "not_in_list"),
    ("timezone", "Asia", "/timezone", "not_in_list"),
    ("taken_at_local", "2026-11-20T07:00:00Z", "/taken_at_local", "local_time_expected"),
    ("taken_at_local", "20.11.2026 07:00", "/taken_at_local", "local_time_expected"),
    ("taken_at_local", "٢٠٢٦-11-20T07:00", "/taken_at_local", "local_time_expected"),
    ("systolic", None, "/systolic", "missing"),
    ("diastolic", None, "/diastolic", "missing"),
    ("unit", None, "/unit", "missing"),
    ("unit", "mmol/L", "/unit", "not_in_list"),
    ("patient", {"system": "his"}, "/patient", "object_expected"),
    ("patient", {"system": "his", "value": 7}, "/patient/value", "text_expected"),
    ("patient", {"system": "his", "value": "王"}, "/patient/value", "bad_code"),
    ("patient", "880123", "/patient", "object_expected"),
    ("period", "FASTING", "/period", "not_expected"),
]


@pytest.mark.parametrize(("name", "value", "pointer", "code"), LOCAL)
def test_a_bad_field_of_a_single_object_is_named(name: str, value: Any, pointer: str, code: str) -> None:
    (faults,) = _read(json.dumps(PRESSURE | {name: value}))
    assert (pointer, code) in [(fault.pointer, fault.code) for fault in faults]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"kind":"\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        '{"kind":"glucose"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"kind":"glucose"}',
        b'{"kind":"glucose"} x',
    ],
)
def test_what_is_no_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        native.read(body)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (json.dumps({"items": [GLUCOSE] * 501}), "/items", "too_many_items"),
        (_batch(*["{}"] * 300_000), "/items", "too_many_items"),
        (_batch(*["1"] * 300_000), "/items", "too_many_items"),
        ('{"items":[]}', "/items", "no_items"),
        ('{"items":{}}', "/items", "list_expected"),
        ('{"items":[],"items":[]}', "/items", "list_expected"),
        ('{"items":[],"more":1}', "/more", "extra_forbidden"),
        ("[]", "", "object_expected"),
        ("7", "", "object_expected"),
        ("null", "", "object_expected"),
    ],
)
def test_an_unusable_envelope_is_refused_whole(body: str, pointer: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        _read(body)
    assert [(fault.pointer, fault.code) for fault in caught.value.errors] == [(pointer, code)]


def test_numbers_keep_the_spelling_of_the_sender() -> None:
    spelled = ["6.10", "120.60000000000001", "1.2e1", "7"]
    items = _read(_batch(*(_text(GLUCOSE, value=each) for each in spelled)))
    assert [item.value.text for item in items] == spelled


def test_a_local_time_belongs_to_its_zone_and_carries_it() -> None:
    (item,) = _read(json.dumps(PRESSURE))
    assert item.taken_at.isoformat() == "2026-11-19T23:00:00+00:00"
    assert (item.device_time_text, item.utc_offset_minutes) == ("2026-11-20T07:00:00 Asia/Shanghai", 480)


@pytest.mark.parametrize(
    ("local", "utc", "note"),
    [
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00+00:00", "time_ambiguous"),
        ("2026-03-29T02:30:00", "2026-03-29T01:30:00+00:00", "time_nonexistent"),
    ],
)
def test_a_time_that_a_clock_shows_twice_or_never_is_settled_the_same_way_always(
    local: str, utc: str, note: str
) -> None:
    (item,) = _read(json.dumps(PRESSURE | {"taken_at_local": local, "timezone": "Europe/Berlin"}))
    assert (item.taken_at.isoformat(), item.notes) == (utc, (note,))


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["HI", "mg/dL", PERSON])
)
_FIELDS = st.sampled_from([*NativeReading.__struct_fields__, "other", "items"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changes=st.dictionaries(_FIELDS, _VALUES, max_size=4), base=st.sampled_from([GLUCOSE, PRESSURE]))
@example(changes={"sequence": 10**16}, base=GLUCOSE)
@example(changes={"sequence": 2**64}, base=GLUCOSE)
@example(changes={"sequence": -(10**39)}, base=GLUCOSE)
def test_the_fast_path_and_the_careful_one_understand_the_same(changes: dict[str, Any], base: dict[str, Any]) -> None:
    body = json.dumps({"items": [base | changes]}).encode()
    (fast,) = native.read(body).items
    careful = from_fields(exact_json.parse(body)["items"][0], "/items/0")
    if isinstance(fast, Received) and isinstance(careful, Received):
        assert _plain(fast) == _plain(careful)
    else:
        assert fast == careful


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.recursive(_VALUES, lambda inner: st.lists(inner) | st.dictionaries(_FIELDS, inner), max_leaves=12))
def test_no_payload_breaks_the_reader(payload: Any) -> None:
    for body in (payload, {"items": [payload, GLUCOSE]}, {**GLUCOSE, "value": payload}):
        with suppress(Invalid):
            native.read(json.dumps(body).encode())


def _plain(item: Received) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Received.__struct_fields__ if name != "as_sent"}


def test_every_format_of_the_folder_is_registered() -> None:
    modules = {path.stem for path in Path(native.__file__).parent.glob("*.py")} - {"__init__"}
    assert {each.code for each in FORMATS} == modules


def test_the_documented_body_has_the_fields_of_the_format() -> None:
    assert set(READING_SCHEMA["properties"]) == set(NativeReading.__struct_fields__)
