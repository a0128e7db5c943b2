"""What the gateways were told: one file a gateway, only added to, on disk before the next request is sent."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from crash.measuring import Item, Key


@dataclass(slots=True)
class Told:
    """Everything that was acknowledged, and every answer that may never be given."""

    stored: dict[Key, Item] = field(default_factory=dict)
    held: dict[str, Item] = field(default_factory=dict)
    rivals: dict[str, Item] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0
    """Items of answers, repeats among them."""

    @property
    def distinct(self) -> int:
        return len(self.stored) + len(self.held) + len(self.rivals)


class Journal:
    """The append-only journal of one gateway; a line is on disk when `acknowledge` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told = Told()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def acknowledge(self, answers: list[tuple[Item, str]]) -> None:
        """Write down what became of each item of one answered request."""
        lines = b"".join(_line(item, status) for item, status in answers)
        with self._lock:
            os.write(self._handle, lines)
            os.fsync(self._handle)
            for item, status in answers:
                self._note(item, status)
            self.told.acknowledged += len(answers)

    def wrong(self, what: str) -> None:
        """Write down an answer that no fault excuses."""
        with self._lock:
            os.write(self._handle, json.dumps({"wrong": what}).encode() + b"\n")
            self.told.wrong.append(what)

    def close(self) -> None:
        os.close(self._handle)

    def _note(self, item: Item, status: str) -> None:
        told = self.told
        if item.rival:
            expected, known = {"conflict"}, item.text in told.rivals
            told.rivals[item.text] = item
        elif not item.believable:
            expected, known = {"quarantined"}, item.text in told.held
            told.held[item.text] = item
        else:
            known = item.key in told.stored
            expected = {"duplicate", "kept"} if known else {"created", "duplicate", "kept"}
            told.stored[item.key] = item
        if status not in expected:
            again = ", though it was acknowledged before" if known else ""
            told.wrong.append(f"{status} instead of {' or '.join(sorted(expected))}{again}: {item.text}")


def _line(item: Item, status: str) -> bytes:
    return json.dumps({"status": status, "item": item.sent}, ensure_ascii=False).encode() + b"\n"
