"""An examination that is corrected or retracted changes the rates as soon as its mark is taken."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import Disease
from cmc.core import db
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.indicators import jobs, service
from cmc.indicators.periods import live_periods, year_to_date
from cmc.indicators.tables import IndicatorFact, IndicatorValue
from cmc.records import annual_exams
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.facts import Seen

ON = date(2025, 11, 20)
NOW = datetime(2025, 11, 20, 9, tzinfo=LOCAL)
NOVEMBER = year_to_date(2025, 11)
WHOLE: dict[str, Any] = {
    "on": "2025-05-12", "temperature_c": 36.5, "pulse_bpm": 72, "respiration_per_min": 18, "sbp_mmhg": 136,
    "dbp_mmhg": 82, "height_cm": 168.5, "weight_kg": 70.5, "waist_cm": 88,
}  # fmt: skip


@pytest.fixture
def patient(session: Session, histories: Any) -> Any:
    patient = histories.person()
    histories.stint(patient)
    for month in (2, 5, 8, 11):
        histories.visit(patient, date(2025, month, 8), 132, 80)
    service.rebuild(session, periods=live_periods(ON), now=NOW)
    return patient


def rates(session: Session, home: Any) -> tuple[int, int]:
    """The numerator of managed by the specification (IND-02), and the examinations that count for IND-05."""
    session.expire_all()
    key = (home.id, NOVEMBER.end, NOVEMBER.start, "IND-02", Disease.HTN.value)
    value = session.get(IndicatorValue, key)
    assert value is not None
    assert value.denominator == 1
    exams = session.scalar(select(IndicatorFact.exams).where(col(IndicatorFact.period_end) == NOVEMBER.end))
    assert exams is not None
    return value.numerator, exams


@pytest.mark.parametrize(
    ("corrected", "counted"),
    [
        (WHOLE | {"note": "补填"}, (1, 1)),
        (WHOLE | {"respiration_per_min": None}, (0, 0)),
        (WHOLE | {"on": "2024-12-30"}, (0, 0)),
        (None, (0, 0)),
    ],
    ids=["something else", "a required field was not measured", "it was last year", "it was somebody else's"],
)
def test_ind_02_and_ind_05_count_what_stands(
    session: Session,
    transaction: db.Transaction,
    scope: Scope,
    histories: Any,
    patient: Any,
    corrected: dict[str, Any] | None,
    counted: tuple[int, int],
) -> None:
    assert rates(session, histories.home) == (0, 0)
    first = annual_exams.record(session, scope, patient.id, AnnualExamIn(**WHOLE), now=NOW, on=ON)
    jobs.refresh(transaction, NOW)
    assert rates(session, histories.home) == (1, 1)
    wanted = AnnualExamIn(**corrected) if corrected else None
    seen = Seen("录入错误", f'"{first.id}"', NOW, ON)
    second = annual_exams.correct(session, scope, patient.id, first.fact_id, wanted, seen)
    jobs.refresh(transaction, NOW)
    assert rates(session, histories.home) == counted
    if wanted is not None:
        again = Seen("录入错误", f'"{second.id}"', NOW, ON)
        annual_exams.correct(session, scope, patient.id, first.fact_id, AnnualExamIn(**WHOLE), again)
        jobs.refresh(transaction, NOW)
        assert rates(session, histories.home) == (1, 1)
    service.rebuild(session, periods=[NOVEMBER], now=NOW)
    assert rates(session, histories.home) == (counted if wanted is None else (1, 1))
