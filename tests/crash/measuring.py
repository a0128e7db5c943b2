"""What the gateways of the harness measure, and the row that each item must become: known without asking the service.

The rules that an item follows are written out here a second time on purpose (18 mg/dL per mmol/L, 7.5006 mmHg per kPa,
half up; the local date of Asia/Shanghai): a comparison that asked the service what is right would agree with its faults.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
IDENTIFIER_SYSTEM = "crash"
STEP = timedelta(seconds=20)
BEGIN_DAYS_AGO = 10
PERIODS = ("FASTING", "AFTER_BREAKFAST_2H", "BEFORE_LUNCH", "BEDTIME", None)

Key = tuple[str | None, int | None, str, str, datetime]
"""Device, sequence, person, kind, instant: what no two measurements of the harness share."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose readings are sent; `calm` people never have a critical value."""

    id: str
    clinic_id: str
    number: str
    calm: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One measurement: what is sent, and the columns that must stand in the table of readings."""

    sent: dict[str, Any]
    row: dict[str, Any]
    believable: bool
    """False: its clock is absurd, so it must be held for a person instead of stored."""
    rival: bool = False
    """True: the same identity as an earlier item with another value; the first one must stay."""

    @property
    def key(self) -> Key:
        row = self.row
        return row["device"], row["sequence"], row["patient_id"], row["kind"], row["taken_at"]

    @property
    def text(self) -> str:
        """The item as one canonical line: what a held item is recognised by."""
        return canonical(self.sent)


def canonical(sent: dict[str, Any]) -> str:
    """Return an item as text that does not depend on the order of its fields or the spelling of its numbers."""
    plain = {name: _plain(value) for name, value in sent.items()}
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    return str(Decimal(str(value)).normalize()) if isinstance(value, int | float) else value


class Clocks:
    """How wrong the clocks of a gateway's devices are at the moment; a fault turns them."""

    STEPS = ("right", "reset", "days_ahead", "hours_behind")

    def __init__(self) -> None:
        self.shown = "right"


