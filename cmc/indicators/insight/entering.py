"""How visits were entered: how fast one after another, and how much of them is as at the visit before.

Neither number says that anything is wrong: whoever types up a morning's paper forms is fast, and a settled person
takes the same medicines for years. They say where a look is worth while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, RowMapping, TextClause, Uuid, bindparam, text
from sqlalchemy.orm import Session

from cmc.clinical.units import round_half_up
from cmc.core.named import NamedStr

PAUSE: Final = timedelta(minutes=30)
"""A longer time between two entries of one person is a pause, no time of entering [D]."""
FAST: Final = timedelta(seconds=30)
"""Two whole forms of two people are hardly typed in less [D]."""
LOOKED_BACK: Final = timedelta(days=366)
"""A visit that lies longer back is no visit before: a person is seen at least once a year."""


class CarriedField(NamedStr):
    """What of a visit is compared with the visit before."""

    PRESSURE = "pressure", "血压", "Blood pressure"
    HEART_RATE = "heart_rate", "心率", "Heart rate"
    WEIGHT = "weight", "体重", "Weight"
    WAIST = "waist", "腰围", "Waist"
    GLUCOSE = "glucose", "空腹血糖", "Fasting glucose"
    LIFESTYLE = "lifestyle", "生活方式", "Lifestyle"
    MEDICINES = "medicines", "用药", "Medicines"


OFFERED: Final = frozenset({CarriedField.LIFESTYLE, CarriedField.MEDICINES})
"""What the form itself offers to take over from the visit before; nothing measured is among it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Of the visits that have a value, as the visit before has, how many have the very same."""

    same: int = 0
    comparable: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """How visits were entered. `consecutive` were entered within `PAUSE` after another one by the same person."""

    consecutive: int = 0
    fast: int = 0
    seconds: Decimal = Decimal(0)
    median_seconds: Decimal | None = None
    carried: Mapping[CarriedField, Carried] = field(default_factory=dict)

    @property
    def per_minute(self) -> Decimal | None:
        """Visits a minute while entering one after another, two decimals; None where no time passed between them."""
        return round_half_up(60 * self.consecutive / self.seconds, Decimal("0.01")) if self.seconds > 0 else None

    def of(self, kind: CarriedField) -> Carried:
        """Return how much of one kind was carried over."""
        return self.carried.get(kind, Carried())


NOTHING: Final = Entry()

_PACE: Final = """
SELECT {recorder} AS recorder, count(*) AS consecutive, count(*) FILTER (WHERE seconds < :fast) AS fast,
    sum(seconds) AS seconds, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median
FROM (
    SELECT actor, extract(epoch FROM entered_at - lag(entered_at) OVER (
        PARTITION BY actor ORDER BY entered_at, encounter_id)) AS seconds
    FROM (
        SELECT DISTINCT ON (encounter_id) encounter_id, entered_at, CASE WHEN version = 1 THEN actor ELSE (
            -- who entered it: of its first version, whether that ended or stands (ended_at IS NULL)
            SELECT first.actor FROM followup AS first
            WHERE first.encounter_id = f.encounter_id AND first.version = 1 LIMIT 1) END AS actor
        FROM followup AS f
        WHERE clinic_id = ANY(:clinic_ids) AND visited_on BETWEEN :first AND :last AND ended_at IS NULL
        ORDER BY encounter_id, disease) AS visit
    WHERE actor LIKE 'user:%') AS entered
WHERE seconds <= :pause
GROUP BY recorder
"""

_CARRIED: Final = """
SELECT {recorder} AS recorder,
    count(*) FILTER (WHERE pressure = pressure_before) AS pressure_same,
    count(*) FILTER (WHERE pressure IS NOT NULL AND pressure_before IS NOT NULL) AS pressure_comparable,
    count(*) FILTER (WHERE heart_rate = heart_rate_before) AS heart_rate_same,
    count(*) FILTER (WHERE heart_rate IS NOT NULL AND heart_rate_before IS NOT NULL) AS heart_rate_comparable,
    count(*) FILTER (WHERE weight = weight_before) AS weight_same,
    count(*) FILTER (WHERE weight IS NOT NULL AND weight_before IS NOT NULL) AS weight_comparable,
    count(*) FILTER (WHERE waist = waist_before) AS waist_same,
    count(*) FILTER (WHERE waist IS NOT NULL AND waist_before IS NOT NULL) AS waist_comparable,
    count(*) FILTER (WHERE glucose = glucose_before) AS glucose_same,
    count(*) FILTER (WHERE glucose IS NOT NULL AND glucose_before IS NOT NULL) AS glucose_comparable,
    count(*) FILTER (WHERE lifestyle = lifestyle_before) AS lifestyle_same,
    count(*) FILTER (WHERE lifestyle IS NOT NULL AND lifestyle_before IS NOT NULL) AS lifestyle_comparable,
    count(*) FILTER (WHERE medicines = medicines_before) AS medicines_same,
    count(*) FILTER (WHERE medicines IS NOT NULL AND medicines_before IS NOT NULL) AS medicines_comparable
