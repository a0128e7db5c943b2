"""The role that the running service works as: no superuser, owner of nothing, no DDL, under row-level security.

The web and worker processes log in as it, rather than change to it: from a role that was changed to, an injected
statement can change back. The owner's log-in (CMC_DATABASE_URL, or the embedded server's) is for migrations and bulk
loading.
"""

from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ProgrammingError

from cmc.core import db
from cmc.core.config import Settings
from cmc.core.operating import OperatorError
from cmc.core.signed_scope import DatabaseKeys

LESS: Final[dict[str, str]] = {
    "alembic_version": "",
    "installation": "SELECT, INSERT, UPDATE",
    "audit_event": "SELECT, INSERT (at, actor, act, subject, subject_id, person_ids, request_id, detail, row_hash)",
    "audit_seal": "SELECT, INSERT",
    "app_user": "SELECT, INSERT, UPDATE",
    "old_password": "SELECT, INSERT",
    "machine": "SELECT, INSERT, UPDATE",
    "machine_key": "SELECT, INSERT, UPDATE",
    "seen_person": "SELECT, INSERT, DELETE",
}
"""Tables of which the service may not do everything; of all others it may read and write rows.

The place of an audit row is given out by the database alone: who could choose it could spoil a segment for good.
"""

_TABLES: Final = text(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
    " AND NOT relispartition ORDER BY relname"
)
_ASKED_OF_THE_GUARD: Final = (
    "guard.verified(), guard.clinics(), guard.whole(), guard.actor(), guard.readings_elsewhere(uuid[], date[]),"
    " guard.add_readings, guard.analyze_facts(), make_reading_partition(date), guard.next_audit_seq(),"
    " guard.audit_high(), guard.audit_rows_of(uuid), make_audit_partition(date),"
    " guard.people_opened(timestamptz, integer, integer)"
)
_TOO_MUCH: Final = text(
    "SELECT array_remove(ARRAY["
    " CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,"
    " CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,"
    " CASE WHEN has_schema_privilege(r.oid, 'public', 'CREATE') THEN 'CREATE in public' END,"
    " CASE WHEN has_database_privilege(r.oid, current_database(), 'CREATE') THEN 'CREATE in the database' END,"
    " CASE WHEN EXISTS (SELECT FROM pg_class AS c WHERE pg_has_role(r.oid, c.relowner, 'MEMBER')"
    "  AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('public', 'guard'))) THEN 'owner' END"
    "], NULL) FROM pg_roles AS r WHERE r.rolname = :role"
)


def role_of(database: str) -> str:
    """Return the name of the role that serves a database: roles are shared by all databases of a server."""
    return f"{database}_app"


def service_url(owner_url: str, keys: DatabaseKeys) -> str:
    """Return the address at which the service logs in to the owner's database, with a password of our own making."""
    url = make_url(owner_url)
    host = url.query.get("host")
    other = url.set(username=role_of(_database(url)), password=keys.password)
    if host is None:
        return other.render_as_string(hide_password=False)
    # A socket's folder may hold a space, which SQLAlchemy would write as a plus: the owner's own spelling stays.
    _, _, rest = owner_url.partition("@")
    return f"{url.drivername}://{role_of(_database(url))}:{keys.password}@{rest}"


def url_of(settings: Settings, owner_url: str | None, keys: DatabaseKeys) -> str | None:
    """Return where the service logs in: CMC_APP_DATABASE_URL, else the role beside the owner; None without either."""
    if settings.app_database_url is not None:
        return settings.app_database_url
    return None if owner_url is None else service_url(owner_url, keys)


def keep(owner_url: str, keys: DatabaseKeys, settings: Settings) -> str:
    """Make the role, or bring its rights and the guard's key up to date; return the address that it logs in at.

    A role of CMC_APP_DATABASE_URL is given its rights but neither made nor changed. Raises `OperatorError` when the
    owner may not make roles, and when the role may do more than the service needs.
    """
    ours = settings.app_database_url is None
    url = service_url(owner_url, keys) if settings.app_database_url is None else settings.app_database_url
    role = make_url(url).username or ""
    engine = db.make_engine(owner_url, pool_size=1)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('cmc service role'))"))
            if ours:
                _make(connection, role, keys)
            _grant(connection, role)
            _remember(connection, keys)
            require_limited(connection, role)
    finally:
        engine.dispose()
    return url


def require_limited(connection: Connection, role: str) -> None:
    """Raise `OperatorError` when `role` may do more than the service needs, or does not exist."""
    found = connection.scalars(_TOO_MUCH, {"role": role}).one_or_none()
    if found is None:
        raise OperatorError(f"The database has no role {role}: make it, or correct CMC_APP_DATABASE_URL.")
    if found:
        raise OperatorError(f"The role {role} may do too much for the service ({', '.join(found)}): take it away.")


def require_limited_login(engine: Engine) -> None:
    """Raise `OperatorError` when an engine of the service logs in as an owner or a superuser."""
    with engine.connect() as connection:
        require_limited(connection, connection.scalars(text("SELECT session_user")).one())


def _database(url: URL) -> str:
    if url.database is None:
        raise OperatorError("CMC_DATABASE_URL names no database: put its name at the end (postgresql://…/cmc).")
    return url.database


def _make(connection: Connection, role: str, keys: DatabaseKeys) -> None:
    known = connection.scalar(text("SELECT true FROM pg_roles WHERE rolname = :role"), {"role": role})
    raw = connection.connection.dbapi_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the driver is psycopg")
    # The server gets a verifier, so that no log of statements can hold the password.
    verifier = raw.pgconn.encrypt_password(keys.password.encode(), role.encode(), b"scram-sha-256").decode()
    verb = "ALTER" if known else "CREATE"
    limits = "LOGIN" if known else "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    statement = sql.SQL(f"{verb} ROLE {{}} {limits} PASSWORD {{}}").format(sql.Identifier(role), sql.Literal(verifier))
    try:
        connection.exec_driver_sql(statement.as_string(raw).replace("%", "%%"))
    except ProgrammingError as error:
        raise OperatorError(
            f"The user of CMC_DATABASE_URL may not make the service's role: as an administrator make a role that may"
            f" only log in (CREATE ROLE {role} LOGIN PASSWORD …), and set CMC_APP_DATABASE_URL to its address."
        ) from error


def _grant(connection: Connection, role: str) -> None:
    name = connection.dialect.identifier_preparer.quote_identifier(role)
    database = connection.dialect.identifier_preparer.quote_identifier(
        connection.scalars(text("SELECT current_database()")).one()
    )
    said = [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {name}",
        f"GRANT USAGE ON SCHEMA public, guard TO {name}",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public, guard FROM {name}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}",
        f"GRANT SELECT ON guard.reach TO {name}",
        f"GRANT EXECUTE ON FUNCTION {_ASKED_OF_THE_GUARD} TO {name}",
    ]
    for table in connection.scalars(_TABLES).all():
        rights = LESS.get(table, "SELECT, INSERT, UPDATE, DELETE")
        if rights:
            said.append(f"GRANT {rights} ON public.{connection.dialect.identifier_preparer.quote(table)} TO {name}")
    for statement in said:
        connection.execute(text(statement))


def _remember(connection: Connection, keys: DatabaseKeys) -> None:
    inner, outer = keys.blocks
    connection.execute(
        text(
            "INSERT INTO guard.key (id, inner_block, outer_block) VALUES ('scope', :inner, :outer) ON CONFLICT (id)"
            " DO UPDATE SET inner_block = excluded.inner_block, outer_block = excluded.outer_block"
        ),
        {"inner": inner, "outer": outer},
    )
