"""The same readings by file and over HTTP, in any order and from eight connections, give the same database."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import make_url, text

from cmc.core import config, db
from cmc.main import build

EXAMPLES = Path(__file__).parents[2] / "cmc" / "imports" / "examples"
ALL_BUT_RECEIPT = "SELECT to_jsonb(r) - ARRAY['receipt_id', 'received_at'] FROM reading r ORDER BY id"


def test_file_and_http_agree(centre: Any, server_url: str, sign_in_at: Any) -> None:
    people = 'Patient Number,"Gender (Female=1, Male=2)",Age (years)\n'
    people += "".join(f"{2000 + n}_0_20210301,1,60\n" for n in range(5))
    file = centre.file("p.csv", people)
    centre.run("patients", file, "--clinic", "C1", "--mapping", EXAMPLES / "shanghai-t2dm-patients.toml")
    draw = random.Random(11)
    rows = [
        (
            2000 + n % 5,
            (datetime.fromisoformat("2021-03-01") + timedelta(hours=n)).isoformat(),
            f"{draw.uniform(20, 400):.1f}",
        )
        for n in range(2000)
    ]
    with _copy_of(centre, server_url) as other:
        lines = "".join(f"{who}_0_20210301,cbg,{at},{value}\n" for who, at, value in rows)
        readings = centre.file("r.csv", "recording,kind,taken_at_local,mg_dl\n" + lines)
        centre.run("readings", readings, "--mapping", EXAMPLES / "shanghai-t2dm-readings.toml")
        draw.shuffle(rows)
        bodies = [_body(rows[at : at + 100]) for at in range(0, len(rows), 100)]
        app = build(other, config.keyring(config.load()))
        with TestClient(app, headers=sign_in_at(other)) as client, ThreadPoolExecutor(8) as threads:  # one event loop
            answers = list(threads.map(lambda body: client.post("/v1/readings", content=body), bodies + bodies[::3]))
        assert {answer.status_code for answer in answers} == {200}
        with db.transaction(other) as session:
            over_http = session.scalars(text(ALL_BUT_RECEIPT)).all()
    assert [row for (row,) in centre.rows(ALL_BUT_RECEIPT)] == over_http
    assert len(over_http) > 1900


def _body(rows: list[tuple[int, str, str]]) -> str:
    items = [
        {
            "patient": {"system": "shanghai-t2dm", "value": str(who)},
            "kind": "glucose",
            "specimen": "capillary",
            "value": float(value),
            "unit": "mg/dL",
            "taken_at_local": at,
        }
        for who, at, value in rows
    ]
    return json.dumps({"items": items})


class _copy_of:  # noqa: N801 - reads as a verb
    """A copy of the centre's database, for as long as the block lasts."""

    def __init__(self, centre: Any, server_url: str) -> None:
        self.name = f"{centre.engine.url.database}_copy"
        self.template = centre.engine.url.database
        self.url = make_url(server_url)
        self.dispose: Callable[[], None] = centre.engine.dispose

    def __enter__(self) -> Any:
        self.dispose()
        self._admin(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        self.engine = db.make_engine(self.url.set(database=self.name).render_as_string(hide_password=False))
        return self.engine

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()
        self._admin(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _admin(self, words: str) -> None:
        admin = db.make_engine(self.url.render_as_string(hide_password=False), pool_size=1)
        with admin.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(words))
        admin.dispose()
