"""Where master keys come from: text in a file or the environment.

The text is one or several keys of 32 bytes in base64, separated by white space or commas; the first is the current one.
As soon as there are several, `lookup:` names the key of the look-up tokens, which outlives every master key: with
another one nobody could be found, and the same person could be filed twice.
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
FILE_NAME: Final = "master.key"
_LOOK_UP: Final = "lookup:"
_FORM: Final = "the master key must be 32 bytes, base64-encoded"


class MasterKeyError(ValueError):
    """The master key is missing, malformed, or not the one that the data were written with."""


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """The master keys, the current one first, and the key of the look-up tokens (None: derived from the only one)."""

    masters: tuple[bytes, ...]
    look_up: bytes | None = None

    def __post_init__(self) -> None:
        if not self.masters or any(len(each) != KEY_BYTES for each in (*self.masters, self.look_up or self.masters[0])):
            raise MasterKeyError(_FORM)
        if len(self.masters) > 1 and self.look_up is None:
            raise MasterKeyError("several master keys need the key of the look-up tokens beside them (lookup:…)")
        if len(set(self.masters)) != len(self.masters):
            raise MasterKeyError("the same master key is given twice")

    def __repr__(self) -> str:
        return f"KeyMaterial({len(self.masters)} master keys)"

    def text(self) -> str:
        """Return the lines of a key file."""
        lines = [base64.b64encode(each).decode() for each in self.masters]
        if self.look_up is not None:
            lines.append(_LOOK_UP + base64.b64encode(self.look_up).decode())
        return "\n".join(lines) + "\n"


def parse(text: str) -> KeyMaterial:
    """Return the keys in the text of a file or setting; raise `MasterKeyError` when it is malformed."""
    masters, look_up = [], None
    for word in text.replace(",", " ").split():
        if word.startswith(_LOOK_UP):
            look_up = decode_master_key(word.removeprefix(_LOOK_UP))
        else:
            masters.append(decode_master_key(word))
    return KeyMaterial(tuple(masters), look_up)


def decode_master_key(text: str) -> bytes:
    """Return the bytes of one base64 key; raise `MasterKeyError` when it is malformed."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MasterKeyError(_FORM) from error


def material_of(folder: Path) -> KeyMaterial:
    """Return the keys kept in `folder`, making the first on first use (file mode 0600, never overwritten)."""
    path = folder / FILE_NAME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = _draft(path, KeyMaterial((secrets.token_bytes(KEY_BYTES),)))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process of ours was first; its key counts
        finally:
            draft.unlink()
    return parse(path.read_text())


def master_key_of(folder: Path) -> bytes:
    """Return the current master key kept in `folder`, made on first use."""
    return material_of(folder).masters[0]


def replace(folder: Path, material: KeyMaterial) -> None:
    """Put `material` in the place of the keys in `folder`, whole or not at all, and on the disk when this returns."""
    path = folder / FILE_NAME
    os.replace(_draft(path, material), path)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _draft(path: Path, material: KeyMaterial) -> Path:
    draft = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(material.text())
        file.flush()
        os.fsync(file.fileno())
    return draft
