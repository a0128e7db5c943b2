"""The OpenAPI document as a file: written by `cmc openapi`, checked current by the tests."""

import json
from pathlib import Path

from fastapi import FastAPI


def document(app: FastAPI) -> str:
    """Return the application's OpenAPI 3.1 document as stable JSON text."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(app: FastAPI, path: Path) -> bool:
    """Write the document to `path`; tell whether it changed."""
    text = document(app)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True
