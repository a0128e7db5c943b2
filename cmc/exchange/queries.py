"""Reads of imports, and of what an import compares its lines with; each takes the caller's scope."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.clinical.codes import EnrolmentState
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict
from cmc.exchange.tables import ImportMapping, ImportRow, ImportRun
from cmc.patients import queries as patients
from cmc.patients.tables import Enrolment, Patient, PatientDocument, PatientIdentifier
from cmc.records.fact_columns import Fact

_WORK = (ImportState.CHECKING.value, ImportState.APPLYING.value)


def run(session: Session, scope: Scope, run_id: UUID, *, for_update: bool = False) -> ImportRun:
    """Return one import of the scope; raise `NotFound` otherwise."""
    query = select(ImportRun).where(col(ImportRun.id) == run_id, scope.covers(col(ImportRun.clinic_id)))
    locked = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(locked if for_update else query).one_or_none()
    if found is None:
        raise NotFound("no such import")
    return found


def runs(session: Session, scope: Scope, *, after: UUID | None, limit: int) -> list[ImportRun]:
    """Return imports of the scope, the latest first, after an id."""
    query = select(ImportRun).where(scope.covers(col(ImportRun.clinic_id))).order_by(col(ImportRun.id).desc())
    if after is not None:
        query = query.where(col(ImportRun.id) < after)
    return list(session.scalars(query.limit(limit)))


def mapping(session: Session, scope: Scope, clinic_id: UUID, kind: ImportKind, token: bytes) -> dict[str, int] | None:
    """Return how a clinic of the scope named the columns of such files, None when it never did."""
    query = select(col(ImportMapping.mapping)).where(
        col(ImportMapping.clinic_id) == clinic_id,
        col(ImportMapping.kind) == kind.value,
        col(ImportMapping.token) == token,
        scope.covers(col(ImportMapping.clinic_id)),
    )
    return session.scalars(query).one_or_none()


def waiting(session: Session, scope: Scope, *, but: Collection[UUID] = ()) -> ImportRun | None:
    """Return the import that waits for the job the longest and is not worked on; locked."""
    query = (
        select(ImportRun)
        .where(col(ImportRun.state).in_(_WORK), scope.covers(col(ImportRun.clinic_id)), col(ImportRun.id).not_in(but))
        .order_by(col(ImportRun.id))
        .limit(1)
    )
    return session.scalars(query.with_for_update(skip_locked=True)).one_or_none()


def counts(session: Session, scope: Scope, run_ids: Sequence[UUID]) -> dict[UUID, dict[RowVerdict, int]]:
    """Return how many lines of each import have which verdict."""
    query = (
        select(col(ImportRow.run_id), col(ImportRow.verdict), func.count())
        .where(col(ImportRow.run_id).in_(run_ids), scope.covers(col(ImportRow.clinic_id)))
        .group_by(col(ImportRow.run_id), col(ImportRow.verdict))
    )
    found: dict[UUID, dict[RowVerdict, int]] = {each: {} for each in run_ids}
    for run_id, verdict, count in session.execute(query):
        found[run_id][RowVerdict(verdict)] = count
    return found


def likely_count(session: Session, scope: Scope, run_id: UUID) -> int:
    """Return how many lines may be people who are on file already."""
    found = func.jsonb_array_length(col(ImportRow.likely)) > 0
    query = select(func.count()).where(col(ImportRow.run_id) == run_id, scope.covers(col(ImportRow.clinic_id)), found)
    return int(session.scalar(query) or 0)


def rows(
    session: Session,
    scope: Scope,
    run_id: UUID,
    *,
    verdicts: Collection[RowVerdict] = (),
    after: int = 0,
    limit: int,
) -> list[ImportRow]:
    """Return lines of an import in their order, behind a number."""
    query = (
        select(ImportRow)
        .where(col(ImportRow.run_id) == run_id, col(ImportRow.number) > after, scope.covers(col(ImportRow.clinic_id)))
        .order_by(col(ImportRow.number))
        .limit(limit)
    )
    if verdicts:
        query = query.where(col(ImportRow.verdict).in_([each.value for each in verdicts]))
    return list(session.scalars(query.execution_options(populate_existing=True)))


def first_lines(session: Session, scope: Scope, run_id: UUID, tokens: Collection[bytes]) -> dict[bytes, int]:
    """Return in which line each token stands first."""
    query = (
        select(col(ImportRow.token), func.min(col(ImportRow.number)))
        .where(
            col(ImportRow.run_id) == run_id,
            col(ImportRow.token).in_(tokens),
            scope.covers(col(ImportRow.clinic_id)),
            col(ImportRow.verdict).in_([RowVerdict.NEW.value, RowVerdict.CREATED.value]),
        )
        .group_by(col(ImportRow.token))
    )
    return {bytes(row[0]): row[1] for row in session.execute(query) if row[0] is not None}


def people_by_token(session: Session, scope: Scope, tokens: Collection[bytes]) -> dict[bytes, Patient]:
    """Return the people of the scope with these citizen-ID or document tokens."""
    own = select(col(Patient.citizen_id_token), Patient).where(
        col(Patient.citizen_id_token).in_(tokens), patients.visible(scope)
    )
    other = (
        select(col(PatientDocument.token), Patient)
        .join(Patient, col(Patient.id) == col(PatientDocument.patient_id))
        .where(col(PatientDocument.token).in_(tokens), patients.visible(scope))
    )
    found = [row for query in (own, other) for row in session.execute(query)]
    return {bytes(row[0]): row[1] for row in found if row[0] is not None}


def people_by_number(session: Session, scope: Scope, numbers: Collection[str]) -> dict[str, Patient]:
    """Return the people of the scope with these health-record numbers."""
    query = select(col(Patient.health_record_number), Patient).where(
        col(Patient.health_record_number).in_(numbers), patients.visible(scope)
    )
    return {row[0]: row[1] for row in session.execute(query) if row[0] is not None}


def people_by_identifiers(
    session: Session, scope: Scope, identifiers: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Patient]:
    """Return the people of the scope that other systems know by (system, value)."""
    by_system: dict[str, list[str]] = {}
    for system, value in identifiers:
        by_system.setdefault(system, []).append(value)
    either: list[ColumnElement[bool]] = [
        (col(PatientIdentifier.system) == system) & col(PatientIdentifier.value).in_(values)
        for system, values in by_system.items()
    ]
    if not either:
        return {}
    query = (
        select(col(PatientIdentifier.system), col(PatientIdentifier.value), Patient)
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .where(or_(*either), patients.visible(scope))
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}


def people_by_id(session: Session, scope: Scope, ids: Collection[UUID]) -> dict[UUID, Patient]:
    """Return the people of the scope among these."""
    query = select(Patient).where(col(Patient.id).in_(ids), patients.visible(scope))
    return {each.id: each for each in session.scalars(query)}


def identifiers(session: Session, scope: Scope, patient_id: UUID) -> list[PatientIdentifier]:
    """Return the numbers under which other systems know a person of the scope."""
    query = (
        select(PatientIdentifier)
        .join(Patient, col(Patient.id) == col(PatientIdentifier.patient_id))
        .where(col(PatientIdentifier.patient_id) == patient_id, patients.visible(scope))
    )
    return list(session.scalars(query.order_by(col(PatientIdentifier.system), col(PatientIdentifier.value))))


def active_enrolments(session: Session, scope: Scope, patient_ids: Sequence[UUID]) -> list[Enrolment]:
    """Return the active enrolments of several people of the scope, in the order of the diseases."""
    query = (
        select(Enrolment)
        .join(Patient, col(Patient.id) == col(Enrolment.patient_id))
        .where(
            col(Enrolment.patient_id).in_(patient_ids),
            col(Enrolment.state) == EnrolmentState.ACTIVE.value,
            patients.visible(scope),
        )
    )
    return list(session.scalars(query.order_by(col(Enrolment.disease))))


def all_facts(
    session: Session, scope: Scope, table: type[Fact], patient_ids: Collection[UUID], columns: Sequence[str]
) -> Sequence[RowMapping]:
    """Return these columns of every fact of a kind of people of the scope, also of what was corrected or retracted."""
    chosen = [getattr(table, name) for name in ("patient_id", "happened_on", *columns)]
    query = (
        select(*chosen)
        .join(Patient, col(Patient.id) == col(table.patient_id))
        .where(col(table.patient_id).in_(patient_ids), patients.visible(scope))
    )
    return session.execute(query).mappings().all()


def forget(session: Session, scope: Scope, *, before: Any) -> int:
    """Take away imports that were finished, or left alone, before an instant; returns how many."""
    of_old = (
        "(SELECT id FROM import_run WHERE coalesce(finished_at, made_at) < :before"
        " AND state NOT IN ('checking', 'applying') AND (:whole OR clinic_id = ANY(CAST(:clinics AS uuid[]))))"
    )
    values = {"before": before, "whole": scope.clinic_ids is None, "clinics": scope.listed() or []}
    session.execute(text(f"DELETE FROM import_row WHERE run_id IN {of_old}"), values)  # noqa: S608 - our own words
    gone = session.execute(text(f"DELETE FROM import_run WHERE id IN {of_old}"), values)  # noqa: S608
    return int(getattr(gone, "rowcount", 0))
