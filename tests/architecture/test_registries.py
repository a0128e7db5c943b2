"""Registries are plain tuples; nothing that lies in a folder may be missing from its tuple."""

import importlib
from pathlib import Path

from cmc import jobs
from cmc.api import ROUTERS
from cmc.core import routes as service
from cmc.tables import DOMAINS

PACKAGE = Path(__file__).parents[2] / "cmc"
SERVED_OTHERWISE = {"cmc.core.routes", "cmc.web.routes"}


def _modules(filename: str) -> set[str]:
    return {f"cmc.{path.parent.name}.{path.stem}" for path in PACKAGE.glob(f"*/{filename}")}


def test_every_routes_module_is_served() -> None:
    routers = {id(router) for router in (*ROUTERS, service.router)}
    missing = [
        name
        for name in _modules("routes.py") - SERVED_OTHERWISE
        if id(importlib.import_module(name).router) not in routers
    ]
    assert missing == []


def test_every_tables_module_is_in_the_metadata() -> None:
    assert _modules("tables.py") == {module.__name__ for module in DOMAINS}


def test_every_jobs_module_is_run_by_the_worker() -> None:
    listed = {job.name.split(".")[0] for job in jobs.JOBS}
    assert {name.split(".")[1] for name in _modules("jobs.py") if name != "cmc.core.jobs"} == listed
