"""Protected fields open only with their key and in their place."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from cmc.core import config, crypto, master_keys
from cmc.core.crypto import Algorithm, Keyring
from cmc.core.master_keys import KeyMaterial
from cmc.core.operating import OperatorError

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


def _ring(*masters: bytes, algorithm: Algorithm = Algorithm.AES_256_GCM) -> Keyring:
    look_up = crypto.look_up_key(KeyMaterial((b"k" * 32,)))
    return Keyring(KeyMaterial(tuple(each * 32 for each in masters), look_up), algorithm=algorithm)


@given(
    st.text(max_size=80),
    st.text(max_size=30),
    st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.sampled_from(Algorithm)), min_size=1, max_size=4),
)
def test_any_mixture_of_keys_and_ciphers_opens(
    plain: str, context: str, mixture: list[tuple[bytes, Algorithm]]
) -> None:
    everything = _ring(b"c", b"b", b"a")
    for master, algorithm in mixture:
        ring = _ring(master, algorithm=algorithm)
        assert everything.decrypt(ring.encrypt(plain, context=context), context=context) == plain
        key, wrapped = ring.new_data_key(context="row")
        sealed = key.encrypt(plain, context=context)
        assert everything.data_key(wrapped, context="row").decrypt(sealed, context=context) == plain
        anew = everything.rewrap(wrapped, context="row")
        assert _ring(b"c").data_key(anew, context="row").decrypt(sealed, context=context) == plain


@pytest.mark.parametrize("algorithm", Algorithm)
@given(st.data())
def test_a_changed_byte_or_another_place_opens_nothing(algorithm: Algorithm, data: st.DataObject) -> None:
    sealed = bytearray(crypto.FieldKey(b"d" * 32, algorithm).encrypt("王建国", context="patient.name|1"))
    at = data.draw(st.integers(0, len(sealed) - 1))
    key = crypto.FieldKey(b"d" * 32)
    with pytest.raises(crypto.MasterKeyError):
        key.decrypt(bytes(sealed), context="patient.name|2")
    if not 1 <= at <= 4:  # the id only says which key to take
        sealed[at] ^= data.draw(st.integers(1, 255))
        with pytest.raises(crypto.MasterKeyError):
            key.decrypt(bytes(sealed), context="patient.name|1")


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x02", b"\x03" * 20, b"\x04" * 40])
def test_what_is_no_ciphertext_is_told_as_such(sealed: bytes) -> None:
    with pytest.raises(crypto.MasterKeyError):
        crypto.FieldKey(b"d" * 32).decrypt(sealed, context="c")
    with pytest.raises(crypto.MasterKeyError):
        KEYS.decrypt(sealed, context="c")


def test_what_the_first_version_wrote_still_opens() -> None:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cmc field encryption").derive(b"k" * 32)
    first = b"\x01" + b"n" * 12 + AESGCM(key).encrypt(b"n" * 12, b"secret", b"c")
    assert KEYS.decrypt(first, context="c") == "secret"
    assert _ring(b"z", b"k").decrypt(first, context="c") == "secret"


def test_tokens_outlive_the_master_key() -> None:
    assert _ring(b"z").token("phone", "1") == KEYS.token("phone", "1")


def test_a_service_learns_of_a_key_that_was_added_to_its_file() -> None:
    material = KeyMaterial((b"k" * 32,))
    added = KeyMaterial((b"z" * 32, b"k" * 32), crypto.look_up_key(material))
    running = Keyring(material, reread=lambda: added)
    sealed = Keyring(added).encrypt("secret", context="c")
    assert running.decrypt(sealed, context="c") == "secret"
    assert running.current == Keyring(added).current


@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3, unique=True),
    st.binary(min_size=32, max_size=32),
)
def test_a_key_file_is_read_as_it_was_written(masters: list[bytes], look_up: bytes) -> None:
    material = KeyMaterial(tuple(masters), look_up)
    assert master_keys.parse(material.text()) == material
    assert master_keys.parse(material.text().replace("\n", ",")) == material
    assert "=" not in repr(material)


@pytest.mark.parametrize("words", ["a", "a,a", "b,c"])
def test_keys_that_cannot_be_meant_are_refused(words: str) -> None:
    line = {"a": "YWFh", "b": "YmJi" * 11 + "YmI=", "c": "Y2Nj" * 11 + "Y2M="}  # `b,c` without the look-up key
    with pytest.raises(crypto.MasterKeyError):
        master_keys.parse(",".join(line[each] for each in words.split(",")))


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "sm4-gcm"])
def test_an_installation_chooses_its_cipher_and_reads_what_the_other_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cipher: str
) -> None:
    monkeypatch.setenv("CMC_DATA_DIR", str(tmp_path))
    before = config.keyring(config.load())
    monkeypatch.setenv("CMC_CIPHER", cipher)
    after = config.keyring(config.load())
    assert after.algorithm == cipher
    assert after.decrypt(before.encrypt("王建国", context="c"), context="c") == "王建国"
    assert before.decrypt(after.encrypt("王建国", context="c"), context="c") == "王建国"
    assert after.token("phone", "1") == before.token("phone", "1")


def test_an_unknown_cipher_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CMC_CIPHER", "rot13")
    with pytest.raises(OperatorError, match="CMC_CIPHER"):
        config.load()
