"""The report of a person as a page to print: plain HTML in both languages, no script, nothing loaded. Pure."""

import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import Enum
from html import escape
from typing import Any, Final

from cmc.core.text import Text
from cmc.patients.protected import ProtectedField
from cmc.printing import paper
from cmc.privacy.schemas import AccessReport, HeldTable

_STYLE: Final = (
    f"body{{font:11pt/1.5 {paper.FONT}}}"
    "body{margin:2em auto;max-width:60em;color:#111}"
    "h1{font-size:16pt}h2{font-size:12.5pt;margin:1.6em 0 .3em;break-after:avoid}"
    "table{border-collapse:collapse;width:100%;break-inside:avoid;margin:.5em 0}"
    "th,td{border:1px solid #999;padding:.15em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{width:16em;font-weight:600;background:#f3f3f3}p{margin:.3em 0}@media print{body{margin:0}}"
)
POLICY: Final = paper.policy(_STYLE)
"""The Content-Security-Policy of the page: its own style and nothing else."""

_TITLE: Final = Text("个人信息查阅报告", "Report of personal data")
_LEFT_OUT: Final = "patient_id"
_WORDS: Final = {
    "sex": "性别",
    "birth_date": "出生日期",
    "created_at": "建立时间",
    "updated_at": "更新时间",
    "clinic_id": "机构",
    "died_on": "死亡日期",
    "death_cause": "死因",
    "disease": "病种",
    "state": "状态",
    "enrolled_on": "纳入日期",
    "confirmed_on": "确诊日期",
    "confirmed_at": "确诊机构",
    "ended_on": "终止日期",
    "end_reason": "终止原因",
    "doctor": "医生",
    "visited_on": "随访日期",
    "visited_time": "随访时间",
    "mode": "随访方式",
    "sbp_mmhg": "收缩压 mmHg",
    "dbp_mmhg": "舒张压 mmHg",
    "pulse_bpm": "脉搏",
    "heart_rate_bpm": "心率",
    "taken_at": "测量时间",
    "taken_on": "测量日期",
    "glucose_umol_l": "血糖 µmol/L",
    "period": "时段",
    "form": "表单内容",
    "labs": "体检所附检验",
    "valid_for": "体检有效病种",
    "operations": "手术",
    "injuries": "外伤",
    "transfusions": "输血",
    "genetic_disease": "遗传病史",
    "employer": "工作单位",
    "height_cm": "身高 cm",
    "weight_kg": "体重 kg",
    "waist_cm": "腰围 cm",
    "temperature_c": "体温 °C",
    "classification": "分类",
    "action": "处理措施",
    "next_visit_on": "下次随访",
    "recorded_at": "录入时间",
    "actor": "录入者",
    "purpose": "目的",
    "ground": "法律依据",
    "version": "版本",
    "channel": "方式",
    "given_at": "同意时间",
    "withdrawn_at": "撤回时间",
    "system": "系统",
    "value": "编号",
    "kind": "类别",
    "due_on": "到期日",
    "reason": "原因",
    "note": "备注",
    "happened_on": "发生日期",
    "from_state": "原状态",
    "to_state": "新状态",
    "device": "设备",
    "received_at": "接收时间",
    "status": "状态",
}


def page(report: AccessReport) -> str:
    """Return the report as one HTML document."""
    parts = [
        f"<h1>{paper.both(_TITLE)}</h1>",
        f"<p>{_shown(report.made_at)} · {escape(report.made_by)}</p>",
        _pairs((paper.both(each.text), _shown(getattr(report, each.value))) for each in ProtectedField),
    ]
    for held in report.held:
        parts += _held(held)
    parts.append(f"<h2>{paper.both(Text('查看记录', 'Who saw it'))} ({len(report.accesses)})</h2>")
    parts.append(
        _pairs(
            (
                escape(each.actor_name or each.actor),
                f"{paper.both(each.act_name)} × {each.times} · {_shown(each.last_at)}",
            )
            for each in report.accesses
        )
    )
    return paper.document(_TITLE, parts, _STYLE)


def _held(held: HeldTable) -> Iterator[str]:
    yield f"<h2>{paper.both(held.title)} ({len(held.rows)})</h2><p>{paper.both(held.kept)}</p>"
    for row in held.rows:
        known = ((name, value) for name, value in row.items() if value is not None and name != _LEFT_OUT)
        yield _pairs((_named(name), _shown(value)) for name, value in known)


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in pairs)
    return f"<table>{rows}</table>" if rows else ""


def _named(column: str) -> str:
    return escape(f"{_WORDS[column]} {column}" if column in _WORDS else column)


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return paper.instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict | list):
        return escape(json.dumps(value, ensure_ascii=False, default=str))
    return escape(str(value.value if isinstance(value, Enum) else value))
