"""How the clouds of vendors name themselves where they push readings: each in the one way that it knows.

Only for the routes that take readings of a format. A key is the same as in `Authorization: Bearer`; a vendor that can
send no header of its own choice shows it as `x-api-key`, as `Authorization: Api-Key`, as the password of HTTP Basic
(the user name does not count), or signs four parameters of the address with it (`api_sign`). Pure.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from cmc.core.credentials import Presented, PushSignature

PLACE: Final = "/v1/readings/"
_SIGNED: Final = ("api_appKey", "api_timestamp", "api_version", "api_sign")


def presented(method: str, path: str, headers: Mapping[str, str], query: Mapping[str, str]) -> Presented | None:
    """Return what a push shows, None when it is none or shows nothing of a vendor's."""
    if method != "POST" or not path.startswith(PLACE):
        return None
    token = _token(headers)
    if token:
        return Presented(bearer=token)
    if "api_sign" in query:
        return Presented(push=PushSignature(*(query.get(name, "") for name in _SIGNED)))
    return None


def _token(headers: Mapping[str, str]) -> str:
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "api-key":
        return rest.strip()
    if scheme.lower() == "basic":
        return _password(rest.strip())
    return headers.get("x-api-key", "").strip()


def _password(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode().partition(":")[2].strip()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
