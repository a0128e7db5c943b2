"""Code sets of the health examination form 健康体检表 (NBPHS-2017). Values are the numbers that it prints.

The foot pulse is `ExamFootPulse`; symptoms are free text here.
"""

from __future__ import annotations

from cmc.core.named import NamedInt


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
