"""What each rule of follow-ups says, in words: shown with the rule sets, beside the rule's ID."""

from __future__ import annotations

from typing import Final

from cmc.core.text import Text

STATUTORY: Final[dict[str, Text]] = {
    "HTN-FU-01": Text("每年至少4次面对面随访", "At least 4 face-to-face follow-ups a year"),
    "HTN-FU-05": Text(
        "控制满意：收缩压<140且舒张压<90；65岁及以上收缩压<150且舒张压<90",
        "Controlled: <140 and <90 mmHg; from 65 years on <150 and <90 mmHg",
    ),
    "HTN-FU-06": Text("高血压分类干预", "What follows from a hypertension follow-up"),
    "HTN-EM-01": Text("收缩压≥180和（或）舒张压≥110：处理后紧急转诊", "≥180 and/or ≥110 mmHg: treat, refer urgently"),
    "HTN-EM-02": Text(
        "意识改变、剧烈头痛头晕、恶心呕吐、视物模糊、眼痛、心悸、胸闷、喘憋不能平卧",
        "Changed consciousness, severe headache or dizziness, nausea, vomiting, blurred vision, eye pain,"
        " palpitations, chest tightness, dyspnoea",
    ),
    "HTN-EM-03": Text("妊娠期或哺乳期血压高于正常", "Pregnant or breastfeeding with raised pressure"),
    "HTN-EM-04": Text("存在不能处理的其他疾病", "Other illness that cannot be handled here"),
    "HTN-EM-05": Text("紧急转诊后两周内主动随访", "After an urgent referral: an active check within 2 weeks"),
    "DM-FU-01": Text(
        "每年4次免费空腹血糖检测，至少4次面对面随访",
        "4 fasting-glucose tests and at least 4 face-to-face follow-ups a year",
    ),
    "DM-FU-05": Text("控制满意：空腹血糖<7.0 mmol/L", "Controlled: fasting glucose <7.0 mmol/L"),
    "DM-FU-06": Text("2型糖尿病分类干预", "What follows from a diabetes follow-up"),
    "DM-FU-07": Text("缺空腹血糖：不分类，两周内补测", "No fasting value: no class, to be measured within 14 days"),
    "DM-FU-08": Text(
        "足背动脉搏动新减弱或消失、新发溃疡、视力下降、蛋白尿为新并发症",
        "A pulse newly weak or absent, a new ulcer, visual loss or proteinuria is a new complication",
    ),
    "DM-FU-09": Text("频繁低血糖反应按不良反应", "Frequent hypoglycaemic reactions count as an adverse reaction"),
    "DM-EM-01": Text("血糖≥16.7或≤3.9 mmol/L", "Glucose ≥16.7 or ≤3.9 mmol/L"),
    "DM-EM-02": Text("收缩压≥180和（或）舒张压≥110", "≥180 and/or ≥110 mmHg"),
    "DM-EM-03": Text(
        "意识或行为改变、丙酮味等危险症状", "Changed consciousness, acetone breath and other danger signs"
    ),
    "DM-EM-04": Text("持续性心动过速，心率>100次/分", "Persistent tachycardia, >100/min"),
    "DM-EM-05": Text("体温>39℃或突发异常", "Temperature >39 °C or a sudden abnormality"),
    "DM-EM-06": Text(
        "妊娠期或哺乳期血糖高于正常，或不能处理的其他疾病",
        "Pregnant or breastfeeding with raised glucose, or other illness that cannot be handled",
    ),
    "FU-SEV-01": Text("一次随访一个分类，取最严重者：4>3>2>1", "One class a visit, the most severe: 4 > 3 > 2 > 1"),
    "FU-CONS-01": Text("“连续”看上一次有测量值的随访", "“In a row” looks at the last follow-up that carried a value"),
    "FU-CONS-02": Text("同类才连续：2→2、3→3转诊", "Like follows like: 2→2 and 3→3 refer"),
    "FU-CONS-03": Text("因连续不满意转诊并核查后恢复常规", "After a referral for values and its check: routine again"),
    "FU-EM-01": Text("危急随访分类不低于2", "An emergency visit is at least class 2"),
    "FU-NEXT-01": Text(
        "下次随访：调整、转诊、紧急≤14天，其他≤90天且不超过3个月", "Next visit: ≤14 days, else ≤90 days and 3 months"
    ),
    "FU-VALID-01": Text("必填项齐全才计为一次随访", "A follow-up counts with all required fields"),
    "FU-VALID-02": Text("同日同病计一次；7天后录入为迟录", "One a day and disease; late after 7 days"),
    "FU-BOTH-01": Text("两病一次随访，取较早的下次日期", "One visit for both: the earlier next date governs"),
    "GLU-01": Text("只有空腹血糖用于分类", "Only a fasting value makes the class"),
    "GLU-03": Text("HI/LO 为界值，按危急处理", "HI and LO are bounds, and emergencies"),
}
GUIDELINE: Final[dict[str, Text]] = {
    "HTN-GL-01": Text("降压治疗目标", "Treatment target of the pressure"),
    "HTN-GL-02": Text(
        "起始或调药后2–4周复查直至达标，达标后至少3个月一次，每年全面评估一次",
        "Check 2–4 weeks after a start or change until at goal, then at least every 3 months; assess fully once a year",
    ),
    "HTN-GL-03": Text("≥160/100或高于目标20/10：起始两药联合", "≥160/100 or 20/10 above target: start with two drugs"),
    "HTN-GL-04": Text(
        "转诊人群：起病急、症状重、疑继发、难控制、孕产妇",
        "To be referred: acute onset, severe symptoms, suspected secondary, hard to control, pregnant or lactating",
    ),
    "HTN-GL-05": Text("首诊怀疑继发性高血压的线索", "What at the first visit suggests secondary hypertension"),
    "HTN-GL-06": Text(
        "三药足量（含利尿剂）或规律治疗3个月未达标、不良反应难处理、新发或加重的靶器官损害：转诊",
        "Three drugs with a diuretic, or 3 months of regular treatment not at goal; reactions that cannot be handled;"
        " new or worse organ damage: refer",
    ),
    "HTN-GL-07": Text("稳定后下转：诊断明确、方案确定、血压达标", "Back to primary care when stable and at goal"),
    "DM-TARGET": Text("血糖治疗目标", "Treatment target of glucose"),
    "DM-GL-01": Text(
        "糖化血红蛋白：起始、调药或未达标每3个月，稳定每6个月",
        "HbA1c every 3 months when changed or not at goal, else every 6",
    ),
    "DM-GL-02": Text(
        "确诊时及以后每年：血脂、肝肾功能、尿白蛋白与eGFR、眼底、足与神经、心电图",
        "At diagnosis and yearly: lipids, liver and kidney function, UACR and eGFR, fundus, foot and nerves, ECG",
    ),
    "DM-GL-03": Text(
        "转诊：急性状态、妊娠、难控制、严重并发症", "Refer: acute states, pregnancy, poor control, severe complications"
    ),
}
"""DM-GL-01…03 are our names for the unnumbered lines of the diabetes guideline."""
