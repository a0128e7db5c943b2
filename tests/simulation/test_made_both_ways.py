"""A region stored by COPY is, row for row and value for value, the region that comes of using the services.

The same draws are stored twice: once as the product does it, and once by registering, enrolling, recording and posting
every single thing through the services at the moment at which it is said to have happened.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cmc.clinical.alert_facts import ANSWERED_AFTER
from cmc.clinical.codes import Disease, EndReason, EnrolmentState, GlucoseFlag, GlucosePeriod, Sex
from cmc.clinical.codes import FootSide as Side
from cmc.clinical.enrolment import Change
from cmc.core import db, migrations
from cmc.core.clock import LOCAL
from cmc.core.crypto import Keyring, key_id
from cmc.core.scope import system_scope
from cmc.followups import service as followups
from cmc.followups.schemas import FollowupIn
from cmc.ingest import identity, receipts
from cmc.ingest import service as ingest
from cmc.ingest.formats import native
from cmc.ingest.keeping import Arrival
from cmc.patients import enrolling
from cmc.patients import queries as patients
from cmc.patients import service as registration
from cmc.patients.protected import Opened
from cmc.patients.schemas import EnrolmentIn, Identifier, PatientIn
from cmc.patients.tables import Patient
from cmc.records import annual_exams
from cmc.records.annual_exam_schemas import AnnualExamIn
from cmc.simulation import store
from cmc.simulation.cells import Drawn, draw_all
from cmc.simulation.laboratory import LABORATORY, of_exams
from cmc.simulation.lives import DOCTORS, HOSPITALS, Ending
from cmc.simulation.people import DISEASES
from cmc.simulation.plan import ACTOR, IDENTIFIER_SYSTEM, Plan
from cmc.simulation.region import region
from cmc.simulation.rows import exams as exam_rows
from cmc.simulation.rows import forms, readings
from cmc.simulation.rows import people as person_rows
from cmc.simulation.rows.laboratory import ANALYTES
from cmc.simulation.visits import DANGERS

PLAN = Plan(people=330, clinics=2, years=2, seed=11, end=date(2025, 11, 30))
SCOPE = system_scope(ACTOR)
DAY_ZERO = date(1970, 1, 1)
Event = tuple[datetime, int, Callable[[Session], None]]

# What names a row beyond its id, which the two ways may draw differently; everything else must be equal.
OWN = {
    "patient": "SELECT p.*, i.value AS number FROM patient p JOIN patient_identifier i ON i.patient_id = p.id",
    "patient_token": "SELECT * FROM patient_token",
    "consent": "SELECT * FROM consent",
    "enrolment": "SELECT * FROM enrolment",
    "enrolment_event": "SELECT * FROM enrolment_event",
    "followup": "SELECT * FROM followup",
    "annual_exam": "SELECT * FROM annual_exam",
    "laboratory_result": "SELECT * FROM laboratory_result",
    "reading": "SELECT * FROM reading",
    "receipt": "SELECT * FROM receipt",
    "held_reading": "SELECT * FROM held_reading",
    # Tasks of critical readings follow from alerts, which a region that lived has also of long ago: see below.
    "task": "SELECT * FROM task WHERE kind <> 'critical_reading'",
    "indicator_fact": "SELECT * FROM indicator_fact",
    "indicator_value": "SELECT * FROM indicator_value",
    "organisation": "SELECT * FROM organisation",
}


@pytest.fixture(scope="module")
def both(new_database: Callable[[], str], keys: Keyring) -> Iterator[tuple[Engine, Engine]]:
    engines = []
    for fill in (by_copy, by_services):
        url = new_database()
        migrations.upgrade(url)
        engine = db.make_engine(url)
        engines.append(engine)
        fill(engine, keys)
    yield engines[0], engines[1]
    for engine in engines:
        engine.dispose()


def by_copy(engine: Engine, keys: Keyring) -> None:
    store.store(engine, keys, PLAN, progress=lambda *_: None)


def by_services(engine: Engine, keys: Keyring) -> None:
    where = region(PLAN)
    with db.transaction(engine) as session:
        clinics = store.organisations_of(session, PLAN, where)
        events: list[Event] = []
        for drawn in draw_all(PLAN, where):
            events += Life(drawn, clinics, keys).events()
        session.execute(text("SET LOCAL statement_timeout = 0"))
        for _, _, happen in sorted(events, key=lambda event: event[:2]):
            happen(session)
    store.live_a_night(engine, PLAN, progress=lambda *_: None)


@pytest.mark.parametrize("table", OWN)
def test_the_rows_of_both_ways_are_equal(both: tuple[Engine, Engine], table: str, keys: Keyring) -> None:
    copied, served = (contents(engine, table, keys) for engine in both)
    assert len(copied) > 0
    for ours, theirs in zip(copied, served, strict=True):
        assert ours == theirs


def test_of_the_last_fortnight_the_same_critical_values_wait_for_the_same_people(both: tuple[Engine, Engine]) -> None:
    night = store.night_after(PLAN)
    query = text(
        "SELECT i.value, a.rule FROM alert AS a JOIN patient_identifier AS i USING (patient_id)"
        " WHERE a.status <> 'closed' AND a.rule LIKE 'critical%' AND a.last_at BETWEEN :since AND :night"
    )
    found = []
    for engine in both:
        with engine.connect() as connection:
            values = {"since": night - ANSWERED_AFTER, "night": night}
            found.append({tuple(row) for row in connection.execute(query, values)})
    assert found[0] == found[1]
    assert found[0]


def test_everything_that_can_happen_happened(both: tuple[Engine, Engine]) -> None:
    with both[0].connect() as connection:
        ends = set(connection.scalars(text("SELECT DISTINCT end_reason FROM enrolment")))
        back = connection.scalar(text("SELECT count(*) FROM enrolment_event WHERE from_state = 'LOST'"))
        late = connection.scalar(text("SELECT count(*) FROM followup WHERE is_late_entry"))
        classes = set(connection.scalars(text("SELECT DISTINCT classification FROM followup")))
        actions = set(connection.scalars(text("SELECT DISTINCT action FROM followup")))
        tiers = set(connection.scalars(text("SELECT DISTINCT alert_tier FROM reading")))
        notes = set(connection.scalars(text("SELECT DISTINCT notes FROM reading")))
        secondary = connection.scalar(text("SELECT count(*) FROM enrolment WHERE NOT primary_disease"))
        invalid = connection.scalar(text("SELECT count(*) FROM followup WHERE NOT is_valid"))
        twins = connection.scalar(text("SELECT count(*) FROM patient WHERE citizen_id_token IS NULL"))
    assert ends == {None, "DIED", "MOVED_OUT", "REFUSED", "TRANSFERRED"}
    assert (classes, actions) == ({None, 1, 2, 3, 4}, {"ROUTINE", "ADJUST", "REFER", "EMERGENCY_REFER", "NEED_DATA"})
    assert (tiers, notes >= {None, "clock_ahead"}) == ({None, "RED"}, True)
    assert all((back, late, secondary, invalid, twins))


def contents(engine: Engine, table: str, keys: Keyring) -> list[tuple[Any, ...]]:
    """The rows of a table, opened, with ids replaced by what they stand for, in an order of their own."""
    with engine.connect() as connection:
        names = names_of_ids(connection)
        rows = connection.execute(text(OWN[table])).mappings()
        return sorted(
            (
                tuple(
                    (name, plain(value, names))
                    for name, value in opened(keys, table, dict(row)).items()
                    if name != "advice"  # for the one who makes the visit: a simulated one is judged and not advised
                )
                for row in rows
            ),
            key=repr,
        )


def opened(keys: Keyring, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is sealed in clear, as it is read by the service; of the key, the master key that wraps it."""
    if table == "patient":
        patient = Patient(**{name: value for name, value in row.items() if name != "number"})
        person = Opened(keys, patient)
        for name in ("name", "citizen_id", "citizen_id_original", "phone", "address"):
            row[f"{name}_cipher"] = getattr(person, name)
    elif table == "receipt":
        row["body"] = receipts.opened(keys, row["id"], row["data_key"], row["body"])
    return row | {"data_key": key_id(row["data_key"])} if "data_key" in row else row


