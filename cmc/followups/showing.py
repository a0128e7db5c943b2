"""Visits as the API shows them, with what they need from elsewhere: the height for the body-mass index."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy.orm import Session

from cmc.core.scope import Scope
from cmc.followups import queries
from cmc.followups.tables import Followup
from cmc.followups.visit_answers import EncounterHistory, EncounterOut


def encounter(session: Session, scope: Scope, rows: Sequence[Followup]) -> EncounterOut:
    """Return one version of an encounter of a person whom the caller found in the scope."""
    height = queries.height_cm(session, scope, rows[0].patient_id, on=rows[0].visited_on)
    return EncounterOut.of(rows, known_height_cm=height)


def history(session: Session, scope: Scope, rows: Sequence[Followup]) -> EncounterHistory:
    """Return all versions of an encounter, given its rows in the order of their versions."""
    versions = [list(found) for _, found in groupby(rows, key=lambda row: row.version)]
    return EncounterHistory(
        encounter_id=rows[0].encounter_id,
        patient_id=rows[0].patient_id,
        stands=any(row.ended_at is None for row in rows),
        versions=[encounter(session, scope, each) for each in versions],
    )
