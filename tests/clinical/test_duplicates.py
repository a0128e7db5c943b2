"""Whether two records may be one person (LIFE-06). All people are made up."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmc.clinical.codes import Sex
from cmc.clinical.duplicates import POSSIBLE_FROM, Comparison, Likeness, Traits, compare, keys
from cmc.clinical.names import plain_address, plain_name, plain_phone, sound, surname_sound

WANG = Traits(
    name="王建国",
    birth=date(1956, 4, 12),
    sex=Sex.M,
    phones=("13800001111",),
    address="和平区幸福路3号楼2单元501室",
)
L = Likeness


@pytest.mark.parametrize(
    ("change", "score", "likeness"),
    [
        ({}, 100, L.PROBABLE),
        ({"ids": frozenset({("CITIZEN_ID", "t1")})}, 100, L.PROBABLE),
        ({"phones": (), "address": None}, 75, L.PROBABLE),
        ({"name": "王建囯", "phones": (), "address": None}, 65, L.POSSIBLE),
        ({"name": "王健国"}, 100, L.PROBABLE),
        ({"name": "王建军", "phones": (), "address": None}, 45, L.UNLIKELY),
        ({"name": "王建军"}, 80, L.PROBABLE),
        ({"name": "李桂兰", "sex": Sex.F}, 15, L.UNLIKELY),
        ({"birth": date(1956, 4, 21), "phones": (), "address": None}, 60, L.POSSIBLE),
        ({"birth": date(1956, 12, 4), "phones": (), "address": None}, 60, L.POSSIBLE),
        ({"birth": date(1965, 4, 12), "phones": (), "address": None}, 60, L.POSSIBLE),
        ({"birth": date(1971, 9, 30), "phones": (), "address": None}, 15, L.UNLIKELY),
        ({"birth": None, "phones": (), "address": None}, 45, L.UNLIKELY),
        ({"birth": None, "address": None}, 65, L.POSSIBLE),
        ({"birth": date(1956, 1, 1), "birth_year_only": True, "phones": (), "address": None}, 60, L.POSSIBLE),
        ({"sex": Sex.F, "phones": (), "address": None}, 50, L.POSSIBLE),
        ({"phones": ("+86 138-0000-1111",), "address": None}, 95, L.PROBABLE),
        ({"phones": (), "address": "和平区 幸福路3幢2单元501"}, 90, L.PROBABLE),
    ],
)
def test_life_06_the_score_of_a_changed_record(change: dict[str, Any], score: int, likeness: Likeness) -> None:
    answer = compare(WANG, replace(WANG, **change))
    assert (answer.score, answer.likeness) == (score, likeness)


def test_life_06_the_same_number_is_certain_whatever_else_differs() -> None:
    one = replace(WANG, ids=frozenset({("CITIZEN_ID", "t1"), ("hospital", "7")}))
    other = Traits(name="李桂兰", sex=Sex.F, ids=frozenset({("CITIZEN_ID", "t1")}))
    assert compare(one, other).likeness is L.CERTAIN


def test_life_06_another_number_of_the_same_kind_speaks_against_it() -> None:
    one = replace(WANG, ids=frozenset({("CITIZEN_ID", "t1")}), phones=(), address=None)
    other = replace(one, ids=frozenset({("CITIZEN_ID", "t2")}))
    another_kind = replace(one, ids=frozenset({("PASSPORT", "t2")}))
    assert compare(one, other).likeness is L.UNLIKELY
    assert compare(one, another_kind).likeness is L.PROBABLE


def test_every_point_has_its_reason_and_the_heaviest_comes_first() -> None:
    points = compare(WANG, replace(WANG, birth=date(1956, 4, 21))).points
    assert [each.reason.text.zh for each in points] == ["姓名相同", "电话相同", "出生日期相近", "地址相同", "性别相同"]
    assert [each.points for each in points] == [40, 20, 15, 15, 5]


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("单立文", "shanliwen"),
        ("曾 国藩", "zengguofan"),
        ("尉迟恭", "yuchigong"),
        ("买买提·艾力", "maimaitiaili"),
        ("John  Smith", "johnsmith"),
        ("", ""),
    ],
)
def test_how_a_name_sounds(name: str, heard: str) -> None:
    assert sound(name) == heard


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("+86 138 0000 1111", "13800001111"),
        ("008613800001111", "13800001111"),
        ("022-2345 6789", "02223456789"),
        ("110", ""),
        ("无", ""),
    ],
)
def test_a_phone_is_its_digits(typed: str, plain: str) -> None:
    assert plain_phone(typed) == plain


def test_an_address_has_one_spelling() -> None:
    assert plain_address("幸福路３号楼 2单元-501室") == plain_address("幸福路3幢2单元501") == "幸福路3栋2单元501"
    assert plain_name("买买提·艾力") == plain_name("买买提 艾力")
    assert surname_sound("单立文") == "shan"


NAMES = st.sampled_from(["王建国", "王健国", "王建军", "王建", "单立文", "善立文", "李桂兰", "John Smith", "李"])
PEOPLE = st.builds(
    Traits,
    name=NAMES,
    birth=st.none()
    | st.sampled_from([date(1956, 4, 12), date(1956, 12, 4), date(1965, 4, 12), date(1956, 4, 21), date(1971, 9, 30)]),
    birth_year_only=st.booleans(),
    sex=st.sampled_from(Sex),
    phones=st.lists(st.sampled_from(["13800001111", "+8613800001111", "02223456789"]), max_size=2).map(tuple),
    address=st.none()
    | st.sampled_from(["幸福路3号楼2单元501室", "幸福路3幢2单元501", "幸福路3幢2单元502", "胜利村12号"]),
    ids=st.frozensets(
        st.tuples(st.sampled_from(["CITIZEN_ID", "PASSPORT"]), st.sampled_from(["t1", "t2"])), max_size=2
    ),
)


@given(PEOPLE, PEOPLE)
def test_the_order_of_the_two_does_not_matter(one: Traits, other: Traits) -> None:
    assert compare(one, other) == compare(other, one)


@given(PEOPLE, PEOPLE)
def test_every_pair_that_is_possible_meets_under_a_key(one: Traits, other: Traits) -> None:
    answer = compare(one, other)
    if answer.score >= POSSIBLE_FROM:
        assert keys(one) & keys(other)


@given(PEOPLE)
def test_a_record_is_never_unlike_itself_when_enough_is_known(one: Traits) -> None:
    known = replace(one, birth=date(1956, 4, 12), birth_year_only=False)
    answer: Comparison = compare(known, known)
    assert answer.likeness in {L.CERTAIN, L.PROBABLE}
    assert 0 <= answer.score <= 100
