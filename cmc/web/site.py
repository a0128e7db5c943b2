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
    """All that is built: `assets` by address without the leading slash, `page` with places for the nonce.

    `ahead` holds, for the source file of a page, the link elements of its parts that the entry does not bring along.
    """

    stamp: str
    assets: dict[str, Asset]
    page: str
    ahead: dict[str, str]

    def page_with(self, *links: str) -> str:
        """Return the page with these link elements in its head."""
        return self.page.replace("</head>", "".join(f"  {link}\n  " for link in links if link) + "</head>", 1)


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
    head = f'  <meta name="cmc-build" content="{stamp}">\n  </head>'
    ahead = {source: _links(manifest, source) for source in manifest if source.startswith("src/")}
    return Site(stamp=stamp, assets=assets, page=page.replace("</head>", head, 1), ahead=ahead)


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


def _links(manifest: dict[str, dict[str, Any]], source: str) -> str:
    """Link elements for a page's parts, whatever they import in turn, that the entry does not bring along itself."""
    brought = _parts(manifest, [key for key, part in manifest.items() if part.get("isEntry")])
    parts = [key for key in _parts(manifest, [source]) if key not in brought]
    styles = [_link("stylesheet", name) for key in parts for name in manifest[key].get("css", [])]
    return "\n    ".join([*styles, *(_link("modulepreload", manifest[key]["file"]) for key in parts)])


def _parts(manifest: dict[str, dict[str, Any]], keys: list[str]) -> list[str]:
    """These parts and all that they import, each once, in the order of the imports."""
    found: dict[str, None] = {}
    waiting = list(keys)
    while waiting:
        key = waiting.pop(0)
        if key not in found:
            found[key] = None
            waiting += manifest[key].get("imports", [])
    return list(found)


def _link(kind: str, name: str) -> str:
    return f'<link rel="{kind}" crossorigin href="/{name}" nonce="{NONCE_PLACE}">'
