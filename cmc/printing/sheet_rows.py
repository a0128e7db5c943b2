"""The rows of both national follow-up sheets, in the order of the paper, and what a visit writes into each. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from cmc.clinical.codes import (
    Adherence,
    Classification,
    DiabetesSymptom,
    Disease,
    FootPulse,
    FootSide,
    GlucoseFlag,
    GlucosePeriod,
    HypertensionSymptom,
    Hypoglycaemia,
    ReferralReason,
    VisitMode,
)
from cmc.clinical.emergencies import EmergencyCriterion
from cmc.clinical.units import mmol_l_words
from cmc.core.clock import local_date
from cmc.core.named import NamedInt
from cmc.core.text import Text
from cmc.followups.codes import IrregularReason, Rating, SaltIntake
from cmc.followups.schemas import FORM_MEDICINES
from cmc.followups.tables import Followup
from cmc.followups.visit_answers import body_mass_index, decimal_of, height_of


@dataclass(frozen=True, slots=True)
class Visit:
    """One record to be printed, and the height in cm that was known on its day."""

    row: Followup
    known_height_cm: Decimal | None = None

    @property
    def form(self) -> Mapping[str, Any]:
        """The fields without a column of their own."""
        return self.row.form

    @property
    def height_cm(self) -> Decimal | None:
        """The height for the body-mass index."""
        return height_of(self.row) or self.known_height_cm


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of a sheet: its group, its label with the form's codes, and the lines that a visit writes into it."""

    group: Text | None
    label: Text
    lines: Callable[[Visit], list[str]]
    codes: str = ""
    tall: bool = False


_SIGNS, _LIFE = Text("体征", "Signs"), Text("生活方式指导", "Lifestyle")
_TESTS, _MEDICINES, _REFERRAL = Text("辅助检查", "Tests"), Text("用药情况", "Medicines"), Text("转诊", "Referral")
_SYMPTOMS: Final = {Disease.HTN: HypertensionSymptom, Disease.T2DM: DiabetesSymptom}


def _named(member: NamedInt) -> str:
    return f"{member.value} {member.text.zh}"


def _coded(codes: type[NamedInt], value: int | None) -> list[str]:
    return [] if value is None else [_named(codes(value))]


def _list(codes: type[NamedInt]) -> str:
    return " ".join(f"{each.value}{each.text.zh}" for each in codes)


def _number(value: Any) -> str:
    return "" if value is None else f"{Decimal(str(value)).normalize():f}"


def _pair(now: Any, goal: Any, unit: str) -> list[str]:
    """A value and its goal as the form prints them: now/goal."""
    if now is None and goal is None:
        return []
    shown = _number(now) if now is not None else "—"
    return [f"{shown}/{_number(goal)} {unit}" if goal is not None else f"{shown} {unit}"]


def _date(visit: Visit) -> list[str]:
    late = local_date(visit.row.entered_at) != visit.row.visited_on
    return [visit.row.visited_on.isoformat() + ("（补录）" if late else "")]


def _symptoms(visit: Visit) -> list[str]:
    codes = _SYMPTOMS[Disease(visit.row.disease)]
    found = [_named(codes(each)) for each in visit.row.symptoms or ()]
    other = visit.form.get("other_symptoms")
    return [*found, *([f"其他：{other}"] if other else [])]


def _pressure(visit: Visit) -> list[str]:
    row = visit.row
    return [] if row.sbp_mmhg is None else [f"{row.sbp_mmhg}/{row.dbp_mmhg} mmHg"]


def _weight(visit: Visit) -> list[str]:
    return _pair(visit.row.weight_kg, visit.form.get("weight_target_kg"), "kg")


def _bmi(visit: Visit) -> list[str]:
    height, goal = visit.height_cm, decimal_of(visit.form.get("weight_target_kg"))
    return _pair(body_mass_index(visit.row.weight_kg, height), body_mass_index(goal, height), "kg/m²")


def _rate(visit: Visit) -> list[str]:
    return [] if visit.row.heart_rate_bpm is None else [f"{visit.row.heart_rate_bpm} 次/分"]


def _other_signs(visit: Visit) -> list[str]:
    found = [(visit.form.get("waist_cm"), "腰围", "cm"), (visit.form.get("temperature_c"), "体温", "℃")]
    shown = [f"{name} {_number(value)} {unit}" for value, name, unit in found if value is not None]
    complication = visit.form.get("complication_text")
    return [*shown, *([f"并发症：{complication}"] if complication else [])]


def _foot(visit: Visit) -> list[str]:
    if visit.row.foot_pulse is None:
        return []
    side = visit.form.get("foot_pulse_side")
    return [_named(FootPulse(visit.row.foot_pulse)) + (f"（{FootSide(side).text.zh}）" if side else "")]


