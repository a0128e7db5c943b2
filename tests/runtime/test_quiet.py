"""What stands on the terminal of the person who started the service: their token, not a line per request."""

import logging

import pytest

from cmc import demonstration
from cmc.core.config import Settings
from cmc.simulation.store import Report


def _levels(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [
        record.levelno
        for record in caplog.records
        if isinstance(record.msg, dict) and record.msg.get("event") == "request"
    ]


def test_a_request_is_a_debug_line_and_a_fault_of_ours_a_warning(client, app, caplog):
    @app.get("/broken-for-the-test")
    def broken() -> None:
        raise RuntimeError("broken")

    app.router.routes.insert(0, app.router.routes.pop())
    caplog.set_level(logging.DEBUG)
    assert client.get("/livez").status_code == 200
    assert client.get("/v1/nothing").status_code == 404
    assert client.get("/broken-for-the-test").status_code == 500
    assert _levels(caplog) == [logging.DEBUG, logging.DEBUG, logging.WARNING]


@pytest.mark.parametrize(
    ("report", "last"),
    [
        (Report({}), "The demo is complete."),
        (
            Report({"patient": 3, "followup": 20, "annual_exam": 4, "reading": 1500}),
            "Stored 3 demo people with 20 visits, 4 examinations and 1,500 readings.",
        ),
    ],
)
def test_without_a_terminal_the_demo_says_when_it_begins_and_how_it_ended(monkeypatch, capsys, data_dir, report, last):
    monkeypatch.setattr(demonstration, "_store", lambda *_: report)
    demonstration.store(Settings(data_dir=data_dir), "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert capsys.readouterr().err.splitlines() == ["Storing the demo clinics …", last]
