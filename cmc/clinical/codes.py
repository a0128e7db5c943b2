"""Closed code sets of the programme, each member with its Chinese and English words.

The value of a member is what is stored and what travels: numbers where the national forms print numbers
(NBPHS-2017 follow-up records), words elsewhere. `member.text` is the `Text` a person reads.
"""

from __future__ import annotations

from cmc.core.named import NamedInt, NamedStr


class Disease(NamedStr):
    """The managed diseases; later programmes add a member."""

    HTN = "HTN", "高血压", "Hypertension"
    T2DM = "T2DM", "2型糖尿病", "Type 2 diabetes"


class Sex(NamedStr):
    """Sex as the identity number or the record gives it."""

    M = "M", "男", "Male"
    F = "F", "女", "Female"
    U = "U", "未知", "Unknown"


class VisitMode(NamedInt):
    """随访方式 (HTN-FU-03)."""

    OUTPATIENT = 1, "门诊", "Outpatient"
    HOME = 2, "家庭", "Home"
    PHONE = 3, "电话", "Phone"


FACE_TO_FACE: frozenset[VisitMode] = frozenset({VisitMode.OUTPATIENT, VisitMode.HOME})


class Classification(NamedInt):
    """此次随访分类. A greater number is more severe (FU-SEV-01)."""

    SATISFACTORY = 1, "控制满意", "Controlled"
    UNSATISFACTORY = 2, "控制不满意", "Not controlled"
    ADVERSE_REACTION = 3, "不良反应", "Adverse drug reaction"
    COMPLICATION = 4, "并发症", "Complication"


class Action(NamedStr):
    """What the decision table asks for after a visit (HTN-FU-06, DM-FU-06)."""

    ROUTINE = "ROUTINE", "继续随访", "Continue routine follow-up"
    ADJUST = "ADJUST", "调整治疗", "Adjust the treatment"
    REFER = "REFER", "建议转诊", "Advise referral"
    EMERGENCY_REFER = "EMERGENCY_REFER", "紧急转诊", "Treat, then refer urgently"
    NEED_DATA = "NEED_DATA", "补测数据", "Repeat the missing measurement"


class ReferralReason(NamedStr):
    """Why a referral is advised."""

    CONSECUTIVE_UNSATISFACTORY = (
        "CONSECUTIVE_UNSATISFACTORY",
        "连续两次控制不满意",
        "Not controlled at two consecutive visits",
    )
    ADVERSE_REACTION_PERSISTS = (
        "ADVERSE_REACTION_PERSISTS",
        "药物不良反应难以控制",
        "Adverse drug reaction hard to control",
    )
    NEW_COMPLICATION = "NEW_COMPLICATION", "出现新的并发症", "New complication"
    WORSE_COMPLICATION = "WORSE_COMPLICATION", "原有并发症加重", "Known complication worse"
    EMERGENCY = "EMERGENCY", "存在危急情况", "Emergency criterion met"


class HypertensionSymptom(NamedInt):
    """症状 of the hypertension form; 1 excludes all others, further ones are free text."""

    NONE = 1, "无症状", "No symptoms"
    HEADACHE_DIZZINESS = 2, "头痛头晕", "Headache or dizziness"
    NAUSEA_VOMITING = 3, "恶心呕吐", "Nausea or vomiting"
    BLURRED_VISION_TINNITUS = 4, "眼花耳鸣", "Blurred vision or tinnitus"
    DYSPNOEA = 5, "呼吸困难", "Dyspnoea"
    PALPITATION_CHEST_TIGHTNESS = 6, "心悸胸闷", "Palpitations or chest tightness"
    NOSEBLEED = 7, "鼻衄出血不止", "Nosebleed that does not stop"
    NUMB_LIMBS = 8, "四肢发麻", "Numb limbs"
    LEG_OEDEMA = 9, "下肢水肿", "Leg oedema"


class DiabetesSymptom(NamedInt):
    """症状 of the type 2 diabetes form; 1 excludes all others, further ones are free text."""

    NONE = 1, "无症状", "No symptoms"
    POLYDIPSIA = 2, "多饮", "Excessive thirst"
    POLYPHAGIA = 3, "多食", "Excessive hunger"
    POLYURIA = 4, "多尿", "Excessive urination"
    BLURRED_VISION = 5, "视力模糊", "Blurred vision"
    INFECTION = 6, "感染", "Infection"
    NUMB_HANDS_FEET = 7, "手脚麻木", "Numb hands or feet"
    LEG_OEDEMA = 8, "下肢浮肿", "Leg oedema"
    WEIGHT_LOSS = 9, "体重明显下降", "Marked weight loss"


