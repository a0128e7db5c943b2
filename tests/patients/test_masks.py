"""A mask shows enough to tell people apart and never the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.patients.masks import mask_citizen_id, mask_name, mask_phone


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王建国", "王**"),
        ("王伟", "王*"),
        ("欧阳修文", "欧**"),
        ("买买提·吐尔逊", "买**"),
        ("王", "*"),
        ("𠮷野", "𠮷*"),
    ],
)
def test_a_name_shows_its_first_character(name: str, shown: str) -> None:
    assert mask_name(name) == shown


def test_numbers_show_what_staff_compare() -> None:
    assert mask_phone("13812346131") == "138****6131"
    assert mask_phone("62345678") == "****78"
    assert mask_citizen_id("11010519491231002X") == "**************002X"
    assert (mask_phone(None), mask_citizen_id(None)) == (None, None)


@given(st.text(min_size=1, max_size=64))
def test_no_mask_is_the_name(name: str) -> None:
    assert mask_name(name) != name or set(name) == {"*"} or name.endswith("*")


@given(st.from_regex(r"\+?[0-9][0-9 -]{4,19}", fullmatch=True))
def test_at_least_four_places_of_a_phone_are_hidden(phone: str) -> None:
    masked = mask_phone(phone)
    assert masked is not None
    assert "****" in masked
    assert masked != phone
