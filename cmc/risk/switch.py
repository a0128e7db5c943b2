"""Whether trained models are shown: in shadow until a named person switches them on for a region (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cmc.core.named import NamedStr


class Mode(NamedStr):
    """How a trained model is used."""

    SHADOW = "shadow", "影子运行", "in shadow: computed, not shown"
    SHOWN = "shown", "已启用", "shown"


@dataclass(frozen=True, slots=True)
class Switch:
    """The decision of a region about one release: who decided, from which local date on."""

    region: str
    release: str
    by: str
    on: date

    def __post_init__(self) -> None:
        if not (self.region.strip() and self.release.strip() and self.by.strip()):
            raise ValueError("a switch names a region, a release and the person who decided")


def mode(switch: Switch | None, *, region: str, release: str, on: date) -> Mode:
    """The mode on a day: shown only by a switch of this region for this very release, from its date on."""
    if switch is None or switch.region != region or switch.release != release or on < switch.on:
        return Mode.SHADOW
    return Mode.SHOWN
