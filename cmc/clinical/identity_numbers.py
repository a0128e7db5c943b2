"""Citizen identity numbers (GB 11643) and health-record numbers: parsing, checking, masking.

Numbers are personal data (IDC-06): no error and no `repr` here repeats one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from cmc.clinical.codes import Sex
from cmc.core.named import NamedStr

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # IDC-02
_CHECK_DIGITS: Final = "10X98765432"
_CITIZEN: Final = re.compile(r"[0-9]{17}[0-9X]")
_LEGACY: Final = re.compile(r"[0-9]{15}")
_RECORD: Final = re.compile(r"[0-9]{17}")
_LEGACY_CENTURY: Final = "19"
LARGEST_SERIAL: Final = 99_999  # HRN-01: five digits
_SHOWN_FIRST, _SHOWN_LAST, _LEAST_HIDDEN = 6, 4, 5


class IdentityProblem(StrEnum):
    """Why a number is not valid."""

    LENGTH = "LENGTH"
    CHARACTERS = "CHARACTERS"
    CHECK_DIGIT = "CHECK_DIGIT"
    BIRTH_DATE = "BIRTH_DATE"
    FUTURE_BIRTH = "FUTURE_BIRTH"
    DIGITS = "DIGITS"
    VILLAGE = "VILLAGE"
    KIND = "KIND"


class IdentityNumberError(ValueError):
    """A number is not valid; `reason` says why. The message never repeats the number."""

    def __init__(self, reason: IdentityProblem) -> None:
        super().__init__(reason.value)
        self.reason = reason


class HolderKind(NamedStr):
    """Whose card it is, by the first two digits: residence permits share the rule of the citizen's card (IDC-05)."""

    CITIZEN = "CITIZEN", "居民身份证", "Resident identity card"
    HONG_KONG = "HONG_KONG", "港澳台居民居住证（香港）", "Residence permit, Hong Kong"
    MACAU = "MACAU", "港澳台居民居住证（澳门）", "Residence permit, Macau"
    TAIWAN = "TAIWAN", "港澳台居民居住证（台湾）", "Residence permit, Taiwan"
    FOREIGN = "FOREIGN", "外国人永久居留身份证（新版）", "Foreigner's permanent resident card, new form"


_PERMITS: Final = {"81": HolderKind.HONG_KONG, "82": HolderKind.MACAU, "83": HolderKind.TAIWAN}
_FOREIGN_FIRST: Final = "9"
"""The first digit of foreigners' cards since December 2023; citizens' numbers begin with 1–8."""


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A valid number: 18 characters as `number`, and as typed but trimmed and normalised as `original` (15 or 18)."""

    number: str = field(repr=False)
    original: str = field(repr=False)
    region: str = field(repr=False)
    birth: date = field(repr=False)
    sex: Sex
    holder: HolderKind


@dataclass(frozen=True, slots=True)
class RecordMismatch:
    """Where number and record disagree (IDC-04): a warning, not an error."""

    birth: bool
    sex: bool

    def __bool__(self) -> bool:
        return self.birth or self.sex


def normalise(text: str) -> str:
    """Trimmed, full-width and Roman Ⅹ made plain, x in upper case (IDC-03)."""
    return unicodedata.normalize("NFKC", text).strip().upper()


def check_digit(first_seventeen: str) -> str:
    """The check character for 17 digits (IDC-02). Raises ValueError for anything else."""
    if not _RECORD.fullmatch(first_seventeen):
        raise ValueError("17 digits are needed")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return _CHECK_DIGITS[total % 11]


def parse_citizen_id(text: str, on: date) -> CitizenId:
    """A number of the citizens' rule (IDC-01…05): citizen's card, residence permit or foreigner's new card.

    `on` is today.
    A 15-digit number is completed with "19" and its check digit. Unknown region codes are accepted. Raises
    IdentityNumberError with the first of LENGTH, CHARACTERS, CHECK_DIGIT, BIRTH_DATE, FUTURE_BIRTH that applies.
    """
    original = normalise(text)
    if len(original) not in {15, 18}:
        raise IdentityNumberError(IdentityProblem.LENGTH)
    if not (_CITIZEN.fullmatch(original) or _LEGACY.fullmatch(original)):
        raise IdentityNumberError(IdentityProblem.CHARACTERS)
    number = original if len(original) == 18 else complete(original)
    if check_digit(number[:17]) != number[17]:
        raise IdentityNumberError(IdentityProblem.CHECK_DIGIT)
    birth = _birth(number)
    if birth > on:
        raise IdentityNumberError(IdentityProblem.FUTURE_BIRTH)
    return CitizenId(
        number=number,
        original=original,
        region=number[:6],
        birth=birth,
        sex=Sex.M if int(number[16]) % 2 else Sex.F,
        holder=_holder(original),
    )


def mismatch(citizen_id: CitizenId, birth: date | None, sex: Sex | None) -> RecordMismatch:
    """Compare a number with the record's birth date and sex (IDC-04); what the record does not know is no mismatch."""
    return RecordMismatch(
        birth=birth is not None and birth != citizen_id.birth,
        sex=sex in {Sex.M, Sex.F} and sex is not citizen_id.sex,
    )


