"""The warehouse: people exported a second, and people counted a second on Spark beside PostgreSQL's own rebuild.

Spark is timed with one and with two of this machine's cores, which is what can be said here of how it would grow.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from statistics import median
from typing import Any, Final

from benchmarks.installation import KEYS, SCOPE, data_folder
from cmc.core import clock, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.indicators import facts
from cmc.indicators.counting import by_clinic, per_clinic
from cmc.indicators.definitions import DEFINITIONS
from cmc.indicators.measure import Measure
from cmc.indicators.periods import year_to_date
from cmc.simulation.plan import SEED, Plan
from cmc.simulation.store import store
from cmc.warehouse import exporting, spark

ROUNDS: Final = 3
PERIOD: Final = year_to_date(2025, 12)


def counted(people: int) -> list[str]:
    """Return the table lines for a simulated region of so many people."""
    with ExitStack() as stack:
        folder = data_folder(stack)
        url = stack.enter_context(running(folder))
        migrations.upgrade(url)
        service_role.keep(url, signed_scope.database_keys(KEYS), Settings())
        engine = db.make_engine(url)
        stack.callback(engine.dispose)
        plan = Plan(people=people, clinics=max(2, people // 2000), years=2, seed=SEED, end=date(2025, 12, 31))
        store(engine, KEYS, plan, progress=lambda *_: None)
        files = data_folder(stack) / "export"
        begun = time.perf_counter()
        exporting.export(engine, SCOPE, KEYS, files, now=clock.now())
        exported = time.perf_counter() - begun
        measures = spark.countable(DEFINITIONS)
        by_postgresql, cells = _timed(lambda: _rebuild(engine, measures))
        lines = [f"{'people exported as Parquet':<36} {people / exported:,.0f} people/s"]
        for cores in (1, 2):
            with spark.session(master=f"local[{cores}]", partitions=2 * cores) as session:
                spark.count(session, files, PERIOD, measures)  # compiled, as for all later months
                seconds, found = _timed(lambda session=session: spark.count(session, files, PERIOD, measures))
            assert found == cells, "Spark and PostgreSQL differ"
            what = f"people counted on Spark, {cores} core{'s' * (cores > 1)}"
            peer = f"PostgreSQL: {people / by_postgresql:,.0f}   ratio {by_postgresql / seconds:.2f}"
            lines.append(f"{what:<36} {people / seconds:,.0f} people/s   {peer}")
        return lines


def _rebuild(engine: Any, measures: Sequence[Measure]) -> Any:
    with db.read_only(engine) as session:
        rows = session.execute(per_clinic(facts.statement(PERIOD).cte("fresh"), measures)).mappings()
        return {clinic: spark.cells(*counts) for clinic, counts in by_clinic(rows, measures).items()}


def _timed(act: Any) -> tuple[float, Any]:
    times, found = [], None
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = act()
        times.append(time.perf_counter() - begun)
    return median(times), found
