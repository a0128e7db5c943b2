"""`cmc keys …`: see, exchange and forget the master keys of the protected fields."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final

import typer
from sqlalchemy import Engine, text

from cmc.core import config, crypto, db, key_check, master_keys
from cmc.core.command_line import bar, owner_engine
from cmc.core.config import Settings
from cmc.core.crypto import Keyring
from cmc.core.master_keys import KEY_BYTES, KeyMaterial
from cmc.core.operating import OperatorError
from cmc.privacy import rotation

_LOCK: Final = text("SELECT pg_advisory_lock(hashtext('cmc key commands'))")
_UNLOCK: Final = text("SELECT pg_advisory_unlock(hashtext('cmc key commands'))")
app = typer.Typer(name="keys", help="The master keys of the protected fields.", no_args_is_help=True)


@app.command("list")
def list_keys() -> None:
    """Say which master keys there are: their ids, never the keys."""
    settings = config.load()
    keys = config.keyring(settings)
    with owner_engine(settings, "cmc keys list") as engine, db.read_only(engine) as session:
        used, left = key_check.in_use(session), rotation.waiting(session, keys)
    for each in sorted(keys.ids | used):
        state = "current" if each == keys.current else "in use" if each in used else "not in use"
        typer.echo(f"{each.hex()}  {state}{'' if each in keys.ids else ', MISSING HERE'}")
    if left:
        typer.echo(f"{left:,} keys or fields hang on a former master key: run `cmc keys rotate`.")


@app.command()
def new() -> None:
    """Print a value for CMC_MASTER_KEY with a new key in front of those that are known. It is secret."""
    typer.echo(_with_new_key(config.key_material(config.load())).text().replace("\n", ",").rstrip(","))


@app.command()
def rotate() -> None:
    """Exchange the master key while the service runs. A run that was stopped goes on where it was."""
    settings = config.load()
    with owner_engine(settings, "cmc keys rotate") as engine, _alone(engine):
        transaction = partial(db.transaction, engine)
        keys = config.keyring(settings)
        with transaction() as session:
            key_check.require_ours(session, keys)
            finished = key_check.in_use(session) == {keys.current}
        if finished:
            keys = _to_a_new_key(settings)
        with bar("Wrapping data keys") as told:
            done = rotation.rotate(transaction, keys, progress=told)
    typer.echo(f"{done:,} keys and fields hang on the master key {keys.current.hex()} now.")
    typer.echo("Keep the former key as long as backups from before are kept; then run `cmc keys drop`.")


@app.command()
def drop() -> None:
    """Forget the former master keys; what was written with them before, such as a backup, is then unreadable."""
    settings = config.load()
    with owner_engine(settings, "cmc keys drop") as engine, _alone(engine):
        material, keys = config.key_material(settings), config.keyring(settings)
        old = rotation.drop(partial(db.transaction, engine), keys)
        if settings.master_key is None:
            master_keys.replace(settings.data_dir, KeyMaterial(material.masters[:1], crypto.look_up_key(material)))
    if settings.master_key is not None and len(material.masters) > 1:
        typer.echo("Take all keys but the first out of CMC_MASTER_KEY; lookup:… stays.")
    typer.echo(f"Forgotten: {', '.join(each.hex() for each in old) or 'none'}.")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let one command on keys run at a time: two would each write a key file without the other's key."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as held:
        held.execute(_LOCK)
        try:
            yield
        finally:
            held.execute(_UNLOCK)


def _to_a_new_key(settings: Settings) -> Keyring:
    if settings.master_key is not None:
        raise OperatorError(
            "Everything hangs on the first key of CMC_MASTER_KEY: put a new one before it (`cmc keys new` prints the"
            " value), start the service again, then run this."
        )
    master_keys.replace(settings.data_dir, _with_new_key(config.key_material(settings)))
    return config.keyring(settings)


def _with_new_key(material: KeyMaterial) -> KeyMaterial:
    return KeyMaterial((secrets.token_bytes(KEY_BYTES), *material.masters), crypto.look_up_key(material))
