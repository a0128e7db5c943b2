"""`cmc admin create LOGIN`: the first administrator, made where the data are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cmc.accounts import users
from cmc.accounts.roles import Role, Wanted
from cmc.core import clock, config, db, migrations
from cmc.core.config import Settings
from cmc.core.embedded_postgres import connect_or_start
from cmc.core.errors import Conflict
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope

app = typer.Typer(help="Accounts of administrators.", no_args_is_help=True)
_SCOPE = system_scope("command:admin")


@app.callback()
def _group() -> None:
    """Accounts of administrators."""


@app.command("create")
def create(login: Annotated[str, typer.Argument(help="Login name: a-z, 0-9, dot, underscore, hyphen.")]) -> None:
    """Add an administrator of the whole installation; prints a password that is good for one log-in."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,31}", login):
        raise OperatorError("A login name has 2 to 32 of a-z, 0-9, dot, underscore, hyphen; it begins with a-z or 0-9.")
    with _database(config.load()) as url:
        migrations.upgrade(url)
        engine = db.make_engine(url, pool_size=1)
        try:
            with db.transaction(engine) as session:
                roles = [Wanted(Role.ADMIN)]
                _, password = users.add(session, _SCOPE, login, display_name=login, roles=roles, now=clock.now())
        except Conflict as error:
            raise OperatorError("There is a user with this login name already.") from error
        finally:
            engine.dispose()
    typer.echo(f"Login name: {login}\nPassword for the first log-in: {password}")


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url
        return
    with connect_or_start(settings.data_dir, "cmc admin create") as url:
        yield url
