"""Screening and diagnosis of type 2 diabetes (DM-SC-01, DM-SC-02, DM-DX-01…04). Glucose in µmol/L, HbA1c in percent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from cmc.clinical.body import OVERWEIGHT_FROM_BMI, large_waist
from cmc.clinical.codes import Sex, Specimen
from cmc.clinical.periods import add_months
from cmc.clinical.reasons import Reason, because
from cmc.clinical.screening import Need, NeedKind, Screening, Verdict
from cmc.core.named import NamedStr

FASTING_FROM_UMOL_L: Final = 7000  # DM-DX-01
TWO_HOURS_FROM_UMOL_L: Final = 11100  # DM-DX-01
RANDOM_FROM_UMOL_L: Final = 11100  # DM-DX-01
HBA1C_FROM_PERCENT: Final = Decimal("6.5")  # DM-DX-01, standardised laboratory
IFG_FROM_UMOL_L: Final = 6100  # DM-DX-04
IGT_FROM_UMOL_L: Final = 7800  # DM-DX-04
OGTT_FASTING_FROM_UMOL_L: Final = 5600  # DM-SC-02, guideline 2025
AGE_FROM: Final = 40  # DM-SC-02
HDL_BELOW_MMOL_L, TG_ABOVE_MMOL_L = Decimal("0.91"), Decimal("2.22")  # DM-SC-02
REFERRAL_CHECK_DAYS: Final = 14
REPEAT_WITHIN_DAYS: Final = 14
"""How soon a doubtful value should be repeated [D]; the guidelines name no number."""


class TestKind(NamedStr):
    """Tests that diagnose or screen."""

    __test__ = False  # no test class, whatever its name says

    FASTING = "FASTING", "空腹血糖（筛查）", "Fasting glucose (screening)"
    OGTT_2H = "OGTT_2H", "糖耐量2小时血糖", "Glucose 2 h after OGTT"
    RANDOM = "RANDOM", "随机血糖", "Random glucose"
    HBA1C = "HBA1C", "糖化血红蛋白（标准化）", "HbA1c (standardised)"


class Prediabetes(NamedStr):
    """Impaired regulation (DM-DX-04, WHO 1999)."""

    IFG = "IFG", "空腹血糖受损", "Impaired fasting glucose"
    IGT = "IGT", "糖耐量减低", "Impaired glucose tolerance"


@dataclass(frozen=True, slots=True)
class DiabetesTest:
    """One result on a local date: glucose as `umol_l` with its specimen, HbA1c as `percent` with `standardised`."""

    on: date
    kind: TestKind
    umol_l: int | None = None
    specimen: Specimen = Specimen.VENOUS_PLASMA
    percent: Decimal | None = None
    standardised: bool = True

    def __post_init__(self) -> None:
        if (self.percent if self.kind is TestKind.HBA1C else self.umol_l) is None:
            raise ValueError("a test needs its value")

    @property
    def diagnostic(self) -> bool:
        """Whether it may diagnose: venous plasma (DM-DX-03), HbA1c of a standardised laboratory (DM-DX-01)."""
        return self.standardised if self.kind is TestKind.HBA1C else self.specimen is Specimen.VENOUS_PLASMA

    @property
    def abnormal(self) -> bool:
        """At or above the diagnostic limit of its kind (DM-DX-01)."""
        return _ABNORMAL[self.kind](self)


_ABNORMAL: Final[dict[TestKind, Callable[[DiabetesTest], bool]]] = {
    TestKind.FASTING: lambda test: (test.umol_l or 0) >= FASTING_FROM_UMOL_L,
    TestKind.OGTT_2H: lambda test: (test.umol_l or 0) >= TWO_HOURS_FROM_UMOL_L,
    TestKind.RANDOM: lambda test: (test.umol_l or 0) >= RANDOM_FROM_UMOL_L,
    TestKind.HBA1C: lambda test: (test.percent or 0) >= HBA1C_FROM_PERCENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiabetesRiskFacts:
    """Circumstances of DM-SC-02; None or False when not known. HDL-C and TG in mmol/L.

    `long_term_drugs`: antipsychotic, antidepressant or statin.
    """

    sex: Sex = Sex.U
    bmi: Decimal | None = None
    waist_cm: Decimal | None = None
    prediabetes: bool = False
    sedentary: bool = False
    relative_with_diabetes: bool = False
    gestational_diabetes: bool = False
    hypertension: bool = False
    hdl_mmol_l: Decimal | None = None
    tg_mmol_l: Decimal | None = None
    lipids_treated: bool = False
    ascvd: bool = False
    pcos_or_acanthosis: bool = False
    steroid_diabetes: bool = False
    long_term_drugs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DiabetesEvidence:
    """What is known of a person who may have diabetes. Tests after the day of the question are ignored."""

    age_years: int
    tests: tuple[DiabetesTest, ...] = ()
    typical_symptoms: bool = False
    diagnosed: bool = False
    referred_on: date | None = None
    risk: DiabetesRiskFacts = field(default_factory=DiabetesRiskFacts)


def diabetes_risk_reasons(facts: DiabetesRiskFacts, age_years: int) -> tuple[Reason, ...]:
    """Every reason of the list of DM-SC-02 that holds."""
    lipids = (
        facts.lipids_treated
        or (facts.hdl_mmol_l is not None and facts.hdl_mmol_l < HDL_BELOW_MMOL_L)
        or (facts.tg_mmol_l is not None and facts.tg_mmol_l > TG_ABOVE_MMOL_L)
    )
    rows = (
        (age_years >= AGE_FROM, "年龄≥40岁", "Age ≥40"),
        (facts.prediabetes, "糖尿病前期史", "Prediabetes"),
        (facts.bmi is not None and facts.bmi >= OVERWEIGHT_FROM_BMI, "BMI≥24 kg/m²", "BMI ≥24"),
        (facts.waist_cm is not None and large_waist(facts.waist_cm, facts.sex) is True, "腰围超标", "Large waist"),
        (facts.sedentary, "静坐生活方式", "Sedentary"),
        (facts.relative_with_diabetes, "一级亲属患糖尿病", "First-degree relative with diabetes"),
        (facts.gestational_diabetes, "妊娠糖尿病史", "Gestational diabetes"),
        (facts.hypertension, "高血压患者", "Has hypertension"),
        (lipids, "血脂异常或调脂治疗", "Lipids abnormal or treated"),
        (facts.ascvd, "动脉粥样硬化性心血管疾病", "Atherosclerotic cardiovascular disease"),
        (facts.pcos_or_acanthosis, "多囊卵巢综合征或黑棘皮症", "PCOS or acanthosis"),
        (facts.steroid_diabetes, "类固醇糖尿病史", "Steroid-induced diabetes"),
        (facts.long_term_drugs, "长期抗精神病药、抗抑郁药或他汀", "Long-term antipsychotic, antidepressant or statin"),
    )
    return tuple(because("DM-SC-02", zh, en) for holds, zh, en in rows if holds)


def prediabetes(fasting_umol_l: int, two_hours_umol_l: int) -> Prediabetes | None:
    """IFG: fasting 6.1 to <7.0 with 2 h <7.8; IGT: fasting <7.0 with 2 h 7.8 to <11.1 (DM-DX-04); else None."""
    if fasting_umol_l >= FASTING_FROM_UMOL_L or two_hours_umol_l >= TWO_HOURS_FROM_UMOL_L:
        return None
    if two_hours_umol_l >= IGT_FROM_UMOL_L:
        return Prediabetes.IGT
    return Prediabetes.IFG if fasting_umol_l >= IFG_FROM_UMOL_L else None


def screen_diabetes(evidence: DiabetesEvidence, on: date) -> Screening:
    """How far the suspicion of diabetes has come on a local date, and which test is needed next."""
    if evidence.diagnosed:
        return Screening(Verdict.KNOWN, (because("DM-DX-01", "已确诊糖尿病", "Diagnosed before"),))
    tests = sorted((each for each in evidence.tests if each.on <= on), key=lambda each: each.on)
    counting = [each for each in tests if each.diagnostic and each.abnormal]
    if evidence.typical_symptoms and counting:
        why = because("DM-DX-01", "典型症状加1项达标结果", "Typical symptoms and one result at its limit")
        return _met(evidence, why, counting[-1:], on)
    without_random = [each for each in counting if each.kind is not TestKind.RANDOM]
    if len({(each.on, each.kind) for each in without_random}) > 1:
        why = because("DM-DX-02", "无症状，2项异常结果", "Without symptoms: two abnormal results")
        return _met(evidence, why, without_random[-2:], on)
    suspicious = _suspicious(tests)
    if suspicious:
        return _suspected(suspicious, on)
    return _without_suspicion(evidence, tests, on)


def _met(evidence: DiabetesEvidence, why: Reason, tests: list[DiabetesTest], on: date) -> Screening:
    days = tuple(sorted({each.on for each in tests}))
    if evidence.referred_on is not None and evidence.referred_on <= on:
        by_on = evidence.referred_on + timedelta(days=REFERRAL_CHECK_DAYS)
        text = because("DM-DX-01", "转诊后2周内随访结果", "Follow the referral's result within 2 weeks")
        need = Need(NeedKind.FOLLOW_REFERRAL, evidence.referred_on, by_on, text)
    else:
        text = because("DM-DX-01", "由医生确诊分型并制定方案", "A doctor confirms, types and plans")
        need = Need(NeedKind.CONFIRM_BY_DOCTOR, on, max(on, days[-1] + timedelta(days=REFERRAL_CHECK_DAYS)), text)
    return Screening(Verdict.CRITERIA_MET, (why,), (need,), days)


def _suspicious(tests: list[DiabetesTest]) -> tuple[tuple[Reason, ...], tuple[DiabetesTest, ...]] | None:
    """Abnormal results that do not yet diagnose and that no later normal result of the same kind removed."""
    latest = {each.kind: each for each in tests if each.diagnostic or each.abnormal}
    standing = tuple(each for each in latest.values() if each.abnormal)
    if not standing:
        return None
    return tuple(_why_open(each) for each in standing), standing


def _why_open(test: DiabetesTest) -> Reason:
    zh, en = test.kind.text.zh, test.kind.text.en
    if not test.diagnostic:
        return because(
            "DM-DX-03",
            f"{zh}异常，须静脉血浆或标准化检测复查",
            f"{en} abnormal: to be repeated in a standardised laboratory",
        )
    if test.kind is TestKind.RANDOM:
        return because("DM-DX-02", "无症状时随机血糖不能诊断", "Without symptoms a random glucose does not diagnose")
    return because("DM-DX-02", f"{zh}异常1次，须再有1项异常", f"{en} abnormal once: one more is needed")


def _suspected(suspicious: tuple[tuple[Reason, ...], tuple[DiabetesTest, ...]], on: date) -> Screening:
    reasons, tests = suspicious
    last_on = max(each.on for each in tests)
    by_on = max(on, last_on + timedelta(days=REPEAT_WITHIN_DAYS))
    fasting = because("DM-DX-02", "复查静脉空腹血糖", "Repeat fasting glucose in venous plasma")
    other = because("DM-DX-02", "或糖耐量试验、标准化糖化血红蛋白", "or OGTT, or standardised HbA1c")
    needs = (Need(NeedKind.FASTING_GLUCOSE, on, by_on, fasting), Need(NeedKind.OGTT_OR_HBA1C, on, by_on, other))
    return Screening(Verdict.SUSPECTED, reasons, needs, tuple(sorted({each.on for each in tests})))


def _without_suspicion(evidence: DiabetesEvidence, tests: list[DiabetesTest], on: date) -> Screening:
    fasting = [each for each in tests if each.kind is TestKind.FASTING]
    last = fasting[-1] if fasting else None
    glucose = (last.umol_l or 0) if last else 0
    since = [each for each in tests if last and each.on >= last.on and each.kind in {TestKind.OGTT_2H, TestKind.HBA1C}]
    if last and glucose >= OGTT_FASTING_FROM_UMOL_L and not since:
        why = because("DM-SC-02", "空腹血糖≥5.6 mmol/L", "Fasting glucose ≥5.6 mmol/L")
        by_on = max(on, last.on + timedelta(days=REPEAT_WITHIN_DAYS))
        return Screening(Verdict.HIGH_RISK, (why,), (Need(NeedKind.OGTT_OR_HBA1C, on, by_on, why),), (last.on,))
    risks = diabetes_risk_reasons(evidence.risk, evidence.age_years)
    if not risks:
        return Screening(Verdict.NO_SUSPICION, (), (), tuple(each.on for each in tests[-1:]))
    text = because("DM-SC-01", "高危人群每年至少测1次空腹血糖", "At high risk: fasting glucose at least once a year")
    by_on = max(on, add_months(last.on, 12)) if last else on
    return Screening(Verdict.HIGH_RISK, risks, (Need(NeedKind.FASTING_GLUCOSE, on, by_on, text),), ())
