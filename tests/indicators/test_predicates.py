"""What the predicates of the indicators say of one row of facts, at the limits of the rules (§2.2)."""

import pytest
from sqlalchemy import SmallInteger, column, select, values
from sqlalchemy.orm import Session

from cmc.indicators import predicates
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
