"""Code sets of the health examination form 健康体检表 (NBPHS-2017). Values are the numbers that it prints.

The foot pulse is `ExamFootPulse`; the physical examination has its codes in `examination_signs`. Where several may
hold, 1 stands alone when it says "none".
"""

from __future__ import annotations

from cmc.core.named import NamedInt, NamedStr


class ExamSymptom(NamedInt):
    """症状; several may hold, 1 excludes the rest, 25 comes with a text."""

    NONE = 1, "无症状", "No symptoms"
    HEADACHE = 2, "头痛", "Headache"
    DIZZINESS = 3, "头晕", "Dizziness"
    PALPITATIONS = 4, "心悸", "Palpitations"
    CHEST_TIGHTNESS = 5, "胸闷", "Tightness of the chest"
    CHEST_PAIN = 6, "胸痛", "Chest pain"
    CHRONIC_COUGH = 7, "慢性咳嗽", "Chronic cough"
    SPUTUM = 8, "咳痰", "Sputum"
    DYSPNOEA = 9, "呼吸困难", "Shortness of breath"
    THIRST = 10, "多饮", "Drinking much"
    POLYURIA = 11, "多尿", "Passing much urine"
    WEIGHT_LOSS = 12, "体重下降", "Losing weight"
    FATIGUE = 13, "乏力", "Fatigue"
    JOINTS = 14, "关节肿痛", "Swollen or painful joints"
    BLURRED_VISION = 15, "视力模糊", "Blurred vision"
    NUMBNESS = 16, "手脚麻木", "Numb hands or feet"
    URGENCY = 17, "尿急", "Urgency"
    PAINFUL_URINATION = 18, "尿痛", "Painful urination"
    CONSTIPATION = 19, "便秘", "Constipation"
    DIARRHOEA = 20, "腹泻", "Diarrhoea"
    NAUSEA = 21, "恶心呕吐", "Nausea or vomiting"
    DIM_SIGHT = 22, "眼花", "Dim sight"
    TINNITUS = 23, "耳鸣", "Ringing in the ears"
    BREAST_PAIN = 24, "乳房胀痛", "Painful breasts"
    OTHER = 25, "其他症状", "Other symptom"


class SelfRating(NamedInt):
    """老年人健康状态自我评估, from 65 years on."""

    CONTENT = 1, "健康满意", "Content with health"
    RATHER_CONTENT = 2, "健康基本满意", "Rather content with health"
    UNCLEAR = 3, "健康说不清楚", "Cannot say of health"
    RATHER_DISCONTENT = 4, "健康不太满意", "Rather discontent with health"
    DISCONTENT = 5, "健康不满意", "Discontent with health"


class SelfCare(NamedInt):
    """老年人生活自理能力自我评估, from 65 years on."""

    ABLE = 1, "可自理", "Able to care for oneself"
    SLIGHTLY_DEPENDENT = 2, "轻度依赖", "Slightly dependent"
    MODERATELY_DEPENDENT = 3, "中度依赖", "Moderately dependent"
    UNABLE = 4, "不能自理", "Unable to care for oneself"


class RoughScreening(NamedInt):
    """老年人认知功能、情感状态粗筛, from 65 years on; a positive one comes with the score of the full test."""

    NEGATIVE = 1, "粗筛阴性", "Rough screening negative"
    POSITIVE = 2, "粗筛阳性", "Rough screening positive"


class ExerciseFrequency(NamedInt):
    """体育锻炼频率."""

    DAILY = 1, "每天锻炼", "Exercises daily"
    WEEKLY = 2, "每周锻炼一次以上", "Exercises more than once a week"
    OCCASIONALLY = 3, "偶尔锻炼", "Exercises occasionally"
    NEVER = 4, "不锻炼", "Does not exercise"


class Diet(NamedInt):
    """饮食习惯; several may hold."""

    BALANCED = 1, "荤素均衡", "Balanced diet"
    MEAT = 2, "荤食为主", "Mostly meat"
    VEGETARIAN = 3, "素食为主", "Mostly vegetarian"
    SALTY = 4, "嗜盐", "Salty"
    OILY = 5, "嗜油", "Oily"
    SWEET = 6, "嗜糖", "Sweet"


class Smoking(NamedInt):
    """吸烟状况."""

    NEVER = 1, "从不吸烟", "Never smoked"
    QUIT = 2, "已戒烟", "Stopped smoking"
    SMOKES = 3, "吸烟", "Smokes"


class Drinking(NamedInt):
    """饮酒频率."""

    NEVER = 1, "从不饮酒", "Never drinks"
    OCCASIONALLY = 2, "偶尔饮酒", "Drinks occasionally"
    OFTEN = 3, "经常饮酒", "Drinks often"
    DAILY = 4, "每天饮酒", "Drinks daily"


class Abstinence(NamedInt):
    """是否戒酒."""

    NO = 1, "未戒酒", "Still drinks"
    YES = 2, "已戒酒", "Stopped drinking"


class Drunkenness(NamedInt):
    """近一年内是否曾醉酒; the form prints yes first."""

    YES = 1, "近一年曾醉酒", "Was drunk within a year"
    NO = 2, "近一年未醉酒", "Was not drunk within a year"


class Drink(NamedInt):
    """饮酒种类; several may hold, 5 comes with a text."""

    SPIRIT = 1, "白酒", "Spirit"
    BEER = 2, "啤酒", "Beer"
    WINE = 3, "红酒", "Red wine"
    RICE_WINE = 4, "黄酒", "Rice wine"
    OTHER = 5, "其他酒类", "Other drink"


class Presence(NamedInt):
    """无 or 有; what there is comes with a text."""

    ABSENT = 1, "无", "Absent"
    PRESENT = 2, "有", "Present"


