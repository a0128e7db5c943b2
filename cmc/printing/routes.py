"""HTTP of documents to print."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse

from cmc.core import clock
from cmc.core.guard import CurrentScope, requires
from cmc.core.http import Keys, ReadSession, SeeingSession
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.core.text import Text
from cmc.devices import queries as devices
from cmc.devices.codes import DeviceKind
from cmc.organisations import queries as organisations
from cmc.printing import documents, labels, paper, pdf
from cmc.printing.codes import PaperFormat, PrintedKind
from cmc.printing.documents import Wanted

router = APIRouter(prefix="/v1", tags=["documents"])

_PAPER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "application/pdf": {}}, "description": "A4 pages"}
}
Visits = Annotated[list[UUID] | None, Query(max_length=40, description="encounters; left out: those of the year")]
Year = Annotated[int | None, Query(ge=1990, le=2200, description="of the sheets; left out: this year")]
Blank = Annotated[bool, Query(description="a sheet to be filled in by hand")]


_LABEL: dict[int | str, dict[str, Any]] = {200: {"content": {"text/html": {}}, "description": "a label of 50 × 30 mm"}}


@router.get(
    "/devices/{device_id}/label",
    response_class=Response,
    responses={**describe(404), **_LABEL},
    dependencies=[requires(Right.MANAGE_DEVICES)],
)
def print_device_label(device_id: UUID, session: ReadSession, scope: CurrentScope) -> Response:
    """A label to stick on a device: its code as a QR code and in clear, its kind and clinic. No person is on it."""
    found = devices.device(session, scope, device_id)
    clinic = organisations.clinic(session, scope, found.clinic_id)
    name = Text(clinic.name, clinic.name_en or clinic.name)
    page = labels.label(found.code, DeviceKind(found.kind).text, name, found.calibration_due_on)
    return HTMLResponse(page, headers={"Content-Security-Policy": paper.policy(labels.STYLE)})


@router.get(
    "/patients/{patient_id}/documents/{document}",
    response_class=Response,
    responses={**describe(400, 404, 409, 503), **_PAPER},
    dependencies=[requires(Right.REVEAL_FIELDS)],
)
def print_document(
    patient_id: UUID,
    document: PrintedKind,
    session: SeeingSession,
    scope: CurrentScope,
    keys: Keys,
    form: Annotated[PaperFormat, Query(alias="format")] = PaperFormat.HTML,
    encounter: Visits = None,
    year: Year = None,
    blank: Blank = False,
) -> Response:
    """A follow-up sheet of the national form, a list of medicines, a referral slip or the person's own card, as A4
    pages: HTML, or PDF, which needs libraries that the answer 503 names when they are missing."""
    wanted = Wanted(document, form, encounter or (), year, blank)
    page = documents.page(session, scope, keys, patient_id, wanted, now=clock.now(), on=clock.today())
    if form is PaperFormat.HTML:
        return HTMLResponse(page, headers={"Content-Security-Policy": paper.policy(documents.STYLES[document])})
    inline = {"Content-Disposition": f'inline; filename="{document.value}.pdf"'}
    return Response(pdf.made(page), media_type="application/pdf", headers=inline)
