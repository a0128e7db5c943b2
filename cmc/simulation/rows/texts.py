"""Columns of text made from columns of numbers, as PostgreSQL reads them: dates, instants, ids, decimals, JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
import polars as pl

from cmc.core.clock import LOCAL
from cmc.simulation.people import Whole

_UTC_OFFSET_MINUTES: Final = 8 * 60
_SECONDS_A_DAY: Final = 86_400


def days(values: Whole, *, never: int | None = None) -> pl.Series:
    """Return dates of days since 1970-01-01; `never` and above become NULL."""
    series = pl.Series(np.asarray(values, dtype=np.int32)).cast(pl.Date)
    return series if never is None else series.set(pl.Series(values >= never), None)


def instants(day: Whole, minute: Whole | int) -> pl.Series:
    """Return the instants (UTC) at which local clocks show a minute of a day."""
    return seconds(day * _SECONDS_A_DAY + (np.asarray(minute) - _UTC_OFFSET_MINUTES) * 60)


def seconds(values: Whole) -> pl.Series:
    """Return instants of whole seconds since 1970 (UTC)."""
    return (pl.Series(np.asarray(values, dtype=np.int64)) * 1000).cast(pl.Datetime("ms"))


def at(day: date, minute: int) -> datetime:
    """Return the instant at which local clocks show a minute of one day."""
    return datetime.combine(day, time(minute // 60, minute % 60), LOCAL)


def ids(rng: np.random.Generator, at: pl.Series) -> pl.Series:
    """Draw UUIDv7 (hexadecimal, without hyphens) of the instants at which their rows came to be."""
    count = len(at)
    raw = rng.integers(0, 256, (count, 16), dtype=np.uint8)
    milliseconds = at.cast(pl.Int64).to_numpy()
    for place in range(6):
        raw[:, place] = milliseconds >> 8 * (5 - place) & 0xFF
    raw[:, 6] = raw[:, 6] & 0x0F | 0x70
    raw[:, 8] = raw[:, 8] & 0x3F | 0x80
    return hexadecimal(raw)


def hexadecimal(raw: np.ndarray) -> pl.Series:
    """Return rows of 16 bytes as hexadecimal texts."""
    text = raw.tobytes().hex()
    return pl.Series([text[start : start + 32] for start in range(0, len(text), 32)], dtype=pl.String)


def binary(values: Iterable[bytes | None]) -> pl.Series:
    """Return bytes as PostgreSQL reads them."""
    return pl.Series([None if each is None else f"\\x{each.hex()}" for each in values], dtype=pl.String)


def whole(values: Whole, *, least: int = 0) -> pl.Series:
    """Return whole numbers; those below `least` become NULL."""
    series = pl.Series(np.asarray(values, dtype=np.int32))
    return series.set(pl.Series(values < least), None)


def tenths(values: Whole) -> pl.Series:
    """Return numbers given in tenths with one decimal ("6.0"); negative ones become NULL."""
    number = pl.Series(np.asarray(values, dtype=np.int64))
    text = pl.select(pl.concat_str([(number // 10).cast(pl.String), pl.lit("."), (number % 10).cast(pl.String)]))
    return text.to_series().set(pl.Series(values < 0), None)


def taken(words: Sequence[str | None], places: Whole) -> pl.Series:
    """Return `words[place]` for every place; place -1 is NULL."""
    table = pl.Series([*words, None], dtype=pl.String)
    return table.gather(np.where(places < 0, len(words), places))


def array(values: Iterable[object]) -> str:
    """Return a PostgreSQL array of words without quotes, commas or braces in them."""
    return "{" + ",".join(str(each) for each in values) + "}"


def as_json(value: Any) -> str:
    """Return a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def unless_null(*parts: str) -> pl.Expr:
    """Join words and columns (every second part is a column's name); "" where a column is NULL."""
    joined = [pl.lit(part) if place % 2 == 0 else pl.col(part) for place, part in enumerate(parts)]
    return pl.concat_str(joined).fill_null("")
