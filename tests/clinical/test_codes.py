"""Code sets: stored values and words."""

import importlib
import inspect
import pkgutil
from enum import Enum

import pytest

from cmc import clinical
from cmc.clinical import codes

MODULES = [
    importlib.import_module(found.name) for found in pkgutil.walk_packages(clinical.__path__, prefix="cmc.clinical.")
]
NAMED = sorted(
    {
        member
        for module in MODULES
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, codes.NamedStr | codes.NamedInt) and len(member)
    },
    key=lambda code_set: (code_set.__module__, code_set.__name__),
)


@pytest.mark.parametrize("code_set", NAMED, ids=lambda code_set: code_set.__name__)
def test_every_member_has_chinese_and_english_words_and_is_found_by_its_stored_value(code_set: type[Enum]) -> None:
    for member in code_set:
        assert member.text.zh
        assert member.text.en
        assert code_set(member.value) is member
        assert type(member.value) in {str, int}


def test_the_four_classes_carry_the_words_of_the_form() -> None:
    words = [member.text.zh for member in codes.Classification]
    assert words == ["控制满意", "控制不满意", "不良反应", "并发症"]
    assert [int(member) for member in codes.Classification] == [1, 2, 3, 4]


def test_a_phone_call_is_not_face_to_face() -> None:
    assert {codes.VisitMode(1), codes.VisitMode(2)} == codes.FACE_TO_FACE


def test_only_an_unusual_value_may_be_kept_with_a_warning() -> None:
    assert [concern for concern in codes.Concern if not concern.blocking] == [codes.Concern.UNUSUAL]


def test_foot_pulse_codes_are_those_of_the_2017_follow_up_form() -> None:
    assert [(int(pulse), pulse.text.zh) for pulse in codes.FootPulse] == [(1, "触及正常"), (2, "减弱"), (3, "消失")]
