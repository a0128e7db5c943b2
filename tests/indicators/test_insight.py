"""What stands behind a number: lists as long as it, reasons in words, ranking, change by management, quality."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.accounts.tables import AppUser
from cmc.clinical.codes import Disease, EndReason
from cmc.core.clock import LOCAL
from cmc.followups.tables import Followup
from cmc.indicators import explain, service
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.explain import Bucket
from cmc.indicators.insight import changing, quality
from cmc.indicators.insight.comparing import Part, middle, ranked
from cmc.indicators.insight.quality import Quality, QualityFlag
from cmc.indicators.measure import Measure, wilson
from cmc.indicators.periods import year_to_date
from cmc.organisations.tables import Organisation
from cmc.patients.tables import Enrolment

NOW = datetime(2025, 12, 20, 9, tzinfo=LOCAL)
YEAR = year_to_date(2025, 12)
_READING = """
INSERT INTO reading (id, taken_on, patient_id, clinic_id, kind, taken_at, received_at, setting, sbp_mmhg, dbp_mmhg,
    device, value_text, unit_text, receipt_id)
SELECT gen_random_uuid(), CAST(:day AS date), :patient_id, :clinic_id, 'blood_pressure', CAST(:day AS date), now(),
    'home', :sbp, :dbp, :device, '', 'mmHg', gen_random_uuid()
