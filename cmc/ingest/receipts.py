"""Bodies as they arrived, sealed: a sender may put a name where none belongs, and what was refused is kept. Pure."""

from uuid import UUID

from cmc.core.crypto import Keyring


def sealed(keys: Keyring, receipt_id: UUID, body: bytes, *, under: bytes | None = None) -> tuple[bytes, bytes]:
    """Return the wrapped data key and the ciphertext of a body; `under` is the id of the master key that wraps it."""
    key, wrapped = keys.new_data_key(context=f"receipt.data_key|{receipt_id}", under=under)
    return wrapped, key.seal(body, f"receipt.body|{receipt_id}".encode())


def opened(keys: Keyring, receipt_id: UUID, data_key: bytes, body: bytes) -> bytes:
    """Return a body exactly as it arrived; raise `MasterKeyError` when the keys are others."""
    return keys.data_key(data_key, context=f"receipt.data_key|{receipt_id}").open(
        body, f"receipt.body|{receipt_id}".encode()
    )
