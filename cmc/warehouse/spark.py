"""The indicators on Apache Spark: facts out of the exported files, counted by the definitions' own expressions.

The facts are our own Spark SQL (`facts.sql`); what an indicator counts is not written again: the SQLAlchemy expressions
of its definition, as they run in PostgreSQL, are compiled to text with their limits in it, which Spark reads as it is.
PySpark and Java come with the dependency group `warehouse` and are imported here alone, when asked for.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy.dialects import postgresql

from cmc.clinical.codes import FACE_TO_FACE
from cmc.core.operating import OperatorError
from cmc.indicators.counting import by_clinic, per_clinic
from cmc.indicators.facts import FACT, LEAVING, LIPIDS, STATUTORY_AGE_FROM, window_start
from cmc.indicators.measure import Count, Measure
from cmc.indicators.periods import Period, Span
from cmc.indicators.store import first_days
from cmc.warehouse.exporting import MANIFEST
from cmc.warehouse.inputs import INPUTS, SCHEMA_VERSION

LEAST_JAVA: Final = 17
_TEXT: Final = (Path(__file__).parent / "facts.sql").read_text(encoding="utf-8")
_INSTALL: Final = f"Spark needs Java {LEAST_JAVA} or later: install default-jre-headless (Debian), or set JAVA_HOME."
_SETTINGS: Final = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.ansi.enabled": "true",
}
SMALL: Final = MappingProxyType(
    {
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.autoBroadcastJoinThreshold": "-1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
)
"""Settings for few rows: compiling the plan would take longer than reading it."""

LARGE: Final[Mapping[str, str]] = MappingProxyType({})
"""Spark's own."""

Cells = dict[UUID, tuple[int, ...]]
"""By clinic: four counts for each measure, in the order of `cells`."""


