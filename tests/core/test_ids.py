"""Identifiers: derived ones are the same for ever, new ones are ordered in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.core.ids import derived_id, new_id

PARTS = st.lists(st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"])), min_size=1, max_size=4)


def test_a_derived_id_never_changes_between_versions_of_the_product() -> None:
    assert str(derived_id("reading", "1", "meter-7", "glucose")) == "fc0652c5-eaef-805d-a7be-dbc1171643e4"


@given(PARTS, PARTS)
def test_equal_parts_and_only_they_give_the_equal_id(first: list[str], second: list[str]) -> None:
    assert (derived_id(*first) == derived_id(*second)) == (first == second)


def test_a_part_cannot_imitate_two() -> None:
    with pytest.raises(ValueError, match="separator"):
        derived_id("a\x1fb")


def test_new_ids_are_ordered() -> None:
    made = [new_id() for _ in range(1000)]
    assert made == sorted(made)
    assert {each.version for each in made} == {7}
