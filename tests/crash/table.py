"""The result as a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

from crash.running import Outcome

_MOST_LINES = 40


def show(outcome: Outcome, say: Callable[[str], None]) -> None:
    """Print the recoveries by fault, what was sent, and every difference."""
    say("")
    say(f"{'fault':<36} {'times':>5} {'back p50':>9} {'max':>8}")
    for name, seconds in sorted(outcome.recoveries.items()):
        say(f"{name:<36} {len(seconds):>5} {median(seconds):>7.2f} s {max(seconds):>6.2f} s")
    faults = sum(map(len, outcome.recoveries.values()))
    say("")
    say(
        f"{faults} faults in {outcome.seconds:.0f} s: {outcome.acknowledged:,} items acknowledged, "
        f"{outcome.distinct:,} different ones"
    )
    say(f"answers: {_listed(outcome.statuses)}; failures that gateways saw: {_listed(outcome.failures)}")
    say("  ".join(f"{name.replace('_', ' ')} {count}" for name, count in outcome.differences.counts().items()))
    for line in [*outcome.broken, *(f"the comparison does not see {each}" for each in outcome.unseen)]:
        say(f"  ! {line}")
    lines = outcome.differences.lines()
    for line in lines[:_MOST_LINES]:
        say(f"  ! {line}")
    if len(lines) > _MOST_LINES:
        say(f"  ! … and {len(lines) - _MOST_LINES} more")


def show_controls(caught: Mapping[str, int | None], no_disk: str | None, say: Callable[[str], None]) -> None:
    """Print what each negative control showed."""
    say("")
    say("negative controls (each must be found out)")
    for name, count in caught.items():
        told = f"not possible here: {no_disk}" if count is None else f"found {count}" if count else "NOT FOUND"
        say(f"  {name:<44} {told}")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"
