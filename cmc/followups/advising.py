"""What the guideline's advice on a visit looks at, read from the record, and the advice as it is stored."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from cmc.charts import personal
from cmc.charts.codes import ValuePurpose
from cmc.clinical.codes import Disease
from cmc.clinical.targets import PersonalTarget
from cmc.clinical.visit_facts import VisitFacts
from cmc.core.scope import Scope
from cmc.followups import queries
from cmc.followups.queries import Earlier
from cmc.followups.rules import rulesets
from cmc.followups.rules.advice import AdviceFacts, advise, pressure_target
from cmc.followups.rules.judgement import Judgement
from cmc.followups.schemas import FollowupIn
from cmc.patients.tables import Patient


def advice(
    session: Session,
    scope: Scope,
    patient: Patient,
    wanted: FollowupIn,
    judged: Sequence[tuple[VisitFacts, Judgement]],
    *,
    managed: frozenset[Disease],
    leaving_out: UUID | None = None,
) -> list[list[dict[str, Any]]]:
    """Return for each judgement the advice as it is stored; three statements for one visit.

    `managed`: the diseases that the person is in care for; `leaving_out`: an encounter that is just being corrected.
    """
    earlier = queries.earlier(session, scope, patient.id, before=wanted.visited_on, leaving_out=leaving_out)
    rows = session.scalars(personal.standing([patient.id], ValuePurpose.TARGET))
    own = tuple(target for row in rows if (target := personal.target_of(row)) is not None)
    hba1c = _last_hba1c(session, scope, patient.id, wanted, earlier)
    ruleset = rulesets.guideline(wanted.visited_on)
    diseases = managed | frozenset(wanted.diseases)
    found: list[list[dict[str, Any]]] = []
    for visit, judgement in judged:
        facts = AdviceFacts(
            diseases=diseases,
            medicines=_medicines(wanted),
            personal=own,
            first_visit=not any(each.disease == judgement.disease for each in earlier),
            above_target_since=_above_target_since(visit, wanted, earlier, diseases, own),
            last_hba1c=hba1c,
        )
        found.append([each.plain() for each in advise(judgement, visit, facts, ruleset)])
    return found


def _medicines(wanted: FollowupIn) -> tuple[str, ...] | None:
    if wanted.medications is None and wanted.insulin is None and not wanted.no_medication:
        return None
    insulin = (wanted.insulin.kind,) if wanted.insulin else ()
    return (*(each.name for each in wanted.medications or ()), *insulin)


def _above_target_since(
    visit: VisitFacts,
    wanted: FollowupIn,
    earlier: Sequence[Earlier],
    diseases: frozenset[Disease],
    own: tuple[PersonalTarget, ...],
) -> date | None:
    """The first day of the unbroken row of earlier visits at which medicines were taken and the goal was not met."""
    if not _medicines(wanted):
        return None
    edition = rulesets.guideline(wanted.visited_on).edition
    since = None
    for each in earlier:  # the newest first
        if each.sbp_mmhg is None or each.dbp_mmhg is None or edition is None:
            continue
        goal = pressure_target(edition, visit.age_years, diseases, own, wanted.visited_on)
        if not each.treated or (each.sbp_mmhg < goal.sbp_below_mmhg and each.dbp_mmhg < goal.dbp_below_mmhg):
            break
        since = each.visited_on
    return since


def _last_hba1c(
    session: Session, scope: Scope, patient_id: UUID, wanted: FollowupIn, earlier: Sequence[Earlier]
) -> tuple[Decimal, date] | None:
    if Disease.T2DM not in wanted.diseases:
        return None
    found = [(each.hba1c_percent, each.hba1c_on or each.visited_on) for each in earlier if each.hba1c_percent]
    if wanted.hba1c_percent is not None:
        found.append((wanted.hba1c_percent, wanted.hba1c_on or wanted.visited_on))
    measured = queries.last_hba1c(session, scope, patient_id, on=wanted.visited_on)
    if measured is not None:
        found.append(measured)
    return max(found, key=lambda each: each[1], default=None)
