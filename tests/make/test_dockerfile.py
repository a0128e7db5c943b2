"""The Dockerfile cannot be built everywhere, so it is read: what it copies, runs and installs must exist here."""

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from cmc.cli import app
from cmc.printing import pdf

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "Dockerfile").read_text()


def _instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in TEXT.splitlines() if not line.startswith("#")))
    lines = [line.strip() for line in joined.splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def _stages() -> list[list[tuple[str, str]]]:
    stages: list[list[tuple[str, str]]] = []
    for word, rest in _instructions():
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages


def _all(word: str, stage: int) -> list[str]:
    return [rest for found, rest in _stages()[stage] if found == word]


def test_two_stages_and_only_the_second_is_kept():
    build, final = (_all("FROM", stage)[0] for stage in (0, 1))
    assert len(_stages()) == 2
    assert build.endswith(" AS build")
    assert build.split()[0] == final, "the same Python in both"
    assert not any(re.search(r"\b(pip|gcc|npm)\b", command) for command in _all("RUN", 1))
    [installing] = [command for command in _all("RUN", 1) if "apt-get" in command]
    assert set(pdf.PACKAGES.split()) <= set(installing.split()), "what printing needs, and nothing to build with"
    assert all(copied.startswith("--from=build ") for copied in _all("COPY", 1))


def test_its_python_is_one_that_the_project_takes():
    version = re.search(r"python:(\d+)\.(\d+)-slim", TEXT)
    assert version is not None
    bootstrap = (CHECKOUT / "bootstrap.py").read_text()
    oldest, newest = re.findall(r"\((\d+, \d+)\)", bootstrap.split("OLDEST, NEWEST = ")[1].split("\n")[0])
    assert eval(oldest) <= (int(version[1]), int(version[2])) <= eval(newest)  # noqa: S307 - our own file


def test_it_runs_as_an_unprivileged_user():
    words = [word for word, _ in _stages()[1]]
    assert _all("USER", 1) == ["cmc"]
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert words.index("USER") > max(index for index, word in enumerate(words) if word == "RUN")


def test_the_lock_is_installed_as_the_bootstrap_does():
    flags = re.search(r"^INSTALL = (\[.*\])$", (CHECKOUT / "bootstrap.py").read_text(), re.MULTILINE)
    assert flags is not None
    wanted = " ".join(["pip", "install", *json.loads(flags[1])])
    commands = [part for run in _all("RUN", 0) for part in run.split("&&") if "pip install" in part]
    for command in commands:
        assert wanted in command or "--no-deps --no-index /wheels/" in command, command
    assert {match[1] for command in commands if (match := re.search(r"-r (\S+)", command))} == {
        "requirements.lock",
        "requirements-node.lock",
    }


def _copied() -> list[str]:
    return [source for copied in _all("COPY", 0) for source in shlex.split(copied)[:-1]]


@pytest.mark.parametrize("source", _copied())
def test_what_it_copies_exists_and_is_sent_to_the_builder(source):
    assert (CHECKOUT / source).exists()
    ignored = (CHECKOUT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
    assert f"!{source}" in [line.rstrip("/") for line in ignored]


def test_what_it_starts_are_commands_of_cmc():
    entry, command = json.loads(_all("ENTRYPOINT", 1)[0]), json.loads(_all("CMD", 1)[0])
    assert entry == ["cmc"]
    known = set(get_command(app).commands)
    documented = set(re.findall(r"^# .*\bcmc (?:cmc )?([a-z]+)$", TEXT, re.MULTILINE)) - {"cmc"}
    assert set(command) <= known
    assert {"migrate", "web", "worker"} <= documented <= known


def test_its_health_is_asked_of_a_route_that_exists():
    (check,) = _all("HEALTHCHECK", 1)
    assert check.split("CMD", 1)[1].strip().startswith('["python", "-c"')
    program = json.loads(check.split("CMD", 1)[1])[2]
    compile(program, "healthcheck", "exec")
    assert "/livez" in program
    assert "CMC_PORT" in dict(pair.split("=", 1) for pair in shlex.split(_all("ENV", 1)[0]))
