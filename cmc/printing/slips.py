"""The list of medicines, the referral slip and the card for self-management, as pages. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final

from cmc.clinical.codes import Classification, Disease, ReferralReason
from cmc.clinical.emergencies import (
    CRITICAL_DBP_MMHG,
    CRITICAL_HIGH_GLUCOSE_UMOL_L,
    CRITICAL_LOW_GLUCOSE_UMOL_L,
    CRITICAL_SBP_MMHG,
    EmergencyCriterion,
)
from cmc.clinical.units import mmol_l_words
from cmc.core.text import Text
from cmc.printing import paper
from cmc.printing.sheet_rows import Visit, dosage
from cmc.printing.sheets import Head, foot

_PLAIN: Final = (
    "table{border-collapse:collapse;width:100%;margin:2mm 0}thead{display:table-header-group}"
    "tr{break-inside:avoid}th,td{border:.25mm solid #000;padding:1mm 2mm;text-align:left;vertical-align:top;"
    "overflow-wrap:anywhere}th{font-weight:600}h1{text-align:center;margin:0 0 3mm}h2{margin:4mm 0 1mm}"
    "p{margin:1mm 0}small{font-weight:400}.sign{height:12mm}"
    "footer{display:flex;justify-content:space-between;margin-top:3mm;font-size:7pt}"
)
LIST_STYLE: Final = f"@page{{size:A4;margin:15mm 12mm}}body{{font:10.5pt/1.4 {paper.FONT};color:#000}}" + _PLAIN
CARD_STYLE: Final = (
    f"@page{{size:A4;margin:15mm}}body{{font:18pt/1.5 {paper.FONT};color:#000}}h1{{font-size:26pt}}h2{{font-size:20pt}}"
    + _PLAIN
)
"""Large type: the card is for the person, who may be old."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One medicine of the record."""

    name: str
    dose: str
    frequency: str
    since: date


def medicine_list(title: Text, head: Head, medicines: Sequence[Taken], last: Visit | None) -> str:
    """Return the medicines that the record holds, and those that the last visit named."""
    names = ("药品 Medicine", "每次剂量 Dose", "用法 How often", "起始日期 Since")
    rows = [(each.name, each.dose, each.frequency, each.since.isoformat()) for each in medicines]
    parts = [_head(title, head), "<h2>健康档案用药 In the record</h2>", _table(names, rows)]
    if last is not None:
        told = [dosage(each) for each in last.form.get("medications") or []]
        insulin = last.form.get("insulin")
        if insulin:
            told.append([insulin["kind"], insulin.get("usage") or ""])
        parts.append(f"<h2>{last.row.visited_on} 随访用药 At the last visit</h2>")
        parts.append(_table((names[0], "用法用量 Usage"), [(each[0], " ".join(each[1:])) for each in told]))
    return paper.document(title, [*parts, foot(head)], LIST_STYLE)


def referral_slip(title: Text, head: Head, contact: Iterable[tuple[str, str]], visits: Sequence[Visit]) -> str:
    """Return the slip of a referral: who is referred where and why, what was found, what is taken."""
    first = visits[0]
    referral = first.form["referral"]
    rows = [
        ("姓名 Name", head.name),
        ("性别 Sex", head.sex.text.zh),
        ("出生日期 Born", head.birth_date),
        ("档案编号 Record", head.record_number or ""),
        *contact,
        ("转往机构 To", referral["institution"]),
        ("转往科室 Department", referral.get("department") or ""),
        ("转诊原因 Reason", "；".join(each for each in _reasons(first) if each)),
        ("随访日期 Visit", first.row.visited_on.isoformat()),
        *((_title(each), _impression(each)) for each in visits),
        ("主要检查 Findings", "；".join(_findings(visits))),
        ("目前用药 Medicines", "；".join(" ".join(dosage(each)) for each in first.form.get("medications") or [])),
        ("转出机构 From", head.clinic.zh),
        ("转诊医生 Doctor", first.row.doctor or ""),
    ]
    sign = "<table><tr><th>医生签名 Signature</th><td class='sign'></td><th>日期 Date</th><td></td></tr></table>"
    back = "<h2>接诊回执 Answer of the receiving institution</h2><table><tr><td class='sign'></td></tr></table>"
    return paper.document(title, [_head(title, head, named=False), _pairs(rows), sign, back, foot(head)], LIST_STYLE)


def self_care_card(
    title: Text, head: Head, targets: Sequence[tuple[str, str]], agreed: Sequence[tuple[str, str]], next_on: date | None
) -> str:
    """Return the card for the person: targets, what was agreed, the next date, and which signs need care at once."""
    parts = [
        _head(title, head),
        f"<p>下次随访 Next visit：<b>{next_on.isoformat() if next_on else '请咨询医生'}</b></p>",
        "<h2>我的目标 My targets</h2>",
        _pairs(targets),
    ]
    if agreed:
        parts += ["<h2>我的约定 Agreed</h2>", _pairs(agreed)]
    at_once = (
        f"血压达到或超过 {CRITICAL_SBP_MMHG}/{CRITICAL_DBP_MMHG}、"
        f"血糖达到或超过 {mmol_l_words(CRITICAL_HIGH_GLUCOSE_UMOL_L)}"
        f" 或不高于 {mmol_l_words(CRITICAL_LOW_GLUCOSE_UMOL_L)} mmol/L；"
        "剧烈头痛头晕、恶心呕吐、视物模糊、眼痛、心悸胸闷、喘憋不能平卧、意识改变、出冷汗：请立即就医或拨打 120。"
    )
    parts += ["<h2>立即就医 Seek care at once</h2>", f"<p>{at_once}</p>", foot(head)]
    return paper.document(title, parts, CARD_STYLE)


def _head(title: Text, head: Head, *, named: bool = True) -> str:
    who = f"<p>{escape(head.name)} · {escape(head.clinic.zh)} · 编号 {head.short_number}</p>" if named else ""
    return f"<h1>{paper.small(title)}</h1>{who}"


def _title(visit: Visit) -> str:
    return f"{Disease(visit.row.disease).text.zh} {Disease(visit.row.disease).text.en}"


def _impression(visit: Visit) -> str:
    row = visit.row
    found = [] if row.classification is None else [Classification(row.classification).text.zh]
    found += [f"{each} {EmergencyCriterion(each).text.zh}" for each in row.emergency_codes]
    return "；".join([*found, *(each["zh"] for each in row.reasons)])


def _reasons(visit: Visit) -> list[str]:
    found = visit.form["referral"]
    return [ReferralReason(found["code"]).text.zh if found.get("code") else "", found.get("reason") or ""]


def _findings(visits: Sequence[Visit]) -> list[str]:
    row = visits[0].row
    found = [f"血压 {row.sbp_mmhg}/{row.dbp_mmhg} mmHg"] if row.sbp_mmhg is not None else []
    if row.heart_rate_bpm is not None:
        found.append(f"心率 {row.heart_rate_bpm} 次/分")
    if row.fasting_glucose_umol_l is not None:
        found.append(f"空腹血糖 {mmol_l_words(row.fasting_glucose_umol_l)} mmol/L")
    return [*found, *str(visits[0].form.get("auxiliary_tests") or "").splitlines()]


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in rows)
    empty = f"<tr><td colspan='{len(names)}'>无 None</td></tr>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body or empty}</tbody></table>"
