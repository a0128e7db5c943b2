"""Imports and their lines as answers show them: who a line is about is masked. Nothing here commits."""

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core.crypto import Keyring
from cmc.core.paging import encode_cursor
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.exchange import queries, sealing
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict
from cmc.exchange.schemas import ImportOut, ImportPage, ImportRowOut, ImportRows, LikelyPerson, RowFault
from cmc.exchange.sheets import SHEETS, Sheet
from cmc.exchange.tables import ImportRow, ImportRun
from cmc.patients.masks import mask_citizen_id, mask_name
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient

_CLOSED = frozenset({ImportState.DONE, ImportState.DISCARDED})


def one(session: Session, scope: Scope, keys: Keyring, run: ImportRun) -> ImportOut:
    """Return an import that the caller found in the scope."""
    counts = queries.counts(session, scope, [run.id])[run.id]
    return ImportOut.of(run, counts, _headings(keys, run))


def page(session: Session, scope: Scope, keys: Keyring, *, after: UUID | None, limit: int) -> ImportPage:
    """Return imports of the scope, the latest first."""
    found = queries.runs(session, scope, after=after, limit=limit + 1)
    shown = found[:limit]
    counts = queries.counts(session, scope, [each.id for each in shown])
    items = [ImportOut.of(each, counts[each.id], _headings(keys, each)) for each in shown]
    return ImportPage(items=items, next_cursor=encode_cursor((shown[-1].id,)) if len(found) > limit else None)


def _headings(keys: Keyring, run: ImportRun) -> list[str]:
    return [] if run.state in _CLOSED else sealing.headings_of(sealing.key_of(keys, run), run)


def lines(
    session: Session,
    scope: Scope,
    keys: Keyring,
    run_id: UUID,
    *,
    verdicts: Collection[RowVerdict],
    after: int,
    limit: int,
    on: date,
) -> ImportRows:
    """Return lines of an import and note whose records they name. Raises `NotFound` for a foreign import."""
    run = queries.run(session, scope, run_id)
    found = queries.rows(session, scope, run_id, verdicts=verdicts, after=after, limit=limit + 1)
    shown = found[:limit]
    alike = {UUID(each["patient_id"]) for row in shown for each in row.likely}
    people = queries.people_by_id(session, scope, alike)
    named = [row.patient_id for row in shown if row.patient_id is not None]
    audit.seen(session, scope, "import_row", [*named, *people], act=Act.LIST, detail={"import": str(run_id)})
    items = list(_shown(keys, run, shown, people, on))
    return ImportRows(items=items, next_cursor=encode_cursor((shown[-1].number,)) if len(found) > limit else None)


def _shown(
    keys: Keyring, run: ImportRun, rows: list[ImportRow], people: dict[UUID, Patient], on: date
) -> Iterator[ImportRowOut]:
    key, sheet = sealing.key_of(keys, run), SHEETS[ImportKind(run.kind)]
    for row in rows:
        cells = sealing.cells_of(key, row)
        name, number = (_cell(run, cells, field) for field in ("name", "citizen_id"))
        yield ImportRowOut(
            number=row.number,
            verdict=RowVerdict(row.verdict),
            name=mask_name(name) if name else None,
            citizen_id=mask_citizen_id(number),
            faults=[_fault(sheet, each) for each in row.faults],
            likely=list(_likely(keys, row, people, on)),
            patient_id=row.patient_id,
        )


def _likely(keys: Keyring, row: ImportRow, people: dict[UUID, Patient], on: date) -> Iterator[LikelyPerson]:
    for each in row.likely:
        patient = people.get(UUID(each["patient_id"]))
        if patient is not None:
            shown = PatientListed.of(keys, patient, on=on)
            yield LikelyPerson.model_validate(each | {"patient": shown})


def _cell(run: ImportRun, cells: list[str], field: str) -> str | None:
    place = run.mapping.get(field)
    return cells[place].strip() or None if place is not None and place < len(cells) else None


def _fault(sheet: Sheet, fault: dict[str, Any]) -> RowFault:
    return RowFault(
        field=fault["field"], title=title(sheet, fault["field"]), code=fault["code"], detail=fault["detail"]
    )


def title(sheet: Sheet, field: str) -> Text | None:
    """Return the words of a field; None for a fault of the whole row."""
    return next((each.text for each in sheet.columns if each.name == field), None)
