"""The OpenAPI document: completed with what FastAPI cannot know, written by `cmc openapi`, checked by the tests."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from cmc.core.problems import Problem

_REFERENCE = "#/components/schemas/{model}"


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


def _numbers(node: Any) -> None:
    """Describe exact decimals as JSON numbers: pydantic offers text beside them and cannot express their limits."""
    if isinstance(node, list):
        for each in node:
            _numbers(each)
    if not isinstance(node, dict):
        return
    if "decimal_places" in node:
        limits = {"minimum": node.pop("ge", None), "maximum": node.pop("le", None)}
        limits["multipleOf"] = f"1e-{node.pop('decimal_places')}"
        for name in ("anyOf", "max_digits"):
            node.pop(name)
        node["type"] = "number"
        node.update({name: float(limit) for name, limit in limits.items() if limit is not None})
    for each in node.values():
        _numbers(each)
