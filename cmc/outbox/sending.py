"""Sending one message over the network. No database here."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx
import msgspec

from cmc.core.text import Text
from cmc.outbox import addresses, apprising, signing
from cmc.outbox.addresses import Forbidden
from cmc.outbox.apprising import Policy
from cmc.outbox.codes import Channel, EventKind

TIMEOUT_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 15.0
"""A receiver that trickles its answer is left after so long: what counts is its status."""
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to whom. `channel` None: into the file."""

    delivery_id: UUID
    event_id: UUID
    kind: EventKind
    data: dict[str, object]
    happened_at: datetime
    clinic: Text | None
    channel: Channel | None = None
    address: str = ""
    secrets: Sequence[str] = ()

    @property
    def body(self) -> bytes:
        """The payload: type, time and ids. The same bytes at every attempt."""
        told = {"type": self.kind.value, "timestamp": self.happened_at.isoformat(), "data": self.data}
        return msgspec.json.encode(told)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: an HTTP status, or a code of ours; neither when it was taken."""

    delivery_id: UUID
    arrived: bool
    status: int | None = None
    error: str | None = None


def send(
    message: Message, policy: Policy, *, now: Callable[[], datetime], resolver: addresses.Resolve = addresses.resolve
) -> Outcome:
    """Send a message once. Nothing that a receiver does leaves this function as an error."""
    try:
        if message.channel is Channel.WEBHOOK:
            return _post(message, policy, now(), resolver)
        said = apprising.words(message.kind, message.data, message.clinic)
        if message.channel is Channel.MESSAGE:
            apprising.send(message.address, said, policy)
        else:
            _write(policy.file, message, said, now())
    except Forbidden as error:
        return Outcome(message.delivery_id, arrived=False, error=error.code)
    except httpx.TimeoutException:
        return Outcome(message.delivery_id, arrived=False, error="timeout")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Outcome(message.delivery_id, arrived=False, error=_code(error))
    return Outcome(message.delivery_id, arrived=True)


def _post(message: Message, policy: Policy, at: datetime, resolver: addresses.Resolve) -> Outcome:
    target = addresses.target(message.address, allowed=policy.allowed, resolver=resolver)
    body = message.body
    head = signing.headers(str(message.event_id), body, message.secrets, at=at)
    head |= {"Host": target.authority, "Content-Type": "application/json", "User-Agent": "cmc-webhooks/1"}
    # The connection goes to the checked address; certificate and SNI are those of the name.
    with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False) as client:
        request = client.build_request(
            "POST", target.url, content=body, headers=head, extensions={"sni_hostname": target.host}
        )
        ended = threading.Timer(WHOLE_SECONDS, client.close)
        ended.daemon = True
        ended.start()
        try:
            answer = client.send(request, stream=True)  # the status is enough: what else it says is never read
            answer.close()
        finally:
            ended.cancel()
    arrived = 200 <= answer.status_code < 300
    error = None if arrived else "gone" if answer.status_code == GONE else "refused"
    return Outcome(message.delivery_id, arrived, answer.status_code, error)


def _write(file: Path | None, message: Message, said: Text, at: datetime) -> None:
    if file is not None:
        apprising.write_down(file, message.event_id, said, at=at)


def _code(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return "no_connection"
    return "not_sent"
