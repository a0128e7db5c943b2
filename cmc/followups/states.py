"""How far the plan of each person has been looked at, and who is to be looked at again. Set-based, whatever the number.

Of the facts that a plan follows from a hash is kept beside the person. A night makes the hashes of everybody anew, in
one statement that reads each table once, and marks whose differ: a mark that was lost, a row that was changed
by hand or a task that vanished is found without reading anybody's chart. Time changes a plan on known
days, which are kept too.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.followups.rhythm import Grouping
from cmc.patients import touched

_FACTS: Final = {
    "enrolment": "id, state, clinic_id, enrolled_on, ended_on, confirmed_on",
    "followup": "record_id, visited_on, next_visit_on, classification, action",
    "task": "id, clinic_id, status, due_on, from_on, latest_on",
    "risk_standing": "band",
    "alert": "id, status, check_by",
    "referral": "id, state, check_by",
    **dict.fromkeys(("diagnosis", "medication", "laboratory_result", "examination", "annual_exam"), "id"),
}
"""What of each table a plan follows from. Facts of the record are rows that are only added."""
_ONLY: Final = {
    "followup": "ended_at IS NULL",
    "task": "status = 'open'",
    "alert": "status <> 'closed' OR check_by IS NOT NULL",
}


def _hashes(where: str, tables: Collection[str] = tuple(_FACTS)) -> str:
    parts = []
    for table, columns in ((each, _FACTS[each]) for each in tables):
        conditions = [f"({each})" for each in (_ONLY.get(table), where) if each]
        only = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        parts.append(f"SELECT patient_id, hash_record_extended(ROW({columns}), 0) AS h FROM {table}{only}")
    everything = " UNION ALL ".join(parts)
    return f"SELECT patient_id, bit_xor(h) AS facts FROM ({everything}) AS f GROUP BY patient_id"


_IDS = bindparam("people", type_=ARRAY(Uuid()))
_KEEP = text(
    "INSERT INTO plan_state (patient_id, followup_group, grouped_on, next_look_on, facts, looked_at)"
    " SELECT patient_id, followup_group, grouped_on, next_look_on, 0, :now"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (patient_id uuid, followup_group text,"
    " grouped_on date, next_look_on date) ORDER BY patient_id"
    " ON CONFLICT (patient_id) DO UPDATE SET followup_group = excluded.followup_group,"
    " grouped_on = excluded.grouped_on, next_look_on = excluded.next_look_on, looked_at = excluded.looked_at"
)
_BEFORE = text(_hashes("patient_id = ANY (:people)", [each for each in _FACTS if each != "task"])).bindparams(_IDS)
_SEAL = text(
    "UPDATE plan_state AS s SET facts = p.facts # coalesce(t.facts, 0)"
    " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS p (id uuid, facts bigint)"
    f" LEFT JOIN ({_hashes('patient_id = ANY (:people)', ['task'])}) AS t ON t.patient_id = p.id"
    " WHERE s.patient_id = p.id AND s.facts <> p.facts # coalesce(t.facts, 0)"
).bindparams(_IDS)
_MARK = text(
    "INSERT INTO touched (topic, patient_id, marked_at)"
    " SELECT CAST(:topic AS text), coalesce(f.patient_id, s.patient_id), :now"
    f" FROM ({_hashes('')}) AS f FULL JOIN plan_state AS s ON s.patient_id = f.patient_id"
    " WHERE (coalesce(s.facts, 0) <> coalesce(f.facts, 0) OR s.patient_id IS NULL OR s.next_look_on <= :on"
    "  OR s.looked_at > :now)"
    " AND NOT EXISTS (SELECT FROM touched AS t WHERE t.topic IN (CAST(:topic AS text), 'examinations')"
    "  AND t.patient_id = coalesce(f.patient_id, s.patient_id))"
)
_MARK_CHANGED = text(
    "INSERT INTO touched (topic, patient_id, marked_at) SELECT CAST(:topic AS text), p.id, :now"
    " FROM unnest(CAST(:people AS uuid[])) AS p (id) LEFT JOIN plan_state AS s ON s.patient_id = p.id"
    f" LEFT JOIN ({_hashes('patient_id = ANY (:people)')}) AS f ON f.patient_id = p.id"
    " WHERE (s.patient_id IS NULL OR s.facts <> coalesce(f.facts, 0) OR s.next_look_on <= :on)"
    " AND NOT EXISTS (SELECT FROM touched AS t WHERE t.topic = CAST(:topic AS text) AND t.patient_id = p.id)"
).bindparams(_IDS)
_NEW_SETTINGS = text(
    "INSERT INTO touched (topic, patient_id, marked_at)"
    " WITH RECURSIVE fresh AS (SELECT DISTINCT organisation_id AS node_id, disease, valid_from FROM rhythm_setting"
    "  WHERE valid_from BETWEEN CAST(:on AS date) - 366 AND :on),"
    " below AS (SELECT node_id, disease, valid_from FROM fresh UNION SELECT o.id, b.disease, b.valid_from "
    "  FROM below AS b JOIN organisation AS o ON o.parent_id = b.node_id)"
    " SELECT DISTINCT :topic, e.patient_id, CAST(:now AS timestamptz) FROM below AS b"
    " JOIN enrolment AS e ON e.clinic_id = b.node_id AND e.disease = b.disease AND e.state = 'ACTIVE'"
    " JOIN plan_state AS s ON s.patient_id = e.patient_id"
    " WHERE (s.looked_at AT TIME ZONE 'Asia/Shanghai')::date < b.valid_from"
)


def keep(session: Session, found: Mapping[UUID, tuple[Grouping, date]], *, now: datetime) -> None:
    """Keep the group of people and the day of the next look."""
    rows = [
        {
            "patient_id": person,
            "followup_group": grouping.group,
            "grouped_on": grouping.on,
            "next_look_on": min(next_look_on, grouping.again_on),
        }
        for person, (grouping, next_look_on) in sorted(found.items())
    ]
    if rows:
        session.execute(_KEEP, {"rows": msgspec.json.encode(rows, enc_hook=str).decode(), "now": now})


def facts_of(session: Session, patient_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the hash of the facts of people, without their tasks: to be asked before a plan is made from them."""
    found = {row.patient_id: row.facts for row in session.execute(_BEFORE, {"people": sorted(patient_ids)})}
    return {person: found.get(person) or 0 for person in patient_ids}


