"""Names, phones and addresses in a form for comparing: one spelling, and how a name sounds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pypinyin import lazy_pinyin

_NOT_PART_OF_A_NAME: Final = re.compile(r"[\s·•・.．'’-]")
_NOT_PART_OF_AN_ADDRESS: Final = re.compile(r"[\s,，。.;；:：#()（）—_-]")
_COUNTRY: Final = re.compile(r"^(?:\+|00)86")
_TELEPHONE_LEAST: Final = 7
_SURNAMES: Final[Mapping[str, str]] = MappingProxyType(
    {  # read otherwise as a surname than as a word
        "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "单于": "chanyu", "澹台": "tantai",
        "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "朴": "piao", "区": "ou",
        "盖": "ge", "乐": "yue", "缪": "miao", "召": "shao", "翟": "zhai", "秘": "bi", "黑": "he", "覃": "qin",
        "洗": "xian", "员": "yun", "种": "chong", "繁": "po", "折": "she", "尹": "yin", "牟": "mu", "晁": "chao",
        "郇": "xun", "隗": "wei", "郗": "xi", "靳": "jin", "佴": "nai", "逄": "pang", "燕": "yan", "哈": "ha",
    }
)  # fmt: skip


def plain_name(name: str) -> str:
    """A name without spaces and dots, full-width made plain, in capital letters: "买买提·艾力" → "买买提艾力"."""
    return _NOT_PART_OF_A_NAME.sub("", unicodedata.normalize("NFKC", name)).upper()


def sound(name: str) -> str:
    """How a name sounds, in pinyin without tones, the surname read as one: "单立文" → "shanliwen"."""
    plain = plain_name(name)
    surname = next((each for each in _SURNAMES if plain.startswith(each)), "")
    rest = "".join(lazy_pinyin(plain[len(surname) :]))
    return (_SURNAMES.get(surname, "") + rest).lower()


def surname_sound(name: str) -> str:
    """How the first character sounds, or the surname where it is one of those read otherwise."""
    plain = plain_name(name)
    surname = next((each for each in _SURNAMES if plain.startswith(each)), plain[:1])
    return sound(surname)


def plain_phone(phone: str) -> str:
    """The digits of a phone number without the country's prefix; empty when it is too short to tell people apart."""
    digits = re.sub(r"[^0-9]", "", _COUNTRY.sub("", unicodedata.normalize("NFKC", phone).strip()))
    return digits if len(digits) >= _TELEPHONE_LEAST else ""


def plain_address(address: str) -> str:
    """An address without spaces and punctuation, full-width made plain, one word for a building."""
    plain = _NOT_PART_OF_AN_ADDRESS.sub("", unicodedata.normalize("NFKC", address)).upper()
    return plain.replace("号楼", "栋").replace("幢", "栋").replace("室", "")
