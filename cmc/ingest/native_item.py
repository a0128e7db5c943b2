"""The native item: its fields as they are sent, and how they become a neutral reading. Pure.

The native format and the file import share it, so that a reading is understood and identified the same way on both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from msgspec import UNSET, Raw, Struct, UnsetType

from cmc.clinical.codes import GlucoseFlag, GlucosePeriod, ReadingKind, Setting, Specimen
from cmc.clinical.units import GlucoseUnit, PressureUnit
from cmc.core.errors import FieldError
from cmc.ingest import amounts, times
from cmc.ingest.amounts import Amount
from cmc.ingest.exact_json import Fields, NumberText
from cmc.ingest.received import Faults, Received

MAX_SEQUENCE: Final = 2**31 - 1

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,39})\Z")
_OUR_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}\Z")


class PatientRef(Struct, forbid_unknown_fields=True, frozen=True):
    """A person by the number of another system."""

    system: str
    value: str


class NativeReading(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """One item as sent; numbers keep their spelling."""

    kind: str
    patient_id: str | None = None
    patient: PatientRef | None = None
    value: Raw | UnsetType = UNSET
    flag: str | None = None
    limit: Raw | UnsetType = UNSET
    systolic: Raw | UnsetType = UNSET
    diastolic: Raw | UnsetType = UNSET
    pulse: Raw | UnsetType = UNSET
    unit: str | None = None
    period: str | None = None
    specimen: str | None = None
    taken_at: str | None = None
    taken_at_local: str | None = None
    timezone: str | None = None
    setting: str | None = None
    device: str | None = None
    sequence: int | None = None


_FIELDS: Final = frozenset(NativeReading.__struct_fields__)
_NUMBERS: Final = ("value", "limit", "systolic", "diastolic", "pulse")
_OF_GLUCOSE: Final = ("value", "flag", "limit", "period", "specimen")
_OF_PRESSURE: Final = ("systolic", "diastolic", "pulse")
_SETTINGS: Final = frozenset(member.value for member in Setting)
_PERIODS: Final = frozenset(member.value for member in GlucosePeriod)
_SPECIMENS: Final = frozenset(member.value for member in Specimen)
_FLAGS: Final = frozenset(member.value for member in GlucoseFlag)


def from_fields(fields: dict[str, Any], pointer: str = "") -> Received | Faults:
    """Read one item given as plain fields: str, `NumberText`, bool, a nested dict; None means left out."""
    faults = _Collector(pointer)
    given = {name: value for name, value in fields.items() if value is not None}
    for name in fields.repeated if isinstance(fields, Fields) else ():
        faults.add(field_name(name), "repeated", "this field comes more than once")
    for name in given.keys() - _FIELDS:
        faults.add(field_name(name), "extra_forbidden", "this field is unknown here")
    typed: dict[str, Any] = {}
    for name in _FIELDS & given.keys():
        value = _typed(name, given[name], faults)
        if value is not None:
            typed[name] = value
    if "kind" not in given:
        faults.add("kind", "missing", "say what was measured: " + ", ".join(ReadingKind))
    if faults.found:
        return faults.found_sorted()
    return understand(NativeReading(**typed), pointer)


def understand(item: NativeReading, pointer: str) -> Received | Faults:
    """Return the neutral reading of a decoded item, or every fault of it."""
    faults = _Collector(pointer)
    patient_id, identifier = _person(item, faults)
    moment, time_text = _time(item, faults)
    values = _values(item, faults)
    if item.setting is not None and item.setting not in _SETTINGS:
        faults.not_in_list("setting", Setting)
    if item.device is not None and not _CODE.match(item.device):
        faults.add("device", "bad_code", "letters, digits, dot, underscore, colon, hyphen; at most 64")
    if item.sequence is not None and not 0 <= item.sequence <= MAX_SEQUENCE:
        faults.add("sequence", "out_of_range", f"a whole number from 0 to {MAX_SEQUENCE}")
    if faults.found or moment is None:
        return faults.found_sorted()
    return Received(
        pointer=pointer,
        as_sent=item,
        kind=item.kind,
        patient_id=patient_id,
        identifier=identifier,
        setting=item.setting or Setting.HOME.value,
        unit=item.unit or "",
        device=item.device,
        sequence=item.sequence,
        taken_at=moment.at,
        device_time_text=time_text,
        time_field="taken_at" if item.taken_at is not None else "taken_at_local",
        utc_offset_minutes=moment.utc_offset_minutes,
        notes=moment.notes,
        **values,
    )


class _Collector:
    """Gathers the faults of one item."""

    def __init__(self, pointer: str) -> None:
        self.pointer = pointer
        self.found: list[FieldError] = []

    def add(self, name: str, code: str, detail: str) -> None:
        self.found.append(FieldError(f"{self.pointer}/{name}" if name else self.pointer, code, detail))

    def not_in_list(self, name: str, members: Any) -> None:
        self.add(name, "not_in_list", "one of: " + ", ".join(str(member) for member in members))

    def found_sorted(self) -> Faults:
        return tuple(sorted(self.found, key=lambda fault: (fault.pointer, fault.code)))


def field_name(name: str) -> str:
    # A name that is not one of ours may be anything, also a person's: it is not repeated.
    return name if name in _FIELDS or _OUR_NAME.match(name) else "?"


def _typed(name: str, value: Any, faults: _Collector) -> Any:
    if name in _NUMBERS:
        return Raw(value.encode() if isinstance(value, NumberText) else b'""')
    if name == "sequence":
        if isinstance(value, NumberText) and _WHOLE.match(value):
            return int(value)
        faults.add(name, "whole_number_expected", f"a whole number from 0 to {MAX_SEQUENCE}")
    elif name == "patient":
        return _ref(value, faults)
    elif not isinstance(value, str) or isinstance(value, NumberText):
        faults.add(name, "text_expected", "must be text")
    elif not value.isprintable():
        faults.add(name, "bad_character", "contains a control character or an invalid code point")
    else:
        return value
    return None


def _ref(value: Any, faults: _Collector) -> PatientRef | None:
    if (
        not isinstance(value, dict)
        or value.keys() != {"system", "value"}
        or (isinstance(value, Fields) and value.repeated)
    ):
        faults.add("patient", "object_expected", 'must be {"system": …, "value": …}')
        return None
    for name, text in value.items():
        if not isinstance(text, str) or isinstance(text, NumberText):
            faults.add(f"patient/{name}", "text_expected", "must be text")
            return None
    return PatientRef(**value)


def _person(item: NativeReading, faults: _Collector) -> tuple[UUID | None, tuple[str, str] | None]:
    if item.patient_id is None and item.patient is None and item.device is not None:
        return None, None  # whose it is follows from who held the device, or somebody is asked
    if (item.patient_id is None) == (item.patient is None):
        words = "say whose reading it is: patient_id, or patient with system and value, or a device on file; not both"
        faults.add("patient_id", "missing" if item.patient is None else "not_expected", words)
    elif item.patient_id is not None:
        if _UUID.match(item.patient_id):
            return _uuid(item.patient_id), None
        faults.add("patient_id", "uuid_expected", "must be the id of a person on file")
    elif item.patient is not None:
        for name in ("system", "value"):
            if not _CODE.match(getattr(item.patient, name)):
                words = "letters, digits, dot, underscore, colon, hyphen; at most 64"
                faults.add(f"patient/{name}", "bad_code", words)
        return None, (item.patient.system, item.patient.value)
    return None, None


def _time(item: NativeReading, faults: _Collector) -> tuple[times.Moment | None, str]:
    if (item.taken_at is None) == (item.taken_at_local is None):
        code = "missing" if item.taken_at is None else "not_expected"
        faults.add("taken_at", code, "say when: taken_at with its zone, or taken_at_local, not both")
    elif item.taken_at is not None:
        if item.timezone is not None:
            faults.add("timezone", "not_expected", "belongs beside taken_at_local; taken_at has its zone in it")
        moment = times.instant(item.taken_at)
        if moment is None:
            faults.add("taken_at", "instant_expected", "a time with its zone such as 2026-11-20T08:00:00+08:00")
        return moment, item.taken_at
    elif item.taken_at_local is not None:
        key = times.DEFAULT_ZONE if item.timezone is None else item.timezone
        zone = times.zone(key)
        if zone is None:
            faults.add("timezone", "not_in_list", "the IANA name of a time zone such as Asia/Shanghai")
            return None, ""
        moment = times.local(item.taken_at_local, zone)
        if moment is None:
            faults.add("taken_at_local", "local_time_expected", "a local time such as 2026-11-20T08:00:00")
        return moment, f"{item.taken_at_local} {key}"
    return None, ""


def _values(item: NativeReading, faults: _Collector) -> dict[str, Any]:
    if item.kind == ReadingKind.GLUCOSE:
        _refuse(item, _OF_PRESSURE, "a blood pressure", faults)
        return _glucose(item, faults)
    if item.kind == ReadingKind.BLOOD_PRESSURE:
        _refuse(item, _OF_GLUCOSE, "glucose", faults)
        return _pressure(item, faults)
    faults.not_in_list("kind", ReadingKind)
    return {}


def _refuse(item: NativeReading, names: tuple[str, ...], of: str, faults: _Collector) -> None:
    for name in names:
        value = getattr(item, name)
        if value is not None and value is not UNSET:
            faults.add(name, "not_expected", f"belongs to {of}")


def _glucose(item: NativeReading, faults: _Collector) -> dict[str, Any]:
    value, limit = _amount(item.value, "value", faults), _amount(item.limit, "limit", faults)
    if (item.value is UNSET) == (item.flag is None):
        code = "missing" if item.flag is None else "not_expected"
        faults.add("value", code, "a value, or the flag HI or LO of a meter, not both")
    if item.flag is not None and item.flag not in _FLAGS:
        faults.not_in_list("flag", GlucoseFlag)
    if item.limit is not UNSET and item.flag is None:
        faults.add("limit", "not_expected", "belongs beside the flag HI or LO")
    if item.unit is not None or item.flag is None or item.limit is not UNSET:
        _unit(item, GlucoseUnit, faults)
    if item.period is not None and item.period not in _PERIODS:
        faults.not_in_list("period", GlucosePeriod)
    if item.specimen is not None and item.specimen not in _SPECIMENS:
        faults.not_in_list("specimen", Specimen)
    specimen = item.specimen or Specimen.CAPILLARY.value
    return {"value": value, "limit": limit, "flag": item.flag, "period": item.period, "specimen": specimen}


def _pressure(item: NativeReading, faults: _Collector) -> dict[str, Any]:
    for name in ("systolic", "diastolic"):
        if getattr(item, name) is UNSET:
            faults.add(name, "missing", "a blood pressure has both numbers")
    _unit(item, PressureUnit, faults)
    return {name: _amount(getattr(item, name), name, faults) for name in _OF_PRESSURE}


def _unit(item: NativeReading, units: Any, faults: _Collector) -> None:
    if item.unit is None:
        faults.add("unit", "missing", "the unit is never guessed: " + " or ".join(units))
    elif item.unit not in units.__members__.values():
        faults.not_in_list("unit", units)


def _amount(raw: Raw | UnsetType, name: str, faults: _Collector) -> Amount | None:
    if raw is UNSET:
        return None
    found = amounts.read(bytes(raw))
    if isinstance(found, Amount):
        return found
    faults.add(name, found, amounts.WORDS[found])
    return None


@lru_cache(maxsize=4096)
def _uuid(text: str) -> UUID:
    return UUID(text)
