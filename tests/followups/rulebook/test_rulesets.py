"""Rule sets have versions that hold from a day on, and a case that is tried is judged as a visit is."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmc.clinical.blood_pressure import ControlLimit
from cmc.clinical.codes import Action, Classification, Disease, FootPulse, Hypoglycaemia
from cmc.clinical.targets import Quantity, TargetFacts, targets
from cmc.followups.rulebook import evaluating
from cmc.followups.rulebook.schemas import EXAMPLE_CASE, CaseIn
from cmc.followups.rules import rule_words, rulesets
from cmc.followups.rules.advice import pressure_target
from cmc.patients.tables import Enrolment, Patient

TODAY = date(2026, 11, 20)
Form = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("on", "versions"),
    [
        (date(2016, 1, 1), ["CN-NBPHS-2017", "CN-PRIMARY-2020"]),  # before the first of a family: the first
        (date(2019, 12, 31), ["CN-NBPHS-2017", "CN-PRIMARY-2020"]),
        (date(2025, 8, 31), ["CN-NBPHS-2017", "CN-PRIMARY-2020"]),
        (date(2025, 9, 1), ["CN-NBPHS-2017", "CN-PRIMARY-2025"]),
        (date(2030, 1, 1), ["CN-NBPHS-2017", "CN-PRIMARY-2025"]),
    ],
)
def test_which_version_holds_on_a_day(on: date, versions: list[str]) -> None:
    assert [each.version for each in rulesets.in_force(on)] == versions


def test_the_edition_of_2025_has_the_targets_that_the_summaries_show() -> None:
    edition = rulesets.by_version("CN-PRIMARY-2025").edition
    assert edition is not None
    for age in (0, 18, 64, 65, 79, 80, 99):
        found = targets(TargetFacts(age_years=age, diseases=frozenset({Disease.HTN})), on=TODAY)
        shown = [found.for_quantity(each) for each in (Quantity.SBP_MMHG, Quantity.DBP_MMHG)]
        limit = pressure_target(edition, age, frozenset({Disease.HTN}), (), TODAY)
        assert [each.high.value for each in shown if each and each.high] == [
            Decimal(limit.sbp_below_mmhg),
            Decimal(limit.dbp_below_mmhg),
        ]


@pytest.mark.parametrize(
    ("version", "age", "diseases", "limit"),
    [
        ("CN-PRIMARY-2020", 64, {Disease.HTN}, ControlLimit(0, 140, 90)),
        ("CN-PRIMARY-2020", 65, {Disease.HTN}, ControlLimit(65, 150, 90)),
        ("CN-PRIMARY-2020", 70, {Disease.HTN, Disease.T2DM}, ControlLimit(0, 130, 80)),
        ("CN-PRIMARY-2025", 79, {Disease.HTN}, ControlLimit(0, 130, 80)),
        ("CN-PRIMARY-2025", 80, {Disease.HTN, Disease.T2DM}, ControlLimit(80, 150, 90)),
    ],
)
def test_the_target_of_each_edition(version: str, age: int, diseases: set[Disease], limit: ControlLimit) -> None:
    edition = rulesets.by_version(version).edition
    assert edition is not None
    assert pressure_target(edition, age, frozenset(diseases), (), TODAY) == limit


def test_versions_are_shown_with_what_changed(client: TestClient) -> None:
    listed = client.get("/v1/rulesets").json()["items"]
    assert [(each["version"], each["in_force"]) for each in listed] == [
        ("CN-NBPHS-2017", True),
        ("CN-PRIMARY-2020", False),
        ("CN-PRIMARY-2025", True),
    ]
    assert [each["effective_until"] for each in listed] == [None, "2025-09-01", None]
    new = client.get("/v1/rulesets/CN-PRIMARY-2025").json()
    assert new["former"] == "CN-PRIMARY-2020"
    changed = {each["key"]: (each["before"], each["after"]) for each in new["changes"]}
    assert changed["htn.target.from_0"] == ("<140/90 mmHg", "<130/80 mmHg")
    assert changed["htn.target.from_65"] == ("<150/90 mmHg", None)
    assert changed["htn.target.from_80"] == (None, "<150/90 mmHg")
    assert "htn.two_drugs" not in changed
    first = client.get("/v1/rulesets/CN-NBPHS-2017").json()
    assert (first["former"], first["changes"]) == (None, [])
    assert {each["key"]: each["value"] for each in first["thresholds"]}["dm.satisfactory"] == "<7.0"
    assert client.get("/v1/rulesets/CN-NBPHS-2009").status_code == 404


def test_every_rule_of_a_set_has_words_in_both_languages() -> None:
    for each in rulesets.RULESETS:
        assert all(rule.text.zh and rule.text.en for rule in each.rules)
        assert {threshold.rule for threshold in each.thresholds} <= {rule.rule for rule in each.rules}
    assert set(rule_words.STATUTORY) >= {"HTN-FU-05", "DM-EM-06", "FU-CONS-03"}


def test_a_case_of_the_documentation(client: TestClient) -> None:
    said = client.post("/v1/rulesets:evaluate", json=EXAMPLE_CASE).json()
    assert (said["classification"], said["action"], said["referral_reason"]) == (
        2,
        "REFER",
        "CONSECUTIVE_UNSATISFACTORY",
    )
    assert [each["rule"] for each in said["rules"]] == said["rule_ids"]
    assert said["next_visit_latest_on"] == "2026-12-04"
    assert (said["ruleset"], said["guideline"]) == ("CN-NBPHS-2017", "CN-PRIMARY-2025")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"ruleset": "CN-PRIMARY-2025"}, "/ruleset"),
        ({"guideline": "CN-NBPHS-2017"}, "/guideline"),
        ({"other_glucose_period": "FASTING", "other_glucose_mmol_l": 7}, "/other_glucose_period"),
        ({"fasting_glucose_flag": "HI", "fasting_glucose_mmol_l": 5}, "/fasting_glucose_mmol_l"),
        ({"hba1c_on": "2026-12-01", "hba1c_percent": 7}, "/hba1c_on"),
        ({"age_years": -1}, "/age_years"),
    ],
)
def test_what_is_no_case(client: TestClient, wrong: dict[str, Any], pointer: str) -> None:
    answer = client.post("/v1/rulesets:evaluate", json=EXAMPLE_CASE | wrong)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


CASE = st.fixed_dictionaries(
    {},
    optional={
        "sbp_mmhg": st.integers(100, 220),
        "fasting_glucose_mmol_l": st.integers(20, 250).map(lambda each: each / 10),
        "other_glucose_mmol_l": st.integers(20, 250).map(lambda each: each / 10),
        "heart_rate_bpm": st.integers(50, 140),
        "danger_signs": st.lists(st.sampled_from(["NAUSEA", "SWEATING"]), unique=True, max_size=2),
        "adverse_reaction": st.booleans(),
        "new_complication": st.booleans(),
        "pregnant_or_lactating": st.booleans(),
        "hypoglycaemia": st.sampled_from([1, 2, 3]),
        "foot_pulse": st.sampled_from([1, 2, 3]),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["htn", "dm", "both"]), CASE, st.integers(0, 3))
def test_what_is_assessed_is_what_is_stored_and_what_the_try_out_says(
    client: TestClient,
    make_patient: Callable[..., Patient],
    make_enrolment: Callable[..., Enrolment],
    form: Form,
    kind: str,
    more: dict[str, Any],
    before: int,
) -> None:
    person = make_patient()
    for disease in Disease:
        make_enrolment(person, disease)
    for place in range(before):
        day = TODAY - timedelta(20 * (before - place))
        assert client.post("/v1/followups", json=form("both", person.id, day, sbp_mmhg=150)).status_code == 201
    body = form(kind, person.id, **more)
    said = client.post("/v1/followups:assess", json=body).json()["judgements"]
    stored = client.post("/v1/followups", json=body).json()["followups"]
    assert said == [each["judgement"] for each in stored]
    for each in said:
        case = _case_of(each, body)
        tried = evaluating.evaluate(CaseIn.model_validate(case)).model_dump(mode="json")
        for name in ("classification", "action", "reasons", "rule_ids", "emergency_codes", "next_visit_latest_on"):
            if name != "next_visit_latest_on" or len(said) == 1:
                assert tried[name] == each[name], name
        assert tried["inputs"] == each["inputs"]


def _case_of(judgement: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The stored inputs of a judgement, as a case to be tried."""
    inputs = dict(judgement["inputs"])
    for name in ("fasting_glucose", "other_glucose"):
        if (value := inputs.pop(f"{name}_umol_l", None)) is not None:
            inputs[f"{name}_mmol_l"] = value / 1000
    renamed = {"heart_rate_per_min": "heart_rate_bpm", "danger_symptoms": "danger_signs"}
    named = {renamed.get(name, name): value for name, value in inputs.items()}
    return {"disease": judgement["disease"], **named}


def test_the_inputs_of_every_kind_can_be_tried() -> None:
    assert {each.value for each in Classification} == {1, 2, 3, 4}
    case = CaseIn(
        disease=Disease.T2DM,
        on=TODAY,
        age_years=60,
        foot_pulse=FootPulse.ABSENT,
        previous_foot_pulse=FootPulse.WEAK,
        hypoglycaemia=Hypoglycaemia.FREQUENT,
        previous_action=Action.REFER,
    )
    assert evaluating.evaluate(case).classification is Classification.COMPLICATION
