"""Closed sets of importing and exporting."""

from cmc.core.named import NamedStr


class ImportKind(NamedStr):
    """What the rows of a sheet are: one kind a sheet."""

    PATIENTS = "patients", "居民档案（导入）", "People"
    DIAGNOSES = "diagnoses", "诊断（导入）", "Diagnoses"
    MEDICATIONS = "medications", "用药（导入）", "Medicines taken"
    ALLERGIES = "allergies", "过敏史（导入）", "Allergies"
    LABS = "labs", "检验结果（导入）", "Laboratory results"
    EXAMINATIONS = "examinations", "专项检查（导入）", "Examinations"
    LIFESTYLE = "lifestyle", "生活方式（导入）", "Lifestyle"
    FAMILY_HISTORY = "family_history", "家族史（导入）", "Family history"
    HOSPITAL_STAYS = "hospital_stays", "住院史（导入）", "Hospital stays"
    ANNUAL_EXAMS = "annual_exams", "年度体检（导入）", "Annual examinations"


class ImportState(NamedStr):
    """Where an import stands. CHECKING and APPLYING are worked on by the worker's job, step by step."""

    UNMAPPED = "unmapped", "待对应列", "Columns must be named first"
    CHECKING = "checking", "检查中", "Rows are being checked"
    CHECKED = "checked", "待确认", "Waits for a decision"
    APPLYING = "applying", "导入中", "Rows are being stored"
    DONE = "done", "已导入", "Done"
    DISCARDED = "discarded", "已放弃", "Discarded"


class RowVerdict(NamedStr):
    """What becomes of a row."""

    WAITING = "waiting", "未检查", "Not checked yet"
    NEW = "new", "将新建", "Will be created"
    KNOWN = "known", "已在档", "On file already"
    REFUSED = "refused", "不能导入", "Refused"
    SKIPPED = "skipped", "跳过", "Left out by decision"
    CREATED = "created", "已新建", "Created"


class ExportReason(NamedStr):
    """Why the register is exported with names and numbers in full. A closed set: no words about a person."""

    REPORTING = "reporting", "上级报送", "Report to the authority"
    HANDOVER = "handover", "机构交接", "Hand-over to another institution"
    RECALL = "recall", "召回随访", "To call people in"
    CHECKING = "checking", "核对档案", "To check the register"


class ExportState(NamedStr):
    """Where an export stands; the worker makes the file."""

    WAITING = "waiting", "生成中", "Being made"
    READY = "ready", "可下载", "Ready"
    EXPIRED = "expired", "已过期", "Expired"


class SheetFormat(NamedStr):
    """How a table is written."""

    XLSX = "xlsx", "Excel 工作簿", "Excel workbook"
    CSV = "csv", "CSV 文本", "CSV text with BOM"
