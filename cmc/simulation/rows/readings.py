"""Home readings as gateways send them and as rows: readings, the receipts they came in, and what had to be held."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from typing import Final
from uuid import UUID

import numpy as np
import polars as pl

from cmc.clinical import blood_pressure, glucose
from cmc.clinical.codes import Concern, ReadingKind, Setting, Specimen
from cmc.clinical.emergencies import reading_tier
from cmc.clinical.units import GlucoseUnit, PressureUnit, mmol_l
from cmc.ingest import identity, judging
from cmc.ingest.formats import native
from cmc.ingest.keeping import Arrival, held
from cmc.ingest.received import Received
from cmc.ingest.tables import HoldKind
from cmc.simulation.home import CUFF, PERIODS, UTC_OFFSET_SECONDS
from cmc.simulation.lives import Ending, Lives
from cmc.simulation.people import Flags, People, Whole
from cmc.simulation.plan import IDENTIFIER_SYSTEM
from cmc.simulation.region import Cell
from cmc.simulation.rows import texts
from cmc.simulation.rows.people import CHANGED_MINUTE
from cmc.simulation.rows.sealing import Seal
from cmc.simulation.visits import Columns

_KINDS: Final = (ReadingKind.BLOOD_PRESSURE.value, ReadingKind.GLUCOSE.value)
_DAY_SECONDS: Final = 86_400
_SBP, _DBP = 301, 201  # one above the hard limits: the size of the table of pressures
_GLUCOSE_TENTHS: Final = 501


@dataclass(frozen=True, slots=True)
class Uploads:
    """The readings of a cell as its hub sends them: each item as JSON, and the bodies they travel in."""

    items: pl.Series
    bodies: list[bytes]


def hub(cell: Cell) -> str:
    """Return the name of the gateway that collects the readings of a cell."""
    return f"simulated-hub-{cell.number:04d}"


def uploads(who: People, reading: Columns) -> Uploads:
    """Return what the hub posts: every reading an item of the native format, every upload a body."""
    frame = pl.DataFrame({
        "cuff": pl.Series(reading["kind"] == CUFF),
        "person": pl.Series(who.number[reading["who"]]).cast(pl.String),
        "sbp": pl.Series(reading["sbp"]),
        "dbp": pl.Series(reading["dbp"]),
        "pulse": pl.Series(reading["pulse"]),
        "glucose": texts.tenths(reading["glucose"]),
        "period": texts.taken([each[0].value for each in PERIODS], reading["period"]),
        "time": clock_texts(reading["shown"]),
        "device": devices(who, reading),
        "sequence": pl.Series(reading["sequence"]),
        "upload": pl.Series(reading["upload"]),
    })  # fmt: skip
    whose = [pl.lit(f'"patient":{{"system":"{IDENTIFIER_SYSTEM}","value":"'), "person", pl.lit('"},')]
    when = [
        pl.lit(',"taken_at":"'), "time", pl.lit('","device":"'), "device", pl.lit('","sequence":'), "sequence",
        pl.lit("}"),
    ]  # fmt: skip
    pressure = pl.concat_str([
        pl.lit('{"kind":"blood_pressure",'), *whose, pl.lit('"systolic":'), "sbp", pl.lit(',"diastolic":'), "dbp",
        pl.lit(',"pulse":'), "pulse", pl.lit(',"unit":"mmHg"'), *when,
    ])  # fmt: skip
    sugar = pl.concat_str([
        pl.lit('{"kind":"glucose",'), *whose, pl.lit('"value":'), "glucose", pl.lit(',"unit":"mmol/L","period":"'),
        "period", pl.lit('"'), *when,
    ])  # fmt: skip
    items = frame.select("upload", item=pl.when("cuff").then(pressure).otherwise(sugar))
    bodies = items.group_by("upload", maintain_order=True).agg(pl.col("item").str.join(","))
    return Uploads(items["item"], [f'{{"items":[{each}]}}'.encode() for each in bodies["item"]])


def clock_texts(shown: Whole) -> pl.Series:
    """Return what devices' clocks showed as times with the local offset."""
    return texts.seconds(shown + UTC_OFFSET_SECONDS).dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")


def devices(who: People, reading: Columns) -> pl.Series:
    """Return the device that took each reading."""
    number = pl.Series(who.number[reading["who"]]).cast(pl.String).str.zfill(7)
    kind = texts.taken(["BP-", "GM-"], reading["kind"])
    return kind + number


