"""Follow-up visits as rows: one for each disease of an encounter, with the judgement of the rules beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from cmc.clinical.codes import FACE_TO_FACE, Action, GlucoseFlag, GlucosePeriod
from cmc.followups.encounter import missing_by_name
from cmc.followups.rules.validity import LATE_AFTER_DAYS
from cmc.simulation.lives import DOCTORS, NEVER, Ending, Lives
from cmc.simulation.people import DISEASES, Flags, People, Whole
from cmc.simulation.plan import ACTOR
from cmc.simulation.rows import forms, texts
from cmc.simulation.rows.people import Seen, came_back
from cmc.simulation.rows.wording import Wording
from cmc.simulation.visits import DANGERS, Columns

ENTERED_AFTER_MINUTES: Final = 10
LATE_ENTRY_MINUTE: Final = 16 * 60
"""A visit is entered 10 minutes after it began, or at 16:00 of the day on which somebody gets round to it."""
_MINUTES_A_DAY: Final = 1440
_PRESENT: Final = object()
_FLAGS: Final = (None, *(each.value for each in GlucoseFlag))
_SYMPTOMS: Final = (forms.HTN_SYMPTOMS, forms.DM_SYMPTOMS)
_NAMES: Final = ("htn", "dm")


@dataclass(frozen=True, slots=True)
class Record:
    """The records of one disease among a cell's encounters: `own` indexes the encounters, the others go with it."""

    disease: int
    own: Whole
    case: Whole
    missing: list[str]
    """The missing fields of each pattern of blanks, as PostgreSQL arrays."""
    pattern: Whole
    valid: Flags


def records(visit: Columns) -> list[Record]:
    """Return the records of both diseases, with what each lacks to count (FU-VALID-01)."""
    return [_record(disease, visit) for disease in range(len(DISEASES))]


def entered(visit: Columns) -> Whole:
    """Return when each visit was entered, in minutes since 1970 on local clocks."""
    same_day = visit["delay"] == 0
    minute = np.where(same_day, visit["minute"] + ENTERED_AFTER_MINUTES, LATE_ENTRY_MINUTE)
    return (visit["day"] + visit["delay"]) * _MINUTES_A_DAY + minute


def seen(count: int, life: Lives, visit: Columns, found: Sequence[Record]) -> Seen:
    """Return what the visits say of the enrolments of `count` people."""
    last, before, back, back_at = (np.zeros((count, 2), dtype=np.int64) for _ in range(4))
    back[:], back_at[:] = NEVER, NEVER
    at = entered(visit)
    for record in found:
        who, day = visit["who"][record.own], visit["day"][record.own]
        earlier = (life.ending[who] == Ending.TRANSFERRED) & (day <= life.ended[who])
        np.maximum.at(last[:, record.disease], who[record.valid & ~earlier], day[record.valid & ~earlier])
        np.maximum.at(before[:, record.disease], who[record.valid & earlier], day[record.valid & earlier])
        again = came_back(life, who, day, np.isin(visit["mode"][record.own], list(FACE_TO_FACE)))
        np.minimum.at(back[:, record.disease], who[again], day[again])
        first = again & (day == back[who, record.disease])
        back_at[who[first], record.disease] = at[record.own][first]
    return Seen(last, before, back, back_at)


def followup_rows(
    rng: np.random.Generator,
    who: People,
    life: Lives,
    visit: Columns,
    found: Sequence[Record],
    wording: Wording,
    ids: pl.Series,
    clinics: list[str],
    home: int,
) -> pl.DataFrame:
    """Return the rows of `followup`; the columns that both records of an encounter share are made once."""
    shared = _shared(rng, who, life, visit, ids, clinics, home)
    return pl.concat([_of_disease(rng, shared, visit, record, wording) for record in found])


def _shared(
    rng: np.random.Generator,
    who: People,
    life: Lives,
    visit: Columns,
    ids: pl.Series,
    clinics: list[str],
    home: int,
) -> pl.DataFrame:
    at = entered(visit)
    recorded = texts.instants(np.zeros_like(at), at)
    people = visit["who"]
    transferred = (life.ending[people] == Ending.TRANSFERRED) & (visit["day"] > life.ended[people])
    governing = np.minimum(visit["latest_0"], visit["latest_1"])
    return pl.DataFrame({
        "encounter_id": texts.ids(rng, recorded),
        "patient_id": ids.gather(people),
        "clinic_id": texts.taken(clinics, np.where(transferred, life.to_clinic[people], home)),
        "visited_on": texts.days(visit["day"]),
        "visited_time": _clock(visit["minute"]),
        "mode": pl.Series(visit["mode"]),
        "doctor": texts.taken(DOCTORS, visit["doctor"]),
        "sbp_mmhg": texts.whole(visit["sbp"]),
        "dbp_mmhg": texts.whole(visit["dbp"]),
        "heart_rate_bpm": texts.whole(visit["rate"]),
        "weight_kg": texts.tenths(visit["weight"]),
        "fasting_glucose_umol_l": texts.whole(visit["fasting"] * 100),
        "fasting_glucose_bound": texts.taken(_FLAGS, visit["fasting_flag"]),
        "other_glucose_umol_l": texts.whole(visit["other"] * 100),
        "other_glucose_period": texts.taken(
            [GlucosePeriod.AFTER_BREAKFAST_2H.value], np.where(visit["other"] < 0, -1, 0)
        ),
        "foot_pulse": texts.whole(visit["foot"], least=1),
        "hypoglycaemia": texts.whole(visit["hypo"], least=1),
        "adherence": texts.whole(visit["adherence"], least=1),
        "form": forms.form(who, visit),
        "next_visit_on": texts.days(visit["next"]),
        "next_visit_latest_on": texts.days(governing),
        "is_late_entry": pl.Series(visit["delay"] > LATE_AFTER_DAYS),
        "entered_at": recorded,
        "recorded_at": recorded,
    })  # fmt: skip


