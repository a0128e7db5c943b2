"""HTTP of devices: the registry, giving out and taking back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import SeeingSession
from cmc.core.paging import Cursor, PageSize, decode_cursor, encode_cursor
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.devices import queries, service
from cmc.devices.codes import DeviceKind
from cmc.devices.schemas import (
    CalibrationOut,
    DeviceChangeIn,
    DeviceDetail,
    DeviceIn,
    DeviceOut,
    DevicePage,
    IssueIn,
    IssueList,
    IssueOut,
    ReturnIn,
)
from cmc.devices.tables import Device
from cmc.organisations import queries as organisations

router = APIRouter(prefix="/v1/devices", tags=["devices"])
Due = Annotated[bool, Query(description="only those whose calibration is due")]


@router.post("", status_code=201, responses=describe(400, 404, 409), dependencies=[requires(Right.MANAGE_DEVICES)])
def add_device(body: DeviceIn, session: SeeingSession, scope: CurrentScope) -> DeviceOut:
    """Put a device on file under the code that its readings carry; from then on its zone and unit are known."""
    return DeviceOut.of(service.add(session, scope, body, now=clock.now()), [], on=clock.today())


@router.get("", responses=describe(404), dependencies=[requires(Right.MANAGE_DEVICES)])
def list_devices(
    session: SeeingSession,
    scope: CurrentScope,
    clinic: Annotated[UUID | None, Query(description="only this clinic")] = None,
    kind: DeviceKind | None = None,
    calibration_due: Due = False,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> DevicePage:
    """Devices in use by code, a page at a time, with who has each now."""
    if clinic is not None:
        organisations.clinic(session, scope, clinic)
    (after,) = decode_cursor(cursor, tuple[str]) if cursor else (None,)
    due = clock.today() if calibration_due else None
    found = queries.page(
        session, scope, clinic_id=clinic, kind=kind, calibration_due_on=due, after=after, limit=limit + 1
    )
    more = encode_cursor((found[limit - 1].code,)) if len(found) > limit else None
    return DevicePage(items=_shown(session, scope, found[:limit], act=Act.LIST), next_cursor=more)


@router.get("/{device_id}", responses=describe(404), dependencies=[requires(Right.MANAGE_DEVICES)])
def read_device(device_id: UUID, session: SeeingSession, scope: CurrentScope) -> DeviceDetail:
    """One device, with everybody who had it."""
    found = queries.device(session, scope, device_id)
    (shown,) = _shown(session, scope, [found])
    issues = queries.issues(session, scope, device_id)
    audit.seen(session, scope, "device_issue", (each.patient_id for each in issues))
    made = queries.calibrations(session, scope, [found.code]).get(found.code, [])
    return DeviceDetail(
        **shown.model_dump(),
        issues=[IssueOut.of(each) for each in issues],
        calibrations=[CalibrationOut(**each._asdict()) for each in made],
    )


@router.patch("/{device_id}", responses=describe(400, 404), dependencies=[requires(Right.MANAGE_DEVICES)])
def change_device(device_id: UUID, body: DeviceChangeIn, session: SeeingSession, scope: CurrentScope) -> DeviceOut:
    """Change zone, unit, model or calibration of a device, or take it out of use."""
    found = service.change(session, scope, device_id, body, now=clock.now())
    (shown,) = _shown(session, scope, [found])
    return shown


@router.post(
    "/{device_id}:issue",
    status_code=201,
    responses=describe(400, 404, 409),
    dependencies=[requires(Right.MANAGE_DEVICES)],
)
def issue_device(device_id: UUID, body: IssueIn, session: SeeingSession, scope: CurrentScope) -> IssueOut:
    """Give a device to a person: what it measures from then on is this person's."""
    return IssueOut.of(service.issue(session, scope, device_id, body, now=clock.now()))


@router.post("/{device_id}:return", responses=describe(400, 404, 409), dependencies=[requires(Right.MANAGE_DEVICES)])
def return_device(device_id: UUID, body: ReturnIn, session: SeeingSession, scope: CurrentScope) -> IssueList:
    """Enter that a device came back: what it measures from then on is nobody's until it is given out again."""
    ended = service.take_back(session, scope, device_id, user_slot=body.user_slot, to_at=body.to_at, now=clock.now())
    return IssueList(items=[IssueOut.of(each) for each in ended])


def _shown(
    session: SeeingSession, scope: CurrentScope, devices: list[Device], *, act: Act = Act.READ
) -> list[DeviceOut]:
    holders = queries.open_issues(session, scope, [each.id for each in devices])
    people = (each.patient_id for issues in holders.values() for each in issues)
    audit.seen(session, scope, "device", people, act=act)
    return [DeviceOut.of(each, holders[each.id], on=clock.today()) for each in devices]
