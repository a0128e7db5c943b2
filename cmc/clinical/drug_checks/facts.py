"""What the medicine checks see of a person, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cmc.clinical.conditions import Condition
from cmc.clinical.medicines import DrugClass, Ingredient, Medicine
from cmc.clinical.reasons import Reason
from cmc.core.named import NamedStr


class DrugLevel(NamedStr):
    """How much a finding weighs."""

    OK = "OK", "未见问题", "Nothing found"
    WARN = "WARN", "提示注意", "Take care"
    BLOCK = "BLOCK", "禁止", "Blocked"

    @property
    def rank(self) -> int:
        """0, 1, 2: a greater number weighs more."""
        return list(DrugLevel).index(self)


class Override(NamedStr):
    """Who may go on in spite of a finding."""

    ANYONE = "ANYONE", "知悉即可", "To be read"
    DOCTOR = "DOCTOR", "医生说明理由", "A doctor, with a reason"
    TWO_PEOPLE = "TWO_PEOPLE", "两人核对并说明理由", "Two people, with a reason"


class MetforminProfile(NamedStr):
    """Which eGFR limits hold for metformin (DRUG-10)."""

    CN = "CN", "中国指南和说明书", "Chinese guideline and label"
    INTERNATIONAL = "INTERNATIONAL", "国际", "International"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrugFacts:
    """A person as the checks see them. None means not known; conditions are those known to hold.

    Age in completed years, eGFR in mL/min/1.73 m², potassium in mmol/L with the days since it was taken, the rise of
    creatinine in percent over at most 4 weeks, heart rate per minute, the fall of the systolic pressure on standing
    in mmHg, the number of glucose values at or below 3.9 mmol/L lately, hours since the last dose of an ACE inhibitor
    that is no longer on the list. `allergies` are names of medicines, ingredients or classes as recorded.
    """

    age_years: int | None = None
    conditions: frozenset[Condition] = frozenset()
    allergies: tuple[str, ...] = ()
    egfr: Decimal | None = None
    potassium_mmol_l: Decimal | None = None
    potassium_days_ago: int | None = None
    creatinine_rise_percent: Decimal | None = None
    heart_rate_per_min: int | None = None
    orthostatic_fall_mmhg: int | None = None
    low_glucose_events: int | None = None
    hours_since_acei: Decimal | None = None
    metformin_profile: MetforminProfile = MetforminProfile.CN


@dataclass(frozen=True, slots=True)
class DrugFinding:
    """One finding: its level, the reason with the rule's ID, the medicines and the facts it was drawn from."""

    level: DrugLevel
    reason: Reason
    medicines: tuple[str, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    override: Override = Override.ANYONE


@dataclass(frozen=True, slots=True)
class Prescription:
    """The medicines of a person, new and running together, as the catalogue knows them."""

    medicines: tuple[Medicine, ...]

    def of(self, *classes: DrugClass) -> tuple[Medicine, ...]:
        """The medicines with an ingredient of one of the classes."""
        return tuple(each for each in self.medicines if each.has(*classes))

    def with_ingredient(self, *codes: str) -> tuple[Medicine, ...]:
        """The medicines that hold one of the ingredients, hidden or not."""
        return tuple(each for each in self.medicines if any(part.code in codes for part in each.ingredients))

    def parts(self) -> tuple[tuple[Medicine, Ingredient], ...]:
        """Every ingredient with the medicine it comes in."""
        return tuple((each, part) for each in self.medicines for part in each.ingredients)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one check says: findings, and what it could not look at for want of a fact."""

    findings: tuple[DrugFinding, ...] = ()
    not_checked: tuple[Reason, ...] = ()
