"""What the API gives of screening."""

from datetime import date
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.codes import Disease, EnrolmentState
from cmc.clinical.reasons import Reason
from cmc.clinical.screening import Need, NeedKind, Screening, Verdict
from cmc.patients.schemas import PatientListed
from cmc.screening.held import Held


class ScreeningReason(BaseModel):
    """A rule and its finding in words."""

    rule: str
    zh: str
    en: str

    @classmethod
    def of(cls, reason: Reason) -> Self:
        return cls(rule=reason.rule, zh=reason.text.zh, en=reason.text.en)


class NeedOut(BaseModel):
    """One thing still needed, with the days between which it should be done."""

    kind: NeedKind
    from_on: date
    by_on: date
    is_overdue: bool
    reason: ScreeningReason

    @classmethod
    def of(cls, need: Need, *, on: date) -> Self:
        reason = ScreeningReason.of(need.reason)
        return cls(kind=need.kind, from_on=need.from_on, by_on=need.by_on, is_overdue=need.by_on < on, reason=reason)


class Screened(BaseModel):
    """How far the suspicion has come for a person, why, and what is still needed; masked."""

    patient: PatientListed
    disease: Disease
    verdict: Verdict
    reasons: list[ScreeningReason]
    needs: list[NeedOut]
    counted_on: list[date] = Field(description="the days whose values count")
    suspected_enrolment_id: UUID | None = Field(description="the suspicion that is on record")

    @classmethod
    def of(cls, held: Held, patient: PatientListed, disease: Disease, found: Screening, *, on: date) -> Self:
        stints = [each for each in held.enrolments if each.disease == disease]
        suspected = [each.id for each in stints if each.state == EnrolmentState.SUSPECTED]
        return cls(
            patient=patient,
            disease=disease,
            verdict=found.verdict,
            reasons=[ScreeningReason.of(each) for each in found.reasons],
            needs=[NeedOut.of(each, on=on) for each in found.needs],
            counted_on=list(found.counted_on),
            suspected_enrolment_id=suspected[0] if suspected else None,
        )


class ScreeningPage(BaseModel):
    """A page of people, in the order in which they were put on file. A page may be short, or empty, before the last."""

    items: list[Screened]
    next_cursor: str | None
