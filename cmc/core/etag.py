"""Answers that are polled: an entity tag for the body, and 304 for who has it already (RFC 9110 §13.1.2)."""

import hashlib
from typing import Annotated, Any, Final, TypeVar

from fastapi import Header, Response
from pydantic import BaseModel

from cmc.core.errors import Stale, VersionNeeded

IfNoneMatch = Annotated[str | None, Header()]
IfMatch = Annotated[str | None, Header(max_length=400, description="the ETag of the version that is changed")]

NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "Unchanged since the ETag of If-None-Match"}
}
"""For the `responses` of a route that may answer so."""

_Model = TypeVar("_Model", bound=BaseModel)
_GZIPPED = "-gzip"


def answer(model: BaseModel, if_none_match: str | None) -> Response:
    """Return the model as JSON with the hash of its bytes as strong tag, or 304 when the caller names that tag.

    The answer may hold names: nothing on the way and no browser's disk may keep it, only the caller's own memory.
    """
    body = model.model_dump_json(by_alias=True).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    head = {"ETag": etag, "Cache-Control": "no-store"}
    if known := matched(if_none_match, etag):
        return Response(status_code=304, headers=head | {"ETag": known})
    return Response(body, media_type="application/json", headers=head)


def require_match(if_match: str | None, version: object) -> None:
    """Raise `VersionNeeded` without If-Match, `Stale` when it does not name `version` (strong comparison)."""
    if if_match is None:
        raise VersionNeeded("send If-Match with the ETag of the version that you saw")
    if f'"{version}"' not in [each.strip().replace('-gzip"', '"') for each in if_match.split(",")]:
        raise Stale("read it again: there is a newer version")


def tagged(response: Response, model: _Model, version: object) -> _Model:
    """Return an answer under the ETag of its version, which a change of it names by If-Match."""
    response.headers["ETag"] = f'"{version}"'
    return model


def headers(etag: str) -> dict[str, str]:
    """Return the headers of an answer without names that has a tag: to be kept, and asked about each time."""
    return {"ETag": etag, "Cache-Control": "private, no-cache"}


def matched(if_none_match: str | None, etag: str) -> str | None:
    """Return the tag as an If-None-Match header names it (weak comparison, a list, or *), or None when it does not.

    A compressed answer travels under its tag with -gzip before the closing quote; it is the same answer.
    """
    if if_none_match is None:
        return None
    tags = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    named = next((form for form in (etag, f'{etag[:-1]}{_GZIPPED}"') if form in tags), None)
    return etag if named is None and "*" in tags else named
