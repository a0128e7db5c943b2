"""Calibration: which readings are marked, and that a later calibration does not make earlier readings good."""

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient

from cmc.core import clock
from cmc.core.text import Text
from cmc.devices.calibration import Calibration, overdue
from cmc.organisations.tables import Organisation
from cmc.printing import labels

JAN, JUN, AUG = date(2026, 1, 10), date(2026, 6, 1), date(2026, 8, 1)


@pytest.mark.parametrize(
    ("on", "is_overdue"),
    [
        (date(2026, 1, 9), False),  # before anything is known
        (JAN, False),
        (date(2026, 5, 31), False),
        (JUN, True),  # that day has come
        (date(2026, 7, 31), True),
        (AUG, False),  # calibrated anew
        (date(2027, 7, 31), False),
        (date(2027, 8, 1), True),
    ],
)
def test_the_latest_calibration_up_to_the_day_decides(on: date, is_overdue: bool) -> None:
    known = [Calibration(AUG, date(2027, 8, 1)), Calibration(JAN, JUN)]
    assert overdue(known, on) is overdue(reversed(known), on) is is_overdue


def test_without_an_end_or_a_calibration_nothing_is_overdue() -> None:
    assert not overdue([Calibration(JAN, None)], date(2099, 1, 1))
    assert not overdue([], date(2099, 1, 1))


@pytest.fixture
def cuff(client: TestClient, clinic: Organisation) -> str:
    """A cuff in use for a year whose calibration came due a month ago."""
    today = clock.today()
    wanted = {
        "code": "BP-9", "kind": "cuff", "clinic_id": str(clinic.id),
        "in_use_since": (clock.now() - timedelta(days=365)).isoformat(),
        "calibrated_on": str(today - timedelta(days=365)), "calibration_due_on": str(today - timedelta(days=30)),
    }  # fmt: skip
    answer = client.post("/v1/devices", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _send(client: TestClient, person: Any, days_ago: int, sequence: int, **more: Any) -> dict[str, Any]:
    at = clock.now() - timedelta(days=days_ago)
    item = {
        "kind": "blood_pressure", "patient_id": str(person.id), "systolic": 130, "diastolic": 80, "unit": "mmHg",
        "device": "BP-9", "sequence": sequence, "taken_at": at.isoformat(), **more,
    }  # fmt: skip
    told: dict[str, Any] = client.post("/v1/readings", json=item).json()["results"][0]
    return told


def _marks(client: TestClient, person: Any) -> tuple[list[bool], list[bool]]:
    """Of the list and of the chart, the earliest first."""
    address = f"/v1/patients/{person.id}/readings"
    listed = [each["calibration_overdue"] for each in client.get(address).json()["items"]]
    drawn = client.get(address, params={"series": "blood_pressure"}).json()["series"]["points"]
    return listed[::-1], [each["calibration_overdue"] for each in drawn]


def test_readings_of_a_device_that_is_due_are_marked_in_list_chart_and_review(
    client: TestClient, cuff: str, make_patient: Any
) -> None:
    person = make_patient()
    for number, days_ago in enumerate((40, 30, 5)):
        assert _send(client, person, days_ago, number)["status"] == "created"
    assert _send(client, person, 2, 7, device="BP-0")["status"] == "created"  # a device that nobody has on file
    assert _marks(client, person) == ([False, True, True, False],) * 2
    held = _send(client, person, 1, 8, systolic=131, patient_id=None, taken_at="2000-01-01T08:00:00+08:00")
    assert held["status"] in {"quarantined", "rejected", "refused"}, held
    waiting = client.get("/v1/held-readings").json()["items"]
    assert [each["calibration_overdue"] for each in waiting] == [False]  # in 2000 nothing was known of it


def test_a_new_calibration_counts_from_its_day_on(client: TestClient, cuff: str, make_patient: Any) -> None:
    person = make_patient()
    for number, days_ago in enumerate((40, 20, 8)):
        _send(client, person, days_ago, number)
    today = clock.today()
    new = {"calibrated_on": str(today - timedelta(days=10)), "calibration_due_on": str(today + timedelta(days=355))}
    changed = client.patch(f"/v1/devices/{cuff}", json=new)
    assert (changed.status_code, changed.json()["calibration_due"]) == (200, False)
    assert _marks(client, person) == ([False, True, False],) * 2
    made = client.get(f"/v1/devices/{cuff}").json()["calibrations"]
    assert [each["calibrated_on"] for each in made] == [str(today - timedelta(days=each)) for each in (10, 365)]


@pytest.mark.parametrize("body", [{"calibration_due_on": None}, {"model": "X"}])
def test_what_is_not_about_the_calibration_leaves_the_marks(
    client: TestClient, cuff: str, make_patient: Any, body: dict[str, Any]
) -> None:
    person = make_patient()
    _send(client, person, 8, 1)
    assert client.patch(f"/v1/devices/{cuff}", json=body).status_code == 200
    assert _marks(client, person) == ([True],) * 2


@pytest.mark.parametrize(
    "body",
    [
        {"calibrated_on": str(clock.today() + timedelta(days=2))},
        {"calibrated_on": str(clock.today()), "calibration_due_on": str(clock.today())},
        {"calibrated_on": str(clock.today())},  # what is on file came due before
    ],
)
def test_a_calibration_that_cannot_be_is_refused(client: TestClient, cuff: str, body: dict[str, Any]) -> None:
    answer = client.patch(f"/v1/devices/{cuff}", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/calibrated_on")


def test_a_label_says_the_code_and_nobody(client: TestClient, cuff: str) -> None:
    answer = client.get(f"/v1/devices/{cuff}/label")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'; style-src 'sha256-" in answer.headers["content-security-policy"]
    assert "BP-9" in answer.text
    assert "血压计" in answer.text
    assert "<script" not in answer.text


def test_the_code_of_a_label_is_drawn_whole() -> None:
    """As many modules on a side as version 4 of the standard has, which holds so long a text, with its quiet zone."""
    page = labels.label("A" * 64, Text("血糖仪", "Glucose meter"), Text("<中心>", "Clinic"), date(2027, 1, 1))
    assert "&lt;中心&gt;" in page
    drawing = page[page.index("<svg") : page.index("</svg>") + len("</svg>")]
    left, top, width, height = (int(each) for each in ElementTree.fromstring(drawing).attrib["viewBox"].split())  # noqa: S314
    assert (left, top) == (0, 0)
    assert width == height == 17 + 4 * 4 + 2 * 2
