"""The public files of NHANES 1999–2016 and of its linked mortality: which, from where, and whether they are unchanged.

`sources.json` beside the files keeps the hash of each as it was when it was first fetched; from then on another content
is refused. Public-use data of the U.S. National Center for Health Statistics: for statistics only, no attempt to learn
who anybody is, no linking with data that name people.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import httpx

from cmc.core.operating import OperatorError
from cmc.core.progress import Progress

SURVEY_URL: Final = "https://wwwn.cdc.gov/Nchs/Data/Nhanes/Public"
MORTALITY_URL: Final = "https://ftp.cdc.gov/pub/Health_Statistics/NCHS/datalinkage/linked_mortality"
SOURCES: Final = "sources.json"
_TIMEOUT_SECONDS: Final = 120
_LETTERS: Final[Mapping[int, str]] = MappingProxyType(
    {1999: "", **{2001 + 2 * place: f"_{letter}" for place, letter in enumerate("BCDEFGHI")}}
)
# Components by what they hold; laboratory files had numbers for names until 2004.
_STEMS: Final = ("DEMO", "BPX", "BPQ", "BMX", "SMQ", "DIQ", "MCQ")
_NAMED: Final = {
    "GHB": "GHB",
    "TCHOL": "TCHOL",
    "HDL": "HDL",
    "TRIGLY": "TRIGLY",
    "BIOPRO": "BIOPRO",
    "ALBCR": "ALB_CR",
}
_NUMBERED: Final[Mapping[str, Mapping[int, str]]] = MappingProxyType(
    {
        "GHB": {1999: "LAB10", 2001: "L10", 2003: "L10"},
        "TCHOL": {1999: "LAB13", 2001: "L13", 2003: "L13"},
        "HDL": {1999: "LAB13", 2001: "L13", 2003: "L13"},
        "TRIGLY": {1999: "LAB13AM", 2001: "L13AM", 2003: "L13AM"},
        "BIOPRO": {1999: "LAB18", 2001: "L40", 2003: "L40"},
        "ALBCR": {1999: "LAB16", 2001: "L16", 2003: "L16"},
    }
)
CYCLES: Final = tuple(_LETTERS)


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One file: its name here and its address."""

    name: str
    url: str


def component(year: int, holds: str) -> str:
    """The file name of what is looked for in the cycle that began in a year, e.g. (2001, "GHB") → L10_B.xpt."""
    stem = holds if holds in _STEMS else _NUMBERED[holds].get(year, _NAMED[holds])
    return f"{stem}{_LETTERS[year]}.xpt"


def mortality(year: int) -> str:
    """The file name of the linked mortality of a cycle."""
    return f"NHANES_{year}_{year + 1}_MORT_2019_PUBLIC.dat"


def public_files(survey_url: str = SURVEY_URL, mortality_url: str = MORTALITY_URL) -> tuple[PublicFile, ...]:
    """Every file that is needed, each once."""
    found: dict[str, PublicFile] = {}
    for year in CYCLES:
        for holds in (*_STEMS, *_NAMED):
            name = component(year, holds)
            found[name] = PublicFile(name, f"{survey_url}/{year}/DataFiles/{name}")
        name = mortality(year)
        found[name] = PublicFile(name, f"{mortality_url}/{name}")
    return tuple(found.values())


def fetch(files: tuple[PublicFile, ...], into: Path, progress: Progress) -> int:
    """Fetch what is not here yet and note its hash; the number of files fetched. What is here is checked.

    Raises OperatorError when a file cannot be had, or is not what it was.
    """
    into.mkdir(parents=True, exist_ok=True)
    known = _sources(into)
    fetched = 0
    with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=True) as client:
        for done, file in enumerate(files):
            progress("public files", done, len(files))
            path = into / file.name
            if not path.exists():
                _download(client, file, path)
                fetched += 1
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            if known.setdefault(file.name, found) != found:
                raise OperatorError(f"{file.name} is not what it was when it was first fetched.")
            (into / SOURCES).write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    progress("public files", len(files), len(files))
    return fetched


def checked(files: tuple[PublicFile, ...], where: Path) -> Iterator[Path]:
    """The paths of all files, each after a look at its hash. Raises OperatorError for a missing or changed one."""
    known = _sources(where)
    for file in files:
        path = where / file.name
        if file.name not in known or not path.exists():
            raise OperatorError(f"{file.name} is missing: run `cmc risk data fetch` first.")
        if hashlib.sha256(path.read_bytes()).hexdigest() != known[file.name]:
            raise OperatorError(f"{file.name} is not what it was when it was first fetched.")
        yield path


def _download(client: httpx.Client, file: PublicFile, path: Path) -> None:
    part = path.with_suffix(".part")
    try:
        with client.stream("GET", file.url) as answer:
            answer.raise_for_status()
            with part.open("wb") as out:
                for piece in answer.iter_bytes():
                    out.write(piece)
    except (httpx.HTTPError, OSError) as error:
        raise OperatorError(f"{file.url} cannot be fetched: {error}.") from error
    part.rename(path)


def _sources(where: Path) -> dict[str, str]:
    path = where / SOURCES
    if not path.exists():
        return {}
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found
