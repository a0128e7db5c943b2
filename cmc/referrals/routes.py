"""HTTP of referrals."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right, Scope
from cmc.organisations import queries as organisations
from cmc.patients import queries as patients
from cmc.referrals import queries, service
from cmc.referrals.codes import ReferralDirection, ReferralState
from cmc.referrals.schemas import (
    ReferralCounts,
    ReferralEndIn,
    ReferralIn,
    ReferralListed,
    ReferralOut,
    ReferralPage,
    ReferralReturnIn,
    ReferralSendIn,
)
from cmc.referrals.tables import Referral

router = APIRouter(prefix="/v1/referrals", tags=["referrals"])
_READS = [requires(Right.READ_PEOPLE)]
_REFERS = [requires(Right.WRITE_VISITS)]


@router.get("", responses=describe(400, 404), dependencies=_READS)
def list_referrals(
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    clinic: UUID | None = None,
    patient: UUID | None = None,
    state: Annotated[list[ReferralState] | None, Query(max_length=len(ReferralState))] = None,
    direction: ReferralDirection | None = None,
    check_due: bool = False,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> ReferralPage:
    """Referrals, the one proposed last first; `check_due`: only those whose result is to be asked for by now."""
    up_to = clock.today() if check_due else None
    return _page(
        session, scope, keys, queries.Asked(tuple(state or ()), direction, clinic, patient, up_to), limit, cursor
    )


@router.get("/counts", responses=describe(404), dependencies=_READS)
def count_referrals(session: ReadSession, scope: CurrentScope, clinic: UUID | None = None) -> ReferralCounts:
    """How many referrals stand in each state. No person in it."""
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    return ReferralCounts(**queries.counts(session, scope, clinic_id=clinic, on=clock.today()))


@router.post("", status_code=201, responses=describe(400, 404), dependencies=_REFERS)
def propose_referral(body: ReferralIn, session: SeeingSession, scope: CurrentScope) -> ReferralOut:
    """Propose a referral, up or down; a check of its result is due in 14 days."""
    row = service.propose(session, scope, service.Wanted(**body.model_dump()), now=clock.now())
    return _shown(session, scope, row)


@router.get("/{referral_id}", responses=describe(404), dependencies=_READS)
def read_referral(referral_id: UUID, session: SeeingSession, scope: CurrentScope) -> ReferralOut:
    """One referral."""
    return _shown(session, scope, queries.get(session, scope, referral_id))


@router.post("/{referral_id}:send", responses=describe(400, 404, 409), dependencies=_REFERS)
def send_referral(referral_id: UUID, body: ReferralSendIn, session: SeeingSession, scope: CurrentScope) -> ReferralOut:
    """Send a proposed referral to an institution."""
    to, more = ReferralState.SENT, body.model_dump()
    return _shown(session, scope, service.step(session, scope, referral_id, to, now=clock.now(), **more))


@router.post("/{referral_id}:accept", responses=describe(404, 409), dependencies=_REFERS)
def accept_referral(referral_id: UUID, session: SeeingSession, scope: CurrentScope) -> ReferralOut:
    """The other institution has seen the person."""
    to = ReferralState.ACCEPTED
    return _shown(session, scope, service.step(session, scope, referral_id, to, now=clock.now()))


@router.post("/{referral_id}:return", responses=describe(400, 404, 409), dependencies=_REFERS)
def return_referral(
    referral_id: UUID, body: ReferralReturnIn, session: SeeingSession, scope: CurrentScope
) -> ReferralOut:
    """The person is back, with what the other institution said."""
    to, more = ReferralState.RETURNED, body.model_dump()
    return _shown(session, scope, service.step(session, scope, referral_id, to, now=clock.now(), **more))


@router.post("/{referral_id}:close", responses=describe(400, 404, 409), dependencies=_REFERS)
def close_referral(referral_id: UUID, body: ReferralEndIn, session: SeeingSession, scope: CurrentScope) -> ReferralOut:
    """End a referral; the check of its result is done with it."""
    row = service.close(session, scope, referral_id, body.ending, note=body.note, now=clock.now())
    return _shown(session, scope, row)


def _shown(session: Session, scope: Scope, row: Referral) -> ReferralOut:
    audit.seen(session, scope, "referral", [row.patient_id])
    return ReferralOut.of(row)


def _page(
    session: Session, scope: Scope, keys: Keys, asked: queries.Asked, limit: int, cursor: str | None
) -> ReferralPage:
    if asked.clinic_id is not None:
        organisations.clinic(session, scope, asked.clinic_id)
    after, on = decode_cursor(cursor, tuple[date, UUID]) if cursor else None, clock.today()
    found = queries.page(session, scope, asked, after=after, limit=limit + 1)
    shown = found[:limit]
    people = patients.of_scope(session, scope, [row.patient_id for row in shown])
    audit.seen(session, scope, "referral", people, act=Act.LIST)
    items = [
        ReferralListed.listed(row, people[row.patient_id], keys, on=on, overdue=service.checked_on(row, on))
        for row in shown
    ]
    more = encode_cursor((shown[-1].proposed_on, shown[-1].id)) if len(found) > limit else None
    return ReferralPage(items=items, next_cursor=more)
