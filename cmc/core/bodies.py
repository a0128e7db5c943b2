"""Bodies of requests, read whole and never beyond a limit."""

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from cmc.core.errors import TooLarge


async def whole_body(request: Request, most: int) -> bytes:
    """Return the body of a request that no limit stands before; raise `TooLarge` for one over `most` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise TooLarge(f"a request body holds at most {most} bytes")
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        size, more = size + len(parts[-1]), message.get("more_body", False)
        if size > most:
            raise TooLarge(f"a request body holds at most {most} bytes")
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def body_and_again(request: Request, most: int) -> tuple[bytes, Receive]:
    """Return the body, and a `receive` that gives it again; raise `TooLarge` for one over `most` bytes."""
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= most:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        messages.append(message)
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    if size > most:
        raise TooLarge(f"a request body holds at most {most} bytes")
    body = b"".join(message.get("body", b"") for message in messages)
    waiting = iter(messages)

    async def again() -> Message:
        return next(waiting, None) or await request.receive()

    return body, again
