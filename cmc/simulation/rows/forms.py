"""What a visit writes into its form beside its own columns: words by number, and the form as the API keeps it."""

from functools import cache
from typing import Any, Final

import numpy as np
import polars as pl

from cmc.clinical.codes import FootSide
from cmc.simulation.people import People, Whole
from cmc.simulation.rows import texts
from cmc.simulation.visits import DANGERS, REGIMENS, Columns

HTN_SYMPTOMS: Final = ((1,), (2,), (6,), (2, 8), None)
DM_SYMPTOMS: Final = ((1,), (2, 4), (7,), (3,), None)
"""Symptom codes by number; None: the question was not answered."""

DRUGS: Final = (
    (("氨氯地平", 1, "5 mg"), ("缬沙坦", 1, "80 mg"), ("吲达帕胺", 1, "1.5 mg")),
    (("二甲双胍", 2, "500 mg"), ("格列美脲", 1, "2 mg"), ("甘精胰岛素", 1, "12 IU")),
)
"""By disease: what each step of treatment adds to the steps below it."""
REACTION, COMPLICATION = "踝部水肿", "尿蛋白阳性"
ADVISED_TIMES: Final = 5


def medications(steps: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the drugs of a person whose treatment stands at these steps (-1: not treated for that disease)."""
    return [
        {"name": name, "times_per_day": times, "dose": dose}
        for drugs, step in zip(DRUGS, steps, strict=True)
        for name, times, dose in drugs[: max(0, step)]
    ]


def hba1c_words(day: str, percent: str) -> str:
    """Return how a laboratory result is noted under 辅助检查."""
    return f"{day} 糖化血红蛋白 {percent}%"


def treatment(visit: Columns) -> Whole:
    """Number the treatment of each visit: see `TREATMENTS`."""
    steps = [np.where(visit[name] > 0, visit[f"regimen_{place}"], -1) for place, name in enumerate(("htn", "dm"))]
    return (steps[0] + 1) * (REGIMENS + 1) + steps[1] + 1


@cache
def _treatments() -> tuple[str, ...]:
    found = []
    for number in range((REGIMENS + 1) ** 2):
        drugs = medications((number // (REGIMENS + 1) - 1, number % (REGIMENS + 1) - 1))
        found.append(f'"medications":{texts.as_json(drugs)}' if drugs else '"no_medication":true')
    return tuple(found)


def form(who: People, visit: Columns) -> pl.Series:
    """Return the form of each visit as JSON: what was sent and has no column of its own."""
    dangers = ["", *(f'"danger_signs":{texts.as_json(list(each))},' for each in DANGERS[1:])]
    sides = ["", *(f'"foot_pulse_side":"{each.value}",' for each in FootSide)]
    day = texts.days(visit["day"]).cast(pl.String)
    frame = pl.DataFrame({
        "height": texts.tenths(who.height_tenths[visit["who"]]),
        "danger": texts.taken(dangers, visit["danger"]),
        "side": texts.taken(sides, visit["side"]),
        "adverse": texts.taken(
            ["", f'"adverse_reaction":true,"adverse_reaction_text":"{REACTION}",'], visit["adverse"]
        ),
        "new": texts.taken(["", '"new_complication":true,'], visit["new"]),
        "worse": texts.taken(["", '"worse_complication":true,'], visit["worse"]),
        "found": texts.taken(
            ["", f'"complication_text":"{COMPLICATION}",'], np.maximum(visit["new"], visit["worse"])
        ),
        "cigarettes": pl.Series(visit["cigarettes"]),
        "alcohol": texts.tenths(visit["alcohol"]),
        "times": pl.Series(visit["times"]),
        "minutes": pl.Series(visit["minutes"]),
        "salt": texts.whole(visit["salt"], least=1),
        "staple": texts.whole(visit["staple"], least=1),
        "mental": pl.Series(visit["mental"]),
        "advice": pl.Series(visit["advice"]),
        "drugs": texts.taken(_treatments(), treatment(visit)),
        "day": day,
        "hba1c": texts.tenths(visit["hba1c"]),
    })  # fmt: skip
    text = pl.concat_str([
        pl.lit('{"height_cm":"'), "height", pl.lit('",'),
        "danger", "side", "adverse", "new", "worse", "found",
        texts.unless_null('"auxiliary_tests":"', "day", " 糖化血红蛋白 ", "hba1c", '%",'),
        pl.lit('"lifestyle":{"cigarettes_per_day":'), "cigarettes",
        pl.lit(',"alcohol_liang_per_day":"'), "alcohol",
        pl.lit('","exercise_times_per_week":'), "times",
        pl.lit(',"exercise_minutes":'), "minutes",
        texts.unless_null(',"salt":', "salt"),
        texts.unless_null(',"staple_food_g_per_day":', "staple"),
        pl.lit(',"mental_adjustment":'), "mental",
        pl.lit(',"follows_advice":'), "advice",
        pl.lit(f'}},"lifestyle_targets":{{"exercise_times_per_week":{ADVISED_TIMES}}},'), "drugs", pl.lit("}"),
    ])  # fmt: skip
    return frame.select(text).to_series()