def reading_rows(
    seal: Seal,
    cell: Cell,
    who: People,
    life: Lives,
    reading: Columns,
    sent: Uploads,
    ids: pl.Series,
    clinics: list[str],
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return the rows of `reading`, `receipt` and `held_reading`."""
    arrivals = [Arrival(f"gateway:{hub(cell)}", native.FORMAT.code, body, seal.keys) for body in sent.bodies]
    named = [each.receipt_id for each in arrivals]
    receipt_ids = [each.hex for each in named]
    bodies = [each.sealed(receipt_id, under=seal.under) for each, receipt_id in zip(arrivals, named, strict=True)]
    first = np.unique(reading["upload"], return_index=True)[1]
    aside = reading["shown"] < datetime(judging.EARLIEST_YEAR, 1, 1, tzinfo=UTC).timestamp() - UTC_OFFSET_SECONDS
    receipts = pl.DataFrame({
        "id": pl.Series(receipt_ids, dtype=pl.String),
        "received_at": texts.seconds(reading["received"][first]),
        "source": pl.Series([each.source for each in arrivals], dtype=pl.String),
        "format": pl.Series([each.format for each in arrivals], dtype=pl.String),
        "data_key": texts.binary(data_key for data_key, _ in bodies),
        "body": texts.binary(body for _, body in bodies),
        **_accounts(reading, aside, first),
    })  # fmt: skip
    clinic = _clinics(cell, life, reading)
    own = np.flatnonzero(~aside)
    stored = {name: each[own] for name, each in reading.items()}
    rows = _rows(who, stored, ids, texts.taken(clinics, clinic[own]), texts.taken(receipt_ids, stored["upload"]))
    return (
        rows,
        receipts,
        _held(who, reading, aside, sent, ids, [clinics[each] for each in clinic.tolist()], receipt_ids),
    )


def _accounts(reading: Columns, aside: Flags, first: Whole) -> dict[str, pl.Series]:
    """What each receipt says of its items; a simulated gateway's readings are all new, or held for their clock."""
    number = np.searchsorted(reading["upload"][np.sort(first)], reading["upload"])
    count, most = len(first), np.iinfo(np.int64).max
    lag, own = reading["received"] - reading["shown"], ~aside
    least, greatest = np.full(count, most), np.full(count, -most)
    np.minimum.at(least, number[own], lag[own])
    np.maximum.at(greatest, number[own], lag[own])
    created = np.bincount(number[own], minlength=count)
    told = {
        "items": np.bincount(number, minlength=count),
        "created": created,
        "held": np.bincount(number[aside], minlength=count),
        "refused": np.zeros(count, dtype=np.int64),
    }
    lags = {"least_lag_seconds": least, "most_lag_seconds": greatest}
    series = {name: pl.Series(values) for name, values in told.items()}
    return series | {name: pl.Series(values).set(pl.Series(created == 0), None) for name, values in lags.items()}


def _clinics(cell: Cell, life: Lives, reading: Columns) -> Whole:
    """The clinic of each reading's person at the moment of arrival: after a transfer the new one."""
    who = reading["who"]
    moved_at = life.ended[who] * _DAY_SECONDS + CHANGED_MINUTE * 60 - UTC_OFFSET_SECONDS
    moved = (life.ending[who] == Ending.TRANSFERRED) & (reading["received"] >= moved_at)
    return np.where(moved, life.to_clinic[who], cell.clinic.number)


def _rows(who: People, reading: Columns, ids: pl.Series, clinic: pl.Series, receipt: pl.Series) -> pl.DataFrame:
    cuff = reading["kind"] == CUFF
    device, shown = devices(who, reading), reading["shown"]
    kind = texts.taken(_KINDS, reading["kind"])
    pressure, sugar = _pressures(), _sugars()
    sbp, dbp, tenths = (np.maximum(reading[name], 0) for name in ("sbp", "dbp", "glucose"))
    red = np.where(cuff, pressure[0][sbp, dbp], sugar[0][tenths])
    unusual = np.where(cuff, pressure[1][sbp, dbp], sugar[1][tenths])
    ahead = shown > reading["received"] + int(judging.ORDINARY_SKEW.total_seconds())
    spelled = pl.DataFrame({"s": reading["sbp"], "d": reading["dbp"], "p": reading["pulse"]}).select(
        pl.format("{}/{}/{}", "s", "d", "p")
    )
    notes = [None, judging.UNUSUAL, judging.CLOCK_AHEAD, f"{judging.CLOCK_AHEAD} {judging.UNUSUAL}"]
    return pl.DataFrame({
        "id": _reading_ids(ids.gather(reading["who"]), device, kind, reading["sequence"], shown),
        "taken_on": texts.days((shown + UTC_OFFSET_SECONDS) // _DAY_SECONDS),
        "patient_id": ids.gather(reading["who"]),
        "clinic_id": clinic,
        "kind": kind,
        "taken_at": texts.seconds(shown),
        "received_at": texts.seconds(reading["received"]),
        "setting": pl.repeat(Setting.HOME.value, len(shown), eager=True),
        "period": texts.taken([each[0].value for each in PERIODS], reading["period"]),
        "specimen": texts.taken([Specimen.CAPILLARY.value], np.where(cuff, -1, 0)),
        "glucose_umol_l": texts.whole(reading["glucose"] * 100),
        "sbp_mmhg": texts.whole(reading["sbp"]),
        "dbp_mmhg": texts.whole(reading["dbp"]),
        "pulse_bpm": texts.whole(reading["pulse"]),
        "alert_tier": texts.taken(["RED"], np.where(red, 0, -1)),
        "device": device,
        "sequence": pl.Series(reading["sequence"]),
        "value_text": spelled.to_series().zip_with(pl.Series(cuff), texts.tenths(reading["glucose"])),
        "unit_text": texts.taken([PressureUnit.MMHG.value, GlucoseUnit.MMOL_L.value], reading["kind"]),
        "device_time_text": clock_texts(shown),
        "utc_offset_minutes": pl.repeat(UTC_OFFSET_SECONDS // 60, len(shown), eager=True),
        "notes": texts.taken(notes, unusual + 2 * ahead),
        "receipt_id": receipt,
    })  # fmt: skip


def _reading_ids(person: pl.Series, device: pl.Series, kind: pl.Series, sequence: Whole, shown: Whole) -> pl.Series:
    """`identity.by_sequence` for many readings at once: the same bytes hashed, the same bits set."""
    prefix = "\x1f".join(("reading", identity.VERSION, "seq", ""))
    frame = pl.DataFrame({"person": person, "device": device, "kind": kind, "sequence": pl.Series(sequence),
                          "at": pl.Series(shown)})  # fmt: skip
    joined = frame.select(pl.lit(prefix) + pl.concat_str(frame.columns, separator="\x1f")).to_series()
    digests = b"".join([sha256(each.encode()).digest()[:16] for each in joined])
    raw = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16).copy()
    raw[:, 6] = raw[:, 6] & 0x0F | 0x80
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    return texts.hexadecimal(raw)


def _held(
    who: People,
    reading: Columns,
    aside: Flags,
    sent: Uploads,
    ids: pl.Series,
    clinic: list[str],
    receipt_ids: list[str],
) -> pl.DataFrame:
    """Hold what a clock that started again makes unbelievable; being rare, each goes through the ingest path itself."""
    rows = []
    for place in np.flatnonzero(aside).tolist():
        item = native.read(sent.items[place].encode()).items[0]
        if not isinstance(item, Received):
            raise TypeError("a simulated reading is not of the native format")
        person, received = int(reading["who"][place]), datetime.fromtimestamp(int(reading["received"][place]), UTC)
        born = date.fromordinal(date(1970, 1, 1).toordinal() + int(who.birth[person]))
        doubts = judging.doubts(item, judging.measure(item), born_on=born, now=received)
        whose = (UUID(ids[person]), UUID(clinic[place]))
        tier = judging.measure(item).alert_tier
        kept = held(HoldKind.QUARANTINED, item, doubts, whose, sent_from=None, alert_tier=tier)
        rows.append((
            kept.id.hex, kept.kind.value, kept.reasons, kept.item, ids[person], clinic[place],
            receipt_ids[int(reading["upload"][place])], item.device, kept.alert_tier, kept.taken_at, received,
        ))  # fmt: skip
    names = ("id", "kind", "reasons", "item", "patient_id", "clinic_id", "receipt_id", "device",
             "alert_tier", "taken_at", "received_at")  # fmt: skip
    schema = dict.fromkeys(names[:-2], pl.String) | dict.fromkeys(names[-2:], pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(pl.col("received_at", "taken_at").dt.replace_time_zone(None))


@cache
def _pressures() -> tuple[Flags, Flags]:
    """Whether a pressure is critical, and whether it is unusual, by SBP and DBP."""
    red, unusual = np.zeros((_SBP, _DBP), dtype=bool), np.zeros((_SBP, _DBP), dtype=bool)
    for sbp in range(blood_pressure.HARD_SBP_MMHG[0], _SBP):
        for dbp in range(blood_pressure.HARD_DBP_MMHG[0], min(_DBP, sbp)):
            red[sbp, dbp] = reading_tier(sbp_mmhg=sbp, dbp_mmhg=dbp) is not None
            unusual[sbp, dbp] = Concern.UNUSUAL in blood_pressure.concerns(sbp, dbp)
    return red, unusual


@cache
def _sugars() -> tuple[Flags, Flags]:
    """Whether a glucose is critical, and whether it is unusual, by tenths of a mmol/L."""
    red, unusual = np.zeros(_GLUCOSE_TENTHS, dtype=bool), np.zeros(_GLUCOSE_TENTHS, dtype=bool)
    for tenths in range(5, _GLUCOSE_TENTHS):
        red[tenths] = reading_tier(glucose_umol_l=tenths * 100) is not None
        unusual[tenths] = Concern.UNUSUAL in glucose.concerns(mmol_l(tenths * 100), GlucoseUnit.MMOL_L)
    return red, unusual
