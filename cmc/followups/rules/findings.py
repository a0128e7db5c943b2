"""Findings that weigh alike in both programmes, in words."""

from __future__ import annotations

from cmc.clinical.visit_facts import VisitFacts
from cmc.core.text import Text


def adverse_reactions(facts: VisitFacts) -> tuple[Text, ...]:
    """An adverse drug reaction reported at the visit (HTN-FU-06, DM-FU-06)."""
    return (Text("药物不良反应", "adverse drug reaction"),) if facts.adverse_reaction else ()


def new_complications(facts: VisitFacts) -> tuple[Text, ...]:
    """A complication that is new at this visit (HTN-FU-06, DM-FU-06)."""
    return (Text("新发并发症", "new complication"),) if facts.new_complication else ()


def worse_complications(facts: VisitFacts) -> tuple[Text, ...]:
    """A known complication that became worse (HTN-FU-06, DM-FU-06)."""
    return (Text("原有并发症加重", "known complication worse"),) if facts.worse_complication else ()
