"""The rule sets as they are shown, and what they say of a case that is tried. Pure: nothing is read or stored."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from cmc.clinical.codes import GlucoseFlag, GlucosePeriod
from cmc.clinical.glucose import bound_contradicts, bound_umol_l
from cmc.clinical.units import GlucoseUnit, glucose_to_umol_l
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.errors import FieldError, Invalid, NotFound
from cmc.followups.rulebook.schemas import (
    CaseIn,
    ChangeOut,
    EvaluationOut,
    RuleOut,
    RuleSetBrief,
    RuleSetList,
    RuleSetOut,
    ThresholdOut,
)
from cmc.followups.rules import judge, rule_words, rulesets
from cmc.followups.rules.advice import AdviceFacts, advise
from cmc.followups.rules.judgement import Judgement
from cmc.followups.rules.rulesets import RuleSet, RuleSetKind
from cmc.followups.visit_answers import AdviceOut

_SAME: Final = (
    "age_years", "sbp_mmhg", "dbp_mmhg", "fasting_glucose_flag", "other_glucose_flag", "sudden_abnormality",
    "pregnant_or_lactating", "unmanageable_illness", "adverse_reaction", "hypoglycaemia", "new_complication",
    "worse_complication", "foot_pulse", "previous_foot_pulse", "new_foot_ulcer", "new_visual_loss", "new_proteinuria",
    "previous_classification", "previous_action",
)  # fmt: skip


def listed(*, on: date) -> RuleSetList:
    """Return every version of every rule set; `on` says which are in force."""
    return RuleSetList(items=[RuleSetBrief(**_brief(each, on)) for each in rulesets.RULESETS])


def shown(version: str, *, on: date) -> RuleSetOut:
    """Return one version in full. Raises `NotFound`."""
    try:
        found = rulesets.by_version(version)
    except KeyError as error:
        raise NotFound("no such rule set") from error
    before = rulesets.former(found)
    return RuleSetOut(
        **_brief(found, on),
        former=before.version if before else None,
        changes=[ChangeOut(key=each.key, before=each.before, after=each.after) for each in rulesets.changes(found)],
        thresholds=[
            ThresholdOut(key=each.key, rule=each.rule, text=each.text, value=each.value, unit=each.unit)
            for each in found.thresholds
        ],
        rules=[RuleOut(rule=each.rule, text=each.text) for each in found.rules],
    )


def evaluate(wanted: CaseIn) -> EvaluationOut:
    """Return what the rules say of a case, by the code that judges visits. Raises `Invalid` with each wrong field."""
    faults = _faults(wanted)
    if faults:
        raise Invalid(errors=tuple(faults))
    in_force = {each.kind: each for each in rulesets.in_force(wanted.on)}
    guideline = rulesets.by_version(wanted.guideline) if wanted.guideline else in_force[RuleSetKind.GUIDELINE]
    visit = _facts(wanted)
    judged = judge(wanted.disease, visit, wanted.on)
    advice = advise(judged, visit, _advice_facts(wanted), guideline)
    return _answer(judged, guideline, [AdviceOut.model_validate(each.plain()) for each in advice])


def _answer(judged: Judgement, guideline: RuleSet, advice: list[AdviceOut]) -> EvaluationOut:
    classification = judged.classification
    words = rule_words.STATUTORY
    return EvaluationOut(
        ruleset=judged.ruleset_id,
        guideline=guideline.version,
        classification=classification,
        classification_text=classification.text if classification else None,
        controlled=judged.controlled,
        action=judged.action,
        action_text=judged.action.text,
        referral_reason=judged.referral_reason,
        emergency_codes=[each.value for each in judged.emergencies],
        rule_ids=list(judged.rule_ids),
        rules=[RuleOut(rule=each, text=words[each]) for each in judged.rule_ids],
        reasons=list(judged.reasons),
        warnings=list(judged.warnings),
        next_visit_latest_on=judged.next_on_latest,
        inputs=judged.inputs,
        advice=advice,
    )


def _facts(wanted: CaseIn) -> VisitFacts:
    same: dict[str, Any] = {name: getattr(wanted, name) for name in _SAME}
    return VisitFacts(
        fasting_glucose_umol_l=_umol_l(wanted.fasting_glucose_mmol_l, wanted.fasting_glucose_flag),
        other_glucose_umol_l=_umol_l(wanted.other_glucose_mmol_l, wanted.other_glucose_flag),
        other_glucose_period=wanted.other_glucose_period or GlucosePeriod.RANDOM,
        heart_rate_per_min=wanted.heart_rate_bpm,
        temperature_celsius=wanted.temperature_c,
        danger_symptoms=frozenset(wanted.danger_signs),
        **same,
    )


def _umol_l(value: Any, flag: GlucoseFlag | None) -> int | None:
    given = None if value is None else glucose_to_umol_l(value, GlucoseUnit.MMOL_L)
    return given if flag is None else bound_umol_l(flag, given)


def _advice_facts(wanted: CaseIn) -> AdviceFacts:
    last = None if wanted.hba1c_percent is None else (wanted.hba1c_percent, wanted.hba1c_on or wanted.on)
    return AdviceFacts(
        diseases=frozenset({wanted.disease, *wanted.managed}),
        medicines=None if wanted.medicines is None else tuple(wanted.medicines),
        first_visit=wanted.first_visit,
        above_target_since=wanted.above_target_since,
        last_hba1c=last,
    )


def _faults(wanted: CaseIn) -> list[FieldError]:
    found = []
    for name, kind in (("ruleset", RuleSetKind.STATUTORY), ("guideline", RuleSetKind.GUIDELINE)):
        allowed = [each.version for each in rulesets.RULESETS if each.kind is kind]
        if getattr(wanted, name) not in {None, *allowed}:
            found.append(FieldError(f"/{name}", "not_in_list", f"one of {', '.join(allowed)}"))
    if wanted.other_glucose_period is GlucosePeriod.FASTING:
        words = "a fasting value belongs in fasting_glucose_mmol_l (GLU-01)"
        found.append(FieldError("/other_glucose_period", "not_expected", words))
    for name in ("fasting_glucose", "other_glucose"):
        value, flag = getattr(wanted, f"{name}_mmol_l"), getattr(wanted, f"{name}_flag")
        if flag is not None and value is not None:
            bound = _umol_l(value, flag)
            if bound is not None and bound_contradicts(flag, bound):
                words = "beside HI and LO stands the meter's limit; leave it out (GLU-03)"
                found.append(FieldError(f"/{name}_mmol_l", "contradiction", words))
    for name in ("above_target_since", "hba1c_on"):
        day = getattr(wanted, name)
        if day is not None and day > wanted.on:
            found.append(FieldError(f"/{name}", "out_of_range", "must not lie after the visit"))
    return found


def _brief(each: RuleSet, on: date) -> dict[str, Any]:
    return {
        "version": each.version,
        "kind": each.kind,
        "title": each.title,
        "source": each.source,
        "effective_from": each.effective_from,
        "effective_until": rulesets.effective_until(each),
        "in_force": each in rulesets.in_force(on),
    }