def is_citizen_id(text: str) -> bool:
    """Whether a text is a valid number of 18 or 15 characters, wherever it stands and whoever wrote it there."""
    try:
        parse_citizen_id(text, date.max)
    except IdentityNumberError:
        return False
    return True


def mask(number: str) -> str:
    """First 6 and last 4 characters with stars between (IDC-06); a shorter number shows a quarter at each end."""
    long = len(number) >= _SHOWN_FIRST + _SHOWN_LAST + _LEAST_HIDDEN
    first, last = (_SHOWN_FIRST, _SHOWN_LAST) if long else (len(number) // 4, len(number) // 4)
    return number[:first] + "*" * (len(number) - first - last) + number[len(number) - last :]


class VillageKind(NamedStr):
    """Kind of the neighbourhood or village in a health-record number (HRN-01)."""

    RESIDENTS_COMMITTEE = "RESIDENTS_COMMITTEE", "居委会", "Residents' committee"
    VILLAGE_COMMITTEE = "VILLAGE_COMMITTEE", "村委会", "Village committee"
    OTHER = "OTHER", "其他", "Other"


_VILLAGES: Final = (
    (range(1, 100), VillageKind.RESIDENTS_COMMITTEE),
    (range(101, 200), VillageKind.VILLAGE_COMMITTEE),
    (range(901, 1000), VillageKind.OTHER),
)


@dataclass(frozen=True, slots=True)
class HealthRecordNumber:
    """居民健康档案编码, 17 digits = region 6 + town 3 + village 3 + serial 5 (HRN-01)."""

    number: str = field(repr=False)
    village_kind: VillageKind

    @property
    def region(self) -> str:
        """County and above, 6 digits."""
        return self.number[:6]

    @property
    def town(self) -> str:
        """Township or street, 3 digits."""
        return self.number[6:9]

    @property
    def village(self) -> str:
        """Village or neighbourhood, 3 digits."""
        return self.number[9:12]

    @property
    def serial(self) -> str:
        """Serial number given by the creating institution, 5 digits."""
        return self.number[12:]

    @property
    def short8(self) -> str:
        """The last 8 digits that other forms carry (HRN-02)."""
        return self.number[9:]


def parse_health_record_number(text: str) -> HealthRecordNumber:
    """A health-record number (HRN-01). Raises IdentityNumberError: LENGTH, DIGITS or VILLAGE, in this order."""
    number = normalise(text)
    if len(number) != 17:
        raise IdentityNumberError(IdentityProblem.LENGTH)
    if not _RECORD.fullmatch(number):
        raise IdentityNumberError(IdentityProblem.DIGITS)
    village = int(number[9:12])
    for codes, kind in _VILLAGES:
        if village in codes:
            return HealthRecordNumber(number, kind)
    raise IdentityNumberError(IdentityProblem.VILLAGE)


def compose_health_record_number(region: str, town: str, village: str, serial: int) -> HealthRecordNumber:
    """The number of its parts: 6 digits region, 3 town, 3 village, and the serial given by the institution (HRN-01).

    Raises IdentityNumberError: LENGTH or DIGITS for a part of another shape or a serial outside 1–99999, VILLAGE for a
    village code in none of the ranges.
    """
    if [len(region), len(town), len(village)] != [6, 3, 3]:
        raise IdentityNumberError(IdentityProblem.LENGTH)
    if not 1 <= serial <= LARGEST_SERIAL:
        raise IdentityNumberError(IdentityProblem.DIGITS)
    return parse_health_record_number(f"{region}{town}{village}{serial:05d}")


def _holder(original: str) -> HolderKind:
    if len(original) == 18 and original[0] == _FOREIGN_FIRST:
        return HolderKind.FOREIGN
    return _PERMITS.get(original[:2], HolderKind.CITIZEN)


def complete(legacy: str) -> str:
    """The 18 characters of a 15-digit number: with "19" and its check digit (IDC-05)."""
    seventeen = legacy[:6] + _LEGACY_CENTURY + legacy[6:]
    return seventeen + check_digit(seventeen)


def _birth(number: str) -> date:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdentityNumberError(IdentityProblem.BIRTH_DATE) from None
