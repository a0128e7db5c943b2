"""the partitions of `reading`, made on demand by a function that the service may call without owning the table"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MAKE_PARTITION = """
CREATE FUNCTION make_reading_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    partition_name text := 'reading_p' || to_char(first_day, 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_reading_partition'));
    IF to_regclass(partition_name) IS NULL THEN
        -- ATTACH, unlike PARTITION OF, does not lock out readers and writers of the other months.
        EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition_name, first_day, (first_day + interval '1 month')::date);
    END IF;
END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute(MAKE_PARTITION)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    op.execute("DROP FUNCTION make_reading_partition(date)")
