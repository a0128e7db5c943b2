"""Polls per second of an unchanged dashboard (304), against an empty FastAPI endpoint under the same server."""

import json
import urllib.request
from statistics import median

from benchmarks.installation import Installation
from benchmarks.load import best_of, burst, request, table_line

POLLS = 3000
ROUNDS = 5


def unchanged(at: Installation) -> list[str]:
    """Return the table line of polls that are answered 304."""
    path = f"/v1/indicator-values?codes=IND-02,IND-03,IND-04&scope={at.clinic.id}&from=2026-01&to=2026-11"
    bearer = {"Authorization": f"Bearer {at.dashboard_key}"}
    asked = urllib.request.Request(f"http://127.0.0.1:{at.port}{path}", headers=bearer)
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        etag = answer.headers["ETag"]
        assert "items" in json.load(answer)
    polls = [request("GET", path, token=at.dashboard_key, If_None_Match=etag)] * POLLS
    bare = [request("GET", "/bare")] * POLLS
    found = best_of(
        ROUNDS,
        {
            "cmc": lambda: burst(at.port, polls, connections=32, status=304),
            "bare": lambda: burst(at.bare_port, bare, connections=32),
        },
    )
    rate = {name: median(result.per_second for result in results) for name, results in found.items()}
    what = "poll answered 304, 32 connections"
    return [table_line(what, rate["cmc"], "requests/s", "bare endpoint", rate["bare"])]
