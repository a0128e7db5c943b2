"""Many visits judged at once are judged exactly as one by one, whatever was found and whoever is the neighbour."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmc.clinical.codes import (
    Action,
    Classification,
    DangerSymptom,
    Disease,
    FootPulse,
    GlucoseFlag,
    GlucosePeriod,
    Hypoglycaemia,
)
from cmc.followups.rules import VisitFacts, judge
from cmc.followups.rules.judgement import Rhythm
from cmc.followups.rules.vectorised import CODINGS, VectorisedJudge, columns

ON = date(2026, 3, 2)


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def member(members: type[Enum]) -> st.SearchStrategy[Any]:
    return perhaps(st.sampled_from(list(members)))


def near(*limits: int, step: int = 1) -> st.SearchStrategy[int]:
    """Any value, and the values on both sides of a limit more often."""
    close = [limit + offset * step for limit in limits for offset in (-1, 0, 1)]
    return st.sampled_from(close) | st.integers(min(close) * 8 // 10, max(close) * 12 // 10)


GLUCOSE = near(3900, 6100, 7000, 7800, 16700, step=100)
VISITS = st.builds(
    VisitFacts,
    age_years=near(65, 80),
    sbp_mmhg=perhaps(near(140, 150, 180)),
    dbp_mmhg=perhaps(near(90, 110)),
    fasting_glucose_umol_l=perhaps(GLUCOSE),
    fasting_glucose_flag=member(GlucoseFlag),
    other_glucose_umol_l=perhaps(GLUCOSE),
    other_glucose_flag=member(GlucoseFlag),
    other_glucose_period=st.sampled_from([each for each in GlucosePeriod if each is not GlucosePeriod.FASTING]),
    heart_rate_per_min=perhaps(near(100)),
    temperature_celsius=perhaps(near(390).map(lambda tenths: Decimal(tenths).scaleb(-1))),
    danger_symptoms=st.frozensets(st.sampled_from(list(DangerSymptom)), max_size=3),
    sudden_abnormality=st.booleans(),
    pregnant_or_lactating=st.booleans(),
    unmanageable_illness=st.booleans(),
    adverse_reaction=st.booleans(),
    hypoglycaemia=member(Hypoglycaemia),
    new_complication=st.booleans(),
    worse_complication=st.booleans(),
    foot_pulse=member(FootPulse),
    previous_foot_pulse=member(FootPulse),
    new_foot_ulcer=st.booleans(),
    new_visual_loss=st.booleans(),
    new_proteinuria=st.booleans(),
    previous_classification=member(Classification),
    previous_action=member(Action),
)
QUIET = st.builds(  # the visit of every day: a value, what was before, and nothing else
    VisitFacts,
    age_years=near(65, 80),
    sbp_mmhg=perhaps(near(140, 150, 180)),
    dbp_mmhg=perhaps(near(90, 110)),
    fasting_glucose_umol_l=perhaps(GLUCOSE),
    heart_rate_per_min=perhaps(near(100)),
    foot_pulse=member(FootPulse),
    previous_foot_pulse=member(FootPulse),
    previous_classification=member(Classification),
    previous_action=member(Action),
)
DAYS = st.dates(date(2019, 1, 1), date(2029, 12, 31))
RHYTHMS = st.builds(Rhythm, routine_days=st.integers(15, 93), any_two_refer=st.booleans())


@pytest.mark.parametrize("disease", list(Disease))
@given(visits=st.lists(st.tuples(QUIET | VISITS, DAYS), min_size=1, max_size=25), rhythm=RHYTHMS)
@settings(max_examples=300, deadline=None)
def test_many_visits_are_judged_as_each_of_them_alone(
    disease: Disease, visits: list[tuple[VisitFacts, date]], rhythm: Rhythm
) -> None:
    at_once = VectorisedJudge(disease, rhythm)
    for part in (visits[: len(visits) // 2], visits):  # what was met before is no different the second time
        judged = at_once(columns([facts for facts, _ in part]), np.array([on for _, on in part], dtype="datetime64[D]"))
        for (facts, on), case, latest in zip(part, judged.case, judged.next_on_latest.tolist(), strict=True):
            alone, together = judge(disease, facts, on, rhythm), at_once.judgements[case]
            for name in set(alone.__slots__) - {"on", "inputs", "next_on_latest"}:
                assert getattr(together, name) == getattr(alone, name), name
            assert latest == alone.next_on_latest


@given(facts=VISITS)
def test_every_fact_becomes_a_number_and_the_same_fact_again(facts: VisitFacts) -> None:
    numbers = columns([facts])
    assert {name: CODINGS[name].value(int(numbers[name][0])) for name in CODINGS} == {
        name: getattr(facts, name) for name in CODINGS
    }


def test_what_is_not_given_is_not_known() -> None:
    alone = judge(Disease.HTN, VisitFacts(age_years=0), ON)
    at_once = VectorisedJudge(Disease.HTN)
    judged = at_once({}, np.array([ON], dtype="datetime64[D]"))
    assert at_once.judgements[judged.case[0]].reasons == alone.reasons


def test_ordinary_visits_that_differ_in_nothing_the_rules_look_at_are_one_case() -> None:
    at_once = VectorisedJudge(Disease.T2DM)
    visits = [
        VisitFacts(age_years=age, fasting_glucose_umol_l=6500, heart_rate_per_min=rate, sbp_mmhg=sbp, dbp_mmhg=80)
        for age, rate, sbp in ((50, 70, 130), (70, 80, 150), (81, 99, 179))
    ]
    at_once(columns(visits), np.array([ON] * 3, dtype="datetime64[D]"))
    assert len(at_once.judgements) == 1


def test_nobody_at_all_is_judged_without_a_case() -> None:
    at_once = VectorisedJudge(Disease.HTN)
    judged = at_once({}, np.array([], dtype="datetime64[D]"))
    assert (len(judged.case), len(judged.next_on_latest), at_once.judgements) == (0, 0, [])
