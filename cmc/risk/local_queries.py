"""Reads of what became of people: deaths, who left, tests of the kidneys, and events of a month. All take a scope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, exists, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.core.scope import Scope
from cmc.patients.queries import visible
from cmc.patients.tables import Enrolment, Patient

_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_LEFT: Final = text(
    "SELECT patient_id, max(ended_on) AS left_on FROM enrolment WHERE patient_id = ANY (:ids)"
    " GROUP BY patient_id HAVING bool_and(ended_on IS NOT NULL AND ended_on <= :on)"
).bindparams(_IDS)
_DEATHS: Final = text(
    "SELECT id, died_on, death_cause FROM patient WHERE id = ANY (:ids) AND died_on <= :on"
).bindparams(_IDS)
_TESTS: Final = text(
    "SELECT DISTINCT ON (r.patient_id, r.analyte) r.patient_id, r.analyte, r.value FROM laboratory_result AS r"
    " WHERE r.patient_id = ANY (:ids) AND r.analyte IN ('EGFR', 'UACR') AND r.beyond IS NULL AND NOT r.is_retracted"
    " AND r.happened_on > :after AND r.happened_on <= :on"
    " AND NOT EXISTS (SELECT FROM laboratory_result AS n WHERE n.replaces_id = r.id)"
    " ORDER BY r.patient_id, r.analyte, r.happened_on, r.id"
).bindparams(_IDS)
_LATEST: Final = (
    "WITH latest AS MATERIALIZED (SELECT DISTINCT ON (s.patient_id) s.patient_id, s.answers, s.models, p.died_on,"
    " p.death_cause"
    " FROM risk_score AS s JOIN patient AS p ON p.id = s.patient_id"
    " WHERE s.as_of < :first AND p.merged_into IS NULL AND (p.died_on IS NULL OR p.died_on >= :first)"
    " AND EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = p.id AND e.enrolled_on < :first"
    "  AND (e.ended_on IS NULL OR e.ended_on >= :first))"
    " ORDER BY s.patient_id, s.id DESC)"
)
_DIED: Final = text(
    f"{_LATEST} SELECT count(*) FILTER (WHERE died_on < :next),"  # noqa: S608 - the text above
    " coalesce(sum(1 - power(1 - least((m ->> 'value')::float8, 0.999999), 1.0 / 120)), 0)"
    " FROM latest, jsonb_array_elements(models) AS m WHERE m ->> 'task' = 'death-10y'"
)


def _coded(table: str) -> str:
    return (
        f"EXISTS (SELECT FROM {table} AS d"  # noqa: S608 - one of two names
        " WHERE d.patient_id = latest.patient_id AND d.happened_on >= :first AND d.happened_on < :next"
        " AND NOT d.is_retracted AND d.icd10 ~ :codes"
        f" AND NOT EXISTS (SELECT FROM {table} AS n WHERE n.replaces_id = d.id))"
    )


_HAPPENED: Final = text(
    f"{_LATEST} SELECT count(*) FILTER (WHERE {_coded('diagnosis')} OR {_coded('hospital_stay')}"  # noqa: S608 - as above
    " OR died_on < :next AND upper(btrim(death_cause)) ~ :fatal),"
    " coalesce(sum(1 - power(1 - least((a ->> 'value')::float8, 0.999999), 1.0 / (12 * :years))), 0)"
    " FROM latest, jsonb_array_elements(answers) AS a WHERE a ->> 'question' = :question AND a ? 'value'"
)
EVENTS: Final = "^(I2[12]|I6[0-4])"
"""What the cardiovascular equations foretell of the living: infarction and stroke, not angina or a passing attack."""
FATAL: Final = "^(I2[0-5]|I6[0-9])"
"""And of the dead: coronary disease and stroke; a cause in words is not known [D]."""
_SAMPLE: Final = text(
    "SELECT s.inputs FROM risk_standing AS t JOIN risk_score AS s ON s.id = t.score_id"
    " ORDER BY md5(t.patient_id::text) LIMIT :limit"
)


_ICD10: Final = re.compile(r"([A-Z])[0-9]{2}")


class Death(NamedTuple):
    """When a person died, and whether the cause stands in chapter I of ICD-10 (circulation); None for one in words."""

    on: date
    is_cardiovascular: bool | None


class Tested(NamedTuple):
    """The first eGFR (mL/min/1.73 m²) and UACR (mg/g) after a day; None where there was none."""

    egfr: float | None
    uacr: float | None


class Month(NamedTuple):
    """Events of a month, and how many the scores from before it foretold."""

    observed: int
    expected: float


def left_on(session: Session, scope: Scope, ids: Sequence[UUID], *, on: date) -> dict[UUID, date]:
    """Return when people of the scope were managed last, of those for whom nothing is managed on a day."""
    del scope  # the people were found in it
    return {row.patient_id: row.left_on for row in session.execute(_LEFT, {"ids": list(ids), "on": on})}


def deaths(session: Session, scope: Scope, ids: Sequence[UUID], *, to: date) -> dict[UUID, Death]:
    """Return the deaths up to a day of people who were found in the scope."""
    del scope
    rows = session.execute(_DEATHS, {"ids": list(ids), "on": to})
    return {row.id: Death(row.died_on, _of_circulation(row.death_cause)) for row in rows}


def _of_circulation(cause: str | None) -> bool | None:
    code = _ICD10.match((cause or "").strip().upper())
    return None if code is None else code.group(1) == "I"


def ever_managed(session: Session, scope: Scope, *, after: UUID, limit: int) -> list[UUID]:
    """Return the next people of the scope who were managed or suspected at any time, by id: who died or left too."""
    enrolled = exists().where(col(Enrolment.patient_id) == col(Patient.id))
    query = select(col(Patient.id)).where(col(Patient.id) > after, visible(scope), enrolled)
    return list(session.scalars(query.order_by(col(Patient.id)).limit(limit)))


def tests(session: Session, scope: Scope, ids: Sequence[UUID], *, after: date, to: date) -> dict[UUID, Tested]:
    """Return the first kidney tests after a day, up to another, of people who were found in the scope."""
    del scope
    found: dict[UUID, dict[str, float]] = {}
    for row in session.execute(_TESTS, {"ids": list(ids), "after": after, "on": to}):
        found.setdefault(row.patient_id, {})[row.analyte] = float(row.value)
    return {person: Tested(each.get("EGFR"), each.get("UACR")) for person, each in found.items()}


def died(session: Session, scope: Scope, *, first: date, following: date) -> Month:
    """Return the deaths of a month among those scored before it, and how many the death model foretold."""
    del scope  # the whole region
    row = session.execute(_DIED, {"first": first, "next": following}).one()
    return Month(int(row[0]), float(row[1]))


def happened(session: Session, scope: Scope, *, first: date, following: date) -> Month:
    """Return the first infarctions, strokes and deaths of them in a month among those with a number, and the expected.

    Of a diagnosis, a stay in hospital or a cause of death; each person counts once.
    """
    del scope  # the whole region
    asked: dict[str, Any] = {"question": "cvd", "years": 10, "codes": EVENTS, "fatal": FATAL}
    row = session.execute(_HAPPENED, {"first": first, "next": following} | asked).one()
    return Month(int(row[0]), float(row[1]))


def sample(session: Session, scope: Scope, *, limit: int) -> list[dict[str, Any]]:
    """Return the stored inputs of up to `limit` people, always the same ones: drawn by a hash of their ids."""
    del scope  # the whole region
    return list(session.scalars(_SAMPLE, {"limit": limit}))
