"""The one set-based statement that makes the facts of a period: a row per person, disease and clinic.

The same text serves the whole region and a few touched people; only a line `AND x.patient_id = ANY(…)` is added to
what is read of them. Its parts stand in `fact_parts`.

What it decides ([D] where the rules are silent):

- A stint counts from its first to its last managed day, cut to the period; death closes it. A withdrawn diagnosis takes
  the stint, and those before it, out of the whole year of the withdrawal and of what follows.
- Who has a managed day in the period counts in it. Of a period that begins within the year, a month or a quarter, the
  readings are those of the year up to its end: without a follow-up in it the latest earlier one of the year counts
  (CTRL-07). Follow-ups, examinations, tasks and managed days are counted within the period alone.
- A person is assigned to the clinic whose stint reaches furthest into the period (of equals the one entered last). Only
  there the person is active at the end, so that a region's people are the sum of its clinics' people.
- A person gone by death, move or transfer before the last day is not active at the end; refused and lost ends stay
  until the year is over (LIFE-04, CTRL-04).
- At a clinic count the follow-ups made there during its own stints; in the pooled row all follow-ups during any stint.
  When both are the same, one row serves both. Exams count in the year, before or after the enrolment's first day, for
  the diseases whose required fields they hold [D]; of a corrected one what stands, of a retracted one nothing.
- Follow-ups count on distinct days (FU-VALID-01/02). The reading is the last follow-up made according to the
  specification (CTRL-01); one that lacks nothing but its measured value is that follow-up too, and without value
  (CTRL-05) [D]. Same day: the later time, no time being the earliest [D]; equal times: the higher value (CTRL-06).
- What the sets of other countries ask for looks back twelve calendar months from the period's end, at the follow-ups of
  the disease of any mode at any clinic, inside of a stint or not; laboratory results and examinations likewise [D].
  Of two results of a day the higher one counts, CMS takes the lowest.
- Laboratory results, examinations, medicines, diagnoses and stays are those that stand: not replaced, not retracted.
- Of the pair of diseases (IND-22) type 2 diabetes is judged by its pooled row, also at a clinic [D].
- A task counts in the period of its due day, by the day on which it was settled; a cancelled one not at all [D].

Why it is written as text: everything hangs on one pass over the follow-ups, which reads nothing but their index. Days
are bits of a bit string (`bit_or` finds distinct days and quarters at once) and a reading is packed into one integer
whose maximum is the last one, so that one hash aggregate needs neither a sort nor a window. The aggregates are
idempotent: overlapping stints of a merged person cannot count a visit twice. Windows are left to people with several
stints, and `OFFSET 0` keeps what several aggregates need from being computed for each of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    TEXT,
    BigInteger,
    BindParameter,
    Column,
    SmallInteger,
    Table,
    TextualSelect,
    Uuid,
    bindparam,
    text,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from cmc.clinical.codes import FACE_TO_FACE, EndReason
from cmc.clinical.medicines import DrugClass, catalogue
from cmc.clinical.periods import add_months
from cmc.core.clock import LOCAL
from cmc.followups.rules.validity import MEASURED
from cmc.indicators import fact_columns, fact_parts
from cmc.indicators.periods import Period, Span
from cmc.indicators.tables import IndicatorFact

STATUTORY_AGE_FROM: Final = 35  # HTN-EN-02, DM-FU-01
LEAVING: Final = (EndReason.DIED, EndReason.MOVED_OUT, EndReason.TRANSFERRED)
PUNCTUAL_DAYS: Final = 7  # IND-06

FACT: Final[Table] = SQLModel.metadata.tables[IndicatorFact.__tablename__]

_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "patient_ids": ARRAY(Uuid()),
    "measured": ARRAY(TEXT()),
    "leaving": ARRAY(TEXT()),
    "face_to_face": ARRAY(SmallInteger()),
    "lipids": ARRAY(TEXT()),
    "analytes": ARRAY(TEXT()),
    "statins": ARRAY(TEXT()),
    "most": BigInteger(),
}
_PEOPLE: Final = re.compile(r"\{people:(\w)\}")
_EVENTS: Final = re.compile(r"\{events:(\w)\}")
_OF_THEIR_ENROLMENTS: Final = (
    r"AND \1.enrolment_id IN (SELECT own.id FROM enrolment AS own WHERE own.patient_id = ANY(:patient_ids))"
)
_NAMED: Final = re.compile(r"(?<!:):(\w+)")
LIPIDS: Final = ("TC", "TG", "LDL", "HDL")
_ANALYTES: Final = (*LIPIDS, "HBA1C", "CREATININE", "EGFR", "UACR")
_MOST: Final = 2**36 - 1  # millionths that a packed result can hold
_ICD10: Final = {
    "vascular": r"^(I2[0-5]|I6[3-69]|I70|I73\.9|G45)",
    "renal": r"^(N18\.[56]|N18\.0|Z49|Z94\.0|Z99\.2)",
    "pregnancy": r"^(O|Z3[345])",
    "palliative": r"^Z51\.5",
}
"""Codes of ICD-10 that exclude from, or sharpen, an indicator; the bits of `Circumstance` in this order [D]."""


def statement(
    period: Period, patient_ids: Sequence[UUID] | None = None, *, columns: Collection[str] | None = None
) -> TextualSelect:
    """Return the SELECT of a period's facts, with the columns of `indicator_fact`.

    `patient_ids` restricts it to some people; None means everybody. With `columns` it gives these alone and reads no
    part of the record that none of them needs.
    """
    wanted = [each.name for each in FACT.columns if columns is None or each.name in columns]
    sql = _sql(tuple(wanted), of_people=patient_ids is not None)
    values = values_of(period)
    if patient_ids is not None:
        values["patient_ids"] = list(patient_ids)
    used = set(_NAMED.findall(sql))
    binds: list[BindParameter[Any]] = [
        bindparam(name, value, type_=_TYPES.get(name)) for name, value in values.items() if name in used
    ]
    found: list[Column[Any]] = [Column(name, FACT.columns[name].type) for name in wanted]
    return text(sql).bindparams(*binds).columns(*found)


@cache
def _sql(wanted: tuple[str, ...], *, of_people: bool) -> str:
    """Put the parts together that some columns need; OFFSET 0 keeps each column from being computed at every use."""
    columns = ",\n    ".join(f"{fact_columns.COLUMNS[name]} AS {name}" for name in wanted)
    joined = {name: each for name, each in fact_columns.JOINED.items() if _uses(columns, name)}
    needs = columns + fact_columns.PAIR if "pair" in joined else columns
    values = [name for name in fact_parts.VALUES if name == fact_parts.ALWAYS or re.search(rf"\b{name}\b", needs)]
    merged = _listed(values, lambda name, how, _: f"{how}({name}) AS {name}")
    sql = (
        fact_parts.STINTS
        + fact_parts.VISITS.replace("{aggregates}", _listed(values, lambda name, _, made: f"{made} AS {name}"))
        .replace("{values}", ", ".join(values))
        .replace("{merged}", merged)
        + fact_parts.PLACES.replace("{merged}", merged)
        .replace("{own}", _listed(values, lambda name, *_: _own(name)))
        .replace("{pooled}", _listed(values, lambda name, *_: f"v.{name}"))
        .replace("{materialized}", "MATERIALIZED" if "pair" in joined else "NOT MATERIALIZED")
        + "".join(f", {part}" for part, _ in joined.values())
        + f"\nSELECT {columns}\nFROM counted AS c"
        + "".join(f"\nLEFT JOIN {how}" for _, how in joined.values())
        + "\nWHERE c.last_on >= :first_day\nOFFSET 0"
    )
    sql = _PEOPLE.sub(r"AND \1.patient_id = ANY(:patient_ids)" if of_people else "", sql)
    return _EVENTS.sub(_OF_THEIR_ENROLMENTS if of_people else "", sql)


def _uses(sql: str, name: str) -> bool:
    return re.search(rf"\b{name}\.", sql) is not None


def _listed(values: Iterable[str], made: Callable[[str, str, str], str]) -> str:
    return ",\n        ".join(made(name, *fact_parts.VALUES[name]) for name in values)


def _own(name: str) -> str:
    return f"coalesce(w.{name}, v.{name}) AS {name}" if name in fact_parts.ANYWHERE else f"v.{name}"


def window_start(period: Period) -> date:
    """The first day that the facts of twelve months look back to: eleven months before the month of the end."""
    return min(period.start, add_months(date(period.end.year, period.end.month, 1), -11))


def values_of(period: Period) -> dict[str, Any]:
    """Return the parameters of the statement for a period; `patient_ids` is added by who asks for some people."""
    values: dict[str, Any] = {
        "first_day": period.start,
        "last_day": period.end,
        "year_start": min(period.start, Span.YEAR.first_day(period.end)),
        "quarter_start": Span.QUARTER.first_day(period.end),
        "month_start": Span.MONTH.first_day(period.end),
        "window_start": window_start(period),
        "next_year": date(period.end.year + 1, 1, 1),
        "statutory_age": STATUTORY_AGE_FROM,
        "leaving": [each.value for each in LEAVING],
        "face_to_face": sorted(each.value for each in FACE_TO_FACE),
        "measured": list(MEASURED),
        "lipids": list(LIPIDS),
        "analytes": list(_ANALYTES),
        "most": _MOST,
        "statins": sorted(each.code for each in catalogue().medicines.values() if each.has(DrugClass.STATIN)),
        "punctual": PUNCTUAL_DAYS,
        "zone": LOCAL.key,
        **_ICD10,
    }
    after = period.end + timedelta(1)  # nobody is managed or seen on it: the quarter that is not there
    found = [(each.start, each.end) for each in period.whole_quarters]
    for number, (start, last) in enumerate([*found, *[(after, after)] * 4][:4], start=1):
        values |= {
            f"q{number}_start": start,
            f"q{number}_last": last,
            f"q{number}_from": (start - period.start).days + 1,
            f"q{number}_days": (last - start).days + 1,
        }
    return values
