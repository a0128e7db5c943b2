"""Files of meters' own programs: encodings, headers, units in headers, dates that can be read two ways."""

from pathlib import Path
from typing import Any

import pytest

from cmc.core.errors import Invalid
from cmc.ingest.decoding import written_dates
from cmc.ingest.decoding.written_dates import Order
from cmc.ingest.errors import Unreadable
from cmc.ingest.formats import accu_chek_csv, glucometerutils_csv, libreview_csv, omron_csv
from cmc.ingest.received import Circumstances, Format

FIXTURES = Path(__file__).parent / "fixtures"
MG_DL = Circumstances(glucose_unit="mg/dL")


def _items(form: Format, name: str, given: Circumstances = MG_DL) -> tuple[Any, ...]:
    return form.read((FIXTURES / form.code / "accepted" / name).read_bytes(), given).items


def test_accu_chek_finds_serial_units_flags_meals_and_control_tests() -> None:
    before, high, warm, control = _items(accu_chek_csv.FORMAT, "report.csv")
    assert {each.device for each in (before, high, warm, control)} == {"AC0012345"}
    assert (before.value.text, before.unit, before.meal) == ("126", "mg/dL", "before")
    assert (high.flag, high.unit, high.meal) == ("HI", "", "after")
    assert (warm.value.text, warm.unit, warm.notes) == ("7.20", "mmol/L", ("temperature_out_of_range",))
    assert [each.control_solution for each in (before, high, warm, control)] == [False, False, False, True]
    assert before.taken_at.isoformat() == "2026-11-20T23:12:00+00:00"
    assert before.device_time_text == "21.11.2026 07:12 Asia/Shanghai"


def test_a_file_saved_by_excel_on_chinese_windows_is_read() -> None:
    (item,) = _items(accu_chek_csv.FORMAT, "report-gb18030.csv")
    assert (item.value.text, item.meal, item.as_sent["Other"]) == ("7.2", "before", "早饭前")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_encoding_gives_the_same_readings(encoding: str) -> None:
    text = (FIXTURES / "accu_chek_csv" / "accepted" / "report-gb18030.csv").read_bytes().decode("gb18030")
    (item,) = accu_chek_csv.FORMAT.read(text.encode(encoding), MG_DL).items
    (expected,) = _items(accu_chek_csv.FORMAT, "report-gb18030.csv")
    assert item == expected


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"a\x00b"])
def test_what_is_no_text_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        omron_csv.FORMAT.read(body, MG_DL)


def test_libreview_takes_each_type_of_record_from_its_own_column() -> None:
    stored, scan, strip = _items(libreview_csv.FORMAT, "day-first.csv")
    assert (stored.value.text, stored.unit, stored.specimen) == ("6.1", "mmol/L", "interstitial")
    assert (scan.flag, scan.specimen) == ("LO", "interstitial")
    assert (strip.value.text, strip.specimen) == ("7.2", "capillary")
    assert stored.taken_at.isoformat() == "2026-11-21T00:00:00+00:00"


def test_libreview_with_the_month_first_and_twelve_hours() -> None:
    (item,) = _items(libreview_csv.FORMAT, "month-first.csv")
    assert (item.value.text, item.unit) == ("110", "mg/dL")
    assert item.taken_at.isoformat() == "2026-11-21T12:00:00+00:00"


def test_omron_marks_an_average_of_three() -> None:
    single, averaged = _items(omron_csv.FORMAT, "export.csv")
    assert (single.systolic.text, single.pulse.text, single.averaged) == ("152", "78", None)
    assert (averaged.averaged, averaged.pulse) == (3, None)


def test_omron_takes_the_unit_of_its_header() -> None:
    (item,) = _items(omron_csv.FORMAT, "export-gb18030.csv")
    assert (item.systolic.text, item.unit) == ("20.3", "kPa")
    assert item.taken_at.isoformat() == "2026-11-21T11:05:00+00:00"


