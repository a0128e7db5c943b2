"""Documents that say who somebody is (IDC-05): which kind, how its number is checked, what the number tells.

The numbers of citizens and of residence permits are parsed by `identity_numbers`; here the kinds are told apart and
foreigners' cards and passports are added. Numbers are personal data (IDC-06): no error and no `repr` repeats one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cmc.clinical.codes import Sex
from cmc.clinical.identity_numbers import (
    HolderKind,
    IdentityNumberError,
    IdentityProblem,
    normalise,
    parse_citizen_id,
)
from cmc.core.named import NamedStr


class DocumentKind(NamedStr):
    """Kinds of identity documents; a record may hold several, and `NONE` says that none was shown."""

    CITIZEN_ID = "CITIZEN_ID", "居民身份证件", "Resident identity document"
    HK_MO_TW_PERMIT = "HK_MO_TW_PERMIT", "港澳台居民居住证", "Residence permit, Hong Kong, Macau or Taiwan"
    FOREIGN_PERMANENT = "FOREIGN_PERMANENT", "外国人永久居留身份证", "Foreigner's permanent resident card"
    PASSPORT = "PASSPORT", "护照", "Passport"
    NONE = "NONE", "无证件", "No document"


_OLD_CARD: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_PASSPORT: Final = re.compile(r"[A-Z0-9]{5,17}")
_SEPARATORS: Final = re.compile(r"[\s\-·.()]")
_OLD_CARD_WEIGHTS: Final = (7, 3, 1)
_PERMIT_HOLDERS: Final = frozenset({HolderKind.HONG_KONG, HolderKind.MACAU, HolderKind.TAIWAN})
_KIND_OF: Final = {
    HolderKind.CITIZEN: DocumentKind.CITIZEN_ID,
    HolderKind.FOREIGN: DocumentKind.FOREIGN_PERMANENT,
    **dict.fromkeys(_PERMIT_HOLDERS, DocumentKind.HK_MO_TW_PERMIT),
}


@dataclass(frozen=True, slots=True)
class IdentityDocument:
    """A document whose number has a valid form.

    `number` is the normalised form by which documents are compared, `original` the typed one, normalised too. What the
    number does not tell is None: `region` (6 digits), `nationality` (3 letters or 3 digits, ISO 3166-1), birth date,
    sex. `doubts` are faults that a person should look at but that do not refuse the number.
    """

    kind: DocumentKind
    number: str = field(repr=False)
    original: str = field(repr=False)
    region: str | None = field(default=None, repr=False)
    nationality: str | None = None
    birth: date | None = field(default=None, repr=False)
    sex: Sex | None = None
    doubts: tuple[IdentityProblem, ...] = ()


def parse_document(kind: DocumentKind, text: str, on: date) -> IdentityDocument | None:
    """A document of the given kind; `on` is today. None for `NONE`, whose text must be empty.

    Spaces and hyphens do not count. Raises IdentityNumberError: the faults of `parse_citizen_id`, `KIND` when the
    number is a valid one of another kind or a number comes with `NONE`.
    """
    number = _SEPARATORS.sub("", normalise(text))
    if kind is DocumentKind.NONE:
        if number:
            raise IdentityNumberError(IdentityProblem.KIND)
        return None
    if kind is DocumentKind.PASSPORT:
        return _passport(number, on)
    if kind is DocumentKind.FOREIGN_PERMANENT and len(number) == 15:
        return _old_permanent_card(number, on)
    document = _by_shared_rule(number, on)
    if document.kind is not kind:
        raise IdentityNumberError(IdentityProblem.KIND)
    return document


def recognise(text: str, on: date) -> IdentityDocument | None:
    """The document that a number typed without its kind belongs to; None when it fits none for certain.

    A passport is never recognised: nearly any text could be one.
    """
    number = _SEPARATORS.sub("", normalise(text))
    try:
        return _old_permanent_card(number, on) if _OLD_CARD.fullmatch(number) else _by_shared_rule(number, on)
    except IdentityNumberError:
        return None


def _by_shared_rule(number: str, on: date) -> IdentityDocument:
    card = parse_citizen_id(number, on)
    foreign = card.holder is HolderKind.FOREIGN
    return IdentityDocument(
        kind=_KIND_OF[card.holder],
        number=card.number,
        original=card.original,
        region=None if foreign else card.region,
        nationality=card.number[3:6] if foreign else None,  # 9, province 2, nationality 3
        birth=card.birth,
        sex=card.sex,
    )


def _old_permanent_card(number: str, on: date) -> IdentityDocument:
    """The card of before December 2023: nationality 3 letters, place 4, birth yymmdd 6, sequence 1, check 1.

    The check digit (weights 7, 3, 1 as on machine-readable documents) is known second-hand: a difference is a doubt.
    """
    if not _OLD_CARD.fullmatch(number):
        raise IdentityNumberError(IdentityProblem.CHARACTERS)
    return IdentityDocument(
        kind=DocumentKind.FOREIGN_PERMANENT,
        number=number,
        original=number,
        nationality=number[:3],
        birth=_birth_of_two_digit_year(number[7:13], on),
        doubts=() if old_card_check_digit(number[:14]) == number[14] else (IdentityProblem.CHECK_DIGIT,),
    )


def old_card_check_digit(first_fourteen: str) -> str:
    """The check digit of the 15-character card: letters count from A = 10, weights 7, 3, 1 in turn, sum modulo 10."""
    values = (int(each, 36) for each in first_fourteen)
    return str(sum(value * _OLD_CARD_WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


def _birth_of_two_digit_year(yymmdd: str, on: date) -> date:
    """The latest day with these two digits of the year that is not in the future."""
    for century in (on.year // 100 * 100, on.year // 100 * 100 - 100):
        try:
            birth = date(century + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
        except ValueError:
            continue
        if birth <= on:
            return birth
    raise IdentityNumberError(IdentityProblem.BIRTH_DATE)


def _passport(number: str, on: date) -> IdentityDocument:
    if not 5 <= len(number) <= 17:
        raise IdentityNumberError(IdentityProblem.LENGTH)
    if not _PASSPORT.fullmatch(number) or not any(each.isdigit() for each in number):
        raise IdentityNumberError(IdentityProblem.CHARACTERS)
    if len(number) == 15 and recognise(number, on) is not None:
        raise IdentityNumberError(IdentityProblem.KIND)
    return IdentityDocument(DocumentKind.PASSPORT, number, number)