class Normality(NamedInt):
    """正常 or 异常; what is abnormal comes with a text."""

    NORMAL = 1, "正常", "Normal finding"
    ABNORMAL = 2, "异常", "Abnormal finding"


class Positivity(NamedInt):
    """阴性 or 阳性: surface antigen of hepatitis B, blood in the stool."""

    NEGATIVE = 1, "阴性", "Negative"
    POSITIVE = 2, "阳性", "Positive"


class Hazard(NamedStr):
    """毒物种类 of the exposure at work; the form names them and prints no number."""

    DUST = "dust", "粉尘", "Dust"
    RADIATION = "radiation", "放射物质", "Radioactive matter"
    PHYSICAL = "physical", "物理因素", "Physical agent"
    CHEMICAL = "chemical", "化学物质", "Chemical"
    OTHER = "other", "其他有害因素", "Other hazard"


class Dipstick(NamedStr):
    """尿常规 by test strip, as it is written; from one plus on it is positive, a trace is not [D]."""

    NEGATIVE = "-", "尿试纸阴性", "Negative test strip"
    TRACE = "±", "尿试纸可疑", "Trace on the test strip"
    ONE = "+", "尿试纸1+", "Test strip 1+"
    TWO = "++", "尿试纸2+", "Test strip 2+"
    THREE = "+++", "尿试纸3+", "Test strip 3+"
    FOUR = "++++", "尿试纸4+", "Test strip 4+"

    @property
    def positive(self) -> bool:
        """Whether it is one plus or more."""
        return self not in {Dipstick.NEGATIVE, Dipstick.TRACE}


class CerebrovascularProblem(NamedInt):
    """现存主要健康问题：脑血管疾病; 1 excludes the rest."""

    NONE = 1, "未发现脑血管疾病", "No cerebrovascular disease found"
    ISCHAEMIC_STROKE = 2, "缺血性卒中", "Ischaemic stroke"
    HAEMORRHAGE = 3, "脑出血", "Cerebral haemorrhage"
    SUBARACHNOID = 4, "蛛网膜下腔出血", "Subarachnoid haemorrhage"
    TIA = 5, "短暂性脑缺血发作", "Transient ischaemic attack"
    OTHER = 6, "其他脑血管疾病", "Other cerebrovascular disease"


class RenalProblem(NamedInt):
    """现存主要健康问题：肾脏疾病; 1 excludes the rest."""

    NONE = 1, "未发现肾脏疾病", "No kidney disease found"
    DIABETIC = 2, "糖尿病肾病", "Diabetic nephropathy"
    FAILURE = 3, "肾功能衰竭", "Kidney failure"
    ACUTE_NEPHRITIS = 4, "急性肾炎", "Acute nephritis"
    CHRONIC_NEPHRITIS = 5, "慢性肾炎", "Chronic nephritis"
    OTHER = 6, "其他肾脏疾病", "Other kidney disease"


class CardiacProblem(NamedInt):
    """现存主要健康问题：心脏疾病; 1 excludes the rest."""

    NONE = 1, "未发现心脏疾病", "No heart disease found"
    INFARCTION = 2, "心肌梗死", "Myocardial infarction"
    ANGINA = 3, "心绞痛", "Angina"
    REVASCULARISATION = 4, "冠状动脉血运重建", "Coronary revascularisation"
    FAILURE = 5, "充血性心力衰竭", "Congestive heart failure"
    PRECORDIAL_PAIN = 6, "心前区疼痛", "Precordial pain"
    OTHER = 7, "其他心脏疾病", "Other heart disease"


class VascularProblem(NamedInt):
    """现存主要健康问题：血管疾病; 1 excludes the rest."""

    NONE = 1, "未发现血管疾病", "No vascular disease found"
    DISSECTION = 2, "夹层动脉瘤", "Dissecting aneurysm"
    OCCLUSION = 3, "动脉闭塞性疾病", "Occlusive arterial disease"
    OTHER = 4, "其他血管疾病", "Other vascular disease"


class EyeProblem(NamedInt):
    """现存主要健康问题：眼部疾病; 1 excludes the rest."""

    NONE = 1, "未发现眼部疾病", "No eye disease found"
    RETINAL_BLEEDING = 2, "视网膜出血或渗出", "Retinal haemorrhage or exudate"
    PAPILLOEDEMA = 3, "视乳头水肿", "Papilloedema"
    CATARACT = 4, "白内障", "Cataract"
    OTHER = 5, "其他眼部疾病", "Other eye disease"


class OtherSystemProblem(NamedInt):
    """现存主要健康问题：神经系统疾病、其他系统疾病."""

    NONE = 1, "未发现该系统疾病", "No disease of the system found"
    PRESENT = 2, "有该系统疾病", "A disease of the system"


class Evaluation(NamedInt):
    """健康评价."""

    NORMAL = 1, "体检无异常", "Nothing abnormal"
    ABNORMAL = 2, "体检有异常", "Something abnormal"


class Guidance(NamedInt):
    """健康指导; several may hold."""

    MANAGE = 1, "纳入慢性病患者健康管理", "Take into chronic-disease management"
    RECHECK = 2, "建议复查", "Advise another check"
    REFER = 3, "体检建议转诊", "Advise referral after the examination"


class RiskControl(NamedInt):
    """危险因素控制; several may hold."""

    STOP_SMOKING = 1, "戒烟", "Stop smoking"
    HEALTHY_DRINKING = 2, "健康饮酒", "Healthy drinking"
    DIET = 3, "控制饮食", "Diet"
    EXERCISE = 4, "锻炼", "Exercise"
    LOSE_WEIGHT = 5, "减体重", "Lose weight"
    VACCINATION = 6, "建议接种疫苗", "Vaccination"
    OTHER = 7, "其他危险因素控制", "Other risk control"