def _life(name: str, unit: str) -> Callable[[Visit], list[str]]:
    def lines(visit: Visit) -> list[str]:
        now, goal = visit.form.get("lifestyle") or {}, visit.form.get("lifestyle_targets") or {}
        return _pair(now.get(name), goal.get(name), unit)

    return lines


def _exercise(visit: Visit) -> list[str]:
    found = []
    for name, words in (("lifestyle", "现"), ("lifestyle_targets", "目标")):
        life = visit.form.get(name) or {}
        times, minutes = life.get("exercise_times_per_week"), life.get("exercise_minutes")
        parts = [f"{times} 次/周" if times is not None else "", f"{minutes} 分钟/次" if minutes is not None else ""]
        if any(parts):
            found.append(f"{words} {' '.join(each for each in parts if each)}")
    return found


def _life_code(name: str, codes: type[NamedInt]) -> Callable[[Visit], list[str]]:
    def lines(visit: Visit) -> list[str]:
        now, goal = visit.form.get("lifestyle") or {}, visit.form.get("lifestyle_targets") or {}
        shown = [_named(codes(life[name])) if life.get(name) else "" for life in (now, goal)]
        return [f"{shown[0] or '—'}" + (f" / {shown[1]}" if shown[1] else "")] if any(shown) else []

    return lines


def _glucose(visit: Visit) -> list[str]:
    row = visit.row
    return _measured(row.fasting_glucose_umol_l, row.fasting_glucose_bound)


def _measured(umol_l: int | None, bound: str | None) -> list[str]:
    if umol_l is None:
        return []
    flag = f"{bound}（{GlucoseFlag(bound).text.zh}）" if bound else ""
    return [f"{flag}{mmol_l_words(umol_l)} mmol/L"]


def _other_tests(visit: Visit) -> list[str]:
    row, form = visit.row, visit.form
    found = []
    if form.get("hba1c_percent") is not None:
        found.append(f"糖化血红蛋白 {_number(form['hba1c_percent'])} %")
        if form.get("hba1c_on"):
            found.append(f"检查日期 {form['hba1c_on']}")
    for each in _measured(row.other_glucose_umol_l, row.other_glucose_bound):
        found.append(f"{GlucosePeriod(row.other_glucose_period or 'RANDOM').text.zh}血糖 {each}")
    return [*found, *_tests(visit)]


def _tests(visit: Visit) -> list[str]:
    return str(visit.form.get("auxiliary_tests") or "").splitlines()


def _glucose_and_tests(visit: Visit) -> list[str]:
    """On the hypertension sheet glucose stands under the tests."""
    return [*(f"空腹血糖 {each}" for each in _glucose(visit)), *_other_tests(visit)]


def _adherence(visit: Visit) -> list[str]:
    reason = visit.form.get("irregular_reason")
    why = [f"原因：{IrregularReason(reason).text.zh}"] if reason else []
    return [*_coded(Adherence, visit.row.adherence), *why]


def _reaction(visit: Visit) -> list[str]:
    if not visit.form.get("adverse_reaction"):
        return ["1 无"]
    words = visit.form.get("adverse_reaction_text")
    return ["2 有" + (f"：{words}" if words else "")]


def _class(visit: Visit) -> list[str]:
    criteria = [f"危急 {each} {EmergencyCriterion(each).text.zh}" for each in visit.row.emergency_codes]
    return [*(_coded(Classification, visit.row.classification) or ["未分类（缺关键值）"]), *criteria]


def _medicine(place: int) -> Callable[[Visit], list[str]]:
    def lines(visit: Visit) -> list[str]:
        listed = visit.form.get("medications") or []
        if place == 0 and not listed and visit.form.get("no_medication"):
            return ["无"]
        return dosage(listed[place]) if place < len(listed) else []

    return lines


def dosage(each: Mapping[str, Any]) -> list[str]:
    """Return the lines of one medicine of a visit: its name, and how it is taken."""
    times, dose = each.get("times_per_day"), each.get("dose")
    usage = " ".join([f"每日 {times} 次" if times is not None else "", f"每次 {dose}" if dose else ""]).strip()
    return [str(each["name"]), *([usage] if usage else [])]


def _other_medicines(visit: Visit) -> list[str]:
    return [line for each in (visit.form.get("medications") or [])[FORM_MEDICINES:] for line in dosage(each)]


def _insulin(visit: Visit) -> list[str]:
    found = visit.form.get("insulin")
    return [] if not found else [found["kind"], *([found["usage"]] if found.get("usage") else [])]


def _why_referred(visit: Visit) -> list[str]:
    found = visit.form.get("referral") or {}
    code = found.get("code")
    return [*([ReferralReason(code).text.zh] if code else []), *([found["reason"]] if found.get("reason") else [])]


