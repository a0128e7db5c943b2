"""The refused lines of an import with their reasons, and empty sheets to be filled in."""

from collections.abc import Iterator, Sequence
from typing import IO

from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange import queries, sealing, showing, workbooks
from cmc.exchange.codes import ImportKind, RowVerdict, SheetFormat
from cmc.exchange.sheets import SHEETS
from cmc.exchange.tables import ImportRow, ImportRun

_HEAD = ("行号 Row", "原因 Reasons")
_A_TIME = 1000


def sheet_of(session: Session, scope: Scope, keys: Keyring, run: ImportRun, form: SheetFormat) -> IO[bytes]:
    """Return the lines of an import of the scope that were refused: row number, reasons, and the cells as they came.

    Put right, the sheet can be taken in again: its two first columns are not read.
    """
    key = sealing.key_of(keys, run)
    head = [*_HEAD, *sealing.headings_of(key, run)]
    sheet = SHEETS[ImportKind(run.kind)]

    def rows() -> Iterator[Sequence[str]]:
        for row in _refused(session, scope, run):
            said = []
            for each in row.faults:
                title = showing.title(sheet, each["field"])
                said.append(f"{title.zh + ' ' + title.en + ': ' if title else ''}{each['detail']} ({each['code']})")
            yield [str(row.number), "; ".join(said), *sealing.cells_of(key, row)]

    return workbooks.written(form, head, rows())


def _refused(session: Session, scope: Scope, run: ImportRun) -> Iterator[ImportRow]:
    after = 0
    while found := queries.rows(session, scope, run.id, verdicts=(RowVerdict.REFUSED,), after=after, limit=_A_TIME):
        yield from found
        after = found[-1].number
        session.expunge_all()


def template(kind: ImportKind) -> IO[bytes]:
    """Return an empty workbook with the headings of a kind in Chinese, all columns text."""
    return workbooks.written(SheetFormat.XLSX, [each.zh for each in SHEETS[kind].columns], ())
