"""The worker while the machine's clock is set: by days when the time service comes late, by decades at a dead battery."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from cmc.core import db
from cmc.core.embedded_postgres import running
from cmc.core.tables import JobRun

# Every reader of the wall clock in this process sees it shifted by what stands in the file; monotonic time goes on.
WORKER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
import apscheduler.schedulers.base as scheduling
from sqlalchemy import text
from cmc import worker
from cmc.core import clock
from cmc.core.jobs import Every, Job
offset = Path(sys.argv[2])
real = datetime
class Shifted(datetime):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + timedelta(days=float(offset.read_text() or 0))
scheduling.datetime = clock.datetime = Shifted
def beat(transaction, now):
    with transaction() as session:
        session.execute(text("INSERT INTO beat (seen) VALUES (:now)"), {"now": now})
    return 1
sys.exit(worker.run(sys.argv[1], jobs=(Job("beat", beat, Every(0.2)),), lock_seconds=0.1))
"""


@pytest.fixture
def url(data_dir):
    with running(data_dir) as made:
        engine = db.make_engine(made)
        with engine.begin() as connection:
            JobRun.metadata.tables["job_run"].create(connection)
            connection.execute(text("CREATE TABLE beat (seen timestamptz)"))
        yield engine, made
        engine.dispose()


@pytest.mark.parametrize("days", [-2.0, 3.0, -9000.0, 9000.0], ids=["back", "ahead", "decades back", "decades ahead"])
def test_jobs_go_on_at_once_when_the_clock_is_set(url, spawn, until, tmp_path, days):
    engine, address = url
    offset = tmp_path / "offset"
    offset.write_text("0")
    process = spawn(WORKER, address, offset)

    def beats_near(shift: float) -> int:
        assert process.poll() is None, process.communicate()
        around = datetime.now().astimezone() + timedelta(days=shift)
        near = {"from": around - timedelta(hours=1), "to": around + timedelta(hours=1)}
        with engine.connect() as connection:
            count = connection.scalar(text("SELECT count(*) FROM beat WHERE seen BETWEEN :from AND :to"), near)
        return int(count or 0)

    until(lambda: beats_near(0) > 2)
    _write(offset, days)
    until(lambda: beats_near(days) > 5, seconds=5)
    before = beats_near(0)
    _write(offset, 0)
    until(lambda: beats_near(0) > before + 5, seconds=5)
    process.terminate()
    assert process.wait(5) == 0


def _write(offset, days: float) -> None:
    whole = offset.with_suffix(".new")
    whole.write_text(str(days))
    whole.rename(offset)  # never read half-written
