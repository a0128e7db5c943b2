"""Where messages may go: the guard against addresses that lead into our own network (SSRF).

A name is resolved once, every address that it has must be allowed, and the connection is made to just that address, so
that a name which changes its mind between check and use gains nothing. Redirects are not followed.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Iterable[str]]
_PORTS: Final = {"https": 443, "http": 80}


class Forbidden(Exception):
    """An address that nothing is sent to; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Target(NamedTuple):
    """Where to connect: the address that was checked, and the name that the receiver shall be called by."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def url(self) -> str:
        """The URL with the address in place of the name."""
        shown = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{shown}:{self.port}{self.path}"

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == _PORTS[self.scheme] else f"{shown}:{self.port}"


def networks(text: str | None) -> tuple[Network, ...]:
    """Return the networks of a comma-separated list; raise `ValueError` for what is none."""
    return tuple(ipaddress.ip_network(each.strip()) for each in (text or "").split(",") if each.strip())


def read(url: str, *, allowed: Sequence[Network] = ()) -> SplitResult:
    """Return the parts of a URL that a subscription may have; raise `Forbidden` otherwise, without asking any network.

    https, or http to an address that the configuration allows; no user name, no fragment.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("url_malformed") from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0:
        raise Forbidden("url_malformed")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Forbidden("url_with_credentials")
    if parts.scheme == "http" and not allowed:
        raise Forbidden("https_needed")
    literal = _literal(parts.hostname)
    if literal is not None:
        _require_allowed([literal], parts.scheme, allowed)
    return parts


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name; raise `Forbidden` when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Forbidden("name_unknown") from None
    return [str(each[4][0]) for each in found]


def target(url: str, *, allowed: Sequence[Network] = (), resolver: Resolve = resolve) -> Target:
    """Return where to connect for a URL; raise `Forbidden` when any of its addresses is not allowed."""
    parts = read(url, allowed=allowed)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    found = [each for each in (_literal(one.partition("%")[0]) for one in resolver(host, port)) if each is not None]
    if not found:
        raise Forbidden("name_unknown")
    _require_allowed(found, parts.scheme, allowed)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, str(found[0]), path)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _require_allowed(found: Iterable[Address], scheme: str, allowed: Sequence[Network]) -> None:
    for each in found:
        plain = _plain(each)
        configured = any(plain in network for network in allowed if network.version == plain.version)
        if configured:
            continue
        if not plain.is_global or plain.is_multicast or plain.is_reserved:
            raise Forbidden("address_not_allowed")
        if scheme == "http":
            raise Forbidden("https_needed")


def _plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, 6to4, Teredo, NAT64), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
