"""The one list of published indicators, set by set; a new one is an entry in the file of its set."""

import hashlib
from typing import Final

from cmc.indicators.definitions import cms, hearts, metabolic, national, qof
from cmc.indicators.measure import Measure
from cmc.indicators.spans import within

SETS: Final = (national, metabolic, hearts, cms, qof)

DEFINITIONS: Final[tuple[Measure, ...]] = tuple(measure for each in SETS for measure in each.MEASURES)

COUNTED: Final[tuple[Measure, ...]] = (*DEFINITIONS, *within(DEFINITIONS))
"""The definitions, and again by quarter and month those that make sense there: all that is counted and stored."""

CODES: Final = tuple(sorted({each.code for each in DEFINITIONS}))

DIGEST: Final = hashlib.sha256(
    "\n".join(sorted(f"{each.code} {each.disease} {each.version} {each.span}" for each in COUNTED)).encode()
).hexdigest()[:16]
"""Changes when the version of any definition does, or the spans that it is counted by."""