FROM (
    SELECT actor, visited_on, visited_on - lag(visited_on) OVER w AS days,
        pressure, lag(pressure) OVER w AS pressure_before,
        heart_rate, lag(heart_rate) OVER w AS heart_rate_before,
        weight, lag(weight) OVER w AS weight_before,
        waist, lag(waist) OVER w AS waist_before,
        glucose, lag(glucose) OVER w AS glucose_before,
        lifestyle, lag(lifestyle) OVER w AS lifestyle_before,
        medicines, lag(medicines) OVER w AS medicines_before
    FROM (
        SELECT DISTINCT ON (encounter_id) encounter_id, patient_id, visited_on, entered_at, actor,
            CASE WHEN sbp_mmhg IS NOT NULL AND dbp_mmhg IS NOT NULL THEN ARRAY[sbp_mmhg, dbp_mmhg] END AS pressure,
            heart_rate_bpm AS heart_rate, weight_kg AS weight, CAST(form ->> 'waist_cm' AS numeric) AS waist,
            CASE WHEN fasting_glucose_bound IS NULL THEN fasting_glucose_umol_l END AS glucose,
            form -> 'lifestyle' AS lifestyle,
            CASE WHEN form ->> 'no_medication' = 'true' THEN CAST('[]' AS jsonb) ELSE form -> 'medications'
            END AS medicines
        FROM followup
        WHERE clinic_id = ANY(:clinic_ids) AND visited_on BETWEEN :since AND :last AND ended_at IS NULL
        ORDER BY encounter_id, disease) AS visit
    WINDOW w AS (PARTITION BY patient_id ORDER BY visited_on, entered_at, encounter_id)) AS pair
WHERE visited_on >= :first AND days <= :most_days
GROUP BY recorder
"""


def _asking(statement: str, recorder: str) -> TextClause:
    return text(statement.replace("{recorder}", recorder)).bindparams(bindparam("clinic_ids", type_=ARRAY(Uuid())))


_OF_ALL: Final = (_asking(_PACE, "CAST('' AS text)"), _asking(_CARRIED, "CAST('' AS text)"))
_OF_EACH: Final = (_asking(_PACE, "actor"), _asking(_CARRIED, "actor"))


def entered(
    session: Session, clinic_ids: Sequence[UUID], first: date, last: date, *, by_recorder: bool
) -> dict[str, Entry]:
    """Count how the visits of some clinics from `first` to `last` were entered; of all together under the key "".

    An encounter for both diseases is one visit; corrected visits count as they stand, withdrawn ones do not.

    - Speed: the time from one entry to the next of the same person (a user, by who entered the first version), of
      visits of these days at these clinics, whatever the visits' own days; more than `PAUSE` is a pause and is left
      out. `fast` are those under `FAST`.
    - Carried over: a value of a visit and of the person's visit before at these clinics (of either disease, at most
      `LOOKED_BACK` earlier, also before `first`) are the very same; counted where both have one. By who recorded the
      later visit as it stands. A meter's HI and LO are no values. Medicines: the same rows in the same order, or none
      both times.
    """
    pace, carried = _OF_EACH if by_recorder else _OF_ALL
    asked = {"clinic_ids": list(clinic_ids), "first": first, "last": last}
    limits = {"fast": FAST.total_seconds(), "pause": PAUSE.total_seconds()}
    paces = {row["recorder"]: row for row in session.execute(pace, asked | limits).mappings()}
    back = {"since": first - LOOKED_BACK, "most_days": LOOKED_BACK.days}
    pairs = {row["recorder"]: row for row in session.execute(carried, asked | back).mappings()}
    return {name: _entry(paces.get(name), pairs.get(name)) for name in paces.keys() | pairs.keys()}


def _entry(pace: RowMapping | None, pairs: RowMapping | None) -> Entry:
    found = {} if pairs is None else {k: Carried(pairs[f"{k}_same"], pairs[f"{k}_comparable"]) for k in CarriedField}
    if pace is None:
        return Entry(carried=found)
    median = round_half_up(Decimal(str(pace["median"])), Decimal("0.1"))
    return Entry(pace["consecutive"], pace["fast"], Decimal(pace["seconds"]), median, found)
