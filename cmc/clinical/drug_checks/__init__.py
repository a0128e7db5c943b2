"""Checks of a person's medicines (DRUG-01…13): pure functions of the medicines and of what is known of the person.

A check never writes a prescription. It returns a level, a reason with the rule's ID and the inputs; a BLOCK is passed
by a doctor with a reason, an allergy by two people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cmc.clinical.drug_checks import anyone, glucose_lowering, pressure_lowering, renin_angiotensin
from cmc.clinical.drug_checks.facts import (
    Answer,
    DrugFacts,
    DrugFinding,
    DrugLevel,
    MetforminProfile,
    Override,
    Prescription,
)
from cmc.clinical.medicines import find
from cmc.clinical.reasons import Reason

__all__ = [
    "CHECKS",
    "DrugFacts",
    "DrugFinding",
    "DrugLevel",
    "DrugReview",
    "MetforminProfile",
    "Override",
    "review",
]

CHECKS: Final[Mapping[str, Callable[[Prescription, DrugFacts], Answer]]] = MappingProxyType(
    {
        "DRUG-01": renin_angiotensin.double_blockade,
        "DRUG-02": anyone.pregnancy,
        "DRUG-03": renin_angiotensin.raas_safety,
        "DRUG-04": pressure_lowering.beta_blocker,
        "DRUG-05": pressure_lowering.thiazide,
        "DRUG-06": renin_angiotensin.mra_safety,
        "DRUG-07": anyone.duplicates,
        "DRUG-08": renin_angiotensin.triple_kidney_risk,
        "DRUG-09": pressure_lowering.orthostatic,
        "DRUG-10": glucose_lowering.metformin,
        "DRUG-11": glucose_lowering.hypoglycaemia_risk,
        "DRUG-12": glucose_lowering.newer_classes,
        "DRUG-13": anyone.allergies,
    }
)


@dataclass(frozen=True, slots=True)
class DrugReview:
    """All findings, the gravest first, then by rule; what could not be checked; names not in the catalogue."""

    findings: tuple[DrugFinding, ...]
    not_checked: tuple[Reason, ...]
    unknown_medicines: tuple[str, ...]

    @property
    def level(self) -> DrugLevel:
        """The gravest level found. OK says nothing about `not_checked` and `unknown_medicines`."""
        return self.findings[0].level if self.findings else DrugLevel.OK


def review(medicines: Iterable[str], facts: DrugFacts) -> DrugReview:
    """Run every check on all medicines of a person, new and running together, given by name or catalogue code.

    Every medicine stands once: a renewed one takes the place of the running one, else it is a duplicate (DRUG-07).
    """
    written = list(medicines)
    found = [(name, find(name)) for name in written]
    prescription = Prescription(tuple(each for _, each in found if each is not None))
    answers = [check(prescription, facts) for check in CHECKS.values()]
    findings = sorted(
        (each for answer in answers for each in answer.findings), key=lambda each: (-each.level.rank, each.reason.rule)
    )
    return DrugReview(
        tuple(findings),
        tuple(each for answer in answers for each in answer.not_checked),
        tuple(name for name, each in found if each is None),
    )
