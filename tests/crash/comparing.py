"""Journal against database: what was lost, doubled, altered, and what its effects are. Knows nothing of the service."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from crash import watching
from crash.journal import Told
from crash.measuring import Key, Person, canonical, is_critical

Row = Mapping[str, Any]
SENT_COLUMNS = (
    "patient_id", "clinic_id", "kind", "taken_at", "taken_on", "setting", "period", "specimen", "glucose_umol_l",
    "bound", "sbp_mmhg", "dbp_mmhg", "pulse_bpm", "device", "sequence", "value_text", "unit_text",
    "device_time_text", "utc_offset_minutes",
)  # fmt: skip
"""Every column of a reading that follows from what was sent."""


@dataclass(slots=True)
class Differences:
    """What journal and database disagree about; each entry is one line for a person to read."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    never_sent: list[str] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    wrong_answers: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in self.__slots__}

    def lines(self) -> list[str]:
        return [f"{name}: {line}" for name in self.__slots__ for line in getattr(self, name)]

    def __bool__(self) -> bool:
        return any(self.counts().values())


def compare_readings(told: Iterable[Told], rows: Sequence[Row], found: Differences) -> None:
    """Compare what was acknowledged as stored with the rows of the table of readings, column by column."""
    stored: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        stored[row["device"], row["sequence"], row["patient_id"], row["kind"], row["taken_at"]].append(row)
    for each in told:
        for key, item in each.stored.items():
            there = stored.pop(key, [])
            if not there:
                found.lost.append(item.text)
                continue
            if len(there) > 1:
                found.doubled.append(f"{len(there)} times: {item.text}")
            for row in there:
                other = {name: (item.row[name], row[name]) for name in SENT_COLUMNS if row[name] != item.row[name]}
                tier = "RED" if is_critical(item.row) else None
                if row["alert_tier"] != tier:
                    other["alert_tier"] = (tier, row["alert_tier"])
                if other:
                    found.altered.append(f"{other} (sent, stored) of {item.text}")
    found.never_sent += [f"{key}" for key in stored]


def compare_held(told: Sequence[Told], rows: Sequence[Row], found: Differences) -> None:
    """Compare what was acknowledged as held, or as a conflict, with the held readings."""
    kept = Counter((row["kind"], canonical(row["item"])) for row in rows)
    wanted = {("quarantined", text) for each in told for text in each.held}
    wanted |= {("conflict", text) for each in told for text in each.rivals}
    for kind, text in sorted(wanted):
        if not kept[kind, text]:
            found.lost.append(f"held as {kind}: {text}")
        elif kept[kind, text] > 1:
            found.doubled.append(f"held {kept[kind, text]} times as {kind}: {text}")
    found.never_sent += [f"held as {kind}: {text}" for kind, text in kept if (kind, text) not in wanted]
    found.altered += [f"a conflict that names no reading: {canonical(row['item'])}" for row in rows
                      if row["kind"] == "conflict" and row["reading_id"] is None]  # fmt: skip


def compare_tasks(told: Iterable[Told], rows: Sequence[Row], people: Iterable[Person], found: Differences) -> None:
    """Each person with critical readings has one task that counts all of them; nobody else has one."""
    wanted = Counter(item.row["patient_id"] for each in told for item in each.stored.values() if is_critical(item.row))
    tasks: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        tasks[row["patient_id"]].append(row)
    for person in people:
        counted = [_counted(row["reason_en"]) for row in tasks.pop(person.id, [])]
        if counted != ([wanted[person.id]] if wanted[person.id] else []):
            found.effects.append(f"person {person.number}: tasks count {counted}, sent were {wanted[person.id]}")
    found.effects += [f"a task of a person whom nobody sent: {each}" for each in tasks]


def _counted(reason: str) -> int:
    several = re.search(r", (\d+) times since", reason)
    return int(several[1]) if several else 1


def compare(
    connection: psycopg.Connection, told: Sequence[Told], people: Sequence[Person], *, effects: bool = True
) -> Differences:
    """Compare the whole database with all journals; with `effects` also marks, receipts and tasks."""
    found = Differences(wrong_answers=[line for each in told for line in each.wrong])
    with connection.cursor(row_factory=dict_row) as cursor:
        compare_readings(told, cursor.execute(watching.READINGS).fetchall(), found)
    compare_held(told, _rows(connection, watching.HELD), found)
    if effects:
        compare_effects(connection, told, people, found)
        found.effects += _torn_indexes(connection)
    return found


def compare_effects(
    connection: psycopg.Connection, told: Sequence[Told], people: Sequence[Person], found: Differences
) -> None:
    """Compare what follows from the readings: marks and receipts of their transactions, tasks of people."""
    for meaning, statement in watching.EFFECTS.items():
        found.effects += [f"{meaning}: {tuple(row.values())}" for row in _rows(connection, statement)]
    compare_tasks(told, _rows(connection, watching.CRITICAL_TASKS), people, found)


def _rows(connection: psycopg.Connection, statement: str) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode()).fetchall()


def _torn_indexes(connection: psycopg.Connection) -> list[str]:
    """Count each table once by reading it and once by its primary key: a torn index or page shows itself."""
    torn = []
    for (name,) in connection.execute(watching.TABLES_WITH_A_KEY).fetchall():
        count = sql.SQL("SELECT count(*) FROM {} WHERE id IS NOT NULL").format(sql.Identifier(name))
        counted = []
        for settings in watching.WAYS_TO_READ:
            with connection.transaction():
                connection.execute(settings)
                counted.append(connection.execute(count).fetchone())
        if counted[0] != counted[1]:
            torn.append(f"{name}: rows {counted[0]}, by its key {counted[1]}")
    return torn


def blind_spots(told: Sequence[Told], rows: Sequence[Row]) -> list[str]:
    """Damage a copy of the rows in every way there is; return what the comparison would not notice.

    One row taken away, one added again, and one for each column that was sent with another value in it.
    """
    unseen = []

    def damaged(rows: list[Row]) -> dict[str, int]:
        found = Differences()
        compare_readings(told, rows, found)
        return found.counts()

    rows = list(rows)
    if not damaged(rows[1:])["lost"]:
        unseen.append("a row that is gone")
    if not damaged([*rows, rows[0]])["doubled"]:
        unseen.append("a row that is there twice")
    for column in (*SENT_COLUMNS, "alert_tier"):
        counts = damaged([{**rows[0], column: _another(rows[0][column])}, *rows[1:]])
        if not counts["altered"] and not (counts["lost"] and counts["never_sent"]):
            unseen.append(f"another {column}")
    return unseen


def _another(value: object) -> object:
    if isinstance(value, bool | int | float):
        return value + 1
    if isinstance(value, datetime):
        return value.replace(year=value.year - 1)
    return f"{value}x"


def unseen_damages(connection: psycopg.Connection, told: Sequence[Told], people: Sequence[Person]) -> list[str]:
    """Do each damage to the database, look, and take it back; return those that the comparison does not notice."""
    unseen = []
    for damage, statement in watching.DAMAGES.items():
        with connection.transaction(force_rollback=True):
            done = connection.execute(statement.encode())
            if done.rowcount < 1:
                continue  # a run without, say, a held reading has none to lose
            found = Differences()
            compare_held(told, _rows(connection, watching.HELD), found)
            compare_effects(connection, told, people, found)
            if not found:
                unseen.append(damage)
    return unseen
