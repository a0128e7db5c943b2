"""Addresses that nothing may be sent to, signatures, pauses, and what a message says."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cmc.core.text import Text
from cmc.outbox import addresses, apprising, signing
from cmc.outbox.addresses import Forbidden
from cmc.outbox.backoff import WAITS, next_attempt
from cmc.outbox.codes import EventKind

LOOPBACK = addresses.networks("127.0.0.0/8")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://127.0.0.1/x", "address_not_allowed"),
        ("https://10.1.2.3/x", "address_not_allowed"),
        ("https://172.16.0.1", "address_not_allowed"),
        ("https://192.168.1.1", "address_not_allowed"),
        ("https://169.254.169.254/latest/meta-data", "address_not_allowed"),
        ("https://100.64.0.1", "address_not_allowed"),
        ("https://0.0.0.0", "address_not_allowed"),
        ("https://224.0.0.1", "address_not_allowed"),
        ("https://[::1]/x", "address_not_allowed"),
        ("https://[::ffff:127.0.0.1]/x", "address_not_allowed"),
        ("https://[::ffff:169.254.169.254]/x", "address_not_allowed"),
        ("https://[64:ff9b::7f00:1]/x", "address_not_allowed"),
        ("https://[2002:7f00:1::]/x", "address_not_allowed"),
        ("https://[fe80::1]/x", "address_not_allowed"),
        ("https://[fd00::1]/x", "address_not_allowed"),
        ("http://example.org/x", "https_needed"),
        ("ftp://example.org/x", "url_malformed"),
        ("file:///etc/passwd", "url_malformed"),
        ("https:///x", "url_malformed"),
        ("https://example.org:99999/x", "url_malformed"),
        ("https://user:secret@example.org/x", "url_with_credentials"),
        ("https://example.org/x#y", "url_with_credentials"),
        ("https://[::1", "url_malformed"),
    ],
)
def test_an_address_into_our_own_network_is_refused_when_it_is_put_on_file(url: str, code: str) -> None:
    with pytest.raises(Forbidden) as refused:
        addresses.read(url)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["::ffff:10.0.0.1"], ["fe80::1%eth0"], []], ids=str
)
@pytest.mark.parametrize("host", ["example.org", "2130706433", "0x7f000001", "127.1"])
def test_a_name_is_refused_when_any_of_its_addresses_is_not_public(host: str, found: list[str]) -> None:
    with pytest.raises(Forbidden):
        addresses.target(f"https://{host}/x", resolver=lambda *_: found)


def test_the_connection_goes_to_the_checked_address_under_the_name() -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    target = addresses.target("https://example.org:8443/hook?a=1", resolver=rebinding)
    assert (target.url, target.authority, target.host) == (
        "https://93.184.216.34:8443/hook?a=1",
        "example.org:8443",
        "example.org",
    )
    assert asked == ["example.org"]


def test_the_configuration_may_allow_a_network() -> None:
    assert addresses.target("http://127.0.0.1:9/x", allowed=LOOPBACK, resolver=lambda *_: ["127.0.0.1"]).port == 9
    with pytest.raises(Forbidden):
        addresses.target("http://10.0.0.1/x", allowed=LOOPBACK, resolver=lambda *_: ["10.0.0.1"])
    with pytest.raises(Forbidden) as refused:
        addresses.target("http://example.org/x", allowed=LOOPBACK, resolver=lambda *_: ["93.184.216.34"])
    assert refused.value.code == "https_needed"
    with pytest.raises(ValueError, match="does not appear"):
        addresses.networks("10.0.0.0/8, nonsense")


def test_signatures_are_those_of_standard_webhooks() -> None:
    secret, now = signing.new_secret(), datetime.now(UTC)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    head = signing.headers("019a", b'{"type":"ping"}', [secret], at=now)
    assert Webhook(secret).verify(b'{"type":"ping"}', head) == {"type": "ping"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b'{"type":"pong"}', head)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b'{"type":"ping"}', head | {"webhook-id": "other"})


def test_while_a_secret_is_exchanged_either_one_verifies() -> None:
    old, new = signing.new_secret(), signing.new_secret()
    head = signing.headers("019a", b"{}", [new, old], at=datetime.now(UTC))
    for each in (old, new):
        assert Webhook(each).verify(b"{}", head) == {}


def test_the_pauses_are_those_of_standard_webhooks_and_then_it_is_given_up() -> None:
    now = datetime.now(UTC)
    waited = [next_attempt(each, now=now) for each in range(1, 11)]
    assert [None if each is None else each - now for each in waited] == [*WAITS[1:], None]
    assert WAITS[1:4] == (timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30))


def test_a_message_of_what_is_over_does_not_say_that_something_waits() -> None:
    said = {kind: apprising.words(kind, {"tier": "RED"}, Text("中心", "Centre")) for kind in EventKind}
    assert said[EventKind.ALERT_CLOSED].zh == "中心：预警已关闭，请登录系统查看"
    waiting = {kind for kind, words in said.items() if "待处理" in words.zh}
    assert {each.value.rpartition(".")[0] or each.value for each in waiting} == {"alert", "alert.escalated"}
    assert not waiting & {EventKind.ALERT_CLOSED, EventKind.ALERT_ACKNOWLEDGED, EventKind.RISK_TO_LOOK_AT}
    assert "未及时处理" not in said[EventKind.ALERT_RAISED_AGAIN].zh


def test_a_message_says_no_name_value_or_disease() -> None:
    data = {
        "alert_id": "019a9f3e-1a2c-7f64-b3d5-6e8c9a0b1d32",
        "tier": "RED",
        "patient": "张三",
        "words": "血压 200/100",
    }
    said = apprising.words(EventKind.ALERT_RAISED, data, Text("C1慢病管理中心", "CMC C1"))
    assert said.zh == "C1慢病管理中心有1条红色预警待处理（编号 9a0b1d32），请登录系统查看"
    for kind in EventKind:
        told = apprising.words(kind, data, None)
        for word in ("张三", "200", "血压", "糖尿病", "高血压", "pressure"):
            assert word not in told.zh + told.en
