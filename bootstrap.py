"""Makes `.venv`, the environment of this checkout: `python3 bootstrap.py run` (to run cmc) or `dev` (with the tools).

Standard library only, and syntax that an old Python can still read, so that it can say what it needs. The packages are
those of the lock files, with their hashes. A second run finds the stamp of the first and ends at once; what an
interrupted run left behind is made anew. Several runs at the same time wait for each other.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".stamp")
UNFINISHED = os.path.join(VENV, ".unfinished")
LOG = os.path.join(VENV, "bootstrap.log")

OLDEST, NEWEST = (3, 11), (3, 13)
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock", "node": "requirements-node.lock"}
STATES = {"run": ("requirements.lock",), "dev": ("requirements.lock", "requirements-dev.lock")}
INSTALL = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "-r"]
# PySpark, of the tools alone, is published as sources; building them only copies files.
FROM_SOURCES = {"requirements-dev.lock": ["--no-binary", "pyspark"]}
PROJECT_FILES = ("pyproject.toml", "hatch_build.py")

REASONS = (
    ("DO NOT MATCH THE HASHES", "a downloaded file differs from its hash in {lock}: try again, or check the registry"),
    ("No space left on device", "the disk is full: free some space, then try again"),
    ("CERTIFICATE_VERIFY_FAILED", "the registry's certificate is not trusted: set PIP_CERT to your CA file"),
    (
        "No matching distribution",
        "a package of {lock} was not found: check the network and pip's index (PIP_INDEX_URL)",
    ),
    ("Max retries exceeded", "the package registry was not reached: check the network, or set PIP_INDEX_URL"),
    ("Read timed out", "the package registry does not answer: check the network, or set PIP_INDEX_URL"),
)


class FailureError(Exception):
    """Ends the run with one line that says what failed and what to do."""


def say(line):
    print("env: " + line, flush=True)


def digest(*names):
    found = hashlib.sha256()
    for name in names:
        path = os.path.join(HERE, name)
        if os.path.exists(path):
            with open(path, "rb") as file:
                found.update(name.encode() + b"\0" + file.read())
    return found.hexdigest()


def dotted(parts):
    return ".".join(str(part) for part in sys.version_info[:parts])


def suitable(version):
    return OLDEST <= tuple(version[:2]) <= NEWEST


def base_python():
    """The interpreter behind this one: `python3` may be that of `.venv` itself, which cannot make itself anew."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def use_suitable_python():
    """Go on with a suitable interpreter: this one, or the first that is found on the path."""
    if suitable(sys.version_info):
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found and answer([found, "-c", "print(1)"]) == "1":
            os.execv(found, [found, os.path.abspath(__file__), *sys.argv[1:]])  # noqa: S606
    raise FailureError(
        f"cmc needs Python 3.11, 3.12 or 3.13, and python3 is {dotted(2)}: install one of them "
        "(Debian 12: apt-get install python3 python3-venv), then run make again"
    )


