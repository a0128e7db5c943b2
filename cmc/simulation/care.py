"""What else happens in care: laboratory results, medicines, referrals and emergencies of one cell, as tables.

The service keeps most of these inside of visits (drugs and HbA1c on the form, reasons of referral and criteria of
emergency in the judgement); here each has rows of its own, in order of person and day. People go by their number.
"""

import numpy as np
import polars as pl

from cmc.clinical.codes import ReferralReason
from cmc.simulation.cells import Drawn
from cmc.simulation.laboratory import LABORATORY, of_exams
from cmc.simulation.lives import HOSPITALS
from cmc.simulation.people import DISEASES, Real, Whole
from cmc.simulation.plan import Plan, stream
from cmc.simulation.rows import texts
from cmc.simulation.rows.forms import DRUGS
from cmc.simulation.rows.visits import records
from cmc.simulation.visits import Judges


def laboratory(plan: Plan, drawn: Drawn) -> pl.DataFrame:
    """Return results: person, taken_on, test, loinc, value (text with the test's decimals), unit."""
    exam, visit = drawn.exam, drawn.visit
    tested = np.flatnonzero(visit["hba1c"] >= 0)
    parts = [_results(drawn, visit["who"][tested], visit["day"][tested], "hba1c", visit["hba1c"][tested] / 10)]
    for test, each in of_exams(plan, drawn.cell, drawn.who, drawn.true, exam).items():
        parts.append(_results(drawn, exam["who"][each.done], exam["day"][each.done], test, each.value[each.done]))
    return pl.concat(parts).sort("person", "taken_on", "test")


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
