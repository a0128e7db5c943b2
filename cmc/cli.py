"""The command `cmc`. Each command reads the settings, calls one function and ends with its exit code."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from cmc import demonstration
from cmc import up as installation
from cmc import worker as jobs
from cmc.accounts import reference
from cmc.accounts.cli import app as administration
from cmc.audit import cli as audit
from cmc.core import command_line, config, db, log, migrations, service_role, signed_scope
from cmc.core import openapi as document
from cmc.core.command_line import database, migrated_database
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running_url
from cmc.core.guard import classified
from cmc.core.operating import OperatorError
from cmc.core.poll_protocol import PollProtocol
from cmc.core.scope import system_scope
from cmc.exchange.person import document as person_document
from cmc.exchange.person.schemas import VERSION
from cmc.imports.cli import app as imports
from cmc.main import build
from cmc.privacy.cli import app as keys
from cmc.reports.cli import app as reports
from cmc.risk.cli import app as risk
from cmc.risk.equations import reference as equations
from cmc.simulation.cli import app as simulation
from cmc.warehouse.cli import app as warehouse
from cmc.web import words
from cmc.web.cli import app as pages

app = typer.Typer(
    help="The service of a chronic-disease management centre.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(pages)
app.add_typer(imports, name="import")
app.add_typer(simulation, name="simulate")
app.add_typer(administration, name="admin")
app.add_typer(keys, name="keys")
app.add_typer(risk, name="risk")
app.add_typer(reports, name="indicators")
app.add_typer(warehouse, name="warehouse")


@contextmanager
def _region() -> Iterator[tuple[Session, bytes]]:
    settings = config.load()
    keys = _database_keys(settings)
    with database(settings, "cmc audit") as owner_url:  # changes nothing: what is looked at stays as it is
        engine = db.make_engine(service_role.url_of(settings, owner_url, keys) or "", pool_size=1, keys=keys)
        try:
            with db.read_only(engine, system_scope("command:audit")) as session:
                yield session, keys.audit
        except OperationalError as error:
            raise OperatorError("The service cannot log in to the database: run `cmc migrate` first.") from error
        finally:
            engine.dispose()


app.add_typer(audit.commands(_region), name="audit")


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Store the demo clinics first, if they are missing.")] = False,
) -> None:
    """Start everything: database, migrations, web and worker, supervised until Ctrl-C."""
    log.configure("up")
    settings = config.load()
    raise typer.Exit(installation.run(settings, demonstration.demo(settings) if demo else None))


@app.command()
def web() -> None:
    """Serve the pages and the API. SIGTERM lets open requests finish."""
    log.configure("web")
    settings = config.load()
    os.environ["CMC_APP_DATABASE_URL"], _ = _service_of_others(settings)
    installation.require_free_port(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            "cmc.main:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http=PollProtocol,
            lifespan="on",
            server_header=False,
            proxy_headers=settings.trusted_proxies is not None,
            forwarded_allow_ips=settings.trusted_proxies,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=25,
        )
    )
    with _signals_end_well(server):
        server.run()
    if not server.started:
        raise typer.Exit(1)


@app.command()
def worker() -> None:
    """Run the recurring jobs; a second worker stands by. SIGTERM lets the running job finish."""
    log.configure("worker")
    url, keys = _service_of_others(config.load())
    engine = db.make_engine(url, pool_size=1)
    try:
        service_role.require_limited_login(engine)
    except OperationalError as error:
        raise OperatorError("The database does not answer: the worker ends.") from error
    finally:
        engine.dispose()
    raise typer.Exit(jobs.run(url, keys))


@app.command()
def migrate(
    make: Annotated[str | None, typer.Option(help="Write a new migration with this message instead.")] = None,
) -> None:
    """Bring the schema up to date."""
    log.configure("migrate")
    settings = config.load()
    with database(settings, "cmc migrate") as url:
        if make is not None:
            migrations.make(url, make)
            return
        if not command_line.migrate(url, settings).changed:
            typer.echo("The schema is up to date.")


@app.command()
def seed() -> None:
    """Store the demo: the small simulated region. A second run stores nothing."""
    log.configure("seed")
    settings = config.load()
    with migrated_database(settings, "cmc seed") as url:
        demonstration.store(settings, url)


@app.command()
def openapi() -> None:
    """Write openapi/cmc.json, the pages of openapi/reference and the words of the codes for the pages of a checkout."""
    folder = Path(__file__).resolve().parents[1]
    if not (folder / "openapi").is_dir():
        raise OperatorError("openapi/ is missing: run this in a checkout.")
    described = build(None, None)
    texts = {
        "openapi/cmc.json": document.document(described),
        "openapi/reference/rights.md": reference.page(classified(described)),
        "openapi/reference/equations.md": equations.page(),
        f"openapi/reference/person-document-{VERSION}.schema.json": person_document.json_schema(),
        "ui/src/locales/codes.ts": words.module(described.openapi()),
    }
    for name, content in texts.items():
        typer.echo(f"{name} " + ("written" if document.write(content, folder / name) else "is current"))


def _service_of_others(settings: Settings) -> tuple[str, signed_scope.DatabaseKeys]:
    keys = _database_keys(settings)
    url = service_role.url_of(settings, settings.database_url or running_url(settings.data_dir), keys)
    if url is None:
        raise OperatorError("There is no database: start `cmc up`, or set CMC_DATABASE_URL.")
    return url, keys


def _database_keys(settings: Settings) -> signed_scope.DatabaseKeys:
    return signed_scope.database_keys(config.keyring(settings))


@contextmanager
def _signals_end_well(server: uvicorn.Server) -> Iterator[None]:
    # uvicorn drains on SIGTERM and then raises the signal again, which would end a good stop with a bad exit code. Its
    # own handler stands there before and after, so that a signal between two moments is not lost.
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, server.handle_exit) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def main() -> None:
    """Run the command line; what the operator must put right is one line on standard error and exit code 1."""
    try:
        app()
    except OperatorError as exc:
        typer.echo(f"cmc: {exc}", err=True)
        sys.exit(1)
