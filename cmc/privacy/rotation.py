"""Exchanging the master key while the service runs, and forgetting the old one.

The data keys of people and receipts are wrapped anew, a thousand a transaction; what they seal stays as it is. What was
done is seen in the rows, so a run that was killed goes on where it stopped. New people are wrapped by the new key from
the first moment (`key_check.current`); processes that do not have it read the key file again.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    TableClause,
    Uuid,
    bindparam,
    column,
    func,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.orm import Session

from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.operating import OperatorError

BATCH = 1000
Progress = Callable[[int, int], None]


class SealedColumn(NamedTuple):
    """A column of `bytea` that `Keyring.encrypt` wrote, with the context "table.column|id".

    As everywhere, the column in the context goes without its ending `_cipher`.
    """

    table: str
    column: str
    key: str = "id"

    def context(self, row_key: object) -> str:
        """Return the context of one row."""
        return f"{self.table}.{self.column.removesuffix('_cipher')}|{row_key}"


SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn("app_user", "totp_cipher"),
    SealedColumn("machine_key", "secret_cipher"),
    SealedColumn("subscription", "address_cipher"),
    SealedColumn("subscription", "secret_cipher"),
    SealedColumn("subscription", "old_secret_cipher"),
)
"""Columns that are sealed by a master key itself, because they belong to no person."""

UNDER_THE_PERSON = ("patient_document", "patient_phone", "visit_draft", "import_row", "export_part")
"""Tables whose sealed columns hang on the data key in the row of the person, or of the import: nothing of theirs is
exchanged."""

WRAPPED_KEYS = ("patient", "receipt", "import_run", "export_run")
"""Tables with an `id` and a column `data_key` that a master key wraps."""

_CURRENT = bindparam("current", type_=LargeBinary())


def rotate(
    transaction: Transaction,
    keys: Keyring,
    *,
    columns: Sequence[SealedColumn] = SEALED_COLUMNS,
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Put everything under the current key of `keys`; returns how many data keys and fields were wrapped anew."""
    with transaction() as session:
        key_check.change(session, keys)
        total = waiting(session, keys, columns=columns)
    done = 0
    for each in columns:
        while count := _reseal(transaction, keys, each):
            done += count
            progress(done, max(total, done))
    for name in WRAPPED_KEYS:
        for count in _rewrapped(transaction, keys, name):
            done += count
            progress(done, max(total, done))
    return done


def waiting(session: Session, keys: Keyring, *, columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> int:
    """Return how many data keys and fields are not under the current key yet."""
    counts = [select(func.count()).select_from(table(name)).where(_wrapped_by_another()) for name in WRAPPED_KEYS]
    counts += [select(func.count()).select_from(_table(each)).where(_other(each)) for each in columns]
    return sum(session.scalars(each, {"current": keys.current}).one() for each in counts)


def drop(transaction: Transaction, keys: Keyring, *, columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> list[bytes]:
    """Forget every key but the current one; returns the ids of those forgotten.

    Raises `OperatorError` while something still hangs on them. Nobody can be put on file meanwhile: a person who is
    being wrapped by an old key would be lost.
    """
    with transaction() as session:
        key_check.exchange(session)
        for name in sorted({*WRAPPED_KEYS, *(each.table for each in columns)}):
            session.execute(text(f'LOCK TABLE "{name}" IN SHARE MODE'))
        if left := waiting(session, keys, columns=columns):
            raise OperatorError(f"{left:,} keys or fields hang on a former master key: run `cmc keys rotate` first.")
        old = sorted(key_check.in_use(session) - {keys.current})
        for each in old:
            key_check.retire(session, each)
    return old


def _rewrapped(transaction: Transaction, keys: Keyring, name: str) -> Iterator[int]:
    """Wrap anew, along the ids, until a pass finds nothing left; yields the size of each batch."""
    after, found = UUID(int=0), 0
    while True:
        wrapped = _rewrap(transaction, keys, name, after)
        if wrapped:
            yield len(wrapped)
            after, found = wrapped[-1], found + len(wrapped)
        elif found:
            after, found = UUID(int=0), 0
        else:
            return


def _rewrap(transaction: Transaction, keys: Keyring, name: str, after: UUID) -> list[UUID]:
    rows_of = table(name, column("id", Uuid()), column("data_key", LargeBinary()))
    old = (
        select(rows_of.c.id, rows_of.c.data_key)
        .where(rows_of.c.id > after, _wrapped_by_another())
        .order_by(rows_of.c.id)
        .limit(BATCH)
    )
    new = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid())), bindparam("keys", type_=ARRAY(LargeBinary())))
        .table_valued(column("id", Uuid()), column("data_key", LargeBinary()))
        .render_derived()
        .alias("new")
    )
    change = update(rows_of).values(data_key=new.c.data_key).where(rows_of.c.id == new.c.id)
    with transaction() as session:
        rows = session.execute(old.with_for_update(key_share=True), {"current": keys.current}).all()
        if rows:
            wrapped = [keys.rewrap(each.data_key, context=f"{name}.data_key|{each.id}") for each in rows]
            session.execute(change, {"ids": [each.id for each in rows], "keys": wrapped})
    return [each.id for each in rows]


def _reseal(transaction: Transaction, keys: Keyring, of: SealedColumn) -> int:
    rows_of = _table(of)
    key, sealed = rows_of.c[of.key], rows_of.c[of.column]
    find = select(key, sealed).select_from(rows_of).where(_other(of)).limit(BATCH).with_for_update()
    with transaction() as session:
        rows = session.execute(find, {"current": keys.current}).all()
        for row_key, value in rows:
            context = of.context(row_key)
            anew = keys.encrypt(keys.decrypt(value, context=context), context=context)
            session.execute(update(rows_of).where(key == row_key).values({of.column: anew}))
    return len(rows)


def _table(of: SealedColumn) -> TableClause:
    return table(of.table, column(of.key), column(of.column))


def _other(of: SealedColumn) -> ColumnElement[bool]:
    """Not under the current key: of the first form, which names none, or under another."""
    sealed: ColumnElement[bytes] = column(of.column)
    return or_(func.get_byte(sealed, 0) == 1, func.substring(sealed, 2, 4) != _CURRENT)


def _wrapped_by_another() -> ColumnElement[bool]:
    wrapped: ColumnElement[bytes] = column("data_key")
    return func.substring(wrapped, 2, 4) != _CURRENT
