"""What a reminder says, and when it may be sent. Pure.

It says where, and on which day: no name, no disease, no value. Whoever reads it on another's phone learns nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from cmc.core.clock import LOCAL
from cmc.core.text import Text
from cmc.followups.codes import EXAM_KINDS, VISIT_KINDS, TaskKind

QUIET_FROM, QUIET_UNTIL = time(20, 0), time(8, 30)
"""Nobody is sent anything between these local times [D]."""
DAYS_BEFORE: Final = 2
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one kind of reminder, with places for the clinic and the day."""

    name: str
    zh: str
    en: str

    def words(self, clinic: Text, on: date) -> Text:
        """Return what is sent."""
        zh = self.zh.format(clinic=clinic.zh, day=f"{on.month}月{on.day}日")
        return Text(zh, self.en.format(clinic=clinic.en, day=f"{on.day} {MONTHS[on.month - 1]}"))


VISIT: Final = Template(
    "visit",
    "【{clinic}】您好，您的随访安排在{day}，请携带就诊卡按时前来。如需改期请致电本中心。",
    "{clinic}: your visit is planned for {day}. Please call us if you cannot come.",
)
EXAM: Final = Template(
    "exam",
    "【{clinic}】您好，您的检查安排在{day}，请空腹前来。如需改期请致电本中心。",
    "{clinic}: your check-up is planned for {day}. Please come fasting, and call us if you cannot come.",
)
TEMPLATES: Final = {each.name: each for each in (VISIT, EXAM)}


def template_of(kind: TaskKind) -> Template | None:
    """Return the template for a task; None for what nobody is reminded of."""
    if kind in VISIT_KINDS:
        return VISIT
    return EXAM if kind in EXAM_KINDS else None


def send_time(now: datetime) -> datetime:
    """Return the first moment from `now` on that is outside of the quiet hours."""
    local = now.astimezone(LOCAL)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return now
    day = local.date() if local.time() < QUIET_UNTIL else local.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_UNTIL, LOCAL)


def is_quiet(now: datetime) -> bool:
    """Whether nothing may be sent now."""
    return send_time(now) != now
