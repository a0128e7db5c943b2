"""Uvicorn's HTTP protocol, with one thing more: polls that were understood before are answered without being parsed.

A dashboard sends the same bytes again and again. When a request arrives whole and alone on an idle connection and is,
byte for byte, one that was answered 304 from memory before (`core/polling.py`), the memory is asked at once: no
parser, no task, no ASGI messages. Everything else, and whatever the memory leaves to the route, goes the usual way.
"""

from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from cmc.core.polling import MESSAGE, Polls

_STATUS: Final = b"HTTP/1.1 304 Not Modified\r\n"
_END: Final = b"\r\n\r\n"
_MOST_LATER: Final = 1 << 16


class PollProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        app = self.config.loaded_app
        state = getattr(getattr(app, "app", app), "state", None)  # behind a proxy uvicorn wraps the application
        self._polls: Polls | None = getattr(state, "polls", None)
        self._is_within = self._is_ending = False
        self._polling: bytes | None = None
        self._later: list[bytes] = []

    def on_message_begin(self) -> None:
        self._is_within = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._is_within = False
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        if self._polling is not None:
            self._later.append(data)  # answers go out in the order of the requests
            if sum(map(len, self._later)) > _MOST_LATER:
                self.flow.pause_reading()
            return
        is_alone = self._is_idle() and data.startswith(b"GET ") and data.endswith(_END) and data.count(_END) == 1
        if not is_alone or self._polls is None:
            super().data_received(data)
        elif (asked := self._polls.asked(data)) is None:
            super().data_received(data)
            if self.cycle is not None and self.cycle.keep_alive and not self._is_within:
                self.scope[MESSAGE] = bytes(data)  # type: ignore[typeddict-unknown-key]
        else:
            self._unset_keepalive_if_required()
            self._polling = data
            self._polls.at_once(asked, self._answer)

    def shutdown(self) -> None:
        if self._polling is None:
            super().shutdown()
        else:
            self._is_ending = True  # what was asked is answered first

    def _is_idle(self) -> bool:
        return not self._is_within and not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    def _answer(self, head: bytes | None) -> None:
        data, self._polling = self._polling, None
        later, self._later = self._later, []
        if data is None or self.transport.is_closing():
            return
        if head is None:
            super().data_received(data)
        else:
            lines = [name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers]
            self.transport.write(b"".join((_STATUS, *lines, head, b"\r\n")))
            self.on_response_complete()
        for each in later:
            self.data_received(each)
        if self._is_ending:
            super().shutdown()
