"""A person of one clinic who is managed for a disease at another: both see, both act, a third sees nothing."""

from collections.abc import Callable
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.clinical.codes import Disease, ReadingKind
from cmc.core.errors import NotFound
from cmc.core.scope import Scope
from cmc.followups import plan_facts, queries
from cmc.organisations.tables import Organisation
from cmc.patients import enrolling, listing
from cmc.patients import queries as patients
from cmc.patients.listing import PeopleAsked
from cmc.patients.tables import Enrolment, Patient
from cmc.readings import queries as readings

TODAY = date(2026, 11, 20)


def _nurse(clinic: Organisation) -> Scope:
    return Scope(actor="nurse", clinic_ids=frozenset({clinic.id}))


def test_both_clinics_of_a_person_work_with_the_whole_person(
    session: Session,
    scope: Scope,
    client: TestClient,
    make_patient: Callable[..., Patient],
    make_clinic: Callable[..., Organisation],
    make_enrolment: Callable[..., Enrolment],
    clinic: Organisation,
) -> None:
    person, there, elsewhere = make_patient(), make_clinic("C2"), make_clinic("C3")
    make_enrolment(person, Disease.HTN)
    moved = make_enrolment(person, Disease.T2DM)
    now = moved.created_at
    enrolling.transfer(session, scope, person.id, moved.id, there.id, on=date(2026, 9, 30), now=now, today=TODAY)
    reading = {"patient_id": str(person.id), "kind": "glucose", "value": 6.8, "unit": "mmol/L"}
    posted = client.post("/v1/readings", json=reading | {"taken_at": "2026-11-01T07:00:00+08:00"})
    assert posted.json()["summary"] == {"created": 1}

    def seen(by: Scope) -> int:
        bounds = {"from_on": None, "to_on": None, "before": None, "limit": 9}
        return len(readings.of_person(session, by, person.id, kind=ReadingKind.GLUCOSE, **bounds))

    for by in (_nurse(clinic), _nurse(there)):
        assert patients.get(session, by, person.id).id == person.id
        assert len(patients.enrolments(session, by, person.id)) == 3
        assert listing.page(session, by, PeopleAsked(), on=TODAY)[0] == [patients.get(session, by, person.id)]
        assert seen(by) == 1
        assert queries.page(session, by, person.id, after=None, limit=9) == []
        assert [each.id for each in plan_facts.people(session, by, [person.id], on=TODAY)] == [person.id]
    assert seen(_nurse(elsewhere)) == 0
    assert list(plan_facts.people(session, _nurse(elsewhere), [person.id], on=TODAY)) == []
    with pytest.raises(NotFound):
        patients.get(session, _nurse(elsewhere), person.id)