"""


def measure(code: str, disease: Disease = Disease.HTN) -> Measure:
    return next(each for each in DEFINITIONS if (each.code, each.disease) == (code, disease))


def reasons(session: Session, code: str, clinic: Organisation, bucket: Bucket) -> list[str]:
    found = explain.people(session, measure(code), clinic, YEAR, bucket, limit=100)
    return [reason.text.zh for each in found for reason in each.reasons]


@pytest.mark.parametrize(
    ("numerator", "denominator", "interval"),
    [
        (0, 10, ("0.00", "27.75")),
        (10, 10, ("72.25", "100.00")),
        (1, 2, ("9.45", "90.55")),
        (600, 1000, ("56.93", "62.99")),
    ],
)
def test_the_interval_is_wilsons(numerator: int, denominator: int, interval: tuple[str, str]) -> None:
    low, high = wilson(numerator, denominator) or ("", "")
    assert (str(low), str(high)) == interval
    assert wilson(0, 0) is None


class TestReasons:
    def test_visits_that_are_missing_are_counted(self, session: Session, histories: Any, clinic: Organisation) -> None:
        patient = histories.person()
        histories.stint(patient)
        for month in (2, 5, 8):
            histories.visit(patient, date(2025, month, 10))
        histories.exam(patient, date(2025, 5, 10))
        service.rebuild(session, periods=[YEAR], now=NOW)
        assert reasons(session, "IND-02", clinic, Bucket.NOT_MET) == ["4次面对面随访已完成3次，还差1次"]
        assert reasons(session, "IND-03", clinic, Bucket.NUMERATOR) == []

    def test_everything_that_is_missing_is_said(self, session: Session, histories: Any, clinic: Organisation) -> None:
        histories.stint(histories.person(), lost=date(2025, 6, 1))
        service.rebuild(session, periods=[YEAR], now=NOW)
        assert reasons(session, "IND-02", clinic, Bucket.NOT_MET) == [
            "失访：先恢复联系",
            "4次面对面随访已完成0次，还差4次",
            "期内无合格的年度体检：可与下次随访合并完成",
        ]

    def test_who_is_excluded_hears_why(
        self, session: Session, histories: Any, clinic: Organisation, other_clinic: Organisation
    ) -> None:
        histories.stint(histories.person(date(1995, 1, 1)))
        histories.stint(histories.person(died_on=date(2025, 3, 1)))
        moved = histories.person()
        histories.stint(moved, ended_on=date(2025, 6, 1), reason=EndReason.TRANSFERRED)
        histories.stint(moved, date(2025, 6, 2), at=other_clinic)
        service.rebuild(session, periods=[YEAR], now=NOW)
        assert sorted(reasons(session, "IND-02", clinic, Bucket.EXCLUDED)) == [
            "不属于法定统计人群（35岁以下或非原发）",
            "期内死亡",
            "期内迁出或转至其他机构",
        ]


class TestRoutes:
    @pytest.fixture
    def built(self, session: Session, histories: Any) -> list[Any]:
        patients = [histories.person() for _ in range(3)]
        for patient, sbp in zip(patients, (132, 138, 151), strict=True):
            histories.stint(patient)
            histories.visit(patient, date(2025, 11, 3), sbp, 80)
        service.rebuild(session, periods=[YEAR], now=NOW)
        session.flush()
        return patients

    def ask(self, place: Organisation, **more: Any) -> dict[str, Any]:
        return {"scope": str(place.id), "month": "2025-12"} | more

    def test_a_list_goes_page_by_page(
        self, client: TestClient, built: list[Any], clinic: Organisation, region: Organisation
    ) -> None:
        for place in (clinic, region):
            seen: list[str] = []
            cursor: dict[str, str] = {}
            while True:
                asked = self.ask(place, bucket="numerator", limit=1) | cursor
                page = client.get("/v1/indicator-values/IND-03/patients", params=asked).json()
                seen += [each["patient"]["id"] for each in page["items"]]
                assert page["total"] == 2
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
            assert seen == sorted(str(each.id) for each in built[:2])

    def test_the_record_says_the_same(self, client: TestClient, built: list[Any], clinic: Organisation) -> None:
        asked = self.ask(clinic, bucket="not_met")
        (listed,) = client.get("/v1/indicator-values/IND-03/patients", params=asked).json()["items"]
        assert listed["patient"]["id"] == str(built[2].id)
        assert listed["reasons"][0]["text"]["en"] == "151/80 on 2025-11-03, not controlled"
        own = client.get(f"/v1/patients/{built[2].id}/indicators", params={"month": "2025-12"}).json()["items"]
        (mine,) = (each for each in own if each["code"] == "IND-03")
        assert (mine["bucket"], mine["reasons"]) == ("not_met", listed["reasons"])
        assert {each["disease"] for each in own} == {"HTN"}

    @pytest.mark.parametrize(
        ("path", "more", "status"),
        [
            ("IND-99/patients", {"bucket": "numerator"}, 404),
            ("IND-02/patients", {"bucket": "numerator"}, 400),
            ("IND-03/patients", {"bucket": "all"}, 422),
            ("IND-03/patients", {"bucket": "numerator", "month": "2020-01"}, 400),
            ("IND-03/breakdown", {"by": "village"}, 422),
        ],
    )
    def test_what_cannot_be_asked_is_refused(
        self, client: TestClient, built: list[Any], clinic: Organisation, path: str, more: dict[str, str], status: int
    ) -> None:
        answer = client.get(f"/v1/indicator-values/{path}", params=self.ask(clinic, **more))
        assert answer.status_code in {status, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"

    def test_parts_are_ranked(self, client: TestClient, built: list[Any], region: Organisation) -> None:
        answer = client.get("/v1/indicator-values/IND-03/breakdown", params=self.ask(region, by="clinic")).json()
        (part,) = answer["items"]
        assert (part["numerator"], part["denominator"], part["percent"], part["rank"]) == (2, 3, "66.67", None)
        assert part["is_small"]

    def test_doctors_are_those_of_the_stints(self, client: TestClient, built: list[Any], clinic: Organisation) -> None:
        answer = client.get("/v1/indicator-values/IND-03/breakdown", params=self.ask(clinic, by="doctor")).json()
        assert [(each["doctor"], each["denominator"]) for each in answer["items"]] == [(None, 3)]

    def test_a_team_is_counted_by_its_doctors_and_lists_its_people(
        self, client: TestClient, session: Session, built: list[Any], clinic: Organisation, other_clinic: Organisation
    ) -> None:
        for stint, doctor in zip(session.scalars(select(Enrolment)), ("赵医生", "钱医生", "孙医生"), strict=True):
            stint.doctor = doctor
        session.flush()
        service.rebuild(session, periods=[YEAR], now=NOW)
        address = f"/v1/organisations/{clinic.id}/teams"
        team = client.post(address, json={"name": "第一团队", "doctors": ["赵医生", "钱医生"]}).json()["id"]
        asked = self.ask(clinic, by="team")
        items = client.get("/v1/indicator-values/IND-03/breakdown", params=asked).json()["items"]
        numbers = {each["team_id"]: each["denominator"] for each in items}
        assert numbers == {team: 2, None: 1}
        (own,) = (each for each in items if each["team_id"] == team)
        assert (own["name"]["zh"], own["is_small"], own["rank"], own["doctor"]) == ("第一团队", True, None, None)
        assert own["interval"] is not None
        for which, number in numbers.items():
            totals = [
                client.get(
                    "/v1/indicator-values/IND-03/patients",
                    params=self.ask(clinic, bucket=bucket, team=which or "none"),
                ).json()["total"]
                for bucket in ("numerator", "not_met")
            ]
            assert sum(totals) == number
        for place, status in ((other_clinic, 404), (session.get_one(Organisation, clinic.parent_id), 422)):
            answer = client.get(
                "/v1/indicator-values/IND-03/patients", params=self.ask(place, bucket="numerator", team=team)
            )
            assert answer.status_code == status, answer.text
        assert (
            client.get(
                "/v1/indicator-values/IND-03/breakdown", params=asked | {"scope": str(clinic.parent_id)}
            ).status_code
            == 422
        )
        assert client.put(f"/v1/teams/{team}", json={"name": "一", "doctors": ["孙医生"]}).status_code == 200
        items = client.get("/v1/indicator-values/IND-03/breakdown", params=asked).json()["items"]
        assert {each["team_id"]: each["denominator"] for each in items} == {team: 1, None: 2}

    def test_quality_tells_its_counts(self, client: TestClient, built: list[Any], clinic: Organisation) -> None:
        asked = {"scope": str(clinic.id), "from": "2025-01-01", "to": "2025-12-31"}
        answer = client.get("/v1/data-quality", params=asked).json()
        assert (answer["followups"], answer["pressures"], answer["sbp_130_139"], answer["flags"]) == (3, 3, 2, [])
        assert answer["sbp_histogram"][0] == {"from_mmhg": 130, "count": 1}

    def test_quality_tells_what_devices_sent(
        self, client: TestClient, session: Session, built: list[Any], clinic: Organisation
    ) -> None:
        visit = _any_visit(session)
        sent = {"patient_id": visit.patient_id, "clinic_id": clinic.id, "sbp": visit.sbp_mmhg, "dbp": visit.dbp_mmhg}
        for day in (visit.visited_on, visit.visited_on - timedelta(1)):
            session.execute(text("SELECT make_reading_partition(:day)"), {"day": day})
        session.execute(text(_READING), sent | {"day": visit.visited_on, "device": None})
        session.execute(text(_READING), sent | {"day": visit.visited_on - timedelta(1), "device": "A1"})
        session.execute(text(_READING), sent | {"day": visit.visited_on, "sbp": visit.sbp_mmhg + 1, "device": "A1"})
        asked = {"scope": str(clinic.id), "from": "2025-01-01", "to": "2025-12-31"}
        answer = client.get("/v1/data-quality", params=asked).json()
        assert (answer["from_device"], answer["typed"]) == (0, 3)
        for _ in range(2):
            session.execute(text(_READING), sent | {"day": visit.visited_on, "device": "A1"})
        answer = client.get("/v1/data-quality", params=asked).json()
        assert (answer["from_device"], answer["typed"]) == (1, 2)

    def test_quality_is_told_by_who_recorded(
        self, client: TestClient, histories: Any, built: list[Any], clinic: Organisation, region: Organisation
    ) -> None:
        nurse = "user:019a3c1e-7b1e-7000-8000-000000000001"
        histories.visit(built[0], date(2025, 11, 20), 131, 82, actor=nurse)
        asked = {"scope": str(clinic.id), "from": "2025-01-01", "to": "2025-12-31"}
        answer = client.get("/v1/data-quality/recorders", params=asked).json()
        assert [each["pressures"] for each in answer["items"]] == [3, 1]
        assert (answer["items"][1]["recorder"], answer["items"][1]["name"]) == (nurse, None)
        assert answer["items"][1]["flags"] == []
        above = client.get("/v1/data-quality/recorders", params=asked | {"scope": str(region.id)})
        assert above.status_code in {400, 422}

    def test_nobody_sees_how_a_colleague_measured(
        self, app: FastAPI, histories: Any, built: list[Any], sign_in: Any, session: Session, clinic: Organisation
    ) -> None:
        nurse, other = (
            TestClient(app, headers=sign_in(Role.NURSE, at=clinic, login=login)) for login in ("nurse.a", "nurse.b")
        )
        own = f"user:{session.scalars(select(AppUser.id).where(col(AppUser.login) == 'nurse.a')).one()}"
        histories.visit(built[0], date(2025, 11, 20), 131, 82, actor=own)
        asked = {"scope": str(clinic.id), "from": "2025-01-01", "to": "2025-12-31"}
        found = nurse.get("/v1/data-quality/own", params=asked).json()["items"]
        assert [(each["recorder"], each["pressures"]) for each in found] == [(own, 1)]
        assert other.get("/v1/data-quality/own", params=asked).json()["items"] == []
        for role in (Role.NURSE, Role.DOCTOR, Role.SUPERVISOR):
            somebody = TestClient(app, headers=sign_in(role, at=clinic))
            assert somebody.get("/v1/data-quality/recorders", params=asked).status_code == 403, role
        manager = TestClient(app, headers=sign_in(Role.MANAGER, at=clinic))
        assert len(manager.get("/v1/data-quality/recorders", params=asked).json()["items"]) == 2

    def test_a_quarter_is_counted_from_the_records(
        self, client: TestClient, built: list[Any], clinic: Organisation, region: Organisation
    ) -> None:
        quarter = {"from": "2025-10-01", "to": "2025-12-31"}
        answer = client.get("/v1/indicator-values/IND-03/period", params={"scope": str(clinic.id)} | quarter).json()
        assert (answer["numerator"], answer["denominator"], answer["percent"]) == (2, 3, "66.67")
        before = {"scope": str(clinic.id), "from": "2025-07-01", "to": "2025-09-30"}
        answer = client.get("/v1/indicator-values/IND-03/period", params=before).json()
        assert (answer["numerator"], answer["denominator"]) == (0, 3)
        whole = client.get("/v1/indicator-values/IND-03/period", params={"scope": str(region.id)} | quarter)
        assert whole.status_code in {400, 422}

    @pytest.mark.parametrize(
        ("first", "last"), [("0001-01-01", "0001-02-01"), ("9999-01-01", "9999-12-31"), ("2025-02-01", "2025-01-01")]
    )
    def test_days_that_no_record_has_are_refused(
        self, client: TestClient, clinic: Organisation, first: str, last: str
    ) -> None:
        asked = {"scope": str(clinic.id), "from": first, "to": last}
        for path in ("data-quality", "indicator-values/IND-03/period"):
            assert client.get(f"/v1/{path}", params=asked).status_code in {400, 422}

    def test_quality_of_two_years_is_refused(self, client: TestClient, clinic: Organisation) -> None:
        asked = {"scope": str(clinic.id), "from": "2024-01-01", "to": "2025-12-31"}
        assert client.get("/v1/data-quality", params=asked).status_code in {400, 422}

    def test_change_is_told_by_cohort(self, client: TestClient, clinic: Organisation, built: list[Any]) -> None:
        answer = client.get("/v1/management-change", params=self.ask(clinic, disease="HTN")).json()
        assert answer["together"]["people"] == 0
        assert answer["together"]["points"] is None


def _any_visit(session: Session) -> Any:
    return session.scalars(select(Followup).where(col(Followup.sbp_mmhg).is_not(None)).limit(1)).one()


def test_ranks_are_shared_by_equals_and_withheld_from_the_small() -> None:
    parts = [Part(None, None, name, *counts, 0) for name, counts in {
        "a": (5, 10), "b": (50, 100), "c": (90, 100), "d": (9, 9), "e": (1, 100)}.items()]  # fmt: skip
    found = ranked(parts, measure("IND-03"))
    assert [(each.doctor, each.rank) for each in found] == [("c", 1), ("a", 2), ("b", 2), ("e", 4), ("d", None)]
    assert str(middle(found)) == "50.00"
    assert ranked(parts, measure("IND-08"))[0].doctor == "e"


class TestChange:
    def test_the_same_people_before_and_after(self, session: Session, histories: Any, clinic: Organisation) -> None:
        for first, last, began in ((150, 130, 2), (150, 150, 2), (130, 130, 5), (150, 130, 11)):
            patient = histories.person()
            histories.stint(patient, date(2025, began, 1))
            histories.visit(patient, date(2025, began, 5), first, 80)
            histories.visit(patient, date(2025, 12, 5), last, 80)
        service.rebuild(session, periods=[YEAR], now=NOW)
        found = changing.cohorts(session, [clinic.id], Disease.HTN, YEAR)
        assert [(each.first_on, each.change) for each in found] == [
            (date(2025, 1, 1), changing.Change(2, 0, 1)),
            (date(2025, 4, 1), changing.Change(1, 1, 1)),
        ]
        together = changing.together(found)
        assert (together, str(together.points)) == (changing.Change(3, 1, 2), "33.34")


def pressures(values: list[int], lower: Sequence[int] = ()) -> Quality:
    sbp = {value: values.count(value) for value in set(values)}
    digits = {digit: sum(value % 10 == digit for value in (*values, *lower)) for digit in range(10)}
    return Quality(len(values), 0, 0, 0, 0, sbp, digits)


def test_made_up_values_are_flagged() -> None:
    chance = random.Random(1)
    for _ in range(50):
        found = quality.flags(pressures([chance.randint(128, 138) for _ in range(120)]))
        assert QualityFlag.PILED_BELOW_140 in found
        assert QualityFlag.NARROW_SPREAD in found


def test_honest_values_are_hardly_ever_flagged() -> None:
    chance = random.Random(2)
    flagged = 0
    for at in range(1000):
        mean = chance.uniform(126, 146)
        values = [round(chance.gauss(mean, chance.uniform(10, 16))) for _ in range(60 + at)]
        flagged += bool(quality.flags(pressures(values)))
    assert flagged <= 10


def test_what_the_form_filling_script_types_is_flagged_from_the_first_number_that_says_anything() -> None:
    """Systolic 128–138 and diastolic 78–88, each as likely, by one recorder among honest ones."""
    chance = random.Random(3)
    for number in (quality.ENOUGH, 60, 200, 2000):
        for _ in range(50):
            assert quality.flags(pressures([chance.randint(128, 138) for _ in range(number)])), number


def test_honest_recorders_with_few_and_with_many_values_are_hardly_ever_flagged() -> None:
    """As they differ: how well their people are treated, how much these differ, and a scale read to 2 mmHg."""
    chance = random.Random(4)
    flagged = 0
    for at in range(600):
        mean, spread = chance.uniform(122, 150), chance.uniform(9, 18)
        number, step = chance.choice((quality.ENOUGH, 80, 150, 400, 1500)), 2 if at % 3 == 0 else 1
        high = [round(chance.gauss(mean, spread) / step) * step for _ in range(number)]
        low = [round(chance.gauss(0.6 * mean, 0.6 * spread) / step) * step for _ in range(number)]
        flagged += bool(quality.flags(pressures(high, low)))
    assert flagged <= 6


def test_who_rounds_half_of_the_values_to_tens_is_flagged() -> None:
    chance = random.Random(5)
    for _ in range(50):
        values = [round(chance.gauss(136, 14)) for _ in range(60)]
        rounded = [round(each / 10) * 10 if at % 2 else each for at, each in enumerate(values)]
        assert quality.flags(pressures(rounded)) == [QualityFlag.LAST_DIGIT]


def test_few_values_say_nothing() -> None:
    assert quality.flags(pressures([130] * 49)) == []
