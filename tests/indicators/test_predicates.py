"""What the predicates of the indicators say of one row of facts, at the limits of the rules (§2.2)."""

import pytest
from sqlalchemy import Date, SmallInteger, column, func, select, text, values
from sqlalchemy.orm import Session

from cmc.indicators import predicates
from cmc.indicators.requirements import months_between, quarters_apart, within_months
from cmc.indicators.variants import StandardRule


@pytest.mark.parametrize(
    ("managed_days", "visits", "is_enough"),
    [(1, 1, True), (1, 0, False), (139, 1, True), (179, 1, True), (180, 1, False), (180, 2, True), (269, 2, True),
     (270, 2, False), (359, 3, True), (360, 3, False), (366, 4, True)],
)  # fmt: skip
def test_a_part_of_a_year_asks_for_a_visit_in_each_whole_ninety_days(
    session: Session, managed_days: int, visits: int, is_enough: bool
) -> None:
    names = ("managed_days", "face_to_face_days", "any_mode_days", "face_to_face_quarters", "required_quarters")
    facts = values(*(column(name, SmallInteger) for name in names), name="facts")
    facts = facts.data([(managed_days, visits, visits, 0, 0)])
    for rule in (StandardRule.PRORATA_FLOOR90_EXAM, StandardRule.PRORATA_FLOOR90_NOEXAM):
        assert session.scalar(select(predicates.followups(rule, facts))) is is_enough


def test_months_and_quarters_told_by_the_distance_of_two_days_are_those_of_the_calendar(session: Session) -> None:
    """Every day of 27 months before each day of two years, one of them a leap year, and a day after it."""
    days = (
        text(
            "SELECT later - back AS earlier, later FROM (SELECT CAST(day AS date) AS later"
            " FROM generate_series(DATE '2024-01-01', DATE '2025-12-31', interval '1 day') AS day) AS days,"
            " generate_series(-1, 820) AS back"
        )
        .columns(column("earlier", Date), column("later", Date))
        .subquery("days")
    )
    earlier, later = days.c.earlier, days.c.later

    def quarter(day: object) -> object:
        return func.date_part("year", day) * 4 + func.date_part("quarter", day)

    wrong = [
        within_months(earlier, later, months) != (months_between(earlier, later) < months) for months in (1, 3, 12)
    ] + [quarters_apart(earlier, later, apart) != (quarter(later) - quarter(earlier) == apart) for apart in (0, 1, 2)]
    found = session.execute(select(func.count(), *(func.count().filter(each) for each in wrong)).select_from(days))
    assert tuple(found.one()) == (731 * 822, 0, 0, 0, 0, 0, 0)


def test_a_day_that_is_not_there_is_in_no_month_and_no_quarter(session: Session) -> None:
    days = text("SELECT CAST(NULL AS date) AS earlier, DATE '2025-12-31' AS later")
    rows = days.columns(column("earlier", Date), column("later", Date)).subquery("days")
    asked = (within_months(rows.c.earlier, rows.c.later, 3), quarters_apart(rows.c.earlier, rows.c.later, 1))
    assert tuple(session.execute(select(*asked)).one()) == (None, None)
