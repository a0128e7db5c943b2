"""Whether two records may be one person (LIFE-06): a score with its reasons, and the keys under which such pairs meet.

The same identity number is certain. Everything else advises and never blocks. Points and limits are our own choice [D]:
a pair at or above `POSSIBLE_FROM` shares a key of `keys`, so that pairs are found set-wise, without comparing everyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Final

from cmc.clinical.codes import Sex
from cmc.clinical.names import plain_address, plain_name, plain_phone, sound, surname_sound
from cmc.clinical.reasons import Reason, because
from cmc.core.named import NamedStr

PROBABLE_FROM: Final = 70
POSSIBLE_FROM: Final = 50
CERTAIN: Final = 100

SAME_NAME, SAME_SOUND, SIMILAR_NAME, OTHER_NAME = 40, 30, 10, -30
SAME_BIRTH, NEAR_BIRTH, OTHER_BIRTH = 30, 15, -30
SAME_SEX, OTHER_SEX = 5, -20
SAME_PHONE: Final = 20
SAME_ADDRESS, SIMILAR_ADDRESS = 15, 4
OTHER_ID: Final = -40
SIMILAR_ADDRESS_FROM: Final = 0.8
_RULE: Final = "LIFE-06"


class Likeness(NamedStr):
    """How surely two records are one person."""

    CERTAIN = "CERTAIN", "证件号相同", "Same identity number"
    PROBABLE = "PROBABLE", "很可能为同一人", "Probably one person"
    POSSIBLE = "POSSIBLE", "可能为同一人", "Possibly one person"
    UNLIKELY = "UNLIKELY", "不像同一人", "Probably two people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What is compared of a record. `ids` holds (kind or system, number or its keyed token): opaque, only compared.

    `birth_year_only`: only the year of the birth date is known.
    """

    name: str
    birth: date | None = None
    birth_year_only: bool = False
    sex: Sex = Sex.U
    phones: tuple[str, ...] = ()
    address: str | None = None
    ids: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that speaks for (positive) or against (negative) one person."""

    points: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Comparison:
    """The score from 0 to 100, what it means, and the points behind it, the heaviest first."""

    score: int
    likeness: Likeness
    points: tuple[Point, ...]


def compare(one: Traits, other: Traits) -> Comparison:
    """How alike two records are. The order of the two does not matter; what either does not know is no point."""
    if one.ids & other.ids:
        point = Point(CERTAIN, because(_RULE, "证件号相同", "Same identity number"))
        return Comparison(CERTAIN, Likeness.CERTAIN, (point,))
    found = [
        _name(one, other),
        _birth(one, other),
        _sex(one, other),
        _phone(one, other),
        _address(one, other),
        _ids(one, other),
    ]
    points = sorted((each for each in found if each is not None), key=lambda each: -abs(each.points))
    score = min(CERTAIN, max(0, sum(each.points for each in points)))
    return Comparison(score, _likeness(score), tuple(points))


def keys(traits: Traits) -> frozenset[str]:
    """The keys of a record: two records whose score may reach `POSSIBLE_FROM` have one in common.

    Keys hold parts of the name, birth date, phone and address: store them only as keyed hashes. Keys that very many
    people share (a family's phone with a surname) are few in any one place.
    """
    heard, surname = sound(traits.name), surname_sound(traits.name)
    phones = {plain_phone(each) for each in traits.phones} - {""}
    address = plain_address(traits.address or "")
    found = {f"id|{kind}|{number}" for kind, number in traits.ids}
    found |= {f"name+phone|{heard}|{phone}" for phone in phones}
    found |= {f"surname+phone|{surname}|{phone}" for phone in phones}
    if address:
        found.add(f"name+address|{heard}|{address}")
    if traits.birth is None:
        return frozenset(found)
    found.add(f"name+year|{heard}|{traits.birth.year}")
    if not traits.birth_year_only:
        found.add(f"name+day|{heard}|{traits.birth:%m%d}")
        if address:
            found.add(f"birth+address|{traits.birth:%Y%m%d}|{address}")
    return frozenset(found)


def _likeness(score: int) -> Likeness:
    if score >= PROBABLE_FROM:
        return Likeness.PROBABLE
    return Likeness.POSSIBLE if score >= POSSIBLE_FROM else Likeness.UNLIKELY


def _name(one: Traits, other: Traits) -> Point:
    first, second = plain_name(one.name), plain_name(other.name)
    if first and first == second:
        return Point(SAME_NAME, because(_RULE, "姓名相同", "Same name"))
    if first and second and sound(one.name) == sound(other.name):
        return Point(SAME_SOUND, because(_RULE, "姓名读音相同", "Names sound the same"))
    if _similar_names(first, second) and surname_sound(one.name) == surname_sound(other.name):
        return Point(SIMILAR_NAME, because(_RULE, "姓名相近", "Similar names"))
    return Point(OTHER_NAME, because(_RULE, "姓名不同", "Different names"))


def _similar_names(first: str, second: str) -> bool:
    """One character more or less, or one other character in names of three and more."""
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) < 2:
        return False
    if len(longer) - len(shorter) == 1:
        return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
    different = sum(a != b for a, b in zip(shorter, longer, strict=False))
    return len(shorter) == len(longer) >= 3 and different == 1


def _birth(one: Traits, other: Traits) -> Point | None:
    if one.birth is None or other.birth is None:
        return None
    if one.birth_year_only or other.birth_year_only:
        if one.birth.year == other.birth.year:
            return Point(NEAR_BIRTH, because(_RULE, "出生年份相同", "Same year of birth"))
        return Point(OTHER_BIRTH, because(_RULE, "出生年份不同", "Different years of birth"))
    if one.birth == other.birth:
        return Point(SAME_BIRTH, because(_RULE, "出生日期相同", "Same birth date"))
    if _near(one.birth, other.birth):
        return Point(NEAR_BIRTH, because(_RULE, "出生日期相近", "Birth dates differ in one part"))
    return Point(OTHER_BIRTH, because(_RULE, "出生日期不同", "Different birth dates"))


def _near(one: date, other: date) -> bool:
    """Two of year, month and day agree, or day and month are exchanged in one year."""
    alike = (one.year == other.year) + (one.month == other.month) + (one.day == other.day)
    exchanged = one.year == other.year and (one.month, one.day) == (other.day, other.month)
    return alike == 2 or exchanged


def _sex(one: Traits, other: Traits) -> Point | None:
    if Sex.U in {one.sex, other.sex}:
        return None
    if one.sex is other.sex:
        return Point(SAME_SEX, because(_RULE, "性别相同", "Same sex"))
    return Point(OTHER_SEX, because(_RULE, "性别不同", "Different sex"))


def _phone(one: Traits, other: Traits) -> Point | None:
    first, second = ({plain_phone(each) for each in traits.phones} for traits in (one, other))
    if (first & second) - {""}:
        return Point(SAME_PHONE, because(_RULE, "电话相同", "Same phone"))
    return None


def _address(one: Traits, other: Traits) -> Point | None:
    first, second = sorted(plain_address(traits.address or "") for traits in (one, other))
    if not first or not second:
        return None
    if first == second:
        return Point(SAME_ADDRESS, because(_RULE, "地址相同", "Same address"))
    if SequenceMatcher(None, first, second, autojunk=False).ratio() >= SIMILAR_ADDRESS_FROM:
        return Point(SIMILAR_ADDRESS, because(_RULE, "地址相近", "Similar addresses"))
    return None


def _ids(one: Traits, other: Traits) -> Point | None:
    """Numbers of one kind that differ speak against one person; a mistyped number may still hide one."""
    kinds = {kind for kind, _ in one.ids} & {kind for kind, _ in other.ids}
    if not kinds:
        return None
    return Point(OTHER_ID, because(_RULE, "证件号不同", "Different identity numbers"))
