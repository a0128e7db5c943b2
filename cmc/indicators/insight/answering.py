"""The answers that show people: lists behind a number, and one person's standing. Each notes whom it shows."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease
from cmc.core.crypto import Keyring
from cmc.core.errors import invalid
from cmc.core.paging import decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.followups.codes import AddOutcome
from cmc.followups.planning import adding
from cmc.indicators import explain
from cmc.indicators.explain import Bucket
from cmc.indicators.insight import wording
from cmc.indicators.insight.asking import Asked, asked, period_of
from cmc.indicators.insight.schemas import (
    IndicatorPeople,
    IndicatorPerson,
    PersonIndicators,
    StandingOut,
    ToWorkListIn,
    ToWorkListOut,
    period_out,
)
from cmc.indicators.periods import Span
from cmc.indicators.teams import TeamAsked
from cmc.patients import queries as patients
from cmc.patients.schemas import PatientListed


def listed(
    session: Session,
    scope: Scope,
    keys: Keyring,
    *,
    code: str,
    disease: Disease | None,
    organisation_id: UUID,
    month: str,
    span: Span,
    bucket: Bucket,
    team: TeamAsked | None = None,
    cursor: str | None,
    limit: int,
    on: date,
) -> IndicatorPeople:
    """Return a page of the people of a bucket. Raises `NotFound`; `Invalid` for a month without facts."""
    wanted = asked(session, scope, code, disease, organisation_id, month, span, team=team)
    (after,) = decode_cursor(cursor, tuple[UUID]) if cursor else (None,)
    _require_facts(session, wanted)
    measure, node = wanted.measure, wanted.organisation
    found = explain.people(
        session, measure, node, wanted.period, bucket, team=wanted.team, after=after, limit=limit + 1
    )
    page = found[:limit]
    known = patients.of_scope(session, scope, [each.patient_id for each in page])
    shown = {key: PatientListed.of(keys, each, on=on) for key, each in known.items()}
    people = [each.patient_id for each in page]
    audit.seen(session, scope, "indicator", people, act=Act.LIST, detail=_detail(wanted, bucket, month))
    return IndicatorPeople(
        code=measure.code,
        disease=measure.disease,
        period=period_out(wanted.period),
        bucket=bucket,
        total=explain.count(session, measure, node, wanted.period, bucket, team=wanted.team),
        items=[IndicatorPerson.of(each, shown.get(each.patient_id)) for each in page],
        next_cursor=encode_cursor([page[-1].patient_id]) if len(found) > limit else None,
    )


def to_work_list(session: Session, scope: Scope, code: str, body: ToWorkListIn, *, now: datetime) -> ToWorkListOut:
    """Put people of a list on the work-list, each with the reason of the list, as it is known now.

    Raises `NotFound`; `Invalid` for a month without facts.
    """
    wanted = asked(session, scope, code, body.disease, body.scope, body.month, body.span, team=body.team)
    _require_facts(session, wanted)
    found = explain.people(
        session, wanted.measure, wanted.organisation, wanted.period, body.bucket,
        team=wanted.team, only=body.patient_ids, limit=len(body.patient_ids),
    )  # fmt: skip
    reasons = {each.patient_id: wording.on_the_work_list(each) for each in found}
    asked_for = adding.Wanted(wanted.measure.code, wanted.measure.disease, reasons)
    done = adding.add(session, scope, body.patient_ids, asked_for, now=now)
    told = [each.patient_id for each in done if each.outcome is not AddOutcome.NOT_LISTED]
    audit.seen(session, scope, "task", told, act=Act.LIST, detail=_detail(wanted, body.bucket, body.month))
    return ToWorkListOut.of(done)


def _require_facts(session: Session, wanted: Asked) -> None:
    if not explain.has_facts(session, wanted.period):
        raise invalid("/month", "no_facts", "lists exist for the running month and the 13 before it")


def _detail(wanted: Asked, bucket: Bucket, month: str) -> dict[str, str]:
    asked_for = {"code": wanted.measure.code, "disease": wanted.measure.disease.value, "bucket": bucket.value}
    place = {"organisation": str(wanted.organisation.id)} | ({"team": str(wanted.team)} if wanted.team else {})
    return asked_for | {"month": month, "span": wanted.span.value} | place


def standing(session: Session, scope: Scope, patient_id: UUID, *, month: str, span: Span) -> PersonIndicators:
    """Return where one person of the scope stands in every indicator; raise `NotFound` for a foreign person."""
    patients.get(session, scope, patient_id)
    period = period_of(month, span)
    audit.seen(session, scope, "indicator", [patient_id], detail={"month": month, "span": span.value})
    found = explain.of_person(session, patient_id, scope.listed(), period)
    return PersonIndicators(
        patient_id=patient_id, period=period_out(period), items=[StandingOut.of(each) for each in found]
    )
