"""Every route that shows an identified person leaves a row that says whom: asked of every route there is."""

import json
from collections.abc import Callable, Iterator
from copy import copy
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.audit.tables import Act, AuditEvent
from cmc.charts.tables import MedicineReview
from cmc.clinical.codes import Disease, EnrolmentState
from cmc.core import clock
from cmc.core.clock import midnight
from cmc.core.guard import requires
from cmc.core.http import SeeingSession
from cmc.core.openapi import document
from cmc.core.scope import Right, Scope
from cmc.duplicates import merging
from cmc.duplicates.tables import DuplicatePair
from cmc.exchange import jobs as exchange_jobs
from cmc.followups import jobs as followup_jobs
from cmc.followups.tables import Task
from cmc.indicators import jobs as indicator_jobs
from cmc.main import build
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling
from cmc.patients.schemas import EnrolmentIn
from cmc.patients.tables import Consent, Enrolment, Patient
from cmc.privacy.tables import RetentionCase
from cmc.recalls.tables import RecallCall
from cmc.risk import jobs as risk_jobs

TELLING = {"patient_id", "birth_date", "patient", "citizen_id", "phone", "person_ids"}
"""Fields by which an answer is about an identified person."""

VISIT = {"visited_on": "2026-11-02", "mode": 1, "diseases": ["HTN"], "sbp_mmhg": 138, "dbp_mmhg": 84}


def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document(build(None, None)))
    return found


def _fields(schema: Any, components: dict[str, Any], seen: set[str]) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _fields(each, components, seen)
    elif isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            yield from _fields(components[name], components, seen)
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from _fields(value, components, seen)


def telling() -> list[tuple[str, str, str]]:
    """(operation, method, path) of every route whose good answer, or whose address, is about a person."""
    found = _schema()
    routes = []
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            good = [answer for code, answer in operation["responses"].items() if code in {"200", "201"}]
            fields = set(_fields(good, found["components"]["schemas"], set()))
            if "{patient_id}" in path or fields & TELLING:
                routes.append((operation["operationId"], method, path))
    return routes


