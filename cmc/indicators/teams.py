"""Whom a team is counted by: people whose responsible doctor at the clinic is one of its doctors."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import col

from cmc.indicators.facts import FACT
from cmc.organisations.tables import TeamDoctor

TeamAsked = UUID | Literal["none"]
"""A team, or "none" for whoever has no doctor who is in a team of the clinic."""


def in_team(team: TeamAsked) -> ColumnElement[bool]:
    """Whether a row of the facts belongs to a team of its clinic, or with "none" to no team of it."""
    same = select(col(TeamDoctor.doctor)).where(
        col(TeamDoctor.clinic_id) == FACT.c.clinic_id, col(TeamDoctor.doctor) == FACT.c.doctor
    )
    if isinstance(team, UUID):
        return exists(same.where(col(TeamDoctor.team_id) == team))
    return ~exists(same)
