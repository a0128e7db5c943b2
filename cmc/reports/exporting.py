"""A report as a table: its numbers with the words of their definitions, or its lists of people. All cells are text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.audit import service as audit
from cmc.audit.tables import Act
from cmc.clinical.codes import Disease
from cmc.core.scope import Scope
from cmc.exchange import workbooks
from cmc.exchange.codes import SheetFormat
from cmc.indicators.measure import percent
from cmc.organisations.tables import Organisation
from cmc.reports import queries
from cmc.reports.tables import IndicatorReport

_NUMBERS: Final = (
    "机构编码 Code", "机构 Organisation", "指标 Indicator", "病种 Disease", "名称 Title", "分子 Numerator",
    "分母 Denominator", "百分比 Percent", "分子定义 Numerator in words", "分母定义 Denominator in words",
    "参数 Parameters", "定义版本 Definition version", "依据 Source", "期初 From", "期末 To", "报表版本 Report version",
    "截至 As of", "发布人 Published by", "批准人 Approved by", "修订原因 Reason", "校验 SHA-256",
)  # fmt: skip
_PEOPLE: Final = (
    "个人标识 Person", "机构编码 Code", "机构 Clinic", "病种 Disease", "达标 Met", "未达标 Not met",
    "不计入 Not counted",
)  # fmt: skip
_A_NOTE: Final = 1000


def numbers(session: Session, scope: Scope, report: IndicatorReport, form: SheetFormat) -> IO[bytes]:
    """Return the numbers of a report as a file: the organisation's own, then those of the nodes below."""
    nodes = {each.id: each for each in queries.nodes_below(session, scope, report.organisation_id)}
    words = {(each["code"], each["disease"]): each for each in report.definitions}
    told = (
        report.period_start.isoformat(), report.period_end.isoformat(), str(report.version), report.as_of.isoformat(),
        report.proposed_by, report.approved_by or "", report.reason or "", report.digest,
    )  # fmt: skip

    def rows() -> Iterator[Sequence[str]]:
        for each in queries.values(session, scope, report):
            node, defined = nodes[each.organisation_id], words[each.code, each.disease]
            share = percent(each.numerator, each.denominator)
            parameters = "; ".join(f"{name}={value}" for name, value in sorted(defined["parameters"].items()))
            yield (
                node.code, node.name, each.code, Disease(each.disease).text.zh, defined["title"]["zh"],
                str(each.numerator), str(each.denominator), "" if share is None else str(share),
                defined["numerator"]["zh"], defined["denominator"]["zh"], parameters, defined["version"],
                defined["source"], *told,
            )  # fmt: skip

    _note(session, scope, report, "numbers", form)
    return workbooks.written(form, _NUMBERS, rows())


def people(session: Session, scope: Scope, report: IndicatorReport, form: SheetFormat) -> IO[bytes]:
    """Return the lists of a report as a file, a line for each person and disease; all of them stand in the trail."""
    nodes = {each.id: each for each in queries.nodes_below(session, scope, report.organisation_id)}
    codes = codes_by_disease(report)

    def rows() -> Iterator[Sequence[str]]:
        shown: list[UUID] = []
        for patient_id, clinic_id, disease, met, not_met in queries.every_person(session, scope, report):
            shown.append(patient_id)
            if len(shown) == _A_NOTE:
                _note(session, scope, report, "people", form, shown)
                shown = []
            yield _line(patient_id, nodes[clinic_id], disease, met, not_met, codes)
        _note(session, scope, report, "people", form, shown)

    return workbooks.written(form, _PEOPLE, rows())


def codes_by_disease(report: IndicatorReport) -> dict[str, list[str]]:
    """Return the codes that a report counts, by disease, in the order of its definitions."""
    found: dict[str, list[str]] = {}
    for each in report.definitions:
        found.setdefault(each["disease"], []).append(each["code"])
    return found


def _line(
    patient_id: UUID, clinic: Organisation, disease: str, met: Sequence[str], not_met: Sequence[str],
    codes: Mapping[str, Sequence[str]],
) -> Sequence[str]:  # fmt: skip
    rest = [each for each in codes.get(disease, ()) if each not in met and each not in not_met]
    lists = (" ".join(each) for each in (met, not_met, rest))
    return (str(patient_id), clinic.code, clinic.name, Disease(disease).text.zh, *lists)


def _note(
    session: Session, scope: Scope, report: IndicatorReport, what: str, form: SheetFormat, people: Sequence[UUID] = ()
) -> None:
    detail = {"report": what, "format": form.value}
    audit.record(
        session, scope, Act.EXPORT, "indicator_report", subject_id=report.id,
        person_ids=dict.fromkeys(people), detail=detail,
    )  # fmt: skip
