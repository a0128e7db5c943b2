"""Text messages and e-mails: what they say, and sending them through Apprise or into a file.

They say that something waits, where, and how urgent it is: no name, no value, no disease, no link with a secret in it.
Whoever reads them on a lock screen learns nothing about anybody.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cmc.clinical.codes import AlertTier
from cmc.core.config import Settings
from cmc.core.text import Text
from cmc.outbox.addresses import Forbidden, Network, networks
from cmc.outbox.codes import EventKind

_NOT_ARRIVED: Final = "message_refused"
_KINDS: Final = (
    EventKind.ALERT_RAISED,
    EventKind.ALERT_RAISED_AGAIN,
    EventKind.ALERT_ESCALATED_MANAGER,
    EventKind.ALERT_ESCALATED_DISTRICT,
    EventKind.ALERT_STORM,
)
TOLD_BY_FILE: Final = tuple(each.value for each in _KINDS)
"""What the file of the data folder is told, out of the box."""


_ESCALATED: Final = Text("（未及时处理，已上报）", " (not answered in time)")
_WAITING: Final = {
    EventKind.ALERT_RAISED: Text("", ""),
    EventKind.ALERT_RAISED_AGAIN: Text("（再次报警）", " (raised again)"),
    EventKind.ALERT_ESCALATED_MANAGER: _ESCALATED,
    EventKind.ALERT_ESCALATED_DISTRICT: _ESCALATED,
}
"""What tells of an alert that waits, and what else is said of it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the configuration allows: networks for webhooks beyond the public ones, kinds of Apprise addresses, and
    the file that messages go to when nobody subscribed (None: none)."""

    allowed: tuple[Network, ...] = ()
    schemes: frozenset[str] = frozenset({"mailto", "mailtos"})
    file: Path | None = None


def policy_of(settings: Settings) -> Policy:
    """Return the policy of this process's settings."""
    schemes = frozenset(each.strip().lower() for each in settings.message_schemes.split(",") if each.strip())
    return Policy(networks(settings.webhook_networks), schemes, settings.data_dir / "messages.jsonl")


def read(address: str, policy: Policy) -> str:
    """Return the kind of an Apprise address (`mailtos`, …); raise `Forbidden` when it may not be used."""
    scheme = address.partition("://")[0].lower()
    if scheme not in policy.schemes or _channel(address) is None:
        raise Forbidden("channel_not_allowed")
    return scheme


def words(kind: EventKind, data: Mapping[str, Any], clinic: Text | None) -> Text:
    """Return what a message says: "C1慢病管理中心有1条红色预警待处理（编号 5f0c2a1b），请登录系统查看"."""
    where = clinic or Text("本区域", "The region")
    number = str(data.get("alert_id", ""))[-8:]
    if kind is EventKind.ALERT_STORM:
        return Text(f"{where.zh}短时间内出现大量预警，请登录系统查看", f"{where.en}: many alerts. Please sign in.")
    if kind is EventKind.PING:
        return Text("测试消息", "A message to try this channel")
    if kind not in _WAITING:
        return Text(
            f"{where.zh}：{kind.text.zh}，请登录系统查看", f"{where.en}: {kind.text.en.lower()}. Please sign in."
        )
    tier, late = AlertTier(data.get("tier", AlertTier.YELLOW)).text, _WAITING[kind]
    return Text(
        f"{where.zh}有1条{tier.zh}预警待处理{late.zh}（编号 {number}），请登录系统查看",
        f"{where.en}: one {tier.en.lower()} alert waits{late.en}, number {number}. Please sign in.",
    )


def send(address: str, said: Text, policy: Policy) -> None:
    """Send a message by an Apprise address; raise `Forbidden` when it may not be used or was not taken."""
    read(address, policy)
    channel = _channel(address)
    if channel is None or not channel.notify(title="慢病管理中心", body=f"{said.zh}\n{said.en}"):
        raise Forbidden(_NOT_ARRIVED)


def write_down(file: Path, message_id: UUID, said: Text, *, at: datetime) -> None:
    """Add a message to the file, a line of JSON, in one write."""
    line = json.dumps({"id": str(message_id), "at": at.isoformat(), "zh": said.zh, "en": said.en}, ensure_ascii=False)
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{line}\n".encode())
    finally:
        os.close(handle)


def _channel(address: str) -> Any:
    from apprise import Apprise  # noqa: PLC0415 - slow to import, and most processes send nothing

    return Apprise.instantiate(address, suppress_exceptions=True)
