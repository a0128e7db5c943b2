"""`cmc up`: the whole installation in one command, from an empty folder to a served address."""

import errno
import http.client
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from cmc.accounts.demo import DemoAccounts
from cmc.core import command_line
from cmc.core.config import Settings
from cmc.core.embedded import lock
from cmc.core.embedded_postgres import EmbeddedServer
from cmc.core.operating import OperatorError
from cmc.core.processes import Program, Service, Supervisor, environment, python_module

_NOT_OURS: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL})


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demonstration adds. Both functions take the database URL."""

    seed: Callable[[str], None]
    """Fill an empty database, leave any other as it is."""
    accounts: Callable[[str], DemoAccounts]
    """Add the demo's users, or give them new passwords."""
    example_reading: Callable[[str], str]
    """The JSON body of one valid POST /v1/readings."""


def run(settings: Settings, demo: Demo | None = None) -> int:
    """Start the database (unless CMC_DATABASE_URL names one), migrate, seed, then serve until SIGTERM or Ctrl-C.

    Returns the exit code. Raises `OperatorError` with one line for whatever the operator must put right.
    """
    console = Console(stderr=False, highlight=False, markup=False)
    require_free_port(settings)
    signal.signal(signal.SIGTERM, _end_orderly)
    with ExitStack() as stack:
        database: list[Service] = []
        url = settings.database_url
        if url is None:
            say(console, f"Starting PostgreSQL in {settings.data_dir} …")
            server = EmbeddedServer(settings.data_dir, "cmc up")
            server.open()
            stack.callback(server.close)
            database.append(server)
            url = server.url
        say(console, "Checking the schema …")
        service = command_line.migrate(url, settings).service_url
        if demo is not None:
            demo.seed(url)
        child = environment(
            CMC_DATABASE_URL="",  # the children never learn the owner's log-in
            CMC_APP_DATABASE_URL=service,
            CMC_DATA_DIR=str(settings.data_dir),
            CMC_HOST=settings.host,
            CMC_PORT=str(settings.port),
        )
        programs = [Program(name, python_module("cmc", name), child) for name in ("worker", "web")]
        supervisor = Supervisor([*database, *programs])
        shown = (demo.accounts(url), demo.example_reading(url)) if demo is not None else None
        code = supervisor.run(
            running=database,
            ready=lambda: answers(settings, "/readyz"),
            announce=lambda: announce(console, settings, shown),
        )
        say(console, "Stopped.")
        return code


def _end_orderly(_number: int, _frame: object) -> None:
    sys.exit(128 + signal.SIGTERM)  # unwinds to the close of the database


def require_free_port(settings: Settings) -> None:
    """Raise `OperatorError` when the address cannot be listened on; says so when it is an installation of ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except (OSError, UnicodeError) as exc:
            if lock.is_locked(settings.data_dir):
                raise lock.FolderInUseError(lock.refusal(settings.data_dir)) from None
            if isinstance(exc, socket.gaierror | UnicodeError) or exc.errno in _NOT_OURS:
                raise OperatorError(
                    "CMC_HOST is not usable: it is not an address of this machine (for example 127.0.0.1, or 0.0.0.0)."
                ) from None
            other = settings.port + 1 if settings.port < 65535 else 8000
            reason = exc.strerror or "no reason told"
            raise OperatorError(
                f"Port {settings.port} on {settings.host} cannot be used ({reason}): "
                f"free it, or choose another one, for example CMC_PORT={other}."
            ) from None


def answers(settings: Settings, path: str) -> bool:
    """Whether the service answers a GET with 200."""
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def announce(console: Console, settings: Settings, shown: tuple[DemoAccounts, str] | None) -> None:
    """Print the address, the log-ins, a curl line that posts a reading, where the data lie and how to stop."""
    host = _reachable(settings.host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    lines = ["", f"cmc is ready: {address}"]
    if shown is None:
        lines.append("Add the first administrator with `cmc admin create NAME`, if there is none yet.")
    else:
        accounts, body = shown
        width = max(map(len, accounts.passwords))
        lines.append("Log in as one of (the passwords are new at every start):")
        lines += [f"  {login:<{width}}  {password}" for login, password in accounts.passwords.items()]
        lines += [
            "Post a reading:",
            (
                f"  curl -sS {address}/v1/readings -H {_quoted(f'Authorization: Bearer {accounts.gateway_key}')} "
                f"-H 'Content-Type: application/json' -d {_quoted(body)}"
            ),
        ]
    where = "the server of CMC_DATABASE_URL" if settings.database_url else str(settings.data_dir)
    lines += [f"Data: {where}", "Stop: Ctrl-C", ""]
    for line in lines:
        say(console, line)


def say(console: Console, line: str) -> None:
    """Print one line as it is: never wrapped, so that it can be copied."""
    console.print(line, soft_wrap=True)
    console.file.flush()


def _quoted(body: str) -> str:
    return "'" + body.replace("'", "'\\''") + "'"


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