def seal(session: Session, before: Mapping[UUID, int]) -> None:
    """Keep the hash of what a plan was made from: facts as they stood before, tasks as they stand now.

    A fact that came in between is in none of both: the night sees that it differs, whether it was marked or not.
    """
    rows = [{"id": person, "facts": facts} for person, facts in sorted(before.items())]
    values = {"people": sorted(before), "rows": msgspec.json.encode(rows, enc_hook=str).decode()}
    session.execute(_SEAL, values)


def mark_changed(session: Session, patient_ids: Sequence[UUID], *, now: datetime, on: date) -> None:
    """Mark for a look at the whole record those of the people whose facts have changed, or whose day has come.

    A reading changes none of these facts: whoever only measured is not looked at again.
    """
    values = {"topic": touched.EXAMINATIONS, "people": sorted(patient_ids), "now": now, "on": on}
    session.execute(_MARK_CHANGED, values)


def mark_all(session: Session, *, now: datetime, on: date) -> int:
    """Mark everybody whose facts are not those of the plan, or for whom a day has come; return how many marks.

    Whoever is marked already is not marked again, so that nights that were cut short do not pile up marks. Reads each
    table of facts once. A look that lies in the future (a clock that was set back) counts as none.
    """
    session.execute(text("SET LOCAL statement_timeout = '15min'"))
    session.execute(text("SET LOCAL work_mem = '64MB'"))
    values = {"topic": touched.FOLLOWUPS, "now": now, "on": on}
    marked = session.execute(_MARK, values).rowcount  # type: ignore[attr-defined]
    return int(marked + session.execute(_NEW_SETTINGS, values).rowcount)  # type: ignore[attr-defined]
