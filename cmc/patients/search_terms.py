"""What a person can be found by, and what a searcher's text may mean. Pure.

Nothing of a protected field is searched in clear: every form that can be looked for becomes a keyed token, and looking
for it is looking for an equal token.

- the phone, digits only, without the country's code
- the last four of the phone and of the citizen ID
- every two and three neighbouring characters of the name
- the pinyin initials of the name, and their first two

The citizen ID itself has its token in the person's row, since it may stand there only once.
"""

import os
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from typing import Final

from cmc.clinical import identity_numbers
from cmc.core.crypto import Keyring
from cmc.core.named import NamedStr

os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # single characters are all we ask for: 13 MB instead of 57
from pypinyin import Style, pinyin

LAST: Final = 4
_LONGEST_GRAM: Final = 3
_MOST_READINGS: Final = 8
_MOST_GRAMS: Final = 8
"""Each is a join; names are short, and ten characters in a row are nobody else's."""

_MAINLAND: Final = ("0086", "86")
_MOBILE: Final = 11
_NEW_FORM: Final = 18
_OLD_FORM: Final = 15


class TermKind(NamedStr):
    """What a searcher's text is taken for."""

    CITIZEN_ID = "citizen_id", "身份证号", "Citizen ID"
    PHONE = "phone", "电话号码", "Phone number"
    LAST_FOUR = "last_four", "号码后四位", "Last four of phone or citizen ID"
    NAME = "name", "姓名", "Name"
    INITIALS = "initials", "姓名拼音首字母", "Pinyin initials"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One meaning of a text: people who have all of these tokens."""

    kind: TermKind
    tokens: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text may mean: one citizen ID (its token), or any of the alternatives."""

    kinds: tuple[TermKind, ...]
    citizen_id: bytes | None = None
    alternatives: tuple[Alternative, ...] = ()


def citizen_id_token(keys: Keyring, number: str) -> bytes:
    """Return the token of a citizen ID of 18 characters."""
    return keys.token("citizen-id", number)


def tokens(
    keys: Keyring,
    *,
    name: str,
    citizen_id: str | None = None,
    phone: str | None = None,
    other_phones: Iterable[str] = (),
) -> tuple[int, ...]:
    """Return the numbers under which a person is found, each once."""
    found = {keys.number("name", gram) for gram in _grams(_letters(name))}
    for each in initials(name):
        found.add(keys.number("initials", each))
        found.add(keys.number("initials", each[:2]))
    for number in (phone, *other_phones):
        if number is not None and (digits := plain_phone(number)):
            found.add(keys.number("phone", digits))
            found.add(keys.number("last-four", digits[-LAST:]))
    if citizen_id is not None:
        found.add(keys.number("last-four", citizen_id[-LAST:]))
    return tuple(found)


def terms(keys: Keyring, text: str) -> Terms | None:
    """Return what `text` may mean; None when it is too short to look for (one character of a name, three digits)."""
    plain = unicodedata.normalize("NFKC", text).strip()
    compact = plain.replace(" ", "").replace("-", "").upper()
    if number := _citizen_id(compact):
        return Terms((TermKind.CITIZEN_ID,), citizen_id_token(keys, number))
    if len(compact) == LAST and compact[:3].isdecimal() and (compact[3].isdecimal() or compact[3] == "X"):
        return _one(TermKind.LAST_FOUR, (keys.number("last-four", compact),))
    digits = plain_phone(compact)
    if digits and compact.lstrip("+").isdecimal():
        return _one(TermKind.PHONE, (keys.number("phone", digits),)) if len(digits) > LAST else None
    return _names(keys, _letters(plain))


def initials(name: str) -> tuple[str, ...]:
    """Return a name's initials, every reading of its characters (单: s, d, c), the likeliest first, at most eight."""
    readings = [found for each in unicodedata.normalize("NFKC", name) if (found := _first_letters(each))]
    return tuple("".join(each) for each in islice(product(*readings), _MOST_READINGS)) if len(readings) > 1 else ()


def plain_phone(phone: str) -> str:
    """Return the digits of a phone number, without the code of the country before a mobile number."""
    digits = "".join(character for character in phone if character.isdecimal())
    for code in _MAINLAND:
        if digits.startswith(code) and len(digits) == len(code) + _MOBILE:
            return digits[len(code) :]
    return digits


def _one(kind: TermKind, numbers: tuple[int, ...]) -> Terms:
    return Terms((kind,), alternatives=(Alternative(kind, numbers),))


def _citizen_id(compact: str) -> str | None:
    """The 18 characters of a text that has the form of a citizen ID, old or new; a mistyped one has no owner."""
    if not compact.isascii():
        return None
    if len(compact) == _NEW_FORM and compact[:-1].isdecimal() and compact[-1] in "0123456789X":
        return compact
    return identity_numbers.complete(compact) if len(compact) == _OLD_FORM and compact.isdecimal() else None


def _names(keys: Keyring, letters: str) -> Terms | None:
    if len(letters) < 2:
        return None
    size = min(len(letters), _LONGEST_GRAM)
    grams = tuple(dict.fromkeys(letters[at : at + size] for at in range(len(letters) - size + 1)))[:_MOST_GRAMS]
    found = [Alternative(TermKind.NAME, tuple(keys.number("name", each) for each in grams))]
    if letters.isascii() and letters.isalpha():
        found.insert(0, Alternative(TermKind.INITIALS, (keys.number("initials", letters),)))
    return Terms(tuple(each.kind for each in found), alternatives=tuple(found))


def _letters(text: str) -> str:
    """Letters and digits in small letters: spaces and the dot inside a name (·) are written in many ways."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


def _grams(letters: str) -> Iterator[str]:
    for size in range(2, _LONGEST_GRAM + 1):
        for at in range(len(letters) - size + 1):
            yield letters[at : at + size]


@lru_cache(maxsize=20_000)
def _first_letters(character: str) -> tuple[str, ...]:
    if character.isascii():
        return (character.casefold(),) if character.isalpha() else ()
    found = pinyin(character, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(found[0])) if found else ()
