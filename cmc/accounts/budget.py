"""The daily budget: how many different people's records one user may open on a local day.

Whoever copies the register person by person is stopped there. Opening a record again costs nothing.
"""

from collections import OrderedDict
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from cmc.core import db
from cmc.core.errors import TooMany
from cmc.core.scope import Scope

_REMEMBERED: Final = 20_000
_HOUR: Final = 3600
_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:user_id, 20))")
_SPEND: Final = text("""
    WITH spent AS (
        SELECT count(*) AS people, COALESCE(bool_or(patient_id = :patient_id), false) AS known
        FROM seen_person WHERE user_id = :user_id AND seen_on = :on
    ), added AS (
        INSERT INTO seen_person (user_id, seen_on, patient_id)
        SELECT :user_id, :on, :patient_id FROM spent WHERE people < :most AND NOT known
        ON CONFLICT DO NOTHING
    )
    SELECT known OR people < :most FROM spent
""")


class Budget:
    """The budget of all users, kept in the database; who was counted is remembered, so that it costs once a day."""

    def __init__(self, engine: Engine | Connection, people_a_day: int) -> None:
        self._engine, self._most = engine, people_a_day
        self._counted: OrderedDict[tuple[UUID, date, UUID], None] = OrderedDict()

    def is_counted(self, user_id: UUID, patient_id: UUID, on: date) -> bool:
        """Tell, without asking the database, whether this process has counted that person for the user today."""
        return (user_id, on, patient_id) in self._counted

    def spend(self, user_id: UUID, patient_id: UUID, on: date) -> None:
        """Count that a user opens a person's record; raise `TooMany` when today's budget is spent."""
        values = {"user_id": user_id, "patient_id": patient_id, "on": on, "most": self._most}
        with db.transaction(self._engine, Scope(f"user:{user_id}", frozenset())) as session:
            session.execute(_ONE_AT_A_TIME, {"user_id": str(user_id)})
            allowed = session.scalars(_SPEND, values).one()
        if not allowed:
            words = f"you have opened the records of {self._most} different people today: ask your administrator"
            raise TooMany(words, code="daily-budget-spent", retry_after=_HOUR)
        self._counted[(user_id, on, patient_id)] = None
        if len(self._counted) > _REMEMBERED:
            self._counted.popitem(last=False)
