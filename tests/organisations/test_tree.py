"""The organisation tree."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from cmc.core.errors import Conflict
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.organisations import queries, service
from cmc.organisations.tables import Organisation, OrganisationKind


def test_the_tree_is_listed_from_the_top(client: TestClient, clinic: Organisation) -> None:
    items = client.get("/v1/organisations").json()["items"]
    assert [each["kind"] for each in items] == ["region", "district", "clinic"]
    assert items[2]["parent_id"] == items[1]["id"]
    assert items[1]["name"] == {"zh": "河西区", "en": "Hexi District"}


def test_a_clinic_sees_itself_and_what_is_above(
    session: Session, make_clinic: Callable[..., Organisation], region: Organisation
) -> None:
    own = make_clinic("C1")
    make_clinic("C2")
    seen = queries.visible(session, Scope(actor="nurse", clinic_ids=frozenset({own.id})))
    assert {each.code for each in seen} == {"C1", "120103", "120000"}


def test_the_clinics_below_a_node(
    session: Session, make_clinic: Callable[..., Organisation], region: Organisation, district: Organisation
) -> None:
    expected = {make_clinic("C1").id, make_clinic("C2").id}
    for node in (region, district):
        assert set(queries.clinics_below(session, node.id)) == expected


def test_a_code_is_taken_once_and_levels_are_kept(session: Session, clinic: Organisation, region: Organisation) -> None:
    name = Text("另一个", "Another")
    with pytest.raises(Conflict):
        service.add(session, OrganisationKind.CLINIC, code=clinic.code, name=name)
    with pytest.raises(Conflict):
        service.add(session, OrganisationKind.CLINIC, code="C9", name=name, parent=region)
