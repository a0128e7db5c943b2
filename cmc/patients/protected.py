"""The one place where what identifies a person is sealed and opened. Pure.

Name, citizen ID, phone and address are ciphertext under the person's own data key, which lies in the row wrapped by a
master key; without the data key the row is a stump that nobody can name.
"""

from typing import NamedTuple
from uuid import UUID

from cmc.core.crypto import FieldKey, Keyring
from cmc.core.errors import Conflict
from cmc.core.named import NamedStr
from cmc.patients import search_terms
from cmc.patients.masks import STUMP
from cmc.patients.tables import Patient


class ProtectedField(NamedStr):
    """What is sealed of a person and can be revealed."""

    NAME = "name", "姓名", "Name"
    CITIZEN_ID = "citizen_id", "身份证号", "Citizen ID"
    PHONE = "phone", "电话", "Phone"
    ADDRESS = "address", "住址", "Address"


class Protected(NamedTuple):
    """The sealed columns of a new person (their names are those of the table), and the tokens to be found by."""

    data_key: bytes
    name_cipher: bytes
    citizen_id_cipher: bytes | None
    citizen_id_original_cipher: bytes | None
    citizen_id_token: bytes | None
    phone_cipher: bytes | None
    address_cipher: bytes | None
    tokens: tuple[int, ...]

    def columns(self) -> dict[str, bytes | None]:
        """Return the columns of `patient`, without the tokens, which have a table of their own."""
        found = self._asdict()
        del found["tokens"]
        return found


def protect(
    keys: Keyring,
    person_id: UUID,
    *,
    name: str,
    citizen_id: str | None = None,
    citizen_id_original: str | None = None,
    phone: str | None = None,
    address: str | None = None,
    under: bytes | None = None,
) -> Protected:
    """Seal a person's fields under a fresh data key; `citizen_id` has its 18 characters, checked before.

    `citizen_id_original` is the number of 15 digits, if that was given (IDC-05). `under` is the id of the master key
    that wraps the data key (the current one when left out). Some 20 µs a person.
    """
    suffix = f"|{person_id}"
    key, wrapped = keys.new_data_key(context="patient.data_key" + suffix, under=under)
    return Protected(
        wrapped,
        key.encrypt(name, context="patient.name" + suffix),
        key.encrypt(citizen_id, context="patient.citizen_id" + suffix) if citizen_id else None,
        key.encrypt(citizen_id_original, context="patient.citizen_id_original" + suffix)
        if citizen_id_original
        else None,
        search_terms.citizen_id_token(keys, citizen_id) if citizen_id else None,
        key.encrypt(phone, context="patient.phone" + suffix) if phone else None,
        key.encrypt(address, context="patient.address" + suffix) if address else None,
        search_terms.tokens(keys, name=name, citizen_id=citizen_id, phone=phone),
    )


class Opened:
    """A person in clear: each field is opened when it is asked for, the data key once."""

    __slots__ = ("_key", "_patient")

    def __init__(self, keys: Keyring, patient: Patient) -> None:
        self._patient = patient
        self._key: FieldKey | None = None
        if patient.data_key is not None:
            self._key = keys.data_key(patient.data_key, context=f"patient.data_key|{patient.id}")

    @property
    def name(self) -> str:
        """The name; `***` of a person whose data key was destroyed."""
        return self._open("name", self._patient.name_cipher) or STUMP

    @property
    def citizen_id(self) -> str | None:
        """The citizen ID of 18 characters."""
        return self._open("citizen_id", self._patient.citizen_id_cipher)

    @property
    def citizen_id_original(self) -> str | None:
        """The number of 15 digits, when it was given so."""
        return self._open("citizen_id_original", self._patient.citizen_id_original_cipher)

    @property
    def phone(self) -> str | None:
        """The phone number as it was given."""
        return self._open("phone", self._patient.phone_cipher)

    @property
    def address(self) -> str | None:
        """The address as it was given."""
        return self._open("address", self._patient.address_cipher)

    def seal(self, context: str, value: str) -> bytes:
        """Return the ciphertext of `value` under the person's key; a stump has none and seals nothing."""
        if self._key is None:
            raise Conflict("this record is a stump: its identity was destroyed", code="erased")
        return self._key.encrypt(value, context=context)

    def read(self, context: str, cipher: bytes | None) -> str | None:
        """Return the text of a ciphertext that `seal` made in another table of the person's."""
        return None if self._key is None or cipher is None else self._key.decrypt(cipher, context=context)

    def value(self, field: ProtectedField) -> str | None:
        """Return one field; None when the record does not have it."""
        return self._open(field.value, getattr(self._patient, f"{field.value}_cipher"))

    def _open(self, column: str, cipher: bytes | None) -> str | None:
        if self._key is None or cipher is None:
            return None
        return self._key.decrypt(cipher, context=f"patient.{column}|{self._patient.id}")
