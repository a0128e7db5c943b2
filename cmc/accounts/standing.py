"""How credentials stand, for who remembers an answer: the text changes with whatever a credential's rights hang on.

A key: its machine and the node that this serves. A session: its user's password and every role. What is revoked,
locked, disabled or out of time has no row. What the texts leave out cannot change while a process runs (what a role may
do) or not at all (the place of a node in the tree); a session that was not seen for a minute has no row either, so that
its way through the guard, which notes that it was seen, is taken once a minute as before.
"""

from typing import Final

from cmc.accounts import access, keys
from cmc.core.errors import Unauthenticated
from cmc.core.polling import Part, Thing

_KEY: Final = "machine_key"
_SESSION: Final = "auth_session"
PARTS: Final = (
    Part(
        _KEY,
        "SELECT k.id, concat_ws(' ', m.id, m.organisation_id) FROM machine_key AS k"
        " JOIN machine AS m ON m.id = k.machine_id"
        " WHERE k.id = ANY (CAST(%(machine_key)s AS text[])) AND k.revoked_at IS NULL AND m.revoked_at IS NULL",
    ),
    Part(
        _SESSION,
        "SELECT encode(s.id_hash, 'hex'), concat_ws(' ', u.id, u.password_changed_at, (SELECT string_agg("
        "   concat_ws(':', g.role, g.with_names, coalesce(CAST(g.organisation_id AS text), '*')), ' ' ORDER BY g.id)"
        "  FROM role_grant AS g WHERE g.user_id = u.id))"
        " FROM auth_session AS s JOIN app_user AS u ON u.id = s.user_id"
        " WHERE s.id_hash = ANY (SELECT decode(hex, 'hex') FROM unnest(CAST(%(auth_session)s AS text[])) AS hex)"
        "  AND s.locked_at IS NULL AND u.disabled_at IS NULL AND NOT u.must_change_password"
        "  AND s.created_at > CAST(%(now)s AS timestamptz) - CAST(%(auth_session_life)s AS interval)"
        "  AND s.last_seen_at > CAST(%(now)s AS timestamptz) - CAST(%(auth_session_seen)s AS interval)",
        {"life": access.ABSOLUTE, "seen": access.TO_THE_MINUTE},
    ),
)


def recognise(bearer: str | None, cookie: str | None) -> Thing | None:
    """Return the key of a bearer token, else the session of a cookie; None when there is neither."""
    if bearer is not None:
        try:
            return Thing(_KEY, keys.parse(bearer)[0])
        except Unauthenticated:
            return None
    return Thing(_SESSION, access.session_hash(cookie).hex()) if cookie else None
