"""Follow-up visits of one cell: made, measured and judged step by step, all people at once.

A step is everybody's next visit. When it is due follows from the judgement of the one before, so that the region has
the rhythm of the rules: two weeks after a bad value, a quarter after a good one, as far as people and clinics keep to
it. What is found goes into the same rules as a real visit, through their vectorised form.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from cmc.clinical.codes import Action, DangerSymptom, Disease, GlucoseFlag, GlucosePeriod, VisitMode
from cmc.clinical.glucose import METER_HIGH_UMOL_L, METER_LOW_UMOL_L
from cmc.followups.rules.vectorised import CODINGS, Judged, VectorisedJudge
from cmc.simulation import measuring
from cmc.simulation.levels import Levels
from cmc.simulation.lives import DOCTORS, NEVER, Ending, Lives
from cmc.simulation.people import DISEASES, Flags, People, Real, Whole, completed_age
from cmc.simulation.plan import Plan, stream
from cmc.simulation.region import Cell

Columns = dict[str, Whole]
"""Visits as columns of one length; see `visits` for what they hold."""

REGIMENS: Final = 4
"""Steps of treatment of a disease: 0 none, 3 the strongest."""
DANGERS: Final = (
    (),
    (DangerSymptom.SEVERE_HEADACHE_DIZZINESS,),
    (DangerSymptom.CHEST_TIGHTNESS, DangerSymptom.PALPITATIONS),
    (DangerSymptom.ALTERED_CONSCIOUSNESS,),
    (DangerSymptom.POLYDIPSIA, DangerSymptom.POLYURIA),
    (DangerSymptom.SWEATING, DangerSymptom.PALPITATIONS),
)
"""The danger signs that a visit may find, by number."""
_DANGER_BITS: Final = np.array([CODINGS["danger_symptoms"].number(frozenset(each)) for each in DANGERS])
_SOON_DAYS, _HBA1C_EVERY_DAYS = 14, 170
_MONDAY_OFFSET, _SUNDAY = 3, 6
_LATE_DAYS, _A_FEW_DAYS = (8, 26), (1, 4)


@dataclass(frozen=True, slots=True)
class Judges:
    """The judges of both programmes; kept for all cells, so that every case is judged once."""

    of: tuple[VectorisedJudge, VectorisedJudge]


def judges() -> Judges:
    """Return judges that have met no case yet."""
    return Judges((VectorisedJudge(Disease.HTN), VectorisedJudge(Disease.T2DM)))


def visits(plan: Plan, cell: Cell, who: People, life: Lives, true: Levels, judging: Judges) -> Columns:
    """Return the encounters of a cell's people, in order of person and day.

    Columns, one entry an encounter (-1 or 0 = not known or not done, days since 1970-01-01):
    `who` index into the cell · `day` `minute` `mode` `doctor` · `htn` `dm` which diseases · `sbp` `dbp` `rate` ·
    `weight` in tenths of a kg · `temperature` in tenths of a degree · `fasting` `other` in tenths of a mmol/L,
    `fasting_flag` 1 HI 2 LO (`fasting` is then the meter's limit) · `htn_symptoms` `dm_symptoms` `danger` numbers
    of sets · `foot` `side` `hypo` `adherence` `adverse` `new` `worse` `sudden` `illness` `ulcer`
    `visual` `protein` `complaint` · `cigarettes` `alcohol` (tenths) `times`
    `minutes` `salt` `staple` `mental` `advice` · `regimen_0` `regimen_1` · `hba1c` in tenths of a % ·
    `delay` days until entered · `next` the date agreed, `chosen` whether the nurse wrote it · `age` · and by disease d
    in 0, 1: `case_d` (index into the judge's judgements), `class_d`, `latest_d`, `before_d`, `before_action_d`,
    `before_foot_d`.
    """
    course = _Course(plan, cell, who, life, true, judging)
    parts: list[Columns] = []
    while not parts or len(parts[-1]["day"]):
        parts.append(course.step())
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((columns["day"], columns["who"]))
    return {name: each[order] for name, each in columns.items()}


class _Course:
    """Where everybody of a cell stands between two visits."""

    def __init__(self, plan: Plan, cell: Cell, who: People, life: Lives, true: Levels, judging: Judges) -> None:
        count = len(who)
        self.rng, self.habits = stream(plan, cell.number, "visits"), cell.clinic.habits
        self.who, self.life, self.true, self.judging = who, life, true, judging
        rng = self.rng
        self.end = int(np.datetime64(plan.end, "D").astype(np.int64))
        start = int(np.datetime64(plan.start, "D").astype(np.int64))
        self.keeps = np.clip(rng.beta(20, 0.7, count) * self.habits.keeps_rhythm, 0.1, 1)
        self.typing = self.habits.typed_share > 0
        if self.typing:
            self.keeps = np.full(count, 0.99)
        self.by_phone = np.clip(self.habits.phone_share * rng.gamma(2, 0.5, count), 0, 0.9)
        self.tests_hba1c = rng.random(count) < 0.6
        came_before = life.registered < start
        self.due = np.where(
            came_before, start + rng.integers(0, 85, count), life.registered + rng.integers(0, 14, count)
        )
        self.after = np.maximum(start, life.registered)
        self.soon = np.zeros(count, dtype=bool)
        self.last = self.after - 1
        self.before = np.zeros((count, 2), dtype=np.int64)
        self.before_action = np.zeros((count, 2), dtype=np.int64)
        self.before_foot = np.zeros((count, 2), dtype=np.int64)
        self.foot = rng.choice([1, 2, 3], count, p=[0.935, 0.055, 0.01])
        self.regimen = rng.choice(REGIMENS, (count, 2), p=[0.06, 0.54, 0.3, 0.1])
        self.last_hba1c = start - rng.integers(0, _HBA1C_EVERY_DAYS, count)
        self.alive = np.ones(count, dtype=bool)

    def step(self) -> Columns:
        """Make everybody's next visit and return the visits; empty when nobody has one before the end."""
        day, found_again = self._next_day()
        self.alive &= (day <= self.end) & self.life.in_care(np.arange(len(day)), day)
        idx = np.flatnonzero(self.alive)
        visit = self._encounter(idx, day[idx], found_again[idx])
        self._measure(visit)
        self._ask(visit)
        self._judge(visit)
        self._agree(visit)
        self._go_on(visit)
        return visit

    def _next_day(self) -> tuple[Whole, Flags]:
        """When the visits that are due are made: in time, late, or not before somebody is found again."""
        rng, count = self.rng, len(self.due)
        in_time = self.due - np.floor(rng.random(count) * np.where(self.soon, 5, 17)).astype(np.int64)
        late = np.where(
            self.soon,
            self.last + rng.integers(60, 92, count),  # the check was missed: seen again with the next quarter
            self.due + 3 + np.minimum(rng.exponential(16, count), 150).astype(np.int64),
        )
        kept = rng.random(count) < np.where(self.soon, 0.55 * self.keeps, self.keeps)
        day = np.maximum(np.where(kept, in_time, late), self.after)
        day += (day + _MONDAY_OFFSET) % 7 == _SUNDAY
        life = self.life
        unseen = (life.ending == Ending.LOST) & (day >= life.ended) & (day < life.back_on)
        return np.where(unseen, life.back_on, day), unseen & (life.back_on < NEVER)

    def _encounter(self, idx: Whole, day: Whole, found_again: Flags) -> Columns:
        rng, count = self.rng, len(self.due)
        drawn, minute = rng.random(count)[idx], rng.integers(8 * 60, 11 * 60 + 30, count)[idx]
        phone = (drawn < self.by_phone[idx]) & ~found_again
        home = ~phone & (rng.random(count)[idx] < 0.07)
        now = self.life.enrolled[idx] <= day[:, None]
        return {
            "who": idx,
            "day": day,
            "minute": minute,
            "mode": np.where(phone, VisitMode.PHONE, np.where(home, VisitMode.HOME, VisitMode.OUTPATIENT)),
            "doctor": np.where(rng.random(count)[idx] < 0.004, -1, self._doctor(rng, count)[idx]),
            "htn": now[:, 0].astype(np.int64),
            "dm": now[:, 1].astype(np.int64),
            "age": self._age(idx, day),
        }

    def _doctor(self, rng: np.random.Generator, count: int) -> Whole:
        other = rng.integers(0, len(DOCTORS), count)
        return np.where(rng.random(count) < 0.8, self.life.doctor, other)

    def _age(self, idx: Whole, day: Whole) -> Whole:
        return completed_age(self.who.birth[idx], day)

    def _measure(self, visit: Columns) -> None:
        """Pressure, glucose, heart rate and weight: truly measured, told over the phone, or typed in."""
        idx, day, count = visit["who"], visit["day"], len(self.due)
        draw = _drawn(self.rng, count, idx)
        phone = visit["mode"] == VisitMode.PHONE
        typed = draw() < self.habits.typed_share
        sbp, dbp = measuring.office_pressure(self.rng, self.habits, self.true.pressure(idx, day), typed)
        told = ~phone | (draw() < 0.8)
        visit["sbp"], visit["dbp"] = np.where(told, sbp, -1), np.where(told, dbp, -1)
        true = self.true.fasting(idx, day)
        fasting = measuring.glucose_tenths(self.rng, true, typed)
        after_meal = measuring.glucose_tenths(self.rng, true * 1.38)
        how, dm = draw(), visit["dm"] > 0
        visit["fasting"] = np.where(dm & (how < np.where(phone, 0.6, 0.955)), fasting, -1)
        visit["other"] = np.where(dm & ~phone & (how >= 0.955) & (how < 0.987), after_meal, -1)
        flag = np.where(draw() < _OUT_OF_RANGE, np.where(draw() < 0.7, _HI, _LO), 0)
        visit["fasting_flag"] = np.where(visit["fasting"] >= 0, flag, 0)
        visit["fasting"] = np.where(visit["fasting_flag"] > 0, _BOUND_TENTHS[flag], visit["fasting"])
        visit["rate"] = np.clip(np.rint(self.rng.normal(73, 7.5, len(idx))), 48, 118).astype(np.int64)
        kilograms = self.who.weight_kg[idx] + self.rng.normal(0, 0.8, len(idx))
        visit["weight"] = np.where(phone, -1, np.rint(10 * kilograms)).astype(np.int64)
        celsius = np.where(draw() < 0.04, self.rng.normal(388, 6, len(idx)), self.rng.normal(365, 2.5, len(idx)))
        visit["temperature"] = np.where(~phone & (draw() < 0.03), np.clip(np.rint(celsius), 356, 405), -1).astype(
            np.int64
        )
        due = dm & ~phone & self.tests_hba1c[idx] & (day - self.last_hba1c[idx] >= _HBA1C_EVERY_DAYS)
        visit["hba1c"] = np.where(due, np.clip(np.rint(10 * self.true.hba1c(idx, day)), 42, 160), -1).astype(np.int64)

    def _ask(self, visit: Columns) -> None:
        """Symptoms, foot pulse, reactions, adherence and way of life."""
        idx, count = visit["who"], len(self.due)
        rng, draw = self.rng, _drawn(self.rng, count, idx)
        phone, dm = visit["mode"] == VisitMode.PHONE, visit["dm"] > 0
        visit["htn_symptoms"] = _one_in(draw(), (0.88, 0.94, 0.96, 0.99))
        visit["dm_symptoms"] = _one_in(draw(), (0.86, 0.92, 0.96, 0.99))
        visit["danger"] = np.where(draw() < 0.0015, rng.integers(1, len(DANGERS), count)[idx], 0)
        self.foot[idx] = np.minimum(self.foot[idx] + (dm & (draw() < 0.003)), 3)
        visit["foot"] = np.where(dm & ~phone & (draw() < 0.985), self.foot[idx], 0)
        visit["side"] = np.where(visit["foot"] > 1, rng.integers(1, 4, count)[idx], 0)
        visit["hypo"] = np.where(dm, _one_in(draw(), (0.005, 0.955, 0.995)), 0)
        visit["adherence"] = _one_in(draw(), (0.004, 0.84, 0.97))
        for name, share in (("adverse", 0.012), ("new", 0.003), ("worse", 0.002)):
            visit[name] = (draw() < share).astype(np.int64)
        for name, share in (("sudden", 0.0003), ("illness", 0.0004)):
            visit[name] = (draw() < share).astype(np.int64)
        for name, share in (("ulcer", 0.0006), ("visual", 0.0006), ("protein", 0.001)):
            visit[name] = (dm & (draw() < share)).astype(np.int64)
        visit["complaint"] = (draw() < 0.005).astype(np.int64)
        visit["cigarettes"] = np.maximum(0, self.who.cigarettes[idx] - (draw() * 4).astype(np.int64))
        visit["alcohol"] = np.where(draw() < 0.25, rng.integers(0, 41, count)[idx], 0)
        visit["times"], visit["minutes"] = rng.integers(0, 8, count)[idx], 10 * rng.integers(2, 7, count)[idx]
        visit["salt"] = np.where(visit["htn"] > 0, _one_in(draw(), (0.0, 0.3, 0.8)), 0)
        visit["staple"] = np.where(dm, 50 * rng.integers(4, 9, count)[idx], 0)
        visit["mental"], visit["advice"] = _one_in(draw(), (0.0, 0.8, 0.97)), _one_in(draw(), (0.0, 0.7, 0.95))

    def _judge(self, visit: Columns) -> None:
        """Judge every encounter for each of its diseases by the rules of the programmes."""
        idx = visit["who"]
        facts = {
            "age_years": visit["age"],
            "sbp_mmhg": visit["sbp"],
            "dbp_mmhg": visit["dbp"],
            "fasting_glucose_umol_l": np.where(visit["fasting"] < 0, -1, visit["fasting"] * 100),
            "fasting_glucose_flag": visit["fasting_flag"],
            "other_glucose_umol_l": np.where(visit["other"] < 0, -1, visit["other"] * 100),
            "other_glucose_period": np.where(visit["other"] < 0, _RANDOM, _AFTER_BREAKFAST),
            "heart_rate_per_min": visit["rate"],
            "temperature_celsius": visit["temperature"],
            "danger_symptoms": _DANGER_BITS[visit["danger"]],
            "sudden_abnormality": visit["sudden"],
            "unmanageable_illness": visit["illness"],
            "adverse_reaction": visit["adverse"],
            "hypoglycaemia": visit["hypo"],
            "new_complication": visit["new"],
            "worse_complication": visit["worse"],
            "foot_pulse": visit["foot"],
            "new_foot_ulcer": visit["ulcer"],
            "new_visual_loss": visit["visual"],
            "new_proteinuria": visit["protein"],
        }
        for disease, name in enumerate(("htn", "dm")):
            visit[f"before_{disease}"] = self.before[idx, disease]
            visit[f"before_action_{disease}"] = self.before_action[idx, disease]
            visit[f"before_foot_{disease}"] = np.where(visit["dm"] > 0, self.before_foot[idx, disease], 0)
            own = np.flatnonzero(visit[name])
            mine = {each: column[own].astype(np.int32) for each, column in facts.items()}
            mine |= {
                "previous_classification": visit[f"before_{disease}"][own].astype(np.int32),
                "previous_action": visit[f"before_action_{disease}"][own].astype(np.int32),
                "previous_foot_pulse": visit[f"before_foot_{disease}"][own].astype(np.int32),
            }
            judged = self.judging.of[disease](mine, visit["day"][own].astype("datetime64[D]"))
            self._remember(visit, disease, own, judged)

    def _remember(self, visit: Columns, disease: int, own: Whole, judged: Judged) -> None:
        """Keep the judgement with the visit, and for the next one what it will be judged against (FU-CONS-01)."""
        count, idx = len(visit["who"]), visit["who"][own]
        case, latest, given = np.full(count, -1), np.full(count, NEVER), np.zeros(count, dtype=np.int64)
        case[own], latest[own], given[own] = judged.case, judged.next_on_latest.astype(np.int64), judged.classification
        visit[f"case_{disease}"], visit[f"latest_{disease}"], visit[f"class_{disease}"] = case, latest, given
        if DISEASES[disease] is Disease.HTN:
            measured = visit["sbp"][own] >= 0
        else:
            measured = (visit["fasting"][own] >= 0) | (visit["other"][own] >= 0)
        counts = measured & (judged.classification > 0)
        self.before[idx[counts], disease] = judged.classification[counts]
        self.before_action[idx[counts], disease] = judged.action[counts]
        felt = visit["foot"][own] > 0
        self.before_foot[idx[felt], disease] = visit["foot"][own][felt]
        changed = np.isin(judged.action, _CHANGES) & (self.rng.random(len(self.due))[idx] < 0.5)
        visit[f"regimen_{disease}"] = self.regimen[visit["who"], disease]
        stronger = np.minimum(self.regimen[idx, disease] + changed, REGIMENS - 1)
        self.regimen[idx, disease] = stronger
        visit[f"regimen_{disease}"][own] = stronger

    def _agree(self, visit: Columns) -> None:
        """The next date: the last permitted one, or the Saturday before when that is a Sunday; and the day of entry."""
        idx, day, count = visit["who"], visit["day"], len(self.due)
        draw, rng = _drawn(self.rng, count, idx), self.rng
        governing = np.minimum(visit["latest_0"], visit["latest_1"])
        sunday = (governing + _MONDAY_OFFSET) % 7 == _SUNDAY
        visit["next"], visit["chosen"] = governing - sunday, sunday.astype(np.int64)
        how, late, few = draw(), rng.integers(*_LATE_DAYS, count)[idx], rng.integers(*_A_FEW_DAYS, count)[idx]
        delay = np.where(how < self.habits.late_share, late, np.where(how > 0.94, few, 0))
        leaves = (self.life.ended[idx] >= day) & (self.life.ended[idx] <= day + delay)
        visit["delay"] = np.where(leaves | (day + delay > self.end), 0, delay)

    def _go_on(self, visit: Columns) -> None:
        idx, day = visit["who"], visit["day"]
        self.due[idx], self.last[idx] = visit["next"], day
        self.soon[idx] = visit["next"] - day <= _SOON_DAYS
        self.after[idx] = day + visit["delay"] + 1
        self.last_hba1c[idx] = np.where(visit["hba1c"] > 0, day, self.last_hba1c[idx])


_CHANGES: Final = [CODINGS["previous_action"].number(each) for each in (Action.ADJUST, Action.REFER)]
_RANDOM: Final = CODINGS["other_glucose_period"].unknown
_OUT_OF_RANGE: Final = 0.0008  # meters that show HI or LO
_HI, _LO = (CODINGS["fasting_glucose_flag"].number(each) for each in (GlucoseFlag.HI, GlucoseFlag.LO))
_BOUND_TENTHS: Final = np.array([-1, METER_HIGH_UMOL_L // 100, METER_LOW_UMOL_L // 100])
_AFTER_BREAKFAST: Final = CODINGS["other_glucose_period"].number(GlucosePeriod.AFTER_BREAKFAST_2H)


def _drawn(rng: np.random.Generator, count: int, idx: Whole) -> Callable[[], Real]:
    """Return a draw for the people `idx` out of one for everybody."""
    return lambda: rng.random(count)[idx]


def _one_in(drawn: Real, limits: tuple[float, ...]) -> Whole:
    """The number of limits at or below each drawn number: 0 for the first share, 1 for the second …"""
    return np.searchsorted(np.array(limits), drawn, side="right")
