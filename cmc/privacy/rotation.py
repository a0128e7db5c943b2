"""Exchanging the master key while the service runs, and forgetting the old one.

The people's data keys are wrapped anew, a thousand a transaction; the fields themselves stay as they are. What was done
is seen in the rows, so a run that was killed goes on where it stopped. New people are wrapped by the new key from the
first moment (`key_check.current`); processes that do not have it read the key file again.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

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
from sqlmodel import col

from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.operating import OperatorError
from cmc.patients.tables import Patient

BATCH = 1000
Progress = Callable[[int, int], None]


class SealedColumn(NamedTuple):
    """A column of `bytea` that `Keyring.encrypt` wrote, with the context "table.column|id"."""

    table: str
    column: str
    key: str = "id"


SEALED_COLUMNS: tuple[SealedColumn, ...] = ()
"""Columns that are sealed by a master key itself, because they belong to no person."""

_CURRENT = bindparam("current", type_=LargeBinary())
_WRAPPED_BY_OTHERS = func.substring(col(Patient.data_key), 2, 4) != _CURRENT
_REWRAP = text(
    "UPDATE patient SET data_key = new.data_key"
    " FROM unnest(CAST(:ids AS uuid[]), CAST(:data_keys AS bytea[])) AS new (id, data_key) WHERE patient.id = new.id"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("data_keys", type_=ARRAY(LargeBinary())))


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
    while count := _rewrap(transaction, keys):
        done += count
        progress(done, max(total, done))
    return done


def waiting(session: Session, keys: Keyring, *, columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> int:
    """Return how many data keys and fields are not under the current key yet."""
    people = session.scalars(
        select(func.count()).select_from(Patient).where(_WRAPPED_BY_OTHERS), {"current": keys.current}
    ).one()
    counts = [select(func.count()).select_from(_table(each)).where(_other(each)) for each in columns]
    fields = sum(session.scalars(each, {"current": keys.current}).one() for each in counts)
    return int(people + fields)


def drop(transaction: Transaction, keys: Keyring, *, columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> list[bytes]:
    """Forget every key but the current one; returns the ids of those forgotten.

    Raises `OperatorError` while something still hangs on them. Nobody can be put on file meanwhile: a person who is
    being wrapped by an old key would be lost.
    """
    with transaction() as session:
        session.execute(text("LOCK TABLE patient IN SHARE MODE"))
        if left := waiting(session, keys, columns=columns):
            raise OperatorError(f"{left:,} keys or fields hang on a former master key: run `cmc keys rotate` first.")
        old = sorted(key_check.in_use(session) - {keys.current})
        for each in old:
            key_check.retire(session, each)
    return old


def _rewrap(transaction: Transaction, keys: Keyring) -> int:
    query = select(col(Patient.id), col(Patient.data_key)).where(_WRAPPED_BY_OTHERS).order_by(col(Patient.id))
    with transaction() as session:
        rows = session.execute(query.limit(BATCH).with_for_update(key_share=True), {"current": keys.current}).all()
        if rows:
            wrapped = [
                keys.rewrap(data_key, context=f"patient.data_key|{person}") for person, data_key in rows if data_key
            ]
            session.execute(_REWRAP, {"ids": [each.id for each in rows], "data_keys": wrapped})
    return len(rows)


def _reseal(transaction: Transaction, keys: Keyring, of: SealedColumn) -> int:
    rows_of = _table(of)
    key, sealed = rows_of.c[of.key], rows_of.c[of.column]
    find = select(key, sealed).select_from(rows_of).where(_other(of)).limit(BATCH).with_for_update()
    with transaction() as session:
        rows = session.execute(find, {"current": keys.current}).all()
        for row_key, value in rows:
            context = f"{of.table}.{of.column}|{row_key}"
            anew = keys.encrypt(keys.decrypt(value, context=context), context=context)
            session.execute(update(rows_of).where(key == row_key).values({of.column: anew}))
    return len(rows)


def _table(of: SealedColumn) -> TableClause:
    return table(of.table, column(of.key), column(of.column))


def _other(of: SealedColumn) -> ColumnElement[bool]:
    """Not under the current key: of the first form, which names none, or under another."""
    sealed: ColumnElement[bytes] = column(of.column)
    return or_(func.get_byte(sealed, 0) == 1, func.substring(sealed, 2, 4) != _CURRENT)
