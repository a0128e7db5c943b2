"""Who: age and sex as in primary care, diseases, names and numbers of the people of one cell."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cmc.clinical.codes import Disease
from cmc.simulation import names
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell, District

Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]
Real = NDArray[np.float64]
Texts = NDArray[np.str_]

DISEASES: Final = (Disease.HTN, Disease.T2DM)
"""The columns of every array by disease."""

_BOTH, _ONLY_HTN = 0.15, 0.5745
"""Of ten enrolments 6.3 are for hypertension and 3.7 for type 2 diabetes; 15 % of the people have both."""
_WITHOUT_ID, _OLD_FORM, _WITHOUT_PHONE, _TWINS = 0.02, 0.003, 0.03, 0.005


@dataclass(frozen=True, slots=True)
class People:
    """The people of a cell as arrays of one length; days count from 1970-01-01, lengths in cm, weights in kg.

    `citizen_id` and `phone` are "" when there is none; `old_form` people know their number with 15 digits. `twin_of` is
    the number of the person whom this record is a second record of, -1 for everybody else.
    """

    number: Whole
    male: Flags
    birth: Whole
    name: Texts
    citizen_id: Texts
    old_form: Flags
    phone: Texts
    address: Texts
    has: Flags
    """Shape (n, 2): hypertension, type 2 diabetes."""
    height_tenths: Whole
    weight_kg: Real
    cigarettes: Whole
    twin_of: Whole

    def __len__(self) -> int:
        return len(self.number)


def people(plan: Plan, cell: Cell, district: District) -> People:
    """Draw the people of a cell."""
    rng, count = stream(plan, cell.number, "people"), cell.people
    number = cell.first_person + np.arange(count)
    male = rng.random(count) < 0.47
    has = _diseases(rng, count)
    mean_age = np.where(has[:, 0], 66.5, 62.0)
    age_days = np.clip(rng.normal(mean_age, 9.5), 36, 93) * 365.25
    birth = np.floor(np.datetime64(plan.end, "D").astype(np.int64) - age_days).astype(np.int64)
    twin = (rng.random(count) < _TWINS) & (np.arange(count) > 0)
    source = np.arange(count) - twin
    twin &= ~twin[source]  # nobody is the second record of a second record
    source = np.arange(count) - twin
    male, has, birth = male[source], has[source], birth[source]
    name = names.names(rng, male)[source]
    phone = np.where(rng.random(count) < _WITHOUT_PHONE, "", names.phones(rng, count))
    citizen_id = names.citizen_ids(rng, cell, district, birth, male)
    height_tenths = np.round(rng.normal(np.where(male, 1680, 1570), 60)).astype(np.int64)
    without = (rng.random(count) < _WITHOUT_ID) | twin
    return People(
        number=number,
        male=male,
        birth=birth,
        name=name,
        citizen_id=np.where(without, "", citizen_id),
        old_form=rng.random(count) < _OLD_FORM,
        phone=np.where(twin & (rng.random(count) < 0.7), phone[source], phone),
        address=names.addresses(rng, district, count)[source],
        has=has,
        height_tenths=height_tenths[source],
        weight_kg=np.clip(rng.normal(25.2, 3.3, count) * (height_tenths / 1000) ** 2, 36, 140)[source],
        cigarettes=np.where(rng.random(count) < np.where(male, 0.42, 0.03), rng.integers(3, 26, count), 0)[source],
        twin_of=np.where(twin, number - 1, -1),
    )


def _diseases(rng: np.random.Generator, count: int) -> Flags:
    draw = rng.random(count)
    return np.stack([draw < _BOTH + _ONLY_HTN, (draw < _BOTH) | (draw >= _BOTH + _ONLY_HTN)], axis=1)


def completed_age(birth: Whole, day: Whole) -> Whole:
    """Completed years (GEN-04) on days, both counted from 1970-01-01."""
    years = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    born = birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    age: Whole = years - born - (_month_and_day(day) < _month_and_day(birth))
    return age


def _month_and_day(day: Whole) -> Whole:
    date = day.astype("datetime64[D]")
    month, year = date.astype("datetime64[M]"), date.astype("datetime64[Y]")
    number: Whole = (month - year).astype(np.int64) * 100 + (date - month).astype(np.int64)
    return number
