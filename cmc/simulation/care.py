"""What else happens in care: laboratory results, medicines, referrals and emergencies of one cell, as tables.

The service keeps these inside of visits today (drugs and results on the form, reasons of referral and criteria of
emergency in the judgement); here each has rows of its own, in order of person and day. People go by their number.
"""

from typing import Final

import numpy as np
import polars as pl

from cmc.clinical.codes import ReferralReason
from cmc.simulation.cells import Drawn
from cmc.simulation.lives import HOSPITALS
from cmc.simulation.people import DISEASES, Real, Whole
from cmc.simulation.plan import Plan, stream
from cmc.simulation.rows import texts
from cmc.simulation.rows.forms import DRUGS
from cmc.simulation.rows.visits import records
from cmc.simulation.visits import Judges

LABORATORY: Final = {
    # name: LOINC code, unit, decimals
    "hba1c": ("4548-4", "%", 1),
    "total_cholesterol": ("2093-3", "mmol/L", 2),
    "triglycerides": ("2571-8", "mmol/L", 2),
    "hdl_cholesterol": ("2085-9", "mmol/L", 2),
    "ldl_cholesterol": ("2089-1", "mmol/L", 2),
    "creatinine": ("14682-9", "umol/L", 0),
    "potassium": ("6298-4", "mmol/L", 1),
    "urine_albumin_creatinine_ratio": ("9318-7", "mg/g", 0),
}
"""The tests that are simulated; all but HbA1c belong to the annual examination."""
_OF_EXAM: Final = tuple(name for name in LABORATORY if name != "hba1c")
_DONE: Final = 0.8


def laboratory(plan: Plan, drawn: Drawn) -> pl.DataFrame:
    """Return results: person, taken_on, test, loinc, value (text with the test's decimals), unit."""
    rng, exam, visit = stream(plan, drawn.cell.number, "laboratory"), drawn.exam, drawn.visit
    tested = np.flatnonzero(visit["hba1c"] >= 0)
    parts = [_results(drawn, visit["who"][tested], visit["day"][tested], "hba1c", visit["hba1c"][tested] / 10)]
    usual = _usual(rng, drawn)
    there = rng.random((len(_OF_EXAM), len(exam["who"]))) < _DONE
    for test, done in zip(_OF_EXAM, there, strict=True):
        who, day = exam["who"][done], exam["day"][done]
        scatter = np.exp(rng.normal(0, 0.06, len(exam["who"])))[done]
        parts.append(_results(drawn, who, day, test, usual[test][who] * scatter))
    return pl.concat(parts).sort("person", "taken_on", "test")


def _usual(rng: np.random.Generator, drawn: Drawn) -> dict[str, Real]:
    """Draw every person's usual values; albumin in urine rises with true pressure and glucose."""
    who, true, count = drawn.who, drawn.true, len(drawn.who)
    ldl = np.clip(rng.normal(2.9, 0.75, count), 0.9, 6.5)
    hdl = np.clip(rng.normal(np.where(who.male, 1.18, 1.36), 0.27, count), 0.6, 2.6)
    triglycerides = np.clip(np.exp(rng.normal(0.42, 0.45, count)), 0.4, 9)
    damage = 0.02 * (true.sbp - 130) + 1.6 * (true.log_fasting - np.log(6)) + rng.normal(0, 0.9, count)
    return {
        "total_cholesterol": ldl + hdl + triglycerides / 2.2,
        "triglycerides": triglycerides,
        "hdl_cholesterol": hdl,
        "ldl_cholesterol": ldl,
        "creatinine": np.clip(np.where(who.male, 80, 63) * np.exp(rng.normal(0, 0.17, count) + 0.06 * damage), 30, 700),
        "potassium": np.clip(rng.normal(4.2, 0.32, count), 2.9, 5.9),
        "urine_albumin_creatinine_ratio": np.clip(11 * np.exp(damage), 2, 4000),
    }


