"""Code sets of the personal basic information form 个人基本信息表 (NBPHS-2017), numbered as it prints them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from cmc.clinical.codes import Sex
from cmc.core.named import NamedInt


class FormSex(NamedInt):
    """性别 as the form prints it; the record keeps `Sex`."""

    UNKNOWN = 0, "未知的性别", "Unknown sex"
    MALE = 1, "男性", "Male sex"
    FEMALE = 2, "女性", "Female sex"
    UNSTATED = 9, "未说明的性别", "Sex not stated"

    @property
    def sex(self) -> Sex:
        """The record's sex; what is unknown or not stated is `Sex.U`."""
        return {FormSex.MALE: Sex.M, FormSex.FEMALE: Sex.F}.get(self, Sex.U)


class Residence(NamedInt):
    """常住类型; both are the service base (GEN-07)."""

    REGISTERED = 1, "户籍", "Registered here"
    NOT_REGISTERED = 2, "非户籍", "Registered elsewhere"


class BloodGroup(NamedInt):
    """血型 ABO."""

    A = 1, "A型", "Group A"
    B = 2, "B型", "Group B"
    O = 3, "O型", "Group O"  # noqa: E741
    AB = 4, "AB型", "Group AB"
    UNKNOWN = 5, "血型不详", "Group not known"


class Rhesus(NamedInt):
    """血型 RH."""

    NEGATIVE = 1, "RH阴性", "Rh negative"
    POSITIVE = 2, "RH阳性", "Rh positive"
    UNKNOWN = 3, "RH不详", "Rh not known"


class Education(NamedInt):
    """文化程度."""

    POSTGRADUATE = 1, "研究生", "Postgraduate"
    BACHELOR = 2, "大学本科", "Bachelor"
    COLLEGE = 3, "大学专科", "College"
    SECONDARY_TECHNICAL = 4, "中等专业学校", "Secondary technical school"
    TECHNICAL = 5, "技工学校", "Technical school"
    SENIOR_HIGH = 6, "高中", "Senior high school"
    JUNIOR_HIGH = 7, "初中", "Junior high school"
    PRIMARY = 8, "小学", "Primary school"
    ILLITERATE = 9, "文盲或半文盲", "Illiterate or semi-literate"
    UNKNOWN = 10, "文化程度不详", "Education not known"


class MaritalStatus(NamedInt):
    """婚姻状况."""

    SINGLE = 1, "未婚", "Single"
    MARRIED = 2, "已婚", "Married"
    WIDOWED = 3, "丧偶", "Widowed"
    DIVORCED = 4, "离婚", "Divorced"
    UNSTATED = 5, "未说明的婚姻状况", "Marital status not stated"


class Payment(NamedInt):
    """医疗费用支付方式; several may hold."""

    EMPLOYEES = 1, "城镇职工基本医疗保险", "Employees' basic insurance"
    RESIDENTS = 2, "城乡居民基本医疗保险", "Residents' basic insurance"
    NEW_RURAL = 3, "新型农村合作医疗", "New rural cooperative scheme"
    POVERTY_AID = 4, "贫困救助", "Aid in poverty"
    COMMERCIAL = 5, "商业医疗保险", "Commercial insurance"
    FULL_PUBLIC = 6, "全公费", "Fully public"
    SELF_PAID = 7, "全自费", "Fully self-paid"
    OTHER = 8, "其他支付方式", "Other payment"


class DrugAllergy(NamedInt):
    """药物过敏史; 1 excludes the rest, 5 comes with a text."""

    NONE = 1, "无药物过敏", "No drug allergy"
    PENICILLIN = 2, "青霉素过敏", "Penicillin allergy"
    SULFONAMIDE = 3, "磺胺过敏", "Sulfonamide allergy"
    STREPTOMYCIN = 4, "链霉素过敏", "Streptomycin allergy"
    OTHER = 5, "其他药物过敏", "Other drug allergy"

    @property
    def allergen(self) -> str | None:
        """The name under which the medicine checks know it (DRUG-13); None for none and for a free text."""
        return _ALLERGENS.get(self)


