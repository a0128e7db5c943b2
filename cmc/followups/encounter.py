"""What an encounter says, without a database: does it contradict itself, which facts go to the rules, what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cmc.clinical import blood_pressure, glucose
from cmc.clinical.body import bmi
from cmc.clinical.codes import (
    Action,
    Adherence,
    Classification,
    Concern,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
)
from cmc.clinical.periods import completed_years
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.clock import LOCAL
from cmc.core.errors import FieldError
from cmc.followups.rules import missing_fields, validity
from cmc.followups.rules.judgement import Judgement, governing_next_date
from cmc.followups.schemas import FollowupIn

SYMPTOM_FIELD = {Disease.HTN: "hypertension_symptoms", Disease.T2DM: "diabetes_symptoms"}

FORM_FIELDS = frozenset(
    {
        "weight_target_kg",
        "height_cm",
        "waist_cm",
        "temperature_c",
        "other_symptoms",
        "danger_signs",
        "sudden_abnormality",
        "pregnant_or_lactating",
        "unmanageable_illness",
        "foot_pulse_side",
        "irregular_reason",
        "adverse_reaction",
        "adverse_reaction_text",
        "new_complication",
        "worse_complication",
        "new_foot_ulcer",
        "new_visual_loss",
        "new_proteinuria",
        "complication_text",
        "lifestyle",
        "lifestyle_targets",
        "medications",
        "no_medication",
        "insulin",
        "hba1c_percent",
        "hba1c_on",
        "auxiliary_tests",
        "referral",
        "note",
    }
)
"""Fields without a column of their own: kept as they were sent."""

_API_NAME = {"next_on": "next_visit_on", "fasting_glucose_umol_l": "fasting_glucose_mmol_l"}
_FACT_FIELDS = (
    "sbp_mmhg",
    "dbp_mmhg",
    "fasting_glucose_flag",
    "other_glucose_flag",
    "sudden_abnormality",
    "pregnant_or_lactating",
    "unmanageable_illness",
    "adverse_reaction",
    "hypoglycaemia",
    "new_complication",
    "worse_complication",
    "foot_pulse",
    "new_foot_ulcer",
    "new_visual_loss",
    "new_proteinuria",
)


@dataclass(frozen=True, slots=True)
class Before:
    """What the rules look back to: the last follow-up of the disease with a value (FU-CONS-01), the last foot pulse."""

    classification: Classification | None = None
    action: Action | None = None
    foot_pulse: FootPulse | None = None


NOTHING_BEFORE = Before()


def faults(wanted: FollowupIn, *, now: datetime) -> list[FieldError]:
    """Return where the encounter contradicts itself or lies in the future of `now`; empty when nowhere."""
    return [
        *_time_faults(wanted, now),
        *_pressure_faults(wanted),
        *_glucose_faults(wanted),
        *_symptom_faults(wanted),
        *_body_faults(wanted),
        *_medicine_faults(wanted),
        *_text_faults(wanted),
    ]


def facts(wanted: FollowupIn, birth_date: date, before: Before) -> VisitFacts:
    """Return the encounter as the rules see it; the visit must not lie before the birth."""
    same: dict[str, Any] = {name: getattr(wanted, name) for name in _FACT_FIELDS}
    return VisitFacts(
        age_years=completed_years(birth_date, wanted.visited_on),
        fasting_glucose_umol_l=fasting_umol_l(wanted),
        other_glucose_umol_l=other_umol_l(wanted),
        other_glucose_period=other_period(wanted) or GlucosePeriod.RANDOM,
        heart_rate_per_min=wanted.heart_rate_bpm,
        temperature_celsius=wanted.temperature_c,
        danger_symptoms=frozenset(wanted.danger_signs),
        previous_classification=before.classification,
        previous_action=before.action,
        previous_foot_pulse=before.foot_pulse,
        **same,
    )


def fasting_umol_l(wanted: FollowupIn) -> int | None:
    """The fasting value in µmol/L; beside HI or LO the meter's limit (GLU-03)."""
    return _umol_l(wanted.fasting_glucose_mmol_l, wanted.fasting_glucose_flag)


