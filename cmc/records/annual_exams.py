"""Annual examinations: a fact with its form, and the laboratory results that came with it. Nothing here commits.

The results are laboratory facts of their own, which the examination names. A correction of the examination brings them
in line with what it says now: what it did not change is left alone, also when the laboratory corrected it since.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.errors import NotFound
from cmc.core.ids import derived_id
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.records import fact_queries, facts, laboratory
from cmc.records.annual_exam_schemas import AnnualExamIn, AnnualExamOut, ExamLab
from cmc.records.codes import FactKind
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import FactList, LaboratoryResultIn
from cmc.records.fact_tables import AnnualExam, LaboratoryResult

ORIGIN: Final = "年度体检 Annual examination"
"""The note of a laboratory result that came with an examination."""
_KIND: Final = FactKind.ANNUAL_EXAM


def record(
    session: Session, scope: Scope, patient_id: UUID, wanted: AnnualExamIn, *, now: datetime, on: date
) -> AnnualExam:
    """Store an examination, complete or not, and its laboratory results. Raises `NotFound`, `Invalid`."""
    return record_once(session, scope, patient_id, wanted, key=None, now=now, on=on)[0]


def record_once(
    session: Session, scope: Scope, patient_id: UUID, wanted: AnnualExamIn, *, key: str | None, now: datetime, on: date
) -> tuple[AnnualExam, bool]:
    """As `record`, once under an idempotency key (see `facts.record_once`): the row, and whether it is new."""
    patient = patients.get(session, scope, patient_id)
    facts.check(wanted, patient, on)
    row_id = facts.request_id(scope, _KIND.value, key)
    results: list[Fact] = []
    labs = []
    for place, each in enumerate(wanted.labs):
        sent, under = _result(wanted, each), f"/labs/{place}"
        facts.check(sent, patient, on, under=under)
        columns = laboratory.columns_of(sent, patient, under=under)
        of_it = None if row_id is None else derived_id("result", str(row_id), each.analyte)
        made = laboratory.first_rows(scope, patient, sent, columns, now=now, row_id=of_it)
        labs.append(_named(each, made[0]))
        results += made
    row = facts.first_row(scope, patient, _KIND, wanted, wanted.columns() | {"labs": labs}, now=now, row_id=row_id)
    stored, new = facts.once(session, scope, [row, *results], _KIND)
    return _exam(stored), new


def correct(
    session: Session, scope: Scope, patient_id: UUID, fact_id: UUID, wanted: AnnualExamIn | None, seen: facts.Seen
) -> AnnualExam:
    """Correct or retract an examination as `facts.correct` does; its laboratory results follow."""
    patient = patients.get(session, scope, patient_id)
    last = _exam(facts.latest(session, scope, patient_id, _KIND, fact_id, if_match=seen.if_match))
    if wanted is None:
        _follow(session, scope, last, None, seen)
        return _exam(facts.retract(session, scope, patient, _KIND, last, reason=seen.reason, now=seen.now))
    facts.check(wanted, patient, seen.on, under="/fact")
    columns = wanted.columns() | {"labs": _follow(session, scope, last, wanted, seen)}
    return _exam(
        facts.append(session, scope, patient, _KIND, wanted, columns, now=seen.now, replaces=last, reason=seen.reason)
    )


def listed(
    session: Session, scope: Scope, patient_id: UUID, *, known_at: datetime | None, history: bool
) -> FactList[AnnualExamOut]:
    """Return a person's examinations, the latest first; raise `NotFound` for a foreign person."""
    found = fact_queries.of_person(session, scope, AnnualExam, patient_id, known_at=known_at, history=history)
    return FactList(items=told(session, scope, found))


def told(session: Session, scope: Scope, rows: Sequence[AnnualExam]) -> list[AnnualExamOut]:
    """Return the answers for rows of one person of the scope."""
    people = {each: patients.get(session, scope, each) for each in {row.patient_id for row in rows}}
    return [AnnualExamOut.of_person(row, people[row.patient_id]) for row in rows]


def _follow(
    session: Session, scope: Scope, last: AnnualExam, wanted: AnnualExamIn | None, seen: facts.Seen
) -> list[dict[str, Any]]:
    """Bring the laboratory results in line with a corrected examination; return them as it names them now."""
    before = {each["analyte"]: each for each in last.labs}
    after = []
    for place, each in enumerate(wanted.labs if wanted else ()):
        assert wanted is not None  # noqa: S101
        named = before.pop(each.analyte, None)
        same = named is not None and named == each.model_dump() | {"fact_id": named["fact_id"]}
        if named is not None and same and wanted.on == last.happened_on:
            after.append(named)
            continue
        held = _standing(session, scope, last.patient_id, named)
        said = _written(held) if held is not None and same else each
        sent, under = _result(wanted, said), f"/fact/labs/{place}"
        after.append(_named(each, _store(session, scope, last.patient_id, held, sent, seen, under)))
    for gone in before.values():
        if (held := _standing(session, scope, last.patient_id, gone)) is not None:
            laboratory.correct(session, scope, last.patient_id, held.fact_id, None, _of(seen, held))
    return after


def _store(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    held: LaboratoryResult | None,
    sent: LaboratoryResultIn,
    seen: facts.Seen,
    under: str,
) -> Fact:
    if held is None:
        return laboratory.record(session, scope, patient_id, sent, now=seen.now, on=seen.on, under=under)
    return laboratory.correct(session, scope, patient_id, held.fact_id, sent, _of(seen, held), under=under)


def _standing(
    session: Session, scope: Scope, patient_id: UUID, named: dict[str, Any] | None
) -> LaboratoryResult | None:
    """The latest row of a laboratory result that an examination names; None when it does not stand any more."""
    if named is None:
        return None
    try:
        row = fact_queries.latest(session, scope, LaboratoryResult, patient_id, UUID(named["fact_id"]))
    except NotFound:
        return None
    return None if row.is_retracted else row


def _result(wanted: AnnualExamIn, said: ExamLab) -> LaboratoryResultIn:
    return LaboratoryResultIn(on=wanted.on, source=wanted.source, note=ORIGIN, **said.model_dump())


def _written(row: LaboratoryResult) -> ExamLab:
    return ExamLab(analyte=row.analyte, value=row.written, unit=row.written_unit)


def _named(sent: ExamLab, row: Fact) -> dict[str, Any]:
    return sent.model_dump() | {"fact_id": str(row.fact_id)}


def _of(seen: facts.Seen, row: Fact) -> facts.Seen:
    return facts.Seen(seen.reason, f'"{row.id}"', seen.now, seen.on)


def _exam(row: Fact) -> AnnualExam:
    assert isinstance(row, AnnualExam)  # noqa: S101
    return row