_ALLERGENS: Final = {
    DrugAllergy.PENICILLIN: "青霉素类",
    DrugAllergy.SULFONAMIDE: "磺胺类",
    DrugAllergy.STREPTOMYCIN: "链霉素",
}


class Exposure(NamedInt):
    """暴露史; 1 excludes the rest."""

    NONE = 1, "无暴露史", "No exposure"
    CHEMICALS = 2, "化学品", "Chemicals"
    POISONS = 3, "毒物", "Poisons"
    RADIATION = 4, "射线", "Radiation"


class PastDisease(NamedInt):
    """既往史疾病, each with its month of diagnosis; 1 excludes the rest."""

    NONE = 1, "无既往疾病", "No former disease"
    HYPERTENSION = 2, "既往高血压", "Hypertension, in the history"
    DIABETES = 3, "既往糖尿病", "Diabetes, in the history"
    CORONARY = 4, "冠心病", "Coronary heart disease"
    COPD = 5, "慢性阻塞性肺疾病", "COPD"
    CANCER = 6, "恶性肿瘤", "Malignant tumour"
    STROKE = 7, "脑卒中", "Stroke"
    SEVERE_MENTAL = 8, "严重精神障碍", "Severe mental disorder"
    TUBERCULOSIS = 9, "结核病", "Tuberculosis"
    HEPATITIS = 10, "肝炎", "Hepatitis"
    OTHER_NOTIFIABLE = 11, "其他法定传染病", "Other notifiable disease"
    OCCUPATIONAL = 12, "职业病", "Occupational disease"
    OTHER = 13, "其他既往疾病", "Other former disease"


class FamilyDisease(NamedInt):
    """家族史疾病 of father, mother, siblings or children: as `PastDisease` up to 10, then its own."""

    NONE = 1, "无家族疾病", "No disease in the family"
    HYPERTENSION = 2, "家族高血压", "Hypertension in the family"
    DIABETES = 3, "家族糖尿病", "Diabetes in the family"
    CORONARY = 4, "家族冠心病", "Coronary heart disease in the family"
    COPD = 5, "家族慢性阻塞性肺疾病", "COPD in the family"
    CANCER = 6, "家族恶性肿瘤", "Malignant tumour in the family"
    STROKE = 7, "家族脑卒中", "Stroke in the family"
    SEVERE_MENTAL = 8, "家族严重精神障碍", "Severe mental disorder in the family"
    TUBERCULOSIS = 9, "家族结核病", "Tuberculosis in the family"
    HEPATITIS = 10, "家族肝炎", "Hepatitis in the family"
    CONGENITAL = 11, "先天畸形", "Congenital malformation"
    OTHER = 12, "其他家族疾病", "Other disease in the family"


class Disability(NamedInt):
    """残疾情况; 1 excludes the rest."""

    NONE = 1, "无残疾", "No disability"
    VISUAL = 2, "视力残疾", "Visual disability"
    HEARING = 3, "听力残疾", "Hearing disability"
    SPEECH = 4, "言语残疾", "Speech disability"
    LIMB = 5, "肢体残疾", "Physical disability"
    INTELLECTUAL = 6, "智力残疾", "Intellectual disability"
    MENTAL = 7, "精神残疾", "Mental disability"
    OTHER = 8, "其他残疾", "Other disability"


HAN, OTHER_NATIONALITY = "01", "99"
"""民族: 01 Han; 99 another one, with its name."""


def contradicts_none(codes: Collection[DrugAllergy | Exposure | PastDisease | FamilyDisease | Disability]) -> bool:
    """Whether "none" stands beside another code: 1 excludes the rest."""
    return len(set(codes)) > 1 and any(code.value == 1 for code in codes)
