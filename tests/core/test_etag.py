"""Entity tags: the answer is sent once, and told unchanged as long as it is."""

import hashlib

import pytest
from pydantic import BaseModel

from cmc.core import etag


class _Answer(BaseModel):
    name: str


ANSWER = _Answer(name="王建国")
BODY = '{"name":"王建国"}'.encode()
TAG = f'"{hashlib.sha256(BODY).hexdigest()}"'
GZIPPED = TAG[:-1] + '-gzip"'


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, None),
        ("", None),
        (TAG, TAG),
        (f"W/{TAG}", TAG),
        (GZIPPED, GZIPPED),
        (f"W/{GZIPPED}", GZIPPED),
        (f'"a", W/"b" ,{TAG}', TAG),
        ("*", TAG),
        (" * ", TAG),
        ('"a", "b"', None),
        (TAG.strip('"'), None),
        (TAG[:-2] + '"', None),
        ('"-gzip"', None),
        (f"{TAG}-gzip", None),
        (f"w/{TAG}", None),
    ],
)
def test_a_tag_is_compared_weakly_in_a_list_and_as_the_edge_changed_it(header: str | None, known: str | None) -> None:
    assert etag.matched(header, TAG) == known


def test_the_answer_carries_the_hash_of_its_bytes_and_is_asked_anew_each_time() -> None:
    answer = etag.answer(ANSWER, None)
    assert (answer.status_code, answer.body, answer.media_type) == (200, BODY, "application/json")
    assert answer.headers["etag"] == TAG
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_known_is_not_sent_again() -> None:
    answer = etag.answer(ANSWER, GZIPPED)
    assert (answer.status_code, answer.body) == (304, b"")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == (GZIPPED, "no-store")
    assert "content-type" not in answer.headers


def test_another_answer_is_sent() -> None:
    assert etag.answer(_Answer(name="王建"), TAG).status_code == 200
