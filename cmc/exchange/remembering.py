"""What a clinic named the columns of a file is kept for its next file with the same headings. Nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.exchange import queries
from cmc.exchange.codes import ImportKind
from cmc.exchange.sheets import SHEETS, heading
from cmc.exchange.tables import ImportRun

_KEEP: Final = text(
    "INSERT INTO import_mapping (clinic_id, kind, token, mapping, set_at, set_by)"
    " VALUES (:clinic_id, :kind, :token, :mapping, :set_at, :set_by)"
    " ON CONFLICT (clinic_id, kind, token)"
    " DO UPDATE SET mapping = EXCLUDED.mapping, set_at = EXCLUDED.set_at, set_by = EXCLUDED.set_by"
).bindparams(bindparam("mapping", type_=JSONB()))


def token(keys: Keyring, headings: Sequence[str]) -> bytes:
    """Return the keyed token of headings in their order; case, blanks, brackets and width of letters do not count."""
    return keys.token("import-headings", "\x1f".join(heading(each) for each in headings))


def recall(session: Session, scope: Scope, keys: Keyring, run: ImportRun, headings: Sequence[str]) -> None:
    """Give a new import the mapping of the clinic's last file of this kind with these headings, if there was one."""
    kept = queries.mapping(session, scope, run.clinic_id, ImportKind(run.kind), token(keys, headings))
    if kept is None:
        return
    known = {each.name for each in SHEETS[ImportKind(run.kind)].columns}
    run.mapping = {field: place for field, place in kept.items() if field in known and place < len(headings)}
    run.remembered = True


def keep(
    session: Session, scope: Scope, keys: Keyring, run: ImportRun, headings: Sequence[str], *, now: datetime
) -> None:
    """Keep the mapping of an import for the clinic's next file with these headings, in place of what was kept."""
    values = {"clinic_id": run.clinic_id, "kind": run.kind, "token": token(keys, headings), "mapping": run.mapping}
    session.execute(_KEEP, values | {"set_at": now, "set_by": scope.actor})
