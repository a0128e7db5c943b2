"""A real HTTP server that takes webhooks, checks their signatures by another implementation, and remembers them."""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for ever."""

    url: str = ""
    answers: list[int] = field(default_factory=lambda: [200])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ids(self) -> list[str]:
        return [head["webhook-id"] for head, _ in self.got]

    def take(self, head: dict[str, str], body: bytes) -> int:
        with self.lock:
            self.got.append((head, body))
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving(**more: Any) -> Iterator[Receiver]:
    """A receiver on the loopback."""
    known = Receiver(**more)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = known.take({name.lower(): value for name, value in self.headers.items()}, body)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def worker(url: str, master_key: bytes, log: str) -> None:
    """The body of a worker process of the tests: deliver until nothing is left for two seconds."""
    import time  # noqa: PLC0415

    from cmc.core import clock, crypto, db, signed_scope  # noqa: PLC0415
    from cmc.core.scope import system_scope  # noqa: PLC0415
    from cmc.outbox import addresses, delivering  # noqa: PLC0415
    from cmc.outbox.apprising import Policy  # noqa: PLC0415

    keys = crypto.keyring(master_key)
    engine = db.make_engine(url, keys=signed_scope.database_keys(keys))
    policy = Policy(addresses.networks("127.0.0.0/8"))
    quiet, attempts = 0, 0
    while quiet < 20:
        found = delivering.deliver(
            lambda: db.transaction(engine, system_scope("job:outbox")), keys, policy, now=clock.now, batch=2
        )
        attempts += found
        quiet = 0 if found else quiet + 1
        time.sleep(0.1)
    with open(log, "a", encoding="utf-8") as file:
        file.write(json.dumps({"attempts": attempts}) + "\n")


if __name__ == "__main__":
    worker(sys.argv[1], bytes.fromhex(sys.argv[2]), sys.argv[3])