def test_glucometerutils_needs_to_be_told_its_unit() -> None:
    meal, control, high = _items(glucometerutils_csv.FORMAT, "dump.csv")
    assert (meal.value.text, meal.unit, meal.meal) == ("126.00", "mg/dL", "before")
    assert control.control_solution is True
    assert (high.flag, high.specimen) == ("HI", "interstitial")
    with pytest.raises(Invalid) as caught:
        _items(glucometerutils_csv.FORMAT, "dump.csv", Circumstances())
    assert [each.code for each in caught.value.errors] == ["unit_missing"]


@pytest.mark.parametrize(
    ("dates", "order"),
    [
        (["05-11-2026", "21-11-2026"], Order.DAY_FIRST),
        (["05/11/2026", "11/21/2026"], Order.MONTH_FIRST),
        (["2026-05-11"], None),
        (["21 Nov 2026"], None),
        ([], None),
    ],
)
def test_the_order_of_day_and_month_is_settled_over_the_whole_file(dates: list[str], order: Order | None) -> None:
    assert written_dates.order_of(dates) is order


@pytest.mark.parametrize(
    ("dates", "code"),
    [
        (["05-11-2026", "06-11-2026"], "date_order_ambiguous"),
        (["21-11-2026", "11-21-2026"], "date_order_contradictory"),
    ],
)
def test_dates_that_can_be_read_two_ways_are_refused(dates: list[str], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        written_dates.order_of(dates)
    assert [each.code for each in caught.value.errors] == [code]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7:05", "07:05:00"),
        ("12:00 AM", "00:00:00"),
        ("12:30 pm", "12:30:00"),
        ("7:05:09 PM", "19:05:09"),
        ("24:00", None),
        ("13:00 PM", None),
        ("7", None),
    ],
)
def test_times_of_twelve_and_twenty_four_hours(text: str, expected: str | None) -> None:
    found = written_dates.time_of_day(text)
    assert (None if found is None else found.isoformat()) == expected


@pytest.mark.parametrize(
    ("dates", "order"),
    [(["12-11-2026", "13-11-2026"], Order.DAY_FIRST), (["12-12-2026", "12-13-2026"], Order.MONTH_FIRST)],
)
def test_twelve_may_be_a_month_and_thirteen_not(dates: list[str], order: Order) -> None:
    assert written_dates.order_of(dates) is order
    with pytest.raises(Invalid):
        written_dates.order_of(["12-12-2026"])


def test_accu_chek_without_lines_above_the_header_has_no_serial_number() -> None:
    body = b"Date;Time;Result;Unit\n21.11.2026;07:12;7.2;mmol/L\n"
    (item,) = accu_chek_csv.FORMAT.read(body, Circumstances(device="M9")).items
    assert not isinstance(item, tuple)
    assert (item.device, item.unit_text, item.meal) == ("M9", None, None)


@pytest.mark.parametrize(
    ("row", "places"),
    [
        ("31.02.2026;07:12;7.2;mmol/L", ["/rows/2/Date:local_time_expected"]),
        ("21.11.2026;25:12;7.2;mmol/L", ["/rows/2/Date:local_time_expected"]),
        ("21.11.2026;07:12;;mmol/L", ["/rows/2/Result:missing"]),
        ("21.11.2026;07:12;7,2;mmol/L", ["/rows/2/Result:number_expected"]),
        ("21.11.2026;07:12;7.2;g", ["/rows/2/Unit:not_in_list"]),
        ("21.11.2026;07:12;7.2;", ["/rows/2/Unit:missing"]),
    ],
)
def test_a_bad_row_is_named_by_its_number_and_column(row: str, places: list[str]) -> None:
    (faults,) = accu_chek_csv.FORMAT.read(f"Date;Time;Result;Unit\n{row}\n".encode(), MG_DL).items
    assert isinstance(faults, tuple)
    assert [f"{each.pointer}:{each.code}" for each in faults] == places


@pytest.mark.parametrize("line", ['"2026-11-21 07:12:00","7.2","",""', '"21.11.2026","7.2","","",""', ""])
def test_a_file_of_another_shape_is_no_dump_of_glucometerutils(line: str) -> None:
    with pytest.raises(Invalid) as caught:
        glucometerutils_csv.FORMAT.read(line.encode(), MG_DL)
    assert [each.code for each in caught.value.errors] == ["shape_unknown"]
