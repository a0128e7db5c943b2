"""The settings of the service: environment variables with the prefix `CMC_`, read once at the edge of a process."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

from psycopg import pq
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from cmc.core import crypto, master_keys
from cmc.core.master_keys import KeyMaterial
from cmc.core.operating import OperatorError


def _default_data_dir() -> Path:
    # The home of root is usually closed to the unprivileged user that runs PostgreSQL.
    return Path("/var/lib/cmc") if os.geteuid() == 0 else Path("~/.local/share/cmc")


class Settings(BaseSettings):
    """What an operator may set. A secret is never shown by `repr`."""

    model_config = SettingsConfigDict(env_prefix="CMC_", frozen=True, env_ignore_empty=True, hide_input_in_errors=True)

    database_url: str | None = Field(default=None, repr=False)
    """A PostgreSQL server of one's own; without it the embedded server under `data_dir` is used."""
    app_database_url: str | None = Field(default=None, repr=False)
    """Where the web and worker processes log in; without it the role `<database>_app`, which the service makes."""
    data_dir: Path = Field(default_factory=_default_data_dir, validate_default=True)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    trusted_proxies: str | None = None
    """Addresses of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, comma-separated; else none."""
    password_profile: Literal["asvs", "dengbao3"] = "asvs"  # noqa: S105 - the name of the rules
    """Which rules hold for passwords: OWASP ASVS 5.0, or GB/T 22239 level 3."""
    machine_per_minute: Annotated[int, Field(ge=1)] = 1200
    """How many requests a machine may send a minute."""
    people_a_day: Annotated[int, Field(ge=1)] = 300
    """How many different people's records a user may open on a day."""
    webhook_networks: str | None = None
    """Networks, comma-separated, that webhooks may go to although they are not public, also by http; else none."""
    message_schemes: str = "mailto,mailtos"
    """Kinds of Apprise addresses that text messages and e-mails may be sent by, comma-separated."""
    reminder_channel: str = ""
    """Apprise address of the gateway for reminders, with {phone} in it; empty: into a file of the data folder."""
    master_key: SecretStr | None = None
    """The key of the protected fields, 32 bytes in base64; without it one is made and kept in `data_dir`. While keys
    are exchanged it holds several, the new one first (see cmc/core/master_keys.py)."""
    cipher: crypto.Algorithm = crypto.Algorithm.AES_256_GCM
    """How fields are sealed from now on; what was sealed before opens all the same."""

    @field_validator("data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            expanded = value.expanduser()
        except RuntimeError as exc:
            raise ValueError("its home folder is unknown: give an absolute path") from exc
        if not expanded.is_absolute():
            raise ValueError("must be an absolute path")
        return Path(os.path.normpath(expanded))

    @field_validator("database_url", "app_database_url")
    @classmethod
    def _postgresql(cls, value: str | None) -> str | None:
        if value is None:
            return None
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise ValueError("must begin with postgresql://")
        url = f"postgresql+psycopg://{rest}"
        _require_understood(url)
        return url

    @field_validator("webhook_networks")
    @classmethod
    def _networks(cls, value: str | None) -> str | None:
        for each in (value or "").split(","):
            if each.strip():
                ipaddress.ip_network(each.strip())
        return value

    @field_validator("host")
    @classmethod
    def _bare(cls, value: str) -> str:
        """`[::1]`, as it stands in an address, is ::1."""
        return value[1:-1] if value.startswith("[") and value.endswith("]") else value

    @field_validator("master_key")
    @classmethod
    def _whole(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            master_keys.parse(value.get_secret_value())
        return value


def _require_understood(url: str) -> None:
    """Raise `ValueError`, without a value in its text, for a URL that SQLAlchemy or libpq cannot read."""
    try:
        parsed = make_url(url)
        _, given = parsed.get_dialect()().create_connect_args(parsed)
    except (ValueError, SQLAlchemyError):  # their texts quote the URL
        raise ValueError("is not a well-formed URL (postgresql://user:password@host:port/database)") from None
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"has a parameter that PostgreSQL does not know ({name})")
        if not isinstance(value, str | int):
            raise ValueError(f"has the parameter {name} twice")  # noqa: TRY004 - becomes a message


def load() -> Settings:
    """The settings of this process. A bad value raises `OperatorError` naming the variable (never its value)."""
    try:
        settings = Settings()
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False)[0]
        name = f"CMC_{str(first['loc'][0]).upper()}"
        reason = first["msg"].removeprefix("Value error, ")
        raise OperatorError(f"{name} is not usable: {reason}.") from None
    if settings.master_key is None and os.path.exists(settings.data_dir / "master.key"):
        master_key(settings)  # a damaged one is told before anything is started
    return settings


def key_material(settings: Settings) -> KeyMaterial:
    """The master keys: CMC_MASTER_KEY, else those in `<data_dir>/master.key`, the first made at random on first use."""
    try:
        if settings.master_key is not None:
            return master_keys.parse(settings.master_key.get_secret_value())
        return master_keys.material_of(settings.data_dir)
    except (OSError, ValueError) as exc:
        reason = "it is not text" if isinstance(exc, UnicodeError) else exc
        raise OperatorError(f"The master key is not usable ({reason}): set CMC_MASTER_KEY.") from exc


def master_key(settings: Settings) -> bytes:
    """The current master key."""
    return key_material(settings).masters[0]


def keyring(settings: Settings) -> crypto.Keyring:
    """The keyring of this process; keys that are added to the key file later are found when they are met."""
    reread = None if settings.master_key is not None else lambda: key_material(settings)
    return crypto.Keyring(key_material(settings), algorithm=settings.cipher, reread=reread)
