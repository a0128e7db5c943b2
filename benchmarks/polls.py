"""Polls per second of an unchanged dashboard (304), against an empty FastAPI endpoint under the same server."""

import json
import urllib.request
from statistics import median

from benchmarks.installation import Installation
from benchmarks.load import best_of, request, swift, table_line

POLLS = 6000
ROUNDS = 5


def unchanged(at: Installation) -> list[str]:
    """Return the table line of polls that are answered 304."""
    path = f"/v1/indicator-values?codes=IND-02,IND-03,IND-04&scope={at.clinic.id}&from=2026-01&to=2026-11"
    bearer = {"Authorization": f"Bearer {at.dashboard_key}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{at.port}{path}", headers=bearer)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        etag = answer.headers["ETag"]
        assert "items" in json.load(answer)
    poll, bare = request("GET", path, token=at.dashboard_key, If_None_Match=etag), request("GET", "/bare")
    found = best_of(
        ROUNDS,
        {
            "cmc": lambda: swift(at.port, poll, POLLS, connections=32, status=304, end=b"\r\n\r\n"),
            "bare": lambda: swift(at.bare_port, bare, POLLS, connections=32, status=200, end=b"}"),
        },
    )
    rate = {name: median(result.per_second for result in results) for name, results in found.items()}
    what = "poll answered 304, 32 connections"
    return [table_line(what, rate["cmc"], "requests/s", "bare endpoint", rate["bare"])]
