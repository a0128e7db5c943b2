"""The HTTP edge: who gets in, what an error looks like, and that nothing sent is said back."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core import crypto, db, job_ledger, key_check
from cmc.core.guard import requires_sign_in
from cmc.core.http import WriteSession
from cmc.core.operating import OperatorError
from cmc.main import build
from cmc.organisations.tables import Organisation

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
CANARY = "11010519491231002X"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer cmcgw_{'0' * 16}_{'0' * 64}_00000000",
        "Basic x",
        "Bearer ÿÿ",
    ],
)
@pytest.mark.parametrize("path", ["/v1/session", "/v1/patients", "/v1/organisations", "/metrics"])
def test_without_a_credential_nothing_is_answered(app: FastAPI, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get(path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


def test_every_route_of_the_api_asks_who_is_there(app: FastAPI) -> None:
    """Twice: before the body is read, and again where the route names the right that it needs."""
    open_to_all = {("get", "/livez"), ("get", "/readyz"), ("post", "/v1/session"), ("post", "/v1/session:unlock")}
    unguarded = []
    with TestClient(app, raise_server_exceptions=False) as client:
        for path, operations in app.openapi()["paths"].items():
            filled = re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", path)
            for method, operation in operations.items():
                refused = client.request(method, filled, content=b"{}").status_code == 401
                if (method, path) not in open_to_all and not (refused and "security" in operation):
                    unguarded.append((method, path))
    assert unguarded == []


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"x" * (2 << 20)], ids=["broken", "deep", "too large"])
def test_without_a_credential_nothing_that_is_sent_is_read(app: FastAPI, body: bytes) -> None:
    with TestClient(app) as client:
        answer = client.post("/v1/patients", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 401


def test_the_compressed_form_has_a_tag_of_its_own(app: FastAPI, client: TestClient) -> None:
    @app.get("/v1/only-here")
    def tagged(response: Response) -> str:
        response.headers["ETag"] = '"abc"'
        return "x" * 2000

    plain = client.get("/v1/only-here", headers={"Accept-Encoding": "identity"})
    packed = client.get("/v1/only-here", headers={"Accept-Encoding": "gzip"})
    assert (plain.headers["etag"], packed.headers["etag"]) == ('"abc"', '"abc-gzip"')


def test_a_database_that_takes_no_changes_is_not_ready(app: FastAPI, connection: Connection) -> None:
    connection.execute(text("SET LOCAL transaction_read_only = on"))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/readyz").status_code == 503


def test_the_openapi_document_tells_of_the_credentials_of_problems_and_of_numbers(app: FastAPI) -> None:
    document = app.openapi()
    refused = document["paths"]["/v1/patients"]["post"]["responses"]["422"]["content"]
    assert refused == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert document["paths"]["/v1/patients"]["get"]["security"] == [{"session": []}, {"key": []}, {"signature": []}]
    assert "Problem" in document["components"]["schemas"]
    assert "decimal_places" not in json.dumps(document)
    weight = document["components"]["schemas"]["AnnualExamIn"]["properties"]["weight_kg"]
    assert weight["anyOf"][0] == {"type": "number", "minimum": 20.0, "maximum": 300.0, "multipleOf": 0.1}


def test_an_answer_is_never_stored_by_caches_and_names_its_request(client: TestClient) -> None:
    answer = client.get("/v1/organisations")
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 36


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/v1/nothing", 404, "not-found"), ("/v1/patients/not-a-uuid", 422, "invalid-payload")],
)
def test_errors_are_problem_documents(client: TestClient, path: str, status: int, code: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    body = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:cmc:problem:{code}")
    assert body["request_id"] == answer.headers["x-request-id"]


BAD_BODIES = [
    pytest.param(b'{"name": NaN}', 422, id="NaN"),
    pytest.param(b'{"name": 1e400}', 422, id="1e400"),
    pytest.param(b'{"name": "\\ud800"}', 422, id="lone surrogate"),
    pytest.param(b'{"name": "a\\u0000b"}', 422, id="NUL"),
    pytest.param(b'{"\\ud800": 1}', 422, id="lone surrogate as a name"),
    pytest.param(b'{"name": ' + b"9" * 5000 + b"}", 400, id="5,000 digits"),
    pytest.param(b"[" * 100_000, 400, id="100,000 levels"),
    pytest.param(b'{"a":' * 100_000, 400, id="100,000 objects"),
    pytest.param(b"\xff\xfe", 400, id="not UTF-8"),
    pytest.param(b"", 422, id="empty"),
    pytest.param(b"null", 422, id="null"),
    pytest.param(b"[]", 422, id="a list"),
    pytest.param(b'"text"', 422, id="a text"),
    pytest.param(b"{", 400, id="cut off"),
    pytest.param(json.dumps({"citizen_id": CANARY + "X"}).encode(), 422, id="a wrong citizen ID"),
    pytest.param(json.dumps({CANARY: "x"}).encode(), 422, id="a citizen ID as a field name"),
]


@pytest.mark.parametrize(("body", "status"), BAD_BODIES)
def test_bad_input_gets_a_problem_and_no_echo(client: TestClient, body: bytes, status: int) -> None:
    answer = client.post("/v1/patients", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    assert "input" not in answer.text


def test_thirty_megabytes_are_refused_before_they_are_parsed(client: TestClient) -> None:
    body = b'{"name": "' + b"x" * (30 << 20) + b'"}'
    answer = client.post("/v1/patients", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_thirty_megabytes_without_a_length_are_refused_too(client: TestClient) -> None:
    def stream() -> Iterator[bytes]:
        for _ in range(30):
            yield b"x" * (1 << 20)

    answer = client.post("/v1/patients", content=stream(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_health_and_readiness_ask_nobody(app: FastAPI) -> None:
    with TestClient(app) as client:
        assert client.get("/livez").json() == {"status": "ok"}
        assert client.get("/readyz").json() == {"status": "ok"}


def test_metrics_count_by_route_and_never_by_person(client: TestClient) -> None:
    person = "00000000-0000-7000-8000-000000000001"
    client.get(f"/v1/patients/{person}")
    counted = client.get("/metrics").text
    assert 'route="/v1/patients/{patient_id}"' in counted
    assert person not in counted


def test_metrics_tell_when_each_job_last_went_well_and_how_many_wait(client: TestClient, session: Session) -> None:
    job_ledger.started(session, "a.job", NOW)
    job_ledger.succeeded(session, "a.job", NOW, NOW)
    counted = client.get("/metrics").text
    told = re.search(r'cmc_job_last_success_timestamp_seconds\{job="a.job"\} (\S+)', counted)
    assert told is not None
    assert float(told[1]) == NOW.timestamp()
    assert 'cmc_alert_open{status="open",tier="RED"} 0.0' in counted


def test_the_state_tells_versions_jobs_and_what_waits(client: TestClient, session: Session) -> None:
    job_ledger.started(session, "a.job", NOW)
    job_ledger.succeeded(session, "a.job", NOW, NOW)
    state = client.get("/v1/state").json()
    job = next(each for each in state["jobs"] if each["job"] == "a.job")
    assert (datetime.fromisoformat(job["last_ok_at"]), job["runs"], job["failures"]) == (NOW, 1, 0)
    assert {each["code"] for each in state["told"]} == {"last_message", "held", "marks", "deliveries", "imports"}
    assert state["told"][0] == {
        "code": "last_message", "name": {"zh": "最近收到的测量消息", "en": "Last message with readings"}, "count": None, "at": None,
    }  # fmt: skip
    assert state["database_bytes"] > 0
    assert (
        abs(datetime.fromisoformat(state["now"]) - datetime.fromisoformat(state["database_now"])).total_seconds() < 60
    )


def test_a_sender_who_hangs_up_is_no_fault_of_ours(app: FastAPI, client: TestClient, sign_in: Any) -> None:
    async def hang_up() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    signed_in = {**sign_in(Role.NURSE), "Content-Length": "5000", "Host": "testserver"}
    headers = [(name.lower().encode(), value.encode()) for name, value in signed_in.items()]
    where = {"path": "/v1/readings", "raw_path": b"/v1/readings", "query_string": b"", "scheme": "http"}
    request = {"type": "http", "method": "POST", "headers": headers, **where}
    asyncio.run(app(request, hang_up, send))
    assert sent == []
    counted = client.get("/metrics").text
    assert re.search(r'cmc_http_requests_total\{method="POST",route="/v1/readings",status="499"\} 1', counted)


def test_another_master_key_is_not_ready(
    app: FastAPI, client: TestClient, session: Session, keys: crypto.Keyring
) -> None:
    key_check.require_ours(session, keys)
    assert client.get("/readyz").status_code == 200
    other = crypto.keyring(b"o" * 32)
    app.state.keyring = other
    assert client.get("/readyz").status_code == 503
    with pytest.raises(OperatorError):
        key_check.require_ours(session, other)


class Real(NamedTuple):
    app: FastAPI
    engine: Engine
    headers: dict[str, str]


@pytest.fixture
def real(owner: Engine, keys: crypto.Keyring, sign_in_at: Any) -> Iterator[Real]:
    """The application on a real pool of one connection, to be driven into its limits."""
    small = db.make_engine(owner.url.render_as_string(hide_password=False), pool_size=1)
    yield Real(build(small, keys), small, sign_in_at(owner))
    small.dispose()


def _get(app: FastAPI, path: str, headers: dict[str, str]) -> Any:
    # Without `with`: the lifespan would close the pool that the test still holds a connection of.
    return TestClient(app, raise_server_exceptions=False, headers=headers).get(path)


def test_a_full_pool_is_a_503_that_says_when_to_retry(real: Real) -> None:
    with real.engine.connect():
        answer = _get(real.app, "/v1/organisations", real.headers)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_database_that_is_away_is_a_503(keys: crypto.Keyring) -> None:
    app = build(db.make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"), keys)
    answer = _get(app, "/readyz", {})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_commit_that_fails_is_never_acknowledged(real: Real) -> None:
    app = real.app

    @app.post("/v1/only-here", status_code=201, dependencies=[requires_sign_in()])
    def write(session: WriteSession) -> dict[str, bool]:
        session.execute(text("CREATE TEMP TABLE once (n int, UNIQUE (n) DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"))
        session.execute(text("INSERT INTO once VALUES (1), (1)"))
        return {"stored": True}

    with TestClient(app, raise_server_exceptions=False, headers=real.headers) as client:
        answer = client.post("/v1/only-here")
    assert answer.status_code == 409


def test_a_fault_of_ours_says_nothing_of_its_cause(real: Real) -> None:
    app = real.app

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError(CANARY)

    answer = _get(app, "/v1/broken", real.headers)
    assert answer.status_code == 500
    assert CANARY not in answer.text


def test_a_commit_is_seen_by_the_next_request(client: TestClient, clinic: Organisation) -> None:
    body = {"clinic_id": str(clinic.id), "name": "李秀英", "sex": "F", "birth_date": "1958-03-02"}
    stored = client.post("/v1/patients", json=body).json()
    assert client.get(f"/v1/patients/{stored['id']}").json()["name"] == "李秀英"
