"""How a check writes a finding: level, words, medicines and inputs in one call."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cmc.clinical.conditions import Condition
from cmc.clinical.drug_checks.facts import DrugFinding, DrugLevel, Override
from cmc.clinical.medicines import Medicine
from cmc.clinical.reasons import because
from cmc.core.text import Text


def block(rule: str, medicines: Iterable[Medicine], zh: str, en: str, **inputs: object) -> DrugFinding:
    """A finding that only a doctor with a reason may pass."""
    return _finding(DrugLevel.BLOCK, Override.DOCTOR, rule, medicines, zh, en, inputs)


def block_for_two(rule: str, medicines: Iterable[Medicine], zh: str, en: str, **inputs: object) -> DrugFinding:
    """A finding that needs two people to pass (an allergy)."""
    return _finding(DrugLevel.BLOCK, Override.TWO_PEOPLE, rule, medicines, zh, en, inputs)


def warn(rule: str, medicines: Iterable[Medicine], zh: str, en: str, **inputs: object) -> DrugFinding:
    """A finding to be read."""
    return _finding(DrugLevel.WARN, Override.ANYONE, rule, medicines, zh, en, inputs)


def names(medicines: Iterable[Medicine]) -> Text:
    """The medicines' names, for a sentence."""
    listed = list(medicines)
    return Text("、".join(each.text.zh for each in listed), ", ".join(each.text.en for each in listed))


def held(conditions: Iterable[Condition]) -> Text:
    """The conditions' names, for a sentence."""
    listed = sorted(conditions)
    return Text("、".join(each.text.zh for each in listed), ", ".join(each.text.en for each in listed))


def _finding(
    level: DrugLevel,
    override: Override,
    rule: str,
    medicines: Iterable[Medicine],
    zh: str,
    en: str,
    inputs: dict[str, object],
) -> DrugFinding:
    listed = tuple(medicines)
    named = names(listed)
    return DrugFinding(
        level,
        because(rule, f"{named.zh}：{zh}", f"{named.en}: {en}"),
        tuple(each.code for each in listed),
        {key: _plain(value) for key, value in sorted(inputs.items())},
        override,
    )


def _plain(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
