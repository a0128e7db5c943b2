"""The service with the peer's pages beside its own, under `/peer/`: both answer from one process over one API."""

import gzip
import mimetypes
from pathlib import Path
from typing import Any

from cmc.main import create_app

DIST = Path(__file__).resolve().parent / "ui-antd" / "dist"
_PREFIX = "/peer/"


def _built() -> dict[str, tuple[bytes, str]]:
    """Every built file, packed as the product's own are, by its address."""
    files = [path for path in sorted(DIST.rglob("*")) if path.is_file()]
    return {
        path.relative_to(DIST).as_posix(): (
            gzip.compress(path.read_bytes(), compresslevel=9, mtime=0),
            mimetypes.guess_type(path.name)[0] or "application/octet-stream",
        )
        for path in files
    }


class WithPeer:
    """ASGI: the peer's files under `/peer/`, the product everywhere else."""

    def __init__(self) -> None:
        self._inner, self._files = create_app(), _built()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer one request or pass it on."""
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await self._inner(scope, receive, send)
            return
        packed, kind = self._files[scope["path"].removeprefix(_PREFIX) or "index.html"]
        headers = [
            (b"content-type", kind.encode()),
            (b"content-encoding", b"gzip"),
            (b"content-length", str(len(packed)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": packed})


def create() -> WithPeer:
    """Make the application of `uvicorn --factory benchmarks.ui_peer:create`."""
    return WithPeer()
