"""The follow-up rules: one pure module per programme. A new programme is one file and one entry in `PROGRAMMES`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from cmc.clinical.codes import Disease
from cmc.clinical.visit_facts import VisitFacts
from cmc.followups.rules import diabetes, hypertension
from cmc.followups.rules.judgement import STANDARD, Judgement, Programme, Rhythm
from cmc.followups.rules.validity import missing_fields_of

PROGRAMMES: Final[tuple[Programme, ...]] = (
    hypertension.PROGRAMME,
    diabetes.PROGRAMME,
)


def programme_of(disease: Disease) -> Programme:
    """The programme of a disease. Raises KeyError when it has none."""
    for programme in PROGRAMMES:
        if programme.disease is disease:
            return programme
    raise KeyError(disease.value)


def judge(disease: Disease, facts: VisitFacts, on: date, rhythm: Rhythm = STANDARD) -> Judgement:
    """Judge one visit of the local date `on` for one disease. Raises KeyError when the disease has no programme."""
    return programme_of(disease).judge(facts, on, rhythm)


def missing_fields(record: Mapping[str, object], disease: Disease) -> tuple[str, ...]:
    """The fields a record must still carry to count as a follow-up of the disease (FU-VALID-01)."""
    return missing_fields_of(programme_of(disease), record)