def names_of_ids(connection: Any) -> dict[str, str]:
    """What every id that is drawn stands for, in words that both ways share."""
    found = {}
    for query in (
        "SELECT patient_id, 'patient ' || value FROM patient_identifier",
        (
            "SELECT e.id, concat('enrolment ', value, e.disease, e.enrolled_on) FROM enrolment e"
            " JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT v.id, concat('event ', value, e.disease, e.enrolled_on, v.happened_on, v.to_state)"
            " FROM enrolment_event v JOIN enrolment e ON e.id = enrolment_id JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT f.id, concat('followup ', value, f.disease, f.visited_on) FROM followup f"
            " JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT f.encounter_id, concat('encounter ', value, f.visited_on) FROM followup f"
            " JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT r.id, concat('referral ', value, r.direction, r.proposed_on) FROM referral r"
            " JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT a.id, concat('alert ', value, a.rule, ' ', row_number() OVER (PARTITION BY patient_id, a.rule"
            " ORDER BY a.id)) FROM alert a JOIN patient_identifier i USING (patient_id)"
        ),
        ("SELECT c.id, concat('consent ', value) FROM consent c JOIN patient_identifier i USING (patient_id)"),
        (
            "SELECT a.id, concat('exam ', value, a.happened_on) FROM annual_exam a"
            " JOIN patient_identifier i USING (patient_id)"
        ),
        (
            "SELECT r.id, concat('result ', value, r.analyte, r.happened_on) FROM"
            " (SELECT id, patient_id, analyte, happened_on FROM laboratory_result) r"
            " JOIN patient_identifier i USING (patient_id)"
        ),
    ):
        found |= {str(each): name for each, name in connection.execute(text(query))}
    numbered = (
        "SELECT patient_id, value, device, kind, sequence, taken_at FROM reading JOIN patient_identifier"
        " USING (patient_id)"
    )
    for person, value, *rest in connection.execute(text(numbered)):
        found[str(identity.by_sequence(person, *rest))] = f"reading {value} {rest}"
    return found


