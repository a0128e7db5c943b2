"""What stands in a file, sealed under a key of its import: headings, and the cells of every line. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from cmc.core.crypto import FieldKey, Keyring
from cmc.exchange.tables import ImportRow, ImportRun


def new_key(keys: Keyring, run_id: UUID, *, under: bytes) -> tuple[FieldKey, bytes]:
    """Return a fresh key for an import, and its form wrapped by the master key of id `under`."""
    return keys.new_data_key(context=f"import_run.data_key|{run_id}", under=under)


def key_of(keys: Keyring, run: ImportRun) -> FieldKey:
    """Return the key of an import."""
    return keys.data_key(run.data_key, context=f"import_run.data_key|{run.id}")


def headings(key: FieldKey, run_id: UUID, names: Sequence[str]) -> bytes:
    """Return the ciphertext of the headings."""
    return key.seal(msgspec.json.encode(list(names)), f"import_run.headings|{run_id}".encode())


def headings_of(key: FieldKey, run: ImportRun) -> list[str]:
    """Return the headings."""
    plain = key.open(run.headings_cipher, f"import_run.headings|{run.id}".encode())
    return msgspec.json.decode(plain, type=list[str])


def cells(key: FieldKey, run_id: UUID, number: int, texts: Sequence[str]) -> bytes:
    """Return the ciphertext of the cells of a line."""
    return key.seal(msgspec.json.encode(list(texts)), f"import_row.cells|{run_id}|{number}".encode())


def cells_of(key: FieldKey, row: ImportRow) -> list[str]:
    """Return the cells of a line; none of one that was stored: they were taken away."""
    if row.cells_cipher is None:
        return []
    plain = key.open(row.cells_cipher, f"import_row.cells|{row.run_id}|{row.number}".encode())
    return msgspec.json.decode(plain, type=list[str])
