"""From rows of the chart's statements to its parts."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import Row

from cmc.charts.chart import (
    Allergic,
    AsOf,
    Diagnosed,
    Enrolled,
    Examined,
    GlucoseBrief,
    Living,
    PressureBrief,
    Relative,
    Result,
    Taken,
    Visit,
    VisitPressure,
    YearlyExam,
)  # fmt: skip
from cmc.charts.statements import EXAM, VISIT
from cmc.clinical.blood_pressure import HomeMean
from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.kidney import EgfrResult, UacrResult
from cmc.clinical.laboratory import LabFlag
from cmc.clinical.renal import EgfrFormula
from cmc.records.codes import ExaminationKind
from cmc.records.exam_form import ExamForm
from cmc.records.examination_findings import opened

_T = TypeVar("_T")
Rows = list[Row[Any]]
_FLAGS: Final = {each.value: each for each in LabFlag}
Parts = dict[str, Any]


def _made(made: type[_T]) -> Callable[[Row[Any]], _T]:
    """A maker of one part, of two fields and more, from a row that has them by name; `on` is `happened_on`."""
    names = ["happened_on" if each.name == "on" else each.name for each in fields(made)]  # type: ignore[arg-type]
    values = attrgetter(*names)
    return lambda row: made(*values(row))


def _each(part: str, made: type[Any]) -> Callable[[Rows, AsOf], Parts]:
    make = _made(made)
    return lambda rows, _: {part: tuple(make(each) for each in rows)}


def _first(part: str, made: type[Any]) -> Callable[[Rows, AsOf], Parts]:
    make = _made(made)
    return lambda rows, _: {part: make(rows[0])}


def _enrolments(rows: Rows, as_of: AsOf) -> Parts:
    return {"enrolments": tuple(_enrolled(each, as_of) for each in rows)}


def _enrolled(row: Row[Any], as_of: AsOf) -> Enrolled:
    over = row.ended_on is not None and row.ended_on <= as_of.on
    state = EnrolmentState(row.state)
    if state is EnrolmentState.TERMINATED and not over:
        state = EnrolmentState.ACTIVE
    confirmed_on = row.confirmed_on
    if confirmed_on is not None and confirmed_on > as_of.on:
        state, confirmed_on = EnrolmentState.SUSPECTED, None
    return Enrolled(
        Disease(row.disease), state, row.clinic_id, row.enrolled_on, confirmed_on, row.ended_on if over else None,
        row.doctor,
    )  # fmt: skip


def _visits(rows: Rows, _: AsOf) -> Parts:
    def visit(row: Row[Any]) -> Visit:
        return Visit(**{name: getattr(row, name) for name in VISIT} | {"disease": Disease(row.disease)})

    return {"visits": tuple(visit(each) for each in rows)}


def _highest(rows: Rows, _: AsOf) -> Parts:
    return {"highest_mmhg": (rows[0].sbp, rows[0].dbp)}


def _labs(rows: Rows, _: AsOf) -> Parts:
    found = {}
    for row in rows:
        _, analyte, on, value, beyond, flag, is_critical, formula = tuple(row)  # the columns of `statements.LAB`
        found[analyte] = Result(analyte, on, value, beyond, _FLAGS[flag], is_critical, formula)
    return {"labs": found}


def _series(rows: Rows, _: AsOf) -> Parts:
    usual = EgfrFormula.CKD_EPI_2009.value
    rates = (each for each in rows if each.analyte == "EGFR")
    return {
        "egfrs": tuple(EgfrResult(each.happened_on, each.value, EgfrFormula(each.formula or usual)) for each in rates),
        "uacrs": tuple(UacrResult(each.happened_on, each.value) for each in rows if each.analyte == "UACR"),
        "creatinines": tuple((each.happened_on, each.value) for each in rows if each.analyte == "CREATININE"),
    }


def _examinations(rows: Rows, _: AsOf) -> Parts:
    found = {ExaminationKind(each.kind): Examined(each.happened_on, opened(each.findings)) for each in rows}
    return {"examinations": found}


def _exam(rows: Rows, _: AsOf) -> Parts:
    row = rows[0]
    held = {name: getattr(row, name) for name in EXAM if name != "happened_on"}
    more = {"valid_for": frozenset(map(Disease, row.valid_for)), "form": ExamForm.model_validate(row.form)}
    return {"exam": YearlyExam(on=row.happened_on, **held | more)}


def _pressure(rows: Rows, _: AsOf) -> Parts:
    def pair(sbp: Decimal | None, dbp: Decimal | None) -> tuple[Decimal, Decimal] | None:
        return None if sbp is None or dbp is None else (sbp, dbp)

    (row,) = rows
    means, office = pair(row.home_sbp, row.home_dbp), pair(row.office_sbp, row.office_dbp)
    home = None if means is None else HomeMean(row.home_days, row.home_count, *means)
    return {"pressure": PressureBrief(row.count_, row.last_at, (row.last_sbp, row.last_dbp), home, office)}


def _glucose(rows: Rows, _: AsOf) -> Parts:
    (row,) = rows
    return {"glucose": GlucoseBrief(row.count_, row.last_at, row.last, row.mean, row.low)}


SHAPES: Final[Mapping[str, Callable[[Rows, AsOf], Parts]]] = {
    "enrolments": _enrolments,
    "visits": _visits,
    "highest_mmhg": _highest,
    "pressures": _each("pressures", VisitPressure),
    "diagnoses": _each("diagnoses", Diagnosed),
    "medicines": _each("medicines", Taken),
    "allergies": _each("allergies", Allergic),
    "family": _each("family", Relative),
    "labs": _labs,
    "series": _series,
    "examinations": _examinations,
    "living": _first("living", Living),
    "exam": _exam,
    "pressure": _pressure,
    "glucose": _glucose,
}
"""What one person's rows of each statement become, by the statement's name."""
