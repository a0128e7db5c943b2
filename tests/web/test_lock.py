"""The npm lock file works behind any registry: it names packages and hashes, no host."""

import json
from pathlib import Path

import pytest

from cmc.web import builder

PEER = builder.ROOT / "benchmarks" / "ui-antd"
LOCK = builder.UI / "package-lock.json"
DIRECT = json.loads((builder.UI / "package.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", [builder.UI, PEER], ids=["pages", "peer"])
def test_no_registry_host_is_named(folder: Path) -> None:
    text = (folder / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name), "every package has a hash"


@pytest.mark.parametrize("folder", [builder.UI, PEER], ids=["pages", "peer"])
def test_npm_is_told_to_run_no_scripts_and_name_no_host(folder: Path) -> None:
    settings = (folder / ".npmrc").read_text(encoding="utf-8").split()
    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(settings)


def test_the_lock_belongs_to_the_package_file() -> None:
    root = json.loads(LOCK.read_text(encoding="utf-8"))["packages"][""]
    assert root["dependencies"] == DIRECT["dependencies"]
    assert root["devDependencies"] == DIRECT["devDependencies"]


def test_versions_are_exact() -> None:
    loose = {
        name for part in ("dependencies", "devDependencies") for name, v in DIRECT[part].items() if not v[0].isdigit()
    }
    assert loose == {"typescript"}, "openapi-typescript asks for TypeScript 5"
