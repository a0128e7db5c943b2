"""The rule sets of follow-ups: which version holds from which day, what it says, how it differs from the one before.

Two families stand beside one another and never stand for one another (GEN-01): the statutory programme judges a visit,
the primary-care guideline advises. A visit keeps the versions that it was judged and advised by (GEN-02). The numbers
shown here are the constants that the rules compare with. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from cmc.clinical.blood_pressure import CONTROL_LIMITS, ControlLimit, ControlStandard
from cmc.core.named import NamedStr
from cmc.core.text import Text
from cmc.followups.rules import rule_words, thresholds
from cmc.followups.rules.judgement import RULESET_ID
from cmc.followups.rules.thresholds import Edition, Threshold


class RuleSetKind(NamedStr):
    """What a rule set is for."""

    STATUTORY = "statutory", "国家规范（判定）", "National programme: judges"
    GUIDELINE = "guideline", "基层指南（建议）", "Primary-care guideline: advises"


@dataclass(frozen=True, slots=True)
class RuleText:
    """What one rule says."""

    rule: str
    text: Text


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of a family. It holds from `effective_from` until the next version of its family does."""

    version: str
    kind: RuleSetKind
    title: Text
    source: Text
    effective_from: date
    thresholds: tuple[Threshold, ...]
    rules: tuple[RuleText, ...]
    edition: Edition | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference from the former version; None where there was nothing, or is nothing any more."""

    key: str
    before: str | None
    after: str | None


_OF_2020: Final = Edition(
    targets=(ControlLimit(0, 140, 90), ControlLimit(65, 150, 90)),
    tolerated=ControlLimit(65, 140, 90),
    with_diabetes=ControlLimit(0, 130, 80),
)
_OF_2025: Final = Edition(
    targets=CONTROL_LIMITS[ControlStandard.TARGET_2025_130_80], tolerated=ControlLimit(80, 140, 90), with_diabetes=None
)


def _words(table: dict[str, Text]) -> tuple[RuleText, ...]:
    return tuple(RuleText(rule, text) for rule, text in table.items())


RULESETS: Final = (
    RuleSet(
        RULESET_ID,
        RuleSetKind.STATUTORY,
        Text("国家基本公共卫生服务规范（第三版）", "National Basic Public Health Service Specification, third edition"),
        Text("2017年2月28日印发", "issued on 28 February 2017"),
        date(2017, 2, 28),
        thresholds.statutory(),
        _words(rule_words.STATUTORY),
    ),
    RuleSet(
        "CN-PRIMARY-2020",
        RuleSetKind.GUIDELINE,
        Text("国家基层高血压（2020）与糖尿病防治管理指南", "Primary-care guidelines: hypertension 2020, diabetes"),
        Text("2020年版；按2020年1月1日起施行", "edition of 2020; held from 1 January 2020"),
        date(2020, 1, 1),
        thresholds.of_guideline(_OF_2020),
        _words(rule_words.GUIDELINE),
        _OF_2020,
    ),
    RuleSet(
        "CN-PRIMARY-2025",
        RuleSetKind.GUIDELINE,
        Text("国家基层高血压与糖尿病防治管理指南（2025）", "Primary-care guidelines of 2025: hypertension, diabetes"),
        Text("2025年9月发布；按2025年9月1日起施行", "published in September 2025; held from 1 September"),
        date(2025, 9, 1),
        thresholds.of_guideline(_OF_2025),
        _words(rule_words.GUIDELINE),
        _OF_2025,
    ),
)
"""Every version of every family, the older one of a family first."""


def by_version(version: str) -> RuleSet:
    """Return a rule set by its version. Raises KeyError when there is none."""
    for each in RULESETS:
        if each.version == version:
            return each
    raise KeyError(version)


def in_force(on: date) -> tuple[RuleSet, ...]:
    """Return the rule set of each family that holds on a local date; before the first one that one holds."""
    return tuple(_of_kind(kind, on) for kind in RuleSetKind)


def guideline(on: date) -> RuleSet:
    """Return the edition of the guideline that advises on a local date."""
    return _of_kind(RuleSetKind.GUIDELINE, on)


def effective_until(ruleset: RuleSet) -> date | None:
    """Return the first day on which the next version of the family holds; None for the latest."""
    later = [each.effective_from for each in _family(ruleset.kind) if each.effective_from > ruleset.effective_from]
    return min(later, default=None)


def former(ruleset: RuleSet) -> RuleSet | None:
    """Return the version before, of the same family."""
    earlier = [each for each in _family(ruleset.kind) if each.effective_from < ruleset.effective_from]
    return max(earlier, key=lambda each: each.effective_from, default=None)


def changes(ruleset: RuleSet) -> tuple[Change, ...]:
    """Return what differs from the former version, by threshold or rule; empty for the first."""
    before = former(ruleset)
    if before is None:
        return ()
    old, new = dict(_flat(before)), dict(_flat(ruleset))
    keys = dict.fromkeys((*old, *new))
    return tuple(Change(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key))


def _family(kind: RuleSetKind) -> tuple[RuleSet, ...]:
    return tuple(each for each in RULESETS if each.kind is kind)


def _of_kind(kind: RuleSetKind, on: date) -> RuleSet:
    family = _family(kind)
    held = [each for each in family if each.effective_from <= on]
    return held[-1] if held else family[0]


def _flat(ruleset: RuleSet) -> Iterator[tuple[str, str]]:
    for each in ruleset.thresholds:
        yield each.key, f"{each.value} {each.unit}"
    for rule in ruleset.rules:
        yield rule.rule, rule.text.zh
