"""Screening and diagnosis of hypertension (HTN-SC-01…03, HTN-DX-01…05) from dated measurements. Pressures in mmHg.

The diagnostic line is 140/90 in the office, never a target (GEN-01).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from cmc.clinical.blood_pressure import HomeMean, elevated_in_office, home_mean
from cmc.clinical.emergencies import CRITICAL_DBP_MMHG, CRITICAL_SBP_MMHG
from cmc.clinical.hypertension_risk import HighRiskFacts, high_risk_reasons
from cmc.clinical.periods import add_months
from cmc.clinical.reasons import Reason, because
from cmc.clinical.screening import Need, NeedKind, Screening, Verdict

SCREEN_AGE_FROM: Final = 35  # HTN-SC-01
SCREEN_AGE_FROM_WST_872: Final = 18  # HTN-SC-01b
SCREEN_EVERY_MONTHS: Final = 12
HIGH_RISK_EVERY_MONTHS: Final = 6  # HTN-SC-03
DIAGNOSIS_DAYS: Final = 3  # HTN-SC-02, HTN-DX-01
DIAGNOSIS_WINDOW_DAYS: Final = 28  # HTN-DX-01: within 4 weeks
REFERRAL_CHECK_DAYS: Final = 14  # HTN-SC-02
AMBULATORY_24H_MMHG, AMBULATORY_DAY_MMHG, AMBULATORY_NIGHT_MMHG = (130, 80), (135, 85), (120, 70)  # HTN-DX-03


@dataclass(frozen=True, slots=True)
class OfficePressure:
    """An office value on a local date (BP-03)."""

    on: date
    sbp_mmhg: int
    dbp_mmhg: int


@dataclass(frozen=True, slots=True)
class AmbulatoryPressure:
    """Means (SBP, DBP) of one ambulatory measurement; a part that was not measured is None."""

    on: date
    whole: tuple[int, int] | None = None
    day: tuple[int, int] | None = None
    night: tuple[int, int] | None = None

    @property
    def elevated(self) -> bool | None:
        """24 h ≥130/80, day ≥135/85 or night ≥120/70, either limb (HTN-DX-03); None when nothing was measured."""
        parts = (
            (self.whole, AMBULATORY_24H_MMHG),
            (self.day, AMBULATORY_DAY_MMHG),
            (self.night, AMBULATORY_NIGHT_MMHG),
        )
        found = [mean[0] >= limit[0] or mean[1] >= limit[1] for mean, limit in parts if mean is not None]
        return any(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class HypertensionEvidence:
    """What is known of a person who may have hypertension.

    `home` holds (local date, SBP, DBP). `diagnosed`: a confirmed diagnosis on record. `suspected_secondary` and
    `acute_symptoms` are a doctor's findings. `referred_on`: when the person was referred to confirm. Dates after the
    day of the question are ignored.
    """

    age_years: int
    office: tuple[OfficePressure, ...] = ()
    home: tuple[tuple[date, int, int], ...] = ()
    ambulatory: tuple[AmbulatoryPressure, ...] = ()
    diagnosed: bool = False
    suspected_secondary: bool = False
    acute_symptoms: bool = False
    referred_on: date | None = None
    risk: HighRiskFacts = field(default_factory=HighRiskFacts)


def screen_hypertension(
    evidence: HypertensionEvidence, on: date, *, screen_age_from: int = SCREEN_AGE_FROM
) -> Screening:
    """How far the suspicion of hypertension has come on a local date, and what is needed next.

    A person below `screen_age_from` without any value or risk is `NO_SUSPICION` and needs nothing; others without a
    value are `NOT_SCREENED`.
    """
    if evidence.diagnosed:
        text = because("HTN-DX-04", "已确诊，不因血压正常而撤销", "Diagnosed; a good value does not remove it")
        return Screening(Verdict.KNOWN, (text,))
    office = sorted((each for each in evidence.office if each.on <= on), key=lambda each: each.on)
    met, days = _criteria(evidence, office, on)
    if met:
        return Screening(Verdict.CRITERIA_MET, met, _after_criteria(evidence, on, days), days)
    urgent = _urgent(evidence, office, on)
    open_series = _open_series(office, on)
    if open_series:
        return _suspected(evidence, open_series, urgent, on)
    return _without_suspicion(evidence, office, urgent, on, screen_age_from)


def _criteria(
    evidence: HypertensionEvidence, office: list[OfficePressure], on: date
) -> tuple[tuple[Reason, ...], tuple[date, ...]]:
    found: list[Reason] = []
    days = _three_days(office)
    if days:
        text = "28天内3个不同日诊室血压≥140/90 mmHg", "Office pressure ≥140/90 on 3 days within 4 weeks"
        found.append(because("HTN-DX-01", *text))
    mean = _usable_home_mean(evidence, on)
    if mean is not None and mean.elevated:
        found.append(because("HTN-DX-02", "家庭血压均值≥135/85 mmHg", "Home mean ≥135/85"))
        days = days or (max(day for day, _, _ in evidence.home if day <= on),)
    high = [each.on for each in evidence.ambulatory if each.on <= on and each.elevated]
    if high:
        found.append(because("HTN-DX-03", "动态血压达到诊断标准", "Ambulatory pressure meets the criteria"))
        days = days or (max(high),)
    return tuple(found), days


def _three_days(office: list[OfficePressure]) -> tuple[date, ...]:
    """The latest three measured days in a row, within 4 weeks, that were elevated; empty when there are none."""
    days = _days(office)
    for last in range(len(days) - 1, DIAGNOSIS_DAYS - 2, -1):
        three = days[last - DIAGNOSIS_DAYS + 1 : last + 1]
        within = (three[-1][0] - three[0][0]).days <= DIAGNOSIS_WINDOW_DAYS
        if within and all(elevated for _, elevated in three):
            return tuple(day for day, _ in three)
    return ()


def _days(office: Iterable[OfficePressure]) -> list[tuple[date, bool]]:
    """Measured days in order; a day is elevated when its last value is."""
    return sorted({each.on: elevated_in_office(each.sbp_mmhg, each.dbp_mmhg) for each in office}.items())


def _open_series(office: list[OfficePressure], on: date) -> tuple[date, ...]:
    """The elevated days of the last 4 weeks that no normal day followed; empty when there is no open suspicion."""
    series: list[date] = []
    for day, elevated in _days(office):
        series = [*series, day] if elevated else []
    recent = [day for day in series if (on - day).days <= DIAGNOSIS_WINDOW_DAYS]
    return tuple(recent or series[-1:])


def _usable_home_mean(evidence: HypertensionEvidence, on: date) -> HomeMean | None:
    """The mean of the last 7 days of home readings, when it may be used (HTN-DX-02)."""
    rows = [row for row in evidence.home if row[0] <= on]
    if not rows:
        return None
    since = max(day for day, _, _ in rows) - timedelta(days=6)
    mean = home_mean(row for row in rows if row[0] >= since)
    return mean if mean is not None and mean.usable else None


def _excluding(evidence: HypertensionEvidence, since: date, on: date) -> Reason | None:
    """A normal home mean or ambulatory measurement that ended on or after the first elevated day of the office."""
    mean = _usable_home_mean(evidence, on)
    if mean is not None and mean.elevated is False and max(day for day, _, _ in evidence.home if day <= on) >= since:
        return because("HTN-DX-02", "家庭血压均值<135/85 mmHg（白大衣高血压可能）", "Home mean <135/85: white coat?")
    if any(since <= each.on <= on and each.elevated is False for each in evidence.ambulatory):
        return because("HTN-DX-03", "动态血压正常（白大衣高血压可能）", "Ambulatory pressure normal: white coat?")
    return None


def _urgent(evidence: HypertensionEvidence, office: list[OfficePressure], on: date) -> tuple[Need, ...]:
    needs: list[Need] = []
    last = office[-1] if office else None
    if last and (last.sbp_mmhg >= CRITICAL_SBP_MMHG or last.dbp_mmhg >= CRITICAL_DBP_MMHG) and evidence.acute_symptoms:
        text = because("HTN-DX-05", "血压≥180/110并有急性症状", "≥180/110 with acute symptoms")
        needs.append(Need(NeedKind.REFER_NOW, on, on, text))
    if evidence.suspected_secondary and last and elevated_in_office(last.sbp_mmhg, last.dbp_mmhg):
        text = because("HTN-SC-02", "疑似继发性高血压", "Secondary hypertension suspected")
        needs.append(Need(NeedKind.REFER_NOW, on, on, text))
    return tuple(needs)


def _suspected(
    evidence: HypertensionEvidence, series: tuple[date, ...], urgent: tuple[Need, ...], on: date
) -> Screening:
    found = because("HTN-SC-02", f"{len(series)}个不同日血压≥140/90 mmHg", f"≥140/90 on {len(series)} day(s)")
    excluding = _excluding(evidence, series[0], on)
    if excluding:
        return Screening(Verdict.EXCLUDED, (found, excluding), urgent, series)
    still = DIAGNOSIS_DAYS - len(series)
    window_ends = series[0] + timedelta(days=DIAGNOSIS_WINDOW_DAYS)
    first = max(on, series[-1] + timedelta(days=1))
    if window_ends < first:  # the window has passed: measuring starts anew
        still, window_ends = DIAGNOSIS_DAYS, on + timedelta(days=DIAGNOSIS_WINDOW_DAYS)
    words = because("HTN-DX-05", f"还需{still}个不同日的诊室血压", f"Office pressure on {still} more day(s)")
    needs = [*urgent, Need(NeedKind.MEASURE_PRESSURE, first, window_ends, words)]
    alternative = because("HTN-DX-05", "或家庭、动态血压监测", "or home or ambulatory pressure")
    needs.append(Need(NeedKind.HOME_OR_AMBULATORY, on, window_ends, alternative))
    return Screening(Verdict.SUSPECTED, (found,), tuple(needs), series)


def _after_criteria(evidence: HypertensionEvidence, on: date, days: tuple[date, ...]) -> tuple[Need, ...]:
    if evidence.referred_on is None or evidence.referred_on > on:
        text = because("HTN-SC-02", "转上级确诊并取得治疗方案", "Refer up to confirm and get a plan")
        return (Need(NeedKind.CONFIRM_BY_DOCTOR, on, max(on, days[-1] + timedelta(days=REFERRAL_CHECK_DAYS)), text),)
    text = because("HTN-SC-02", "转诊后2周内随访结果", "Follow the referral's result within 2 weeks")
    by_on = evidence.referred_on + timedelta(days=REFERRAL_CHECK_DAYS)
    return (Need(NeedKind.FOLLOW_REFERRAL, evidence.referred_on, by_on, text),)


def _without_suspicion(
    evidence: HypertensionEvidence,
    office: list[OfficePressure],
    urgent: tuple[Need, ...],
    on: date,
    screen_age_from: int,
) -> Screening:
    last = office[-1] if office else None
    pair = (last.sbp_mmhg, last.dbp_mmhg) if last else None
    risks = high_risk_reasons(evidence.risk, pair, evidence.age_years)
    if last is None:
        if evidence.age_years < screen_age_from and not risks:
            return Screening(Verdict.NO_SUSPICION)
        return Screening(Verdict.NOT_SCREENED, risks, (_yearly(on, None, screen_age_from),))
    if risks and evidence.age_years >= SCREEN_AGE_FROM_WST_872:
        text = because("HTN-SC-03", "高危人群每6个月至少测1次血压", "At high risk: measured every 6 months at least")
        by_on = max(on, add_months(last.on, HIGH_RISK_EVERY_MONTHS))
        return Screening(Verdict.HIGH_RISK, risks, (*urgent, Need(NeedKind.MEASURE_PRESSURE, on, by_on, text)))
    verdict = Verdict.EXCLUDED if _was_elevated(office) else Verdict.NO_SUSPICION
    needs = () if evidence.age_years < screen_age_from else (_yearly(on, last.on, screen_age_from),)
    return Screening(verdict, (), (*urgent, *needs), (last.on,))


def _was_elevated(office: list[OfficePressure]) -> bool:
    return any(elevated for _, elevated in _days(office))


def _yearly(on: date, last_on: date | None, screen_age_from: int) -> Need:
    rule = "HTN-SC-01" if screen_age_from == SCREEN_AGE_FROM else "HTN-SC-01b"
    words = because(rule, f"{screen_age_from}岁及以上每年测血压", f"Measured yearly from {screen_age_from} years on")
    if last_on is None:
        return Need(NeedKind.MEASURE_PRESSURE, on, on, words)
    next_year = date(last_on.year + 1, 1, 1)  # once a year, at the first visit of the year
    return Need(NeedKind.MEASURE_PRESSURE, max(on, next_year), max(on, date(last_on.year + 1, 12, 31)), words)
