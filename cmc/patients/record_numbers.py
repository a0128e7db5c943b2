"""Health-record numbers (HRN-01): a serial for each village that is never given out twice. Nothing here commits."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cmc.clinical.identity_numbers import (
    LARGEST_SERIAL,
    IdentityNumberError,
    IdentityProblem,
    compose_health_record_number,
    parse_health_record_number,
)
from cmc.core.errors import Conflict, invalid

# The row of the village is locked until the transaction ends: who comes second waits and takes the next number.
_NEXT: Final = text(
    "INSERT INTO record_serial AS s (village, last) VALUES (:village, 1)"
    " ON CONFLICT (village) DO UPDATE SET last = s.last + 1 RETURNING last"
)
_TAKEN: Final = text(
    "INSERT INTO record_serial AS s (village, last) VALUES (:village, :serial)"
    " ON CONFLICT (village) DO UPDATE SET last = greatest(s.last, excluded.last)"
)
_WORDS: Final = {
    IdentityProblem.LENGTH: "a health-record number has 17 digits (HRN-01)",
    IdentityProblem.DIGITS: "a health-record number has 17 digits and nothing else (HRN-01)",
    IdentityProblem.VILLAGE: "the village code must lie in 001–099, 101–199 or 901–999 (HRN-01)",
}


def issue(session: Session, village: str) -> str:
    """Give out the next number of a village (12 digits: region 6, town 3, village 3).

    Raises `Invalid` for a village code in none of the ranges, `Conflict` when its 99,999 numbers are used up.
    """
    try:
        compose_health_record_number(village[:6], village[6:9], village[9:], 1)
    except IdentityNumberError as error:
        raise invalid("/village", error.reason.lower(), _WORDS[error.reason]) from error
    try:
        with session.begin_nested():
            serial = int(session.execute(_NEXT, {"village": village}).scalar_one())
    except IntegrityError as error:  # its CHECK: the last serial is out
        raise Conflict(f"all {LARGEST_SERIAL:,} numbers of this village are used", code="serials-used-up") from error
    return compose_health_record_number(village[:6], village[6:9], village[9:], serial).number


def read(number: str) -> str:
    """Return a number that was given elsewhere, normalised; raise `Invalid`."""
    try:
        parsed = parse_health_record_number(number)
        compose_health_record_number(parsed.region, parsed.town, parsed.village, int(parsed.serial))
    except IdentityNumberError as error:
        raise invalid("/health_record_number", error.reason.lower(), _WORDS[error.reason]) from error
    return parsed.number


def take(session: Session, number: str) -> str:
    """Return a number that was given elsewhere, normalised; the village goes on after it. Raises `Invalid`."""
    found = read(number)
    session.execute(_TAKEN, {"village": found[:12], "serial": int(found[12:])})
    return found
