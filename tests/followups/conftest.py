"""What the tests of visits, tasks and the work-list share: a fixed clock, visits and readings in one line."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cmc.alerts import found, raising
from cmc.clinical.alert_facts import ANSWERED_AFTER
from cmc.clinical.codes import Disease, Sex
from cmc.core import clock, crypto, migrations
from cmc.core.clock import LOCAL
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.followups import service
from cmc.followups.schemas import FollowupIn
from cmc.followups.tables import Followup
from cmc.organisations import queries as organisation_queries
from cmc.organisations import service as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import enrolling, touched
from cmc.patients import service as patients
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.patients.tables import Patient

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=LOCAL)

MakeVisit = Callable[..., list[Followup]]
MakeReading = Callable[..., UUID]


@pytest.fixture(autouse=True)
def _fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW.astimezone(UTC))


Form = Callable[..., dict[str, Any]]


def _htn(patient_id: UUID, visited_on: date = TODAY, **more: Any) -> dict[str, Any]:
    return {
        "patient_id": str(patient_id),
        "diseases": ["HTN"],
        "visited_on": visited_on.isoformat(),
        "mode": 1,
        "doctor": "李医生",
        "sbp_mmhg": 132,
        "dbp_mmhg": 82,
        "hypertension_symptoms": [1],
        "adherence": 1,
        "medications": [{"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"}],
        **more,
    }


def _dm(patient_id: UUID, visited_on: date = TODAY, **more: Any) -> dict[str, Any]:
    form = _htn(patient_id, visited_on, diseases=["T2DM"], diabetes_symptoms=[1], foot_pulse=1)
    del form["hypertension_symptoms"]
    return {**form, "fasting_glucose_mmol_l": 6.4, **more}


def _both(patient_id: UUID, visited_on: date = TODAY, **more: Any) -> dict[str, Any]:
    return {**_dm(patient_id, visited_on), "diseases": ["HTN", "T2DM"], "hypertension_symptoms": [1], **more}


_FORMS: dict[str, Form] = {"htn": _htn, "dm": _dm, "both": _both}


@pytest.fixture
def form() -> Form:
    """form("htn", patient.id, date, sbp_mmhg=150) → a complete visit as JSON; also "dm" and "both"."""
    return lambda name, patient_id, visited_on=TODAY, **more: _FORMS[name](patient_id, visited_on, **more)


@pytest.fixture
def visit(session: Session, scope: Scope) -> MakeVisit:
    """visit(patient, date, sbp_mmhg=150) → the stored records, recorded at 9:00 of that day unless `now` is given."""

    def make(
        patient: Patient, visited_on: date, *, form: str = "htn", now: datetime | None = None, **more: Any
    ) -> list[Followup]:
        at = now or datetime.combine(visited_on, time(9), LOCAL)
        wanted = FollowupIn.model_validate(_FORMS[form](patient.id, visited_on, **more))
        return service.record(session, scope, wanted, now=at, on=clock.local_date(at)).rows

    return make


@pytest.fixture
def reading(session: Session) -> MakeReading:
    """reading(patient, instant, sbp=…, dbp=…) or reading(patient, instant, umol_l=…) → the id of a marked reading."""

    def make(
        patient: Patient,
        taken_at: datetime,
        *,
        sbp: int | None = None,
        dbp: int | None = None,
        umol_l: int | None = None,
        tier: str | None = "RED",
        received_at: datetime | None = None,
    ) -> UUID:
        reading_id = uuid4()
        taken_on = clock.local_date(taken_at)
        session.execute(text("SELECT make_reading_partition(:month)"), {"month": taken_on.replace(day=1)})
        session.execute(
            text(
                "INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at, received_at, setting, period,"
                " glucose_umol_l, sbp_mmhg, dbp_mmhg, alert_tier, value_text, unit_text, receipt_id)"
                " VALUES (:id, :on, :patient, :clinic, :kind, :at, :received, 'home', :period, :umol_l, :sbp, :dbp, :tier,"
                " '?', '?', :id)"
            ),
            {
                "id": reading_id,
                "on": taken_on,
                "patient": patient.id,
                "clinic": patient.clinic_id,
                "kind": "blood_pressure" if umol_l is None else "glucose",
                "period": None if umol_l is None else "FASTING",
                "at": taken_at,
                "received": received_at or taken_at,
                "umol_l": umol_l,
                "sbp": sbp,
                "dbp": dbp,
                "tier": tier,
            },
        )
        touched.mark(session, [patient.id], at=received_at or taken_at)
        if tier == "RED":
            _raise_alert(session, patient, taken_at, received_at or taken_at, (umol_l, None, sbp, dbp))
        return reading_id

    return make


def _raise_alert(
    session: Session, patient: Patient, taken_at: datetime, arrived_at: datetime, values: tuple[Any, ...]
) -> None:
    """What ingest does in the transaction of a critical reading."""
    if arrived_at - taken_at > ANSWERED_AFTER:
        return
    kind, period = ("blood_pressure", None) if values[0] is None else ("glucose", "FASTING")
    one = found.Measurement(kind, taken_at, arrived_at, "home", period, *values)
    raised = found.of_reading(one, patient_id=patient.id, now=arrived_at)
    raising.take_in(session, Scope(actor="gateway:test"), raised, now=arrived_at)


MakeSomebody = Callable[[Session, crypto.Keyring], Patient]


@pytest.fixture
def real(new_database: Callable[[], str], as_service: Callable[[str], Engine]) -> Iterator[Engine]:
    """A migrated database of its own, for tests that commit."""
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    yield engine
    engine.dispose()


@pytest.fixture
def made_person() -> MakeSomebody:
    """made_person(session, keys) → a person managed for hypertension since 5 January 2026 at the clinic "C"."""

    def make(session: Session, keys: crypto.Keyring, *, diseases: tuple[Disease, ...] = (Disease.HTN,)) -> Patient:
        scope = Scope(actor="test")
        node = organisation_queries.by_code(session, "clinic")
        if node is None:
            for kind in OrganisationKind:
                name = Text(kind.value, kind.value)
                node = organisations.add(session, kind, code=kind.value, name=name, parent=node)
        assert node is not None
        wanted = PatientIn(clinic_id=node.id, name="王建国", birth_date=date(1960, 5, 4), sex=Sex.M)
        patient = patients.register(session, scope, keys, wanted, now=NOW, on=TODAY).patient
        since = date(2026, 1, 5)
        for disease in diseases:
            enrolment = EnrolmentIn(
                disease=disease,
                enrolled_on=since,
                confirmed_on=since,
                confirmed_at="市第一医院",
                doctor="赵医生",
                consent=True,
            )
            enrolling.enrol(session, scope, patient.id, enrolment, now=NOW, on=TODAY)
        return patient

    return make
