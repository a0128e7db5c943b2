"""The register of people as a table: masked, or in full with a reason; page by page, so its memory does not grow."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import IO, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease, EnrolmentState, Sex
from cmc.clinical.periods import completed_years
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange import queries, workbooks
from cmc.exchange.schemas import RegisterIn, RegisterInFull
from cmc.organisations import queries as organisations
from cmc.patients import listing
from cmc.patients.listing import PeopleAsked
from cmc.patients.masks import mask_citizen_id, mask_name, mask_phone
from cmc.patients.protected import Opened
from cmc.patients.tables import Enrolment, Patient

_A_TIME: Final = 1000
_HEAD: Final = (
    "姓名 Name", "性别 Sex", "年龄 Age", "出生日期 Birth date", "身份证号 Citizen ID", "电话 Phone", "住址 Address",
    "健康档案编号 Health record number", "管理机构 Clinic", "管理病种 Managed for", "纳入管理日期 Enrolled on",
    "责任医生 Doctor", "死亡日期 Died on",
)  # fmt: skip


def exported(session: Session, scope: Scope, keys: Keyring, wanted: RegisterIn, *, on: date) -> IO[bytes]:
    """Return the people of the scope who fit as a file, latest on file first; each page of them stands in the trail.

    Raises `NotFound` for a foreign clinic. Masked unless asked in full, which needs its own right.
    """
    if wanted.clinic is not None:
        organisations.clinic(session, scope, wanted.clinic)
    names = {each.id: each.name for each in organisations.visible(session, scope)}

    def rows() -> Iterator[Sequence[str]]:
        for people in _pages(session, scope, wanted, on):
            _note(session, scope, wanted, people)
            stints = _stints(session, scope, [each.id for each in people])
            for each in people:
                yield _row(keys, each, stints.get(each.id, []), names, wanted, on)
            session.expunge_all()

    return workbooks.written(wanted.format, _HEAD, rows())


def _pages(session: Session, scope: Scope, wanted: RegisterIn, on: date) -> Iterator[list[Patient]]:
    state = EnrolmentState.ACTIVE if wanted.disease else None
    cursor = None
    while True:
        asked = PeopleAsked(clinic=wanted.clinic, disease=wanted.disease, state=state, cursor=cursor)
        people, cursor = listing.page(session, scope, asked, on=on, limit=_A_TIME)
        yield people
        if cursor is None:
            return


def _note(session: Session, scope: Scope, wanted: RegisterIn, people: list[Patient]) -> None:
    reason = wanted.reason.value if isinstance(wanted, RegisterInFull) else None
    detail = {"register": "masked" if reason is None else "full", "reason": reason, "format": wanted.format.value}
    audit.seen(session, scope, "patient", [each.id for each in people], act=Act.EXPORT, detail=detail)


def _stints(session: Session, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, list[Enrolment]]:
    found: dict[UUID, list[Enrolment]] = {}
    for each in queries.active_enrolments(session, scope, ids):
        found.setdefault(each.patient_id, []).append(each)
    return found


def _row(
    keys: Keyring, patient: Patient, stints: list[Enrolment], names: Mapping[UUID, str], wanted: RegisterIn, on: date
) -> Sequence[str]:
    opened, full = Opened(keys, patient), isinstance(wanted, RegisterInFull)
    return (
        opened.name if full else mask_name(opened.name),
        Sex(patient.sex).text.zh,
        str(completed_years(patient.birth_date, on)),
        patient.birth_date.isoformat() if full else "",
        (opened.citizen_id if full else mask_citizen_id(opened.citizen_id)) or "",
        (opened.phone if full else mask_phone(opened.phone)) or "",
        (opened.address or "") if full else "",
        patient.health_record_number or "",
        names.get(patient.clinic_id, ""),
        "、".join(Disease(each.disease).text.zh for each in stints),
        "、".join(each.enrolled_on.isoformat() for each in stints),
        "、".join(dict.fromkeys(each.doctor for each in stints if each.doctor)),
        patient.died_on.isoformat() if patient.died_on else "",
    )
