"""A folder of FHIR bundles from the command line: one transaction a bundle, and the report at the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from cmc.core.crypto import Keyring
from cmc.core.db import Transaction
from cmc.core.scope import Scope
from cmc.exchange.errors import UnusableFileError
from cmc.exchange.fhir import bundle, taking
from cmc.exchange.fhir.report import FhirReport


def run(
    transaction: Transaction,
    scope: Scope,
    keys: Keyring,
    folder: Path,
    clinic_id: UUID,
    told: Callable[[int, int], None],
    *,
    now: datetime,
) -> FhirReport:
    """Take in every *.json of a folder, or one file; returns the report. Raises `UnusableFileError` before anything is
    stored when there is none, or when one of them is no bundle.
    """
    files = sorted(folder.glob("*.json")) if folder.is_dir() else [folder]
    if not files:
        raise UnusableFileError(f"There is no *.json in {folder.name}.")
    for path in files:
        _bundle(path)
    report = FhirReport()
    for done, path in enumerate(files, start=1):
        with transaction() as session:
            taking.take(session, scope, keys, clinic_id, _bundle(path), report, now=now)
        told(done, len(files))
    return report


def write(report: FhirReport, path: Path) -> None:
    """Write the report as JSON (.json) or as text to a file that only its owner may read."""
    content = msgspec.json.format(msgspec.json.encode(report.as_json()), indent=2).decode()
    if path.suffix.lower() != ".json":
        content = "\n".join(report.as_text()) + "\n"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def _bundle(path: Path) -> bundle.Bundle:
    try:
        return bundle.read(path.name, path.read_bytes())
    except OSError as error:
        raise UnusableFileError(f"{path.name} cannot be read: {error.strerror}.") from error