def _where_referred(visit: Visit) -> list[str]:
    found = visit.form.get("referral") or {}
    return [each for each in (found.get("institution"), found.get("department")) if each]


def _next(visit: Visit) -> list[str]:
    return [visit.row.next_visit_on.isoformat()]


def _doctor(visit: Visit) -> list[str]:
    return [visit.row.doctor] if visit.row.doctor else []


_HEAD: Final = (
    SheetRow(None, Text("随访日期", "Date"), _date),
    SheetRow(None, Text("随访方式", "Mode"), lambda each: _coded(VisitMode, each.row.mode), _list(VisitMode)),
)
_BODY: Final = (
    SheetRow(_SIGNS, Text("血压", "Blood pressure"), _pressure),
    SheetRow(_SIGNS, Text("体重/目标", "Weight, goal"), _weight),
    SheetRow(_SIGNS, Text("体质指数/目标", "BMI, goal"), _bmi),
)
_HABITS: Final = (
    SheetRow(_LIFE, Text("日吸烟量/目标", "Cigarettes a day"), _life("cigarettes_per_day", "支")),
    SheetRow(_LIFE, Text("日饮酒量/目标", "Alcohol a day"), _life("alcohol_liang_per_day", "两")),
    SheetRow(_LIFE, Text("运动", "Exercise"), _exercise),
)
_MIND: Final = (
    SheetRow(_LIFE, Text("心理调整", "State of mind"), _life_code("mental_adjustment", Rating), _list(Rating)),
    SheetRow(_LIFE, Text("遵医行为", "Follows advice"), _life_code("follows_advice", Rating), _list(Rating)),
)
_TAKING: Final = (
    SheetRow(None, Text("服药依从性", "Adherence"), _adherence, _list(Adherence)),
    SheetRow(None, Text("药物不良反应", "Adverse reaction"), _reaction, "1无 2有"),
)
_CLASS: Final = SheetRow(None, Text("此次随访分类", "Class"), _class, _list(Classification))
_PILLS: Final = (
    *(
        SheetRow(_MEDICINES, Text(f"药物名称{each + 1}", f"Medicine {each + 1}"), _medicine(each))
        for each in range(FORM_MEDICINES)
    ),
    SheetRow(_MEDICINES, Text("其他药物", "Others"), _other_medicines),
)  # fmt: skip
_END: Final = (
    SheetRow(_REFERRAL, Text("原因", "Reason"), _why_referred),
    SheetRow(_REFERRAL, Text("机构及科别", "Where to"), _where_referred),
    SheetRow(None, Text("下次随访日期", "Next visit"), _next),
    SheetRow(None, Text("随访医生签名", "Doctor's signature"), _doctor, tall=True),
)

ROWS: Final[dict[Disease, tuple[SheetRow, ...]]] = {
    Disease.HTN: (
        *_HEAD,
        SheetRow(None, Text("症状", "Symptoms"), _symptoms, _list(HypertensionSymptom)),
        *_BODY,
        SheetRow(_SIGNS, Text("心率", "Heart rate"), _rate),
        SheetRow(_SIGNS, Text("其他体征", "Other signs"), _other_signs),
        *_HABITS,
        SheetRow(_LIFE, Text("摄盐情况/目标", "Salt, goal"), _life_code("salt", SaltIntake), _list(SaltIntake)),
        *_MIND,
        SheetRow(None, _TESTS, _glucose_and_tests),
        *_TAKING,
        _CLASS,
        *_PILLS,
        *_END,
    ),
    Disease.T2DM: (
        *_HEAD,
        SheetRow(None, Text("症状", "Symptoms"), _symptoms, _list(DiabetesSymptom)),
        *_BODY,
        SheetRow(_SIGNS, Text("足背动脉搏动", "Foot pulse"), _foot, _list(FootPulse)),
        SheetRow(_SIGNS, Text("其他体征", "Other signs"), lambda each: [*_rate_words(each), *_other_signs(each)]),
        *_HABITS,
        SheetRow(_LIFE, Text("主食/目标", "Staple food, goal"), _life("staple_food_g_per_day", "g/日")),
        *_MIND,
        SheetRow(_TESTS, Text("空腹血糖", "Fasting glucose"), _glucose),
        SheetRow(_TESTS, Text("其他检查", "Other tests"), _other_tests),
        *_TAKING,
        SheetRow(
            None, Text("低血糖反应", "Hypoglycaemia"), lambda each: _coded(Hypoglycaemia, each.row.hypoglycaemia),
            _list(Hypoglycaemia),
        ),
        _CLASS,
        *_PILLS,
        SheetRow(_MEDICINES, Text("胰岛素", "Insulin"), _insulin),
        *_END,
    ),
}  # fmt: skip


def _rate_words(visit: Visit) -> list[str]:
    return [f"心率 {each}" for each in _rate(visit)]
