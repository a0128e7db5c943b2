"""Closed sets of devices."""

from typing import Final

from cmc.clinical.codes import ReadingKind
from cmc.core.named import NamedStr


class DeviceKind(NamedStr):
    """What a device measures with."""

    METER = "meter", "血糖仪", "Glucose meter"
    SENSOR = "sensor", "动态血糖传感器", "Glucose sensor"
    CUFF = "cuff", "血压计", "Blood-pressure cuff"
    COMBINED = "combined", "血糖血压一体机", "Glucose meter and cuff in one"


MEASURES: Final = {
    DeviceKind.METER: frozenset({ReadingKind.GLUCOSE}),
    DeviceKind.SENSOR: frozenset({ReadingKind.GLUCOSE}),
    DeviceKind.CUFF: frozenset({ReadingKind.BLOOD_PRESSURE}),
    DeviceKind.COMBINED: frozenset(ReadingKind),
}


def kinds_that_measure(kind: str) -> list[str]:
    """Return the kinds of device that give readings of a kind."""
    return [device.value for device, measured in MEASURES.items() if kind in measured]
