"""Supervision of real child processes."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from cmc.core.processes import python_module

# A supervisor in a process of its own: each program notes its start and its end in a shared file.
PROGRAM = """
import signal, sys, time
name, notes, behaviour = sys.argv[1:4]
def note(word):
    with open(notes, "a") as file: file.write(f"{name} {word}\\n")
def end(number, frame):
    note("stopped"); sys.exit(0)
if behaviour == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, end)
if behaviour == "crashes": sys.exit(3)
note("started")
time.sleep(60)
"""
SUPERVISOR = f"""
import sys
from pathlib import Path
from cmc.core.operating import OperatorError
from cmc.core.processes import Program, Supervisor
notes, grace, *programs = sys.argv[1:]
services = [Program(n, [sys.executable, "-c", {PROGRAM!r}, n, notes, b]) for n, b in (p.split(":") for p in programs)]
ready = lambda: all(f"{{s.name}} started" in (Path(notes).read_text() if Path(notes).exists() else "") for s in services)
try:
    code = Supervisor(services, grace=float(grace)).run(ready=ready, announce=lambda: print(*(s.pid for s in services), flush=True))
except OperatorError as exc:
    sys.exit(str(exc))
sys.exit(code)
"""


@pytest.fixture
def notes(tmp_path):
    return tmp_path / "notes"


@pytest.fixture
def supervise(spawn, notes):
    def start(*programs: str, grace: float = 10):
        return spawn(SUPERVISOR, notes, grace, *programs)

    return start


def _pids(process):
    return [int(pid) for pid in process.stdout.readline().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_in_reverse_order_with_exit_code_0(supervise, notes, number):
    process = supervise("worker:good", "web:good")
    pids = _pids(process)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert notes.read_text().splitlines()[-2:] == ["web stopped", "worker stopped"]
    assert not any(map(_alive, pids))


def test_a_killed_program_is_started_again(supervise, notes, until):
    process = supervise("worker:good", "web:good")
    _, web = _pids(process)
    os.kill(web, signal.SIGKILL)
    until(lambda: notes.read_text().count("web started") == 2, seconds=5)
    assert notes.read_text().count("worker started") == 1
    process.terminate()
    assert process.wait(10) == 0


def test_a_program_that_always_crashes_ends_the_start_with_one_line(supervise, notes):
    process = supervise("worker:good", "web:crashes")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.splitlines()[-1].startswith("`web` ended 3 times at the start")
    assert "Traceback" not in errors
    assert notes.read_text().splitlines() == ["worker started", "worker stopped"]


def test_a_program_that_does_not_stop_is_killed_after_its_grace(supervise):
    process = supervise("worker:stubborn", "web:good", grace=0.5)
    pids = _pids(process)
    process.terminate()
    assert process.wait(10) == 1
    assert not any(map(_alive, pids))


def test_a_second_signal_kills_at_once(supervise):
    process = supervise("worker:stubborn", grace=60)
    pids = _pids(process)
    process.terminate()
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(5) == 1
    assert not any(map(_alive, pids))


def test_kill_9_of_the_supervisor_ends_its_programs(supervise, notes, until):
    process = supervise("worker:good", "web:good")
    pids = _pids(process)
    process.kill()
    until(lambda: not any(map(_alive, pids)), seconds=5)
    assert sorted(notes.read_text().splitlines()[-2:]) == ["web stopped", "worker stopped"], "they drained"


def test_the_interpreter_of_this_process_runs_the_programs():
    assert python_module("cmc", "web") == [sys.executable, "-m", "cmc", "web"]


# The handler interrupts the wait of its own thread some thousand times a second, at whatever line it stands.
RUNG = """
import signal, sys, time
from cmc.core.bell import Bell
bell = Bell()
rung = 0
signal.signal(signal.SIGALRM, lambda *_: bell.ring())
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
until = time.monotonic() + 3
while time.monotonic() < until:
    rung += bell.wait(0.001)
signal.setitimer(signal.ITIMER_REAL, 0)
bell.wait(0)
assert not bell.wait(0.01), "several rings wake once"
print(rung)
"""


def test_a_signal_that_comes_while_it_is_waited_for_never_stops_the_process(spawn):
    process = spawn(RUNG)
    printed, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert int(printed) > 100
