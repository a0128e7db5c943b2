"""What is built, in memory: the files by their address, the page, and what to load ahead of time.

Only names found in the folder can be served, so no request can reach another file.
"""

import hashlib
import json
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cmc.web import builder

NONCE_PLACE = "__CSP_NONCE__"

# The part of the page that follows the sign-in: asked for together with the entry, not after it.
_FIRST_SCREEN = "src/features/today/TodayPage.tsx"

_NOT_SERVED = {"index.html", "build.json"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One built file; `packed` is its gzip form when that is smaller."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str
    immutable: bool


@dataclass(frozen=True, slots=True)
class Site:
    """All that is built: `assets` by address without the leading slash, `page` with places for the nonce."""

    stamp: str
    assets: dict[str, Asset]
    page: str


def load(dist: Path) -> Site | None:
    """Read the built pages; None when there are none (or they are being replaced just now)."""
    stamp = builder.built_stamp(dist)
    if stamp is None:
        return None
    try:
        manifest = json.loads((dist / ".vite" / "manifest.json").read_text(encoding="utf-8"))
        page = (dist / "index.html").read_text(encoding="utf-8")
        files = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
        assets = {name: _asset(name, path) for name, path in files.items() if _served(name)}
    except FileNotFoundError:
        return None
    head = f'<meta name="cmc-build" content="{stamp}">\n    {_links(manifest)}\n  </head>'
    return Site(stamp=stamp, assets=assets, page=page.replace("</head>", head, 1))


def _served(name: str) -> bool:
    return name not in _NOT_SERVED and not name.endswith(".gz") and not name.startswith(".")


def _asset(name: str, path: Path) -> Asset:
    content = path.read_bytes()
    packed = path.with_name(path.name + ".gz")
    return Asset(
        content=content,
        packed=packed.read_bytes() if packed.exists() else None,
        media_type=_media_type(name),
        etag=hashlib.sha256(content).hexdigest()[:32],
        immutable=name.startswith("assets/"),  # Vite puts a hash of the content into these names
    )


def _media_type(name: str) -> str:
    if name.endswith(".js"):
        return "text/javascript; charset=utf-8"
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def _links(manifest: dict[str, dict[str, Any]]) -> str:
    """Link elements for the first screen's parts that the entry does not bring along itself."""
    first = manifest.get(_FIRST_SCREEN, {})
    names = [first["file"]] if "file" in first else []
    names += [manifest[key]["file"] for key in first.get("imports", []) if not manifest[key].get("isEntry")]
    styles = [_link("stylesheet", name) for name in first.get("css", [])]
    return "\n    ".join([*styles, *(_link("modulepreload", name) for name in names)])


def _link(kind: str, name: str) -> str:
    return f'<link rel="{kind}" crossorigin href="/{name}" nonce="{NONCE_PLACE}">'
