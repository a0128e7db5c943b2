"""When a follow-up record counts (FU-VALID-01, FU-VALID-02)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from cmc.followups.rules.judgement import Programme

COMMON_FIELDS: Final = (
    "visited_on",
    "mode",
    "doctor",
    "symptoms",
    "adherence",
    "classification",
    "medications",
    "next_on",
)
MEASURED: Final = ("sbp_mmhg", "dbp_mmhg", "fasting_glucose_umol_l", "fasting_glucose_mmol_l", "classification")
"""What a record may lack and still be the latest follow-up: then it has no value (CTRL-05). By both names."""
LATE_AFTER_DAYS: Final = 7
_NO_SYMPTOMS: Final = 1  # the same code on both forms
_STANDS_FOR: Final[Mapping[str, tuple[str, ...]]] = {  # what may fill a field in its place
    # A visit at which only a non-fasting value was measured is a follow-up all the same; its class stays empty
    # (DM-FU-07) and its reading is "not met" (IND-04), but the person was seen.
    "fasting_glucose_umol_l": ("fasting_glucose_flag", "other_glucose_umol_l"),
    "medications": ("no_medication", "insulin"),
    "symptoms": ("other_symptoms",),
}


class VisitDateProblem(StrEnum):
    """Why a visit date is refused."""

    FUTURE = "visit_in_future"
    BEFORE_ENROLMENT = "visit_before_enrolment"


def missing_fields_of(programme: Programme, record: Mapping[str, object]) -> tuple[str, ...]:
    """The fields a record must still carry to count for the programme, in form order (FU-VALID-01).

    None, an empty text and an empty list are missing. A HI/LO flag or another glucose value stands for the fasting
    value, `no_medication: True` or insulin for the medication list, `other_symptoms` (text) for symptom codes.
    """
    needed = (*COMMON_FIELDS[:4], *programme.value_fields, *COMMON_FIELDS[4:])
    return tuple(
        name for name in needed if not _filled(record, name) and not _cannot_be_classed(programme, record, name)
    )


def symptoms_consistent(codes: Collection[int]) -> bool:
    """Code 1 无症状 excludes every other symptom, on both forms."""
    return _NO_SYMPTOMS not in codes or set(codes) == {_NO_SYMPTOMS}


def entered_late(visited_on: date, entered_on: date) -> bool:
    """Entered more than 7 days after the visit: flagged, not refused (FU-VALID-02)."""
    return (entered_on - visited_on).days > LATE_AFTER_DAYS


def _filled(record: Mapping[str, object], name: str) -> bool:
    return any(_present(record.get(each)) for each in (name, *_STANDS_FOR.get(name, ())))


def _cannot_be_classed(programme: Programme, record: Mapping[str, object], name: str) -> bool:
    """The class that DM-FU-07 leaves empty is not a field that somebody forgot."""
    judged_by_fasting = "fasting_glucose_umol_l" in programme.value_fields
    return name == "classification" and judged_by_fasting and _present(record.get("other_glucose_umol_l"))


def _present(value: object) -> bool:
    if value is None or value is False:
        return False
    if isinstance(value, str):
        return bool(value.strip())
    return not isinstance(value, Collection) or bool(value)