def answer(command):
    """Standard output of a command, or None when it fails."""
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment(), check=False
        )
    except OSError:
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def environment(**more):
    """The caller's environment without what would send pip or Python elsewhere; mirrors and proxies stay."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_HASHES", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", **more}


def read_stamp():
    try:
        with open(STAMP) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}


def write_stamp(stamp):
    with open(STAMP + ".new", "w") as file:
        json.dump(stamp, file)
    os.replace(STAMP + ".new", STAMP)


def wanted(kind):
    """What the stamp must say when there is nothing to do."""
    return {kind: digest(*STATES[kind]), "project": digest(*PROJECT_FILES), "node": digest(LOCKS["node"])}


def satisfied(stamp, kind):
    want = wanted(kind)
    packages = stamp.get(kind) == want[kind] or (
        # the development environment contains the other one
        kind == "run" and stamp.get("dev") == digest(*STATES["dev"])
    )
    node = stamp.get("node") == want["node"] or (
        # a path: Node of the system, as long as it is there and fits
        str(stamp.get("node", "")).startswith("/") and stamp["node"] == system_node()
    )
    alive = os.path.exists(PYTHON) and not os.path.exists(UNFINISHED)
    return alive and packages and node and stamp.get("project") == want["project"] and stamp.get("at") == HERE


def usable():
    """Whether `.venv` is complete and of a suitable Python."""
    if os.path.exists(UNFINISHED) or read_stamp().get("at", HERE) != HERE:
        return False
    version = answer([PYTHON, "-c", "import sys, pip; print(sys.version_info[0], sys.version_info[1])"])
    return version is not None and suitable([int(part) for part in version.split()])


def make_venv():
    if os.path.lexists(VENV):
        if usable():
            return
        say("removing an unfinished or unusable .venv")
        shutil.rmtree(VENV) if os.path.isdir(VENV) and not os.path.islink(VENV) else os.remove(VENV)
    base = base_python()
    if answer([base, "-c", "import venv, ensurepip"]) is None:
        package = f"python{dotted(2)}-venv"
        raise FailureError(
            f"this Python has no module venv: apt-get install {package} (or python3-venv), then run make again"
        )
    say(f"making .venv with Python {dotted(3)}")
    os.mkdir(VENV)
    open(UNFINISHED, "w").close()
    done = subprocess.run(
        [base, "-m", "venv", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        check=False,
        close_fds=False,  # the lock
    )
    if done.returncode != 0:
        lines = done.stdout.decode(errors="replace").strip().splitlines() or ["no reason told"]
        raise FailureError(f"the virtual environment could not be made ({lines[-1]}): is python3-venv installed?")
    os.remove(UNFINISHED)


def install(lock):
    with open(os.path.join(HERE, lock)) as file:
        total = sum(1 for line in file if "==" in line)
    say(f"installing the packages of {lock} ({total})")
    pip([*INSTALL[:-1], *FROM_SOURCES.get(lock, []), INSTALL[-1], os.path.join(HERE, lock)], lock, total)


def pip(arguments, lock, total=0, **more):
    """Run pip of `.venv`, count the packages as they come, and put a failure into one line."""
    command = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", *arguments]
    seen = 0
    with open(LOG, "a") as log:
        process = subprocess.Popen(
            command,
            cwd=HERE,
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            close_fds=False,  # the lock
        )
        for raw in process.stdout:
            line = raw.decode(errors="replace")
            log.write(line)
            if line.startswith(("Collecting ", "Processing ")) and total:
                seen += 1
                if seen % 20 == 0:
                    say(f"  {seen} of at most {total}")
            elif line.startswith("Installing collected"):
                say("  unpacking")
    if process.wait() != 0:
        raise FailureError(reason(lock))


def reason(lock):
    with open(LOG) as log:
        text = log.read()
    for mark, words in REASONS:
        if mark in text:
            return words.format(lock=lock) + " (details: .venv/bootstrap.log)"
    errors = [line for line in text.splitlines() if line.startswith("ERROR")] or ["ERROR: no reason told"]
    return f"pip failed: {errors[-1][7:].strip()} (details: .venv/bootstrap.log)"


def system_node():
    """The path of a Node that can build the pages, or None."""
    found = shutil.which("node", path=os.pathsep.join(p for p in os.get_exec_path() if not p.startswith(VENV)))
    version = answer([found, "--version"]) if found and shutil.which("npm") else None
    return found if node_fits(version or "") else None


def node_fits(version):
    """Whether the answer of `node --version` is one that builds the pages. The same rule as in cmc/web/builder.py."""
    numbers = re.match(r"v(\d+)\.(\d+)", version, re.ASCII)
    if numbers is None:
        return False
    found = int(numbers.group(1)), int(numbers.group(2))
    return (20, 19) <= found < (21, 0) or found >= (22, 12)


def bring_up_to_date(kind):
    make_venv()
    stamp = read_stamp()
    open(UNFINISHED, "w").close()  # what pip leaves when it is interrupted cannot be trusted
    open(LOG, "w").close()
    want = wanted(kind)
    fresh = {"at": HERE}
    if stamp.get(kind) != want[kind]:
        install(LOCKS[kind])
        fresh[kind] = want[kind]
    else:
        fresh.update({name: stamp[name] for name in ("run", "dev") if name in stamp})
    node = system_node()
    if node is None and stamp.get("node") != want["node"]:
        install(LOCKS["node"])
    fresh["node"] = node or want["node"]
    say("installing cmc itself")
    pip(["--no-deps", "--no-build-isolation", "--no-index", "-e", HERE], "pyproject.toml", CMC_SKIP_UI="1")
    fresh["project"] = want["project"]
    write_stamp(fresh)
    os.remove(UNFINISHED)
    say("ready")


def lock(file):
    """One run at a time. Children inherit the lock: what a killed run left working is waited for as well."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another run")
        fcntl.flock(file, fcntl.LOCK_EX)
    os.set_inheritable(file.fileno(), True)


def main():
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in ("run", "dev"):
        raise FailureError("usage: python3 bootstrap.py run|dev")
    if satisfied(read_stamp(), kind):
        return
    use_suitable_python()
    with open(os.path.abspath(__file__), "r+b") as own:
        lock(own)
        if not satisfied(read_stamp(), kind):
            bring_up_to_date(kind)


if __name__ == "__main__":
    try:
        main()
    except FailureError as failure:
        sys.exit(f"env: {failure}.")
    except KeyboardInterrupt:
        sys.exit("env: interrupted; run the command again, it starts where that is safe.")
    except OSError as error:
        sys.exit(f"env: {error}.")
