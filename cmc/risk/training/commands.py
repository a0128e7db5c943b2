"""What the commands `cmc risk train|validate|card|export` do, each in one call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmc.core.operating import OperatorError
from cmc.core.progress import Progress
from cmc.risk.models import release
from cmc.risk.models.release import BrokenRelease, Release
from cmc.risk.models.terms import Tier
from cmc.risk.training import export as estimators
from cmc.risk.training import nhanes, public_files, public_survey, report
from cmc.risk.training.card import card
from cmc.risk.training.cohort import complete
from cmc.risk.training.plots import pictures
from cmc.risk.training.report import Report
from cmc.risk.training.train import Plan, made, write
from cmc.risk.training.validation import Settings

METRICS, TABLES, CARD = "metrics.json", "VALIDATION.md", "MODEL_CARD.md"


def train(data: Path, to: Path, *, version: str, seed: int, refits: int, progress: Progress) -> str:
    """Make a release from the survey, check it as the service would; the hash of its manifest."""
    plan = Plan(release.NAME, version, nhanes.sha256(data), seed=seed, refits=refits)
    write(made(nhanes.read(data), plan, progress), to)
    opened(to)
    return release.sha256(to / "manifest.json")


def validate(data: Path, where: Path, settings: Settings, progress: Progress, *, external: bool) -> Report:
    """Judge a release and write tables and pictures beside it. The data have to be those it was made from."""
    found = opened(where)
    digest = nhanes.sha256(data)
    if digest != found.manifest["data_sha256"]:
        raise OperatorError("These are not the data that the models were made from: their hash differs.")
    told = report.of(nhanes.read(data), found.scorer, settings, progress, data_sha256=digest, external=external)
    write({METRICS: report.as_json(told), TABLES: report.as_markdown(told), **pictures(told)}, where)
    return told


def write_card(where: Path) -> Path:
    """Write the model card from manifest and metrics. Raises OperatorError before `validate` was run."""
    found = opened(where)
    try:
        metrics: dict[str, Any] = json.loads((where / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(f"{METRICS} is missing: run `cmc risk validate` first.") from error
    if metrics["data_sha256"] != found.manifest["data_sha256"]:
        raise OperatorError(f"{METRICS} belongs to other data: run `cmc risk validate` again.")
    write({CARD: card(found.manifest, metrics)}, where)
    return where / CARD


def export(where: Path) -> Path:
    """Write the models as scikit-learn estimators and read them back by the whitelist."""
    path = estimators.write(opened(where).scorer.models, where)
    estimators.read(where)
    return path


def opened(where: Path) -> Release:
    """A release, checked. Raises OperatorError when it is broken."""
    try:
        return release.load(where)
    except BrokenRelease as error:
        raise OperatorError(f"{where}: {error}.") from error


def fetch(into: Path, progress: Progress) -> int:
    """Fetch the public files and note their hashes; the number of files fetched."""
    return public_files.fetch(public_files.public_files(), into, progress)


def build(where: Path, to: Path, progress: Progress) -> int:
    """Make the table of the survey from the public files; the number of people."""
    return public_survey.build(public_files.public_files(), where, to, progress)


def check(data: Path) -> str:
    """What a data file holds, and whether the shipped models were made from it."""
    digest, cohort = nhanes.sha256(data), nhanes.read(data)
    tiers = ", ".join(f"{tier.value} {int(complete(cohort.people, tier).sum())}" for tier in Tier)
    same = release.shipped().manifest["data_sha256"] == digest
    return (
        f"{digest}\n{cohort.size} adults of 30-79, {int(cohort.died.sum())} deaths, {int(cohort.cv_death.sum())} "
        f"cardiovascular; complete: {tiers}\nThe shipped models were made from "
        + ("this file." if same else "another file.")
    )
