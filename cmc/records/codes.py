"""Closed sets of the facts of the health record."""

from cmc.core.named import NamedStr


class Source(NamedStr):
    """Where a fact comes from."""

    TYPED = "typed", "人工录入", "Typed"
    DEVICE = "device", "设备上传", "From a device"
    LABORATORY = "laboratory", "检验系统", "From a laboratory"
    IMPORTED = "imported", "外部导入", "Imported"


class FactKind(NamedStr):
    """Kinds of facts, one table each."""

    DIAGNOSIS = "diagnosis", "诊断", "Diagnosis"
    MEDICATION = "medication", "用药", "Medicine taken"
    ALLERGY = "allergy", "过敏", "Allergy"
    LABORATORY_RESULT = "laboratory_result", "检验结果", "Laboratory result"
    EXAMINATION = "examination", "检查", "Examination"
    LIFESTYLE = "lifestyle", "生活方式", "Lifestyle"
    FAMILY_HISTORY = "family_history", "家族史", "Family history"
    HOSPITAL_STAY = "hospital_stay", "住院", "Hospital stay"
    ANNUAL_EXAM = "annual_exam", "年度健康体检记录", "Record of an annual examination"


class Frequency(NamedStr):
    """How often a medicine is taken."""

    ONCE_A_DAY = "QD", "每日一次", "Once a day"
    TWICE_A_DAY = "BID", "每日两次", "Twice a day"
    THRICE_A_DAY = "TID", "每日三次", "Three times a day"
    FOUR_TIMES_A_DAY = "QID", "每日四次", "Four times a day"
    AT_NIGHT = "QN", "每晚一次", "Every night"
    EVERY_OTHER_DAY = "QOD", "隔日一次", "Every other day"
    ONCE_A_WEEK = "QW", "每周一次", "Once a week"
    AS_NEEDED = "PRN", "必要时", "As needed"


class AllergyCategory(NamedStr):
    """To what kind of thing a person is allergic."""

    MEDICINE = "medicine", "药物过敏原", "A medicine"
    FOOD = "food", "食物过敏原", "A food"
    OTHER = "other", "其他过敏原", "Something else"


class Severity(NamedStr):
    """How grave an allergic reaction was."""

    MILD = "mild", "轻度反应", "Mild reaction"
    MODERATE = "moderate", "中度反应", "Moderate reaction"
    SEVERE = "severe", "重度反应", "Severe reaction"


class ExaminationKind(NamedStr):
    """Examinations with findings of their own."""

    EYE = "eye", "眼底", "Eye"
    FOOT = "foot", "足部", "Foot"
    NERVE = "nerve", "周围神经", "Nerve"
    KIDNEY_IMAGING = "kidney_imaging", "肾脏影像", "Kidney imaging"
    ECG = "ecg", "心电图检查", "Electrocardiogram"
    HEART_AND_VESSELS = "heart_and_vessels", "心脏与血管", "Heart and vessels"
    AMBULATORY_PRESSURE = "ambulatory_pressure", "动态血压监测", "Ambulatory blood pressure"


class Relation(NamedStr):
    """Relatives of whom the form asks."""

    FATHER = "father", "父亲", "Father"
    MOTHER = "mother", "母亲", "Mother"
    SIBLING = "sibling", "兄弟姐妹", "Brother or sister"
    CHILD = "child", "子女", "Child"
