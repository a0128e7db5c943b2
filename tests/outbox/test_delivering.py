"""Messages are spread to who subscribed, sent with a signature, tried again, given up, replayed; never lost."""

import base64
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from cmc.core import clock, crypto, db, migrations
from cmc.core.scope import Scope, system_scope
from cmc.core.text import Text
from cmc.organisations import service as organisations
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.outbox import addresses, delivering, jobs, service
from cmc.outbox.apprising import Policy
from cmc.outbox.codes import Channel, EventKind
from cmc.outbox.schemas import SubscriptionIn
from cmc.outbox.tables import Delivery, OutboxEvent, Subscription

from .receiver import Receiver, receiving

LOOPBACK = addresses.networks("127.0.0.0/8")
SCOPE = Scope("user:admin")
Subscribe = Callable[..., tuple[Subscription, str]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as known:
        yield known


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    return Policy(LOOPBACK, frozenset({"json"}), tmp_path / "messages.jsonl")


@pytest.fixture
def subscribe(session: Session, keys: crypto.Keyring, policy: Policy) -> Subscribe:
    def make(address: str, kind: EventKind = EventKind.ALERT_RAISED, **more: Any) -> tuple[Subscription, str]:
        wanted = SubscriptionIn(name="x", address=address, kinds=[kind], **more)
        return service.subscribe(session, SCOPE, keys, wanted, policy=policy, now=clock.now())

    return make


@pytest.fixture
def run(transaction: db.Transaction, keys: crypto.Keyring, policy: Policy) -> Callable[..., int]:
    """run(now) → spread and deliver, as the worker's job does."""

    def deliver(now: datetime | None = None) -> int:
        at = now or clock.now()
        delivering.spread(transaction, now=at)
        return delivering.deliver(transaction, keys, policy, now=lambda: at, batch=1)

    return deliver


def _emit(session: Session, clinic: Organisation | None, kind: EventKind = EventKind.ALERT_RAISED, **more: Any) -> None:
    data = {"alert_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32", "tier": "RED"}
    service.emit(session, kind, clinic.id if clinic else None, data, now=clock.now(), **more)
    session.flush()


def _deliveries(session: Session) -> list[Delivery]:
    session.expire_all()
    return list(session.scalars(select(Delivery).where(Delivery.subscription_id.is_not(None)).order_by(Delivery.id)))  # type: ignore[union-attr]


def test_a_receiver_gets_ids_and_a_signature_that_another_implementation_verifies(
    session: Session, clinic: Organisation, receiver: Receiver, subscribe: Subscribe, run: Callable[..., int]
) -> None:
    _, secret = subscribe(receiver.url)
    _emit(session, clinic)
    run()
    ((head, body),) = receiver.got
    told = Webhook(secret).verify(body, head)
    assert (told["type"], set(told)) == ("alert.raised", {"type", "timestamp", "data"})
    assert set(told["data"]) == {"alert_id", "tier"}
    event = session.scalars(select(OutboxEvent)).one()
    assert head["webhook-id"] == str(event.id)
    (delivery,) = _deliveries(session)
    assert (delivery.status, delivery.attempts, delivery.last_status) == ("delivered", 1, 200)
    run()
    assert len(receiver.got) == 1


def test_only_who_subscribed_at_the_node_or_above_is_told(
    session: Session, clinic: Organisation, district: Organisation, make_clinic: Any, receiver: Receiver,
    subscribe: Subscribe, run: Callable[..., int],
) -> None:  # fmt: skip
    wanted = [clinic.id, district.id, make_clinic("C2").id, None]
    hooks = [subscribe(f"{receiver.url}/{number}", organisation_id=each)[0] for number, each in enumerate(wanted)]
    subscribe(f"{receiver.url}/other", EventKind.ALERT_CLOSED)
    _emit(session, clinic)
    run()
    assert {each.subscription_id for each in _deliveries(session)} == {hooks[0].id, hooks[1].id, hooks[3].id}


def test_what_does_not_arrive_is_sent_again_under_the_same_id_and_then_given_up(
    session: Session, clinic: Organisation, receiver: Receiver, subscribe: Subscribe, run: Callable[..., int]
) -> None:
    receiver.answers = [500]
    row, _ = subscribe(receiver.url)
    _emit(session, clinic)
    now, seen = clock.now(), []
    for _ in range(12):
        run(now)
        (delivery,) = _deliveries(session)
        seen.append((delivery.attempts, delivery.status))
        now = max(delivery.next_at, now + timedelta(seconds=1))
    assert seen[-1] == (10, "failed")
    assert len(receiver.got) == 10
    assert len(set(receiver.ids)) == 1
    assert row.failing_since is not None
    receiver.answers = [204]
    service.replay(session, SCOPE, row.id, delivery.id, now=now)
    run(now)
    assert (_deliveries(session)[0].status, len(set(receiver.ids))) == ("delivered", 1)


@pytest.mark.parametrize(
    ("answer", "failing_days", "because"), [(410, 0, "gone"), (500, 5, "failing"), (500, 4, None), (302, 0, None)]
)
def test_gone_and_long_failure_disable_a_subscription(
    session: Session, clinic: Organisation, receiver: Receiver, subscribe: Subscribe, run: Callable[..., int],
    answer: int, failing_days: int, because: str | None,
) -> None:  # fmt: skip
    receiver.answers = [answer]
    row, _ = subscribe(receiver.url)
    now = clock.now()
    row.failing_since = now - timedelta(days=failing_days) if failing_days else None
    _emit(session, clinic)
    run(now)
    session.refresh(row)
    assert (row.active, row.disabled_because) == (because is None, because)
    assert _deliveries(session)[0].last_status == answer
    _emit(session, clinic)
    run(now)
    assert len(receiver.got) == (1 if because else 2)
    if because == "failing":
        receiver.answers = [200]
        service.enable(session, SCOPE, row.id)
        run(now + timedelta(days=1))
        assert {each.status for each in _deliveries(session)} <= {"delivered"}


def test_an_exchanged_secret_signs_beside_the_former_for_a_day(
    session: Session, clinic: Organisation, keys: crypto.Keyring, receiver: Receiver, subscribe: Subscribe,
    run: Callable[..., int],
) -> None:  # fmt: skip
    row, old = subscribe(receiver.url)
    _, new = service.rotate(session, SCOPE, keys, row.id, now=clock.now())
    _emit(session, clinic)
    run()
    ((head, body),) = receiver.got
    for each in (old, new):
        Webhook(each).verify(body, head)
    later = clock.now() + timedelta(hours=25)
    assert service.secrets(keys, row, now=later) == [new]
    assert len(service.secrets(keys, row, now=clock.now())) == 2


def test_a_name_that_came_to_mean_our_own_network_is_not_connected_to(
    session: Session, clinic: Organisation, keys: crypto.Keyring, receiver: Receiver, subscribe: Subscribe,
    transaction: db.Transaction, tmp_path: Path,
) -> None:  # fmt: skip
    subscribe(receiver.url.replace("127.0.0.1", "localhost"))
    _emit(session, clinic)
    delivering.spread(transaction, now=clock.now())
    strict = Policy(addresses.networks("10.0.0.0/8"), frozenset(), tmp_path / "m.jsonl")
    delivering.deliver(transaction, keys, strict, now=clock.now)
    assert receiver.got == []
    assert _deliveries(session)[0].last_error == "address_not_allowed"


def test_who_wants_alerts_by_message_hears_of_a_storm_too(
    session: Session, clinic: Organisation, receiver: Receiver, subscribe: Subscribe, run: Callable[..., int]
) -> None:
    address = receiver.url.replace("http://", "json://")
    message, _ = subscribe(address, channel=Channel.MESSAGE)
    subscribe(receiver.url)  # a webhook is told of each alert, and of a storm only when it asked for it
    _emit(session, clinic, EventKind.ALERT_STORM, once="storm:1")
    run()
    assert [each.subscription_id for each in _deliveries(session) if each.subscription_id] == [message.id]


def test_out_of_the_box_messages_are_written_into_a_file(
    session: Session, clinic: Organisation, run: Callable[..., int], policy: Policy
) -> None:
    _emit(session, clinic)
    _emit(session, clinic, quiet=True)
    _emit(session, clinic, EventKind.ALERT_CLOSED)
    _emit(session, clinic, EventKind.ALERT_STORM, once="storm:1")
    _emit(session, clinic, EventKind.ALERT_STORM, once="storm:1")
    run()
    assert policy.file is not None
    lines = policy.file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert "红色预警待处理" in lines[0]
    assert policy.file.stat().st_mode & 0o077 == 0


def test_a_message_channel_goes_through_apprise(
    session: Session, clinic: Organisation, receiver: Receiver, subscribe: Subscribe, run: Callable[..., int]
) -> None:
    address = receiver.url.replace("http://", "json://")
    subscribe(address, channel=Channel.MESSAGE)
    _emit(session, clinic)
    run()
    assert [each.status for each in _deliveries(session)] == ["delivered"]


def test_three_workers_deliver_everything_once_and_a_killed_one_loses_nothing(
    new_database: Callable[[], str], as_service: Callable[[str], Engine], tmp_path: Path, receiver: Receiver
) -> None:
    url, master = new_database(), bytes(range(32))
    migrations.upgrade(url)
    engine, keys = as_service(url), crypto.keyring(master)
    count, now = 60, clock.now()
    with db.transaction(engine, system_scope("command:test")) as session:
        top = organisations.add(session, OrganisationKind.REGION, code="1", name=Text("区", "R"))
        for _ in range(count):
            service.emit(session, EventKind.ALERT_RAISED, top.id, {"tier": "RED"}, now=now, quiet=True)
        wanted = SubscriptionIn(name="x", address=receiver.url, kinds=[EventKind.ALERT_RAISED])
        service.subscribe(session, SCOPE, keys, wanted, policy=Policy(LOOPBACK), now=now)
    delivering.spread(lambda: db.transaction(engine, system_scope("job:outbox")), now=now)
    log = tmp_path / "log"
    command = [sys.executable, str(Path(__file__).with_name("receiver.py"))]
    service_url = engine.url.render_as_string(hide_password=False)
    workers = [subprocess.Popen([*command, service_url, master.hex(), str(log)]) for _ in range(3)]
    deadline = time.monotonic() + 60
    while len(receiver.got) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait()
    assert [each.wait(timeout=90) for each in workers[1:]] == [0, 0]
    with db.transaction(engine, system_scope("command:test")) as session:
        # What the killed one had taken waits for its minute to pass: no other worker touches it before.
        session.execute(text("UPDATE delivery SET next_at = :now WHERE status = 'pending'"), {"now": clock.now()})
    rest = lambda: db.transaction(engine, system_scope("job:outbox"))  # noqa: E731
    delivering.deliver(rest, keys, Policy(LOOPBACK), now=clock.now)
    with db.transaction(engine, system_scope("command:test")) as session:
        states = session.execute(text("SELECT status, count(*) FROM delivery GROUP BY status")).all()
        ids = {str(each) for each in session.scalars(text("SELECT id FROM outbox_event"))}
    engine.dispose()
    assert [tuple(each) for each in states] == [("delivered", count)]
    assert set(receiver.ids) == ids
    assert len(receiver.ids) - count <= 2  # at most what one worker held when it was killed came twice


def test_the_workers_job_writes_what_nobody_subscribed_to_into_the_data_folder_and_forgets_it_later(
    session: Session, clinic: Organisation, transaction: db.Transaction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CMC_MASTER_KEY", base64.b64encode(bytes(range(32))).decode())
    _emit(session, clinic)
    now = clock.now()
    assert jobs.deliver(transaction, now) == 2
    assert jobs.deliver(transaction, now) == 0
    assert len((tmp_path / "messages.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert jobs.tidy(transaction, now + timedelta(days=80)) == 0
    assert jobs.tidy(transaction, now + timedelta(days=100)) == 2
