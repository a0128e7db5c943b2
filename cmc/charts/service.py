"""Adding and changing medicines through their checks (DRUG-01…13). Nothing here commits.

A check never prescribes. What it blocks is kept as proposed and stands in the record only when a doctor lets it through
with a reason, for an allergy when a second person confirms (rules on medicines at primary level).
"""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.charts import adapters, queries
from cmc.charts.chart import AsOf
from cmc.charts.codes import ReviewState
from cmc.charts.tables import MedicineReview
from cmc.clinical import drug_checks
from cmc.clinical.drug_checks import DrugFacts, DrugFinding, DrugLevel, DrugReview, Override
from cmc.clinical.medicines import find
from cmc.clinical.reasons import Reason
from cmc.core import etag
from cmc.core.errors import Conflict, Forbidden
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.patients import queries as patients
from cmc.patients.tables import Patient
from cmc.records import fact_queries, facts
from cmc.records.codes import FactKind
from cmc.records.fact_columns import Fact
from cmc.records.fact_schemas import MedicationIn
from cmc.records.fact_tables import Medication

_KIND = FactKind.MEDICATION


def check(session: Session, scope: Scope, patient_id: UUID, wanted: MedicationIn, *, on: date) -> DrugReview:
    """Return what the checks say of a medicine beside those the person takes; nothing is stored."""
    patient = patients.get(session, scope, patient_id)
    facts.check(wanted, patient, on)
    return _reviewed(session, scope, patient, wanted, None, on)[0]


def add_medicine(
    session: Session, scope: Scope, patient_id: UUID, wanted: MedicationIn, *, now: datetime, on: date
) -> MedicineReview:
    """Review a medicine and, unless it is blocked, record it. Raises `NotFound`, `Invalid`."""
    patient = patients.get(session, scope, patient_id, for_update=True)
    facts.check(wanted, patient, on)
    return _propose(session, scope, patient, wanted, None, None, now=now, on=on)


def add_medicine_once(
    session: Session, scope: Scope, patient_id: UUID, wanted: MedicationIn, *, key: str | None, now: datetime, on: date
) -> tuple[MedicineReview, bool]:
    """As `add_medicine`; the same request again under its idempotency key stores nothing: the review, and whether new.

    Raises `Invalid` for another request under the key.
    """
    row_id = facts.request_id(scope, "medicine_review", key)
    patient = patients.get(session, scope, patient_id, for_update=True)
    known = None if row_id is None else session.get(MedicineReview, row_id)
    if known is not None:
        if (known.patient_id, known.proposed) != (patient.id, _proposed(wanted)):
            raise facts.key_reused()
        audit.seen(session, scope, "medicine_review", [patient.id])
        return known, False
    facts.check(wanted, patient, on)
    return _propose(session, scope, patient, wanted, None, None, now=now, on=on, row_id=row_id), True


def change_medicine(
    session: Session, scope: Scope, patient_id: UUID, fact_id: UUID, wanted: MedicationIn, seen: facts.Seen
) -> MedicineReview:
    """Review what a medicine really is, or that it was stopped, and unless it is blocked, record that.

    Raises as `facts.correct` does. What is stopped is not blocked.
    """
    patient = patients.get(session, scope, patient_id, for_update=True)
    last = facts.latest(session, scope, patient_id, _KIND, fact_id, if_match=seen.if_match)
    facts.check(wanted, patient, seen.on, under="/fact")
    return _propose(session, scope, patient, wanted, last, seen.reason, now=seen.now, on=seen.on)


def override(session: Session, scope: Scope, patient_id: UUID, review_id: UUID, seen: facts.Seen) -> MedicineReview:
    """Let a blocked medicine through with a reason; an allergy then waits for a second person.

    Who may is asked by the route. Raises `Conflict` when the review is not blocked, or when the record has changed so
    that something else forbids the medicine, `Stale` and `VersionNeeded` for the version of the review.
    """
    row = queries.review(session, scope, patient_id, review_id, for_update=True)
    _require(row, ReviewState.BLOCKED, seen.if_match)
    patient = patients.get(session, scope, patient_id, for_update=True)
    _require_unchanged(session, scope, patient, row, seen.on)
    row.overridden_by, row.overridden_at, row.override_reason = scope.actor, seen.now, seen.reason
    row.version += 1
    if any(each["override"] == Override.TWO_PEOPLE for each in _blocking(row.findings, row)):
        row.state = ReviewState.HALF.value
    else:
        _release(session, scope, patient, row, now=seen.now)
    session.flush()
    return row


def confirm(
    session: Session, scope: Scope, patient_id: UUID, review_id: UUID, *, if_match: str | None, now: datetime, on: date
) -> MedicineReview:
    """Be the second person for a medicine in spite of an allergy (DRUG-13). Raises as `override` does, `Forbidden` for
    the one who let it through."""
    row = queries.review(session, scope, patient_id, review_id, for_update=True)
    _require(row, ReviewState.HALF, if_match)
    if row.overridden_by == scope.actor:
        raise Forbidden("a second person must confirm", code="same-person")
    patient = patients.get(session, scope, patient_id, for_update=True)
    _require_unchanged(session, scope, patient, row, on)
    row.confirmed_by, row.confirmed_at = scope.actor, now
    row.version += 1
    _release(session, scope, patient, row, now=now)
    session.flush()
    return row


