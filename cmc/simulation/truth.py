"""The hidden truth: what nobody in the service can know, kept beside it so that methods can be judged.

Who is really controlled, whose record is a second one, which clinics type figures that nobody measured.
"""

from dataclasses import asdict

import numpy as np
import polars as pl

from cmc.clinical import blood_pressure
from cmc.clinical.glucose import FASTING_SATISFACTORY_BELOW_UMOL_L
from cmc.clinical.units import UMOL_PER_MMOL
from cmc.simulation.cells import Drawn
from cmc.simulation.people import Flags, Real, Whole
from cmc.simulation.plan import Plan
from cmc.simulation.region import Region
from cmc.simulation.rows import texts


def truth_of_people(plan: Plan, drawn: Drawn) -> pl.DataFrame:
    """Return one row a person: true levels before management and on the last day, and whether they are controlled.

    Columns: person, second_record_of, managed_from_htn, managed_from_t2dm, then sbp_mmhg, dbp_mmhg, fasting_mmol_l,
    pressure_controlled (HTN-FU-05) and fasting_controlled (DM-FU-05), each `_before` and `_at_end`, and the shares of
    the excess that management takes away. Values of people without the disease are there too.
    """
    who, true = drawn.who, drawn.true
    everybody = np.arange(len(who))
    end = np.full(len(who), np.datetime64(plan.end, "D").astype(np.int64))
    before = np.minimum(true.managed_from.min(axis=1), end) - 1
    frame = pl.DataFrame({
        "person": pl.Series(who.number),
        "second_record_of": texts.whole(who.twin_of),
        "managed_from_htn": texts.days(true.managed_from[:, 0]).set(pl.Series(~who.has[:, 0]), None),
        "managed_from_t2dm": texts.days(true.managed_from[:, 1]).set(pl.Series(~who.has[:, 1]), None),
        "pressure_response": pl.Series(true.pressure_response),
        "glucose_response": pl.Series(true.glucose_response),
    })  # fmt: skip
    for name, day in (("before", before), ("at_end", end)):
        sbp, dbp = true.pressure(everybody, day)
        fasting = true.fasting(everybody, day)
        frame = frame.with_columns(
            pl.Series(f"sbp_mmhg_{name}", sbp),
            pl.Series(f"dbp_mmhg_{name}", dbp),
            pl.Series(f"fasting_mmol_l_{name}", fasting),
            pl.Series(f"pressure_controlled_{name}", _controlled(sbp, dbp, (day - who.birth) / 365.25)),
            pl.Series(f"fasting_controlled_{name}", fasting < FASTING_SATISFACTORY_BELOW_UMOL_L / UMOL_PER_MMOL),
        )
    return frame


def truth_of_clinics(where: Region) -> pl.DataFrame:
    """Return one row a clinic: its code, people and habits (`region.Habits`)."""
    return pl.DataFrame([{"clinic": each.code, "people": each.people, **asdict(each.habits)} for each in where.clinics])


def _controlled(sbp: Real, dbp: Real, age_years: Real) -> Flags:
    limits = [blood_pressure.control_limit(age) for age in range(151)]
    age: Whole = np.clip(np.floor(age_years), 0, 150).astype(np.int64)
    high = np.array([each.sbp_below_mmhg for each in limits])[age]
    low = np.array([each.dbp_below_mmhg for each in limits])[age]
    controlled: Flags = (sbp < high) & (dbp < low)
    return controlled
