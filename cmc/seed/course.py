"""What happens to a person of the demo: visits, examinations and home readings. Pure, and the same for the same index.

The true pressure and glucose of a person fall from their first level towards the target while the person is managed,
swing with the season (winter is higher) and scatter from day to day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from cmc.clinical.codes import Disease, ExamFootPulse, VisitMode
from cmc.core.clock import LOCAL
from cmc.seed.people import SEED, Person

YEARS = 2
DANGER_EVERY_23RD = 4
"""Which of every 23 people has a dangerous home reading on the last evening, if they measure at home at all."""
_FOOT_PULSES = (
    ExamFootPulse.SYMMETRIC,
    ExamFootPulse.LEFT_WEAK_OR_ABSENT,
    ExamFootPulse.RIGHT_WEAK_OR_ABSENT,
)
_TARGET_SBP, _TARGET_DBP, _TARGET_FASTING = 128.0, 78.0, 6.3
_DRUGS = {
    Disease.HTN: (
        {"name": "氨氯地平", "times_per_day": 1, "dose": "5 mg"},
        {"name": "缬沙坦", "times_per_day": 1, "dose": "80 mg"},
    ),
    Disease.T2DM: (
        {"name": "二甲双胍", "times_per_day": 2, "dose": "500 mg"},
        {"name": "格列美脲", "times_per_day": 1, "dose": "2 mg"},
    ),
}


@dataclass(frozen=True, slots=True)
class Level:
    """The true values of a person on a day."""

    sbp: float
    dbp: float
    fasting_mmol_l: float


@dataclass
class Course:
    """One person's two years before `today`."""

    person: Person
    today: date

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng([SEED, self.person.index, 1])

    @property
    def first_day(self) -> date:
        """The first day of which the demo tells: two years back, or the enrolment."""
        return max(self.person.enrolled_on, self.today - timedelta(days=365 * YEARS))

    def level(self, on: date) -> Level:
        """Return the true values on a day."""
        person = self.person
        years = max(0.0, (on - person.enrolled_on).days / 365)
        rest = 1 - person.improvement * min(1.0, years / 1.5)
        season = 3.5 * np.cos(2 * np.pi * (on.timetuple().tm_yday - 15) / 365)
        return Level(
            sbp=_towards(person.sbp, _TARGET_SBP, rest) + season,
            dbp=_towards(person.dbp, _TARGET_DBP, rest) + season / 2,
            fasting_mmol_l=_towards(person.fasting_mmol_l, _TARGET_FASTING, rest),
        )

    def next_visit(self, due: date) -> date | None:
        """Return the day on which a visit due on `due` is really made; None when it lies ahead."""
        if self.rng.random() < self.person.keeps_appointments:
            made = due - timedelta(days=int(self.rng.integers(4, 22)) if self.person.index % 5 else 0)
        else:
            made = due + timedelta(days=int(self.rng.integers(10, 120)))
        return None if made > self.today else made

    def visit(self, on: date) -> dict[str, Any]:
        """Return the follow-up form of a day, as the API takes it (without the person)."""
        rng, person, level = self.rng, self.person, self.level(on)
        by_phone = rng.random() < person.prefers_phone
        mode = VisitMode.PHONE if by_phone else VisitMode.HOME if rng.random() < 0.08 else VisitMode.OUTPATIENT
        sbp, dbp = _pressure(rng, level.sbp, level.dbp, 7)
        form: dict[str, Any] = {
            "diseases": list(person.diseases),
            "visited_on": on,
            "visited_time": time(int(rng.integers(8, 12)), int(rng.integers(0, 60))),
            "mode": mode,
            "doctor": ("李文静", "赵春梅", "周立", "孙悦")[int(rng.integers(0, 4))],
            "sbp_mmhg": sbp,
            "dbp_mmhg": dbp,
            "heart_rate_bpm": int(np.clip(rng.normal(73, 7), 52, 98)),
            "weight_kg": round(float(person.weight_kg + rng.normal(0, 0.8)), 1),
            "height_cm": person.height_cm,
            "adherence": 1 if rng.random() < 0.82 else 2,
            "adverse_reaction": bool(rng.random() < 0.015),
            "lifestyle": {"exercise_times_per_week": int(rng.integers(0, 8)), "exercise_minutes": 30},
            "medications": [drug for disease in person.diseases for drug in _DRUGS[disease]],
        }
        if Disease.HTN in person.diseases:
            form["hypertension_symptoms"] = [1] if rng.random() < 0.85 else [2]
        if Disease.T2DM in person.diseases:
            form |= {
                "diabetes_symptoms": [1] if rng.random() < 0.85 else [2, 4],
                "foot_pulse": 1,
                "hypoglycaemia": 1 if rng.random() < 0.95 else 2,
            }
            if rng.random() < 0.96:
                form["fasting_glucose_mmol_l"] = _glucose(rng, level.fasting_mmol_l, 0.7)
        return form

    def exams(self) -> Iterator[dict[str, Any]]:
        """Yield the annual examinations, about one a year."""
        for year in range(self.first_day.year, self.today.year + 1):
            day = date(year, 1, 1) + timedelta(days=int(self.rng.integers(59, 300)))
            if not self.first_day <= day <= self.today or self.rng.random() < 0.12:
                continue
            yield self._exam(day)

    def _exam(self, day: date) -> dict[str, Any]:
        """An examination, complete for the person's diseases but for a few that lack one field."""
        rng, level = self.rng, self.level(day)
        sbp, dbp = _pressure(rng, level.sbp, level.dbp, 7)
        form: dict[str, Any] = {
            "examined_on": day,
            "temperature_c": round(float(np.clip(rng.normal(36.5, 0.2), 36.0, 37.2)), 1),
            "pulse_bpm": int(rng.integers(60, 90)),
            "respiration_per_min": int(rng.integers(15, 21)),
            "sbp_mmhg": sbp,
            "dbp_mmhg": dbp,
            "height_cm": self.person.height_cm,
            "weight_kg": self.person.weight_kg,
            "waist_cm": round(float(np.clip(rng.normal(88, 8), 60, 125)), 1),
        }
        often_left_out = ["temperature_c", "respiration_per_min", "waist_cm"]
        if Disease.T2DM in self.person.diseases:
            draw = rng.random()
            form["fasting_glucose_mmol_l"] = _glucose(rng, level.fasting_mmol_l, 0.6)
            form["exam_foot_pulse"] = _FOOT_PULSES[0 if draw < 0.92 else int(rng.integers(1, len(_FOOT_PULSES)))]
            often_left_out += ["fasting_glucose_mmol_l", "exam_foot_pulse"]
        if rng.random() < 0.06:
            del form[often_left_out[int(rng.integers(0, len(often_left_out)))]]
        return form

    def home_readings(self, patient_id: str) -> Iterator[dict[str, Any]]:
        """Yield the home readings of a person with devices, as a gateway posts them; rarely one is dangerous."""
        if not self.person.measures_at_home:
            return
        rng, day = self.rng, self.first_day
        sequence = 0
        while day < self.today:
            level, at = self.level(day), datetime.combine(day, time(7, int(rng.integers(0, 50))), LOCAL)
            sequence += 1
            common = {"patient_id": patient_id, "taken_at": at.isoformat(), "sequence": sequence}
            if Disease.T2DM in self.person.diseases and (Disease.HTN not in self.person.diseases or rng.random() < 0.5):
                yield common | self._glucose_reading(level, at)
            else:
                sbp, dbp = _pressure(rng, level.sbp - 4, level.dbp - 3, 8)
                yield common | {
                    "device": f"BP-{self.person.index:04d}", "kind": "blood_pressure", "unit": "mmHg",
                    "systolic": sbp, "diastolic": dbp, "pulse": int(rng.integers(58, 92)),
                }  # fmt: skip
            day += timedelta(days=int(rng.integers(1, 6)))
        if self.person.index % 23 == DANGER_EVERY_23RD:
            yield self._dangerous_reading(patient_id, sequence + 1)

    def _dangerous_reading(self, patient_id: str, sequence: int) -> dict[str, Any]:
        """A reading of last evening that somebody must answer today."""
        at = datetime.combine(self.today - timedelta(days=1), time(20, 10), LOCAL)
        common = {"patient_id": patient_id, "taken_at": at.isoformat(), "sequence": sequence, "setting": "home"}
        if Disease.HTN in self.person.diseases:
            common |= {"device": f"BP-{self.person.index:04d}", "kind": "blood_pressure", "unit": "mmHg"}
            common |= {"systolic": 184 + self.person.index % 9, "diastolic": 104, "pulse": 92}
        else:
            common |= {"device": f"GLU-{self.person.index:04d}", "kind": "glucose", "unit": "mmol/L", "value": 17.9}
        return common

    def _glucose_reading(self, level: Level, at: datetime) -> dict[str, Any]:
        fasting = self.rng.random() < 0.6
        value = level.fasting_mmol_l if fasting else level.fasting_mmol_l * 1.35
        moment = at if fasting else at + timedelta(hours=2)
        return {
            "device": f"GLU-{self.person.index:04d}", "kind": "glucose", "unit": "mmol/L",
            "value": _glucose(self.rng, value, 1.0),
            "period": "FASTING" if fasting else "AFTER_BREAKFAST_2H",
            "taken_at": moment.isoformat(),
        }  # fmt: skip


def _towards(start: float, target: float, rest: float) -> float:
    return start if start <= target else target + (start - target) * rest


def _pressure(rng: np.random.Generator, sbp: float, dbp: float, scatter: float) -> tuple[int, int]:
    high = int(np.clip(rng.normal(sbp, scatter), 88, 230))
    low = int(np.clip(rng.normal(dbp, scatter * 0.65), 48, 130))
    return high, min(low, high - 18)


def _glucose(rng: np.random.Generator, level: float, scatter: float) -> float:
    return round(float(np.clip(rng.normal(level, scatter * level / 7), 2.4, 27)), 1)
