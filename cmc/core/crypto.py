"""Protected fields: ciphertext for display, keyed tokens for look-up, and the keys they hang on.

A person's fields are sealed with a data key of their own; the data key lies in the person's row, wrapped by a master
key. Master keys come from a file or the environment and never enter the database. Several may be known at once: the
first is the one that new data keys are wrapped by, the others still open what was wrapped before.

A ciphertext is version (1 byte) | key id (4) | nonce (12) | body with its tag. The version says the algorithm, so any
mixture opens; the context ("table.column|row id") is authenticated, so a ciphertext opens in its own place alone.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cmc.core.master_keys import KEY_BYTES, KeyMaterial, MasterKeyError, decode_master_key, master_key_of

__all__ = ["Algorithm", "FieldKey", "Keyring", "MasterKeyError", "decode_master_key", "keyring", "master_key_of"]

_NONCE: Final = 12
_TAG: Final = 16
_ID: Final = 4
_BODY: Final = 1 + _ID + _NONCE
_TOKEN_BYTES: Final = 16
_FIRST_FORM: Final = 1
"""Version byte of what was written before keys had ids: version | nonce | body, AES-256-GCM."""


class Algorithm(StrEnum):
    """How fields are sealed: the international cipher, or the national one of China (GB/T 32907)."""

    AES_256_GCM = "aes-256-gcm"
    SM4_GCM = "sm4-gcm"


_VERSIONS: Final = {Algorithm.AES_256_GCM: 2, Algorithm.SM4_GCM: 3}
_CANNOT_OPEN: Final = "a protected field cannot be opened with this master key"


class FieldKey:
    """One key that seals and opens fields. 32 bytes; its id is 4 bytes that tell which key a ciphertext needs."""

    __slots__ = ("_aes", "_sm4", "_start", "id")

    def __init__(self, key: bytes, algorithm: Algorithm = Algorithm.AES_256_GCM, *, key_id: bytes | None = None):
        digest = hashlib.sha256(b"cmc field key" + key).digest()
        self.id = digest[:_ID] if key_id is None else key_id
        self._aes = AESGCM(key)
        self._sm4 = digest[16:]
        self._start = bytes([_VERSIONS[algorithm]]) + self.id

    def encrypt(self, value: str, *, context: str) -> bytes:
        """Return the ciphertext of `value`, bound to `context` ("table.column|row id")."""
        return self.seal(value.encode(), context.encode())

    def decrypt(self, ciphertext: bytes, *, context: str) -> str:
        """Return the text in `ciphertext`; raise `MasterKeyError` when key or context differ."""
        return self.open(ciphertext, context.encode()).decode()

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """As `encrypt`, of bytes."""
        nonce = os.urandom(_NONCE)
        if self._start[0] == _VERSIONS[Algorithm.AES_256_GCM]:
            return self._start + nonce + self._aes.encrypt(nonce, plain, context)
        sealing = Cipher(algorithms.SM4(self._sm4), modes.GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(context)
        return self._start + nonce + sealing.update(plain) + sealing.finalize() + sealing.tag

    def open(self, ciphertext: bytes, context: bytes) -> bytes:
        """As `decrypt`, of bytes."""
        try:
            if ciphertext[0] == _FIRST_FORM:
                return self._aes.decrypt(ciphertext[1 : 1 + _NONCE], ciphertext[1 + _NONCE :], context)
            nonce, body = ciphertext[1 + _ID : _BODY], ciphertext[_BODY:]
            if ciphertext[0] == _VERSIONS[Algorithm.AES_256_GCM]:
                return self._aes.decrypt(nonce, body, context)
            if ciphertext[0] == _VERSIONS[Algorithm.SM4_GCM] and len(body) >= _TAG:
                opening = Cipher(algorithms.SM4(self._sm4), modes.GCM(nonce, body[-_TAG:])).decryptor()
                opening.authenticate_additional_data(context)
                return opening.update(body[:-_TAG]) + opening.finalize()
        except (InvalidTag, IndexError, ValueError) as error:
            raise MasterKeyError(_CANNOT_OPEN) from error
        raise MasterKeyError(_CANNOT_OPEN)


class _Master:
    """What is derived from one master key: a key for fields of no person, and a key for data keys."""

    __slots__ = ("fields", "wrapping")

    def __init__(self, master: bytes, algorithm: Algorithm) -> None:
        key_id = master_id(master)
        self.fields = FieldKey(_derived(master, b"cmc field encryption"), algorithm, key_id=key_id)
        self.wrapping = FieldKey(_derived(master, b"cmc data keys"), algorithm, key_id=key_id)


class Keyring:
    """The keys of one installation.

    `reread` gives the key material anew; it is asked when something was sealed with a key that is not known yet, so
    that a running service learns of a key that was added to its key file.
    """

    def __init__(
        self,
        material: KeyMaterial,
        *,
        algorithm: Algorithm = Algorithm.AES_256_GCM,
        reread: Callable[[], KeyMaterial] | None = None,
    ) -> None:
        self.algorithm, self._reread = algorithm, reread
        self._tokens = hmac.new(look_up_key(material), digestmod=hashlib.sha256)
        self._take(material)

    @property
    def current(self) -> bytes:
        """The id of the master key that new data keys are wrapped by."""
        return self._known[1]

    @property
    def ids(self) -> frozenset[bytes]:
        """The ids of all master keys that are known."""
        return frozenset(self._known[0])

    def encrypt(self, value: str, *, context: str, under: bytes | None = None) -> bytes:
        """Return the ciphertext of a field that belongs to no person, sealed by a master key.

        `under` is the id of that key; give `key_check.current(…)` for what is stored, so that nothing is sealed by a
        key that another process is about to forget. The column then belongs into `SEALED_COLUMNS` of the rotation.
        """
        return self._master(under or self.current).fields.encrypt(value, context=context)

    def decrypt(self, ciphertext: bytes, *, context: str) -> str:
        """Return the text of such a field; raise `MasterKeyError` when key or context differ."""
        if ciphertext[:1] != bytes([_FIRST_FORM]):
            return self._master(key_id(ciphertext)).fields.decrypt(ciphertext, context=context)
        for master in self._known[0].values():  # the first form does not say which
            try:
                return master.fields.decrypt(ciphertext, context=context)
            except MasterKeyError:
                continue
        raise MasterKeyError(_CANNOT_OPEN)

    def new_data_key(self, *, context: str, under: bytes | None = None) -> tuple[FieldKey, bytes]:
        """Return a fresh data key and its wrapped form, under the master key of id `under` (else the current one)."""
        plain = os.urandom(KEY_BYTES)
        wrapped = self._master(under or self.current).wrapping.seal(plain, context.encode())
        return FieldKey(plain, self.algorithm), wrapped

    def data_key(self, wrapped: bytes, *, context: str) -> FieldKey:
        """Return the data key in `wrapped`; raise `MasterKeyError` when master key or context differ."""
        return FieldKey(self._master(key_id(wrapped)).wrapping.open(wrapped, context.encode()), self.algorithm)

    def rewrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Return the same data key, wrapped by the current master key."""
        plain = self._master(key_id(wrapped)).wrapping.open(wrapped, context.encode())
        return self._master(self.current).wrapping.seal(plain, context.encode())

    def token(self, kind: str, value: str) -> bytes:
        """Return the 16-byte look-up token of a normalised value; useless without the key."""
        keyed = self._tokens.copy()
        keyed.update(f"{kind}|1|{value}".encode())
        return keyed.digest()[:_TOKEN_BYTES]

    def number(self, kind: str, value: str) -> int:
        """Return the look-up token as a signed 64-bit number, the form that the token table indexes."""
        return int.from_bytes(self.token(kind, value)[:8], "big", signed=True)

    def knows(self, key: bytes) -> bool:
        """Tell whether the master key of this id is known, after a look into the key file if it was not."""
        if key not in self._known[0] and self._reread is not None:
            self._take(self._reread())
        return key in self._known[0]

    def _master(self, key: bytes) -> _Master:
        if not self.knows(key):
            raise MasterKeyError("a protected field needs a master key that is not known here")
        return self._known[0][key]

    def _take(self, material: KeyMaterial) -> None:
        masters = {master_id(each): _Master(each, self.algorithm) for each in material.masters}
        self._known = masters, master_id(material.masters[0])  # at once: other threads read it meanwhile


def keyring(master_key: bytes, *, algorithm: Algorithm = Algorithm.AES_256_GCM) -> Keyring:
    """Return the keyring of a single master key of 32 bytes."""
    return Keyring(KeyMaterial((master_key,)), algorithm=algorithm)


def key_id(ciphertext: bytes) -> bytes:
    """Return the id of the key that `ciphertext` was sealed with."""
    return ciphertext[1 : 1 + _ID]


def master_id(master: bytes) -> bytes:
    """Return the 4-byte id of a master key."""
    return _derived(master, b"cmc key id")[:_ID]


def look_up_key(material: KeyMaterial) -> bytes:
    """Return the key of the look-up tokens: the one that is named, else the one that the only master key gives."""
    return material.look_up or _derived(material.masters[-1], b"cmc look-up tokens")


def _derived(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master)
