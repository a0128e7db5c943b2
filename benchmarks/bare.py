"""The peers of the HTTP measurements, under the same server: an empty FastAPI application, and an empty lean route."""

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

application = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
_BODY = b'{"ok":true}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"11")],
}


@application.get("/bare")
async def bare() -> dict[str, bool]:
    return {"ok": True}


@application.post("/bare")
async def bare_post() -> dict[str, bool]:
    return {"ok": True}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer POST /lean without any framework, once the body is there; everything else goes to FastAPI."""
    if scope["type"] != "http" or scope["path"] != "/lean":
        await application(scope, receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send({"type": "http.response.body", "body": _BODY})