ROUTES = telling()
NOT_A_RECORD = {
    "add_device": "a new device, which nobody holds",
    "list_retention_cases": "a case names a record by its id, to people who can open none",
    "post_formatted": "as post_readings",
    "post_readings": "an answer per item of what the sender sent itself; the receipt of the body is its account",
}
BODIES: dict[str, Callable[["Case"], dict[str, Any]]] = {
    "register_patient": lambda case: {
        "clinic_id": str(case.clinic), "name": "李秀英", "sex": "F", "birth_date": "1958-03-02"
    },
    "change_patient": lambda _: {"address": "河西区友谊路"},
    "check_patient": lambda case: {"clinic_id": str(case.clinic), "name": "王建国", "birth_date": "1960-05-04"},
    "merge_patients": lambda case: {"survivor_id": str(case.person), "merged_id": str(case.unmanaged)},
    "revert_merge": lambda _: {},
    "record_death": lambda _: {"died_on": "2026-11-01"},
    "enrol_patient": lambda _: {
        "disease": "T2DM", "enrolled_on": "2026-01-10", "confirmed_on": "2026-01-10", "confirmed_at": "市第一医院",
        "doctor": "赵医生", "consent": True,
    },
    "change_enrolment": lambda _: {"to_state": "TERMINATED", "on": "2026-11-01", "reason": "REFUSED"},
    "refer_suspicion": lambda _: {"on": "2026-11-02"},
    "transfer_enrolment": lambda case: {"to_clinic_id": str(case.other), "on": "2026-11-01"},
    "search_patients": lambda _: {"text": "王建国"},
    "reveal_field": lambda _: {"field": "name", "reason": "call"},
    "give_consent": lambda _: {"purpose": "research", "ground": "consent", "version": "2026-1", "channel": "paper"},
    "withdraw_consent": lambda _: {},
    "request_erasure": lambda _: {},
    "approve_retention_case": lambda _: {},
    "refuse_retention_case": lambda _: {},
    "check_medication": lambda _: FACTS["medication"][1],
    "override_medicine_review": lambda _: {"reason": "皮试阴性"},
    "confirm_medicine_review": lambda _: {},
    "add_device": lambda case: {"code": "M-2", "kind": "meter", "clinic_id": str(case.clinic)},
    "change_device": lambda _: {"calibration_due_on": "2027-01-01"},
    "issue_device": lambda case: {"patient_id": str(case.person), "user_slot": 2},
    "return_device": lambda _: {},
    "assign_held_reading": lambda case: {"patient_id": str(case.person)},
    "replay_held_reading": lambda _: {"glucose_unit": "mmol/L"},
    "dismiss_held_reading": lambda _: {"reason": "unknown"},
    "undo_held_reading": lambda _: {},
    "acknowledge_alert": lambda _: {"promise": "call"},
    "close_alert": lambda _: {"outcome": "called", "note": "已处理"},
    "set_target": lambda _: {"quantity": "SBP_MMHG", "high": 140, "reason": "体位性低血压"},
    "override_risk": lambda _: {"band": 4, "reason": "院外确诊", "until": "2027-01-01"},
    "withdraw_target": lambda _: {"purpose": "alarm", "quantity": "SBP_MMHG", "reason": "耐受良好"},
    "assess_followup": lambda case: {"patient_id": str(case.person), **VISIT},
    "record_followup": lambda case: {"patient_id": str(case.person), **VISIT},
    "save_followup_draft": lambda _: {"form": {"sbp_mmhg": 150}},
    "discard_followup_draft": lambda _: {},
    "correct_followup": lambda case: {"reason": "抄错", "visit": {"patient_id": str(case.person), **VISIT}},
    "withdraw_followup": lambda _: {"reason": "录错人"},
    "search_work_list": lambda _: {"text": "王建国"},
    "assign_task": lambda _: {"assignee_id": None},
    "snooze_task": lambda _: {"until": _soon(), "reason": "away"},
    "finish_task": lambda _: {"reason": "by_phone"},
    "undo_task": lambda _: {},
    "act_on_tasks": lambda case: {"task_ids": [str(case.task)], "act": "assign"},
    "put_indicator_people_on_the_work_list": lambda case: {
        "scope": str(case.clinic), "month": "2026-11", "bucket": "not_met", "patient_ids": [str(case.person)]
    },
    "move_plan": lambda _: {"planned_on": _soon(), "reason": "person_asked"},
    "move_plans": lambda case: {"task_ids": [str(case.task)], "days": 2, "reason": "capacity"},
    "note_call": lambda _: {"channel": "phone", "result": "refused"},
    "return_to_recall": lambda _: {},
    "lose_patient": lambda case: {"enrolment_id": str(case.enrolment)},
    "undo_call": lambda _: {},
    "propose_referral": lambda case: {"patient_id": str(case.person), "reason": "OTHER"},
    "send_referral": lambda _: {"institution": "市第一医院"},
    "accept_referral": lambda _: {},
    "return_referral": lambda _: {"advice": "继续服药"},
    "close_referral": lambda _: {"ending": "refused"},
}  # fmt: skip
FACTS: dict[str, tuple[str, dict[str, Any]]] = {
    "diagnosis": ("diagnoses", {"on": "2024-03-01", "icd10": "I10"}),
    "medication": ("medications", {"on": "2024-03-01", "name": "氨氯地平片"}),
    "allergy": ("allergies", {"on": "2020-01-01", "substance": "青霉素类"}),
    "laboratory_result": ("labs", {"on": "2026-05-01", "analyte": "HBA1C", "value": "7.2", "unit": "%"}),
    "examination": ("examinations", {"on": "2026-04-01", "findings": {"kind": "eye", "retinopathy": 2}}),
    "lifestyle": ("lifestyle", {"on": "2026-04-01", "smoking": 3}),
    "family_history": ("family-history", {"on": "2026-04-01", "relation": "father", "disease": 7}),
    "hospital_stay": ("hospital-stays", {"on": "2026-02-01", "institution": "市第一医院"}),
    "annual_exam": ("annual-exams", {"on": "2026-05-12"}),
}
"""Address and body of each kind of fact."""
for _kind, (_, _body) in FACTS.items():
    BODIES[f"record_{_kind}"] = lambda _, body=_body: body
    BODIES[f"correct_{_kind}"] = lambda _, body=_body: {"reason": "复核", "fact": body}


def _soon() -> str:
    return (clock.today() + timedelta(days=5)).isoformat()


REFERRALS = {"accept_referral": "sent", "return_referral": "accepted"}
"""In which state the referral is that is asked about, where it is not proposed."""
HELD = {"assign_held_reading": "unmatched", "undo_held_reading": "decided"}
"""Which held reading of the case is asked about, where it is not the ordinary one."""


