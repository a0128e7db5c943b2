"""A clinic, files that are sent to it, and the worker's job, in one transaction that is rolled back."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from openpyxl import Workbook
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.core.db import Transaction
from cmc.exchange import jobs
from cmc.organisations.tables import Organisation

ZHANG = "11010519491231002X"
"""The valid example of GB 11643: a woman, born on 31 December 1949."""


class Importer:
    """Sends files as a browser does, and works as the worker does."""

    def __init__(self, client: TestClient, clinic: Organisation, transaction: Transaction, now: datetime) -> None:
        self.client, self.clinic, self._transaction, self._now = client, clinic, transaction, now

    def send(self, kind: str, body: bytes | str, **more: Any) -> Any:
        content = body.encode() if isinstance(body, str) else body
        asked = {"kind": kind, "clinic": str(self.clinic.id)} | more
        return self.client.post("/v1/imports", content=content, params=asked)

    def work(self) -> int:
        return jobs.work(self._transaction, self._now)

    def checked(self, kind: str, body: bytes | str) -> dict[str, Any]:
        answer = self.send(kind, body)
        assert answer.status_code == 201, answer.text
        self.work()
        return self.read(answer.json()["id"])

    def read(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/imports/{run}").json()
        return found

    def rows(self, run: str, **asked: Any) -> list[dict[str, Any]]:
        answer = self.client.get(f"/v1/imports/{run}/rows", params=asked)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def applied(self, kind: str, body: bytes | str, **asked: Any) -> dict[str, Any]:
        run = self.checked(kind, body)["id"]
        answer = self.client.post(f"/v1/imports/{run}:apply", json=asked)
        assert answer.status_code == 200, answer.text
        self.work()
        return self.read(run)


@pytest.fixture
def importer(client: TestClient, clinic: Organisation, transaction: Transaction, now: datetime) -> Importer:
    return Importer(client, clinic, transaction, now)


@pytest.fixture
def count(session: Session) -> Callable[[str], int]:
    """count("diagnosis") → rows of a table."""
    return lambda table: session.scalars(text(f"SELECT count(*) FROM {table}")).one()  # noqa: S608 - our own names


def workbook(*rows: list[Any]) -> bytes:
    """The bytes of a workbook with these rows."""
    book, made = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(made)
    return made.getvalue()
