"""Values of an annual examination that cannot be: the shared checks BP-01 and GLU-04, as faults of fields.

The hard range of each single value is in the schema. A value that is only unusual is taken.
"""

from decimal import Decimal
from typing import Final

from cmc.clinical import blood_pressure, glucose
from cmc.clinical.codes import Concern
from cmc.clinical.units import GlucoseUnit
from cmc.core.errors import FieldError

_PRESSURE: Final = {
    Concern.OUT_OF_RANGE: FieldError("/sbp_mmhg", "out_of_range", "must lie in the hard ranges (BP-01)"),
    Concern.NOT_ABOVE_DIASTOLIC: FieldError(
        "/dbp_mmhg", "not_below_systolic", "must be below the systolic pressure (BP-01)"
    ),
    Concern.NARROW_PULSE_PRESSURE: FieldError(
        "/dbp_mmhg", "narrow_pulse_pressure", "must be 10 mmHg or more below the systolic (BP-01)"
    ),
}
_FASTING: Final = {  # the first that applies
    Concern.UNIT_MISMATCH: FieldError(
        "/fasting_glucose_mmol_l", "unit_mismatch", "must be in mmol/L; this looks like mg/dL: divide by 18 (GLU-04)"
    ),
    Concern.OUT_OF_RANGE: FieldError(
        "/fasting_glucose_mmol_l", "out_of_range", "must lie between 0.5 and 50 mmol/L (GLU-04)"
    ),
}


def pressure_faults(sbp_mmhg: int | None, dbp_mmhg: int | None, *, under: str = "") -> list[FieldError]:
    """Return what forbids a pair; nothing when one of the two is not given. `under` is the pointer of the pair."""
    if sbp_mmhg is None or dbp_mmhg is None:
        return []
    found = blood_pressure.concerns(sbp_mmhg, dbp_mmhg)
    faults = (_PRESSURE[concern] for concern in found if concern.blocking)
    return [FieldError(under + each.pointer, each.code, each.detail) for each in faults]


def fasting_faults(glucose_mmol_l: Decimal | None) -> list[FieldError]:
    """Return what forbids a fasting glucose, at most one fault."""
    if glucose_mmol_l is None:
        return []
    found = glucose.concerns(glucose_mmol_l, GlucoseUnit.MMOL_L)
    return [fault for concern, fault in _FASTING.items() if concern in found][:1]
