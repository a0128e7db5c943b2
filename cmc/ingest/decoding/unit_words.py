"""Spellings of units that senders use. Pure."""

from __future__ import annotations

from typing import Final

from cmc.clinical.units import GlucoseUnit, PressureUnit
from cmc.ingest.decoding.json_item import JsonItem

_GLUCOSE: Final = {"mmol/l": GlucoseUnit.MMOL_L, "mg/dl": GlucoseUnit.MG_DL}
_PRESSURE: Final = {"mmhg": PressureUnit.MMHG, "kpa": PressureUnit.KPA}


def glucose_spelling(text: str) -> GlucoseUnit | None:
    """The unit that a text names, whatever its capitals and spaces; None when it names none."""
    return _GLUCOSE.get(text.replace(" ", "").lower())


def pressure_spelling(text: str) -> PressureUnit | None:
    """The unit that a text names, whatever its capitals and spaces; None when it names none."""
    return _PRESSURE.get(text.replace(" ", "").lower())


def glucose_unit(item: JsonItem, name: str, known: str | None) -> tuple[str | None, str | None]:
    """The unit in a field and its own spelling when that differs; `known` only where the field says nothing."""
    text = item.text(name)
    if text is None:
        return known, None
    unit = glucose_spelling(text)
    if unit is None:
        item.fault(name, "not_in_list", "mmol/L or mg/dL")
        return None, None
    return unit.value, None if unit.value == text else text
