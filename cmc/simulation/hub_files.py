"""The files of hubs: NDJSON, one native reading a line, read as streams."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from cmc.core.operating import OperatorError

LONGEST_LINE: Final = 2000
"""Bytes: so that the largest batch stays under the service's limit of 1 MiB a body."""


def found(given: Sequence[Path]) -> list[Path]:
    """Return the files of the hubs, for a folder all *.ndjson below it; raises `OperatorError` without any."""
    files: list[Path] = []
    for path in given:
        files += sorted(path.rglob("*.ndjson")) if path.is_dir() else [path]
        if not path.exists():
            raise OperatorError(f"{path} does not exist.")
    if not files:
        raise OperatorError("There is no *.ndjson file here: `cmc simulate --to DIR` writes them.")
    return files


def keys(path: Path) -> Callable[[Path], str]:
    """Return the function from a hub's file to the gateway key of its clinic, by `{"code of a clinic": "key"}`.

    Raises `OperatorError` when `path` holds anything else, and the function when a clinic has no key there.
    """
    try:
        by_code = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except OSError as error:
        raise OperatorError(f"{path} cannot be read ({error.strerror}).") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise OperatorError(f"{path} is not a JSON object of clinic codes and keys.") from error

    def key_of(hub: Path) -> str:
        code = hub.resolve().parent.name
        if code not in by_code:
            raise OperatorError(f"{path} has no key for clinic {code}, the folder of {hub.name}.")
        return by_code[code]

    return key_of


def lines(readline: Callable[[int], bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each line; of one that is too long, a beginning that is too long."""
    number = 0
    while line := readline(LONGEST_LINE + 2):
        number += 1
        yield number, line
        while line and not line.endswith(b"\n"):
            line = readline(1 << 16)


def fault(line: bytes) -> str | None:
    """Return why a line cannot be an item, None when it can (or is empty). What the item says is for the service."""
    if len(line.rstrip(b"\r\n")) > LONGEST_LINE:
        return f"longer than {LONGEST_LINE:,} bytes"
    try:
        if line.strip():
            msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            line.decode()
    except UnicodeDecodeError:
        return "not UTF-8"
    except msgspec.MsgspecError:
        return "not a JSON object"
    return None