class Case:
    """A person with one enrolment, a consent, an open task, a held reading, a case of deletion, facts and reviews."""

    def __init__(self, person: UUID, enrolment: UUID, clinic: UUID, other: UUID) -> None:
        self.person, self.enrolment, self.clinic, self.other = person, enrolment, clinic, other
        self.consent = self.retention = self.unmanaged = self.blocked = self.half = person
        self.pair = self.merge = person
        self.alert = self.device = self.held = self.unmatched = self.decided = self.run = person
        self.encounter = self.export = person
        self.facts: dict[str, UUID] = {}
        self.risk = ""
        self.task = self.put_off = self.call = person
        self.planned_on = date.max
        self.referrals: dict[str, UUID] = {}

    def version(self, operation: str) -> str | None:
        """What If-Match names."""
        fact = self.facts.get(operation.removeprefix("correct_"))
        versions = {
            "correct_followup": 1,
            "withdraw_followup": 1,
            "override_risk": self.risk,
            "change_patient": 2,
            "override_medicine_review": 1,
            "confirm_medicine_review": 2,
        }
        return str(fact or versions.get(operation, ""))


@pytest.fixture
def case(
    make_patient: Callable[..., Patient], make_enrolment: Callable[..., Enrolment], make_clinic: Callable[..., Organisation],
    clinic: Organisation, client: TestClient, session: Session, transaction: Any,
) -> Case:  # fmt: skip
    person = make_patient()
    enrolment = make_enrolment(person, Disease.HTN, enrolled_on=date(2026, 1, 5))
    case = Case(person.id, enrolment.id, clinic.id, make_clinic("C2").id)
    followup_jobs.refresh(transaction, datetime.fromisoformat("2026-11-20T09:00:00+08:00"))
    doubtful = {"patient_id": str(person.id), "kind": "glucose", "value": 20, "unit": "mg/dL"}
    sent = client.post("/v1/readings", json=doubtful | {"taken_at": "2026-11-01T07:00:00+08:00"})
    case.held = sent.json()["results"][0]["id"]
    unmatched = {"device": "X-1", "kind": "glucose", "value": 6, "unit": "mmol/L", "taken_at": "2026-11-01T07:00:00Z"}
    case.alert = client.get("/v1/alerts").json()["items"][0]["id"]
    alarm = {"purpose": "alarm", "quantity": "SBP_MMHG", "high": 160, "reason": "近期卒中"}
    assert client.post(f"/v1/patients/{person.id}/targets", json=alarm).status_code == 201
    case.unmatched = client.post("/v1/readings", json=unmatched).json()["results"][0]["id"]
    sent = client.post("/v1/readings", json=doubtful | {"taken_at": "2026-11-02T07:00:00+08:00"})
    case.decided = sent.json()["results"][0]["id"]
    assert client.post(f"/v1/held-readings/{case.decided}:dismiss", json={"reason": "unknown"}).status_code == 200
    case.consent = session.scalars(select(Consent.id).where(col(Consent.patient_id) == person.id)).one()
    day = date(2026, 1, 1)
    due = RetentionCase(
        reason="due",
        patient_id=person.id,
        clinic_id=clinic.id,
        due_on=day,
        proposed_by="job",
        proposed_at=midnight(day),
    )
    session.add(due)
    session.flush()
    case.retention, case.unmanaged = due.id, make_patient().id
    case.pair = _pair(session, case.person, make_patient().id)
    case.merge = merging.merge(session, Scope("test"), case.person, make_patient().id, now=midnight(day))[0].id
    for kind, (path, body) in FACTS.items():
        told = client.post(f"/v1/patients/{person.id}/{path}", json=body).json()
        case.facts[kind] = UUID((told.get("medication") or told)["id"])
    penicillin = {"on": "2026-03-01", "name": "阿莫西林"}
    case.blocked, case.half = (
        UUID(client.post(f"/v1/patients/{person.id}/medications", json=penicillin).json()["id"]) for _ in range(2)
    )
    half = session.get_one(MedicineReview, case.half)
    half.state, half.overridden_by, half.overridden_at, half.override_reason = "half", "user:x", half.recorded_at, "x"
    half.version = 2
    session.flush()
    known = client.post("/v1/devices", json={"code": "M-1", "kind": "cuff", "clinic_id": str(clinic.id)})
    case.device = known.json()["id"]
    issued = {"patient_id": str(person.id), "user_slot": 1}
    assert client.post(f"/v1/devices/{case.device}:issue", json=issued).status_code == 201
    sheet = f"系统编号,诊断日期,ICD-10编码\n{person.id},2020-01-05,I15\n".encode()
    taken = client.post("/v1/imports", content=sheet, params={"kind": "diagnoses", "clinic": str(clinic.id)})
    case.run = taken.json()["id"]
    case.export = client.post("/v1/exports", json={"reason": "recall"}).json()["id"]
    assert exchange_jobs.make_exports(transaction, clock.now()) == 1
    _plan(client, session, case)
    assert exchange_jobs.work(transaction, midnight(date(2026, 11, 20))) == 1
    assert risk_jobs.refresh(transaction, midnight(date(2026, 11, 20))) > 0
    case.risk = client.get(f"/v1/patients/{person.id}/risk").headers["etag"].strip('"')
    return case


