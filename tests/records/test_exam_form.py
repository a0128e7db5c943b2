"""The form of the annual examination: what excludes what, what follows from it, and that it is kept as it was given."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from cmc.clinical import examination_codes as codes
from cmc.clinical import examination_signs as signs
from cmc.clinical.codes import Sex
from cmc.core.scope import Scope
from cmc.patients.tables import Patient
from cmc.records import annual_exams
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.exam_form import ExamForm, stored

TODAY = date(2026, 11, 20)
NOW = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
ARM_LEFT, ARM_RIGHT = {"sbp_mmhg": 136, "dbp_mmhg": 82}, {"sbp_mmhg": 148, "dbp_mmhg": 80}
Send = Callable[..., Any]


@pytest.fixture
def send(client: TestClient, make_patient: Callable[..., Patient]) -> Send:
    """send(form, sex=…, birth_date=…, …) → the answer to an examination with this form."""

    def record(form: dict[str, Any], *, sex: Sex = Sex.M, birth_date: date = date(1960, 5, 4), **more: Any) -> Any:
        person = make_patient(sex=sex, birth_date=birth_date)
        return client.post(f"/v1/patients/{person.id}/annual-exams", json={"on": "2026-05-12", "form": form} | more)

    return record


@pytest.mark.parametrize(
    ("form", "pointer", "code"),
    [
        ({"symptoms": [1, 2]}, "/form/symptoms", "none_and_more"),
        ({"symptoms": [2, 2]}, "/form/symptoms", "repeated"),
        ({"symptoms": [26]}, "/form/symptoms/0", "enum"),
        ({"symptoms": ["1"]}, "/form/symptoms/0", "code_expected"),
        ({"organs": {"teeth": [1, 3]}}, "/form/organs/teeth", "none_and_more"),
        ({"physical": {"breast": [1, 4]}}, "/form/physical/breast", "none_and_more"),
        ({"physical": {"fundus": {"code": 1, "text": "出血"}}}, "/form/physical/fundus", "none_and_more"),
        ({"problems": {"renal": [1, 3]}}, "/form/problems/renal", "none_and_more"),
        ({"problems": {"cardiac": [1, 2]}}, "/form/problems/cardiac", "none_and_more"),
        ({"problems": {"neurological": {"code": 1, "text": "帕金森"}}}, "/form/problems/neurological", "none_and_more"),
        ({"lifestyle": {"diet": [4, 4]}}, "/form/lifestyle/diet", "repeated"),
        ({"lifestyle": {"exposure": {"code": 1, "years": 3}}}, "/form/lifestyle/exposure", "none_and_more"),
        ({"conclusion": {"evaluation": 1, "abnormalities": ["贫血"]}}, "/form/conclusion", "none_and_more"),
        ({"conclusion": {"weight_target_kg": 65}}, "/form/conclusion", "without_its_code"),
        ({"conclusion": {"risk_control": [1], "vaccination_text": "流感"}}, "/form/conclusion", "without_its_code"),
        (
            {"conclusion": {"abnormalities": ["一", "二", "三", "四", "五"]}},
            "/form/conclusion/abnormalities",
            "too_long",
        ),
        ({"tests": {"urine": {"protein": "5+"}}}, "/form/tests/urine/protein", "enum"),
        ({"elderly": {"cognition_score": 31}}, "/form/elderly/cognition_score", "less_than_equal"),
        ({"arms": {"left": {"sbp_mmhg": 120, "dbp_mmhg": 120}}}, "/form/arms/left/dbp_mmhg", "not_below_systolic"),
        ({"vaccinations": [{"name": "流感", "on": "2026-05-13"}]}, "/form/vaccinations/0/on", "out_of_range"),
        ({"smell": 1}, "/form/smell", "extra_forbidden"),
    ],
    ids=str,
)
def test_what_contradicts_itself_is_refused_by_field(send: Send, form: dict[str, Any], pointer: str, code: str) -> None:
    answer = send(form)
    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("arms", "given", "deciding"),
    [
        ({"left": ARM_LEFT, "right": ARM_RIGHT}, {}, (148, 80)),
        ({"left": ARM_LEFT}, {}, (136, 82)),
        ({"right": ARM_RIGHT}, {}, (148, 80)),
        ({"left": ARM_LEFT, "right": ARM_LEFT | {"dbp_mmhg": 86}}, {}, (136, 86)),
        ({"left": ARM_LEFT, "right": ARM_RIGHT}, {"sbp_mmhg": 138, "dbp_mmhg": 84}, (138, 84)),
        ({"left": ARM_LEFT, "right": ARM_RIGHT}, {"sbp_mmhg": 138}, (138, None)),
        ({}, {}, (None, None)),
    ],
    ids=["higher systolic", "left only", "right only", "equal systolic", "given", "half given", "no arm"],
)
def test_the_deciding_pressure_is_the_one_given_else_that_of_the_higher_arm(
    send: Send, arms: dict[str, Any], given: dict[str, int], deciding: tuple[int | None, int | None]
) -> None:
    told = send({"arms": arms}, **given).json()
    assert (told["sbp_mmhg"], told["dbp_mmhg"]) == deciding
    assert ("dbp_mmhg" in told["missing_fields"]["HTN"]) is (deciding[1] is None)


@pytest.mark.parametrize(
    ("form", "who", "rules"),
    [
        ({"arms": {"left": ARM_LEFT, "right": {"sbp_mmhg": 157, "dbp_mmhg": 82}}}, {}, ["HTN-GL-05"]),
        ({"arms": {"left": ARM_LEFT, "right": {"sbp_mmhg": 156, "dbp_mmhg": 82}}}, {}, []),
        ({"tests": {"urine": {"protein": "±", "blood": "-"}}}, {}, []),
        ({"tests": {"urine": {"protein": "+", "blood": "++"}}}, {}, ["HTN-GL-05", "HTN-GL-05"]),
        ({"elderly": {"self_care": 1}}, {"birth_date": date(1961, 5, 13)}, ["EXAM-FORM"]),
        ({"elderly": {"self_care": 1}}, {"birth_date": date(1961, 5, 12)}, []),
        ({"elderly": {}}, {"birth_date": date(1990, 1, 1)}, []),
        ({"physical": {"gynaecology": {"cervix": {"code": 1}}}}, {"sex": Sex.M}, ["EXAM-FORM"]),
        ({"physical": {"gynaecology": {"cervix": {"code": 1}}}}, {"sex": Sex.F}, []),
        ({"tests": {"cervical_smear": {"code": 1}}}, {"sex": Sex.M}, ["EXAM-FORM"]),
        ({"physical": {"rectal": 4}}, {"sex": Sex.F}, ["EXAM-FORM"]),
        ({"physical": {"rectal": 4}}, {"sex": Sex.M}, []),
        ({"physical": {"rectal": 4}}, {"sex": Sex.U}, []),
    ],
    ids=str,
)
def test_a_doubt_is_told_and_forbids_nothing(
    send: Send, form: dict[str, Any], who: dict[str, Any], rules: list[str]
) -> None:
    answer = send(form, **who)
    assert answer.status_code == 201, answer.text
    assert [each["rule"] for each in answer.json()["doubts"]] == rules


def test_the_body_mass_index_follows_from_height_and_weight(send: Send) -> None:
    assert send({}, height_cm=168.5, weight_kg=70.5).json()["bmi"] == 24.8
    assert send({}, height_cm=168.5).json()["bmi"] is None


@pytest.mark.parametrize(
    ("code_set", "last", "count"),
    [
        (codes.ExamSymptom, "其他症状", 25),
        (codes.ExerciseFrequency, "不锻炼", 4),
        (codes.Drink, "其他酒类", 5),
        (codes.CerebrovascularProblem, "其他脑血管疾病", 6),
        (codes.RenalProblem, "其他肾脏疾病", 6),
        (codes.CardiacProblem, "其他心脏疾病", 7),
        (codes.VascularProblem, "其他血管疾病", 4),
        (codes.EyeProblem, "其他眼部疾病", 5),
        (signs.Lips, "口唇疱疹", 5),
        (signs.Teeth, "义齿", 4),
        (signs.Throat, "咽部淋巴滤泡增生", 3),
        (signs.Skin, "皮肤其他异常", 7),
        (signs.Sclera, "巩膜其他异常", 4),
        (signs.LymphNodes, "其他淋巴结", 4),
        (signs.Rales, "其他罗音", 4),
        (signs.HeartRhythm, "心律绝对不齐", 3),
        (signs.LegOedema, "双侧对称下肢水肿", 4),
        (signs.RectalExamination, "肛门指诊其他异常", 5),
        (signs.Breast, "乳腺其他异常", 5),
    ],
)
def test_a_code_set_is_numbered_as_the_form_prints_it(code_set: Any, last: str, count: int) -> None:
    members = list(code_set)
    assert [int(each) for each in members] == list(range(1, count + 1))
    assert members[-1].text.zh == last


def test_one_plus_is_positive_and_a_trace_is_not() -> None:
    assert [each.positive for each in codes.Dipstick] == [False, False, True, True, True, True]


WORDS = st.text("血压高偏头痛abc 1", min_size=1, max_size=20).filter(lambda word: word.strip() == word and word)
FINDINGS = st.one_of(st.just({"code": 1}), st.just({"code": 2}), WORDS.map(lambda word: {"code": 2, "text": word}))


def one_of_the(code_set: Any) -> Any:
    return st.sampled_from([int(each) for each in code_set])


def some(code_set: Any, *, alone: bool) -> Any:
    numbers = [int(each) for each in code_set]
    more = st.lists(st.sampled_from(numbers[1:] if alone else numbers), unique=True, max_size=len(numbers))
    return st.one_of(st.just([1]), more) if alone else more


def block(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


def tenths(low: int, high: int) -> Any:
    return st.integers(low * 10, high * 10).map(lambda number: number / 10)


STRIP = st.sampled_from([each.value for each in codes.Dipstick])
ARM = st.tuples(st.integers(90, 220), st.integers(20, 60)).map(
    lambda arm: {"sbp_mmhg": arm[0], "dbp_mmhg": arm[0] - arm[1]}
)
CONCLUSION = st.one_of(
    block(evaluation=st.just(1), guidance=some(codes.Guidance, alone=False)),
    block(evaluation=st.just(2), abnormalities=st.lists(WORDS, max_size=4)),
    st.fixed_dictionaries(
        {"risk_control": st.just([5, 6, 7])},
        optional={"weight_target_kg": tenths(40, 90), "vaccination_text": WORDS, "other_risk_text": WORDS},
    ),
)
FORMS = block(
    symptoms=some(codes.ExamSymptom, alone=True),
    arms=block(left=ARM, right=ARM),
    elderly=block(
        self_rating=one_of_the(codes.SelfRating),
        self_care=one_of_the(codes.SelfCare),
        cognition=one_of_the(codes.RoughScreening),
        cognition_score=st.integers(0, 30),
    ),
    lifestyle=block(
        exercise_frequency=one_of_the(codes.ExerciseFrequency),
        exercise_years=tenths(0, 60),
        diet=some(codes.Diet, alone=False),
        smoking=one_of_the(codes.Smoking),
        liang_per_day=tenths(0, 20),
        drinks=some(codes.Drink, alone=False),
        exposure=block(hazards=st.lists(block(name=WORDS, protection=FINDINGS).map(
            lambda hazard: {"kind": "dust", **hazard}), max_size=2)).map(lambda met: {"code": 2, **met}),
    ),
    organs=block(
        lips=one_of_the(signs.Lips),
        teeth=some(signs.Teeth, alone=True),
        vision_left=st.integers(0, 530).map(lambda sight: sight / 100),
        hearing=one_of_the(signs.Hearing),
    ),
    physical=block(
        fundus=FINDINGS,
        skin=one_of_the(signs.Skin),
        skin_text=WORDS,
        heart_rate_bpm=st.integers(20, 250),
        abdomen=block(mass=FINDINGS, large_liver=FINDINGS),
        breast=some(signs.Breast, alone=True),
        gynaecology=block(cervix=FINDINGS),
    ),
    tests=block(urine=block(protein=STRIP, glucose=STRIP, blood=STRIP), ecg=FINDINGS, hepatitis_b_antigen=FINDINGS),
    problems=block(renal=some(codes.RenalProblem, alone=True), eye=some(codes.EyeProblem, alone=True), other=FINDINGS),
    vaccinations=st.lists(block(on=st.dates(date(2000, 1, 1), date(2026, 5, 12)).map(str), place=WORDS).map(
        lambda given: {"name": "流感疫苗", **given}), max_size=3),
    conclusion=CONCLUSION,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(form=FORMS)
def test_a_form_is_stored_and_told_as_it_was_given(
    session: Session, scope: Scope, make_patient: Callable[..., Patient], form: dict[str, Any]
) -> None:
    wanted = AnnualExamIn.model_validate({"on": "2026-05-12", "form": form})
    assert stored(wanted.form) == form
    row = annual_exams.record(session, scope, make_patient().id, wanted, now=NOW, on=TODAY)
    session.expire(row)
    assert row.form == form
    (told,) = annual_exams.told(session, scope, [row])
    assert stored(told.form) == form
    assert ExamForm.model_validate_json(told.form.model_dump_json(exclude_none=True).encode()) == wanted.form
