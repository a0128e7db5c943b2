"""An import works step by step: each step is a transaction of some hundred lines, so a bar can be drawn, the worker may
die at any point, and a large file holds nobody up. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core import db
from cmc.core.clock import local_date
from cmc.core.crypto import FieldKey, Keyring
from cmc.core.errors import FieldError
from cmc.core.scope import Scope
from cmc.exchange import facts_in, people, queries, sealing, wanted
from cmc.exchange.codes import ImportKind, ImportState, RowVerdict
from cmc.exchange.facts_in import Entry
from cmc.exchange.judged import Judged, known, refused
from cmc.exchange.tables import ImportRow, ImportRun
from cmc.exchange.wanted import FACTS, Wanted

CHECKED_A_STEP: Final = 500
PEOPLE_A_STEP: Final = 100
FACTS_A_STEP: Final = 500

_WRITE: Final = text(
    "UPDATE import_row AS r SET verdict = n.verdict, token = n.token, faults = CAST(n.faults AS jsonb),"
    " likely = CAST(n.likely AS jsonb), patient_id = n.patient_id"
    " FROM unnest(CAST(:number AS int[]), CAST(:verdict AS text[]), CAST(:token AS bytea[]), CAST(:faults AS text[]),"
    " CAST(:likely AS text[]), CAST(:patient_id AS uuid[]))"
    " AS n (number, verdict, token, faults, likely, patient_id)"
    " WHERE r.run_id = :run_id AND r.number = n.number"
)
_FORGET_CELLS: Final = text(
    "UPDATE import_row SET cells_cipher = NULL WHERE run_id = :run_id AND verdict NOT IN ('refused', 'skipped')"
)


def step(session: Session, keys: Keyring, run: ImportRun, *, now: datetime) -> bool:
    """Work off the next lines of a locked import, in the name of who asked for it and at its clinic alone.

    Returns whether more is to be done in this state.
    """
    scope = Scope(run.applied_by or run.made_by, frozenset({run.clinic_id}))
    db.enter_scope(session, scope)
    applying = run.state == ImportState.APPLYING
    size = CHECKED_A_STEP
    if applying:
        size = PEOPLE_A_STEP if run.kind == ImportKind.PATIENTS else FACTS_A_STEP
    of = RowVerdict.NEW if applying else RowVerdict.WAITING
    rows = queries.rows(session, scope, run.id, verdicts=(of,), limit=size)
    if rows:
        lines, judged = _read(keys, run, rows)
        if applying:
            judged |= _apply(session, scope, keys, run, lines, now=now)
        else:
            judged |= _check(session, scope, keys, run, lines, on=local_date(now))
        _write(session, run, judged)
        run.done = min(run.lines, run.done + len(rows))
    if len(rows) == size:
        session.flush()
        return True
    run.done = run.lines
    run.state = (ImportState.DONE if applying else ImportState.CHECKED).value
    run.finished_at = now if applying else None
    if applying:
        session.execute(_FORGET_CELLS, {"run_id": run.id})
    session.flush()
    return False


def _read(keys: Keyring, run: ImportRun, rows: Sequence[ImportRow]) -> tuple[dict[int, Wanted], dict[int, Judged]]:
    key, kind = sealing.key_of(keys, run), ImportKind(run.kind)
    lines: dict[int, Wanted] = {}
    judged: dict[int, Judged] = {}
    for row in rows:
        found = _wanted(key, kind, run, row)
        if isinstance(found, Wanted):
            lines[row.number] = found
        else:
            judged[row.number] = refused(*found)
    return lines, judged


def _wanted(key: FieldKey, kind: ImportKind, run: ImportRun, row: ImportRow) -> Wanted | list[FieldError]:
    cells = sealing.cells_of(key, row)
    return wanted.of_row(kind, run.mapping, cells, clinic_id=run.clinic_id)


def _check(
    session: Session, scope: Scope, keys: Keyring, run: ImportRun, lines: Mapping[int, Wanted], *, on: date
) -> dict[int, Judged]:
    kind = ImportKind(run.kind)
    if kind is ImportKind.PATIENTS:
        judged = people.judge(session, scope, keys, lines, on=on)
    else:
        judged, entries = _whose(session, scope, keys, lines, on)
        judged |= facts_in.judge(session, scope, keys, FACTS[kind][0], entries, on=on)
    _point_at_repeated(session, scope, run, judged)
    return judged


def _apply(
    session: Session, scope: Scope, keys: Keyring, run: ImportRun, lines: Mapping[int, Wanted], *, now: datetime
) -> dict[int, Judged]:
    on = local_date(now)
    kind = ImportKind(run.kind)
    if kind is ImportKind.PATIENTS:
        return people.store(session, scope, keys, lines, now=now, on=on)
    judged, entries = _whose(session, scope, keys, lines, on)
    return judged | facts_in.store(session, scope, keys, FACTS[kind][0], entries, now=now, on=on)


def _whose(
    session: Session, scope: Scope, keys: Keyring, lines: Mapping[int, Wanted], on: date
) -> tuple[dict[int, Judged], dict[int, Entry]]:
    """Find the people of the lines: refused lines, and facts of people."""
    judged: dict[int, Judged] = {}
    entries: dict[int, Entry] = {}
    found = people.resolve(session, scope, keys, {number: each.whose for number, each in lines.items()}, on=on)
    for number, patient in found.items():
        fact = lines[number].fact
        if isinstance(patient, FieldError):
            judged[number] = refused(patient)
        elif fact is not None:
            entries[number] = Entry(patient, fact)
    return judged, entries


def _point_at_repeated(session: Session, scope: Scope, run: ImportRun, judged: dict[int, Judged]) -> None:
    """Call a line known that repeats an earlier one of the file, and say which."""
    tokens = {each.token for each in judged.values() if each.token is not None and each.verdict is RowVerdict.NEW}
    first = queries.first_lines(session, scope, run.id, tokens) if tokens else {}
    for number in sorted(judged):
        each = judged[number]
        if each.token is None or each.verdict is not RowVerdict.NEW:
            continue
        earlier = first.setdefault(each.token, number)
        if earlier != number:
            fault = FieldError("", "repeated", f"the same stands in row {earlier}")
            judged[number] = known(each.patient_id, fault, token=each.token)


def _write(session: Session, run: ImportRun, judged: Mapping[int, Judged]) -> None:
    numbers = sorted(judged)
    each = [judged[number] for number in numbers]
    values: dict[str, Any] = {
        "run_id": run.id,
        "number": numbers,
        "verdict": [one.verdict.value for one in each],
        "token": [one.token for one in each],
        "faults": [msgspec.json.encode([_fault(fault) for fault in one.faults]).decode() for one in each],
        "likely": [msgspec.json.encode(one.likely).decode() for one in each],
        "patient_id": [one.patient_id for one in each],
    }
    session.execute(_WRITE, values)


def _fault(fault: FieldError) -> dict[str, str]:
    return {"field": fault.pointer.strip("/"), "code": fault.code, "detail": fault.detail}
