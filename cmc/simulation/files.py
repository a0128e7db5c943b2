"""A simulated region as files, for imports, gateways and other systems; no database is needed.

One folder a table, in it one file a clinic, CSV or Parquet; `people` and `readings` carry the column names that
`cmc import` takes. `gateways` holds what the hubs of each clinic would post, an NDJSON file each: one reading a line,
in the order in which it is sent, with the lines that a hub sends twice. `truth` holds what nobody could know.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from cmc.core.operating import OperatorError
from cmc.core.progress import Progress
from cmc.simulation import care, truth
from cmc.simulation.cells import Drawn, draw_all
from cmc.simulation.home import CUFF, PERIODS
from cmc.simulation.plan import IDENTIFIER_SYSTEM, Plan, stream
from cmc.simulation.region import Clinic, Region, region
from cmc.simulation.rows import exams, people, readings, texts, visits
from cmc.simulation.rows.wording import Wording
from cmc.simulation.visits import judges

_RESENT: Final = 0.01
"""Uploads that a hub sends a second time because the answer was lost."""
_TECHNICAL: Final = ("id", "encounter_id", "enrolment_id", "actor", "inputs", "ruleset", "created_at", "receipt_id")
Frames = Iterator[tuple[str, pl.DataFrame]]


class FileFormat(StrEnum):
    """How tables are written."""

    CSV = "csv"
    PARQUET = "parquet"


def write(plan: Plan, folder: Path, how: FileFormat, *, progress: Progress) -> dict[str, int]:
    """Write a region into an empty or new folder; return the number of rows of every table.

    The same plan writes the same bytes. Raises `OperatorError` when the folder holds something already.
    """
    if folder.exists() and any(folder.iterdir()):
        raise OperatorError(f"{folder} is not empty: a simulated region needs a folder of its own.")
    where, judging = region(plan), judges()
    wording, rows = Wording(judging), dict[str, int]()
    parts: dict[str, list[pl.DataFrame]] = {}
    clinic = where.clinics[0]
    for drawn in draw_all(plan, where, judging):
        progress("people", drawn.cell.first_person, plan.people)
        if drawn.cell.clinic is not clinic:
            _write_clinic(folder, how, clinic, parts, rows)
            clinic, parts = drawn.cell.clinic, {}
        for table, frame in frames_of(plan, where, drawn, wording):
            parts.setdefault(table, []).append(frame)
        _write_hub(plan, folder / "gateways" / drawn.cell.clinic.code, drawn)
    _write_clinic(folder, how, clinic, parts, rows)
    _write_frame(folder / "clinics", how, clinics(where))
    _write_frame(folder / "truth" / "clinics", how, truth.truth_of_clinics(where))
    write_plan(plan, folder, rows)
    progress("people", plan.people, plan.people)
    return rows


class TruthFolder:
    """Keeps the hidden truth of the cells that it is shown, and writes it as Parquet, over what is there."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.folder = plan, folder
        self._people: list[pl.DataFrame] = []

    def see(self, drawn: Drawn) -> None:
        """Keep the truth of a cell."""
        self._people.append(truth.truth_of_people(self.plan, drawn))

    def write(self, rows: dict[str, int]) -> None:
        """Write people, clinics and the plan with the number of rows stored."""
        _write_frame(self.folder / "people", FileFormat.PARQUET, pl.concat(self._people))
        _write_frame(self.folder / "clinics", FileFormat.PARQUET, truth.truth_of_clinics(region(self.plan)))
        write_plan(self.plan, self.folder, rows)


def write_plan(plan: Plan, folder: Path, rows: dict[str, int]) -> None:
    """Write what was simulated, and how many rows of it, to `plan.json`."""
    words = json.dumps({**asdict(plan), "end": plan.end.isoformat(), "rows": rows}, indent=2)
    (folder / "plan.json").write_text(words + "\n", encoding="utf-8")


def clinics(where: Region) -> pl.DataFrame:
    """Return the clinics of a region with their districts."""
    return pl.DataFrame([
        {
            "code": each.code,
            "name": each.name.zh,
            "name_en": each.name.en,
            "district": where.districts[each.district].code,
        }
        for each in where.clinics
    ])  # fmt: skip


