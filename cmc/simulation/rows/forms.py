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
SIGNS: Final = {
    # what a visit may find, as a field of the form: its column
    "sudden_abnormality": "sudden",
    "unmanageable_illness": "illness",
    "adverse_reaction": "adverse",
    "new_complication": "new",
    "worse_complication": "worse",
    "new_foot_ulcer": "ulcer",
    "new_visual_loss": "visual",
    "new_proteinuria": "protein",
}
REACTION, COMPLICATION, COMPLAINT = "踝部水肿", "尿蛋白阳性", "乏力"
ADVISED_TIMES, ADVISED_SALT = 5, 1
_OVERWEIGHT_BMI, _ADVISED_SHARE = 24, 0.95


def medications(steps: tuple[int, int]) -> list[dict[str, Any]]:
    """Return the drugs of a person whose treatment stands at these steps (-1: not treated for that disease)."""
    return [
        {"name": name, "times_per_day": times, "dose": dose}
        for drugs, step in zip(DRUGS, steps, strict=True)
        for name, times, dose in drugs[: max(0, step)]
    ]


def weight_target(who: People, visit: Columns) -> Whole:
    """Return the weight that overweight people (BMI from 24) agree on, in tenths of a kg; -1 for all others."""
    metres = who.height_tenths[visit["who"]] / 1000
    overweight = visit["weight"] / 10 >= _OVERWEIGHT_BMI * metres**2
    return np.where(overweight, np.rint(visit["weight"] * _ADVISED_SHARE), -1).astype(np.int64)


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
    dangers = [None, *(texts.as_json(list(each)) for each in DANGERS[1:])]
    sides = [None, *(f'"{each.value}"' for each in FootSide)]
    noted = np.maximum(visit["new"], visit["worse"])
    members = {
        "weight_target_kg": _quoted(weight_target(who, visit)),
        "temperature_c": _quoted(visit["temperature"]),
        "other_symptoms": texts.taken([None, f'"{COMPLAINT}"'], visit["complaint"]),
        "danger_signs": texts.taken(dangers, visit["danger"]),
        "foot_pulse_side": texts.taken(sides, visit["side"]),
        **{name: texts.taken([None, "true"], visit[column]) for name, column in SIGNS.items()},
        "adverse_reaction_text": texts.taken([None, f'"{REACTION}"'], visit["adverse"]),
        "complication_text": texts.taken([None, f'"{COMPLICATION}"'], noted),
        "lifestyle": _lifestyle(visit),
        "lifestyle_targets": _targets(visit),
        "hba1c_percent": _quoted(visit["hba1c"]),
    }
    frame = pl.DataFrame({
        "height": texts.tenths(who.height_tenths[visit["who"]]),
        "drugs": texts.taken(_treatments(), treatment(visit)),
        **members,
    })  # fmt: skip
    optional = [texts.unless_null(f',"{name}":', name) for name in members]
    parts = [pl.lit('{"height_cm":"'), pl.col("height"), pl.lit('"'), *optional, pl.lit(","), pl.col("drugs")]
    return frame.select(pl.concat_str([*parts, pl.lit("}")])).to_series()


def _quoted(tenths: Whole) -> pl.Series:
    return '"' + texts.tenths(tenths) + '"'


def _lifestyle(visit: Columns) -> pl.Series:
    frame = pl.DataFrame({
        "cigarettes": pl.Series(visit["cigarettes"]),
        "alcohol": texts.tenths(visit["alcohol"]),
        "times": pl.Series(visit["times"]),
        "minutes": pl.Series(visit["minutes"]),
        "salt": texts.whole(visit["salt"], least=1),
        "staple": texts.whole(visit["staple"], least=1),
        "mental": pl.Series(visit["mental"]),
        "advice": pl.Series(visit["advice"]),
    })  # fmt: skip
    text = pl.concat_str([
        pl.lit('{"cigarettes_per_day":'), "cigarettes",
        pl.lit(',"alcohol_liang_per_day":"'), "alcohol",
        pl.lit('","exercise_times_per_week":'), "times",
        pl.lit(',"exercise_minutes":'), "minutes",
        texts.unless_null(',"salt":', "salt"),
        texts.unless_null(',"staple_food_g_per_day":', "staple"),
        pl.lit(',"mental_adjustment":'), "mental",
        pl.lit(',"follows_advice":'), "advice", pl.lit("}"),
    ])  # fmt: skip
    return frame.select(text).to_series()


def _targets(visit: Columns) -> pl.Series:
    """What is agreed until the next visit: exercise for all, no cigarettes for smokers, less salt for hypertension."""
    words = [texts.as_json(targets(smokes=smokes, salt=salt)) for smokes in (False, True) for salt in (False, True)]
    return texts.taken(words, 2 * (visit["cigarettes"] > 0) + (visit["htn"] > 0))


def targets(*, smokes: bool, salt: bool) -> dict[str, int]:
    """Return the targets of a way of life, as the form has them."""
    found = {"exercise_times_per_week": ADVISED_TIMES}
    return found | ({"cigarettes_per_day": 0} if smokes else {}) | ({"salt": ADVISED_SALT} if salt else {})
