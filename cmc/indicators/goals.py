"""What share an indicator shall reach, by when, and who says so: read from goals.toml, never computed with."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from cmc.clinical.codes import Disease
from cmc.core.text import Text

_FILE: Final = Path(__file__).with_suffix(".toml")


class Goal(NamedTuple):
    """A share in percent that shall be reached by the end of a year, with the document that says so."""

    percent: Decimal
    year: int
    source: Text


@cache
def goals() -> Mapping[tuple[str, Disease], Goal]:
    """Return the published goals by code and disease; an indicator that is missing has none."""
    read = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            (each["code"], Disease(each["disease"])): Goal(
                Decimal(each["percent"]), each["year"], Text(each["source"]["zh"], each["source"]["en"])
            )
            for each in read["goal"]
        }
    )