def _of_disease(
    rng: np.random.Generator, shared: pl.DataFrame, visit: Columns, record: Record, wording: Wording
) -> pl.DataFrame:
    own, disease = record.own, record.disease
    mine = shared[own]
    words = ["{" + ",".join(map(str, codes)) + "}" if codes else None for codes in _SYMPTOMS[disease]]
    symptoms = texts.taken(words, visit[f"{_NAMES[disease]}_symptoms"][own])
    ids = texts.ids(rng, mine["recorded_at"])
    return mine.with_columns(
        id=ids,
        record_id=ids,
        version=pl.repeat(1, len(own), eager=True),
        disease=pl.repeat(DISEASES[disease].value, len(own), eager=True),
        symptoms=symptoms,
        inputs=_inputs(visit, record),
        missing_fields=texts.taken(record.missing, record.pattern),
        is_valid=pl.Series(record.valid),
        actor=pl.repeat(ACTOR, len(own), eager=True),
        **wording.columns(disease, record.case),
    )


def _record(disease: int, visit: Columns) -> Record:
    own = np.flatnonzero(visit[_NAMES[disease]])
    case = visit[f"case_{disease}"][own]
    answered = np.array([codes is not None for codes in _SYMPTOMS[disease]])
    there = {
        "doctor": visit["doctor"][own] >= 0,
        "symptoms": answered[visit[f"{_NAMES[disease]}_symptoms"][own]],
        "sbp_mmhg": visit["sbp"][own] >= 0,
        "dbp_mmhg": visit["dbp"][own] >= 0,
        "fasting_glucose_umol_l": visit["fasting"][own] >= 0,
        "other_glucose_umol_l": visit["other"][own] >= 0,
        "other_symptoms": visit["complaint"][own] > 0,
        "foot_pulse": visit["foot"][own] > 0,
        "adherence": visit["adherence"][own] > 0,
        "classification": visit[f"class_{disease}"][own] > 0,
    }
    bits = sum(flags.astype(np.int64) << place for place, flags in enumerate(there.values()))
    patterns, pattern = np.unique(bits, return_inverse=True)
    lacking = [_lacking(disease, [name for place, name in enumerate(there) if bit >> place & 1]) for bit in patterns]
    complete = np.array([not each for each in lacking], dtype=bool)
    valid = complete[pattern]
    return Record(disease, own, case, [texts.array(each) for each in lacking], pattern, valid)


def _lacking(disease: int, there: Sequence[str]) -> list[str]:
    always = ("visited_on", "mode", "medications", "next_on")
    return missing_by_name(dict.fromkeys((*there, *always), _PRESENT), DISEASES[disease])


def _inputs(visit: Columns, record: Record) -> pl.Series:
    """The facts judged, as `VisitFacts.plain` writes them (GEN-02): NULL and what is no news are left out."""
    own, disease = record.own, record.disease
    actions = [None, *(f'"{each.value}"' for each in Action)]
    dangers = [None, *(texts.as_json(sorted(str(each) for each in signs)) for signs in DANGERS[1:])]
    period = [None, f'"{GlucosePeriod.AFTER_BREAKFAST_2H.value}"']
    flags = [None, *(f'"{each}"' for each in _FLAGS[1:])]
    facts = {
        "age_years": pl.Series(visit["age"][own]),
        "sbp_mmhg": texts.whole(visit["sbp"][own]),
        "dbp_mmhg": texts.whole(visit["dbp"][own]),
        "fasting_glucose_umol_l": texts.whole(visit["fasting"][own] * 100),
        "fasting_glucose_flag": texts.taken(flags, visit["fasting_flag"][own]),
        "other_glucose_umol_l": texts.whole(visit["other"][own] * 100),
        "other_glucose_period": texts.taken(period, (visit["other"][own] >= 0).astype(np.int64)),
        "heart_rate_per_min": texts.whole(visit["rate"][own]),
        "temperature_celsius": '"' + texts.tenths(visit["temperature"][own]) + '"',
        "danger_symptoms": texts.taken(dangers, visit["danger"][own]),
        "hypoglycaemia": texts.whole(visit["hypo"][own], least=1),
        "foot_pulse": texts.whole(visit["foot"][own], least=1),
        "previous_foot_pulse": texts.whole(visit[f"before_foot_{disease}"][own], least=1),
        "previous_classification": texts.whole(visit[f"before_{disease}"][own], least=1),
        "previous_action": texts.taken(actions, visit[f"before_action_{disease}"][own]),
        **{name: texts.taken([None, "true"], visit[column][own]) for name, column in forms.SIGNS.items()},
    }
    day = pl.DataFrame(facts | {"on": texts.days(visit["day"][own])})
    members = [texts.unless_null(f',"{name}":', name) for name in facts]
    return day.select(
        pl.concat_str([pl.lit('{"on":"'), pl.col("on").cast(pl.String), pl.lit('"'), *members, pl.lit("}")])
    ).to_series()


def _clock(minute: Whole) -> pl.Series:
    return (pl.Series(minute) * 60_000_000_000).cast(pl.Time)
