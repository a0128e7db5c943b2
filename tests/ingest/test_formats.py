"""Every wire format of the folder: declared, understood, refused, never broken by what arrives."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmc.core.errors import Invalid
from cmc.ingest import formats, judging
from cmc.ingest.errors import Unreadable
from cmc.ingest.formats import FORMATS
from cmc.ingest.received import Circumstances, Format, Identity, Received

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
KNOWN = Circumstances(device="M1", glucose_unit="mg/dL", received_at=NOW)
FILES = [(each, path) for each in FORMATS for path in sorted((FIXTURES / each.code).rglob("*.*"))]


def _files(kind: str) -> list[Any]:
    return [pytest.param(each, path, id=f"{each.code}/{path.name}") for each, path in FILES if path.parent.name == kind]


def test_every_module_of_the_folder_is_a_registered_format() -> None:
    modules = {path.stem for path in Path(formats.__path__[0]).glob("*.py")} - {"__init__"}
    assert sorted(each.code for each in FORMATS) == sorted(modules)


@pytest.mark.parametrize("form", FORMATS, ids=lambda each: each.code)
def test_a_format_says_its_name_version_and_identity_and_has_fixtures_of_both_kinds(form: Format) -> None:
    assert form.version >= 1
    assert form.name.zh
    assert form.name.en
    assert form.identity in Identity
    assert {path.parent.name for each, path in FILES if each is form} == {"accepted", "rejected"}


@pytest.mark.parametrize(("form", "path"), _files("accepted"))
def test_an_accepted_payload_gives_readings_with_the_declared_identity(form: Format, path: Path) -> None:
    body = path.read_bytes()
    envelope = form.read(body, KNOWN)
    assert envelope.items
    for item in envelope.items:
        assert isinstance(item, Received), item
        assert judging.measure(item).faults == ()
        assert item.device_time_text
        if form.identity is Identity.SEQUENCE:
            assert item.device
            assert item.sequence is not None
        elif form.identity is Identity.CONTENT:
            assert item.sequence is None
    again = form.read(body, KNOWN)
    assert [msgspec.json.encode(each) for each in again.items] == [msgspec.json.encode(each) for each in envelope.items]


@pytest.mark.parametrize(("form", "path"), _files("rejected"))
def test_a_rejected_payload_is_refused_with_a_reason(form: Format, path: Path) -> None:
    given_less = Circumstances(received_at=None)
    try:
        items = form.read(path.read_bytes(), given_less).items
    except (Unreadable, Invalid):
        return
    faults = [item for item in items if not isinstance(item, Received)]
    assert faults
    assert all(each.code and each.detail for item in faults for each in item)


@pytest.mark.parametrize("form", FORMATS, ids=lambda each: each.code)
def test_a_sender_with_an_answer_of_its_own_is_told_when_to_stop_and_when_to_repeat(form: Format) -> None:
    if form.answer is None:
        assert form.code == "native" or form.code.startswith("gatt_") or form.code.endswith("_csv")
    else:
        assert 200 <= form.answer(True).status < 300
        assert form.answer(False).status >= 500


_READERS = st.sampled_from(FORMATS)
_SAMPLES = st.sampled_from([(form, path.read_bytes()) for form, path in FILES])
_EDITS = st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=4), st.integers(0, 3)), max_size=6)
_JUNK: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=10),
        st.sampled_from(["HI", "-1", "1e999999", "1e-400", "99999999999999", "253402300800", "NaN", "\ud800", "\x00"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)
_CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)


def _survives(form: Format, body: bytes) -> None:
    with suppress(Unreadable, Invalid):
        for item in form.read(body, KNOWN).items:
            if isinstance(item, Received):
                stored = msgspec.json.encode(item.as_sent)
                assert isinstance(msgspec.json.decode(stored), dict)
                assert b"\\u0000" not in stored
                measured = judging.measure(item)
                judging.doubts(item, measured, born_on=date(1960, 1, 1), now=NOW)
                judging.notes(item, measured, now=NOW)


@_CALM
@given(form=_READERS, body=st.binary(max_size=200))
def test_any_bytes_give_items_or_a_clear_refusal(form: Format, body: bytes) -> None:
    _survives(form, body)


@_CALM
@given(sample=_SAMPLES, edits=_EDITS)
def test_a_damaged_payload_gives_items_or_a_clear_refusal(sample: Any, edits: list[tuple[int, bytes, int]]) -> None:
    form, body = sample
    for at, more, cut in edits:
        start = at % (len(body) + 1)
        body = body[:start] + more + body[start + cut :]
    _survives(form, body)


@_CALM
@given(sample=_SAMPLES, data=st.data())
def test_any_value_in_any_field_gives_items_or_a_clear_refusal(sample: Any, data: st.DataObject) -> None:
    form, body = sample
    with suppress(ValueError):
        root = json.loads(body)
        places = list(_places(root))
        if places:
            place = data.draw(st.sampled_from(range(len(places))))
            places[place](data.draw(_JUNK))
            _survives(form, json.dumps(root).encode())


def _places(node: Any) -> Iterator[Callable[[Any], None]]:
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield lambda value, node=node, key=key: node.__setitem__(key, value)
            yield from _places(node[key])


@_CALM
@given(raw=st.binary(max_size=40), start=st.binary(max_size=12), context=st.binary(max_size=12))
def test_any_characteristic_gives_a_reading_or_a_reason(raw: bytes, start: bytes, context: bytes) -> None:
    envelope = {"measurements": [raw.hex()], "contexts": [context.hex()], "session_start": start.hex()}
    for form in FORMATS:
        if form.code.startswith("gatt_"):
            _survives(form, json.dumps(envelope).encode())
