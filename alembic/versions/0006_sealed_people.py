"""what identifies a person, and raw bodies, as ciphertext; tokens to find people by

Widens the tables; `backfill` then seals who is on file, in batches that can be stopped and resumed; 0007 takes the
columns in clear away. Migrations have no keys: `cmc.core.migrations.upgrade` gives them to the backfill.
"""

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from alembic import op
from cmc.core import key_check
from cmc.core.crypto import Keyring
from cmc.ingest import receipts
from cmc.patients.protected import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BATCH = 500
SEALED = ("data_key", "name_cipher", "phone_cipher", "address_cipher")
WAITING = (
    "SELECT id, clinic_id, name, phone, address, citizen_id_cipher, citizen_id_original_cipher FROM patient"
    " WHERE name IS NOT NULL ORDER BY id LIMIT :batch FOR UPDATE"
)
SEAL = (
    "UPDATE patient SET name = NULL, phone = NULL, address = NULL, citizen_id_masked = NULL, data_key = :data_key,"
    " name_cipher = :name_cipher, phone_cipher = :phone_cipher, address_cipher = :address_cipher,"
    " citizen_id_cipher = :citizen_id_cipher, citizen_id_original_cipher = :citizen_id_original_cipher WHERE id = :id"
)
ADD_TOKENS = (
    "INSERT INTO patient_token (token, clinic_id, patient_id)"
    " SELECT DISTINCT token, clinic.id, CAST(:id AS uuid) FROM unnest(CAST(:tokens AS bigint[])) AS token"
    " CROSS JOIN (SELECT CAST(:clinic_id AS uuid) AS id UNION SELECT clinic_id FROM enrolment"
    " WHERE patient_id = :id) AS clinic"
)

LEFT = "SELECT (SELECT count(*) FROM patient WHERE name IS NOT NULL) + (SELECT count(*) FROM receipt WHERE data_key IS NULL)"
BODIES_A_BATCH = 100
BODIES = "SELECT id, body FROM receipt WHERE data_key IS NULL LIMIT :batch FOR UPDATE"
SEAL_BODY = "UPDATE receipt SET data_key = :data_key, body = :body WHERE id = :id"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for column in SEALED:
        op.add_column("patient", sa.Column(column, sa.LargeBinary(), nullable=True))
    op.add_column("patient", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("receipt", sa.Column("data_key", sa.LargeBinary(), nullable=True))
    op.alter_column("patient", "name", existing_type=sa.String(), nullable=True)
    op.drop_index("ix_patient_clinic_id_name_id", table_name="patient")
    op.create_index("ix_patient_clinic_id_id", "patient", ["clinic_id", "id"], unique=False)
    op.create_table(
        "patient_token",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("token", "clinic_id", "patient_id", name=op.f("pk_patient_token")),
    )
    op.create_index(op.f("ix_patient_token_patient_id"), "patient_token", ["patient_id"], unique=False)
    op.execute("SELECT guard.protect_person('patient_token', 'patient_id', 'clinic_id')")


def backfill(connection: sa.Connection, keys: Callable[[], Keyring]) -> Iterator[tuple[int, int]]:
    """Seal who is on file in clear, 500 people a transaction, then raw bodies, 100 a transaction; yields (done, total).

    Finds nothing when all is done.
    """
    with connection.begin():
        total = _in_clear(connection)
        if total:  # sealed with a key that is not the installation's, nobody could be read again
            key_check.require_ours(Session(connection), keys())
    done = 0
    for step in (_seal_people, _seal_bodies) if total else ():
        while True:
            with connection.begin():
                count = step(connection, keys)
            if not count:
                break
            done += count
            yield done, total


def _seal_people(connection: sa.Connection, keys: Callable[[], Keyring]) -> int:
    rows = connection.execute(sa.text(WAITING), {"batch": BATCH}).all()
    sealed = [_sealed(keys(), row) for row in rows]
    if sealed:
        connection.execute(sa.text(SEAL), sealed)
        connection.execute(sa.text(ADD_TOKENS), sealed)
    return len(rows)


def _seal_bodies(connection: sa.Connection, keys: Callable[[], Keyring]) -> int:
    rows = connection.execute(sa.text(BODIES), {"batch": BODIES_A_BATCH}).all()
    for row in rows:
        data_key, body = receipts.sealed(keys(), row.id, row.body)
        connection.execute(sa.text(SEAL_BODY), {"id": row.id, "data_key": data_key, "body": body})
    return len(rows)


def _in_clear(connection: sa.Connection) -> int:
    """How many people and bodies lie in clear; none, too, when the columns in clear are gone."""
    if "name" not in {column["name"] for column in sa.inspect(connection).get_columns("patient")}:
        return 0
    return connection.scalar(sa.text(LEFT))


def _sealed(keys: Keyring, row: sa.Row) -> dict[str, object]:
    def number(column: str) -> str | None:
        cipher = getattr(row, f"{column}_cipher")
        return None if cipher is None else keys.decrypt(cipher, context=f"patient.{column}|{row.id}")

    person = protect(
        keys,
        row.id,
        name=row.name,
        citizen_id=number("citizen_id"),
        citizen_id_original=number("citizen_id_original"),
        phone=row.phone,
        address=row.address,
    )
    return person._asdict() | {"id": row.id, "clinic_id": row.clinic_id, "tokens": list(person.tokens)}


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.drop_index(op.f("ix_patient_token_patient_id"), table_name="patient_token")
    op.drop_table("patient_token")
    op.drop_index("ix_patient_clinic_id_id", table_name="patient")
    op.create_index("ix_patient_clinic_id_name_id", "patient", ["clinic_id", "name", "id"], unique=False)
    op.execute("UPDATE patient SET name = '?', citizen_id_cipher = NULL, citizen_id_token = NULL WHERE name IS NULL")
    op.alter_column("patient", "name", existing_type=sa.String(), nullable=False)
    op.drop_column("receipt", "data_key")
    for column in (*SEALED, "erased_at"):
        op.drop_column("patient", column)