class DangerSymptom(NamedStr):
    """Acute signs that make a visit an emergency (HTN-EM-02, DM-EM-03).

    They are asked for as such. A form symptom ("多饮", "头痛头晕") is a complaint since the last visit and is
    not by itself one of these.
    """

    ALTERED_CONSCIOUSNESS = "ALTERED_CONSCIOUSNESS", "意识或行为改变", "Changed consciousness or behaviour"
    SEVERE_HEADACHE_DIZZINESS = "SEVERE_HEADACHE_DIZZINESS", "剧烈头痛或头晕", "Severe headache or dizziness"
    NAUSEA = "NAUSEA", "恶心", "Nausea"
    VOMITING = "VOMITING", "呕吐", "Vomiting"
    BLURRED_VISION = "BLURRED_VISION", "视物模糊", "Blurred vision"
    EYE_PAIN = "EYE_PAIN", "眼痛", "Eye pain"
    PALPITATIONS = "PALPITATIONS", "心悸", "Palpitations"
    CHEST_TIGHTNESS = "CHEST_TIGHTNESS", "胸闷", "Chest tightness"
    DYSPNOEA = "DYSPNOEA", "喘憋不能平卧", "Dyspnoea, cannot lie flat"
    ACETONE_BREATH = "ACETONE_BREATH", "呼气有烂苹果样丙酮味", "Acetone breath"
    SWEATING = "SWEATING", "出汗", "Sweating"
    LOSS_OF_APPETITE = "LOSS_OF_APPETITE", "食欲减退", "Loss of appetite"
    POLYDIPSIA = "POLYDIPSIA", "多饮", "Excessive thirst"
    POLYURIA = "POLYURIA", "多尿", "Excessive urination"
    ABDOMINAL_PAIN = "ABDOMINAL_PAIN", "腹痛", "Abdominal pain"
    DEEP_BREATHING = "DEEP_BREATHING", "深大呼吸", "Deep breathing"
    FLUSHED_SKIN = "FLUSHED_SKIN", "皮肤潮红", "Flushed skin"


class Adherence(NamedInt):
    """服药依从性; 4 is a vendors' addition to the form."""

    REGULAR = 1, "规律", "Regular"
    IRREGULAR = 2, "间断", "Irregular"
    NOT_TAKING = 3, "不服药", "Not taking"
    REFUSING = 4, "拒绝服药", "Refusing"


class FootPulse(NamedInt):
    """足背动脉搏动 of the 2017 follow-up form. Not the codes of the examination form, nor of the 2011 edition."""

    NORMAL = 1, "触及正常", "Normal"
    WEAK = 2, "减弱", "Weak"
    ABSENT = 3, "消失", "Absent"


class ExamFootPulse(NamedInt):
    """足背动脉搏动 of the examination form (健康体检表): not `FootPulse`, whose 1 means the opposite."""

    ABSENT = 1, "未触及", "Not felt"
    SYMMETRIC = 2, "触及双侧对称", "Felt, both sides alike"
    LEFT_WEAK_OR_ABSENT = 3, "触及左侧弱或消失", "Felt, weak or absent on the left"
    RIGHT_WEAK_OR_ABSENT = 4, "触及右侧弱或消失", "Felt, weak or absent on the right"


class FootSide(NamedStr):
    """The side of a weak or absent foot pulse."""

    BOTH = "BOTH", "双侧", "Both sides"
    LEFT = "LEFT", "左侧", "Left"
    RIGHT = "RIGHT", "右侧", "Right"


class Hypoglycaemia(NamedInt):
    """低血糖反应 since the last visit (DM-FU-09)."""

    NONE = 1, "无", "None"
    OCCASIONAL = 2, "偶尔", "Occasional"
    FREQUENT = 3, "频繁", "Frequent"


