"""Nothing that holds a person's data is forgotten: asked of PostgreSQL's own catalogue, so that new tables are in it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from cmc.core import service_role
from cmc.core.operating import OperatorError

from .conftest import Region

OF_NOBODY = {
    "organisation": "the tree of institutions",
    "indicator_value": "sums over a clinic's people",
    "indicator_stamp": "when those sums changed",
    "indicator_report": "what was frozen of an organisation and period",
    "indicator_report_value": "sums over a clinic's people, frozen",
    "installation": "facts about the installation",
    "job_run": "when jobs ran",
    "record_serial": "the last serial of a village",
    "alembic_version": "which migrations ran",
    "app_user": "who signs in",
    "old_password": "former passwords of users",
    "recovery_code": "second chances of users",
    "role_grant": "what users may do",
    "auth_session": "signed-in browsers",
    "device": "measuring devices; who holds one stands in device_issue",
    "device_calibration": "when measuring devices were calibrated",
    "machine": "gateways, dashboards, monitors",
    "machine_key": "keys of machines",
    "risk_switch": "a region's decisions on models",
    "risk_model_level": "levels of models",
    "risk_baseline": "how inputs and scores of all people lay",
    "risk_watch": "what monitoring saw of all people",
    "used_nonce": "what keys have signed with",
    "key": "the guard's key: no right to it at all",
    "audit_seal": "MACs over audit rows",
    "outbox_event": "ids of alerts and codes; no person's id",
    "delivery": "how messages went",
    "subscription": "who is told of alerts",
    "rhythm_setting": "days between visits, by region",
    "indicator_goal": "goals of clinics, districts and the region",
    "opening_days": "when clinics see people",
}
"""Tables without a row about a person; every other one must be protected."""

TABLES = (
    "SELECT c.relname, c.relkind, c.relrowsecurity AND c.relforcerowsecurity,"
    " (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = 'scope' AND p.polpermissive"
    "  AND p.polroles = '{0}'),"
    " (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname NOT IN ('scope', 'owner'))"
    " FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'f')"
)


def unprotected(connection: Connection) -> list[str]:
    rows = connection.execute(text(TABLES)).all()
    return sorted(name for name, _, forced, scoped, _ in rows if name not in OF_NOBODY and not (forced and scoped))


@pytest.fixture
def owner(region: Region) -> Iterator[Connection]:
    with region.owner.connect() as connection, connection.begin() as outer:
        yield connection
        outer.rollback()


def test_every_table_and_partition_of_people_has_forced_row_security_and_the_scope_policy(owner: Connection) -> None:
    assert unprotected(owner) == []
    found = owner.execute(text(TABLES)).all()
    assert {"patient", "reading", "reading_p202608", "reach"} <= {row[0] for row in found}
    assert [row[0] for row in found if row[4]] == []


@pytest.mark.parametrize(
    "forgotten",
    [
        "CREATE TABLE medicine (patient_id uuid)",
        "ALTER TABLE followup DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE followup NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY scope ON followup",
        "CREATE TABLE reading_p203001 PARTITION OF reading FOR VALUES FROM ('2030-01-01') TO ('2030-02-01')",
    ],
)
def test_a_forgotten_table_is_noticed(owner: Connection, forgotten: str) -> None:
    owner.execute(text(forgotten))
    assert len(unprotected(owner)) == 1


def test_a_new_partition_is_protected_when_it_is_made(owner: Connection) -> None:
    owner.execute(text("SELECT make_reading_partition('2031-05-01')"))
    assert unprotected(owner) == []
    assert owner.scalar(text("SELECT count(*) FROM pg_policy WHERE polrelid = 'reading_p203105'::regclass")) == 2


def test_views_look_with_the_eyes_of_who_asks_and_nothing_is_materialised(owner: Connection) -> None:
    views = owner.execute(
        text(
            "SELECT relname, relkind, coalesce('security_invoker=true' = ANY (reloptions), false) FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE relkind IN ('v', 'm')"
            " AND nspname NOT IN ('pg_catalog', 'information_schema')"
        )
    ).all()
    assert [row for row in views if row.relkind == "m" or not row[2]] == []


def test_functions_with_the_owners_rights_are_few_known_and_have_their_path_set(owner: Connection) -> None:
    rows = owner.execute(
        text(
            "SELECT p.proname, p.proconfig IS NOT NULL, p.prorettype = 'trigger'::regtype,"
            " has_function_privilege(:role, p.oid, 'EXECUTE')"
            " FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace"
            " WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
        ),
        {"role": service_role.role_of(owner.scalar(text("SELECT current_database()")) or "")},
    ).all()
    assert [name for name, pinned, _, _ in rows if not pinned] == []
    callable_by_the_service = {name for name, _, is_trigger, may in rows if may and not is_trigger}
    assert callable_by_the_service == CALLABLE


CALLABLE = {
    "verified",
    "readings_elsewhere",
    "add_readings",
    "analyze_facts",
    "make_reading_partition",
    "next_audit_seq",
    "audit_high",
    "audit_rows_of",
    "people_opened",
    "make_audit_partition",
}


def test_the_role_of_the_service_owns_nothing_and_may_only_read_and_write_rows(region: Region) -> None:
    with region.engine.connect() as connection:
        role = connection.scalar(text("SELECT session_user")) or ""
        assert role.endswith("_app")
        service_role.require_limited(connection, role)
        rights = connection.execute(
            text(
                "SELECT DISTINCT c.relname, a.privilege_type FROM pg_class AS c, aclexplode(c.relacl) AS a"
                " WHERE a.grantee IN (0, (SELECT oid FROM pg_roles WHERE rolname = :role))"
                " AND c.relnamespace IN ('public'::regnamespace, 'guard'::regnamespace)"
            ),
            {"role": role},
        ).all()
        assert {right for _, right in rights} <= {"SELECT", "INSERT", "UPDATE", "DELETE", "USAGE"}
        names = {name for name, _ in rights}
        assert not [name for name in names if name.startswith("reading_p")]
        assert not names & {"key", "alembic_version"}
        assert {right for name, right in rights if name == "reach"} == {"SELECT"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("ALTER ROLE {} BYPASSRLS", "BYPASSRLS"),
        ("ALTER ROLE {} SUPERUSER", "superuser"),
        ("GRANT CREATE ON SCHEMA public TO {}", "CREATE in public"),
        ("ALTER TABLE job_run OWNER TO {}", "owner"),
    ],
)
def test_a_role_that_may_do_too_much_is_refused(owner: Connection, region: Region, given: str, said: str) -> None:
    role = region.engine.url.username or ""
    owner.execute(text(given.format(role)))
    with pytest.raises(OperatorError, match=said):
        service_role.require_limited(owner, role)


def test_the_owners_log_in_is_refused_to_the_service(region: Region) -> None:
    engine: Engine = region.owner
    with pytest.raises(OperatorError, match="superuser"):
        service_role.require_limited_login(engine)