def java() -> Path:
    """Return the Java that Spark will run on; raise `OperatorError` that says what to install without a fit one."""
    home = os.environ.get("JAVA_HOME")
    found = Path(home, "bin", "java") if home else Path(shutil.which("java") or "/usr/bin/java")
    if not found.exists():
        raise OperatorError(_INSTALL)
    told = subprocess.run([str(found), "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', told.stderr + told.stdout)
    if version is None or int(version[1]) < LEAST_JAVA:
        raise OperatorError(_INSTALL)
    return found


@contextmanager
def session(
    *,
    master: str = "local[*]",
    partitions: int = 8,
    memory: str = "2g",
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Any]:
    """Yield a Spark session, stopped at the end. `master` may name a cluster; `partitions` is those of a shuffle.

    `settings` are Spark's own, such as `SMALL` for few rows.
    """
    java()
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError("PySpark is not installed: pip install 'cmc[warehouse]'.") from error
    builder = SparkSession.builder.master(master).appName("cmc").config("spark.driver.memory", memory)
    for name, value in (_SETTINGS | {"spark.sql.shuffle.partitions": str(partitions)} | dict(settings)).items():
        builder = builder.config(name, value)
    logging.getLogger("py4j").setLevel(logging.WARNING)
    made = builder.getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    try:
        yield made
    finally:
        made.stop()


def manifest(folder: Path) -> dict[str, Any]:
    """Return what an export says of itself; raise `OperatorError` when it is not whole, or of another schema."""
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise OperatorError("This folder holds no whole export: it has no manifest.json.") from error
    if found["schema_version"] != SCHEMA_VERSION:
        raise OperatorError(f"This export is of schema {found['schema_version']}, this program reads {SCHEMA_VERSION}.")
    return found


def countable(measures: Sequence[Measure]) -> list[Measure]:
    """Return those measures whose facts are all among the columns of `facts.sql`."""
    here = set(re.findall(r"\w+", _TEXT[_TEXT.rindex("SELECT ${first_day}") :]))
    any_period = Span.YEAR.period(2025, 12)
    texts = {each: _counts_of([each], any_period) for each in measures}
    return [each for each, sql in texts.items() if set(re.findall(r"indicator_fact\.(\w+)", sql)) <= here]


def count(spark: Any, folder: Path, period: Period, measures: Sequence[Measure]) -> Cells:
    """Count measures over the export in `folder`, at every clinic with somebody in the period, a year to date.

    Measures may be of the quarter and the month that end with it as well (`COUNTED`).
    """
    manifest(folder)
    for each in INPUTS:
        spark.read.parquet(str(folder / each.name)).createOrReplaceTempView(each.name)
    *parts, (facts, last) = facts_of(period).items()
    kept = [_kept(spark, name, sql) for name, sql in parts]
    spark.sql(last).createOrReplaceTempView(facts)
    rows = spark.sql(_counts_of(measures, period)).collect()
    for each in kept:
        each.unpersist()
    return {UUID(clinic): cells(*counts) for clinic, counts in by_clinic(rows, measures).items()}


def cells(own: Sequence[Count], pooled: Sequence[Count]) -> tuple[int, ...]:
    """Return the four counts of each measure: numerator and denominator at the clinic, and pooled."""
    pairs = zip(own, pooled, strict=True)
    return tuple(n for pair in pairs for count in pair for n in (count.numerator, count.denominator))


def _kept(spark: Any, name: str, sql: str) -> Any:
    """Make a part of the facts and keep it, in memory or on the disks of the cluster."""
    frame = spark.sql(sql).persist()
    frame.createOrReplaceTempView(name)
    return frame


def facts_of(period: Period) -> dict[str, str]:
    """Return the Spark SQL of the facts of a period, part by part in their order; the last one is the facts."""
    days = {"first_day": period.start, "last_day": period.end, "next_year": date(period.end.year + 1, 1, 1)}
    days |= {"window_start": window_start(period)} | first_days(period)
    values = {name: _day(value) for name, value in days.items()} | {
        "leaving": ", ".join(f"'{each.value}'" for each in LEAVING),
        "face_to_face": ", ".join(str(int(each)) for each in sorted(FACE_TO_FACE)),
        "lipids": ", ".join(f"'{each}'" for each in LIPIDS),
        "statutory_age": str(STATUTORY_AGE_FROM),
        "required_quarters": _bits(period, _managed),
        "face_to_face_quarters": _bits(period, _seen),
        "age:last_day": _age(_day(period.end)),
        "age:face_pressure.visited_on": _age("face_pressure.visited_on"),
        "age:any_pressure.visited_on": _age("any_pressure.visited_on"),
    }
    sql = re.sub(r"\$\{([\w:.]+)\}", lambda found: values[found[1]], _TEXT)
    named = re.split(r"^-- part: (\w+)$", sql, flags=re.MULTILINE)[1:]
    return dict(zip(named[::2], named[1::2], strict=True))


def _counts_of(measures: Sequence[Measure], period: Period) -> str:
    query = per_clinic(FACT, measures).params(first_days(period))
    return str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]


def _day(on: date) -> str:
    return f"DATE '{on.isoformat()}'"


def _age(on: str) -> str:
    """Completed years: somebody born on 29 February is a year older on 1 March."""
    before = f"date_format({on}, 'MMdd') < date_format(birth_date, 'MMdd')"
    return f"(year({on}) - year(birth_date) - CAST({before} AS int))"


def _bits(period: Period, holds: Any) -> str:
    quarters = [(each.start, each.end) for each in period.whole_quarters]
    return " + ".join([f"CAST({holds(*each)} AS int) * {1 << at}" for at, each in enumerate(quarters)] or ["0"])


def _managed(start: date, end: date) -> str:
    whole = (end - start + timedelta(1)).days
    within = f"d -> d BETWEEN {_day(start)} AND {_day(end)}"
    return (
        f"(CASE WHEN days IS NULL THEN spans[0].first_on <= {_day(start)} AND spans[0].last_on >= {_day(end)}"
        f" ELSE size(filter(days, {within})) = {whole} END)"
    )


def _seen(start: date, end: date) -> str:
    return f"coalesce(exists(face_days, d -> d BETWEEN {_day(start)} AND {_day(end)}), false)"