def _results(drawn: Drawn, who: Whole, day: Whole, test: str, value: Real) -> pl.DataFrame:
    code, unit, decimals = LABORATORY[test]
    words = pl.Series([f"{each:.{decimals}f}" for each in value.tolist()], dtype=pl.String)
    return pl.DataFrame({
        "person": pl.Series(drawn.who.number[who]),
        "taken_on": texts.days(day),
        "test": pl.repeat(test, len(who), eager=True),
        "loinc": pl.repeat(code, len(who), eager=True),
        "value": words,
        "unit": pl.repeat(unit, len(who), eager=True),
    })  # fmt: skip


def medicines(drawn: Drawn) -> pl.DataFrame:
    """Return courses of drugs: person, disease, name, times_per_day, dose, started_on (the first visit that has it)."""
    visit = drawn.visit
    parts = []
    for disease, drugs in enumerate(DRUGS):
        treated = visit[("htn", "dm")[disease]] > 0
        for step, (name, times, dose) in enumerate(drugs, start=1):
            has = np.flatnonzero(treated & (visit[f"regimen_{disease}"] >= step))
            who, first = np.unique(visit["who"][has], return_index=True)
            parts.append(pl.DataFrame({
                "person": pl.Series(drawn.who.number[who]),
                "disease": pl.repeat(DISEASES[disease].value, len(who), eager=True),
                "name": pl.repeat(name, len(who), eager=True),
                "times_per_day": pl.repeat(times, len(who), eager=True),
                "dose": pl.repeat(dose, len(who), eager=True),
                "started_on": texts.days(visit["day"][has][first]),
            }))  # fmt: skip
    return pl.concat(parts).sort("person", "disease", "started_on", "name")


def referrals(plan: Plan, drawn: Drawn, judging: Judges) -> pl.DataFrame:
    """Return referrals: person, disease, referred_on, reason, to, seen_on (NULL when the person did not go)."""
    rng, visit, parts = stream(plan, drawn.cell.number, "referrals"), drawn.visit, []
    reasons = [each.value for each in ReferralReason]
    for record in records(visit):
        found = judging.of[record.disease].judgements
        why = [found[case].referral_reason for case in record.case.tolist()]
        reason = np.array([-1 if each is None else reasons.index(each.value) for each in why], dtype=np.int64)
        advised = np.flatnonzero(reason >= 0)
        goes = rng.random(len(reason))[advised] < 0.55
        day = visit["day"][record.own][advised]
        parts.append(pl.DataFrame({
            "person": pl.Series(drawn.who.number[visit["who"][record.own][advised]]),
            "disease": pl.repeat(DISEASES[record.disease].value, len(advised), eager=True),
            "referred_on": texts.days(day),
            "reason": texts.taken(reasons, reason[advised]),
            "to": texts.taken(HOSPITALS, drawn.life.hospital[visit["who"][record.own][advised]]),
            "seen_on": texts.days(np.where(goes, day + rng.integers(0, 12, len(reason))[advised], -1)).set(
                pl.Series(~goes), None
            ),
        }))  # fmt: skip
    return pl.concat(parts).sort("person", "referred_on", "disease")


def emergencies(drawn: Drawn, judging: Judges) -> pl.DataFrame:
    """Return emergencies found at visits: person, disease, happened_on, criteria (rule IDs, separated by spaces)."""
    visit, parts = drawn.visit, []
    for record in records(visit):
        found = judging.of[record.disease].judgements
        criteria = [" ".join(code.value for code in found[case].emergencies) for case in record.case.tolist()]
        own = np.flatnonzero(np.array([bool(each) for each in criteria], dtype=bool))
        parts.append(pl.DataFrame({
            "person": pl.Series(drawn.who.number[visit["who"][record.own][own]]),
            "disease": pl.repeat(DISEASES[record.disease].value, len(own), eager=True),
            "happened_on": texts.days(visit["day"][record.own][own]),
            "criteria": pl.Series([criteria[each] for each in own.tolist()], dtype=pl.String),
        }))  # fmt: skip
    return pl.concat(parts).sort("person", "happened_on", "disease")
