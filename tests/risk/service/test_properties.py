"""What must hold of every score in the service, over charts drawn at random."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from cmc.charts.chart import AsOf, Chart, Diagnosed, Enrolled, Living, Result, VisitPressure, YearlyExam
from cmc.clinical.codes import Disease, EnrolmentState, Sex
from cmc.clinical.laboratory import LabFlag
from cmc.records.exam_form import ExamForm
from cmc.risk import assessing, known
from cmc.risk.assessing import Used
from cmc.risk.equations.equation import Flag
from cmc.risk.models.model import DEATHS
from cmc.risk.standings import Found
from cmc.risk.switch import Mode

ON = date(2026, 11, 20)
PEOPLE = 500
NOBODY = Used({}, {}, {})
LEVELS = {  # mean, spread, least, most
    "HBA1C": (6.8, 1.4, 4.5, 13), "TC": (4.9, 1.0, 2.4, 8), "HDL": (1.3, 0.3, 0.6, 2.5), "LDL": (2.9, 0.8, 1, 6),
    "TG": (1.7, 0.8, 0.4, 8), "CREATININE": (80, 25, 40, 250),
}  # fmt: skip


def result(analyte: str, value: float, on: date = date(2026, 9, 1)) -> Result:
    return Result(analyte, on, Decimal(str(round(value, 2))), None, LabFlag.NORMAL, False, None)


def drawn(number: int = PEOPLE, seed: int = 5) -> list[Chart]:
    """People of 31–78 with everything known."""
    stream = np.random.default_rng(seed)
    return [_drawn(stream, place) for place in range(number)]


def _drawn(stream: np.random.Generator, place: int) -> Chart:
    labs = {
        name: result(name, float(np.clip(stream.normal(mean, spread), least, most)))
        for name, (mean, spread, least, most) in LEVELS.items()
    }
    labs["UACR"] = result("UACR", float(np.clip(np.exp(stream.normal(2.6, 1.2)), 1, 2000)))
    since = date(2026, 1, 1) - timedelta(days=int(stream.integers(100, 5000)))
    disease = (Disease.HTN, Disease.T2DM)[int(stream.integers(0, 2))]
    kilos, height = Decimal(int(stream.integers(50, 95))), Decimal(int(stream.integers(150, 185)))
    return Chart(
        patient_id=UUID(int=place),
        clinic_id=UUID(int=1),
        sex=(Sex.M, Sex.F)[int(stream.integers(0, 2))],
        birth_date=date(2026 - int(stream.integers(32, 79)), 3, 3),
        died_on=None,
        as_of=AsOf(ON),
        enrolments=(Enrolled(disease, EnrolmentState.ACTIVE, UUID(int=1), since, since, None, None),),
        pressures=(VisitPressure(date(2026, 10, 1), Decimal(int(stream.integers(105, 190))), Decimal(84)),),
        labs=labs,
        living=Living(date(2026, 5, 1), int(stream.integers(1, 3)), False),
        exam=YearlyExam(
            date(2026, 4, 1), height, kilos, Decimal(int(stream.integers(70, 110))), None, None, None, None, None,
            frozenset(), ExamForm(),
        ),
    )  # fmt: skip


def found(charts: Sequence[Chart], mode: Mode = Mode.SHADOW) -> list[Found]:
    asked = [assessing.asked_of(each, NOBODY, ()) for each in charts]
    return list(assessing.found_of(asked, NOBODY, mode))


def risks(charts: Sequence[Chart]) -> dict[str, np.ndarray[Any, Any]]:
    told = [{each["task"]: each["raw"] for each in one.kept.models} for one in found(charts)]
    return {task.key: np.array([each.get(task.key, np.nan) for each in told]) for task in DEATHS}


WORSE: dict[str, Callable[[Chart], Chart]] = {
    "older": lambda chart: replace(chart, birth_date=chart.birth_date.replace(year=chart.birth_date.year - 1)),
    "smokes": lambda chart: replace(chart, living=replace(chart.living, smoking=3)) if chart.living else chart,
    "had a stroke": lambda chart: replace(
        chart, diagnoses=(*chart.diagnoses, Diagnosed(date(2024, 1, 1), "I63.9", None, None, None))
    ),
    "has heart failure": lambda chart: replace(
        chart, diagnoses=(*chart.diagnoses, Diagnosed(date(2024, 1, 1), "I50.9", None, None, None))
    ),
    "more albumin": lambda chart: replace(
        chart, labs={**chart.labs, "UACR": result("UACR", float(chart.labs["UACR"].value) * 3)}
    ),
    "less filtration": lambda chart: replace(
        chart, labs={**chart.labs, "CREATININE": result("CREATININE", float(chart.labs["CREATININE"].value) * 1.5)}
    ),
}


@pytest.mark.parametrize("change", list(WORSE))
def test_what_can_only_be_worse_never_lowers_a_risk(change: str) -> None:
    people = [each for each in drawn() if each.age_years < 78]
    before, after = risks(people), risks([WORSE[change](each) for each in people])
    for task, numbers in before.items():
        assert np.isfinite(numbers).all()
        assert (after[task] >= numbers - 1e-9).all(), task


@pytest.mark.parametrize(
    ("analyte", "factor"), [("TC", 38.67), ("HDL", 38.67), ("HBA1C", 10.9), ("CREATININE", 1 / 88.4)]
)
def test_a_value_in_another_unit_is_refused_and_not_computed_with(analyte: str, factor: float) -> None:
    people = drawn(40)
    wrong = [
        replace(each, labs={**each.labs, analyte: result(analyte, float(each.labs[analyte].value) * factor)})
        for each in people
    ]
    for one in found(wrong):
        assert one.kept.models == [] or analyte == "CREATININE"
        assert one.out_of_range or analyte == "CREATININE"
        for answer in one.kept.answers:
            flags = [flag for _, flag in answer.get("concerns", ())]
            assert not any(flag & int(Flag.IMPLAUSIBLE) for flag in flags) or "value" not in answer
    if analyte == "CREATININE":  # mg/dL taken for µmol/L: a filtration rate that cannot be
        rates = [each[known.Variable.EGFR].value for each in map(known.known, wrong)]
        assert min(rates) > 200
        assert all("t2" not in {each["tier"] for each in one.kept.models} for one in found(wrong))


def test_without_laboratory_values_the_level_stays() -> None:
    """The trap: a model that takes an unknown result for a sign of frailty foretells 30 % where 12 % die."""
    people = drawn()
    blanked = [replace(each, labs={}) for each in people]
    for task, numbers in risks(people).items():
        without = risks(blanked)[task]
        assert 0.75 < without.mean() / numbers.mean() < 1.25, task


def test_a_batch_says_what_each_alone_says() -> None:
    people = drawn(60)
    together = found(people, Mode.SHOWN)
    assert [found([each], Mode.SHOWN)[0] for each in people] == together
    assert found(people[::-1], Mode.SHOWN)[::-1] == together


def test_one_thread_and_two_say_the_same() -> None:
    people = drawn()
    told = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            told.append(found(people))
    assert told[0] == told[1]


def test_neither_the_web_process_nor_scoring_brings_scikit_learn() -> None:
    said = (
        "import sys, cmc.main, cmc.worker\n"
        "from cmc.risk import served\n"
        "from cmc.risk.models import profiles\n"
        "from cmc.risk.switch import Mode\n"
        "from cmc.risk.triage import Models, assess\n"
        "from datetime import date\n"
        "found = assess(profiles.people(3, 1), Models(served.models(), Mode.SHOWN, {}))\n"
        "found.triage(0, gaps=(), red_flags=(), on=date(2026, 1, 1))\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in {'sklearn', 'skops', 'scipy', 'pandas'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
