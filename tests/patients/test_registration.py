"""Registering people over HTTP, as a nurse's screen or a colleague's script does."""

from fastapi.testclient import TestClient

from cmc.organisations.tables import Organisation

ID_CARD = "11010519491231002X"


def _person(clinic: Organisation, **more: object) -> dict[str, object]:
    return {"clinic_id": str(clinic.id), "name": "张桂兰", **more}


def test_a_citizen_id_gives_sex_and_birth_date(client: TestClient, clinic: Organisation) -> None:
    answer = client.post("/v1/patients", json=_person(clinic, citizen_id=" 11010519491231002ｘ "))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["sex"], body["birth_date"], body["citizen_id"]) == ("F", "1949-12-31", "110105********002X")
    assert body["warnings"] == []
