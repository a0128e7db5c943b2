"""Protected fields open only with their key and in their place."""

import stat
from pathlib import Path

import pytest

from cmc.core import crypto

KEYS = crypto.keyring(b"k" * 32)
OTHER = crypto.keyring(b"o" * 32)


def test_a_field_opens_in_its_place() -> None:
    sealed = KEYS.encrypt("11010519491231002X", context="patient.citizen_id|1")
    assert b"1101" not in sealed
    assert KEYS.decrypt(sealed, context="patient.citizen_id|1") == "11010519491231002X"


def test_a_field_moved_to_another_row_does_not_open() -> None:
    sealed = KEYS.encrypt("secret", context="patient.citizen_id|1")
    with pytest.raises(crypto.MasterKeyError):
        KEYS.decrypt(sealed, context="patient.citizen_id|2")


def test_a_field_does_not_open_with_another_key() -> None:
    with pytest.raises(crypto.MasterKeyError):
        OTHER.decrypt(KEYS.encrypt("secret", context="c"), context="c")


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert KEYS.encrypt("same", context="c") != KEYS.encrypt("same", context="c")


def test_tokens_are_equal_for_equal_values_and_keys_only() -> None:
    assert KEYS.token("citizen-id", "1") == KEYS.token("citizen-id", "1")
    assert len({KEYS.token("citizen-id", "1"), KEYS.token("phone", "1"), OTHER.token("citizen-id", "1")}) == 3


def test_the_master_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "not made yet"
    first = crypto.master_key_of(folder)
    assert crypto.master_key_of(folder) == first
    assert stat.S_IMODE((folder / "master.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "short", "====", "é"])
def test_a_malformed_master_key_is_refused(text: str) -> None:
    with pytest.raises(crypto.MasterKeyError):
        crypto.keyring(crypto.decode_master_key(text))
