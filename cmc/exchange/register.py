"""The register of people as a table: masked, or in full with a reason; page by page, so its memory does not grow."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from cmc.core.text import Text
from cmc.exchange import queries, workbooks
from cmc.exchange.schemas import RegisterIn, RegisterInFull
from cmc.organisations import queries as organisations
from cmc.patients import listing
from cmc.patients.listing import PeopleAsked
from cmc.patients.masks import mask_name
from cmc.patients.protected import Opened
from cmc.patients.tables import Enrolment, Patient

_A_TIME: Final = 1000


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One column of the register: its heading, what stands in it, and whether it names a person (only in full)."""

    title: Text
    meaning: Text
    in_full_only: bool = False


COLUMNS: Final = (
    RegisterColumn(
        Text("姓名", "Name"),
        Text("建档姓名；未选“完整显示”时只留姓氏。", "As registered; only the family name unless in full."),
    ),
    RegisterColumn(Text("性别", "Sex"), Text("建档时登记的性别。", "As registered.")),
    RegisterColumn(Text("年龄", "Age"), Text("导出当日的周岁。", "Completed years on the day of the export.")),
    RegisterColumn(Text("出生日期", "Birth date"), Text("建档时登记的日期。", "As registered."), in_full_only=True),
    RegisterColumn(Text("身份证号", "Citizen ID"), Text("18 位公民身份号码。", "The 18 digits."), in_full_only=True),
    RegisterColumn(Text("电话", "Phone"), Text("首选联系电话。", "The preferred phone."), in_full_only=True),
    RegisterColumn(Text("住址", "Address"), Text("现住址。", "Where the person lives."), in_full_only=True),
    RegisterColumn(
        Text("健康档案编号", "Health record number"),
        Text("17 位编号；未编号则空。", "17 digits; empty while there is none."),
    ),
    RegisterColumn(Text("管理机构", "Clinic"), Text("建档机构的名称。", "The clinic where the person is on file.")),
    RegisterColumn(
        Text("管理病种", "Managed for"),
        Text("当前在管的病种；无则空。", "Diseases under management now; empty when there is none."),
    ),
    RegisterColumn(
        Text("纳入管理日期", "Enrolled on"),
        Text("与病种依次对应的纳入日期。", "The day of each of these enrolments, in the same order."),
    ),
    RegisterColumn(
        Text("责任医生", "Doctor"), Text("在管专案的责任医生。", "Responsible doctors of these enrolments.")
    ),
    RegisterColumn(Text("死亡日期", "Died on"), Text("已登记死亡的日期。", "When a death is on file.")),
)
"""The register's columns in their order. Numbers, phones and dates that name a person leave only in full."""


def columns(wanted: RegisterIn) -> tuple[RegisterColumn, ...]:
    """Return the columns of a table that is wanted."""
    return tuple(each for each in COLUMNS if isinstance(wanted, RegisterInFull) or not each.in_full_only)


def exported(
    session: Session,
    scope: Scope,
    keys: Keyring,
    wanted: RegisterIn,
    *,
    on: date,
    told: Callable[[Sequence[UUID]], None] = lambda _: None,
) -> IO[bytes]:
    """Return the people of the scope who fit as a file, latest on file first; each page of them stands in the trail.

    `told` is called with the ids of each page. Raises `NotFound` for a foreign clinic. Masked unless asked in full,
    which needs its own right.
    """
    if wanted.clinic is not None:
        organisations.clinic(session, scope, wanted.clinic)
    names = {each.id: each.name for each in organisations.visible(session, scope)}
    chosen = columns(wanted)

    def rows() -> Iterator[Sequence[str]]:
        for people in _pages(session, scope, wanted, on):
            ids = [each.id for each in people]
            _note(session, scope, wanted, ids)
            told(ids)
            stints = _stints(session, scope, ids)
            for each in people:
                cells = zip(COLUMNS, _row(keys, each, stints.get(each.id, []), names, wanted, on), strict=True)
                yield [cell for column, cell in cells if column in chosen]
            session.expunge_all()

    head = [f"{each.title.zh} {each.title.en}" for each in chosen]
    return workbooks.written(wanted.format, head, rows())


def _pages(session: Session, scope: Scope, wanted: RegisterIn, on: date) -> Iterator[list[Patient]]:
    state = EnrolmentState.ACTIVE if wanted.disease else None
    cursor = None
    while True:
        asked = PeopleAsked(clinic=wanted.clinic, disease=wanted.disease, state=state, cursor=cursor)
        people, cursor = listing.page(session, scope, asked, on=on, limit=_A_TIME)
        yield people
        if cursor is None:
            return


def _note(session: Session, scope: Scope, wanted: RegisterIn, ids: Sequence[UUID]) -> None:
    reason = wanted.reason.value if isinstance(wanted, RegisterInFull) else None
    detail = {"register": "masked" if reason is None else "full", "reason": reason, "format": wanted.format.value}
    audit.seen(session, scope, "patient", ids, act=Act.EXPORT, detail=detail)


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
        patient.birth_date.isoformat(),
        (opened.citizen_id or "") if full else "",
        (opened.phone or "") if full else "",
        (opened.address or "") if full else "",
        patient.health_record_number or "",
        names.get(patient.clinic_id, ""),
        "、".join(Disease(each.disease).text.zh for each in stints),
        "、".join(each.enrolled_on.isoformat() for each in stints),
        "、".join(dict.fromkeys(each.doctor for each in stints if each.doctor)),
        patient.died_on.isoformat() if patient.died_on else "",
    )
