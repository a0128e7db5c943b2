"""The whole API under generated requests of two users: no fault of ours, no answer that the document does not know.

Each operation gets a few requests in the suite and `FUZZ_EXAMPLES` of them (200) under `make fuzz`.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cmc.accounts.roles import Role
from cmc.core import clock, crypto, db, migrations
from cmc.core.scope import system_scope
from cmc.core.text import Text
from cmc.main import build
from cmc.organisations import service as tree
from cmc.organisations.tables import Organisation, OrganisationKind
from cmc.patients import enrolling
from cmc.patients import service as people
from cmc.patients.schemas import EnrolmentIn, PatientIn

SCOPE = system_scope("command:test")

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


OPERATIONS = sorted(
    (method, path)
    for path, operations in build(None, None).openapi()["paths"].items()
    for method in operations
    if path not in {"/livez", "/readyz"}
)


@dataclass(frozen=True)
class World:
    schema: Any
    callers: list[Callable[[], dict[str, str]]]
    patients: list[str]
    enrolments: dict[str, str]


@pytest.fixture(scope="session")
def world(
    new_database: Callable[[], str], as_service: Callable[[str], Engine], really_signed_in: Any
) -> Iterator[World]:
    """Three people of two clinics; a user with every right, and a nurse of one clinic."""
    url = new_database()
    migrations.upgrade(url)
    engine = as_service(url)
    keys = crypto.keyring(bytes(32))
    with db.transaction(engine, SCOPE) as session:
        region = tree.add(session, OrganisationKind.REGION, code="R", name=Text("区域", "Region"))
        district = tree.add(session, OrganisationKind.DISTRICT, code="D", name=Text("区", "District"), parent=region)
        clinics = [
            tree.add(session, OrganisationKind.CLINIC, code=f"C{n}", name=Text("中心", "Clinic"), parent=district)
            for n in range(2)
        ]
        enrolments = dict(_person(session, keys, clinics[number % 2]) for number in range(3))

    def everybody() -> dict[str, str]:
        return dict(really_signed_in(engine, *Role))

    def nurse() -> dict[str, str]:
        return dict(really_signed_in(engine, Role.NURSE, at=clinics[0]))

    schema = schemathesis.openapi.from_asgi("/openapi.json", build(engine, keys))
    yield World(schema, [everybody, nurse], list(enrolments), enrolments)
    engine.dispose()


def _person(session: Session, keys: crypto.Keyring, clinic: Organisation) -> tuple[str, str]:
    wanted = PatientIn.model_validate(
        {"clinic_id": clinic.id, "name": "王建国", "sex": "M", "birth_date": "1960-05-04"}
    )
    now, on = clock.now(), clock.today()
    patient = people.register(session, SCOPE, keys, wanted, now=now, on=on).patient
    body = {
        "disease": "HTN",
        "enrolled_on": "2024-01-10",
        "confirmed_on": "2024-01-10",
        "confirmed_at": "x",
        "doctor": "赵医生",
        "consent": True,
    }
    enrolment = enrolling.enrol(session, SCOPE, patient.id, EnrolmentIn.model_validate(body), now=now, on=on)
    return str(patient.id), str(enrolment.id)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_no_request_finds_a_fault_or_an_answer_that_is_not_documented(world: World, method: str, path: str) -> None:
    operation = world.schema[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        for number, caller in enumerate(world.callers):
            if number and "patient_id" in case.path_parameters:  # a record that is there, for the second caller
                patient_id = world.patients[len(str(case.body)) % len(world.patients)]
                case.path_parameters["patient_id"] = patient_id
                if "enrolment_id" in case.path_parameters:
                    case.path_parameters["enrolment_id"] = world.enrolments[patient_id]
            case.call_and_validate(headers=caller(), checks=CHECKS)

    ask()
