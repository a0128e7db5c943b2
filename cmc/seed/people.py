"""The people of the demo clinics: who they are and how ill they are. Pure; the same index is always the same person."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from cmc.clinical.codes import Disease, Sex
from cmc.clinical.identity_numbers import check_digit

SEED = 20210601
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = {
    Sex.M: (
        "建国", "志强", "德明", "永福", "国华", "文斌", "振东", "玉田", "长江", "家兴",
        "卫东", "宝林", "新民", "树森", "福生", "俊峰", "立新", "学军", "金生", "春生",
    ),
    Sex.F: (
        "桂兰", "秀英", "淑珍", "玉梅", "丽华", "春花", "凤英", "秀兰", "惠芳", "雅琴",
        "月娥", "素云", "翠萍", "金凤", "红霞", "爱华", "瑞芝", "美玲", "佩兰", "玉珍",
    ),
}  # fmt: skip
_STREETS = ("友谊路", "解放南路", "大沽南路", "平江道", "尖山路", "隆昌路", "宾水道", "珠江道")
_REFERENCE = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Person:
    """One person with the levels that the course of the disease moves around."""

    index: int
    name: str
    sex: Sex
    birth_date: date
    citizen_id: str
    phone: str | None
    address: str
    clinic: int
    diseases: tuple[Disease, ...]
    enrolled_on: date
    keeps_appointments: float
    """Share of due visits that the person comes to in time, 0 to 1."""
    prefers_phone: float
    sbp: float
    dbp: float
    fasting_mmol_l: float
    improvement: float
    """Share of the excess over the target that a year of management takes away."""
    measures_at_home: bool
    weight_kg: float
    height_cm: float


def person(index: int, *, today: date) -> Person:
    """Return the `index`-th person of the demo; dates of care lie in the two years and more before `today`."""
    rng = np.random.default_rng([SEED, index])
    sex = Sex.F if rng.random() < 0.53 else Sex.M
    age_days = int(np.clip(rng.normal(66, 9.5), 36, 93) * 365.25)
    birth_date = _REFERENCE - timedelta(days=age_days)
    diseases = _diseases(rng.random())
    hypertensive = Disease.HTN in diseases
    return Person(
        index=index,
        name=str(rng.choice(list(_SURNAMES))) + str(rng.choice(_GIVEN[sex])),
        sex=sex,
        birth_date=birth_date,
        citizen_id=_citizen_id(birth_date, sex, index),
        phone=None if rng.random() < 0.03 else f"1{rng.integers(30, 99)}{rng.integers(0, 10**8):08d}",
        address=_address(rng),
        clinic=int(rng.random() < 0.4),
        diseases=diseases,
        enrolled_on=today - timedelta(days=_days_enrolled(rng)),
        keeps_appointments=float(np.clip(rng.beta(9, 1.6), 0.2, 1)),
        prefers_phone=float(rng.choice([0.02, 0.1, 0.5], p=[0.6, 0.3, 0.1])),
        sbp=float(rng.normal(150 if hypertensive else 131, 11)),
        dbp=float(rng.normal(88 if hypertensive else 78, 7)),
        fasting_mmol_l=float(np.clip(rng.normal(8.3, 1.7), 5.2, 15)) if Disease.T2DM in diseases else 5.4,
        improvement=float(rng.beta(3, 2)),
        measures_at_home=bool(rng.random() < 0.45),
        weight_kg=round(float(rng.normal(69 if sex is Sex.M else 62, 9)), 1),
        height_cm=round(float(rng.normal(168 if sex is Sex.M else 157, 6)), 1),
    )


def _address(rng: np.random.Generator) -> str:
    street, number, house = rng.choice(_STREETS), rng.integers(1, 180), rng.integers(1, 30)
    return f"天津市河西区{street}{number}号{house}号楼{rng.integers(101, 1804)}室"


def _days_enrolled(rng: np.random.Generator) -> int:
    """About a third came within the two years of the demo, the others before."""
    return int(rng.uniform(40, 760) if rng.random() < 0.35 else rng.uniform(760, 2200))


def _diseases(draw: float) -> tuple[Disease, ...]:
    """63 % of the enrolments are for hypertension, 37 % for type 2 diabetes; about 15 % of the people have both."""
    if draw < 0.15:
        return (Disease.HTN, Disease.T2DM)
    return (Disease.HTN,) if draw < 0.7245 else (Disease.T2DM,)


def _citizen_id(birth_date: date, sex: Sex, index: int) -> str:
    order = (index * 2 + (1 if sex is Sex.M else 0)) % 1000
    seventeen = f"120103{birth_date:%Y%m%d}{order:03d}"
    return seventeen + check_digit(seventeen)
