"""What was found at one visit: the input of the emergency criteria and of the follow-up rules."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum

from cmc.clinical.codes import (
    Action,
    Classification,
    DangerSymptom,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
)

PlainValue = str | int | bool | None | list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitFacts:
    """One visit as one disease's rules see it. None means not measured or not known; the flags mean "no" by default.

    Age in completed years on the day of the visit (GEN-04). Glucose in µmol/L; with a HI or LO flag the value is only a
    bound and may be missing (GLU-03). `previous_classification` and `previous_action` are those of the last completed
    follow-up of the same disease that carried a value (FU-CONS-01, see `followups.queries.before`). Values are taken
    as plausible: ranges are checked before. Raises ValueError for a negative age or a fasting value given as the other
    glucose.
    """

    age_years: int
    sbp_mmhg: int | None = None
    dbp_mmhg: int | None = None
    fasting_glucose_umol_l: int | None = None
    fasting_glucose_flag: GlucoseFlag | None = None
    other_glucose_umol_l: int | None = None
    other_glucose_flag: GlucoseFlag | None = None
    other_glucose_period: GlucosePeriod = GlucosePeriod.RANDOM
    heart_rate_per_min: int | None = None
    temperature_celsius: Decimal | None = None
    danger_symptoms: frozenset[DangerSymptom] = frozenset()
    sudden_abnormality: bool = False
    pregnant_or_lactating: bool = False
    unmanageable_illness: bool = False
    adverse_reaction: bool = False
    hypoglycaemia: Hypoglycaemia | None = None
    new_complication: bool = False
    worse_complication: bool = False
    foot_pulse: FootPulse | None = None
    previous_foot_pulse: FootPulse | None = None
    new_foot_ulcer: bool = False
    new_visual_loss: bool = False
    new_proteinuria: bool = False
    previous_classification: Classification | None = None
    previous_action: Action | None = None

    def __post_init__(self) -> None:
        if self.age_years < 0:
            raise ValueError("an age is not negative")
        if self.other_glucose_period is GlucosePeriod.FASTING:
            raise ValueError("a fasting value belongs in fasting_glucose_umol_l")

    @property
    def fasting_glucose_known(self) -> bool:
        """A fasting value, or a meter's HI/LO in its place."""
        return self.fasting_glucose_umol_l is not None or self.fasting_glucose_flag is not None

    def plain(self) -> dict[str, PlainValue]:
        """The facts as stored beside a judgement (GEN-02): JSON types only, decimals as text, sets sorted.

        What is left out was not measured, not known or "no", as the defaults here say.
        """
        given = ((field.name, getattr(self, field.name), field.default) for field in fields(self))
        return {name: _plain(value) for name, value, default in given if value != default}


def _plain(value: object) -> PlainValue:
    if isinstance(value, frozenset):
        return sorted(str(member) for member in value)
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (str, int)):
        return value
    return str(value)
