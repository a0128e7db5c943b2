"""Documents of a person: what is read for each, and the page that is made of it. Making one is an export."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.accounts import queries as accounts
from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.charts import adapters
from cmc.charts import queries as charts
from cmc.charts.chart import AsOf
from cmc.clinical.codes import Disease, Sex
from cmc.core.crypto import Keyring
from cmc.core.errors import Conflict, NotFound
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import queries as followups
from cmc.followups.tables import Followup
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients
from cmc.patients.protected import Opened
from cmc.patients.tables import Patient
from cmc.printing import sheets, slips
from cmc.printing.codes import PaperFormat, PrintedKind
from cmc.printing.sheet_rows import Visit
from cmc.printing.sheets import Head
from cmc.printing.slips import Taken
from cmc.records import fact_queries
from cmc.records.codes import Frequency
from cmc.records.fact_tables import Medication

_SHEETS: Final = {PrintedKind.HTN_SHEET: Disease.HTN, PrintedKind.DM_SHEET: Disease.T2DM}
STYLES: Final = {
    PrintedKind.HTN_SHEET: sheets.STYLE,
    PrintedKind.DM_SHEET: sheets.STYLE,
    PrintedKind.MEDICINE_LIST: slips.LIST_STYLE,
    PrintedKind.REFERRAL_SLIP: slips.LIST_STYLE,
    PrintedKind.SELF_CARE_CARD: slips.CARD_STYLE,
}
MOST_VISITS: Final = 40


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which document, in which form. `encounters`: these visits alone, else all of the year; `blank`: none."""

    kind: PrintedKind
    form: PaperFormat = PaperFormat.HTML
    encounters: Sequence[UUID] = field(default=())
    year: int | None = None
    blank: bool = False


def page(
    session: Session, scope: Scope, keys: Keyring, patient_id: UUID, wanted: Wanted, *, now: datetime, on: date
) -> str:
    """Return a document of a person as HTML, noted in the trail as an export with the document's id.

    Raises `NotFound` for a foreign person or visit, `Conflict` for a slip without a visit that refers.
    """
    patient = patients.get(session, scope, patient_id)
    head = _head(session, scope, keys, patient, now=now)
    detail = {"document": wanted.kind.value, "form": wanted.form.value, "document_id": str(head.document_id)}
    audit.seen(session, scope, "document", [patient.id], act=Act.EXPORT, detail=detail)
    title = wanted.kind.text
    if wanted.kind in _SHEETS:
        disease = _SHEETS[wanted.kind]
        return sheets.sheet(disease, title, head, _visits(session, scope, patient, wanted, disease, on=on))
    if wanted.kind is PrintedKind.MEDICINE_LIST:
        return slips.medicine_list(title, head, _medicines(session, scope, patient), _last(session, scope, patient))
    if wanted.kind is PrintedKind.REFERRAL_SLIP:
        opened = Opened(keys, patient)
        contact = (("联系电话 Phone", opened.phone or ""), ("住址 Address", opened.address or ""))
        return slips.referral_slip(title, head, contact, _referred(session, scope, patient, wanted))
    return _card(session, scope, patient, title, head, on=on)


def _head(session: Session, scope: Scope, keys: Keyring, patient: Patient, *, now: datetime) -> Head:
    clinic = organisations.any_clinic(session, patient.clinic_id)
    return Head(
        document_id=new_id(),
        made_at=now,
        made_by=accounts.names_of(session, [scope.actor]).get(scope.actor, scope.actor),
        name=Opened(keys, patient).name,
        sex=Sex(patient.sex),
        birth_date=patient.birth_date.isoformat(),
        record_number=patient.health_record_number,
        clinic=Text(clinic.name, clinic.name_en),
    )


def _visits(
    session: Session, scope: Scope, patient: Patient, wanted: Wanted, disease: Disease, *, on: date
) -> list[Visit]:
    if wanted.blank:
        return []
    rows = _chosen(session, scope, patient, wanted, on=on)
    return [_visit(session, scope, row) for row in rows if row.disease == disease.value][-MOST_VISITS:]


def _chosen(session: Session, scope: Scope, patient: Patient, wanted: Wanted, *, on: date) -> list[Followup]:
    """The standing records that were asked for, the earliest first."""
    rows = followups.standing(session, scope, patient.id)
    if not wanted.encounters:
        year = wanted.year or on.year
        return [row for row in rows if row.visited_on.year == year]
    asked = set(wanted.encounters)
    if not asked <= {row.encounter_id for row in rows}:
        raise NotFound("no such visit of this person")
    return [row for row in rows if row.encounter_id in asked]


def _visit(session: Session, scope: Scope, row: Followup) -> Visit:
    return Visit(row, followups.height_cm(session, scope, row.patient_id, on=row.visited_on))


def _last(session: Session, scope: Scope, patient: Patient) -> Visit | None:
    rows = [row for row in followups.standing(session, scope, patient.id) if "medications" in row.form]
    return Visit(rows[-1]) if rows else None


def _referred(session: Session, scope: Scope, patient: Patient, wanted: Wanted) -> list[Visit]:
    rows = followups.standing(session, scope, patient.id)
    asked = set(wanted.encounters) or {row.encounter_id for row in rows}
    found = [row for row in rows if row.encounter_id in asked and row.form.get("referral")]
    if not found:
        raise Conflict("no visit refers this person: write the referral into the visit", code="no-referral")
    return [Visit(row) for row in found if row.encounter_id == found[-1].encounter_id]


def _medicines(session: Session, scope: Scope, patient: Patient) -> list[Taken]:
    rows = fact_queries.of_person(session, scope, Medication, patient.id)
    return [
        Taken(
            row.name,
            "" if row.dose is None else f"{_plain(row.dose)} {row.dose_unit}",
            Frequency(row.frequency).text.zh if row.frequency else "",
            row.happened_on,
        )
        for row in rows
        if row.stopped_on is None
    ]


def _card(session: Session, scope: Scope, patient: Patient, title: Text, head: Head, *, on: date) -> str:
    chart = charts.one(session, scope, patient.id, AsOf(on))
    targets = [(each.quantity.text.zh, each.label) for each in adapters.targets_of(chart).of]
    newest: dict[str, Followup] = {row.disease: row for row in followups.standing(session, scope, patient.id)}
    next_on = min((row.next_visit_on for row in newest.values()), default=None)
    agreed: dict[str, Any] = {}
    for row in newest.values():
        agreed |= row.form.get("lifestyle_targets") or {}
        agreed |= {"weight_target_kg": row.form["weight_target_kg"]} if "weight_target_kg" in row.form else {}
    shown = [(words, unit.format(_plain(agreed[name]))) for name, (words, unit) in _AGREED.items() if name in agreed]
    return slips.self_care_card(title, head, targets, shown, next_on)


_AGREED: Final = {
    "weight_target_kg": ("体重 Weight", "{} kg"),
    "cigarettes_per_day": ("吸烟 Cigarettes", "{} 支/日"),
    "alcohol_liang_per_day": ("饮酒 Alcohol", "{} 两/日"),
    "exercise_times_per_week": ("运动 Exercise", "{} 次/周"),
    "exercise_minutes": ("每次运动 Each time", "{} 分钟"),
    "staple_food_g_per_day": ("主食 Staple food", "{} g/日"),
}


def _plain(value: Any) -> str:
    return f"{Decimal(str(value)).normalize():f}"
