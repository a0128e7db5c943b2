"""What the form of a new visit opens with: what is carried over from earlier visits, and what was measured then."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.units import mmol_l
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.followups import drafts, queries
from cmc.followups.codes import DiseaseSet
from cmc.followups.draft_schemas import CarriedOver, NewVisitOut, PreviousVisit
from cmc.followups.rules import rulesets
from cmc.followups.tables import Followup
from cmc.patients import queries as patients

CARRIED: Final = tuple(CarriedOver.model_fields)
"""Fields that a nurse need not ask anew. Nothing measured is among them, nor symptoms, reactions or adherence."""
_ALONE: Final = frozenset({"medications", "no_medication"})
_NUMBERS: Final = frozenset({"weight_target_kg", "lifestyle", "lifestyle_targets"})
_COLUMNS: Final = ("sbp_mmhg", "dbp_mmhg", "heart_rate_bpm", "weight_kg", "foot_pulse")
_OF_FORM: Final = ("height_cm", "waist_cm", "temperature_c", "hba1c_percent")
_SHOWN: Final = 6


def opened(
    session: Session,
    scope: Scope,
    keys: Keyring,
    patient_id: UUID,
    diseases: Sequence[Disease],
    *,
    now: datetime,
    on: date,
) -> NewVisitOut:
    """Return what a new visit of a person opens with; raises `NotFound` for a foreign person.

    Without `diseases`: those that the person is managed for; both, when there is none.
    """
    patient = patients.get(session, scope, patient_id)
    asked = list(dict.fromkeys(diseases)) or _managed(session, scope, patient.id) or list(Disease)
    visits = list(reversed(queries.standing(session, scope, patient.id)))
    carried, origin = carry_over(visits)
    height = queries.height_cm(session, scope, patient.id, on=on)
    return NewVisitOut(
        patient_id=patient.id,
        diseases=asked,
        visited_on=on,
        rulesets=[each.version for each in rulesets.in_force(on)],
        carried=CarriedOver.model_validate(carried),
        carried_from=origin,
        previous=_previous(visits),
        known_height_cm=None if height is None else float(height),
        draft=drafts.current(session, scope, keys, patient.id, DiseaseSet.of(asked), now=now),
    )


def carry_over(visits: Sequence[Followup]) -> tuple[dict[str, Any], dict[str, date]]:
    """Return what is carried over from visits, the newest first: each field from the newest visit that has it.

    Medicines and "none" are one question: the newest answer to it counts.
    """
    values: dict[str, Any] = {}
    origin: dict[str, date] = {}
    for row in visits:
        answered = bool(_ALONE & values.keys())
        for name in CARRIED:
            taken = name in values or (name in _ALONE and answered)
            if not taken and row.form.get(name) is not None:
                values[name], origin[name] = _sendable(name, row.form[name]), row.visited_on
    return values, origin


def _managed(session: Session, scope: Scope, patient_id: UUID) -> list[Disease]:
    open_states = {EnrolmentState.ACTIVE.value, EnrolmentState.LOST.value}
    held = {each.disease for each in patients.enrolments(session, scope, patient_id) if each.state in open_states}
    return [disease for disease in Disease if disease.value in held]


def _previous(visits: Sequence[Followup]) -> list[PreviousVisit]:
    found: dict[UUID, PreviousVisit] = {}
    for row in visits:
        if row.encounter_id not in found:
            if len(found) == _SHOWN:
                break
            found[row.encounter_id] = PreviousVisit(
                encounter_id=row.encounter_id, visited_on=row.visited_on, measured=_measured(row)
            )
    return list(found.values())


def _measured(row: Followup) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    values |= {name: row.form.get(name) for name in _OF_FORM}
    for name in ("fasting_glucose", "other_glucose"):
        umol_l = getattr(row, f"{name}_umol_l")
        values[f"{name}_mmol_l"] = None if umol_l is None else mmol_l(umol_l)
        values[f"{name}_flag"] = getattr(row, f"{name}_bound")
    values["other_glucose_period"] = row.other_glucose_period
    return {name: _number(value) for name, value in values.items() if value is not None}


def _sendable(name: str, stored: Any) -> Any:
    """What a form keeps, as it is sent: of a way of living and a weight the decimals are numbers again."""
    if name not in _NUMBERS:
        return stored
    return {each: _number(value) for each, value in stored.items()} if isinstance(stored, dict) else _number(stored)


def _number(value: Any) -> Any:
    """Decimals travel as JSON numbers, as they are typed; a stored form keeps them as text."""
    if isinstance(value, Decimal):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
