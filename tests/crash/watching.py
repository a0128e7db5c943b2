"""What the database itself saw: triggers of the harness that note, in the same transaction, what was added by whom.

They make it possible to count effects after the worker has taken them: a mark that was added twice, or in another
transaction than its readings, or not at all, is found although the table of marks is empty at the end.
"""

from __future__ import annotations

import psycopg

_WATCH = """
CREATE SCHEMA crash_watch;
CREATE TABLE crash_watch.reading (xid xid8, patient_id uuid, readings bigint);
CREATE TABLE crash_watch.mark (xid xid8, patient_id uuid, marks bigint);
CREATE FUNCTION crash_watch.see_reading() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
 SET search_path = crash_watch, pg_catalog AS $$ BEGIN
  INSERT INTO crash_watch.reading SELECT pg_current_xact_id(), patient_id, count(*) FROM new_rows GROUP BY patient_id;
  RETURN NULL; END $$;
CREATE FUNCTION crash_watch.see_mark() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
 SET search_path = crash_watch, pg_catalog AS $$ BEGIN
  INSERT INTO crash_watch.mark
   SELECT pg_current_xact_id(), patient_id, count(*) FROM new_rows WHERE topic = 'alerts' GROUP BY patient_id;
  RETURN NULL; END $$;
CREATE TRIGGER crash_watch AFTER INSERT ON reading REFERENCING NEW TABLE AS new_rows
 FOR EACH STATEMENT EXECUTE FUNCTION crash_watch.see_reading();
CREATE TRIGGER crash_watch AFTER INSERT ON touched REFERENCING NEW TABLE AS new_rows
 FOR EACH STATEMENT EXECUTE FUNCTION crash_watch.see_mark();
"""


def watch(connection: psycopg.Connection) -> None:
    """Begin to watch; once for each installation."""
    connection.execute(_WATCH)


READINGS = """
SELECT id::text, patient_id::text, clinic_id::text, kind, taken_at, taken_on, setting, period, specimen,
 glucose_umol_l, bound, sbp_mmhg, dbp_mmhg, pulse_bpm, device, sequence, value_text, unit_text, device_time_text,
 utc_offset_minutes, alert_tier FROM reading
"""

HELD = "SELECT kind, item, patient_id::text, reading_id::text, resolved_at FROM held_reading"

EFFECTS: dict[str, str] = {
    "a transaction in which a person's readings and marks for the alerts were not added equally often": """
SELECT r.xid::text, r.patient_id::text, r.times, m.times
 FROM (SELECT xid, patient_id, count(*) AS times FROM crash_watch.reading GROUP BY 1, 2) AS r
 LEFT JOIN (SELECT xid, patient_id, count(*) AS times FROM crash_watch.mark WHERE marks = 1 GROUP BY 1, 2) AS m
  USING (xid, patient_id)
 WHERE r.times IS DISTINCT FROM m.times
""",
    "readings that nobody noticed (rows of the table and rows that were seen arriving differ)": """
SELECT coalesce(a.patient_id, b.patient_id)::text, a.n, b.n
 FROM (SELECT patient_id, count(*) AS n FROM reading GROUP BY 1) AS a
 FULL JOIN (SELECT patient_id, sum(readings) AS n FROM crash_watch.reading GROUP BY 1) AS b USING (patient_id)
 WHERE a.n IS DISTINCT FROM b.n
""",
    "a reading without its receipt, or a receipt that counts other readings than it brought": """
SELECT coalesce(p.id, r.receipt_id)::text, p.created, r.n
 FROM receipt AS p FULL JOIN (SELECT receipt_id, count(*) AS n FROM reading GROUP BY 1) AS r ON r.receipt_id = p.id
 WHERE p.id IS NULL OR p.created IS DISTINCT FROM coalesce(r.n, 0)
""",
    "a held reading without its receipt": """
SELECT h.id::text FROM held_reading AS h LEFT JOIN receipt AS p ON p.id = h.receipt_id WHERE p.id IS NULL
""",
    "two tasks of one cause": """
SELECT patient_id::text, kind, cause, count(*) FROM task GROUP BY 1, 2, 3 HAVING count(*) > 1
""",
    "an id of two readings": """
SELECT id::text, count(*) FROM reading GROUP BY id HAVING count(*) > 1
""",
    "two receipts of one body": """
SELECT id::text, count(*) FROM receipt GROUP BY id HAVING count(*) > 1
""",
    "critical readings of a person that were not the cause of an alert, each once": """
SELECT coalesce(r.patient_id, c.patient_id)::text, r.n AS readings, c.n AS causes
 FROM (SELECT patient_id, count(*) AS n FROM reading WHERE alert_tier = 'RED' GROUP BY 1) AS r
 FULL JOIN (SELECT a.patient_id, count(*) AS n FROM alert AS a JOIN alert_cause AS c ON c.alert_id = a.id
  WHERE a.rule IN ('critical_glucose', 'critical_pressure') GROUP BY 1) AS c USING (patient_id)
 WHERE r.n IS DISTINCT FROM c.n
""",
    "an alert that does not count its causes": """
SELECT a.id::text, a.count, c.n
 FROM alert AS a LEFT JOIN (SELECT alert_id, count(*) AS n FROM alert_cause GROUP BY 1) AS c ON c.alert_id = a.id
 WHERE a.count IS DISTINCT FROM c.n
""",
}
"""Statements that find what must not be; each names what a row of it means."""

DAMAGES: dict[str, str] = {
    "a mark that is lost": "DELETE FROM crash_watch.mark WHERE ctid = (SELECT min(ctid) FROM crash_watch.mark)",
    "a mark that is added twice": "INSERT INTO crash_watch.mark SELECT * FROM crash_watch.mark LIMIT 1",
    "a receipt that is lost": "DELETE FROM receipt WHERE id = (SELECT receipt_id FROM reading LIMIT 1)",
    "a receipt that counts wrongly": "UPDATE receipt SET created = created + 1 WHERE id = (SELECT id FROM receipt LIMIT 1)",
    "a task that is lost": "DELETE FROM task WHERE id = (SELECT id FROM task WHERE kind = 'critical_reading' LIMIT 1)",
    "a task that does not count the last reading": """
UPDATE task SET reason_en = 'x, 1000000 times since y' WHERE id =
 (SELECT id FROM task WHERE kind = 'critical_reading' LIMIT 1)
""",
    "a held reading that is lost": "DELETE FROM held_reading WHERE id = (SELECT id FROM held_reading LIMIT 1)",
    "a reading that is lost": "DELETE FROM reading WHERE id = (SELECT id FROM reading LIMIT 1)",
}
"""What the comparison must notice: each is done to the database and taken back."""

CRITICAL_TASKS = """
SELECT patient_id::text, reason_en, reason_zh FROM task WHERE kind = 'critical_reading' AND status = 'open'
"""

MARKS_LEFT = "SELECT count(*) FROM touched"

TABLES_WITH_A_KEY = """
SELECT c.relname FROM pg_class AS c JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
 JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'id' AND a.attnum = i.indkey[0]
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""

_NO_INDEX = "SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off"
_NO_HEAP = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
WAYS_TO_READ = (_NO_INDEX, _NO_HEAP)
