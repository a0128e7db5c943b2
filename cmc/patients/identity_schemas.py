"""What the API takes and gives of a person's basic data: form fields, documents, phones, a change with its tag."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from cmc.clinical.basic_information import (
    BloodGroup,
    Disability,
    DrugAllergy,
    Education,
    Exposure,
    FamilyDisease,
    MaritalStatus,
    PastDisease,
    Payment,
    Residence,
    Rhesus,
)
from cmc.clinical.codes import Sex
from cmc.clinical.identity_documents import DocumentKind
from cmc.core.fields import FormCode, Line, LocalDate, Name
from cmc.patients.codes import PhoneRelation, Relative
from cmc.patients.tables import BasicInformation

_STRICT = ConfigDict(extra="forbid")
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 -]{4,19}$", examples=["13812346131"])]
Month = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2015-06"])]
Village = Annotated[str, Field(pattern=r"^[0-9]{12}$", examples=["120103001001"])]


class DocumentIn(BaseModel):
    """An identity document beside the citizen ID (IDC-05)."""

    model_config = _STRICT

    kind: DocumentKind
    number: Line


class DocumentOut(BaseModel):
    """A document on file."""

    kind: DocumentKind
    number: str = Field(description="masked")


class PhoneIn(BaseModel):
    """A phone and whose it is."""

    model_config = _STRICT

    relation: PhoneRelation
    phone: Phone
    contact: Name | None = Field(default=None, description="who answers, when it is not the person")


class PhoneOut(BaseModel):
    """A phone on file."""

    relation: PhoneRelation
    phone: str | None = Field(description="masked")
    contact: str | None = Field(description="masked")


class PastDiseaseIn(BaseModel):
    """One former disease of the form with its month."""

    model_config = _STRICT

    code: FormCode[PastDisease]
    since: Month | None = None
    text: Line | None = Field(default=None, description="which one, for 6, 12 and 13")


class PastEventIn(BaseModel):
    """One operation, injury or transfusion with its month; of a transfusion the text is its reason."""

    model_config = _STRICT

    text: Line
    since: Month | None = None


PastEvents = Annotated[list[PastEventIn], Field(max_length=20)]


class InformationFields(BaseModel):
    """The coded fields of the basic information form (个人基本信息表, rules §3.3); all may be left out."""

    model_config = _STRICT

    residence: FormCode[Residence] | None = None
    nationality: Annotated[str, Field(pattern=r"^(0[1-9]|[1-4][0-9]|5[0-6]|97|98|99)$")] | None = Field(
        default=None, description="01 Han, 02–56 GB/T 3304, 99 another"
    )
    blood_group: FormCode[BloodGroup] | None = None
    rhesus: FormCode[Rhesus] | None = None
    education: FormCode[Education] | None = None
    marital_status: FormCode[MaritalStatus] | None = None
    payments: Annotated[list[FormCode[Payment]], Field(max_length=8)] | None = None
    drug_allergies: Annotated[list[FormCode[DrugAllergy]], Field(max_length=5)] | None = None
    exposures: Annotated[list[FormCode[Exposure]], Field(max_length=4)] | None = None
    disabilities: Annotated[list[FormCode[Disability]], Field(max_length=8)] | None = None
    diseases: Annotated[list[PastDiseaseIn], Field(max_length=20)] | None = None
    family: dict[Relative, Annotated[list[FormCode[FamilyDisease]], Field(max_length=12)]] | None = None
    region_code: Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3}([0-9]{3})?)?$")] | None = Field(
        default=None, description="of the address: 6, 9 or 12 digits"
    )
    family_doctor: Name | None = None
    operations: PastEvents | None = Field(default=None, description="手术; an empty list: none")
    injuries: PastEvents | None = Field(default=None, description="外伤; an empty list: none")
    transfusions: PastEvents | None = Field(default=None, description="输血; an empty list: none")
    genetic_disease: Line | None = Field(default=None, description="遗传病史")
    employer: Line | None = Field(default=None, description="工作单位")

    @classmethod
    def of(cls, row: BasicInformation) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class PatientChange(BaseModel):
    """A change of basic data: what is left out stays, null clears. `documents` and `phones` are whole lists."""

    model_config = _STRICT

    name: Name | None = None
    sex: Sex | None = None
    birth_date: LocalDate | None = None
    birth_date_precision: Annotated[str, Field(pattern="^(day|year)$")] | None = None
    citizen_id: Line | None = None
    phone: Phone | None = None
    address: Line | None = None
    documents: Annotated[list[DocumentIn], Field(max_length=5)] | None = None
    phones: Annotated[list[PhoneIn], Field(max_length=10)] | None = None
    information: InformationFields | None = None


class CheckedDocument(BaseModel):
    """What the number of a document tells."""

    kind: DocumentKind
    birth_date: date | None
    sex: Sex | None
    region: str | None = Field(description="6 digits, of the place that issued it")
    nationality: str | None
    doubts: list[str] = Field(description="codes of what a person should look at, such as CHECK_DIGIT")


class Resolved(BaseModel):
    """Where a record went."""

    patient_id: UUID
