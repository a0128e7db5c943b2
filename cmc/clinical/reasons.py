"""A reason of a judgement: the rule that it follows and the finding in words."""

from __future__ import annotations

from dataclasses import dataclass

from cmc.core.text import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was found: the rule's ID and the finding in both languages."""

    rule: str
    text: Text


def because(rule: str, zh: str, en: str) -> Reason:
    """A reason from its words."""
    return Reason(rule, Text(zh, en))
