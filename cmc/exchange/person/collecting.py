"""What a document holds of a person, section by section, as plain rows. Nothing here commits."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical import laboratory
from cmc.clinical.codes import Disease
from cmc.clinical.units import mmol_l
from cmc.core.clock import LOCAL, local_date
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange import queries
from cmc.followups import queries as followups
from cmc.followups.tables import Followup
from cmc.organisations import queries as organisations
from cmc.patients import documents
from cmc.patients import queries as patients
from cmc.patients.identity_schemas import InformationFields
from cmc.patients.protected import Opened
from cmc.patients.tables import BasicInformation, Patient
from cmc.readings import queries as readings
from cmc.records import fact_queries
from cmc.records.codes import FactKind
from cmc.records.fact_tables import FACT_TABLES

Row = Mapping[str, Any]
"""Fields of one entry by name; `id` and `on` besides."""
_FACTS: Final = {
    "diagnoses": FactKind.DIAGNOSIS,
    "medications": FactKind.MEDICATION,
    "allergies": FactKind.ALLERGY,
    "labs": FactKind.LABORATORY_RESULT,
    "examinations": FactKind.EXAMINATION,
    "lifestyle": FactKind.LIFESTYLE,
    "family_history": FactKind.FAMILY_HISTORY,
    "hospital_stays": FactKind.HOSPITAL_STAY,
    "annual_exams": FactKind.ANNUAL_EXAM,
}
_RENAMED: Final = {"diagnoses": ("name", "diagnosis"), "medications": ("name", "medicine")}
_A_TIME: Final = 500
_FIRST, _LAST = date(1900, 1, 1), date(2999, 1, 1)


def rows(session: Session, scope: Scope, keys: Keyring, patient: Patient) -> dict[str, list[Row]]:
    """Return all entries of a person whom the caller found in the scope, by section."""
    found: dict[str, list[Row]] = dict(_identity(session, scope, keys, patient))
    for code, kind in _FACTS.items():
        found[code] = list(_facts(session, scope, patient.id, code, kind))
    visits = list(_visits(session, scope, patient.id))
    for disease in Disease:
        code = f"followups_{disease.value.lower()}"
        found[code] = [_visit(each) for each in visits if each.disease == disease]
    found |= _measured(session, scope, patient.id)
    return found


def _identity(session: Session, scope: Scope, keys: Keyring, patient: Patient) -> Iterator[tuple[str, list[Row]]]:
    opened = Opened(keys, patient)
    clinic = organisations.any_clinic(session, patient.clinic_id)
    plain = patient.model_dump(exclude={"clinic_id", "data_key"})
    sealed = {name: getattr(opened, name) for name in ("name", "citizen_id", "phone", "address")}
    yield "person", [plain | sealed | {"clinic": clinic.name}]
    yield (
        "documents",
        [
            {"id": each.id, "kind": each.kind, "number": documents.number_of(opened, each)}
            for each in patients.documents_of(session, [patient.id])
        ],
    )
    yield "identifiers", [each.model_dump() for each in queries.identifiers(session, scope, patient.id)]
    yield (
        "phones",
        [
            {
                "id": each.id,
                "relation": each.relation,
                "number": documents.phone_of(opened, each),
                "contact": opened.read(f"patient_phone.contact|{each.id}", each.contact_cipher),
            }
            for each in patients.phones_of(session, [patient.id])
        ],
    )
    information = session.get(BasicInformation, patient.id)
    yield "information", [] if information is None else [_information(information)]
    yield (
        "enrolments",
        [each.model_dump() | {"on": each.enrolled_on} for each in patients.enrolments(session, scope, patient.id)],
    )
    yield (
        "consents",
        [
            each.model_dump() | {"on": local_date(each.given_at), "withdrawn_on": _day(each.withdrawn_at)}
            for each in patients.consents(session, scope, patient.id)
        ],
    )


def _information(row: BasicInformation) -> Row:
    told = InformationFields.of(row)
    past = [each.code.value for each in told.diseases or ()]
    return {name: getattr(row, name) for name in InformationFields.model_fields} | {"past_diseases": past or None}


def _facts(session: Session, scope: Scope, patient_id: UUID, code: str, kind: FactKind) -> Iterator[Row]:
    for each in fact_queries.of_person(session, scope, FACT_TABLES[kind], patient_id):
        row = each.model_dump() | {"id": each.fact_id, "on": each.happened_on}
        if code in _RENAMED:
            old, new = _RENAMED[code]
            row[new] = row.pop(old)
        if code == "labs":
            analyte = laboratory.analytes()[row["analyte"]]
            row |= {"unit": analyte.unit, "analyte_name": analyte.text.zh}
        if code == "annual_exams":
            row["fasting_glucose_mmol_l"] = _mmol_l(row["fasting_glucose_umol_l"])
        yield row | row.get("findings", {})


def _visits(session: Session, scope: Scope, patient_id: UUID) -> Iterator[Followup]:
    after: tuple[date, UUID] | None = None
    while found := followups.page(session, scope, patient_id, after=after, limit=_A_TIME):
        yield from found
        after = (found[-1].visited_on, found[-1].id)


def _visit(row: Followup) -> Row:
    plain = row.model_dump()
    return plain | {
        "on": row.visited_on,
        "fasting_glucose_mmol_l": _mmol_l(row.fasting_glucose_umol_l),
        "other_glucose_mmol_l": _mmol_l(row.other_glucose_umol_l),
    }


def _measured(session: Session, scope: Scope, patient_id: UUID) -> dict[str, list[Row]]:
    span = {"from_on": _FIRST, "to_on": _LAST}
    pressures = readings.pressures(session, scope, patient_id, **span)
    glucose = readings.glucose_values(session, scope, patient_id, sensor=False, **span)
    return {
        "pressures": _latest_first([each._asdict() for each in pressures]),
        "glucose": _latest_first(
            [each._asdict() | {"glucose_mmol_l": _mmol_l(each.glucose_umol_l)} for each in glucose]
        ),
    }


def _latest_first(found: Sequence[dict[str, Any]]) -> list[Row]:
    told = [each | {"on": local_date(each["taken_at"]), "taken_at": _local(each["taken_at"])} for each in found]
    return list(reversed(told))


def _local(at: datetime) -> str:
    return at.astimezone(LOCAL).isoformat(timespec="seconds")


def _mmol_l(umol_l: int | None) -> Any:
    return None if umol_l is None else mmol_l(umol_l)


def _day(at: datetime | None) -> date | None:
    return None if at is None else local_date(at)