def other_umol_l(wanted: FollowupIn) -> int | None:
    """The other value in µmol/L; beside HI or LO the meter's limit (GLU-03)."""
    return _umol_l(wanted.other_glucose_mmol_l, wanted.other_glucose_flag)


def other_period(wanted: FollowupIn) -> GlucosePeriod | None:
    """The period of the other value, RANDOM when it was not told; None without a value."""
    if other_umol_l(wanted) is None:
        return None
    return wanted.other_glucose_period or GlucosePeriod.RANDOM


def symptoms(wanted: FollowupIn, disease: Disease) -> list[int] | None:
    """The symptom codes of one disease's form, sorted, once each; None when the question was not answered."""
    codes = getattr(wanted, SYMPTOM_FIELD[disease])
    return sorted({int(code) for code in codes}) if codes else None


def next_visit_faults(wanted: FollowupIn, judgements: Iterable[Judgement]) -> list[FieldError]:
    """Return why the wished next date is not permitted by the stricter of the judgements (FU-NEXT-01, FU-BOTH-01)."""
    chosen = wanted.next_visit_on
    if chosen is None:
        return []
    if chosen <= wanted.visited_on:
        return [FieldError("/next_visit_on", "not_after_visit", "must lie after the visit (FU-NEXT-01)")]
    judged = list(judgements)
    if all(judgement.permits_next(chosen) for judgement in judged):
        return []
    latest = governing_next_date(judged)
    return [FieldError("/next_visit_on", "too_late", f"must not be later than {latest} after this visit (FU-NEXT-01)")]


def missing(wanted: FollowupIn, judgement: Judgement, next_visit_on: date) -> list[str]:
    """Return the fields, by their names here, that the record needs to count as a follow-up (FU-VALID-01)."""
    record = {
        **{name: getattr(wanted, name) for name in FollowupIn.model_fields},
        "symptoms": symptoms(wanted, judgement.disease),
        "classification": judgement.classification,
        "fasting_glucose_umol_l": fasting_umol_l(wanted),
        "other_glucose_umol_l": other_umol_l(wanted),
        "next_on": next_visit_on,
    }
    return missing_by_name(record, judgement.disease)


def missing_by_name(record: Mapping[str, object], disease: Disease) -> list[str]:
    """Return what a record lacks to count (FU-VALID-01): `rules.missing_fields` by the names of the API."""
    names = {**_API_NAME, "symptoms": SYMPTOM_FIELD[disease]}
    return [names.get(name, name) for name in missing_fields(record, disease)]


def _umol_l(value: Any, flag: GlucoseFlag | None) -> int | None:
    given = None if value is None else glucose_to_umol_l(value, GlucoseUnit.MMOL_L)
    return given if flag is None else glucose.bound_umol_l(flag, given)


def _time_faults(wanted: FollowupIn, now: datetime) -> list[FieldError]:
    local = now.astimezone(LOCAL)
    if wanted.visited_on > local.date():
        return [FieldError("/visited_on", validity.VisitDateProblem.FUTURE.value, "must not lie in the future")]
    later_today = wanted.visited_time is not None and wanted.visited_time > local.time()
    if wanted.visited_on == local.date() and later_today:
        return [FieldError("/visited_time", validity.VisitDateProblem.FUTURE.value, "must not lie in the future")]
    return []


def _pressure_faults(wanted: FollowupIn) -> list[FieldError]:
    sbp, dbp = wanted.sbp_mmhg, wanted.dbp_mmhg
    if sbp is None or dbp is None:
        absent = "/sbp_mmhg" if sbp is None else "/dbp_mmhg"
        return [] if sbp is dbp else [FieldError(absent, "missing", "a blood pressure has two values")]
    found = blood_pressure.concerns(sbp, dbp)
    if Concern.NOT_ABOVE_DIASTOLIC in found:
        return [FieldError("/dbp_mmhg", "not_below_systolic", "must be below the systolic pressure (BP-01)")]
    if Concern.NARROW_PULSE_PRESSURE in found:
        return [FieldError("/dbp_mmhg", "narrow_pulse_pressure", "must be 10 mmHg or more below the systolic (BP-01)")]
    return []


