"""What became of every resource: counts by type and code, with the reason; nobody is named. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cmc.core.named import NamedStr
from cmc.exchange.fhir.bundle import Resource, codings, words
from cmc.exchange.fhir.resources import Left


class Fate(NamedStr):
    """What became of a resource."""

    STORED = "stored", "已入库（资源）", "Stored"
    ON_FILE = "on_file", "已有相同内容", "On file already"
    HELD = "held", "待核实（资源）", "Kept aside for a person to look at"
    REFUSED = "refused", "不合规则", "Refused by a rule"
    NOT_TAKEN = "not_taken", "未采用", "Not taken"


class Line(NamedTuple):
    """One line: resources of one type and code with one fate."""

    resource: str
    code: str
    text: str
    fate: Fate
    why: str


@dataclass(slots=True)
class FhirReport:
    """Counts of a run over many bundles."""

    bundles: int = 0
    people: Counter[Fate] = field(default_factory=Counter)
    lines: Counter[Line] = field(default_factory=Counter)

    def note(self, resource: Resource, fate: Fate, why: str = "") -> None:
        """Count a resource; `why` is a code of `Left`, or that of a rule."""
        kind = str(resource.get("resourceType", "?"))
        concept = resource.get("code") or resource.get("medicationCodeableConcept") or resource.get("vaccineCode")
        code = next((code for _, code, _ in codings(concept)), "")
        self.lines[Line(kind, code, words(concept) if code else "", fate, why)] += 1
        if kind == "Patient":
            self.people[fate] += 1

    def totals(self) -> dict[str, dict[str, int]]:
        """Return the counts by type and fate."""
        found: dict[str, dict[str, int]] = {}
        for line, count in self.lines.items():
            of = found.setdefault(line.resource, {})
            of[line.fate.value] = of.get(line.fate.value, 0) + count
        return {kind: found[kind] for kind in sorted(found)}

    def as_json(self) -> dict[str, Any]:
        """Return the whole report as plain values."""
        rows = [
            {"resource": line.resource, "code": line.code, "text": line.text, "fate": line.fate.value, "why": line.why,
             "words": told(line.why), "count": count}
            for line, count in sorted(self.lines.items())
        ]  # fmt: skip
        people = {fate.value: count for fate, count in sorted(self.people.items())}
        return {"bundles": self.bundles, "people": people, "totals": self.totals(), "lines": rows}

    def as_text(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        yield f"{self.bundles} bundles"
        for kind, counts in self.totals().items():
            yield f"{kind}: " + ", ".join(f"{Fate(fate).text.en.lower()} {count}" for fate, count in counts.items())
            for line, count in sorted(self.lines.items()):
                if line.resource == kind:
                    why = f" — {told(line.why)}" if line.why else ""
                    name = " ".join(each for each in (line.code, line.text) if each) or "(no code)"
                    yield f"  {count:>5}  {line.fate.text.en}  {name}{why}"


def told(why: str) -> str:
    """Return a reason in words: that of `Left`, else the code of the rule."""
    code, _, more = why.partition(" ")
    known = next((each for each in Left if each.value == code), None)
    return why if known is None else f"{known.text.en}{f' ({more})' if more else ''}"
