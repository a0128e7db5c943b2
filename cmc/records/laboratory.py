"""Laboratory results: read in their unit, judged by their range, and the eGFR that follows from a creatinine.

The eGFR is a fact of its own with its formula. When its creatinine is corrected or retracted, so is the eGFR.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical import laboratory
from cmc.clinical.codes import Sex
from cmc.clinical.kidney import egfr_result
from cmc.clinical.laboratory import Analyte, LabValue, Range
from cmc.clinical.periods import completed_years
from cmc.clinical.renal import EgfrFormula
from cmc.clinical.units import UnitError, UnitProblem, round_half_up
from cmc.core.errors import invalid
from cmc.core.ids import derived_id
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.tables import Patient
from cmc.records import fact_queries, facts
from cmc.records.codes import FactKind
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import LaboratoryResultIn
from cmc.records.fact_tables import LaboratoryResult

CREATININE, EGFR = "CREATININE", "EGFR"
ADULT_FROM_YEARS: Final = 18
_STORED: Final = Decimal("0.000001")
_KIND: Final = FactKind.LABORATORY_RESULT


def record(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    wanted: LaboratoryResultIn,
    *,
    now: datetime,
    on: date,
    under: str = "",
) -> Fact:
    """Store a result, and with a creatinine the eGFR; return the result's row. Raises `NotFound`, `Invalid`.

    `under` is the JSON pointer of the result in the body.
    """
    patient = patients.get(session, scope, patient_id)
    facts.check(wanted, patient, on, under=under)
    rows = first_rows(scope, patient, wanted, columns_of(wanted, patient, under=under), now=now)
    facts.keep(session, rows, now=now)
    return rows[0]


def record_once(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    wanted: LaboratoryResultIn,
    *,
    key: str | None,
    now: datetime,
    on: date,
) -> facts.Recorded:
    """As `record`, once under an idempotency key (see `facts.record_once`)."""
    patient = patients.get(session, scope, patient_id)
    facts.check(wanted, patient, on)
    row_id = facts.request_id(scope, _KIND.value, key)
    rows = first_rows(scope, patient, wanted, columns_of(wanted, patient), now=now, row_id=row_id)
    return facts.once(session, scope, rows, _KIND)


def first_rows(
    scope: Scope,
    patient: Patient,
    wanted: LaboratoryResultIn,
    columns: Mapping[str, Any],
    *,
    now: datetime,
    row_id: UUID | None = None,
) -> list[Fact]:
    """Return the rows of a new result, checked by the caller and not stored yet: its own, and that of its eGFR."""
    row = facts.first_row(scope, patient, _KIND, wanted, columns, now=now, row_id=row_id)
    derived = _egfr_columns(row, patient)
    if derived is None:
        return [row]
    egfr_id = None if row_id is None else derived_id("egfr", str(row_id))
    return [row, facts.first_row(scope, patient, _KIND, wanted, derived, now=now, row_id=egfr_id)]


def correct(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    fact_id: UUID,
    wanted: LaboratoryResultIn | None,
    seen: facts.Seen,
    *,
    under: str = "/fact",
) -> Fact:
    """Correct or retract a result as `facts.correct` does; the eGFR of a creatinine follows.

    A computed eGFR cannot be corrected itself: `Invalid`.
    """
    patient = patients.get(session, scope, patient_id)
    last = facts.latest(session, scope, patient_id, _KIND, fact_id, if_match=seen.if_match)
    if getattr(last, "derived_from", None) is not None:
        raise invalid("/fact", "derived", "this eGFR was computed: correct the creatinine")
    derived = _derived(session, scope, patient_id, fact_id)
    if wanted is None:
        row = facts.retract(session, scope, patient, _KIND, last, reason=seen.reason, now=seen.now)
    else:
        facts.check(wanted, patient, seen.on, under=under)
        columns = columns_of(wanted, patient, under=under)
        row = facts.append(
            session, scope, patient, _KIND, wanted, columns, now=seen.now, replaces=last, reason=seen.reason
        )
    _follow(session, scope, patient, row, wanted, derived, reason=seen.reason, now=seen.now)
    return row


def _follow(
    session: Session,
    scope: Scope,
    patient: Patient,
    row: Fact,
    wanted: LaboratoryResultIn | None,
    derived: Fact | None,
    *,
    reason: str | None,
    now: datetime,
) -> None:
    """Bring the eGFR in line with its creatinine: add it, correct it, or retract it."""
    columns = _egfr_columns(row, patient) if wanted is not None else None
    if columns is not None and wanted is not None:
        said = reason if derived else None
        facts.append(session, scope, patient, _KIND, wanted, columns, now=now, replaces=derived, reason=said)
    elif derived is not None:
        facts.retract(session, scope, patient, _KIND, derived, reason=str(reason), now=now)


def _derived(session: Session, scope: Scope, patient_id: UUID, fact_id: UUID) -> LaboratoryResult | None:
    of_it = col(LaboratoryResult.derived_from) == fact_id
    return next(iter(fact_queries.of_person(session, scope, LaboratoryResult, patient_id, where=of_it)), None)


def columns_of(wanted: LaboratoryResultIn, patient: Patient, *, under: str = "") -> dict[str, Any]:
    """Return the table's own columns of a result, read in its unit and judged; raise `Invalid`.

    `under` is the JSON pointer of the fact in the body.
    """
    analyte = laboratory.analytes().get(wanted.analyte)
    if analyte is None:
        raise invalid(f"{under}/analyte", "unknown", f"one of {', '.join(laboratory.analytes())}")
    value = _read(analyte, wanted.value, wanted.unit, under)
    if not value.plausible:
        low, high = analyte.plausible
        words = f"must lie between {low} and {high} {analyte.unit}; look at number and unit again"
        raise invalid(f"{under}/value", "implausible", words)
    return _judged(value, patient, wanted.on, _printed(analyte, wanted, under))


def _judged(value: LabValue, patient: Patient, on: date, printed: Range | None) -> dict[str, Any]:
    age = completed_years(patient.birth_date, on)
    judgement = laboratory.judge(value, Sex(patient.sex), age, of_laboratory=printed)
    used = judgement.used
    return {
        "analyte": value.analyte.code,
        "written": f"{value.beyond.value if value.beyond else ''}{value.written:f}",
        "written_unit": value.written_unit,
        "value": round_half_up(value.value, _STORED),
        "beyond": value.beyond.value if value.beyond else None,
        "range_low": _stored(used.low) if used else None,
        "range_high": _stored(used.high if used.high is not None else used.high_below) if used else None,
        "range_of_laboratory": judgement.of_laboratory,
        "flag": judgement.flag.value,
        "is_critical": judgement.critical,
        "derived_from": None,
        "formula": None,
    }


def _egfr_columns(row: Fact, patient: Patient) -> dict[str, Any] | None:
    """The eGFR of a creatinine of an adult whose sex is known; None where no formula holds, and for a mere bound."""
    assert isinstance(row, LaboratoryResult)  # noqa: S101
    adult = completed_years(patient.birth_date, row.happened_on) >= ADULT_FROM_YEARS
    if row.analyte != CREATININE or row.beyond is not None or patient.sex == Sex.U or not adult or row.value <= 0:
        return None
    formula = EgfrFormula.CKD_EPI_2009
    rate = egfr_result(row.value, patient.birth_date, Sex(patient.sex), on=row.happened_on, formula=formula)
    analyte = laboratory.analytes()[EGFR]
    exact = round_half_up(rate.value, _STORED)
    columns = _judged(LabValue(analyte, exact, exact, analyte.unit), patient, row.happened_on, None)
    return columns | {"derived_from": row.fact_id, "formula": formula.value}


def _printed(analyte: Analyte, wanted: LaboratoryResultIn, under: str) -> Range | None:
    if wanted.range_low is None and wanted.range_high is None:
        return None
    ends = {
        end: None if number is None else _read(analyte, f"{number:f}", wanted.unit, under).value
        for end, number in (("low", wanted.range_low), ("high", wanted.range_high))
    }
    return Range(low=ends["low"], high=ends["high"])


def _stored(end: Decimal | None) -> Decimal | None:
    return None if end is None else round_half_up(end, _STORED)


def _read(analyte: Analyte, written: str, unit: str, under: str) -> LabValue:
    try:
        return laboratory.read(analyte, written, unit)
    except UnitError as error:
        if error.code is UnitProblem.UNKNOWN_UNIT:
            raise invalid(f"{under}/unit", "unknown_unit", f"one of {', '.join(analyte.units)}") from error
        raise invalid(f"{under}/value", "not_a_number", "a number such as 6.1, <5 or >33.3") from error