class GlucosePeriod(NamedStr):
    """When a glucose value was taken; two hours count from the first bite."""

    FASTING = "FASTING", "空腹", "Fasting"
    AFTER_BREAKFAST_2H = "AFTER_BREAKFAST_2H", "早餐后2小时", "2 h after breakfast"
    BEFORE_LUNCH = "BEFORE_LUNCH", "午餐前", "Before lunch"
    AFTER_LUNCH_2H = "AFTER_LUNCH_2H", "午餐后2小时", "2 h after lunch"
    BEFORE_DINNER = "BEFORE_DINNER", "晚餐前", "Before dinner"
    AFTER_DINNER_2H = "AFTER_DINNER_2H", "晚餐后2小时", "2 h after dinner"
    BEDTIME = "BEDTIME", "睡前", "Bedtime"
    NIGHT_3AM = "NIGHT_3AM", "凌晨", "Night"
    RANDOM = "RANDOM", "随机", "Random"
    OGTT_0H = "OGTT_0H", "糖耐量0小时", "OGTT 0 h"
    OGTT_1H = "OGTT_1H", "糖耐量1小时", "OGTT 1 h"
    OGTT_2H = "OGTT_2H", "糖耐量2小时", "OGTT 2 h"


class GlucoseFlag(NamedStr):
    """The meter was out of its range: the value beside the flag is a bound, not a measurement (GLU-03)."""

    HI = "HI", "高于测量上限", "Above the meter's range"
    LO = "LO", "低于测量下限", "Below the meter's range"


class ReadingKind(NamedStr):
    """What was measured."""

    GLUCOSE = "glucose", "血糖", "Glucose"
    BLOOD_PRESSURE = "blood_pressure", "血压", "Blood pressure"


class Setting(NamedStr):
    """Where it was measured."""

    OFFICE = "office", "诊室", "Office"
    HOME = "home", "家庭", "Home"


class Specimen(NamedStr):
    """What glucose was measured in (GLU-05); only venous plasma diagnoses (DM-DX-03)."""

    CAPILLARY = "capillary", "末梢血", "Capillary blood"
    VENOUS_PLASMA = "venous_plasma", "静脉血浆", "Venous plasma"
    INTERSTITIAL = "interstitial", "组织间液", "Interstitial fluid"


class Concern(NamedStr):
    """What is doubtful about a measured value (GLU-04, BP-01)."""

    OUT_OF_RANGE = "out_of_range", "超出可信范围", "Outside the plausible range"
    UNIT_MISMATCH = "unit_mismatch", "单位可能有误", "Probably the other unit"
    NOT_ABOVE_DIASTOLIC = "not_above_diastolic", "收缩压不高于舒张压", "Systolic not above diastolic"
    NARROW_PULSE_PRESSURE = "narrow_pulse_pressure", "脉压过小", "Pulse pressure too small"
    UNUSUAL = "unusual", "数值少见", "Unusual value"

    @property
    def blocking(self) -> bool:
        """True unless the value may be kept as it is, with a warning."""
        return self is not Concern.UNUSUAL


class EnrolmentState(NamedStr):
    """States of one person's enrolment for one disease."""

    SUSPECTED = "SUSPECTED", "疑似", "Suspected"
    CONFIRMED = "CONFIRMED", "确诊", "Confirmed"
    ACTIVE = "ACTIVE", "在管", "Under management"
    LOST = "LOST", "失访", "Lost to follow-up"
    TERMINATED = "TERMINATED", "终止管理", "Ended"


class EndReason(NamedStr):
    """Why an enrolment is not active (LIFE-01…05)."""

    DIED = "DIED", "死亡", "Died"
    MOVED_OUT = "MOVED_OUT", "迁出", "Moved out"
    REFUSED = "REFUSED", "拒绝", "Refused"
    LOST = "LOST", "失访", "Lost to follow-up"
    DIAGNOSIS_WITHDRAWN = "DIAGNOSIS_WITHDRAWN", "撤销诊断", "Diagnosis withdrawn"
    TRANSFERRED = "TRANSFERRED", "转出机构", "Transferred"


class AlertTier(NamedStr):
    """How soon an alert must be answered: at once, within 24 hours, within 7 days."""

    RED = "RED", "红色", "Red"
    ORANGE = "ORANGE", "橙色", "Orange"
    YELLOW = "YELLOW", "黄色", "Yellow"
