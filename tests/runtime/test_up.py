"""`cmc up` as a user starts it: the whole installation, with real kills."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cmc.core.config import Settings
from cmc.core.embedded import orphans
from cmc.core.embedded_postgres import running_url

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def environment(data_dir, port) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CMC_")}
    return {**own, "CMC_DATA_DIR": str(data_dir), "CMC_PORT": str(port), "PYTHONPATH": str(CHECKOUT)}


@pytest.fixture
def up(environment) -> Iterator[Callable[[], tuple["subprocess.Popen[str]", str]]]:
    """Start `cmc up`, wait until it says how to stop it; returns the process and what it printed."""
    started = []

    def start() -> tuple["subprocess.Popen[str]", str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "cmc", "up"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        printed = ""
        while "Stop:" not in printed:
            line = process.stdout.readline()
            assert line, f"ended before it was ready: {printed}"
            printed += line
        return process, printed

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _status(port: int, path: str, token: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _pids(data_dir: Path, word: str) -> list[int]:
    """The children of this installation that were started with the command `word`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            ours = f"CMC_DATA_DIR={data_dir}".encode() in (entry / "environ").read_bytes().split(b"\0")
            if ours and (entry / "cmdline").read_bytes().split(b"\0")[-2] == word.encode():
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue
    return found


def test_it_serves_prints_what_a_newcomer_needs_and_stops_everything(up, port, data_dir, cluster):
    process, printed = up()
    assert f"http://127.0.0.1:{port}" in printed
    assert str(data_dir) in printed
    assert "cmc admin create" in printed
    assert (data_dir / "master.key").stat().st_mode & 0o777 == 0o600
    assert _status(port, "/readyz") == 200
    assert _status(port, "/v1/session", "wrong") == 401
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert _pids(data_dir, "web") + _pids(data_dir, "worker") == []
    assert orphans.processes_on(cluster) == set()
    again, _ = up()
    again.terminate()
    assert again.wait(30) == 0


@pytest.mark.parametrize("victim", ["web", "worker", "postgres"])
def test_what_is_killed_comes_back(up, port, data_dir, cluster, until, victim):
    up()
    url = running_url(data_dir)
    assert url is not None
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")

    def current() -> int | None:
        found = [orphans.postmaster_pid(cluster)] if victim == "postgres" else _pids(data_dir, victim)
        return found[0] if found else None

    before = current()
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: current() not in {None, before} and _status(port, "/readyz") == 200, seconds=30)
    until(lambda: len(_pids(data_dir, "worker")) == 1, seconds=10)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_kill_9_of_the_whole_group_leaves_nothing_and_loses_nothing(up, port, data_dir, cluster, until):
    process, _ = up()
    for pid in [process.pid, *_pids(data_dir, "web"), *_pids(data_dir, "worker"), *orphans.processes_on(cluster)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it went with its parent
    up()
    assert _status(port, "/readyz") == 200


def test_a_second_start_is_refused_in_one_line_that_names_the_first(up, environment, port):
    process, _ = up()
    for other in ({}, {"CMC_PORT": str(port + 1)}):
        refused = subprocess.run(
            [sys.executable, "-m", "cmc", "up"], env={**environment, **other}, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert f"`cmc up` (pid {process.pid})" in refused.stderr


def test_a_taken_port_is_one_line_that_names_it(environment, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = subprocess.run(
            [sys.executable, "-m", "cmc", "up"], env=environment, capture_output=True, text=True, check=False
        )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"cmc: Port {port} on 127.0.0.1 cannot be used")
    assert "CMC_PORT=" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def _refused(environment: dict[str, str], *command: str) -> str:
    """The one line with which `cmc …` refuses to start."""
    done = subprocess.run(
        [sys.executable, "-m", "cmc", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CMC_PORT", "99999"),
        ("CMC_DATA_DIR", "here"),
        ("CMC_DATABASE_URL", "sqlite:///x"),
        ("CMC_DATABASE_URL", "postgresql://u:secret@h:abc/db"),
        ("CMC_DATABASE_URL", "postgresql://u:secret@[::1/db"),
        ("CMC_DATABASE_URL", "postgresql://u:secret@h/db?foo=bar"),
        ("CMC_DATABASE_URL", "postgresql://u:secret@h/db?sslmode=on&sslmode=off"),
        ("CMC_MASTER_KEY", "not base64"),
        ("CMC_MASTER_KEY", "c2hvcnQ="),
        ("CMC_PASSWORD_PROFILE", "lax"),
        ("CMC_PEOPLE_A_DAY", "none"),
        ("CMC_MACHINE_PER_MINUTE", "0"),
        ("CMC_HOST", "no-such-host.invalid"),
        ("CMC_HOST", "[::1"),
        ("CMC_HOST", "192.0.2.7"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_the_variable_not_its_value(environment, data_dir, variable, value):
    environment[variable] = value
    line = _refused(environment, "up")
    assert line.startswith(f"cmc: {variable} is not usable")
    assert value not in line
    assert "secret" not in line
    assert not data_dir.exists(), "nothing was started"


@pytest.mark.parametrize("command", ["up", "web", "worker", "seed", "migrate"])
def test_a_damaged_key_file_is_told_before_anything_starts(environment, data_dir, command):
    data_dir.mkdir()
    for content in (b"c2hvcnQ=", b"\xff\xfe", b""):
        (data_dir / "master.key").write_bytes(content)
        assert _refused(environment, command).startswith("cmc: The master key is not usable")
    assert [path.name for path in data_dir.iterdir()] == ["master.key"]


def test_an_address_in_brackets_is_taken_as_it_is_without(monkeypatch, data_dir, port):
    monkeypatch.setenv("CMC_HOST", "[::1]")
    assert Settings(data_dir=data_dir, port=port).host == "::1"


def test_another_master_key_is_refused_in_one_line_before_anything_is_served(up, environment):
    process, _ = up()
    process.terminate()
    process.wait(timeout=40)
    other = {**environment, "CMC_MASTER_KEY": "b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyISE="}
    refused = subprocess.run(
        [sys.executable, "-m", "cmc", "up"], env=other, capture_output=True, text=True, check=False, timeout=60
    )
    assert refused.returncode == 1
    assert [line[:20] for line in refused.stderr.splitlines() if not line.startswith("{")] == ["cmc: This master key"]