def _propose(
    session: Session, scope: Scope, patient: Patient, wanted: MedicationIn, last: Fact | None, reason: str | None, *,
    now: datetime, on: date, row_id: UUID | None = None,
) -> MedicineReview:  # fmt: skip
    found, inputs = _reviewed(session, scope, patient, wanted, last, on)
    own = _about(found.findings, wanted)
    level = max((each.level for each in own), key=lambda each: each.rank, default=DrugLevel.OK)
    row = MedicineReview(
        id=row_id or new_id(),
        patient_id=patient.id,
        clinic_id=patient.clinic_id,
        state=ReviewState.BLOCKED.value,
        level=level.value,
        rule_ids=list(dict.fromkeys(each.reason.rule for each in found.findings)),
        proposed=_proposed(wanted),
        replaces_id=last.id if last else None,
        reason=reason,
        findings=[_finding(each) for each in found.findings],
        not_checked=[_reason(each) for each in found.not_checked],
        unknown_medicines=list(found.unknown_medicines),
        inputs=inputs,
        actor=scope.actor,
        recorded_at=now,
    )
    if level is not DrugLevel.BLOCK:
        _release(session, scope, patient, row, now=now)
    session.add(row)
    session.flush()
    return row


def _reviewed(
    session: Session, scope: Scope, patient: Patient, wanted: MedicationIn, last: Fact | None, on: date
) -> tuple[DrugReview, dict[str, Any]]:
    """The review of all that the person takes with the new medicine in the place of the one it changes."""
    chart = queries.one(session, scope, patient.id, AsOf(on))
    seen = adapters.drug_facts(chart)
    kept = [each for each in chart.current_medicines if last is None or each.id != last.id]
    names = [each.medicine_code or each.name for each in kept]
    if wanted.stopped_on is None or wanted.stopped_on > on:
        names.append(wanted.name)
    return drug_checks.review(names, seen), {"medicines": names, "on": on.isoformat(), "facts": _facts(seen)}


def _about(findings: tuple[DrugFinding, ...], wanted: MedicationIn) -> list[DrugFinding]:
    """The findings that concern the new medicine: what runs already was decided on before."""
    known = find(wanted.name)
    return [each for each in findings if known is not None and known.code in each.medicines]


def _release(session: Session, scope: Scope, patient: Patient, row: MedicineReview, *, now: datetime) -> None:
    wanted = MedicationIn.model_validate_json(_json(row.proposed))
    last = None
    if row.replaces_id is not None:
        last = fact_queries.unreplaced(session, scope, Medication, patient.id, row.replaces_id)
        if last is None or last.is_retracted:
            raise Conflict("this medicine was changed in between: read it again", code="review-outdated")
    stored = facts.append(
        session, scope, patient, _KIND, wanted, wanted.columns(), now=now, replaces=last, reason=row.reason
    )
    row.medication_id, row.state = stored.id, ReviewState.PASSED.value


def _require(row: MedicineReview, state: ReviewState, if_match: str | None) -> None:
    etag.require_match(if_match, row.version)
    if row.state != state:
        raise Conflict("this review does not wait for that", code="review-state")


def _require_unchanged(session: Session, scope: Scope, patient: Patient, row: MedicineReview, on: date) -> None:
    """Raise `Conflict` when something forbids the medicine that did not when it was reviewed."""
    wanted = MedicationIn.model_validate_json(_json(row.proposed))
    last = None
    if row.replaces_id is not None:
        last = fact_queries.unreplaced(session, scope, Medication, patient.id, row.replaces_id)
    found, _ = _reviewed(session, scope, patient, wanted, last, on)
    now_blocking = _blocking([_finding(each) for each in found.findings], row)
    before = [(each["rule"], each["medicines"], each["override"]) for each in _blocking(row.findings, row)]
    if any((each["rule"], each["medicines"], each["override"]) not in before for each in now_blocking):
        raise Conflict("the record has changed: add the medicine again", code="review-outdated")


def _blocking(findings: list[dict[str, Any]], row: MedicineReview) -> list[dict[str, Any]]:
    known = find(row.proposed["name"])
    code = known.code if known else None
    return [each for each in findings if each["level"] == DrugLevel.BLOCK and code in each["medicines"]]


def _proposed(wanted: MedicationIn) -> dict[str, Any]:
    """A medicine as it would be sent: its dose a number, of at most 4 decimals."""
    return wanted.model_dump(mode="json") | {"dose": None if wanted.dose is None else float(wanted.dose)}


def _finding(found: DrugFinding) -> dict[str, Any]:
    return {
        "level": found.level.value,
        **_reason(found.reason),
        "medicines": list(found.medicines),
        "inputs": dict(found.inputs),
        "override": found.override.value,
    }


def _reason(reason: Reason) -> dict[str, str]:
    return {"rule": reason.rule, "zh": reason.text.zh, "en": reason.text.en}


def _facts(seen: DrugFacts) -> dict[str, Any]:
    """The facts as JSON; numbers as text, so that they stay what they are."""

    def plain(value: Any) -> Any:
        if isinstance(value, frozenset):
            return sorted(value)
        return f"{value:f}" if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value

    return {name: plain(value) for name, value in asdict(seen).items() if value is not None}


def _json(value: dict[str, Any]) -> bytes:
    return msgspec.json.encode(value)
