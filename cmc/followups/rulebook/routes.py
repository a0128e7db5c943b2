"""HTTP of rule sets: what they say, how they differ, and what they say of a case."""

from typing import Annotated

from fastapi import APIRouter, Body

from cmc.core import clock
from cmc.core.guard import requires
from cmc.core.problems import describe
from cmc.core.scope import Right
from cmc.followups.rulebook import evaluating
from cmc.followups.rulebook.schemas import EXAMPLE_CASE, CaseIn, EvaluationOut, RuleSetList, RuleSetOut

router = APIRouter(prefix="/v1", tags=["rule sets"])

_READS = [requires(Right.READ_ORGANISATIONS)]
Case = Annotated[CaseIn, Body(openapi_examples={"twice": {"summary": "not controlled twice", "value": EXAMPLE_CASE}})]


@router.get("/rulesets", dependencies=_READS)
def list_rulesets() -> RuleSetList:
    """Every version of the rules that judge and advise on visits, with the days on which they hold."""
    return evaluating.listed(on=clock.today())


@router.get("/rulesets/{version}", responses=describe(404), dependencies=_READS)
def read_ruleset(version: str) -> RuleSetOut:
    """One version: its numbers, what its rules say, and what differs from the version before."""
    return evaluating.shown(version, on=clock.today())


@router.post("/rulesets:evaluate", responses=describe(400), dependencies=_READS)
def evaluate_case(body: Case) -> EvaluationOut:
    """Try a case: which rules fire and what follows, by the same code that judges visits. Nothing is stored."""
    return evaluating.evaluate(body)
