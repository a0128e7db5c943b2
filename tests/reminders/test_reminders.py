"""Reminders: to who agreed, outside of quiet hours, once, with words that tell nothing about anybody."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from cmc.core import crypto, db
from cmc.core.clock import LOCAL
from cmc.core.text import Text
from cmc.followups.tables import Task
from cmc.outbox.apprising import Policy
from cmc.patients.tables import Patient
from cmc.reminders import delivering
from cmc.reminders.delivering import Message
from cmc.reminders.tables import Reminder
from cmc.reminders.words import EXAM, VISIT, is_quiet, send_time

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)
CONSENT = {"purpose": "messages", "ground": "consent", "version": "2026-1", "channel": "paper"}


@pytest.mark.parametrize(
    ("hour", "minute", "day", "at"),
    [
        (8, 29, 20, (8, 30)),
        (8, 30, 20, (8, 30)),
        (19, 59, 20, (19, 59)),
        (20, 0, 21, (8, 30)),
        (23, 0, 21, (8, 30)),
        (0, 0, 20, (8, 30)),
    ],
)
def test_quiet_hours(hour: int, minute: int, day: int, at: tuple[int, int]) -> None:
    now = datetime(2026, 11, 20, hour, minute, tzinfo=LOCAL)
    assert send_time(now) == datetime(2026, 11, day, *at, tzinfo=LOCAL)
    assert is_quiet(now) is (send_time(now) != now)


def test_the_words_name_the_clinic_and_the_day_and_nobody() -> None:
    clinic = Text("C1慢病管理中心", "CMC C1")
    assert VISIT.words(clinic, date(2026, 11, 22)).zh.startswith("【C1慢病管理中心】您好，您的随访安排在11月22日")
    assert EXAM.words(clinic, date(2026, 11, 2)).en.startswith("CMC C1: your check-up is planned for 2 Nov.")


@pytest.fixture
def agreed(session: Session, client: TestClient, make_patient: Callable[..., Patient]) -> Callable[..., Patient]:
    """agreed(days=2) → a person who agreed to messages, with a visit planned in two days."""

    def make(
        days: int = 2, *, consent: bool = True, phone: str | None = "13812346131", kind: str = "routine"
    ) -> Patient:
        patient = make_patient(phone=phone)
        if consent:
            assert client.post(f"/v1/patients/{patient.id}/consents", json=CONSENT).status_code == 201
        _task(session, patient, days, kind)
        return patient

    return make


def _task(session: Session, patient: Patient, days: int, kind: str = "routine") -> None:
    day = TODAY + timedelta(days=days)
    session.add(
        Task(
            patient_id=patient.id, clinic_id=patient.clinic_id, kind=kind, cause=f"{kind}:{days}", urgency=1, due_on=day,
            planned_on=day, reason_zh="x", reason_en="x", opened_at=NOW,
        )
    )  # fmt: skip
    session.flush()


def _sent(
    transaction: db.Transaction, keys: crypto.Keyring, now: datetime = NOW, error: str | None = None
) -> list[Message]:
    sent: list[Message] = []

    def send(message: Message) -> str | None:
        sent.append(message)
        return error

    delivering.prepare(transaction, now)
    delivering.deliver(transaction, keys, send, now=now)
    return sent


def test_one_reminder_for_a_person_and_day_however_often_it_is_asked(
    session: Session, transaction: db.Transaction, keys: crypto.Keyring, agreed: Callable[..., Patient]
) -> None:
    patient = agreed()
    _task(session, patient, 2, "hba1c")
    (message,) = _sent(transaction, keys)
    assert message.phone == "13812346131"
    assert _sent(transaction, keys) == _sent(transaction, keys, NOW + timedelta(hours=3)) == []
    (row,) = session.scalars(select(Reminder)).all()
    assert (row.state, row.attempts, row.sent_at is not None) == ("delivered", 1, True)


@pytest.mark.parametrize(
    "without",
    [{"consent": False}, {"phone": None}, {"days": 0}, {"days": 3}, {"kind": "critical_reading"}],
    ids=["no consent", "no phone", "today", "too early", "nothing to remind of"],
)
def test_who_gets_none(
    transaction: db.Transaction, keys: crypto.Keyring, agreed: Callable[..., Patient], without: dict[str, Any]
) -> None:
    agreed(**without)
    assert _sent(transaction, keys) == []


def test_at_night_nothing_is_sent_and_nothing_is_lost(
    transaction: db.Transaction, keys: crypto.Keyring, agreed: Callable[..., Patient]
) -> None:
    agreed()
    assert _sent(transaction, keys, datetime(2026, 11, 20, 22, 0, tzinfo=LOCAL)) == []
    assert len(_sent(transaction, keys, datetime(2026, 11, 21, 8, 31, tzinfo=LOCAL))) == 1


def test_a_consent_taken_back_and_a_task_that_was_done_stop_it(
    session: Session,
    client: TestClient,
    transaction: db.Transaction,
    keys: crypto.Keyring,
    agreed: Callable[..., Patient],
) -> None:
    patient = agreed()
    night = datetime(2026, 11, 20, 22, 0, tzinfo=LOCAL)
    delivering.prepare(transaction, night)
    given = client.get(f"/v1/patients/{patient.id}/consents").json()
    consents = given.get("items", [])
    mine = next(each["id"] for each in consents if each["purpose"] == "messages")
    assert client.post(f"/v1/patients/{patient.id}/consents/{mine}:withdraw").status_code == 200
    assert _sent(transaction, keys, datetime(2026, 11, 21, 9, 0, tzinfo=LOCAL)) == []
    session.expire_all()
    assert [row.state for row in session.scalars(select(Reminder))] == ["cancelled"]


def test_what_surely_did_not_go_out_is_tried_three_times(
    session: Session, transaction: db.Transaction, keys: crypto.Keyring, agreed: Callable[..., Patient]
) -> None:
    agreed()
    tries = [len(_sent(transaction, keys, NOW + timedelta(minutes=16 * number), "not_sent")) for number in range(5)]
    session.expire_all()
    (row,) = session.scalars(select(Reminder)).all()
    assert (tries, row.state, row.error) == ([1, 1, 1, 0, 0], "failed", "not_sent")


def test_a_worker_that_died_in_between_sends_nothing_twice(
    session: Session, transaction: db.Transaction, keys: crypto.Keyring, agreed: Callable[..., Patient]
) -> None:
    agreed()

    def dies(_: Message) -> str | None:
        raise KeyboardInterrupt

    delivering.prepare(transaction, NOW)
    with pytest.raises(KeyboardInterrupt):
        delivering.deliver(transaction, keys, dies, now=NOW)
    assert _sent(transaction, keys, NOW + timedelta(hours=1)) == []
    session.expire_all()
    assert [(row.state, row.error) for row in session.scalars(select(Reminder))] == [("failed", "unknown")]


def test_out_of_the_box_it_goes_into_a_file_that_shows_no_number(
    transaction: db.Transaction,
    keys: crypto.Keyring,
    agreed: Callable[..., Patient],
    tmp_path: Path,
    client: TestClient,
) -> None:
    patient = agreed()
    send = delivering.sender(Policy(file=tmp_path / "messages.jsonl"), "", now=NOW)
    delivering.prepare(transaction, NOW)
    assert delivering.deliver(transaction, keys, send, now=NOW) == 1
    (line,) = (tmp_path / "reminders.jsonl").read_text(encoding="utf-8").splitlines()
    assert "13812346131" not in line
    assert json.loads(line)["zh"].startswith("****31 【C1慢病管理中心】")
    (shown,) = client.get(f"/v1/patients/{patient.id}/reminders").json()["items"]
    assert (shown["state"], shown["template"], shown["planned_on"]) == ("delivered", "visit", "2026-11-22")
