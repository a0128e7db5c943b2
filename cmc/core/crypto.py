"""Protected fields: ciphertext for display, keyed tokens for look-up, and the key they hang on."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE_BYTES = 12
_KEY_BYTES = 32
_TOKEN_BYTES = 16


class MasterKeyError(ValueError):
    """The master key is missing, malformed, or not the one that the data were written with."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one installation, derived from its master key."""

    _cipher: AESGCM
    _token_key: bytes

    def encrypt(self, value: str, *, context: str) -> bytes:
        """Return the ciphertext of `value`, bound to `context` ("table.column|row id"): it opens nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, value.encode(), context.encode())

    def decrypt(self, ciphertext: bytes, *, context: str) -> str:
        """Return the text in `ciphertext`; raise `MasterKeyError` when key or context differ."""
        nonce, body = ciphertext[1 : 1 + _NONCE_BYTES], ciphertext[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, context.encode()).decode()
        except InvalidTag as error:
            raise MasterKeyError("a protected field cannot be opened with this master key") from error

    def token(self, kind: str, value: str) -> bytes:
        """Return the 16-byte look-up token of a normalised value; useless without the key."""
        return hmac.new(self._token_key, f"{kind}|1|{value}".encode(), hashlib.sha256).digest()[:_TOKEN_BYTES]


def keyring(master_key: bytes) -> Keyring:
    """Derive the keyring from a master key of 32 bytes."""
    if len(master_key) != _KEY_BYTES:
        raise MasterKeyError("the master key must be 32 bytes, base64-encoded")

    def derive(purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(master_key)

    return Keyring(AESGCM(derive(b"cmc field encryption")), derive(b"cmc look-up tokens"))


def decode_master_key(text: str) -> bytes:
    """Return the bytes of a base64 master key; raise `MasterKeyError` when it is malformed."""
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MasterKeyError("the master key must be 32 bytes, base64-encoded") from error


def master_key_of(folder: Path) -> bytes:
    """Return the master key kept in `folder`, making it on first use (file mode 0600, never overwritten)."""
    path = folder / "master.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # another process of ours was first; its key counts
        finally:
            draft.unlink()
    return decode_master_key(path.read_text())
