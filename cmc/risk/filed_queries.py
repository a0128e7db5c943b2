"""Reading what scores need beside the charts: one statement for each place of the record, however many people.

They take the ids of people who were found in the caller's scope, and a day: nothing that happened later goes in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.core.clock import local_date
from cmc.core.scope import Scope
from cmc.risk.filed import Dated, Drugs, Filed, Problems

FORM_DAYS: Final = 730
"""How long the form of a visit counts."""
MEDICINE_DAYS: Final = 365
"""How long the medicines and the pregnancy of a visit count, and how far back the end of a medicine is looked for."""
_IDS: Final = bindparam("ids", type_=ARRAY(Uuid()))
_LATEST: Final = {
    # column of the answer: when it was asked for, what it is
    "cigarettes": ("v.visited_on", "cigarettes"),
    "height_cm": ("v.visited_on", "height_cm"),
    "waist_cm": ("v.visited_on", "waist_cm"),
    "hba1c_percent": ("coalesce(hba1c_on, v.visited_on)", "hba1c_percent"),
}
_ORDER: Final = "ORDER BY v.visited_on DESC, v.id DESC"


def _last(of: str, known: str) -> str:
    return f"(array_agg({of} {_ORDER}) FILTER (WHERE {known}))[1]"


_TELLS: Final = "v.visited_on >= :recent AND (medications IS NOT NULL OR insulin IS NOT NULL OR no_medication)"
_VALUES: Final = ", ".join(
    f"{_last(day, f'{value} IS NOT NULL')} AS {name}_on, {_last(value, f'{value} IS NOT NULL')} AS {name}"
    for name, (day, value) in _LATEST.items()
)
_FORMS: Final = text(
    f"SELECT v.patient_id, v.disease, {_VALUES}"  # noqa: S608 - names of the table above
    f", {_last('v.visited_on', _TELLS)} AS drugs_on, {_last('medications', _TELLS)} AS medications"
    f", {_last('insulin', _TELLS)} AS insulin, max(v.visited_on) AS visited_on"
    f", {_last('pregnant_or_lactating', 'v.visited_on >= :recent')} AS pregnant"
    " FROM followup AS v CROSS JOIN LATERAL (SELECT j.*, (lifestyle ->> 'cigarettes_per_day')::float8 AS cigarettes"
    "  FROM jsonb_to_record(v.form) AS j (lifestyle jsonb, height_cm float8, waist_cm float8, hba1c_percent float8,"
    "   hba1c_on date, medications jsonb, insulin jsonb, no_medication bool, pregnant_or_lactating bool)) AS told"
    " WHERE v.patient_id = ANY (:ids) AND v.visited_on BETWEEN :since AND :on AND v.ended_at IS NULL"
    " GROUP BY v.patient_id, v.disease"
).bindparams(_IDS)
_STOPPED: Final = text(
    "SELECT m.patient_id, m.medicine_code, max(m.stopped_on) AS stopped_on FROM medication AS m"
    " WHERE m.patient_id = ANY (:ids) AND m.stopped_on > :recent AND m.stopped_on <= :on AND NOT m.is_retracted"
    " AND m.medicine_code IS NOT NULL AND NOT EXISTS (SELECT FROM medication AS n WHERE n.replaces_id = m.id)"
    " GROUP BY m.patient_id, m.medicine_code"
).bindparams(_IDS)
_STAYS: Final = text(
    "SELECT s.patient_id, s.happened_on, s.icd10 FROM hospital_stay AS s"
    " WHERE s.patient_id = ANY (:ids) AND s.happened_on <= :on AND s.icd10 IS NOT NULL AND NOT s.is_retracted"
    " AND NOT EXISTS (SELECT FROM hospital_stay AS n WHERE n.replaces_id = s.id) ORDER BY s.happened_on, s.id"
).bindparams(_IDS)
_PROBLEMS: Final = text(
    "SELECT e.patient_id, e.happened_on, e.form -> 'problems' AS problems FROM annual_exam AS e"
    " WHERE e.patient_id = ANY (:ids) AND e.happened_on <= :on AND e.form ? 'problems' AND NOT e.is_retracted"
    " AND NOT EXISTS (SELECT FROM annual_exam AS n WHERE n.replaces_id = e.id) ORDER BY e.happened_on, e.id"
).bindparams(_IDS)
_REGISTERED: Final = text(
    "SELECT b.patient_id, b.diseases, b.family, b.region_code, p.created_at FROM basic_information AS b"
    " JOIN patient AS p ON p.id = b.patient_id WHERE b.patient_id = ANY (:ids)"
).bindparams(_IDS)


def load(session: Session, scope: Scope, patient_ids: Sequence[UUID], *, on: date) -> dict[UUID, Filed]:
    """Return what is filed of people who were found in the scope, as of a day; who has nothing is left out.

    Registration is as it stands today; a disease of the history without a month counts from the day of registration.
    """
    del scope  # the people were found in it
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    taken = {
        "ids": list(patient_ids),
        "on": on,
        "since": on - timedelta(days=FORM_DAYS - 1),
        "recent": on - timedelta(days=MEDICINE_DAYS - 1),
    }
    _forms(found, session.execute(_FORMS, taken))
    for row in session.execute(_STOPPED, taken):
        found[row.patient_id].setdefault("stopped", {})[row.medicine_code] = row.stopped_on
    for row in session.execute(_STAYS, taken):
        _add(found[row.patient_id], "stays", (row.happened_on, row.icd10))
    for row in session.execute(_PROBLEMS, taken):
        _add(found[row.patient_id], "problems", _problems(row.happened_on, row.problems))
    for row in session.execute(_REGISTERED, taken):
        found[row.patient_id] |= _registered(row, on)
    return {person: Filed(**each) for person, each in found.items()}


def _forms(found: dict[UUID, dict[str, Any]], rows: Iterable[Any]) -> None:
    """The newest of both diseases' visits; medicines of each."""
    for row in rows:
        told = found[row.patient_id]
        for name in _LATEST:
            day, value = getattr(row, f"{name}_on"), getattr(row, name)
            if value is not None and (name not in told or told[name].on < day):
                told[name] = Dated(day, float(value))
        if row.drugs_on is not None:
            names = tuple(each["name"] for each in row.medications or ())
            _add(told, "drugs", Drugs(row.drugs_on, names, insulin=row.insulin is not None))
        if row.pregnant:
            told["pregnant_on"] = max(row.visited_on, told.get("pregnant_on", row.visited_on))


def _add(told: dict[str, Any], name: str, value: object) -> None:
    told[name] = (*told.get(name, ()), value)


def _problems(on: date, given: Mapping[str, Any]) -> Problems:
    asked = ("cerebrovascular", "cardiac", "vascular", "eye")
    return Problems(on, **{name: frozenset(given.get(name) or ()) for name in asked})


def _registered(row: Any, on: date) -> dict[str, Any]:
    """The history that began by that day, the family, the address."""
    since = local_date(row.created_at)
    past = ((_month(each.get("since")) or since, int(each["code"])) for each in row.diseases or ())
    family = None if row.family is None else frozenset(code for codes in row.family.values() for code in codes)
    return {
        "past": tuple((day, code) for day, code in past if day <= on),
        "family": family,
        "region_code": row.region_code,
    }


def _month(since: str | None) -> date | None:
    """The first day of a month written YYYY-MM."""
    return None if since is None else date.fromisoformat(f"{since}-01")
