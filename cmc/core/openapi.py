"""The OpenAPI document: completed with what FastAPI cannot know, written by `cmc openapi`, checked by the tests."""

import json
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI

from cmc.core import vendor_credentials
from cmc.core.guard import PLAIN_COOKIE, SECURE_COOKIE, classified
from cmc.core.problems import Problem

_REFERENCE = "#/components/schemas/{model}"
_SCHEMES: Final[dict[str, dict[str, str]]] = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SECURE_COOKIE,
        "description": f"a user's session, from POST /v1/session; named {PLAIN_COOKIE} on the machine itself over http",
    },
    "key": {"type": "http", "scheme": "bearer", "description": "a machine's key"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CMC-Signature",
        "description": (
            "hexadecimal HMAC-SHA256, by the 32 bytes of the key's secret, over five lines: METHOD, path with query,"
            " X-CMC-Timestamp (Unix seconds, ±300 s), X-CMC-Nonce (16 to 64 letters or digits, each once), hexadecimal"
            " SHA-256 of the body; X-CMC-Key names the key by its first two parts"
        ),
    },
    "vendor": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": (
            "a machine's key as the cloud of a vendor can send it, for POST /v1/readings/{format_code} alone: in"
            " X-Api-Key, in Authorization: Api-Key, or as the password of HTTP Basic; Lifesense signs instead, with"
            " api_appKey (the first two parts of the key), api_timestamp, api_version and api_sign in the query, the"
            " appSecret being the key's third part"
        ),
    },
}


def complete(app: FastAPI) -> None:
    """Make `app.openapi()` name the problem document, and numbers as they are taken: never as text."""
    generate = app.openapi

    def completed() -> dict[str, Any]:
        found = generate()
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            problem = Problem.model_json_schema(ref_template=_REFERENCE)
            schemas.update(problem.pop("$defs"), Problem=problem)
            _numbers(found)
            _security(found, app)
        return found

    app.openapi = completed  # type: ignore[method-assign]


def document(app: FastAPI) -> str:
    """Return the application's OpenAPI 3.1 document as stable JSON text."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(text: str, path: Path) -> bool:
    """Write a generated document to `path`; tell whether it changed."""
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def _security(found: dict[str, Any], app: FastAPI) -> None:
    """Say which credentials a route takes: a session for users, a key or its signature for machines."""
    found["components"]["securitySchemes"] = _SCHEMES
    ways: list[dict[str, list[str]]] = [{name: []} for name in _SCHEMES if name != "vendor"]
    for (method, path), required in classified(app).items():
        if required is not None:
            pushed = method == "POST" and path.startswith(vendor_credentials.PLACE)
            found["paths"][path][method.lower()]["security"] = [*ways, {"vendor": []}] if pushed else ways


def _numbers(node: Any) -> None:
    """Describe exact decimals as JSON numbers: pydantic offers text beside them and cannot express their limits."""
    if isinstance(node, list):
        for each in node:
            _numbers(each)
    if not isinstance(node, dict):
        return
    if "decimal_places" in node and "anyOf" not in node:  # of an answer, where it is text
        for name in ("decimal_places", "max_digits", "ge", "le", "gt", "lt"):
            node.pop(name, None)
    if "decimal_places" in node:
        limits = {"minimum": node.pop("ge", None), "maximum": node.pop("le", None)}
        limits["exclusiveMinimum"] = node.pop("gt", None)
        limits["multipleOf"] = f"1e-{node.pop('decimal_places')}"
        for name in ("anyOf", "max_digits"):
            node.pop(name)
        node["type"] = "number"
        node.update({name: float(limit) for name, limit in limits.items() if limit is not None})
    for each in node.values():
        _numbers(each)
