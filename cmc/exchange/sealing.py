"""What stands in a file, sealed under a key of its import or export: headings, cells, parts, who is in it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from cmc.core.crypto import FieldKey, Keyring
from cmc.exchange.tables import ExportPart, ExportRun, ImportRow, ImportRun


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


def export_key(keys: Keyring, run_id: UUID, *, under: bytes) -> tuple[FieldKey, bytes]:
    """Return a fresh key for an export, and its form wrapped by the master key of id `under`."""
    return keys.new_data_key(context=f"export_run.data_key|{run_id}", under=under)


def export_key_of(keys: Keyring, run: ExportRun) -> FieldKey:
    """Return the key of an export."""
    return keys.data_key(run.data_key, context=f"export_run.data_key|{run.id}")


def part(key: FieldKey, run_id: UUID, number: int, content: bytes) -> bytes:
    """Return the ciphertext of a part of a file."""
    return key.seal(content, f"export_part.content|{run_id}|{number}".encode())


def part_of(key: FieldKey, row: ExportPart) -> bytes:
    """Return a part of a file."""
    return key.open(row.content_cipher, f"export_part.content|{row.run_id}|{row.number}".encode())


def people(key: FieldKey, run_id: UUID, ids: Sequence[UUID]) -> bytes:
    """Return the ciphertext of who stands in a file."""
    return key.seal(b"".join(each.bytes for each in ids), f"export_run.people|{run_id}".encode())


def people_of(key: FieldKey, run: ExportRun) -> list[UUID]:
    """Return who stands in a file; nobody once it has expired."""
    if run.people_cipher is None:
        return []
    plain = key.open(run.people_cipher, f"export_run.people|{run.id}".encode())
    return [UUID(bytes=plain[start : start + 16]) for start in range(0, len(plain), 16)]
