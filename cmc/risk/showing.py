"""What is shown of stored scores: one person, the people by band, an organisation, models and equations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.core.crypto import Keyring
from cmc.core.errors import NotFound
from cmc.core.paging import decode_cursor, encode_cursor
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.organisations import queries as organisations
from cmc.organisations.tables import OrganisationKind
from cmc.patients import queries as patients
from cmc.patients.schemas import PatientListed
from cmc.risk import queries, served, service, standing_queries
from cmc.risk.equations.choice import CANDIDATES
from cmc.risk.models import release
from cmc.risk.region_schemas import (
    RiskEquationInForce,
    RiskLevelOut,
    RiskListed,
    RiskModelInForce,
    RiskModels,
    RiskPage,
    RiskRegionMode,
    RiskSummary,
    RiskSwitchOut,
)
from cmc.risk.schemas import RiskOut
from cmc.risk.score_schemas import RiskScoreOut
from cmc.risk.switch import Mode

HISTORY: Final = 50
_DECISIONS: Final = 20
_NO_CAVEAT: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class PeopleByBand:
    """What a page of people is asked with."""

    band: int | None
    clinic: UUID | None
    limit: int
    cursor: str | None


def person(session: Session, scope: Scope, patient_id: UUID, *, on: date) -> tuple[RiskOut, str]:
    """What is shown of one person of the scope, and its version. Raises `NotFound` for a foreign person."""
    patient = patients.get(session, scope, patient_id)
    stands = queries.standing(session, scope, patient_id)
    history = queries.history(session, scope, patient_id, limit=HISTORY)
    latest = next((each for each in history if stands and each.id == stands.score_id), None)
    place = queries.places(session).get(patient.clinic_id)
    now = Mode.SHADOW if place is None else queries.mode(session, place.region_id, served.models().id, on=on)
    validated = frozenset(queries.validated_levels(session, served.models().version))
    score = RiskScoreOut.of(latest, now, validated) if latest else None
    overrides = queries.override_history(session, scope, patient_id)
    return RiskOut.of(patient_id, stands, score, overrides, history), service.version(stands)


def people(session: Session, scope: Scope, keys: Keyring, asked: PeopleByBand, *, on: date) -> RiskPage:
    """A page of people of the scope, the highest band first. Raises `NotFound` for a clinic outside the scope."""
    if asked.clinic is not None:
        organisations.clinic(session, scope, asked.clinic)
    after = decode_cursor(asked.cursor, tuple[int, float, UUID]) if asked.cursor else None
    rows = standing_queries.page(
        session, scope, band=asked.band, clinic_id=asked.clinic, after=after, limit=asked.limit + 1
    )
    shown = rows[: asked.limit]
    last = shown[-1][0] if len(rows) > asked.limit else None
    return RiskPage(
        items=[RiskListed.of(row, PatientListed.of(keys, patient, on=on)) for row, patient in shown],
        next_cursor=encode_cursor((last.band, last.rank, last.patient_id)) if last else None,
    )


def summary(session: Session, scope: Scope, organisation_id: UUID) -> RiskSummary:
    """How an organisation's people stand. Raises `NotFound` when it does not exist or lies outside the scope."""
    clinics = organisations.clinics_below(session, organisation_id)
    if not scope.oversees(organisation_id) or not queries.exists_organisation(session, organisation_id):
        raise NotFound("no such organisation")
    counts = standing_queries.counts(session, scope, clinics)
    return RiskSummary.of(organisation_id, counts, standing_queries.gaps(session, scope, clinics))


def models(session: Session, scope: Scope, *, on: date) -> RiskModels:
    """Models and equations in force, with the regions that the caller may see."""
    used = served.models()
    levels = queries.levels(session, used.version)
    nodes = [each for each in organisations.visible(session, scope) if each.kind == OrganisationKind.REGION]
    return RiskModels(
        release=used.id,
        regions=[_region(session, each.id, used.id, on=on) for each in nodes],
        models=[
            RiskModelInForce(
                id=model.id,
                text=model.task.outcome.text,
                horizon_years=model.task.horizon_years,
                tier=model.tier,
                tier_text=model.tier.text,
                population=model.equation.population,
                caveat=model.equation.caveat or _NO_CAVEAT,
                level=RiskLevelOut.of(levels[model.id]) if model.id in levels else None,
            )
            for model in used.scorer.models.values()
        ],
        equations_version=served.equations(),
        equations=_equations(),
        card=_card(),
    )


def _region(session: Session, region_id: UUID, release_id: str, *, on: date) -> RiskRegionMode:
    mode = queries.mode(session, region_id, release_id, on=on)
    decisions = queries.switches(session, region_id, limit=_DECISIONS)
    return RiskRegionMode(
        region_id=region_id, mode=mode, mode_text=mode.text, decisions=[RiskSwitchOut.of(each) for each in decisions]
    )


def _equations() -> list[RiskEquationInForce]:
    return [
        RiskEquationInForce(
            question=question,
            question_text=question.text,
            equation=each.equation.id,
            version=each.equation.version,
            title=each.equation.title,
            source=each.equation.source,
            population=each.equation.population,
            horizon_years=each.equation.horizon_years,
            why=each.why,
            second_opinion=each.second_opinion,
            caveat=each.equation.caveat,
        )
        for question, candidates in CANDIDATES.items()
        for each in candidates
    ]


@lru_cache(maxsize=1)
def _card() -> str:
    return (release.folder() / "MODEL_CARD.md").read_text(encoding="utf-8")
