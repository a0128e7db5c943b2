"""`make bench`: all measurements, a line each."""

import argparse
import os
import platform

from benchmarks import (
    alerts,
    audit,
    backfill,
    followups,
    imports,
    indicators,
    ingest,
    plans,
    polls,
    records,
    risk,
    rls,
    scores,
    search,
    simulation,
    startup,
    ui,
    warehouse,
)  # fmt: skip
from benchmarks.installation import installation


def main() -> None:
    """Print the table; `--people` sets how many people the clinic has."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=400)
    parser.add_argument("--searched", type=int, default=60_000, help="people among whom somebody is looked for")
    parser.add_argument("--region", type=int, default=6000, help="people of the simulated region")
    parser.add_argument("--imported", type=int, default=2000, help="people of an imported sheet; results: five each")
    parser.add_argument("--pages", type=int, default=2000, help="people of the region that the pages are opened over")
    given = parser.parse_args()
    people: int = given.people
    print(f"{people} people, {os.cpu_count()} cores, Python {platform.python_version()}, embedded PostgreSQL, fsync on")
    with installation(people) as at:
        measures = (
            ingest.batches, ingest.singles, ingest.slow_disk, backfill.stream, polls.unchanged, polls.beside_a_nurse,
            polls.visit_in_the_number, followups.assess, followups.planned, alerts.visible,
        )  # fmt: skip
        for measure in measures:
            for line in measure(at):
                print(line, flush=True)
    tables = (
        backfill.growth(people),
        simulation.region(given.region),
        startup.second_start(),
        audit.trail(),
        risk.scored(100_000),
        scores.measured(given.region),
        plans.measured(given.region, given.region * 30),
        rls.measured(60_000),
        indicators.measured(given.searched),
        records.measured(given.searched),
        search.looked_up(given.searched),
        imports.imported(given.imported, given.imported * 5),
        warehouse.counted(given.searched // 3),
        ui.measured(given.pages),
    )
    for lines in tables:
        for line in lines:
            print(line, flush=True)


main()
