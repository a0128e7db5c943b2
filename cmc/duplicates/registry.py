"""What a merge does with the rows of every table that names a person: one entry a table, in one tuple. Pure.

Three ways:

- MOVES: the rows go to the survivor. Where the survivor has their like already (one open enrolment per disease, one
  standing consent per purpose), the survivor's row stands and the other is set aside whole, until the merge is undone.
- REBUILT: rows that follow from others; both people are marked, and the jobs make them anew.
- STAYS: rows that belong to the record itself and not to the person's care: what is sealed under its own key, and what
  was decided or noted about just this record.

What is recorded after a merge is the survivor's and stays there when the merge is undone, but for what corrects or
reviews a moved row: that goes back with it (`follows`).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Way(StrEnum):
    """What becomes of a table's rows."""

    MOVES = "moves"
    REBUILT = "rebuilt"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Subject:
    """One table: how its rows are told apart (`key`), and by which columns a like of them is known.

    `alike` compares columns of the row `r` with the survivor's row `o`, in SQL. `children` are (table, column) of rows
    that hang on a row that is set aside.
    """

    table: str
    way: Way
    why: str = ""
    key: tuple[str, ...] = ("id",)
    alike: str = ""
    person: str = "patient_id"
    children: tuple[tuple[str, str], ...] = field(default=())
    follows: tuple[str, str, str] | None = None
    """(table, its column, column here): rows that belong to whoever holds the like row of that table."""


M, B, S = Way.MOVES, Way.REBUILT, Way.STAYS
SUBJECTS: Final = (
    Subject(
        "enrolment", M, alike="o.disease = r.disease AND o.state <> 'TERMINATED' AND r.state <> 'TERMINATED'",
        children=(("enrolment_event", "enrolment_id"),),
    ),
    Subject("consent", M, alike="o.purpose = r.purpose AND o.withdrawn_at IS NULL AND r.withdrawn_at IS NULL"),
    Subject("patient_identifier", M, key=("system", "value")),
    Subject("patient_token", M, key=("token", "clinic_id"), alike="o.token = r.token AND o.clinic_id = r.clinic_id"),
    Subject("followup", M, follows=("followup", "encounter_id", "encounter_id")),
    Subject(  # two records of one person may have been sent the same reading
        "reading", M, key=("id", "taken_on"),
        alike="(o.kind, o.taken_on, o.taken_at) = (r.kind, r.taken_on, r.taken_at)"
        " AND (o.specimen, o.device, o.sequence, o.glucose_umol_l, o.bound, o.sbp_mmhg, o.dbp_mmhg, o.pulse_bpm)"
        " IS NOT DISTINCT FROM"
        " (r.specimen, r.device, r.sequence, r.glucose_umol_l, r.bound, r.sbp_mmhg, r.dbp_mmhg, r.pulse_bpm)",
    ),
    Subject("held_reading", M),
    *(Subject(table, M, follows=(table, "fact_id", "fact_id")) for table in (
        "diagnosis", "medication", "allergy", "laboratory_result", "examination", "lifestyle", "family_history",
        "hospital_stay", "annual_exam",
    )),
    Subject("medicine_review", M, follows=("medication", "id", "medication_id")),
    Subject("device_issue", M),
    Subject("personal_target", M),
    Subject(
        "alert", M, alike="o.rule = r.rule AND o.status <> 'closed' AND r.status <> 'closed'",
        children=(("alert_cause", "alert_id"), ("alert_event", "alert_id")),
    ),
    Subject(
        "task", M, alike="o.kind = r.kind AND o.cause = r.cause",
        children=(("task_event", "task_id"), ("reminder", "task_id")),
    ),
    Subject("task_event", M),
    Subject("reminder", M),
    Subject("referral", M, alike="o.source = r.source"),
    Subject("recall_call", M),
    Subject("plan_state", B, "the plan is made anew for whom is marked"),
    Subject("risk_score", M),
    Subject("risk_override", M),
    Subject("patient_merge", M, "who holds what former merges moved"),
    Subject("indicator_fact", B, "facts are counted anew for whom is marked"),
    Subject("risk_standing", B, "people are scored anew for whom is marked"),
    Subject("touched", B, "marks are taken within seconds; both people get new ones"),
    Subject("patient", S, "the record itself: it says where its person went", person="merged_into"),
    Subject("basic_information", S, "of the record: the survivor's own stands"),
    Subject("patient_document", S, "sealed under the record's own key, and shown with the survivor"),
    Subject("patient_phone", S, "sealed under the record's own key, and shown with the survivor"),
    Subject("duplicate_key", S, "of the record's own words"),
    Subject("duplicate_pair", S, "says that these two records are alike", person="one_id"),
    Subject("indicator_report_person", S, "lists that were published do not change"),
    Subject("retention_case", S, "two people decided about just this record"),
    Subject("visit_draft", S, "sealed under the record's own key, and forgotten in days"),
    Subject("import_row", S, "what an import found on its day; forgotten after a month"),
    Subject("seen_person", S, "whom a user opened today"),
)  # fmt: skip

MOVED: Final = tuple(each for each in SUBJECTS if each.way is Way.MOVES)
