"""Tables of frozen reports. Their rows are only added: triggers refuse every change of what was told.

The rows of a report are stored before the report itself, in one transaction; a trigger refuses rows for a report that
stands, so that a list cannot grow either. Of a person only the whole row goes, when the person was erased.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, TEXT, CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cmc.audit.changes import audited
from cmc.clinical.codes import Disease
from cmc.core.db import one_of
from cmc.core.ids import new_id

_OPEN = text("needs_second AND approved_at IS NULL AND refused_at IS NULL")


@audited(
    "organisation_id", "period_start", "period_end", "version", "replaces_id", "digest", "needs_second",
    "proposed_by", "approved_by", "refused_by", person=None,
)  # fmt: skip
class IndicatorReport(SQLModel, table=True):
    """What was frozen of one organisation and period; a later version replaces an earlier one and says why."""

    __tablename__ = "indicator_report"
    __table_args__ = (
        CheckConstraint("period_start <= period_end AND as_of <= period_end", name="period"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("replaces_id IS NULL OR length(reason) > 0", name="reason"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved"),
        CheckConstraint("(refused_by IS NULL) = (refused_at IS NULL)", name="refused"),
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint("needs_second OR (approved_at IS NULL AND refused_at IS NULL)", name="second"),
        CheckConstraint("approved_at IS NULL OR refused_at IS NULL", name="decided_once"),
        Index("uq_indicator_report_version", "organisation_id", "period_end", "period_start", "version", unique=True),
        Index(
            "uq_indicator_report_open", "organisation_id", "period_end", "period_start", unique=True,
            postgresql_where=_OPEN,
        ),
        Index("uq_indicator_report_replaces", "replaces_id", unique=True, postgresql_where=text("refused_at IS NULL")),
    )  # fmt: skip

    id: UUID = Field(default_factory=new_id, primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisation.id")
    period_start: date
    period_end: date
    version: int = Field(description="1, 2, … of this organisation and period")
    replaces_id: UUID | None = Field(default=None, foreign_key="indicator_report.id")
    reason: str | None = Field(default=None, description="why a revision was made; words about no person")
    definitions: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    digest: str = Field(description="SHA-256 of definitions and numbers")
    as_of: date = Field(description="last day whose facts are in the numbers")
    needs_second: bool = Field(description="a region's report is published by a second person")
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    refused_by: str | None = None
    refused_at: datetime | None = None


class IndicatorReportValue(SQLModel, table=True):
    """One frozen number: of the report's organisation, or of a node below it as it counted itself that day."""

    __tablename__ = "indicator_report_value"
    __table_args__ = (
        one_of("disease", Disease),
        PrimaryKeyConstraint("report_id", "organisation_id", "code", "disease"),
        CheckConstraint("numerator BETWEEN 0 AND denominator", name="numerator"),
    )

    report_id: UUID = Field(
        sa_column=Column(Uuid(), ForeignKey("indicator_report.id", deferrable=True, initially="DEFERRED"))
    )
    organisation_id: UUID = Field(foreign_key="organisation.id")
    code: str
    disease: str
    numerator: int
    denominator: int


class IndicatorReportPerson(SQLModel, table=True):
    """Where one person stood in the numbers of a report's own organisation, for one disease.

    Codes of the disease that stand in neither list did not count the person. No foreign keys: a region has a million.
    """

    __tablename__ = "indicator_report_person"
    __table_args__ = (
        one_of("disease", Disease),
        PrimaryKeyConstraint("report_id", "patient_id", "disease", "clinic_id"),
        Index("ix_indicator_report_person_patient_id", "patient_id"),
    )

    report_id: UUID
    patient_id: UUID
    disease: str
    clinic_id: UUID = Field(description="the clinic that the person counted for")
    met: list[str] = Field(sa_column=Column(ARRAY(TEXT()), nullable=False), description="codes of numerators")
    not_met: list[str] = Field(sa_column=Column(ARRAY(TEXT()), nullable=False), description="denominator only")
