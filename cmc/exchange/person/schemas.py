"""The document of a whole person, version 1.0: its published form is openapi/reference/person-document-1.0.schema.json.

A later version may add sections and fields; what a field or code means never changes within a version.
"""

from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from cmc.clinical.data_elements import CATALOGUE_OID
from cmc.core.text import Text

VERSION: Final = "1.0"
Plain = str | bool | int | float
"""What stands as a value; a list of them where a form allows several codes."""


class ElementValue(BaseModel):
    """One value. Dates are ISO 8601, numbers are JSON numbers in `unit`, coded values have their words beside them."""

    field: str = Field(description="our name of the field")
    name: Text
    value: Plain | list[Plain]
    words: list[Text] | None = Field(default=None, description="of a coded value, or of each of several")
    unit: str | None = None
    value_domain: str | None = Field(default=None, description="national table of the codes", examples=["CV06.00.207"])
    loinc: str | None = None


class DocumentEntry(BaseModel):
    """One entry of a section: a visit, a diagnosis, a result."""

    id: UUID | None = None
    on: date | None = Field(default=None, description="the day on which, or since which, it is true")
    elements: dict[str, ElementValue] = Field(description="by national data-element code", examples=[{}])
    others: dict[str, ElementValue] = Field(description="by our field name, where no source names a national code")


class DocumentSection(BaseModel):
    """A section with all its entries, the latest first."""

    code: str
    title: Text
    data_set: str | None = Field(description="national data set", examples=["WS 372.2-2012"])
    entries: list[DocumentEntry]


class PersonDocument(BaseModel):
    """A whole person. Identifying fields are in full: making one needs the right to reveal them."""

    format: Literal["cmc-person"] = "cmc-person"
    version: Literal["1.0"] = "1.0"
    element_catalogue: str = Field(default=CATALOGUE_OID, description="OID of the national data-element catalogue")
    made_at: datetime
    made_by: str
    patient_id: UUID
    sections: list[DocumentSection]
