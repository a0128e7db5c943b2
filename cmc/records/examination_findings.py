"""What an examination found, by its kind: grades of eye and foot, signs of nerve, measures of heart and vessels."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from cmc.clinical.blood_pressure import HARD_DBP_MMHG, HARD_SBP_MMHG
from cmc.clinical.care_gaps import FootRisk, Retinopathy, Wagner
from cmc.clinical.hypertension_screening import AmbulatoryPressure
from cmc.core.fields import Flag, FormCode, Number, Whole
from cmc.records.codes import ExaminationKind


class _Findings(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EyeFindings(_Findings):
    """Fundus, the worse eye: grade of retinopathy (ICDR)."""

    kind: Literal[ExaminationKind.EYE]
    retinopathy: FormCode[Retinopathy] | None = Field(default=None, description="ICDR 0–4, the worse eye")
    macular_oedema: Flag = False
    haemorrhage_exudate_or_papilloedema: Flag = Field(default=False, description="a complication of hypertension")


class FootFindings(_Findings):
    """Feet, the worse one: risk (IWGDF 0–3) and Wagner's grade (0–5)."""

    kind: Literal[ExaminationKind.FOOT]
    risk: FormCode[FootRisk] | None = None
    wagner: FormCode[Wagner] | None = Field(default=None, description="from 1 on: refer")
    weak_pulse: Flag = False
    abi: Annotated[Number, Field(gt=0, le=3, decimal_places=2)] | None = Field(
        default=None, description="ankle-brachial index, the lower side; below 0.9 is abnormal"
    )


class NerveFindings(_Findings):
    """Peripheral nerves: how many of the five signs are abnormal; two are neuropathy."""

    kind: Literal[ExaminationKind.NERVE]
    abnormal_signs: Annotated[Whole, Field(ge=0, le=5)] | None = None


class KidneyImagingFindings(_Findings):
    """Ultrasound or other pictures of the kidneys."""

    kind: Literal[ExaminationKind.KIDNEY_IMAGING]
    abnormal: Flag | None = None
    bilateral_artery_stenosis: Flag = False


class EcgFindings(_Findings):
    """Electrocardiogram. Sokolow–Lyon in mV, Cornell product in mV·ms, rate per minute."""

    kind: Literal[ExaminationKind.ECG]
    abnormal: Flag | None = None
    heart_rate_per_min: Annotated[Whole, Field(ge=20, le=250)] | None = None
    atrial_fibrillation: Flag = False
    sokolow_mv: Annotated[Number, Field(ge=0, le=20, decimal_places=2)] | None = None
    cornell_mv_ms: Annotated[Number, Field(ge=0, le=2000, decimal_places=1)] | None = None


class HeartAndVesselsFindings(_Findings):
    """Echocardiogram and vessels: LVMI in g/m², intima-media in mm, pulse wave in m/s."""

    kind: Literal[ExaminationKind.HEART_AND_VESSELS]
    lvmi_g_m2: Annotated[Number, Field(gt=0, le=500, decimal_places=1)] | None = None
    imt_mm: Annotated[Number, Field(gt=0, le=10, decimal_places=2)] | None = None
    carotid_plaque: Flag | None = None
    pwv_m_s: Annotated[Number, Field(gt=0, le=50, decimal_places=1)] | None = None


_Systolic = Annotated[Whole, Field(ge=HARD_SBP_MMHG[0], le=HARD_SBP_MMHG[1])]
_Diastolic = Annotated[Whole, Field(ge=HARD_DBP_MMHG[0], le=HARD_DBP_MMHG[1])]


class AmbulatoryPressureFindings(_Findings):
    """Means of an ambulatory measurement in mmHg: of 24 hours, of the day, of the night (HTN-DX-03); BP-01 limits."""

    kind: Literal[ExaminationKind.AMBULATORY_PRESSURE]
    whole_sbp_mmhg: _Systolic | None = None
    whole_dbp_mmhg: _Diastolic | None = None
    day_sbp_mmhg: _Systolic | None = None
    day_dbp_mmhg: _Diastolic | None = None
    night_sbp_mmhg: _Systolic | None = None
    night_dbp_mmhg: _Diastolic | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        parts = self.means(date.min)
        if not any((parts.whole, parts.day, parts.night)):
            raise ValueError("give the mean of 24 hours, of the day or of the night")
        for part in ("whole", "day", "night"):
            sbp, dbp = getattr(self, f"{part}_sbp_mmhg"), getattr(self, f"{part}_dbp_mmhg")
            if (sbp is None) != (dbp is None) or (sbp is not None and sbp <= dbp):
                raise ValueError("each mean has both numbers, systolic above diastolic")
        return self

    def means(self, on: date) -> AmbulatoryPressure:
        """Return what the rules of screening ask for, of the local date on which it was measured."""
        pairs = (
            (self.whole_sbp_mmhg, self.whole_dbp_mmhg),
            (self.day_sbp_mmhg, self.day_dbp_mmhg),
            (self.night_sbp_mmhg, self.night_dbp_mmhg),
        )
        return AmbulatoryPressure(on, *((s, d) if s is not None and d is not None else None for s, d in pairs))


Findings = Annotated[
    EyeFindings
    | FootFindings
    | NerveFindings
    | KidneyImagingFindings
    | EcgFindings
    | HeartAndVesselsFindings
    | AmbulatoryPressureFindings,
    Field(discriminator="kind"),
]
_FINDINGS: TypeAdapter[Findings] = TypeAdapter(Findings)


def stored(findings: Findings) -> dict[str, object]:
    """The findings as JSON for the database: numbers stay numbers, what was not found is left out."""
    plain = findings.model_dump(mode="python", exclude_none=True)
    return {name: _number(value) for name, value in plain.items()}


def opened(findings: dict[str, object]) -> Findings:
    """The findings of a stored row."""
    return _FINDINGS.validate_python(findings)


def _number(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    return str(value) if isinstance(value, str) else float(str(value))
