"""Long prescriptions (LRX-01…07): 长期处方管理规范（试行）, 国卫办医发〔2021〕17号."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cmc.clinical.drug_checks.facts import DrugLevel
from cmc.clinical.reasons import Reason, because

USUAL_WEEKS: Final = 4  # LRX-01
LONGEST_WEEKS: Final = 12  # LRX-01
REISSUE_DAYS_BEFORE_RUN_OUT: Final = 7  # LRX-07


@dataclass(frozen=True, slots=True, kw_only=True)
class LongPrescription:
    """A wanted long prescription. A condition of LRX-03 that is not known is None, and does not forbid.

    `extended_assessment_signed`: assessed, written in the record and signed by the person (LRX-02). `first` with
    `by_specialist`: LRX-04. `restricted_medicine`: one that must not be prescribed for long (LRX-05). `needs_visit`:
    adverse reaction, poor control, new condition or lost follow-up since the last one (LRX-06). `runs_out_on`: the day
    on which the quantity dispensed before ends (LRX-07).
    """

    weeks: int
    stable: bool | None = None
    diagnosis_clear: bool | None = None
    adherent: bool | None = None
    extended_assessment_signed: bool = False
    first: bool = False
    by_specialist: bool = False
    restricted_medicine: bool = False
    needs_visit: bool = False
    runs_out_on: date | None = None


@dataclass(frozen=True, slots=True)
class LongPrescriptionJudgement:
    """BLOCK with every rule that forbids, or OK with none."""

    level: DrugLevel
    reasons: tuple[Reason, ...]


def judge(wanted: LongPrescription, on: date) -> LongPrescriptionJudgement:
    """Whether a long prescription may be issued on this local date. Raises ValueError for less than one week."""
    if wanted.weeks < 1:
        raise ValueError("a prescription lasts one week at least")
    reasons = (*_length(wanted), *_person(wanted), *_issue(wanted, on))
    return LongPrescriptionJudgement(DrugLevel.BLOCK if reasons else DrugLevel.OK, reasons)


def _length(wanted: LongPrescription) -> tuple[Reason, ...]:
    if wanted.weeks > LONGEST_WEEKS:
        return (because("LRX-01", f"最长{LONGEST_WEEKS}周", f"At most {LONGEST_WEEKS} weeks"),)
    if wanted.weeks > USUAL_WEEKS and not wanted.extended_assessment_signed:
        return (
            because(
                "LRX-02",
                f"超过{USUAL_WEEKS}周须严格评估、记入病历并由患者签字",
                f"More than {USUAL_WEEKS} weeks need an assessment in the record and the person's signature",
            ),
        )
    return ()


def _person(wanted: LongPrescription) -> tuple[Reason, ...]:
    conditions = (
        (wanted.diagnosis_clear, "诊断未明确", "The diagnosis is not clear"),
        (wanted.stable, "病情或治疗方案不稳定", "Condition or treatment is not stable"),
        (wanted.adherent, "依从性不佳", "Adherence is poor"),
    )
    return tuple(because("LRX-03", zh, en) for holds, zh, en in conditions if holds is False)


def _issue(wanted: LongPrescription, on: date) -> tuple[Reason, ...]:
    found = []
    if wanted.first and not wanted.by_specialist:
        found.append(
            because(
                "LRX-04",
                "首次长期处方须由相关专业中级及以上医师开具",
                "The first one is issued by a doctor of the specialty with intermediate title or above",
            )
        )
    if wanted.restricted_medicine:
        found.append(because("LRX-05", "该药品不得开长期处方", "This medicine must not be prescribed for long"))
    if wanted.needs_visit:
        found.append(because("LRX-06", "须先到门诊复诊", "The person must be seen first"))
    earliest = wanted.runs_out_on and wanted.runs_out_on - timedelta(days=REISSUE_DAYS_BEFORE_RUN_OUT)
    if earliest and on < earliest:
        found.append(because("LRX-07", f"最早可于{earliest.isoformat()}续方", f"Not before {earliest.isoformat()}"))
    return tuple(found)