def _suspicion(session: Session, person: UUID) -> UUID:
    day = date(2026, 11, 1)
    wanted = EnrolmentIn(disease=Disease.T2DM, state=EnrolmentState.SUSPECTED, enrolled_on=day)
    return enrolling.enrol(session, Scope("test"), person, wanted, now=midnight(day), on=day).id


QUERIES: dict[str, Callable[[Case], dict[str, str]]] = {
    "list_screening": lambda _: {"disease": "T2DM", "verdict": "SUSPECTED"},
    "list_plans": lambda case: {"clinic": str(case.clinic), "on": case.planned_on.isoformat()},
    "list_report_people": lambda _: {"code": "IND-03", "disease": "HTN", "bucket": "not_met"},
    "list_indicator_people": lambda case: {"scope": str(case.clinic), "month": "2026-11", "bucket": "not_met"},
}
"""What a list is asked with so that it shows the person."""


def _report(client: TestClient, case: Case) -> UUID:
    """A report in which the person is not controlled, and a visit that came late and says otherwise."""
    made = client.post("/v1/indicator-reports", json={"organisation_id": str(case.clinic), "month": "2026-10"})
    late = {"patient_id": str(case.person), **VISIT, "visited_on": "2026-10-20"}
    form = {"doctor": "李医生", "hypertension_symptoms": [1], "adherence": 1}
    taken = client.post("/v1/followups", json=late | form | {"medications": [{"name": "氨氯地平", "times_per_day": 1}]})
    assert taken.status_code == 201, taken.text
    return UUID(made.json()["id"])


def _plan(client: TestClient, session: Session, case: Case) -> None:
    """A task, one that was put off, calls that nobody answered, and a referral in each of three states."""
    exams = select(Task).where(col(Task.patient_id) == case.person, col(Task.kind) == "screening")
    one = session.scalars(exams).one()
    assert one.planned_on is not None
    case.task, case.planned_on = one.id, one.planned_on
    visits = select(col(Task.id)).where(col(Task.patient_id) == case.person, col(Task.kind) == "first_visit")
    case.put_off = session.scalars(visits).one()
    put_off = {"until": _soon(), "reason": "away"}
    assert client.post(f"/v1/worklist/{case.put_off}:snooze", json=put_off).status_code == 200
    for days, channel in ((30, "phone"), (20, "home"), (10, "phone")):
        row = RecallCall(
            patient_id=case.person, clinic_id=case.clinic, channel=channel, result="no_answer", called_by="user:x",
            called_at=clock.now() - timedelta(days=days),
        )  # fmt: skip
        session.add(row)
        session.flush()
        case.call = row.id
    for state in ("proposed", "sent", "accepted"):
        body = {"patient_id": str(case.person), "reason": "OTHER", "institution": "市第一医院"}
        case.referrals[state] = UUID(client.post("/v1/referrals", json=body).json()["id"])
    for state, step in (("sent", "send"), ("accepted", "send"), ("accepted", "accept")):
        answer = client.post(f"/v1/referrals/{case.referrals[state]}:{step}", json={} if step == "send" else None)
        assert answer.status_code == 200, answer.text


def _pair(session: Session, one: UUID, other: UUID) -> UUID:
    pair = DuplicatePair(
        one_id=one, other_id=other, score=75, likeness="PROBABLE", reasons=[], found_at=midnight(date(2026, 1, 1))
    )
    session.add(pair)
    session.flush()
    return pair.id


def _events(session: Session, since: int) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(col(AuditEvent.seq) > since).order_by(col(AuditEvent.seq))))


@pytest.mark.parametrize("method", sorted({method for _, method, _ in ROUTES}))
def test_a_route_that_shows_a_person_says_so_in_the_trail(
    method: str, client: TestClient, session: Session, case: Case, transaction: Any, subtests: pytest.Subtests
) -> None:
    for route in ROUTES:
        if route[1] == method:
            with subtests.test(route[0]), session.begin_nested() as untouched:
                session.connection()  # sets the savepoint, which would wait for this session to ask something
                _ask_and_look(*route, client, session, copy(case), transaction)
                untouched.rollback()


