"""Files of devices and programs, as they were exported: read by their wire format, like what comes over HTTP."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Final

from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.errors import CmcError
from cmc.core.scope import Scope
from cmc.exchange.errors import UnusableFileError
from cmc.imports.report import Report
from cmc.ingest import keeping, registry, service
from cmc.ingest.formats import FORMATS
from cmc.ingest.received import Circumstances, Format

LARGEST: Final = 8 << 20
"""A payload is read as a whole; years of a meter fit into a tenth of it."""


def form_of(code: str) -> Format:
    """Return the wire format of a code; raise `UnusableFileError` that lists them all."""
    found = next((each for each in FORMATS if each.code == code), None)
    if found is None:
        raise UnusableFileError(f"There is no format {code!r}: use one of {', '.join(each.code for each in FORMATS)}.")
    return found


def body_of(path: Path) -> bytes:
    """Return the bytes of a file; raise `UnusableFileError` when it cannot be read or is larger than 8 MiB."""
    try:
        if path.stat().st_size > LARGEST:
            raise UnusableFileError(f"{path.name} is larger than {LARGEST >> 20} MiB: cut it into parts.")
        return path.read_bytes()
    except OSError as error:
        raise UnusableFileError(f"{path.name} cannot be read: {error.strerror}.") from error


def run(
    transaction: Transaction,
    scope: Scope,
    keys: Keyring,
    body: bytes,
    form: Format,
    given: Circumstances,
    report: Report,
    *,
    now: datetime,
) -> None:
    """Store what a payload holds, in one transaction; rows of the report count its items from 1.

    Zone, unit and person of each device come from the register; what is given goes before it. Raises
    `UnusableFileError` when the payload as a whole is none of this format.
    """
    arrival = keeping.Arrival(f"file:{hashlib.sha256(body).hexdigest()}", form.code, body, keys, given)
    with transaction() as session:
        try:
            items = registry.read(session, scope, form, body, given, now=now).items
        except CmcError as error:
            words = "; ".join(each.detail for each in error.errors) or str(error)
            raise UnusableFileError(f"This is no file of the format {form.code}: {words}.") from error
        results = service.store(session, scope, arrival, items, now=now) if items else []
    for number, result in enumerate(results, start=1):
        faults = [(fault.pointer.rpartition("/")[2], fault.code, fault.detail) for fault in result.errors]
        report.row(number, result.status.value, faults)
