"""A merge moves everything and can be undone exactly, whatever the two records hold and whatever happens in between."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from cmc.charts import queries as charts_of
from cmc.charts import service as charts
from cmc.charts.chart import AsOf
from cmc.clinical.codes import Disease, EndReason, EnrolmentState, Sex
from cmc.clinical.enrolment import Change
from cmc.core import db
from cmc.core.clock import LOCAL
from cmc.core.crypto import Keyring
from cmc.core.errors import CmcError, Conflict, NotFound
from cmc.core.scope import Scope, system_scope
from cmc.duplicates import merging
from cmc.duplicates.registry import MOVED
from cmc.followups import jobs as followup_jobs
from cmc.followups import service as followups
from cmc.followups.schemas import FollowupIn
from cmc.indicators import jobs as indicator_jobs
from cmc.organisations.tables import Organisation
from cmc.patients import consents, enrolling, erasing
from cmc.patients import queries as patients
from cmc.patients import service as registration
from cmc.patients.codes import ConsentChannel, LegalGround, Purpose
from cmc.patients.consent_schemas import ConsentIn
from cmc.patients.protected import Opened
from cmc.patients.schemas import EnrolmentIn, PatientIn
from cmc.patients.tables import Patient, PatientMerge
from cmc.records import annual_exams, fact_queries, facts, laboratory
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.records.codes import FactKind
from cmc.records.fact_schemas import DiagnosisIn, LaboratoryResultIn, MedicationIn
from cmc.records.fact_tables import FACT_TABLES

NOW, TODAY = datetime(2026, 11, 20, 9, tzinfo=LOCAL), date(2026, 11, 20)
SCOPE = Scope("test")
ALL_TABLES = (*(each.table for each in MOVED), "patient_document", "patient_phone", "basic_information")

Act = tuple[str, int, Any]
DAYS = st.integers(0, 300).map(lambda days: date(2025, 12, 1) + timedelta(days))
ACTS = st.one_of(
    st.tuples(st.just("enrol"), st.integers(0, 1), st.tuples(st.sampled_from(list(Disease)), DAYS)),
    st.tuples(
        st.just("visit"), st.integers(0, 1), st.tuples(st.sampled_from(list(Disease)), DAYS, st.integers(100, 200))
    ),
    st.tuples(st.just("exam"), st.integers(0, 1), DAYS),
    st.tuples(st.just("read"), st.integers(0, 1), st.tuples(DAYS, st.integers(3, 20))),
    st.tuples(st.just("end"), st.integers(0, 1), st.tuples(st.sampled_from(list(Disease)), DAYS)),
    st.tuples(st.just("agree"), st.integers(0, 1), st.sampled_from(list(Purpose))),
    st.tuples(st.just("number"), st.integers(0, 1), st.integers(0, 10**9)),
    st.tuples(
        st.just("know"), st.integers(0, 1), st.tuples(st.sampled_from(["diagnosis", "medication", "creatinine"]), DAYS)
    ),
    st.tuples(st.just("jobs"), st.integers(0, 1), st.none()),
)


class World:
    """Two records at two clinics, and what can be done to them; what the rules refuse does not happen."""

    def __init__(self, session: Session, keys: Keyring, transaction: db.Transaction, clinics: list[UUID]) -> None:
        self.session, self.keys, self.transaction = session, keys, transaction
        self.people = [self._person(clinic, number) for number, clinic in enumerate(clinics)]

    def _person(self, clinic: UUID, number: int) -> UUID:
        wanted = PatientIn(
            clinic_id=clinic, name=("王建国", "王建囯")[number], sex=Sex.M, birth_date=date(1960, 5, 4),
            phone="13812346131", phones=[{"relation": "SPOUSE", "phone": f"1390000000{number}"}],
        )  # fmt: skip
        return registration.register(self.session, SCOPE, self.keys, wanted, now=NOW, on=TODAY).patient.id

    def do(self, act: Act, person: UUID) -> None:
        kind, _, given = act
        try:
            with self.session.begin_nested():
                getattr(self, f"_{kind}")(person, given)
        except CmcError:
            return

    def _enrol(self, person: UUID, given: Any) -> None:
        disease, day = given
        wanted = EnrolmentIn(
            disease=disease, enrolled_on=day, confirmed_on=day, confirmed_at="市第一医院", doctor="赵医生", consent=True
        )
        enrolling.enrol(self.session, SCOPE, person, wanted, now=NOW, on=TODAY)

    def _visit(self, person: UUID, given: Any) -> None:
        disease, day, sbp = given
        wanted = FollowupIn(
            patient_id=person, visited_on=day, mode=1, diseases=[disease], sbp_mmhg=sbp, dbp_mmhg=80,
            fasting_glucose_mmol_l=7,
        )  # fmt: skip
        followups.record(self.session, SCOPE, wanted, now=NOW, on=TODAY)

    def _exam(self, person: UUID, day: Any) -> None:
        wanted = AnnualExamIn(on=day, sbp_mmhg=140, dbp_mmhg=80)
        annual_exams.record(self.session, SCOPE, person, wanted, now=NOW, on=TODAY)

    def _read(self, person: UUID, given: Any) -> None:
        day, value = given
        month = {"month": day}
        self.session.execute(text("SELECT make_reading_partition(:month)"), month)
        self.session.execute(
            text(
                "INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at, received_at, setting,"
                " glucose_umol_l, value_text, unit_text, receipt_id) SELECT gen_random_uuid(), :month, id, clinic_id,"
                " 'glucose', :at, :at, 'home', :value, 'x', 'mmol/L', gen_random_uuid() FROM patient WHERE id = :person"
            ),
            month
            | {"person": person, "at": datetime(day.year, day.month, day.day, 7, tzinfo=LOCAL), "value": value * 1000},
        )

    def _end(self, person: UUID, given: Any) -> None:
        disease, day = given
        for each in patients.all_enrolments(self.session, person):
            if each.disease == disease and each.state != EnrolmentState.TERMINATED:
                change = Change(EnrolmentState.TERMINATED, day, EndReason.REFUSED)
                enrolling.change(self.session, SCOPE, person, each.id, change, now=NOW, on=TODAY)

    def _agree(self, person: UUID, purpose: Any) -> None:
        given = ConsentIn(purpose=purpose, ground=LegalGround.CONSENT, version="1", channel=ConsentChannel.PAPER)
        consents.give(self.session, SCOPE, person, given, now=NOW)

    def _number(self, person: UUID, value: Any) -> None:
        self.session.execute(
            text("INSERT INTO patient_identifier VALUES ('his', :value, :person) ON CONFLICT DO NOTHING"),
            {"value": str(value), "person": person},
        )

    def _know(self, person: UUID, given: Any) -> None:
        """A diagnosis, a medicine through its checks, a creatinine with the eGFR that follows from it."""
        kind, day = given
        if kind == "diagnosis":
            wanted = DiagnosisIn(on=day, icd10="I10")
            facts.record(self.session, SCOPE, person, FactKind.DIAGNOSIS, wanted, now=NOW, on=TODAY)
        elif kind == "medication":
            charts.add_medicine(self.session, SCOPE, person, MedicationIn(on=day, name="氨氯地平片"), now=NOW, on=TODAY)
        else:
            value = LaboratoryResultIn(on=day, analyte="CREATININE", value="88", unit="µmol/L")
            laboratory.record(self.session, SCOPE, person, value, now=NOW, on=TODAY)

    def _jobs(self, _person: UUID, _given: Any) -> None:
        followup_jobs.refresh(self.transaction, NOW)

    def rows(self) -> dict[str, dict[str, str]]:
        """Every row of the two people, whole, by its table and what it says."""
        found: dict[str, dict[str, str]] = {}
        for table in (*ALL_TABLES, "enrolment_event"):
            column = "enrolment_id IN (SELECT id FROM enrolment WHERE patient_id = ANY(:people))"
            where = column if table == "enrolment_event" else "patient_id = ANY(:people)"
            if table == "patient_merge":
                continue
            rows = self.session.execute(
                text(f"SELECT to_jsonb(r)::text FROM {table} AS r WHERE {where}"),  # noqa: S608
                {"people": self.people},
            )
            found[table] = {each: each for each in rows.scalars()}
        return found


@pytest.fixture
def clinics(make_clinic: Callable[..., Organisation], clinic: Organisation) -> list[UUID]:
    return [clinic.id, make_clinic("C2").id]


@pytest.fixture
def system(connection: Connection) -> db.Transaction:
    return lambda: db.transaction(connection, system_scope("job:test"))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    before=st.lists(ACTS, max_size=12),
    between=st.lists(ACTS, max_size=6),
    survivor=st.integers(0, 1),
)
def test_undone_both_records_are_exactly_what_they_were_and_later_rows_stay_with_the_survivor(
    before: list[Act], between: list[Act], survivor: int, session: Session, keys: Keyring, system: db.Transaction,
    clinics: list[UUID],
) -> None:  # fmt: skip
    point = session.begin_nested()
    world = World(session, keys, system, clinics)
    for act in before:
        world.do(act, world.people[act[1]])
    was = world.rows()
    keeps, gone = world.people[survivor], world.people[1 - survivor]
    done, new = merging.merge(session, SCOPE, keeps, gone, now=NOW)
    assert new
    merged = world.rows()
    for each in MOVED:
        if each.table != "patient_merge":
            assert not [row for row in merged[each.table] if f'"patient_id": "{gone}"' in row], each.table
    at_merge = {table: set(rows) for table, rows in merged.items()}
    for act in between:
        if act[0] not in {"end", "jobs"}:  # these change rows that were there: see the tests below
            world.do(act, keeps)
    added = {table: set(rows) - at_merge[table] for table, rows in world.rows().items()}
    assert merging.revert(session, SCOPE, done.id, now=NOW)[1]
    after = {table: set(rows) for table, rows in world.rows().items()}
    for table, rows in was.items():
        if table in {"enrolment", "task"}:
            continue  # a visit in between moves an enrolment's last follow-up and closes tasks: compared by id below
        assert after[table] == set(rows) | added[table], table
    ids = {table: _owners(set(was[table])) for table in ("enrolment", "task")}
    now_held = {table: _owners(after[table]) for table in ids}
    for table, held in ids.items():
        assert {key: now_held[table][key] for key in held} == held, table
        new_rows = now_held[table].keys() - held.keys()
        assert {now_held[table][key] for key in new_rows} <= {str(keeps)}, table
    point.rollback()


def _owners(rows: set[str]) -> dict[str, str]:
    read = [json.loads(row) for row in rows]
    return {row["id"]: row["patient_id"] for row in read}


def _enrolled(world: World, number: int, day: date = date(2026, 1, 5)) -> None:
    world.do(("enrol", number, (Disease.HTN, day)), world.people[number])


@pytest.fixture
def world(session: Session, keys: Keyring, system: db.Transaction, clinics: list[UUID]) -> World:
    return World(session, keys, system, clinics)


def test_of_two_open_enrolments_the_survivors_stands_and_the_other_comes_back(world: World, session: Session) -> None:
    _enrolled(world, 0)
    _enrolled(world, 1, date(2026, 2, 5))
    keeps, gone = world.people
    done, _ = merging.merge(session, SCOPE, keeps, gone, now=NOW)
    assert [each.enrolled_on for each in patients.all_enrolments(session, keeps)] == [date(2026, 1, 5)]
    merging.revert(session, SCOPE, done.id, now=NOW)
    assert [each.enrolled_on for each in patients.all_enrolments(session, gone)] == [date(2026, 2, 5)]
    assert len(patients.events(session, SCOPE, [patients.all_enrolments(session, gone)[0].id])) == 1


def test_what_was_changed_in_between_goes_back_as_it_is_now(world: World, session: Session) -> None:
    _enrolled(world, 1)
    keeps, gone = world.people
    done, _ = merging.merge(session, SCOPE, keeps, gone, now=NOW)
    world.do(("end", 0, (Disease.HTN, date(2026, 6, 1))), keeps)
    merging.revert(session, SCOPE, done.id, now=NOW)
    assert patients.all_enrolments(session, keeps) == []
    (back,) = patients.all_enrolments(session, gone)
    assert (back.state, back.ended_on) == ("TERMINATED", date(2026, 6, 1))


def test_a_correction_made_in_between_goes_back_with_the_fact_that_it_corrects(world: World, session: Session) -> None:
    keeps, gone = world.people
    for kind in ("diagnosis", "medication", "creatinine"):
        world.do(("know", 1, (kind, date(2026, 3, 1))), gone)
    chart = charts_of.one(session, SCOPE, gone, AsOf(TODAY))
    done, _ = merging.merge(session, SCOPE, keeps, gone, now=NOW)
    for kind, wanted in (
        (FactKind.DIAGNOSIS, DiagnosisIn(on=date(2026, 3, 1), icd10="I15.0")),
        (FactKind.MEDICATION, MedicationIn(on=date(2026, 3, 1), name="氨氯地平片", stopped_on=date(2026, 4, 1))),
        (FactKind.LABORATORY_RESULT, LaboratoryResultIn(on=date(2026, 3, 1), analyte="CREATININE", value="120", unit="µmol/L")),
    ):  # fmt: skip
        rows = fact_queries.of_person(session, SCOPE, FACT_TABLES[kind], keeps)
        (row,) = (each for each in rows if getattr(each, "analyte", "CREATININE") == "CREATININE")
        seen = facts.Seen("录错", f'"{row.id}"', NOW, TODAY)
        if kind is FactKind.MEDICATION:
            charts.change_medicine(session, SCOPE, keeps, row.fact_id, wanted, seen)
        elif kind is FactKind.LABORATORY_RESULT:
            laboratory.correct(session, SCOPE, keeps, row.fact_id, wanted, seen)
        else:
            facts.correct(session, SCOPE, keeps, kind, row.fact_id, wanted, seen)
    merging.revert(session, SCOPE, done.id, now=NOW)
    back, left = (charts_of.one(session, SCOPE, each, AsOf(TODAY)) for each in (gone, keeps))
    assert [each.icd10 for each in back.diagnoses] == ["I15.0"]
    assert back.current_medicines == ()
    assert back.lab("CREATININE") == 120
    assert back.lab("EGFR") != chart.lab("EGFR")
    assert (left.diagnoses, left.medicines, left.labs) == ((), (), {})
    reviews = session.scalars(text("SELECT DISTINCT patient_id FROM medicine_review")).all()
    assert reviews == [gone]


def test_a_merged_person_is_counted_once(world: World, session: Session, system: db.Transaction) -> None:
    for number in (0, 1):
        _enrolled(world, number)
    counting = text("SELECT count(DISTINCT patient_id) FROM indicator_fact WHERE patient_id = ANY(:people)")
    indicator_jobs.refresh(system, NOW)
    done, _ = merging.merge(session, SCOPE, *world.people, now=NOW)
    indicator_jobs.refresh(system, NOW)
    assert session.scalar(counting, {"people": world.people}) == 1
    merging.revert(session, SCOPE, done.id, now=NOW)
    indicator_jobs.refresh(system, NOW)
    assert session.scalar(counting, {"people": world.people}) == 2


def test_a_chain_is_undone_last_in_first_out(
    world: World, session: Session, keys: Keyring, clinics: list[UUID]
) -> None:
    third = world._person(clinics[0], 0)
    one, other = world.people
    first, _ = merging.merge(session, SCOPE, other, one, now=NOW)
    second, _ = merging.merge(session, SCOPE, third, other, now=NOW)
    assert patients.holder(session, SCOPE, one).id == third  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        merging.revert(session, SCOPE, first.id, now=NOW)
    merging.revert(session, SCOPE, second.id, now=NOW)
    merging.revert(session, SCOPE, first.id, now=NOW)
    assert {each: patients.get(session, SCOPE, each).merged_into for each in (one, other, third)} == dict.fromkeys(
        (one, other, third)
    )


def test_again_changes_nothing(world: World, session: Session) -> None:
    first, new = merging.merge(session, SCOPE, *world.people, now=NOW)
    again, new_again = merging.merge(session, SCOPE, *world.people, now=NOW)
    assert (first.id, new, new_again) == (again.id, True, False)
    assert merging.revert(session, SCOPE, first.id, now=NOW)[1]
    assert not merging.revert(session, SCOPE, first.id, now=NOW)[1]
    assert session.query(PatientMerge).count() == 1


def test_a_merged_record_takes_nothing_more_and_says_where_it_went(world: World, session: Session) -> None:
    keeps, gone = world.people
    merging.merge(session, SCOPE, keeps, gone, now=NOW)
    with pytest.raises(NotFound, match=str(keeps)):
        patients.get(session, SCOPE, gone)
    with pytest.raises(NotFound):
        merging.merge(session, SCOPE, gone, keeps, now=NOW)


def test_erasing_the_survivor_erases_what_was_merged_into_it(world: World, session: Session, keys: Keyring) -> None:
    keeps, gone = world.people
    merging.merge(session, SCOPE, keeps, gone, now=NOW)
    erasing.erase(session, SCOPE, keeps, now=NOW)
    assert [Opened(keys, session.get_one(Patient, each)).name for each in world.people] == ["***", "***"]


def test_who_sees_only_one_of_the_two_merges_nothing(world: World, session: Session, clinics: list[UUID]) -> None:
    nurse = Scope("user:x", frozenset(clinics[:1]))
    for pair in (world.people, world.people[::-1]):
        with pytest.raises(NotFound):
            merging.merge(session, nurse, *pair, now=NOW)


def test_both_ids_answer_with_the_surviving_record(world: World, session: Session, client: TestClient) -> None:
    keeps, gone = (str(each) for each in world.people)
    made = client.post("/v1/merges", json={"survivor_id": keeps, "merged_id": gone})
    assert made.status_code == 201
    answers = [client.get(f"/v1/patients/{each}").json() for each in (keeps, gone)]
    assert [each["id"] for each in answers] == [keeps, keeps]
    assert [each["asked_for"] for each in answers] == [keeps, gone]
    assert [each["id"] for each in answers[0]["merged"]] == [gone]
    assert len(answers[0]["merged"][0]["phones"]) == 1
    found = client.post("/v1/patients:search", json={"text": "王建囯"}).json()["items"]
    assert [each["id"] for each in found] == [keeps]
    assert client.get(f"/v1/patients/{gone}/readings").json()["code"] == "merged"
    reading = {
        "patient_id": gone,
        "kind": "glucose",
        "value": 7,
        "unit": "mmol/L",
        "taken_at": "2026-11-01T07:00:00+08:00",
    }
    assert client.post("/v1/readings", json=reading).json()["summary"] == {"created": 1}
    assert len(client.get(f"/v1/patients/{keeps}/readings").json()["items"]) == 1
    assert client.post(f"/v1/merges/{made.json()['id']}:revert").status_code == 200
    assert client.get(f"/v1/patients/{gone}").json()["id"] == gone
