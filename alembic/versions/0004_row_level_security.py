"""row-level security: who reaches whom, the signed scope, and a policy on every table of people"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Only the owner, and functions that run as the owner, read the key. The two blocks are the key of the HMAC, padded and
# mixed as RFC 2104 says, so that the server needs no extension to check a MAC.
KEY = """
CREATE SCHEMA guard;
CREATE TABLE guard.key (
    id text PRIMARY KEY,
    inner_block bytea NOT NULL CHECK (length(inner_block) = 64),
    outer_block bytea NOT NULL CHECK (length(outer_block) = 64)
);
"""

# The scope of a transaction: "<hex MAC>|<expiry>|<all or some>|<clinics>|<actor>" in the setting cmc.scope. It must not
# have expired when the transaction began; a transaction that began in time may end late.
FUNCTIONS = """
CREATE FUNCTION guard.verified() RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    token text := current_setting('cmc.scope', true);
    body text;
BEGIN
    IF token IS NULL OR substr(token, 65, 1) <> '|' THEN
        RETURN NULL;
    END IF;
    body := substr(token, 66);
    IF EXISTS (
        SELECT FROM guard.key
        WHERE encode(sha256(outer_block || sha256(inner_block || convert_to(body, 'UTF8'))), 'hex') = left(token, 64)
    ) AND split_part(body, '|', 1)::bigint >= extract(epoch FROM transaction_timestamp()) THEN
        RETURN body;
    END IF;
    RETURN NULL;
END $$;

-- Bodies that are bound when they are made, whatever the caller's path, and melt into the statement that asks.
CREATE FUNCTION guard.clinics() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(string_to_array(nullif(split_part(guard.verified(), '|', 3), ''), ',')::uuid[], '{}');

CREATE FUNCTION guard.whole() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(split_part(guard.verified(), '|', 2) = 'all', false);

CREATE FUNCTION guard.actor() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(split_part(guard.verified(), '|', 4), '');
"""

# One pair for every clinic that a person is at home in or managed by. It is kept by triggers alone, so that nobody
# gains a person by writing a row. What is gained counts at once; what is lost counts from the COMMIT on, because one
# transaction may end several enrolments and must see the person to its end.
REACH = """
CREATE TABLE guard.reach (
    patient_id uuid NOT NULL,
    clinic_id uuid NOT NULL,
    PRIMARY KEY (patient_id, clinic_id)
);
CREATE INDEX ix_reach_clinic_id ON guard.reach (clinic_id, patient_id);

CREATE FUNCTION guard.people_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO guard.reach (patient_id, clinic_id) SELECT id, clinic_id FROM added ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION guard.enrolments_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO guard.reach (patient_id, clinic_id)
    SELECT patient_id, clinic_id FROM added WHERE state <> 'TERMINATED' ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION guard.person_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO guard.reach (patient_id, clinic_id) VALUES (NEW.id, NEW.clinic_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION guard.enrolment_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.state <> 'TERMINATED' THEN
        INSERT INTO guard.reach (patient_id, clinic_id) VALUES (NEW.patient_id, NEW.clinic_id) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guard.forget(person uuid, clinic uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DELETE FROM guard.reach AS r WHERE r.patient_id = person AND r.clinic_id = clinic
        AND NOT EXISTS (SELECT FROM patient AS p WHERE p.id = person AND p.clinic_id = clinic)
        AND NOT EXISTS (SELECT FROM enrolment AS e WHERE e.patient_id = person AND e.clinic_id = clinic
            AND e.state <> 'TERMINATED');
$$;

CREATE FUNCTION guard.person_left() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM guard.forget(OLD.id, OLD.clinic_id);
    RETURN NULL;
END $$;

CREATE FUNCTION guard.enrolment_left() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM guard.forget(OLD.patient_id, OLD.clinic_id);
    RETURN NULL;
END $$;

CREATE TRIGGER reach_added AFTER INSERT ON patient REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard.people_added();
CREATE TRIGGER reach_moved AFTER UPDATE ON patient
    FOR EACH ROW WHEN (OLD.clinic_id <> NEW.clinic_id) EXECUTE FUNCTION guard.person_moved();
CREATE CONSTRAINT TRIGGER reach_left AFTER UPDATE ON patient DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.clinic_id <> NEW.clinic_id) EXECUTE FUNCTION guard.person_left();
CREATE CONSTRAINT TRIGGER reach_gone AFTER DELETE ON patient DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION guard.person_left();
CREATE TRIGGER reach_added AFTER INSERT ON enrolment REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard.enrolments_added();
CREATE TRIGGER reach_moved AFTER UPDATE ON enrolment FOR EACH ROW
    WHEN (OLD.clinic_id <> NEW.clinic_id OR OLD.state <> NEW.state) EXECUTE FUNCTION guard.enrolment_moved();
CREATE CONSTRAINT TRIGGER reach_left AFTER UPDATE ON enrolment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.clinic_id <> NEW.clinic_id OR OLD.state <> NEW.state) EXECUTE FUNCTION guard.enrolment_left();
CREATE CONSTRAINT TRIGGER reach_gone AFTER DELETE ON enrolment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION guard.enrolment_left();

