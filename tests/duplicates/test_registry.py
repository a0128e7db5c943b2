"""No table that names a person is forgotten by a merge: asked of PostgreSQL's own catalogue."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, LargeBinary, text

from cmc.duplicates.registry import MOVED, SUBJECTS, Way
from cmc.tables import METADATA

OF_THE_MERGE = {
    "merge_row": "what the merge itself moved; hangs on patient_merge",
    "audit_event": "a trail is never rewritten",
}
THROUGH = {"enrolment_event": "enrolment"}
NAMING = (
    "SELECT DISTINCT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname IN ('patient_id', 'person_id', 'person_ids')"
    " LEFT JOIN pg_constraint AS f ON f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid = 'patient'::regclass"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    " AND (a.attname IS NOT NULL OR f.oid IS NOT NULL)"
)
BYTES_NOT_SEALED = {("followup", "request_digest")}


def forgotten(connection: Connection) -> set[str]:
    known = {each.table for each in SUBJECTS} | set(OF_THE_MERGE)
    return set(connection.scalars(text(NAMING))) - known


@pytest.fixture
def migrated(owner: Engine) -> Iterator[Connection]:
    with owner.connect() as connection, connection.begin() as outer:
        yield connection
        outer.rollback()


def test_every_table_that_names_a_person_says_what_a_merge_does_with_it(migrated: Connection) -> None:
    assert forgotten(migrated) == set()


@pytest.mark.parametrize(
    "made",
    ["CREATE TABLE dental_visit (patient_id uuid)", "CREATE TABLE relative (whose uuid REFERENCES patient (id))"],
)
def test_a_new_table_is_noticed(migrated: Connection, made: str) -> None:
    migrated.execute(text(made))
    assert len(forgotten(migrated)) == 1


def test_each_table_stands_once_and_with_columns_that_it_has() -> None:
    assert len({each.table for each in SUBJECTS}) == len(SUBJECTS)
    for each in SUBJECTS:
        columns = METADATA.tables[each.table].c
        assert {each.person, *(each.key if each.way is Way.MOVES else ())} <= set(columns.keys()), each.table
        assert each.way is Way.MOVES or each.why, each.table


def test_what_is_set_aside_takes_along_what_hangs_on_it() -> None:
    for each in MOVED:
        hanging = {
            (name, column.name)
            for name, table in METADATA.tables.items()
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name == each.table
        }
        if each.alike:
            assert hanging == set(each.children), each.table


def test_no_ciphertext_moves_to_another_persons_key() -> None:
    moving = {
        (each.table, column.name)
        for each in MOVED
        for column in METADATA.tables[each.table].columns
        if isinstance(column.type, LargeBinary)
    }
    assert moving == BYTES_NOT_SEALED


def test_a_moved_table_whose_people_are_unique_knows_its_likes() -> None:
    for each in MOVED:
        table = METADATA.tables[each.table]
        sets = [set(index.columns.keys()) for index in table.indexes if index.unique]
        sets += [set(table.primary_key.columns.keys())]
        known_once = (
            any(each.person in columns for columns in sets) or each.table == "reading"
        )  # its id holds the person
        assert known_once == bool(each.alike), each.table
