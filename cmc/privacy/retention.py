"""Which table is kept how long: one entry for every table, in one tuple. Pure.

Health records of outpatients are kept for at least 15 years after the last care (医疗机构病历管理规定 2013, art. 29).
The period of raw intake is our own choice [D].
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cmc.core.text import Text
from cmc.privacy.codes import RetentionClass

RECORD_YEARS: Final = 15
INTAKE_YEARS: Final = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """One table: its class, its name for people, and how its rows lead to a person.

    `person` is the column with the person's id; `through` names a table whose id the column `person` holds instead.
    `arrived` is the column that ages raw intake. `report` is false for what only repeats other tables.
    """

    table: str
    keeps: RetentionClass
    title: Text
    person: str | None = None
    through: str | None = None
    arrived: str | None = None
    report: bool = True


_R = RetentionClass
RETENTION: Final = (
    Kept("patient", _R.IDENTITY, Text("个人信息", "The person"), person="id"),
    Kept("patient_identifier", _R.IDENTITY, Text("其他系统编号", "Numbers of other systems"), person="patient_id"),
    Kept("patient_token", _R.IDENTITY, Text("检索标记", "Search tokens"), person="patient_id", report=False),
    Kept("basic_information", _R.IDENTITY, Text("个人基本信息", "Basic information"), person="patient_id"),
    Kept("patient_document", _R.IDENTITY, Text("身份证件", "Identity documents"), person="patient_id"),
    Kept("patient_phone", _R.IDENTITY, Text("联系电话", "Phones"), person="patient_id"),
    Kept("duplicate_key", _R.IDENTITY, Text("查重标记", "Keys of duplicates"), person="patient_id", report=False),
    Kept("patient_merge", _R.RECORD, Text("档案合并", "Merges of records"), person="patient_id"),
    Kept(
        "merge_row", _R.RECORD, Text("合并明细", "What a merge moved"),
        person="merge_id", through="patient_merge", report=False,
    ),
    Kept("duplicate_pair", _R.DERIVED, Text("疑似重复档案", "Likely duplicates"), person="one_id", report=False),
    Kept("consent", _R.RECORD, Text("同意与告知", "Consents and legal grounds"), person="patient_id"),
    Kept("enrolment", _R.RECORD, Text("专案管理", "Enrolments"), person="patient_id"),
    Kept(
        "enrolment_event", _R.RECORD, Text("管理状态变更", "Changes of enrolments"),
        person="enrolment_id", through="enrolment",
    ),
    Kept("followup", _R.RECORD, Text("随访记录", "Follow-up visits"), person="patient_id"),
    Kept("visit_draft", _R.PASSING, Text("随访草稿", "Drafts of visits"), person="patient_id", report=False),
    Kept("annual_exam", _R.RECORD, Text("年度体检", "Annual examinations"), person="patient_id"),
    Kept("diagnosis", _R.RECORD, Text("诊断", "Diagnoses"), person="patient_id"),
    Kept("medication", _R.RECORD, Text("用药", "Medicines"), person="patient_id"),
    Kept("medicine_review", _R.RECORD, Text("用药核对", "Reviews of medicines"), person="patient_id"),
    Kept("allergy", _R.RECORD, Text("过敏史", "Allergies"), person="patient_id"),
    Kept("laboratory_result", _R.RECORD, Text("检验结果", "Laboratory results"), person="patient_id"),
    Kept("examination", _R.RECORD, Text("专项检查", "Examinations"), person="patient_id"),
    Kept("lifestyle", _R.RECORD, Text("生活方式", "Lifestyle"), person="patient_id"),
    Kept("family_history", _R.RECORD, Text("家族史", "Family history"), person="patient_id"),
    Kept("hospital_stay", _R.RECORD, Text("住院史", "Hospital stays"), person="patient_id"),
    Kept("personal_target", _R.RECORD, Text("个体目标与报警界值", "Personal targets and limits"), person="patient_id"),
    Kept("alert", _R.RECORD, Text("预警", "Alerts"), person="patient_id"),
    Kept(
        "alert_event", _R.RECORD, Text("预警处理记录", "What happened to alerts"), person="alert_id", through="alert",
    ),
    Kept(
        "alert_cause", _R.RECORD, Text("预警原因", "Causes of alerts"),
        person="alert_id", through="alert", report=False,
    ),
    Kept("risk_score", _R.RECORD, Text("并发症风险评估", "Scores of complication risk"), person="patient_id"),
    Kept("risk_override", _R.RECORD, Text("医生判定的风险分层", "Risk bands set by doctors"), person="patient_id"),
    Kept("risk_standing", _R.DERIVED, Text("当前风险分层", "Where the person stands"), person="patient_id"),
    Kept("reading", _R.RECORD, Text("测量记录", "Readings"), person="patient_id"),
    Kept("device_issue", _R.RECORD, Text("领用设备", "Devices held"), person="patient_id"),
    Kept("referral", _R.RECORD, Text("转诊", "Referrals"), person="patient_id"),
    Kept("recall_call", _R.RECORD, Text("召回联系记录", "Calls of the recall"), person="patient_id"),
    Kept("task_event", _R.DERIVED, Text("任务处理记录", "What was done with tasks"), person="patient_id"),
    Kept("reminder", _R.DERIVED, Text("随访提醒", "Reminders"), person="patient_id"),
    Kept("task", _R.DERIVED, Text("随访任务", "Tasks"), person="patient_id"),
    Kept("plan_state", _R.DERIVED, Text("管理分组", "The group and the plan"), person="patient_id"),
    Kept("indicator_fact", _R.DERIVED, Text("指标事实", "Facts of indicators"), person="patient_id"),
    Kept("touched", _R.DERIVED, Text("变更标记", "Dirty marks"), person="patient_id", report=False),
    Kept(
        "held_reading", _R.INTAKE, Text("待核实数据", "Readings kept aside"),
        person="patient_id", arrived="received_at",
    ),
    Kept("receipt", _R.INTAKE, Text("原始报文", "Bodies as they arrived"), arrived="received_at"),
    Kept("retention_case", _R.DECISION, Text("删除处置", "Cases of deletion"), person="patient_id"),
    Kept("indicator_value", _R.AGGREGATE, Text("指标值", "Values of indicators")),
    Kept("indicator_stamp", _R.AGGREGATE, Text("指标版本", "Stamps of indicators")),
    Kept("risk_switch", _R.DECISION, Text("模型启用决定", "Decisions on trained models")),
    Kept("risk_model_level", _R.AGGREGATE, Text("模型本地水平", "Local levels of models")),
    Kept("risk_baseline", _R.AGGREGATE, Text("模型监测基线", "Baselines of monitoring")),
    Kept("risk_watch", _R.AGGREGATE, Text("模型监测结果", "Findings of monitoring")),
    Kept("indicator_report", _R.AGGREGATE, Text("指标报表", "Reports of indicators")),
    Kept("indicator_report_value", _R.AGGREGATE, Text("报表指标值", "Numbers of reports")),
    Kept(
        "indicator_report_person", _R.RECORD, Text("报表人员名单", "Lists of people of reports"), person="patient_id"
    ),
    Kept("seen_person", _R.PASSING, Text("当日已查阅", "Records opened today"), person="patient_id", report=False),
    Kept("import_run", _R.PASSING, Text("导入批次", "Imports")),
    Kept("import_row", _R.PASSING, Text("导入明细", "Rows of imports"), person="patient_id", report=False),
    Kept("export_definition", _R.TECHNICAL, Text("导出方案", "Saved definitions of exports")),
    Kept("import_mapping", _R.TECHNICAL, Text("导入列对应", "Columns of imports")),
    Kept("export_run", _R.TECHNICAL, Text("导出记录", "Log of exports")),
    Kept("export_part", _R.PASSING, Text("导出文件", "Files of exports")),
    Kept("team", _R.STAFF, Text("家庭医生团队", "Family-doctor teams")),
    Kept("team_doctor", _R.STAFF, Text("团队医生", "Doctors of teams")),
    Kept("app_user", _R.STAFF, Text("用户", "Users")),
    Kept("old_password", _R.STAFF, Text("旧密码", "Former passwords of users")),
    Kept("recovery_code", _R.STAFF, Text("恢复码", "Recovery codes of users")),
    Kept("role_grant", _R.STAFF, Text("角色授予", "Roles of users")),
    Kept("auth_session", _R.PASSING, Text("会话", "Sessions")),
    Kept("machine", _R.STAFF, Text("设备", "Machines")),
    Kept("machine_key", _R.STAFF, Text("设备密钥", "Keys of machines")),
    Kept("used_nonce", _R.PASSING, Text("一次性随机数", "Nonces")),
    Kept("outbox_event", _R.TECHNICAL, Text("待发消息", "Messages to others")),
    Kept("delivery", _R.TECHNICAL, Text("消息投递记录", "Deliveries of messages")),
    Kept("subscription", _R.TECHNICAL, Text("消息订阅", "Who is told of alerts")),
    Kept("audit_event", _R.TRAIL, Text("审计记录", "Audit trail")),
    Kept("audit_seal", _R.TRAIL, Text("审计封存", "Seals of the audit trail")),
    Kept("device", _R.TECHNICAL, Text("测量设备", "Measuring devices")),
    Kept("device_calibration", _R.TECHNICAL, Text("设备校准", "Calibrations of devices")),
    Kept("rhythm_setting", _R.TECHNICAL, Text("随访频次设置", "Settings of the rhythm")),
    Kept("indicator_goal", _R.TECHNICAL, Text("机构自定目标", "Goals of places")),
    Kept("favourite_medicine", _R.TECHNICAL, Text("机构常用药", "Medicines that clinics use most")),
    Kept("opening_days", _R.TECHNICAL, Text("开诊日设置", "Opening days of clinics")),
    Kept("organisation", _R.TECHNICAL, Text("机构", "Organisations")),
    Kept("record_serial", _R.TECHNICAL, Text("档案编号流水号", "Serials of health-record numbers")),
    Kept("job_run", _R.TECHNICAL, Text("作业记录", "Runs of jobs")),
    Kept("installation", _R.TECHNICAL, Text("安装信息", "The installation")),
)  # fmt: skip


def years_before(on: date, years: int) -> date:
    """Return the same day `years` earlier; 29 February becomes the 28th."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def record_due_on(last_care_on: date) -> date:
    """Return the first day on which a record may be deleted."""
    return years_before(last_care_on, -RECORD_YEARS)


def deleted_with_the_person() -> tuple[Kept, ...]:
    """Return the tables whose rows go when a person's record is deleted (the person itself becomes a stump)."""
    gone = (_R.RECORD, _R.DERIVED, _R.INTAKE)
    return tuple(each for each in RETENTION if each.keeps in gone and each.person is not None)


def reported() -> tuple[Kept, ...]:
    """Return the tables of which a person is told what they hold."""
    return tuple(each for each in RETENTION if each.person is not None and each.report)
