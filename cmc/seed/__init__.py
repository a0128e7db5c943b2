"""The demo: one district of Tianjin with two clinics, 400 people and two years of visits, examinations and readings.

Everything is stored through the same services as real data, one person a transaction, so a start that was killed goes
on where it stopped.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cmc.clinical.codes import EndReason, EnrolmentState
from cmc.core import db, key_check
from cmc.core.clock import LOCAL
from cmc.core.crypto import Keyring
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.followups import jobs as followup_jobs
from cmc.followups import service as followups
from cmc.followups.schemas import FollowupIn
from cmc.indicators import jobs as indicator_jobs
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.organisations import queries as organisations
from cmc.organisations import service as tree
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import enrolling, life_cycle
from cmc.patients import queries as patients
from cmc.patients import service as people_service
from cmc.patients.schemas import EnrolmentIn, Identifier, PatientIn
from cmc.patients.tables import Enrolment, Patient
from cmc.records import service as records
from cmc.records.schemas import AnnualExamIn
from cmc.seed.course import Course
from cmc.seed.people import Person, person

PEOPLE = 400
IDENTIFIER_SYSTEM = "demo"
_SCOPE = system_scope("command:seed")
_CLINICS = (
    ("120103001", Text("尖山街标准化慢病管理中心", "Jianshan Street CMC")),
    ("120103002", Text("友谊路街标准化慢病管理中心", "Youyi Road CMC")),
)
_BATCH = 500
Progress = Callable[[int, int], None]


@dataclass
class Report:
    """What one run of the seed stored."""

    people: int = 0
    visits: int = 0
    exams: int = 0
    readings: int = 0


def seed(
    engine: Engine, keys: Keyring, *, now: datetime, on: date, people: int = PEOPLE, progress: Progress | None = None
) -> Report:
    """Store the demo, or what is missing of it; a second run stores nothing.

    Raises `OperatorError` when the database holds other organisations: demo people never come among real ones.
    """
    report = Report()
    with db.transaction(engine) as session:
        key_check.require_ours(session, keys)
        _refuse_others(session)
        clinics = _clinics(session)
        known = patients.by_identifier(session, _SCOPE, IDENTIFIER_SYSTEM, [str(index) for index in range(people)])
    for index in range(people):
        if str(index) not in known:
            with db.transaction(engine) as session:
                _one(session, keys, Course(person(index, today=on), on), clinics, report, now=now)
        if progress:
            progress(index + 1, people)
    if report.people:
        followup_jobs.nightly(lambda: db.transaction(engine), now)
        indicator_jobs.nightly(lambda: db.transaction(engine), now)
    return report


def example_reading(engine: Engine, *, now: datetime) -> str:
    """Return the JSON of a reading that the demo may be sent: a normal pressure of the first person, taken now."""
    with db.read_only(engine) as session:
        found = patients.by_identifier(session, _SCOPE, IDENTIFIER_SYSTEM, ["0"])["0"]
    reading = {
        "patient_id": str(found.id),
        "kind": "blood_pressure",
        "systolic": 132,
        "diastolic": 84,
        "pulse": 71,
        "unit": "mmHg",
        "taken_at": now.astimezone(LOCAL).isoformat(timespec="seconds"),
    }
    return json.dumps(reading)


def _refuse_others(session: Session) -> None:
    ours = {"120000", "120103", *(code for code, _ in _CLINICS)}
    if {node.code for node in organisations.visible(session, _SCOPE)} - ours:
        raise OperatorError("This database holds other clinics: the demo is stored only in one of its own.")


def _clinics(session: Session) -> list[Organisation]:
    region = organisations.by_code(session, "120000") or tree.add(
        session, OrganisationKind.REGION, code="120000", name=Text("天津市", "Tianjin")
    )
    district = organisations.by_code(session, "120103") or tree.add(
        session, OrganisationKind.DISTRICT, code="120103", name=Text("河西区", "Hexi District"), parent=region
    )
    return [
        organisations.by_code(session, code)
        or tree.add(session, OrganisationKind.CLINIC, code=code, name=name, parent=district)
        for code, name in _CLINICS
    ]


def _one(
    session: Session, keys: Keyring, course: Course, clinics: list[Organisation], report: Report, *, now: datetime
) -> None:
    who, on = course.person, course.today
    patient = _register(session, keys, who, clinics[who.clinic], on)
    enrolments = [_enrol(session, who, patient, disease, on) for disease in who.diseases]
    until, ending = _ending(course)
    report.visits += _visits(session, course, patient, until)
    for exam in course.exams():
        if exam["examined_on"] <= until:
            at = _at(exam["examined_on"])
            records.record_exam(session, _SCOPE, patient.id, AnnualExamIn(**exam), now=at, on=exam["examined_on"])
            report.exams += 1
    if ending is not None:
        for enrolment in enrolments[: 1 if ending.reason is EndReason.DIED else None]:
            enrolling.change(session, _SCOPE, patient.id, enrolment.id, ending, now=_at(ending.on), on=on)
    report.readings += _readings(session, keys, course, patient, until, now)
    report.people += 1


def _register(session: Session, keys: Keyring, who: Person, clinic: Organisation, on: date) -> Patient:
    wanted = PatientIn(
        clinic_id=clinic.id,
        name=who.name,
        citizen_id=who.citizen_id,
        phone=who.phone,
        address=who.address,
        identifiers=[Identifier(system=IDENTIFIER_SYSTEM, value=str(who.index))],
    )
    return people_service.register(session, _SCOPE, keys, wanted, now=_at(who.enrolled_on), on=on).patient


def _enrol(session: Session, who: Person, patient: Patient, disease: Any, on: date) -> Enrolment:
    wanted = EnrolmentIn(
        disease=disease,
        enrolled_on=who.enrolled_on,
        confirmed_on=who.enrolled_on - timedelta(days=14),
        confirmed_at="天津市胸科医院",
        doctor="李文静",
        consent=True,
    )
    return enrolling.enrol(session, _SCOPE, patient.id, wanted, now=_at(who.enrolled_on), on=on)


def _ending(course: Course) -> tuple[date, life_cycle.Change | None]:
    """Say until when the person is in care, and what ends it: death, a move, refusal or loss, each rare."""
    draw, span = course.rng.random(), (course.today - course.first_day).days
    day = course.first_day + timedelta(days=int(course.rng.uniform(0.3, 0.95) * span))
    if draw < 0.015:
        return day, life_cycle.Change(EnrolmentState.TERMINATED, day, EndReason.DIED)
    if draw < 0.03:
        return day, life_cycle.Change(EnrolmentState.TERMINATED, day, EndReason.MOVED_OUT)
    if draw < 0.035:
        return day, life_cycle.Change(EnrolmentState.TERMINATED, day, EndReason.REFUSED)
    if draw < 0.06 and course.today - day > timedelta(days=230):
        lost_on = day + timedelta(days=200)
        calls = life_cycle.ContactEvidence(3, 2, lost_on - timedelta(days=30), lost_on - timedelta(days=3))
        return day, life_cycle.Change(EnrolmentState.LOST, lost_on, evidence=calls)
    return course.today, None


def _visits(session: Session, course: Course, patient: Patient, until: date) -> int:
    made = 0
    due = course.first_day + timedelta(days=int(course.rng.integers(5, 60)))
    day = course.next_visit(due)
    while day is not None and day <= until:
        form = FollowupIn(patient_id=patient.id, **course.visit(max(day, course.first_day)))
        stored = followups.record(session, _SCOPE, form, now=_at(form.visited_on), on=form.visited_on, reconcile=False)
        made += 1
        day = course.next_visit(max(min(row.next_visit_on for row in stored.rows), day + timedelta(days=9)))
    return made


def _readings(session: Session, keys: Keyring, course: Course, patient: Patient, until: date, now: datetime) -> int:
    stored = 0
    items = (each for each in course.home_readings(str(patient.id)) if each["taken_at"][:10] <= until.isoformat())
    for batch in _batches(items):
        body = json.dumps({"items": batch}).encode()
        arrival = ingest.Arrival(source="demo", format=native.FORMAT.code, body=body, keys=keys)
        received = min(now, datetime.fromisoformat(batch[-1]["taken_at"]) + timedelta(minutes=10))
        ingest.store(session, _SCOPE, arrival, native.read(body).items, now=received)
        stored += len(batch)
    return stored


def _batches(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(items, _BATCH)):
        yield batch


def _at(day: date) -> datetime:
    return datetime.combine(day, time(17, 0), LOCAL)