class Meters:
    """The devices of one gateway's people: an endless, deterministic series of measurements."""

    def __init__(self, seed: str, gateway: int, people: list[Person], now: datetime, clocks: Clocks) -> None:
        self._random = Random(seed)
        self._gateway, self._people, self._clocks = gateway, people, clocks
        self._now = now.replace(microsecond=0)
        self._begin = self._now - timedelta(days=BEGIN_DAYS_AGO)
        self._numbers = dict.fromkeys((person.id, kind) for person in people for kind in ("glucose", "blood_pressure"))
        self._counts: dict[tuple[str, str], int] = dict.fromkeys(self._numbers, 0)

    def __iter__(self) -> Iterator[Item]:
        while True:
            yield self._measure()

    def rival_of(self, item: Item) -> Item | None:
        """Return the same measurement of a numbered device with another value; None where the value is the identity."""
        if item.row["sequence"] is None or item.row["kind"] != "blood_pressure" or not item.believable:
            return None
        if item.sent["unit"] != "mmHg" or is_critical(item.row):
            return None
        sent = item.sent | {"systolic": item.sent["systolic"] + 1}
        return Item(sent, item.row, believable=True, rival=True)

    def _measure(self) -> Item:
        person = self._random.choice(self._people)
        kind = self._random.choice(("glucose", "blood_pressure"))
        count = self._counts[person.id, kind]
        self._counts[person.id, kind] = count + 1
        shown, taken_at = self._clocks.shown, self._begin + STEP * count
        numbered = shown != "right" or self._random.random() < 0.8
        if shown == "reset":
            taken_at = datetime(2000, 1, 1, tzinfo=UTC) + STEP * count
        elif shown == "days_ahead":
            taken_at = self._now + timedelta(days=4) + STEP * count
        elif shown == "hours_behind":
            taken_at -= timedelta(hours=2, seconds=7)
        sent: dict[str, Any] = {"kind": kind}
        row: dict[str, Any] = {"kind": kind, "patient_id": person.id, "clinic_id": person.clinic_id}
        self._whose(person, sent)
        self._device(person, kind, count if numbered else None, sent, row)
        self._when(taken_at, sent, row)
        self._value(person, sent, row)
        return Item(sent, row, believable=shown not in {"reset", "days_ahead"})

    def _whose(self, person: Person, sent: dict[str, Any]) -> None:
        if self._random.random() < 0.7:
            sent["patient_id"] = person.id
        else:
            sent["patient"] = {"system": IDENTIFIER_SYSTEM, "value": person.number}

    def _device(self, person: Person, kind: str, number: int | None, sent: dict[str, Any], row: dict[str, Any]) -> None:
        row["device"] = row["sequence"] = None
        if number is not None or self._random.random() < 0.5:
            row["device"] = sent["device"] = f"g{self._gateway}-{person.number}-{kind[:2]}"
        if number is not None:
            row["sequence"] = sent["sequence"] = number

    def _when(self, taken_at: datetime, sent: dict[str, Any], row: dict[str, Any]) -> None:
        local = taken_at.astimezone(SHANGHAI)
        row["taken_at"], row["taken_on"] = taken_at.astimezone(UTC), local.date()
        way = self._random.random()
        if way < 0.6:
            sent["taken_at"] = row["device_time_text"] = local.isoformat()
            row["utc_offset_minutes"] = 480
        elif way < 0.8:
            sent["taken_at"] = row["device_time_text"] = taken_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            row["utc_offset_minutes"] = 0
        else:
            sent["taken_at_local"] = local.replace(tzinfo=None).isoformat()
            row["device_time_text"] = f"{sent['taken_at_local']} Asia/Shanghai"
            row["utc_offset_minutes"] = 480

    def _value(self, person: Person, sent: dict[str, Any], row: dict[str, Any]) -> None:
        blank = ("period", "specimen", "glucose_umol_l", "bound", "sbp_mmhg", "dbp_mmhg", "pulse_bpm")
        row.update(dict.fromkeys(blank))
        row["setting"] = "office" if self._random.random() < 0.2 else "home"
        if row["setting"] == "office":
            sent["setting"] = "office"
        # What is held is never critical here: whether somebody is told of it at once is not for this comparison.
        critical = not person.calm and self._clocks.shown == "right" and self._random.random() < 0.08
        (self._glucose if row["kind"] == "glucose" else self._pressure)(sent, row, critical)

    def _glucose(self, sent: dict[str, Any], row: dict[str, Any], critical: bool) -> None:
        row["specimen"] = "capillary"
        period = self._random.choice(PERIODS)
        if period is not None:
            sent["period"] = row["period"] = period
        if critical and self._random.random() < 0.5:
            flag, limit, bound = self._random.choice((("HI", 33.3, 33300), ("LO", 1.1, 1100)))
            sent |= {"flag": flag, "limit": limit, "unit": "mmol/L"}
            row |= {"bound": flag, "glucose_umol_l": bound, "value_text": f"{flag} {limit}", "unit_text": "mmol/L"}
        elif not critical and self._random.random() < 0.3:
            value = self._random.randint(90, 250)
            tenths = (Decimal(value) / 18).quantize(Decimal("0.1"), ROUND_HALF_UP)
            sent |= {"value": value, "unit": "mg/dL"}
            row |= {"glucose_umol_l": int(tenths * 1000), "value_text": str(value), "unit_text": "mg/dL"}
        else:
            tenth = self._random.randint(170, 300) if critical else self._random.randint(45, 150)
            sent |= {"value": tenth / 10, "unit": "mmol/L"}
            row |= {"glucose_umol_l": tenth * 100, "value_text": repr(tenth / 10), "unit_text": "mmol/L"}

    def _pressure(self, sent: dict[str, Any], row: dict[str, Any], critical: bool) -> None:
        pulse = self._random.randint(50, 110) if self._random.random() < 0.8 else None
        if not critical and self._random.random() < 0.2:
            unit, high, low = "kPa", self._random.randint(140, 200) / 10, self._random.randint(90, 115) / 10
            mmhg = [
                int((Decimal(str(each)) * Decimal("7.5006")).quantize(Decimal(1), ROUND_HALF_UP))
                for each in (high, low)
            ]
        else:
            unit, high, low = "mmHg", self._random.randint(105, 170), self._random.randint(60, 90)
            high = self._random.randint(185, 230) if critical else high
            mmhg = [int(high), int(low)]
        sent |= {"systolic": high, "diastolic": low, "unit": unit}
        row |= {"sbp_mmhg": mmhg[0], "dbp_mmhg": mmhg[1], "pulse_bpm": pulse, "unit_text": unit}
        row["value_text"] = f"{high}/{low}" if pulse is None else f"{high}/{low}/{pulse}"
        if pulse is not None:
            sent["pulse"] = pulse


def is_critical(row: dict[str, Any]) -> bool:
    """Whether a person must be told at once (systolic ≥ 180, diastolic ≥ 110, glucose ≥ 16.7 or ≤ 3.9 mmol/L)."""
    if row["kind"] == "blood_pressure":
        return bool(row["sbp_mmhg"] >= 180 or row["dbp_mmhg"] >= 110)
    return bool(row["glucose_umol_l"] >= 16700 or row["glucose_umol_l"] <= 3900)
