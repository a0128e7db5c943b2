"""The one table of the document: which sections it has, which fields they hold, their words, units and codes. Pure.

A field's national code stands in `clinical/data_elements.ELEMENTS` under `element`; without one the field is kept under
its own name, never under a code of our making.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from cmc.clinical import basic_information as form
from cmc.clinical.care_gaps import FootRisk, Retinopathy, Wagner
from cmc.clinical.codes import (
    Action,
    Adherence,
    Classification,
    Disease,
    EndReason,
    EnrolmentState,
    ExamFootPulse,
    FootPulse,
    GlucosePeriod,
    Setting,
    Sex,
    VisitMode,
)
from cmc.clinical.conditions import Condition
from cmc.clinical.data_elements import DATA_SETS, ELEMENTS, DataElement
from cmc.clinical.examination_codes import Diet, Drinking, Smoking
from cmc.clinical.identity_documents import DocumentKind
from cmc.clinical.laboratory import Beyond, LabFlag
from cmc.clinical.renal import EgfrFormula
from cmc.core.text import Text
from cmc.patients.codes import ConsentChannel, LegalGround, PhoneRelation, Purpose
from cmc.records.codes import AllergyCategory, ExaminationKind, Frequency, Relation, Severity, Source


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, words, closed set, unit, and its key in `ELEMENTS` where it has one."""

    name: str
    zh: str
    en: str
    codes: type[Enum] | None = None
    unit: str | None = None
    element: str | None = None

    @property
    def text(self) -> Text:
        """The field in both languages."""
        return Text(self.zh, self.en)

    @property
    def national(self) -> DataElement:
        """The national element; an empty one where no source names it."""
        return ELEMENTS.get(self.element or self.name, DataElement())


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the document; `data_set` is the national one that it belongs to."""

    code: str
    text: Text
    fields: tuple[Field, ...]
    data_set: str | None = None


F = Field
_SBP: Final = F("sbp_mmhg", "收缩压", "Systolic pressure", None, "mmHg")
_DBP: Final = F("dbp_mmhg", "舒张压", "Diastolic pressure", None, "mmHg")
_FASTING: Final = F("fasting_glucose_mmol_l", "空腹血糖", "Fasting glucose", None, "mmol/L")
_WEIGHT: Final = F("weight_kg", "体重", "Weight", None, "kg")
_NOTE: Final = F("note", "备注", "Note")
_SOURCE: Final = F("source", "来源", "Source", Source)
_ICD10: Final = F("icd10", "疾病诊断编码", "ICD-10")


def _visits(disease: Disease) -> Section:
    return Section(
        f"followups_{disease.value.lower()}",
        Text(f"{disease.text.zh}随访记录", f"Follow-up visits: {disease.text.en}"),
        (
            F("mode", "随访方式", "Mode", VisitMode, None, "visit_mode"),
            _SBP,
            _DBP,
            F("heart_rate_bpm", "心率", "Heart rate", None, "/min", "heart_rate_per_min"),
            _WEIGHT,
            _FASTING,
            F("other_glucose_mmol_l", "其他血糖", "Other glucose", None, "mmol/L"),
            F("other_glucose_period", "其他血糖时段", "Period of the other glucose", GlucosePeriod),
            F("foot_pulse", "足背动脉搏动", "Foot pulse", FootPulse),
            F("adherence", "服药依从性", "Adherence", Adherence),
            F("classification", "随访评价结果", "Class", Classification),
            F("action", "处理", "Action", Action),
            F("next_visit_on", "下次随访日期", "Next visit"),
            F("doctor", "随访医生", "Doctor"),
        ),
        DATA_SETS[disease],
    )


SECTIONS: Final = (
    Section("person", Text("个人信息", "The person"), (
        F("name", "姓名", "Name"),
        F("sex", "性别", "Sex", Sex),
        F("birth_date", "出生日期", "Birth date"),
        F("birth_date_precision", "出生日期精度", "Precision of the birth date"),
        F("citizen_id", "身份证件号码", "Citizen ID"),
        F("phone", "本人电话", "Phone"),
        F("address", "住址", "Address"),
        F("health_record_number", "健康档案编号", "Health-record number"),
        F("clinic", "管理机构", "Clinic"),
        F("died_on", "死亡日期", "Died on"),
        F("death_cause", "死因", "Cause of death"),
    )),
    Section("documents", Text("其他证件", "Other documents"), (
        F("kind", "证件类型", "Kind", DocumentKind), F("number", "证件号码", "Number"),
    )),
    Section("identifiers", Text("其他系统编号", "Numbers of other systems"), (
        F("system", "编号系统", "System"), F("value", "编号", "Number"),
    )),
    Section("phones", Text("联系电话", "Phones"), (
        F("relation", "关系", "Relation", PhoneRelation), F("contact", "联系人", "Contact"),
        F("number", "电话", "Phone"),
    )),
    Section("information", Text("个人基本信息", "Basic information"), (
        F("residence", "常住类型", "Residence", form.Residence),
        F("nationality", "民族代码", "Nationality"),
        F("blood_group", "血型", "Blood group", form.BloodGroup),
        F("rhesus", "RH血型", "Rhesus", form.Rhesus),
        F("education", "文化程度", "Education", form.Education),
        F("marital_status", "婚姻状况", "Marital status", form.MaritalStatus),
        F("payments", "医疗费用支付方式", "Payments", form.Payment),
        F("drug_allergies", "药物过敏史", "Drug allergies", form.DrugAllergy),
        F("exposures", "暴露史", "Exposures", form.Exposure),
        F("disabilities", "残疾情况", "Disabilities", form.Disability),
        F("past_diseases", "既往疾病", "Former diseases", form.PastDisease),
        F("region_code", "行政区划代码", "Region code"),
        F("family_doctor", "家庭医生", "Family doctor"),
    )),
    Section("enrolments", Text("专案管理", "Enrolments"), (
        F("disease", "病种", "Disease", Disease), F("state", "状态", "State", EnrolmentState),
        F("confirmed_on", "确诊日期", "Confirmed on"), F("confirmed_at", "确诊机构", "Confirmed at"),
        F("doctor", "责任医生", "Doctor"), F("ended_on", "终止日期", "Ended on"),
        F("end_reason", "终止原因", "Why it ended", EndReason),
    )),
    Section("consents", Text("同意与告知", "Consents"), (
        F("purpose", "目的", "Purpose", Purpose), F("ground", "法律依据", "Ground", LegalGround),
        F("channel", "方式", "Channel", ConsentChannel), F("version", "版本", "Version"),
        F("withdrawn_on", "撤回日期", "Withdrawn on"),
    )),
    Section("diagnoses", Text("诊断", "Diagnoses"), (
        _ICD10, F("diagnosis", "诊断名称", "Diagnosis"), F("condition", "特殊状态", "Condition", Condition),
        F("ended_on", "结束日期", "Ended on"), _SOURCE, _NOTE,
    )),
    Section("medications", Text("用药", "Medicines"), (
        F("medicine", "药品名称", "Medicine"), F("medicine_code", "目录编码", "Catalogue code"),
        F("dose", "单次剂量", "Dose"), F("dose_unit", "剂量单位", "Dose unit"),
        F("frequency", "频次", "Frequency", Frequency), F("adherence", "服药依从性", "Adherence", Adherence),
        F("stopped_on", "停药日期", "Stopped on"), _SOURCE, _NOTE,
    )),
    Section("allergies", Text("过敏史", "Allergies"), (
        F("substance", "过敏原", "Substance"), F("category", "类别", "Category", AllergyCategory),
        F("reaction", "反应", "Reaction"), F("severity", "严重程度", "Severity", Severity), _SOURCE, _NOTE,
    )),
    Section("labs", Text("检验结果", "Laboratory results"), (
        F("analyte", "检验项目", "Analyte"), F("analyte_name", "项目名称", "Name"), F("value", "结果", "Value"),
        F("unit", "单位", "Unit"), F("beyond", "超出检测范围", "Beyond", Beyond),
        F("range_low", "参考下限", "Range low"), F("range_high", "参考上限", "Range high"),
        F("flag", "判定", "Flag", LabFlag), F("written", "原始结果", "As written"),
        F("written_unit", "原始单位", "Unit as written"), F("formula", "公式", "Formula", EgfrFormula), _SOURCE, _NOTE,
    )),
    Section("examinations", Text("专项检查", "Examinations"), (
        F("kind", "检查类别", "Examination", ExaminationKind),
        F("retinopathy", "视网膜病变分级", "Retinopathy", Retinopathy), F("risk", "足部风险", "Foot risk", FootRisk),
        F("wagner", "Wagner分级", "Wagner", Wagner), F("abi", "踝臂指数", "ABI"),
        F("abnormal", "异常", "Abnormal"), F("abnormal_signs", "神经体征异常数", "Abnormal nerve signs"),
        F("macular_oedema", "黄斑水肿", "Macular oedema"), F("weak_pulse", "足背动脉搏动减弱", "Weak pulse"),
        F("haemorrhage_exudate_or_papilloedema", "出血渗出或视盘水肿", "Haemorrhage, exudate or papilloedema"),
        F("bilateral_artery_stenosis", "双侧肾动脉狭窄", "Bilateral artery stenosis"),
        F("heart_rate_per_min", "心率", "Heart rate", None, "/min"),
        F("atrial_fibrillation", "房颤", "Atrial fibrillation"),
        F("sokolow_mv", "Sokolow-Lyon电压", "Sokolow-Lyon", None, "mV"),
        F("cornell_mv_ms", "Cornell乘积", "Cornell product", None, "mV·ms"),
        F("lvmi_g_m2", "左室质量指数", "LVMI", None, "g/m²"), F("imt_mm", "内中膜厚度", "IMT", None, "mm"),
        F("carotid_plaque", "颈动脉斑块", "Carotid plaque"), F("pwv_m_s", "脉搏波速度", "PWV", None, "m/s"),
        F("whole_sbp_mmhg", "24小时平均收缩压", "24 h systolic", None, "mmHg"),
        F("whole_dbp_mmhg", "24小时平均舒张压", "24 h diastolic", None, "mmHg"),
        F("day_sbp_mmhg", "白天平均收缩压", "Daytime systolic", None, "mmHg"),
        F("day_dbp_mmhg", "白天平均舒张压", "Daytime diastolic", None, "mmHg"),
        F("night_sbp_mmhg", "夜间平均收缩压", "Night systolic", None, "mmHg"),
        F("night_dbp_mmhg", "夜间平均舒张压", "Night diastolic", None, "mmHg"),
        _SOURCE, _NOTE,
    )),
    Section("lifestyle", Text("生活方式", "Lifestyle"), (
        F("smoking", "吸烟状况", "Smoking", Smoking), F("cigarettes_per_day", "日吸烟量", "Cigarettes a day"),
        F("passive_smoking", "被动吸烟", "Passive smoking"), F("drinking", "饮酒频率", "Drinking", Drinking),
        F("diet", "饮食习惯", "Diet", Diet), F("exercise_days_per_week", "每周锻炼天数", "Exercise days a week"),
        F("exercise_minutes", "每次锻炼分钟", "Exercise minutes"), _SOURCE, _NOTE,
    )),
    Section("family_history", Text("家族史", "Family history"), (
        F("relation", "亲属关系", "Relation", Relation), F("disease", "疾病", "Disease", form.FamilyDisease),
        F("onset_age_years", "发病年龄", "Onset age"), _SOURCE, _NOTE,
    )),
    Section("hospital_stays", Text("住院史", "Hospital stays"), (
        F("institution", "医疗机构", "Institution"), F("department", "科室", "Department"), _ICD10,
        F("discharged_on", "出院日期", "Discharged on"), _SOURCE, _NOTE,
    )),
    Section("annual_exams", Text("年度体检", "Annual examinations"), (
        F("temperature_c", "体温", "Temperature", None, "°C"), F("pulse_bpm", "脉率", "Pulse", None, "/min"),
        F("respiration_per_min", "呼吸频率", "Respiration", None, "/min"), _SBP, _DBP,
        F("height_cm", "身高", "Height", None, "cm"), _WEIGHT, F("waist_cm", "腰围", "Waist", None, "cm"),
        _FASTING, F("exam_foot_pulse", "足背动脉搏动", "Foot pulse", ExamFootPulse),
    )),
    *(_visits(disease) for disease in Disease),
    Section("pressures", Text("血压测量", "Blood pressures measured"), (
        _SBP, _DBP, F("pulse_bpm", "脉搏", "Pulse", None, "/min"), F("setting", "测量场所", "Setting", Setting),
        F("taken_at", "测量时间", "Taken at"),
    )),
    Section("glucose", Text("血糖测量（不含动态血糖）", "Glucose measured, sensors left out"), (
        F("glucose_mmol_l", "血糖", "Glucose", None, "mmol/L"),
        F("bound", "超出量程", "Beyond the meter"), F("period", "时段", "Period", GlucosePeriod),
        F("taken_at", "测量时间", "Taken at"),
    )),
)  # fmt: skip
"""In the order of the document; a test compares each section with the fields of its table."""
