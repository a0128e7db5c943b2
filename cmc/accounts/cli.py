"""`cmc admin`: the first administrator, and gateways for all clinics at once, made where the data are."""

import json
import os
import re
from pathlib import Path
from typing import Annotated, Final

import typer

from cmc.accounts import machines, users
from cmc.accounts.roles import MachineKind, Role, Wanted
from cmc.core import clock, config, db, key_check
from cmc.core.command_line import service_engine
from cmc.core.errors import Conflict
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.organisations import queries as organisations
from cmc.organisations.tables import OrganisationKind

app = typer.Typer(help="The first administrator, and gateways.", no_args_is_help=True)
_SCOPE: Final = system_scope("command:admin")


@app.command("create")
def create(login: Annotated[str, typer.Argument(help="Login name: a-z, 0-9, dot, underscore, hyphen.")]) -> None:
    """Add an administrator of the whole installation; prints a first password, to be changed within 72 hours."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,31}", login):
        raise OperatorError("A login name has 2 to 32 of a-z, 0-9, dot, underscore, hyphen; it begins with a-z or 0-9.")
    with service_engine(config.load(), "cmc admin create") as engine:
        try:
            with db.transaction(engine, _SCOPE) as session:
                roles = [Wanted(Role.ADMIN)]
                _, password = users.add(session, _SCOPE, login, display_name=login, roles=roles, now=clock.now())
        except Conflict as error:
            raise OperatorError("There is a user with this login name already.") from error
    typer.echo(f"Login name: {login}\nPassword for the first log-in: {password}")


@app.command("gateway-keys")
def gateway_keys(
    file: Annotated[Path, typer.Argument(help="Where to write the keys: a new JSON file that only you can read.")],
    name: Annotated[str, typer.Option(help="How the gateways are called.")] = "gateway",
) -> None:
    """Add a gateway to every clinic and write {clinic code: key} to a new file; the keys are shown nowhere else."""
    settings = config.load()
    keyring = config.keyring(settings)
    with service_engine(settings, "cmc admin gateway-keys") as engine, db.transaction(engine, _SCOPE) as session:
        key_check.require_ours(session, keyring)
        made = {
            node.code: machines.add(
                session, _SCOPE, keyring, MachineKind.GATEWAY, name=name, organisation_id=node.id, now=clock.now()
            )[1]
            for node in organisations.visible(session, _SCOPE)
            if node.kind == OrganisationKind.CLINIC
        }
        _write_new(file, json.dumps(made, indent=2) + "\n")
    typer.echo(f"Added {len(made)} gateways; their keys are in {file}.")


def _write_new(path: Path, content: str) -> None:
    """Write a file of mode 0600 that must not be there yet."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(content)
    except OSError as error:
        raise OperatorError(f"{path} cannot be made ({error.strerror}).") from error
