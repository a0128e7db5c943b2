"""Examinations from before become facts, and back: nothing that was written is lost, and only what stands goes back."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from cmc.core import db, migrations
from cmc.core.ids import new_id

REVISION = "0012"
BEFORE = str(ScriptDirectory(str(migrations.folder())).get_revision(REVISION).down_revision)
NOTES = ("一般情况好", None, "")


def _rows(engine: Engine, what: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(f"SELECT {what} FROM annual_exam ORDER BY pulse_bpm, recorded_at")))  # noqa: S608


@pytest.fixture
def before(new_database: Callable[[], str]) -> str:
    """A database as the version before wrote it, with an examination for each note."""
    url, clinic, person = new_database(), new_id(), new_id()
    migrations.move(url, BEFORE)
    engine = db.make_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO organisation (id, kind, code, name, name_en) VALUES (:id, 'clinic', 'C', '中心', 'C')"),
            {"id": clinic},
        )
        connection.execute(
            text(
                "INSERT INTO patient (id, clinic_id, sex, birth_date, birth_date_precision, erased_at, created_at,"
                " updated_at, version) VALUES (:id, :clinic, 'F', '1950-01-01', 'year', now(), now(), now(), 1)"
            ),
            {"id": person, "clinic": clinic},
        )
        for place, note in enumerate(NOTES):
            connection.execute(
                text(
                    "INSERT INTO annual_exam (id, patient_id, clinic_id, examined_on, pulse_bpm, findings, valid_for,"
                    " missing_fields, actor, recorded_at) VALUES (:id, :person, :clinic, '2026-05-12', :pulse,"
                    " CASE WHEN CAST(:note AS text) IS NULL THEN '{}'::jsonb"
                    " ELSE jsonb_build_object('note', CAST(:note AS text)) END, '{HTN}', '{}', 'nurse', now())"
                ),
                {"id": new_id(), "person": person, "clinic": clinic, "pulse": 70 + place, "note": note},
            )
    engine.dispose()
    return url


def test_examinations_become_facts_and_go_back_as_they_stand(before: str) -> None:
    engine = db.make_engine(before)
    was = _rows(engine, "id, examined_on, valid_for")
    migrations.move(before, REVISION)
    assert _rows(engine, "note") == [("一般情况好",), (None,), (None,)]
    assert _rows(engine, "id, happened_on, valid_for") == was
    same = "fact_id = id, source, form, labs, replaces_id, reason, is_retracted"
    assert _rows(engine, same) == [(True, "typed", {}, [], None, None, False)] * len(NOTES)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO annual_exam SELECT (jsonb_populate_record(a, jsonb_build_object('id', CAST(:id AS text),"
                " 'replaces_id',"
                " a.id, 'reason', 'x', 'pulse_bpm', 90, 'form', jsonb_build_object('symptoms', '[1]'::jsonb)))).*"
                " FROM annual_exam AS a WHERE pulse_bpm = 70"
            ),
            {"id": str(new_id())},
        )
    with engine.connect() as connection, pytest.raises(DBAPIError, match="only added"):
        connection.execute(text("UPDATE annual_exam SET pulse_bpm = 1"))
    migrations.move(before, BEFORE)
    stands = {"note": "一般情况好", "symptoms": [1]}
    assert _rows(engine, "pulse_bpm, findings") == [(71, {}), (72, {}), (90, stands)]
    migrations.move(before, REVISION)
    assert _rows(engine, "note, form")[-1] == ("一般情况好", {"symptoms": [1]})
    engine.dispose()
