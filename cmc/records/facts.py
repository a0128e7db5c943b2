"""Changes of facts: the one way in which every kind is added, corrected and retracted. Nothing here commits.

A row is never changed. Each change marks the person in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.core import etag
from cmc.core.errors import Conflict, FieldError, Invalid
from cmc.core.ids import derived_id, new_id
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients import touched
from cmc.patients.tables import Patient
from cmc.records import fact_queries
from cmc.records.codes import FactKind, Source
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import FactIn
from cmc.records.fact_tables import FACT_TABLES


@dataclass(frozen=True, slots=True)
class Seen:
    """What a correction comes with: why, the If-Match of the version that was seen, and when it is made."""

    reason: str
    if_match: str | None
    now: datetime
    on: date


def check(wanted: FactIn, patient: Patient, on: date, *, under: str = "") -> None:
    """Raise `Invalid` for dates outside the person's life up to `on`, and for what is wrong between fields.

    `under` is the JSON pointer of the fact in the body.
    """
    faults = list(wanted.faults())
    if not patient.birth_date <= wanted.on <= on:
        faults.append(FieldError("/on", "out_of_range", "must lie between the birth date and today"))
    last = wanted.last_day()
    if last is not None and not wanted.on <= last[1] <= on:
        faults.append(FieldError(f"/{last[0]}", "out_of_range", "must lie between `on` and today"))
    if faults:
        raise Invalid(errors=tuple(FieldError(under + each.pointer, each.code, each.detail) for each in faults))


def record(
    session: Session, scope: Scope, patient_id: UUID, kind: FactKind, wanted: FactIn, *, now: datetime, on: date
) -> Fact:
    """Store a new fact of a person and return its row. Raises `NotFound` for a foreign person, `Invalid`."""
    patient = patients.get(session, scope, patient_id)
    check(wanted, patient, on)
    return append(session, scope, patient, kind, wanted, wanted.columns(), now=now)


class Recorded(NamedTuple):
    """A stored row, and whether it is new: the same request under the same key finds it again."""

    row: Fact
    new: bool


def record_once(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    kind: FactKind,
    wanted: FactIn,
    *,
    key: str | None,
    now: datetime,
    on: date,
) -> Recorded:
    """As `record`; with an idempotency key the same request again stores nothing. Another one under it: `Invalid`."""
    patient = patients.get(session, scope, patient_id)
    check(wanted, patient, on)
    row = first_row(scope, patient, kind, wanted, wanted.columns(), now=now, row_id=request_id(scope, kind.value, key))
    return once(session, scope, [row], kind)


def answered(recorded: Recorded) -> tuple[Fact, int]:
    """Return the row and the status of the answer: 201 for a new one, 200 for one that was stored before."""
    return recorded.row, 201 if recorded.new else 200


def request_id(scope: Scope, kind: str, key: str | None) -> UUID | None:
    """Return the id of what a request under an idempotency key stores; None without a key."""
    return None if key is None else derived_id("request", scope.actor, kind, key)


def key_reused() -> Invalid:
    """Return the error of a key that has stored something else."""
    words = "this key has stored something else: send a new key with a new fact"
    return Invalid(words, code="idempotency-key-reused", errors=(FieldError("/idempotency_key", "reused", words),))


def once(session: Session, scope: Scope, rows: Sequence[Fact], kind: FactKind) -> Recorded:
    """Store new rows, of which the first is the fact that was asked for, unless it is stored under its id already.

    Raises `Invalid` when that is another one. Two such requests at one moment: the second is told to try again.
    """
    wanted = rows[0]
    known = session.get(FACT_TABLES[kind], wanted.id)
    if known is None:
        keep(session, rows, now=wanted.recorded_at)
        return Recorded(wanted, True)
    if known.model_dump(exclude=_OF_ITS_STORING) != wanted.model_dump(exclude=_OF_ITS_STORING):
        raise key_reused()
    audit.seen(session, scope, kind.value, [known.patient_id])
    return Recorded(known, False)


def correct(
    session: Session,
    scope: Scope,
    patient_id: UUID,
    kind: FactKind,
    fact_id: UUID,
    wanted: FactIn | None,
    seen: Seen,
) -> Fact:
    """Store what a fact really is, or, with None, that it was never so; return the new row.

    `seen.if_match` names the version that was seen: `VersionNeeded` without, `Stale` when it is no longer the latest.
    Raises `Conflict` for what was retracted: it is recorded anew.
    """
    patient = patients.get(session, scope, patient_id)
    last = latest(session, scope, patient_id, kind, fact_id, if_match=seen.if_match)
    if wanted is None:
        return retract(session, scope, patient, kind, last, reason=seen.reason, now=seen.now)
    check(wanted, patient, seen.on, under="/fact")
    columns = wanted.columns()
    return append(session, scope, patient, kind, wanted, columns, now=seen.now, replaces=last, reason=seen.reason)


def latest(
    session: Session, scope: Scope, patient_id: UUID, kind: FactKind, fact_id: UUID, *, if_match: str | None
) -> Fact:
    """Return the latest row of a fact, locked against a correction at the same moment. Raises as `correct` does."""
    last = fact_queries.latest(session, scope, FACT_TABLES[kind], patient_id, fact_id)
    etag.require_match(if_match, last.id)
    if last.is_retracted:
        raise Conflict("this was retracted: record it anew", code="retracted")
    return last


def append(
    session: Session,
    scope: Scope,
    patient: Patient,
    kind: FactKind,
    wanted: FactIn,
    columns: Mapping[str, Any],
    *,
    now: datetime,
    replaces: Fact | None = None,
    reason: str | None = None,
) -> Fact:
    """Add one row, checked by the caller, and mark the person."""
    values = _common(wanted) | dict(columns)
    return _add(session, scope, patient, kind, values, now=now, replaces=replaces, reason=reason)


def first_row(
    scope: Scope,
    patient: Patient,
    kind: FactKind,
    wanted: FactIn,
    columns: Mapping[str, Any],
    *,
    now: datetime,
    row_id: UUID | None = None,
) -> Fact:
    """Return the row of a new fact, checked by the caller and not stored yet (see `keep`)."""
    return _row(scope, patient, kind, _common(wanted) | dict(columns), now=now, row_id=row_id)


def keep(session: Session, rows: Sequence[Fact], *, now: datetime) -> None:
    """Store rows of people whom the caller found in the scope, however many, in one flush, and mark the people."""
    session.add_all(rows)
    session.flush()
    touched.mark(session, [row.patient_id for row in rows], at=now)


def _common(wanted: FactIn) -> dict[str, Any]:
    return {"happened_on": wanted.on, "source": Source(wanted.source).value, "note": wanted.note}


def retract(
    session: Session, scope: Scope, patient: Patient, kind: FactKind, last: Fact, *, reason: str, now: datetime
) -> Fact:
    """Add the row that says that a fact was never so; it repeats what was retracted."""
    kept = last.model_dump(exclude=_OWN_OF_A_ROW)
    values = kept | {"is_retracted": True}
    return _add(session, scope, patient, kind, values, now=now, replaces=last, reason=reason)


_OF_ITS_STORING: Final = {"recorded_at", "clinic_id"}
_OWN_OF_A_ROW: Final = {
    "id", "fact_id", "patient_id", "clinic_id", "actor", "recorded_at", "replaces_id", "reason", "is_retracted",
}  # fmt: skip


def _add(
    session: Session,
    scope: Scope,
    patient: Patient,
    kind: FactKind,
    values: Mapping[str, Any],
    *,
    now: datetime,
    replaces: Fact | None,
    reason: str | None,
) -> Fact:
    row = _row(scope, patient, kind, values, now=now, replaces=replaces, reason=reason)
    keep(session, [row], now=now)
    return row


def _row(
    scope: Scope,
    patient: Patient,
    kind: FactKind,
    values: Mapping[str, Any],
    *,
    now: datetime,
    replaces: Fact | None = None,
    reason: str | None = None,
    row_id: UUID | None = None,
) -> Fact:
    row_id = row_id or new_id()
    return FACT_TABLES[kind](
        id=row_id,
        fact_id=replaces.fact_id if replaces else row_id,
        patient_id=patient.id,
        clinic_id=patient.clinic_id,
        actor=scope.actor,
        # A clock that went back must not make the correction known before what it corrects.
        recorded_at=max(now, replaces.recorded_at) if replaces else now,
        replaces_id=replaces.id if replaces else None,
        reason=reason,
        **values,
    )