def frames_of(plan: Plan, where: Region, drawn: Drawn, wording: Wording) -> Frames:
    """Yield the tables of a cell: people by number, clinics by code, values as the service stores them."""
    who, life, visit = drawn.who, drawn.life, drawn.visit
    rng, home = stream(plan, drawn.cell.number, "ids"), drawn.cell.clinic.number
    numbers = pl.Series(who.number).cast(pl.String)
    codes = [each.code for each in where.clinics]
    found = visits.records(visit)
    enrolments, events = people.enrolment_rows(
        rng, who, life, visits.seen(len(who), life, visit, found), numbers, codes, home
    )
    yield "people", _people(drawn)
    yield "enrolments", _plain(enrolments)
    yield (
        "enrolment_events",
        _plain(
            events.join(
                enrolments.select("patient_id", "disease", "clinic_id", enrolment_id="id"),
                on="enrolment_id",
                how="left",
                maintain_order="left",
            )
        ),
    )
    yield "visits", _plain(
        visits.followup_rows(rng, who, life, visit, found, wording, numbers, codes, home)
    ).sort("person", "visited_on", "disease")  # fmt: skip
    labs = pl.repeat("[]", len(drawn.exam["who"]), eager=True)  # they have a table of their own
    yield "exams", _plain(exams.exam_rows(rng, life, drawn.exam, labs, numbers, codes, home))
    yield "laboratory", care.laboratory(plan, drawn)
    yield "medicines", care.medicines(drawn)
    yield "referrals", care.referrals(plan, drawn, wording.judging)
    yield "emergencies", care.emergencies(drawn, wording.judging)
    yield "readings", _readings(drawn)
    yield "truth/people", truth.truth_of_people(plan, drawn)


def _people(drawn: Drawn) -> pl.DataFrame:
    who = drawn.who
    given = [people.given_number(who, place) for place in range(len(who))]
    return pl.DataFrame({
        "identifier_system": pl.repeat(IDENTIFIER_SYSTEM, len(who), eager=True),
        "identifier_value": pl.Series(who.number).cast(pl.String),
        "name": pl.Series(who.name.tolist()),
        "sex": texts.taken(["F", "M"], who.male.astype(np.int64)),
        "birth_date": texts.days(who.birth),
        "citizen_id": pl.Series(given, dtype=pl.String),
        "phone": pl.Series([each or None for each in who.phone.tolist()], dtype=pl.String),
        "address": pl.Series(who.address.tolist()),
        "registered_on": texts.days(drawn.life.registered),
    })  # fmt: skip


def _readings(drawn: Drawn) -> pl.DataFrame:
    who, reading = drawn.who, drawn.reading
    cuff = pl.Series(reading["kind"] == CUFF)
    return pl.DataFrame({
        "patient_system": pl.repeat(IDENTIFIER_SYSTEM, len(cuff), eager=True),
        "patient_value": pl.Series(who.number[reading["who"]]).cast(pl.String),
        "kind": texts.taken(["blood_pressure", "glucose"], reading["kind"]),
        "systolic": texts.whole(reading["sbp"]),
        "diastolic": texts.whole(reading["dbp"]),
        "pulse": texts.whole(reading["pulse"]),
        "value": texts.tenths(reading["glucose"]),
        "unit": texts.taken(["mmHg", "mmol/L"], reading["kind"]),
        "period": texts.taken([each[0].value for each in PERIODS], reading["period"]),
        "taken_at": readings.clock_texts(reading["shown"]),
        "device": readings.devices(who, reading),
        "sequence": pl.Series(reading["sequence"]),
        "received_at": readings.clock_texts(reading["received"]),
    })  # fmt: skip


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out what only a database needs, and name people and clinics for what stands there."""
    kept = [name for name in frame.columns if name not in _TECHNICAL]
    return frame.select(kept).rename({"patient_id": "person", "clinic_id": "clinic"}).select(
        "person", pl.exclude("person")
    )  # fmt: skip


def _write_clinic(
    folder: Path, how: FileFormat, clinic: Clinic, parts: dict[str, list[pl.DataFrame]], rows: dict[str, int]
) -> None:
    for table, frames in parts.items():
        frame = pl.concat(frames)
        rows[table] = rows.get(table, 0) + len(frame)
        _write_frame(folder / table / clinic.code, how, frame)


def _write_frame(path: Path, how: FileFormat, frame: pl.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if how is FileFormat.CSV:
        frame.write_csv(path.with_suffix(".csv"), datetime_format="%Y-%m-%dT%H:%M:%SZ", time_format="%H:%M")
    else:
        frame.write_parquet(path.with_suffix(".parquet"))


def _write_hub(plan: Plan, folder: Path, drawn: Drawn) -> None:
    """Write what a hub sends; the uploads whose answer was lost come a second time, right after the first."""
    sent, upload = readings.uploads(drawn.who, drawn.reading), drawn.reading["upload"]
    rng = stream(plan, drawn.cell.number, "resends")
    again = rng.random(int(upload[-1]) + 1 if len(upload) else 0) < _RESENT
    order = np.concatenate([np.flatnonzero(upload == each) for each in np.flatnonzero(again)] or [np.arange(0)])
    lines = np.concatenate([np.arange(len(upload)), order])
    later = np.concatenate([np.zeros(len(upload)), np.ones(len(order))])
    lines = lines[np.lexsort((lines, later, upload[lines]))]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{readings.hub(drawn.cell)}.ndjson"
    path.write_text("".join(f"{line}\n" for line in sent.items.gather(lines)), encoding="utf-8")