def _glucose_faults(wanted: FollowupIn) -> list[FieldError]:
    found = []
    other = other_umol_l(wanted) is not None
    if wanted.other_glucose_period is GlucosePeriod.FASTING:
        words = "a fasting value belongs in fasting_glucose_mmol_l (GLU-01)"
        found.append(FieldError("/other_glucose_period", "not_expected", words))
    for name, flag, bound in (
        ("fasting_glucose_mmol_l", wanted.fasting_glucose_flag, fasting_umol_l(wanted)),
        ("other_glucose_mmol_l", wanted.other_glucose_flag, other_umol_l(wanted)),
    ):
        if flag is not None and bound is not None and glucose.bound_contradicts(flag, bound):
            words = "beside HI (16.7 or more) and LO (3.9 or less) stands the meter's limit; leave it out (GLU-03)"
            found.append(FieldError(f"/{name}", "contradiction", words))
    if wanted.other_glucose_period is not None and not other:
        found.append(FieldError("/other_glucose_mmol_l", "missing", "the period needs its value"))
    return found


def _symptom_faults(wanted: FollowupIn) -> list[FieldError]:
    found = []
    if len(set(wanted.diseases)) < len(wanted.diseases):
        found.append(FieldError("/diseases/1", "duplicate", "name each disease once"))
    for disease, field in SYMPTOM_FIELD.items():
        codes = getattr(wanted, field)
        if codes and disease not in wanted.diseases:
            found.append(FieldError(f"/{field}", "not_expected", f"{disease.value} is not among the diseases"))
        if codes and not validity.symptoms_consistent(codes):
            found.append(FieldError(f"/{field}", "contradiction", "1 (no symptoms) excludes every other code"))
    if wanted.foot_pulse_side is not None and wanted.foot_pulse in {None, FootPulse.NORMAL}:
        found.append(FieldError("/foot_pulse_side", "not_expected", "only a weak or absent pulse has a side"))
    return found


def _text_faults(wanted: FollowupIn) -> list[FieldError]:
    found = []
    if wanted.adverse_reaction_text is not None and not wanted.adverse_reaction:
        found.append(FieldError("/adverse_reaction", "contradiction", "a reaction is described but not reported"))
    complications = ("new_complication", "worse_complication", "new_foot_ulcer", "new_visual_loss", "new_proteinuria")
    if wanted.complication_text is not None and not any(getattr(wanted, name) for name in complications):
        found.append(FieldError("/new_complication", "contradiction", "a complication is described but not reported"))
    return found


def _body_faults(wanted: FollowupIn) -> list[FieldError]:
    """Weight and height must make a body-mass index from 10 to 60 kg/m²: else one of them is in another unit."""
    found = []
    for name in ("weight_kg", "weight_target_kg"):
        weight = getattr(wanted, name)
        if weight is not None and wanted.height_cm is not None and not 10 <= bmi(weight, wanted.height_cm) <= 60:
            words = "with this height the body-mass index must lie between 10 and 60: kilograms and centimetres"
            found.append(FieldError(f"/{name}", "contradiction", words))
    return found


def _medicine_faults(wanted: FollowupIn) -> list[FieldError]:
    found = []
    if wanted.no_medication and (wanted.medications or wanted.insulin):
        found.append(FieldError("/no_medication", "contradiction", "medications are listed"))
    if wanted.irregular_reason is not None and wanted.adherence in {None, Adherence.REGULAR}:
        words = "a reason goes with medicines that are not taken regularly"
        found.append(FieldError("/irregular_reason", "not_expected", words))
    if wanted.hba1c_on is not None and wanted.hba1c_percent is None:
        found.append(FieldError("/hba1c_percent", "missing", "the day needs its result"))
    if wanted.hba1c_on is not None and wanted.hba1c_on > wanted.visited_on:
        found.append(FieldError("/hba1c_on", "out_of_range", "must not lie after the visit"))
    for name in ("insulin", "hba1c_percent"):
        if getattr(wanted, name) is not None and Disease.T2DM not in wanted.diseases:
            found.append(FieldError(f"/{name}", "not_expected", "a field of the diabetes form"))
    return found