INSERT INTO guard.reach (patient_id, clinic_id)
SELECT id, clinic_id FROM patient UNION SELECT patient_id, clinic_id FROM enrolment WHERE state <> 'TERMINATED';
"""

# Every policy lets its owner through: migrations, bulk loading and the functions above work the same whether the owner
# is a superuser (as in the embedded server) or not. The service never works as the owner.
PROTECT = """
CREATE FUNCTION guard.protect(protected regclass, seen text, written text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', protected);
    EXECUTE format('CREATE POLICY scope ON %s USING (%s) WITH CHECK (%s)', protected, seen, written);
END $$;

CREATE FUNCTION guard.protect_person(protected regclass, person text, clinic text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    near text := coalesce(quote_ident(clinic) || ' = ANY ((SELECT guard.clinics())::uuid[]) OR ', '');
    whole_or_reached text := format(
        '(SELECT guard.whole()) OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = %s.%I)', protected, person);
BEGIN
    PERFORM guard.protect(protected, near || whole_or_reached, whole_or_reached);
END $$;

CREATE FUNCTION guard.unprotect(protected regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('DROP POLICY IF EXISTS owner ON %s', protected);
    EXECUTE format('DROP POLICY IF EXISTS scope ON %s', protected);
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', protected);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', protected);
END $$;
"""

# Who puts a new person on file needs no reach yet, only the clinic. An unknown person's reading belongs to the clinic
# that sent it; without one whoever has a valid scope may leave it, and the region alone sees it, as the raw bodies. Whom
# a user has opened is for that user's budget alone.
POLICIES = """
SELECT guard.protect('guard.reach', 'clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())',
    'false');
SELECT guard.protect('patient',
    'clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())'
        ' OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = patient.id)',
    'clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())'
        ' OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = patient.id)');
SELECT guard.protect_person('patient_identifier', 'patient_id', NULL);
SELECT guard.protect_person('enrolment', 'patient_id', 'clinic_id');
SELECT guard.protect('enrolment_event',
    '(SELECT guard.whole()) OR EXISTS (SELECT FROM enrolment AS e WHERE e.id = enrolment_event.enrolment_id)',
    '(SELECT guard.whole()) OR EXISTS (SELECT FROM enrolment AS e WHERE e.id = enrolment_event.enrolment_id)');
SELECT guard.protect_person('followup', 'patient_id', 'clinic_id');
SELECT guard.protect_person('annual_exam', 'patient_id', 'clinic_id');
SELECT guard.protect_person('task', 'patient_id', 'clinic_id');
SELECT guard.protect_person('reading', 'patient_id', 'clinic_id');
SELECT guard.protect_person('touched', 'patient_id', NULL);
SELECT guard.protect('indicator_fact', 'clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())',
    '(SELECT guard.whole())');
SELECT guard.protect('held_reading',
    'clinic_id = ANY ((SELECT guard.clinics())::uuid[]) OR (SELECT guard.whole())'
        ' OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = held_reading.patient_id)',
    '(SELECT guard.whole()) OR EXISTS (SELECT FROM guard.reach AS r WHERE r.patient_id = held_reading.patient_id)'
        ' OR patient_id IS NULL AND clinic_id IS NULL AND (SELECT guard.actor()) IS NOT NULL'
        ' OR patient_id IS NULL AND clinic_id = ANY ((SELECT guard.clinics())::uuid[])');
SELECT guard.protect('receipt', '(SELECT guard.whole())', '(SELECT guard.actor()) IS NOT NULL');
SELECT guard.protect('seen_person', '(SELECT guard.whole()) OR (SELECT guard.actor()) = ''user:'' || user_id',
    '(SELECT guard.actor()) = ''user:'' || user_id');
"""

PARTITIONS = """
CREATE OR REPLACE FUNCTION make_reading_partition(month date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    first_day date := date_trunc('month', month)::date;
    partition_name text := 'reading_p' || to_char(first_day, 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_reading_partition'));
    IF to_regclass(partition_name) IS NULL THEN
        -- ATTACH, unlike PARTITION OF, does not lock out readers and writers of the other months.
        EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        PERFORM guard.protect_person(partition_name::regclass, 'patient_id', 'clinic_id');
        EXECUTE format('ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition_name, first_day, (first_day + interval '1 month')::date);
    END IF;
END $$;

SELECT guard.protect_person(inhrelid::regclass, 'patient_id', 'clinic_id')
FROM pg_inherits WHERE inhparent = 'reading'::regclass;
"""

# What the service needs to know beyond its scope, or do without owning a table; each answers one narrow question.
ANSWERS = """
CREATE FUNCTION guard.readings_elsewhere(ids uuid[], dates date[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT r.id FROM unnest(ids, dates) AS wanted (id, taken_on)
    JOIN reading AS r ON r.id = wanted.id AND r.taken_on = wanted.taken_on
$$;

CREATE FUNCTION guard.analyze_facts() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    ANALYZE indicator_fact;
END $$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA guard FROM PUBLIC;
REVOKE ALL ON FUNCTION make_reading_partition(date) FROM PUBLIC;
"""

PROTECTED = (
    "patient", "patient_identifier", "enrolment", "enrolment_event", "followup", "annual_exam", "task", "reading",
    "touched", "indicator_fact", "held_reading", "receipt", "seen_person",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for statements in (KEY, FUNCTIONS, REACH, PROTECT, POLICIES, PARTITIONS, ANSWERS):
        op.execute(statements)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '2s'")
    for name in PROTECTED:
        op.execute(f"SELECT guard.unprotect('{name}')")
    op.execute("SELECT guard.unprotect(inhrelid::regclass) FROM pg_inherits WHERE inhparent = 'reading'::regclass")
    op.execute("DROP FUNCTION make_reading_partition(date)")
    op.execute("DROP SCHEMA guard CASCADE")
    op.execute(_MAKE_PARTITION_BEFORE)


_MAKE_PARTITION_BEFORE = """
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
