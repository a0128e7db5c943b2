"""audit: whom a user opened lately, told to that user alone"""

from alembic import op

revision = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None

# The trail is read by auditors only. Of it everybody may have this: the people whose record the actor of the
# transaction opened, by nobody else's name, the latest first. It looks at so many of the actor's own latest rows, by
# their index, and at no more: its cost does not grow with the trail.
FUNCTION = """
CREATE FUNCTION guard.people_opened(since timestamptz, rows_back integer, most integer)
RETURNS TABLE (patient_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT own.person_ids[1]
    FROM (
        SELECT e.at, e.seq, e.act, e.subject, e.person_ids FROM audit_event AS e
        WHERE e.actor = (SELECT guard.actor()) AND e.at >= since
        ORDER BY e.at DESC, e.seq DESC LIMIT rows_back) AS own
    WHERE own.act = 'read' AND own.subject = 'patient' AND own.person_ids <> '{}'
    GROUP BY own.person_ids[1]
    ORDER BY max(own.at) DESC, max(own.seq) DESC LIMIT most
$$;
REVOKE ALL ON FUNCTION guard.people_opened(timestamptz, integer, integer) FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(FUNCTION)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DROP FUNCTION guard.people_opened(timestamptz, integer, integer)")
