"""Which columns a sheet of each kind may have: one tuple of columns a kind. Pure.

A column is known by its field's name, its words in Chinese or English, or an alias; case, blanks, units in brackets
and marks of required columns do not count. The same tuples make the template, the mapping and the faults' words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from cmc.clinical import basic_information as form
from cmc.clinical.care_gaps import FootRisk, Retinopathy, Wagner
from cmc.clinical.codes import Adherence, Disease, ExamFootPulse, Sex
from cmc.clinical.conditions import Condition
from cmc.clinical.examination_codes import Diet, Drinking, Smoking
from cmc.clinical.identity_documents import DocumentKind
from cmc.core.text import Text
from cmc.exchange.cells import Cell
from cmc.exchange.codes import ImportKind
from cmc.records.codes import AllergyCategory, ExaminationKind, Frequency, Relation, Severity


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a sheet. `codes` is the closed set of a coded cell, `words` further spellings of its members."""

    name: str
    zh: str
    en: str
    cell: Cell = Cell.TEXT
    codes: type[Enum] | None = None
    aliases: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> Text:
        """The heading in both languages."""
        return Text(self.zh, self.en)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of sheet: its columns, and sets of which one column each must be there."""

    kind: ImportKind
    columns: tuple[Column, ...]
    needed: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> Column:
        """Return the column of a field."""
        return next(each for each in self.columns if each.name == name)


def _c(name: str, zh: str, en: str, *aliases: str) -> Column:
    return Column(name, zh, en, aliases=aliases)


def _day(name: str, zh: str, en: str, *aliases: str) -> Column:
    return Column(name, zh, en, Cell.DATE, aliases=aliases)


def _number(name: str, zh: str, en: str, *aliases: str, whole: bool = False) -> Column:
    return Column(name, zh, en, Cell.WHOLE if whole else Cell.NUMBER, aliases=aliases)


def _flag(name: str, zh: str, en: str, *aliases: str) -> Column:
    return Column(name, zh, en, Cell.FLAG, aliases=aliases)


def _code(name: str, zh: str, en: str, codes: type[Enum], *aliases: str, many: bool = False) -> Column:
    return Column(name, zh, en, Cell.CODES if many else Cell.CODE, codes, aliases)


def _word(name: str, zh: str, en: str, codes: type[Enum], *aliases: str, **words: str) -> Column:
    return Column(name, zh, en, Cell.WORD, codes, aliases, words)


_SEX: Final = Column(
    "sex", "性别", "Sex", Cell.WORD, Sex, (),
    {"1": "M", "2": "F", "0": "U", "9": "U", "1男": "M", "2女": "F", "男性": "M", "女性": "F", "未说明": "U"},
)  # fmt: skip
_DISEASES: Final = {"1": "HTN", "2": "T2DM", "糖尿病": "T2DM", "2型糖尿病": "T2DM", "II型糖尿病": "T2DM"}
_NAME: Final = _c("name", "姓名", "Name", "患者姓名", "居民姓名", "full name")
_ID: Final = _c(
    "citizen_id", "身份证号", "Citizen ID", "身份证", "身份证号码", "公民身份号码", "证件号", "id card", "id number"
)
_RECORD: Final = _c("health_record_number", "健康档案编号", "Health record number", "档案号", "档案编号", "健康档案号")
_SYSTEM: Final = _c("identifier_system", "外部编号系统", "Identifier system", "编号系统")
_NUMBER: Final = _c(
    "identifier_value", "外部编号", "Identifier", "病历号", "门诊号", "患者编号", "medical record number"
)

PEOPLE: Final = (
    _NAME,
    _ID,
    _SEX,
    _day("birth_date", "出生日期", "Birth date", "出生年月日", "生日", "date of birth", "dob"),
    Column("phone", "电话", "Phone", aliases=("联系电话", "手机", "手机号", "手机号码", "本人电话", "mobile")),
    _c("address", "住址", "Address", "现住址", "地址", "家庭住址", "居住地址"),
    _RECORD,
    _c("village", "村居代码", "Village code", "行政村代码"),
    _SYSTEM,
    _NUMBER,
    _word("document_kind", "证件类型", "Document kind", DocumentKind),
    _c("document_number", "证件号码", "Document number", "护照号"),
    _code("information.residence", "常住类型", "Residence", form.Residence),
    _c("information.nationality", "民族代码", "Nationality code", "民族"),
    _code("information.blood_group", "血型", "Blood group", form.BloodGroup),
    _code("information.rhesus", "RH血型", "Rhesus", form.Rhesus, "rh"),
    _code("information.education", "文化程度", "Education", form.Education),
    _code("information.marital_status", "婚姻状况", "Marital status", form.MaritalStatus, "婚姻"),
    _code("information.payments", "医疗费用支付方式", "Payments", form.Payment, "支付方式", "医保类型", many=True),
    _code("information.drug_allergies", "药物过敏史", "Drug allergies", form.DrugAllergy, many=True),
    _code("information.exposures", "暴露史", "Exposures", form.Exposure, many=True),
    _code("information.disabilities", "残疾情况", "Disabilities", form.Disability, many=True),
    _c("information.region_code", "行政区划代码", "Region code", "地区编码"),
    _c("information.family_doctor", "家庭医生", "Family doctor", "签约医生"),
    Column("enrolment.disease", "管理病种", "Managed disease", Cell.WORD, Disease, ("病种", "慢病类型"), _DISEASES),
    _day("enrolment.enrolled_on", "纳入管理日期", "Enrolled on", "纳入日期", "建档日期"),
    _day("enrolment.confirmed_on", "确诊日期", "Confirmed on", "确诊时间"),
    _c("enrolment.confirmed_at", "确诊机构", "Confirmed at", "确诊医院"),
    _c("enrolment.doctor", "责任医生", "Responsible doctor", "主管医生"),
    _flag("enrolment.consent", "知情同意", "Consent"),
)
_WHOSE: Final = (_ID, _RECORD, _SYSTEM, _NUMBER, _c("patient_id", "系统编号", "Record id", "档案id"), _NAME)
_NOTE: Final = _c("note", "备注", "Note", "说明")
_SOMEBODY: Final = ("citizen_id", "health_record_number", "identifier_value", "patient_id")


def _of_fact(kind: ImportKind, on: Column, *own: Column, needed: Sequence[str] = ()) -> Sheet:
    wanted = ((each,) for each in (on.name, *needed))
    return Sheet(kind, (*_WHOSE, on, *own, _NOTE), (_SOMEBODY, *wanted))


_ICD10: Final = _c("icd10", "ICD-10编码", "ICD-10", "诊断编码", "疾病编码", "icd10编码")
_SHEETS: Final = (
    Sheet(ImportKind.PATIENTS, PEOPLE, (("name",), ("citizen_id", "birth_date"), ("citizen_id", "sex"))),
    _of_fact(
        ImportKind.DIAGNOSES,
        _day("on", "诊断日期", "Diagnosed on", "确诊日期", "日期", "date"),
        _ICD10,
        _c("diagnosis", "诊断名称", "Diagnosis", "诊断", "疾病名称"),
        _word("condition", "特殊状态", "Condition", Condition),
        _day("ended_on", "结束日期", "Ended on", "治愈日期"),
    ),
    _of_fact(
        ImportKind.MEDICATIONS,
        _day("on", "开始日期", "Since", "用药日期", "开始用药日期", "日期", "date"),
        _c("medicine", "药品名称", "Medicine", "药物名称", "药名", "药品"),
        _number("dose", "单次剂量", "Dose", "剂量", "每次剂量"),
        _c("dose_unit", "剂量单位", "Dose unit"),
        _word("frequency", "用药频次", "Frequency", Frequency, "频次", "用法", qd="QD", bid="BID", tid="TID"),
        _code("adherence", "服药依从性", "Adherence", Adherence, "依从性"),
        _day("stopped_on", "停药日期", "Stopped on"),
        needed=("medicine",),
    ),
    _of_fact(
        ImportKind.ALLERGIES,
        _day("on", "发现日期", "Known since", "日期", "date"),
        _c("substance", "过敏原", "Substance", "过敏药物", "过敏物质"),
        _word("category", "过敏原类别", "Category", AllergyCategory, 药物="medicine", 食物="food", 其他="other"),
        _c("reaction", "过敏反应", "Reaction", "反应"),
        _word("severity", "严重程度", "Severity", Severity, 轻度="mild", 中度="moderate", 重度="severe"),
        needed=("substance",),
    ),
    _of_fact(
        ImportKind.LABS,
        _day("on", "检验日期", "Taken on", "化验日期", "检测日期", "日期", "date"),
        _c("analyte", "检验项目", "Analyte", "项目", "检验指标", "项目名称", "loinc"),
        _c("value", "结果", "Value", "检验结果", "结果值", "result"),
        _c("unit", "单位", "Unit", "结果单位"),
        _number("range_low", "参考下限", "Range low"),
        _number("range_high", "参考上限", "Range high"),
        needed=("analyte", "value", "unit"),
    ),
    _of_fact(
        ImportKind.EXAMINATIONS,
        _day("on", "检查日期", "Examined on", "日期", "date"),
        _word("findings.kind", "检查类别", "Examination", ExaminationKind, "检查项目", "检查类型"),
        _code("findings.retinopathy", "视网膜病变分级", "Retinopathy", Retinopathy),
        _flag("findings.macular_oedema", "黄斑水肿", "Macular oedema"),
        _flag("findings.haemorrhage_exudate_or_papilloedema", "眼底出血渗出或视盘水肿", "Haemorrhage or exudate"),
        _code("findings.risk", "足部风险", "Foot risk", FootRisk),
        _code("findings.wagner", "Wagner分级", "Wagner", Wagner),
        _flag("findings.weak_pulse", "足背动脉搏动减弱", "Weak pulse"),
        _number("findings.abi", "踝臂指数", "ABI"),
        _number("findings.abnormal_signs", "神经体征异常数", "Abnormal nerve signs", whole=True),
        _flag("findings.abnormal", "检查结果异常", "Abnormal", "是否异常"),
        _flag("findings.bilateral_artery_stenosis", "双侧肾动脉狭窄", "Bilateral artery stenosis"),
        _number("findings.heart_rate_per_min", "心率", "Heart rate", whole=True),
        _flag("findings.atrial_fibrillation", "房颤", "Atrial fibrillation", "心房颤动"),
        _number("findings.sokolow_mv", "Sokolow-Lyon电压", "Sokolow-Lyon"),
        _number("findings.cornell_mv_ms", "Cornell乘积", "Cornell product"),
        _number("findings.lvmi_g_m2", "左室质量指数", "LVMI"),
        _number("findings.imt_mm", "颈动脉内中膜厚度", "IMT"),
        _flag("findings.carotid_plaque", "颈动脉斑块", "Carotid plaque"),
        _number("findings.pwv_m_s", "脉搏波速度", "PWV"),
        _number("findings.whole_sbp_mmhg", "24小时平均收缩压", "24 h systolic", whole=True),
        _number("findings.whole_dbp_mmhg", "24小时平均舒张压", "24 h diastolic", whole=True),
        _number("findings.day_sbp_mmhg", "白天平均收缩压", "Daytime systolic", whole=True),
        _number("findings.day_dbp_mmhg", "白天平均舒张压", "Daytime diastolic", whole=True),
        _number("findings.night_sbp_mmhg", "夜间平均收缩压", "Night systolic", whole=True),
        _number("findings.night_dbp_mmhg", "夜间平均舒张压", "Night diastolic", whole=True),
        needed=("findings.kind",),
    ),
    _of_fact(
        ImportKind.LIFESTYLE,
        _day("on", "调查日期", "Asked on", "日期", "date"),
        _code("smoking", "吸烟状况", "Smoking", Smoking, "吸烟"),
        _number("cigarettes_per_day", "日吸烟量", "Cigarettes a day", whole=True),
        _flag("passive_smoking", "被动吸烟", "Passive smoking"),
        _code("drinking", "饮酒频率", "Drinking", Drinking, "饮酒"),
        _code("diet", "饮食习惯", "Diet", Diet, many=True),
        _number("exercise_days_per_week", "每周锻炼天数", "Exercise days a week", whole=True),
        _number("exercise_minutes", "每次锻炼分钟", "Exercise minutes", whole=True),
    ),
    _of_fact(
        ImportKind.FAMILY_HISTORY,
        _day("on", "采集日期", "Asked on", "日期", "date"),
        _word("relation", "亲属关系", "Relation", Relation, "关系", 父="father", 母="mother", 子="child"),
        _code("disease", "家族疾病", "Disease", form.FamilyDisease, "疾病"),
        _number("onset_age_years", "发病年龄", "Onset age", whole=True),
        needed=("relation", "disease"),
    ),
    _of_fact(
        ImportKind.HOSPITAL_STAYS,
        _day("on", "入院日期", "Admitted on", "住院日期", "日期", "date"),
        _day("discharged_on", "出院日期", "Discharged on"),
        _c("institution", "医疗机构", "Institution", "医院", "医院名称", "住院机构"),
        _c("department", "科室", "Department", "住院科室"),
        _ICD10,
        needed=("institution",),
    ),
    _of_fact(
        ImportKind.ANNUAL_EXAMS,
        _day("on", "体检日期", "Examined on", "检查日期", "日期", "date"),
        _number("temperature_c", "体温", "Temperature"),
        _number("pulse_bpm", "脉率", "Pulse", "脉搏", whole=True),
        _number("respiration_per_min", "呼吸频率", "Respiration", "呼吸", whole=True),
        _number("sbp_mmhg", "收缩压", "Systolic pressure", "高压", whole=True),
        _number("dbp_mmhg", "舒张压", "Diastolic pressure", "低压", whole=True),
        _number("height_cm", "身高", "Height"),
        _number("weight_kg", "体重", "Weight"),
        _number("waist_cm", "腰围", "Waist"),
        _number("fasting_glucose_mmol_l", "空腹血糖", "Fasting glucose"),
        _code("exam_foot_pulse", "足背动脉搏动", "Foot pulse", ExamFootPulse),
    ),
)
SHEETS: Final[Mapping[ImportKind, Sheet]] = MappingProxyType({each.kind: each for each in _SHEETS})

_BRACKETS: Final = re.compile(r"[(（\[【].*?[)）\]】]")


def heading(text: str) -> str:
    """Return a heading for comparing."""
    return re.sub(r"[\s_*＊:：.\-/]", "", _BRACKETS.sub("", unicodedata.normalize("NFKC", text))).lower()


def recognise(sheet: Sheet, headings: Sequence[str]) -> dict[str, int]:
    """Return which field stands in which column (from 0); a field that two headings name stands in the first."""
    known: dict[str, str] = {}
    for column in sheet.columns:
        for word in (column.name, column.zh, column.en, *column.aliases):
            known.setdefault(heading(word), column.name)
    found: dict[str, int] = {}
    for place, each in enumerate(headings):
        name = known.get(heading(each))
        if name is not None:
            found.setdefault(name, place)
    return found


def missing(sheet: Sheet, mapping: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return the sets of which no column is there."""
    return [names for names in sheet.needed if not set(names) & mapping.keys()]
