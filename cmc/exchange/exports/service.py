"""Exports of the register: asked for with a reason, made by the worker, fetched for a day, then only a line of the log.

Nothing here commits.
"""

from datetime import datetime, timedelta
from typing import IO, Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import db, key_check
from cmc.core.clock import local_date
from cmc.core.crypto import FieldKey, Keyring
from cmc.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound
from cmc.core.ids import new_id
from cmc.core.scope import Right, Scope
from cmc.exchange import register, sealing, workbooks
from cmc.exchange.codes import ExportState
from cmc.exchange.exports import queries
from cmc.exchange.exports.schemas import ExportIn, shown_state
from cmc.exchange.schemas import RegisterIn, RegisterInFull
from cmc.exchange.tables import ExportRun
from cmc.organisations import queries as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import listing
from cmc.patients.listing import PeopleAsked

KEPT: Final = timedelta(hours=24)
"""How long a file can be fetched [D]."""
MOST_PEOPLE: Final = 100_000
"""People of one export [D]; for more there is the warehouse."""
_PART: Final = 1 << 19
_A_NOTE: Final = 1000

_ADD: Final = text("INSERT INTO export_part (run_id, number, content_cipher) VALUES (:run_id, :number, :content)")
_DROP: Final = text("DELETE FROM export_part WHERE run_id = :run_id")


def ask(session: Session, scope: Scope, keys: Keyring, wanted: ExportIn, *, in_full: bool, now: datetime) -> ExportRun:
    """Ask for a table of the people of the scope; the worker makes it within seconds.

    Raises `NotFound` for a foreign clinic, `Invalid` for more than `MOST_PEOPLE`.
    """
    if wanted.clinic is not None:
        organisations.clinic(session, scope, wanted.clinic)
    asked = PeopleAsked(clinic=wanted.clinic, disease=wanted.disease)
    if listing.at_least(session, scope, asked, MOST_PEOPLE + 1, on=local_date(now)):
        words = f"an export holds at most {MOST_PEOPLE:,} people: choose one clinic or one disease"
        raise Invalid(errors=(FieldError("/clinic", "too_many_people", words),))
    run_id = new_id()
    _, wrapped = sealing.export_key(keys, run_id, under=key_check.current(session, keys))
    everywhere = [each.id for each in organisations.visible(session, scope) if each.kind == OrganisationKind.CLINIC]
    run = ExportRun(
        id=run_id,
        clinic_ids=everywhere if wanted.clinic is None else [wanted.clinic],
        clinic_id=wanted.clinic,
        disease=None if wanted.disease is None else wanted.disease.value,
        format=wanted.format.value,
        in_full=in_full,
        reason=wanted.reason.value,
        state=ExportState.WAITING.value,
        data_key=wrapped,
        made_by=scope.actor,
        made_at=now,
    )
    session.add(run)
    session.flush()
    return run


def make(session: Session, keys: Keyring, run: ExportRun, *, now: datetime) -> None:
    """Make the file of a locked export in the name of who asked, at the clinics of that time; each person is noted."""
    scope = Scope(run.made_by, frozenset(run.clinic_ids))
    db.enter_scope(session, scope)
    people: list[UUID] = []
    run_id, key = run.id, sealing.export_key_of(keys, run)
    wanted = _wanted(run)
    with register.exported(session, scope, keys, wanted, on=local_date(now), told=people.extend) as file:
        _keep(session, run_id, file, key)
    made = queries.run(session, scope, run_id)  # the register forgets what the session knew, page by page
    made.people, made.people_cipher = len(people), sealing.people(key, run_id, people)
    made.state, made.finished_at, made.expires_at = ExportState.READY.value, now, now + KEPT
    session.flush()


def _wanted(run: ExportRun) -> RegisterIn:
    values: dict[str, Any] = {"clinic": run.clinic_id, "disease": run.disease, "format": run.format}
    return RegisterInFull(**values, reason=run.reason) if run.in_full else RegisterIn(**values)


def _keep(session: Session, run_id: UUID, file: IO[bytes], key: FieldKey) -> None:
    number = 0
    while part := file.read(_PART):
        session.execute(_ADD, {"run_id": run_id, "number": number, "content": sealing.part(key, run_id, number, part)})
        number += 1


def fetched(
    session: Session, scope: Scope, keys: Keyring, run_id: UUID, *, now: datetime
) -> tuple[ExportRun, IO[bytes]]:
    """Return an export and its file; everybody who stands in it is noted, each time anew.

    Raises `NotFound` outside the scope and once it has expired, `Conflict` while it is being made, `Forbidden` for
    another user's and, in full, without the right at all its clinics.
    """
    run = queries.run(session, scope, run_id)
    state = shown_state(run, now)
    if state is ExportState.WAITING:
        raise Conflict("the file is being made: ask again in some seconds", code="export-not-ready")
    if run.made_by != scope.actor or (run.in_full and Right.REVEAL_FIELDS not in scope.rights):
        raise Forbidden("only who asked for an export takes its file")
    if state is ExportState.EXPIRED or run.people_cipher is None:
        raise NotFound("this export has expired: ask for it again")
    key = sealing.export_key_of(keys, run)
    people = sealing.people_of(key, run)
    detail = {"export": str(run.id), "reason": run.reason, "register": "full" if run.in_full else "masked"}
    for start in range(0, max(1, len(people)), _A_NOTE):
        audit.seen(session, scope, "export_run", people[start : start + _A_NOTE], act=Act.EXPORT, detail=detail)
    parts = (sealing.part_of(key, each) for each in queries.parts(session, scope, run.id))
    return run, workbooks.kept(parts)


def expire(session: Session, scope: Scope, *, now: datetime) -> int:
    """Take the files away whose time is over; their lines of the log stay. Returns how many."""
    over = queries.over(session, scope, at=now)
    for run in over:
        session.execute(_DROP, {"run_id": run.id})
        run.state, run.people_cipher = ExportState.EXPIRED.value, None
    session.flush()
    return len(over)