def plain(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], dict):  # results that an examination names
        return [sorted((name, plain(one, names)) for name, one in each.items()) for each in value]
    if isinstance(value, str) and ":" in value:  # the cause of a task: kind:id
        kind, _, id_ = value.partition(":")
        return f"{kind}:{names.get(id_, id_)}"
    if isinstance(value, memoryview | bytes):
        return bytes(value)
    words = str(value)
    if words in names:
        return names[words]
    return "a task" if len(words) == 36 and type(value).__name__ == "UUID" and words[14] == "7" else value


def on_day(number: Any) -> date:
    return DAY_ZERO + timedelta(days=int(number))


def local(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(minute // 60, minute % 60), LOCAL)


class Life:
    """The lives of the people of a cell as calls of the services."""

    def __init__(self, drawn: Drawn, clinics: list[str], keys: Keyring) -> None:
        self.drawn, self.clinics, self.keys = drawn, clinics, keys
        self.own = clinics[drawn.cell.clinic.number]
        self.lab = of_exams(PLAN, drawn.cell, drawn.who, drawn.true, drawn.exam)

    def events(self) -> list[Event]:
        found: list[Event] = []
        for place in range(len(self.drawn.who)):
            found += self.person(place)
        for row in range(len(self.drawn.visit["who"])):
            found.append(self.visit(row))
        for row in range(len(self.drawn.exam["who"])):
            found.append(self.exam(row))
        return found + self.uploads()

    def patient(self, session: Session, place: int) -> Any:
        number = str(self.drawn.who.number[place])
        return patients.by_identifier(session, SCOPE, IDENTIFIER_SYSTEM, [number])[number]

    def person(self, place: int) -> list[Event]:
        who, life = self.drawn.who, self.drawn.life
        day = on_day(life.registered[place])
        card = person_rows.given_number(who, place)

        def register(session: Session) -> None:
            wanted = PatientIn(
                clinic_id=self.own,
                name=str(who.name[place]),
                citizen_id=card,
                sex=None if card else (Sex.M if who.male[place] else Sex.F),
                birth_date=None if card else on_day(who.birth[place]),
                phone=str(who.phone[place]) or None,
                address=str(who.address[place]),
                identifiers=[Identifier(system=IDENTIFIER_SYSTEM, value=str(who.number[place]))],
            )
            registration.register(
                session, SCOPE, self.keys, wanted, now=local(day, person_rows.REGISTERED_MINUTE), on=PLAN.end
            )

        found: list[Event] = [(local(day, person_rows.REGISTERED_MINUTE), place, register)]
        found += [self.enrolment(place, disease) for disease in range(2) if who.has[place, disease]]
        ending, ended = life.ending[place], life.ended[place]
        if ending == Ending.LOST:
            found.append(self.change(place, EnrolmentState.LOST, on_day(life.lost_on[place]), None))
        elif ending == Ending.TRANSFERRED:
            found.append(self.transfer(place, on_day(ended)))
        elif ending == Ending.DIED:
            found.append(self.death(place, on_day(ended)))
        elif ending != Ending.NONE:
            reason = EndReason.MOVED_OUT if ending == Ending.MOVED_OUT else EndReason.REFUSED
            found.append(self.change(place, EnrolmentState.TERMINATED, on_day(ended), reason))
        return found

    def enrolment(self, place: int, disease: int) -> Event:
        life = self.drawn.life
        day = on_day(life.enrolled[place, disease])
        now = local(day, person_rows.ENROLLED_MINUTE)

        def enrol(session: Session) -> None:
            wanted = EnrolmentIn(
                disease=DISEASES[disease],
                enrolled_on=day,
                confirmed_on=day - timedelta(days=person_rows.CONFIRMED_DAYS_BEFORE),
                confirmed_at=HOSPITALS[life.hospital[place]],
                doctor=DOCTORS[life.doctor[place]],
                primary_disease=not (disease == 0 and bool(life.secondary[place])),
                consent=True,
            )
            enrolling.enrol(session, SCOPE, self.patient(session, place).id, wanted, now=now, on=day)

        return now, place, enrol

    def open_enrolments(self, session: Session, patient_id: Any) -> list[Any]:
        found = patients.enrolments(session, SCOPE, patient_id)
        return sorted((each for each in found if each.state != "TERMINATED"), key=lambda each: each.disease)

    def change(self, place: int, state: EnrolmentState, day: date, reason: EndReason | None) -> Event:
        now = local(day, person_rows.CHANGED_MINUTE)

        def happen(session: Session) -> None:
            person = self.patient(session, place)
            evidence = person_rows.evidence(day) if state is EnrolmentState.LOST else None
            for each in self.open_enrolments(session, person.id):
                wanted = Change(state, day, reason, evidence)
                enrolling.change(session, SCOPE, person.id, each.id, wanted, now=now, on=day)

        return now, place, happen

    def transfer(self, place: int, day: date) -> Event:
        now, to = local(day, person_rows.CHANGED_MINUTE), self.clinics[self.drawn.life.to_clinic[place]]

        def happen(session: Session) -> None:
            person = self.patient(session, place)
            for each in self.open_enrolments(session, person.id):
                enrolling.transfer(session, SCOPE, person.id, each.id, UUID(to), on=day, now=now, today=day)

        return now, place, happen

    def death(self, place: int, day: date) -> Event:
        now = local(day, person_rows.CHANGED_MINUTE)

        def happen(session: Session) -> None:
            person, cause = self.patient(session, place), person_rows.DEATH_CAUSE
            enrolling.record_death(session, SCOPE, person.id, died_on=day, cause=cause, now=now, on=day)

        return now, place, happen

    def visit(self, row: int) -> Event:
        v = {name: int(column[row]) for name, column in self.drawn.visit.items()}
        day = on_day(v["day"])
        late = local(on_day(v["day"] + v["delay"]), 16 * 60)
        now = late if v["delay"] else local(day, v["minute"]) + timedelta(minutes=10)

        def record(session: Session) -> None:
            form = FollowupIn(patient_id=self.patient(session, v["who"]).id, **self.form(v, day))
            followups.record(session, SCOPE, form, now=now, on=now.date(), reconcile=False)

        return now, v["who"], record

    def form(self, v: dict[str, int], day: date) -> dict[str, Any]:
        """The form of a visit as a nurse would send it."""
        htn, dm = bool(v["htn"]), bool(v["dm"])
        found: dict[str, Any] = {
            "diseases": [disease for disease, has in ((Disease.HTN, htn), (Disease.T2DM, dm)) if has],
            "visited_on": day,
            "visited_time": time(v["minute"] // 60, v["minute"] % 60),
            "mode": v["mode"],
            "doctor": DOCTORS[v["doctor"]] if v["doctor"] >= 0 else None,
            "sbp_mmhg": known(v["sbp"]),
            "dbp_mmhg": known(v["dbp"]),
            "heart_rate_bpm": v["rate"],
            "weight_kg": tenths(v["weight"]),
            "temperature_c": tenths(v["temperature"]),
            "weight_target_kg": self.weight_target(v),
            "height_cm": tenths(int(self.drawn.who.height_tenths[v["who"]])),
            "fasting_glucose_mmol_l": None if v["fasting_flag"] else tenths(v["fasting"]),
            "fasting_glucose_flag": (None, *GlucoseFlag)[v["fasting_flag"]],
            "other_glucose_mmol_l": tenths(v["other"]),
            "other_glucose_period": GlucosePeriod.AFTER_BREAKFAST_2H if v["other"] >= 0 else None,
            "other_symptoms": forms.COMPLAINT if v["complaint"] else None,
            "danger_signs": list(DANGERS[v["danger"]]),
            "foot_pulse": v["foot"] or None,
            "foot_pulse_side": (None, *Side)[v["side"]],
            "hypoglycaemia": v["hypo"] or None,
            "adherence": v["adherence"] or None,
            "lifestyle": {
                "cigarettes_per_day": v["cigarettes"],
                "alcohol_liang_per_day": tenths(v["alcohol"]),
                "exercise_times_per_week": v["times"],
                "exercise_minutes": v["minutes"],
                "salt": v["salt"] or None,
                "staple_food_g_per_day": v["staple"] or None,
                "mental_adjustment": v["mental"],
                "follows_advice": v["advice"],
            },
            "lifestyle_targets": forms.targets(smokes=v["cigarettes"] > 0, salt=htn),
            **{name: True for name, column in forms.SIGNS.items() if v[column]},
        }
        if htn:
            found["hypertension_symptoms"] = listed(forms.HTN_SYMPTOMS[v["htn_symptoms"]])
        if dm:
            found["diabetes_symptoms"] = listed(forms.DM_SYMPTOMS[v["dm_symptoms"]])
        if v["adverse"]:
            found["adverse_reaction_text"] = forms.REACTION
        if v["new"] or v["worse"]:
            found["complication_text"] = forms.COMPLICATION
        if v["hba1c"] >= 0:
            found["hba1c_percent"] = tenths(v["hba1c"])
        drugs = forms.medications((v["regimen_0"] if htn else -1, v["regimen_1"] if dm else -1))
        found |= {"medications": drugs} if drugs else {"no_medication": True}
        if v["chosen"]:
            found["next_visit_on"] = on_day(v["next"])
        return found

    def weight_target(self, v: dict[str, int]) -> float | None:
        columns = {name: np.array([value]) for name, value in v.items()}
        return tenths(int(forms.weight_target(self.drawn.who, columns)[0]))

    def exam(self, row: int) -> Event:
        e = {name: int(column[row]) for name, column in self.drawn.exam.items()}
        day = on_day(e["day"])
        now = local(day, e["minute"] + exam_rows.ENTERED_AFTER_MINUTES)
        one = {name: np.array([value]) for name, value in e.items()}
        fields: dict[str, Any] = {"on": day}
        fields["form"] = exam_rows.way_of_life(e["smoking"], e["cigarettes"])
        fields["labs"] = [
            {"analyte": ANALYTES[test], "value": f"{each.value[row]:.{decimals}f}", "unit": unit}
            for test, each in self.lab.items()
            for _, unit, decimals in (LABORATORY[test],)
            if each.done[row]
        ]
        for field, (_, kind) in exam_rows.MEASURED.items():
            value = int(exam_rows.given(one, field)[0])
            fields[field] = tenths(value) if kind == "tenths" else (value or None if kind == "code" else known(value))

        def record(session: Session) -> None:
            person = self.patient(session, e["who"])
            annual_exams.record(session, SCOPE, person.id, AnnualExamIn(**fields), now=now, on=day)

        return now, e["who"], record

    def uploads(self) -> list[Event]:
        reading = self.drawn.reading
        sent = readings.uploads(self.drawn.who, reading)
        first = np.unique(reading["upload"], return_index=True)[1]
        source = f"gateway:{readings.hub(self.drawn.cell)}"
        found: list[Event] = []
        for body, at in zip(sent.bodies, reading["received"][first].tolist(), strict=True):
            now = datetime.fromtimestamp(at, LOCAL)
            found.append((now, -1, self.upload(Arrival(source, native.FORMAT.code, body, self.keys), now)))
        return found

    def upload(self, arrival: Arrival, now: datetime) -> Callable[[Session], None]:
        def post(session: Session) -> None:
            ingest.store(session, SCOPE, arrival, native.read(arrival.body).items, now=now)

        return post


def known(value: int) -> int | None:
    return value if value >= 0 else None


def tenths(value: int) -> float | None:
    return value / 10 if value >= 0 else None


def listed(codes: tuple[int, ...] | None) -> list[int] | None:
    return list(codes) if codes else None
