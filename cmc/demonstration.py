"""The demo as the commands `cmc up --demo` and `cmc seed` tell it: with a progress bar, and an example to try."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cmc import seed
from cmc.core import clock, config, db
from cmc.core.config import Settings
from cmc.up import Demo


def demo(settings: Settings) -> Demo:
    """Return what `cmc up --demo` does between the migrations and the first request."""
    return Demo(seed=lambda url: store(settings, url), example_reading=example_reading)


def store(settings: Settings, url: str) -> None:
    """Store the demo clinics in the database at `url`, or what is missing of them."""
    engine, keys = db.make_engine(url), config.keyring(settings)
    columns = (TextColumn("Demo people"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print("Storing the demo clinics …")
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("people", total=seed.PEOPLE)
            report = seed.seed(
                engine, keys, now=clock.now(), on=clock.today(),
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )  # fmt: skip
    finally:
        engine.dispose()
    if report.people:
        console.print(
            f"Stored {report.people} demo people with {report.visits:,} visits, {report.exams:,} examinations"
            f" and {report.readings:,} readings.",
            soft_wrap=True,
        )
    else:
        console.print("The demo is complete.")


def example_reading(url: str) -> str:
    """Return the JSON of a reading to post to the demo."""
    engine = db.make_engine(url)
    try:
        return seed.example_reading(engine, now=clock.now())
    finally:
        engine.dispose()