def _ask_and_look(
    operation: str, method: str, path: str, client: TestClient, session: Session, case: Case, transaction: Any
) -> None:
    """Ask once; the trail has a row of this request that names the person."""
    enrolment = _suspicion(session, case.person) if operation == "refer_suspicion" else case.enrolment
    if "{encounter_id}" in path:
        visited = client.post("/v1/followups", json={"patient_id": str(case.person), **VISIT})
        case.encounter = UUID(visited.json()["encounter_id"])
    report = _report(client, case) if "{report_id}" in path else case.person
    if operation in {"list_indicator_people", "put_indicator_people_on_the_work_list"}:
        indicator_jobs.refresh(transaction, midnight(date(2026, 11, 20)))
    if operation == "list_opened_patients":
        assert client.get(f"/v1/patients/{case.person}").status_code == 200
    before = max((each.seq or 0 for each in _events(session, 0)), default=0)
    person = case.unmanaged if operation == "request_erasure" else case.person
    address = path.format(
        patient_id=person,
        enrolment_id=enrolment,
        consent_id=case.consent,
        case_id=case.retention,
        fact_id=case.facts.get(operation.removeprefix("correct_")),
        review_id=case.half if operation == "confirm_medicine_review" else case.blocked,
        device_id=case.device,
        alert_id=case.alert,
        held_id=getattr(case, HELD.get(operation, "held")),
        format_code="native",
        pair_id=case.pair,
        merge_id=case.merge,
        run_id=case.run,
        export_id=case.export,
        encounter_id=case.encounter,
        diseases="HTN",
        report_id=report,
        code="IND-03",
        document="medicine_list",
        task_id=case.put_off if operation == "undo_task" else case.task,
        call_id=case.call,
        referral_id=case.referrals[REFERRALS.get(operation, "proposed")],
    )
    if method != "get" and operation not in NOT_A_RECORD:
        assert operation in BODIES, "a new route: say what it is asked with"
    body = BODIES[operation](case) if operation in BODIES else None
    query = QUERIES[operation](case) if operation in QUERIES else None
    tagged = {"If-Match": f'"{case.version(operation)}"'}
    answer = client.request(method.upper(), address, json=body, headers=tagged, params=query)
    if operation in NOT_A_RECORD:
        return
    assert answer.status_code in {200, 201}, answer.text
    found = _events(session, before)
    assert found, "no row in the trail"
    assert {each.actor.partition(":")[0] for each in found} == {"user"}
    assert {str(each.request_id) for each in found} == {answer.headers["x-request-id"]}
    if operation == "register_patient":
        assert {str(named) for each in found for named in each.person_ids} == {answer.json()["id"]}
    elif operation not in {"list_audit_events", "export_audit_events"}:
        assert person in {named for each in found for named in each.person_ids}


def test_the_list_of_such_routes_is_not_empty_for_want_of_looking() -> None:
    names = {each[0] for each in ROUTES}
    assert {"read_patient", "list_patients", "read_work_list", "list_readings", "list_held_readings"} <= names
    assert set(BODIES) <= names


def test_a_route_that_forgets_the_trail_answers_nothing(app: FastAPI, client: TestClient, case: Case) -> None:
    @app.get("/v1/forgetful", dependencies=[requires(Right.READ_PEOPLE)])
    def forgetful(session: SeeingSession) -> dict[str, str]:
        person = session.scalars(select(Patient)).first()
        return {"name": person.name if person else ""}

    answer = client.get("/v1/forgetful")
    assert answer.status_code == 500
    assert "name" not in answer.json()


def test_a_poll_that_is_answered_304_shows_nobody_anew(client: TestClient, session: Session, case: Case) -> None:
    first = client.get("/v1/worklist")
    assert first.json()["items"]
    since = max(each.seq or 0 for each in _events(session, 0))
    assert client.get("/v1/worklist", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert _events(session, since) == []


def test_a_refused_request_leaves_no_row_that_says_it_was_shown(client: TestClient, session: Session) -> None:
    since = max(each.seq or 0 for each in _events(session, 0))
    assert client.get("/v1/patients/01970000-0000-7000-8000-000000000001").status_code == 404
    assert [each.act for each in _events(session, since)] == [Act.DENIED]


def test_the_same_visit_sent_twice_is_a_reading_of_it_the_second_time(
    client: TestClient, session: Session, case: Case
) -> None:
    body, key = {"patient_id": str(case.person), **VISIT}, {"Idempotency-Key": "k1"}
    assert client.post("/v1/followups", json=body, headers=key).status_code == 201
    since = max(each.seq or 0 for each in _events(session, 0))
    assert client.post("/v1/followups", json=body, headers=key).status_code == 200
    assert [each.act for each in _events(session, since)] == [Act.READ]
