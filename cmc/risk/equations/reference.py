"""The page of equations: what each foretells, for whom, from what, and where it refuses. Written by `cmc openapi`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmc.risk.equations import EQUATIONS
from cmc.risk.equations.choice import CANDIDATES
from cmc.risk.equations.equation import Equation, Need, Range
from cmc.risk.equations.variables import TRAITS

_HEAD: Final = """# Risk equations

Made by `cmc openapi` from `cmc/risk/equations/`. A value outside its plausible range is refused in every equation, as
it stands in another unit; outside "refused" there is no number; outside "clamped" the nearest limit is taken; outside
"made in" the number is flagged. Every number says what was done to its inputs.

"""


def page() -> str:
    """Return the page, in Markdown: which equation answers which question, then every equation with its inputs."""
    order = _table(
        ("question", "candidates in order", "only shown beside"),
        (
            (
                f"{question.text.zh} · {question.text.en}",
                ", ".join(f"`{each.equation.id}`" for each in candidates if not each.second_opinion),
                ", ".join(f"`{each.equation.id}`" for each in candidates if each.second_opinion),
            )
            for question, candidates in CANDIDATES.items()
        ),
    )
    plausible = _table(
        ("input", "meaning", "unit", "plausible"),
        (
            (
                f"`{variable.value}`",
                f"{variable.text.zh} · {variable.text.en}",
                trait.unit or "yes or no",
                "" if trait.yes_no else _range(trait.plausible),
            )
            for variable, trait in TRAITS.items()
        ),
    )
    sections = "\n".join(_section(equation) for equation in EQUATIONS)
    return f"{_HEAD}## Which equation answers\n\n{order}\n## Inputs\n\n{plausible}\n{sections}"


def _section(equation: Equation) -> str:
    years = "" if equation.horizon_years is None else f"; {equation.horizon_years:g} years"
    outcomes = ", ".join(f"{each.text.zh} · {each.text.en}" for each in equation.outcomes)
    caveat = "" if equation.caveat is None else f"\n{equation.caveat.zh} {equation.caveat.en}\n"
    needs = _table(
        ("input", "refused outside", "clamped outside", "made in", "must be", "when unknown"),
        (_row(need) for need in equation.needs),
    )
    return (
        f"## `{equation.id}`\n\n{equation.title.zh} · {equation.title.en} ({equation.version}{years}). "
        f"{equation.source}.\n\nOutcomes: {outcomes}. Made in: {equation.population.zh} · {equation.population.en}.\n"
        f"{caveat}\n{needs}"
    )


def _row(need: Need) -> tuple[str, ...]:
    unknown = "refused" if need.assume is None else f"{need.assume:g}"
    return (
        f"`{need.variable.value}`",
        *("" if each is None else _range(each) for each in (need.refuse, need.clamp, need.made_for)),
        "" if need.must_be is None else f"{need.must_be:g}",
        "left out" if need.optional else unknown,
    )


def _range(limits: Range) -> str:
    lowest, highest = (f"{each:.7g}" for each in limits)
    return f"{lowest}–{'below ' if float(highest) > limits[1] else ''}{highest}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
