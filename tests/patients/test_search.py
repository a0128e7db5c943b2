"""Finding a person as a nurse does: by what she has in her hand, without any of it lying in clear."""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session
from sqlmodel import col

from cmc.accounts.roles import Role
from cmc.audit.tables import AuditEvent
from cmc.clinical.codes import Disease
from cmc.core import crypto
from cmc.core.crypto import Keyring
from cmc.core.scope import Scope
from cmc.organisations.tables import Organisation
from cmc.patients import search_queries, search_terms
from cmc.patients.search_terms import TermKind
from cmc.patients.tables import Enrolment, Patient

ID_CARD = "11010519491231002X"
KEYS = crypto.keyring(b"k" * 32)
MakePatient = Callable[..., Patient]


def _search(client: TestClient, words: str, **more: object) -> dict[str, Any]:
    answer = client.post("/v1/patients:search", json={"text": words, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (ID_CARD, ["citizen_id"]),
        ("11010519491231002x", ["citizen_id"]),
        ("110105 19491231 002X", ["citizen_id"]),
        ("110105491231002", ["citizen_id"]),
        ("13812346131", ["phone"]),
        ("138-1234-6131", ["phone"]),
        ("+86 138 1234 6131", ["phone"]),
        ("6131", ["last_four"]),
        ("002X", ["last_four"]),
        ("002x", ["last_four"]),
        ("张桂", ["name"]),
        ("桂兰", ["name"]),
        ("张桂兰", ["name"]),
        (" 张 桂 兰 ", ["name"]),
        ("zgl", ["initials", "name"]),
        ("ZG", ["initials", "name"]),
    ],
)
def test_a_person_is_found_by_what_is_at_hand(
    client: TestClient, make_patient: MakePatient, words: str, kinds: list[str]
) -> None:
    wanted = make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131")
    make_patient("王建国", phone="13900001111")
    found = _search(client, words)
    assert [each["id"] for each in found["items"]] == [str(wanted.id)]
    assert found["kinds"] == kinds


@pytest.mark.parametrize("words", ["王桂", "13812346132", "6132", "zgr", "110105194912310021", "张桂兰花"])
def test_who_is_not_meant_is_not_found(client: TestClient, make_patient: MakePatient, words: str) -> None:
    make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131")
    assert _search(client, words)["items"] == []


@pytest.mark.parametrize("words", ["张", "z", "131", "1", "·", "-"])
def test_a_text_that_would_find_half_the_clinic_is_refused(client: TestClient, words: str) -> None:
    answer = client.post("/v1/patients:search", json={"text": words})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "too_short")


@pytest.mark.parametrize(
    ("name", "initials"), [("单国强", "sgq"), ("曾庆红", "zqh"), ("仇英", "qy"), ("欧阳修", "oyx")]
)
def test_a_surname_with_a_reading_of_its_own_is_found_by_it(
    client: TestClient, make_patient: MakePatient, name: str, initials: str
) -> None:
    make_patient(name)
    assert [each["name"][0] for each in _search(client, initials)["items"]] == [name[0]]


@pytest.mark.parametrize(
    ("name", "words"),
    [("买买提·吐尔逊", "买买提吐尔逊"), ("买买提·吐尔逊", "吐尔逊"), ("𠮷野", "𠮷野"), ("John Smith", "smith")],
)
def test_rare_characters_dots_and_latin_names_are_found(
    client: TestClient, make_patient: MakePatient, name: str, words: str
) -> None:
    make_patient(name)
    assert len(_search(client, words)["items"]) == 1


def test_a_text_as_long_as_allowed_is_answered_at_once(client: TestClient, make_patient: MakePatient) -> None:
    make_patient("买买提·吐尔逊·阿不都热合曼")
    assert len(_search(client, "买买提吐尔逊阿不都热合曼")["items"]) == 1
    started = time.perf_counter()
    assert _search(client, "".join(chr(0x4E00 + number) for number in range(200)))["items"] == []
    assert time.perf_counter() - started < 1


def test_a_list_of_the_found_is_masked(client: TestClient, make_patient: MakePatient) -> None:
    make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131")
    (item,) = _search(client, "张桂兰")["items"]
    assert (item["name"], item["phone"], item["citizen_id"]) == ("张**", "138****6131", "**************002X")
    assert "birth_date" not in item


def test_pages_of_the_found_are_complete_and_without_doubles(
    client: TestClient, make_patient: MakePatient, make_clinic: Callable[..., Organisation]
) -> None:
    clinics = [make_clinic(f"S{number}") for number in range(3)]
    made = {str(make_patient("李秀英", clinic_id=clinics[number % 3].id).id) for number in range(17)}
    seen, cursor = [], None
    while True:
        page = _search(client, "李秀英", limit=5, **({"cursor": cursor} if cursor else {}))
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(_search(client, "李秀英", clinic=str(clinics[0].id))["items"]) == 6


def test_nobody_of_another_clinic_is_found_by_anything(
    session: Session, keys: Keyring, make_patient: MakePatient, make_clinic: Callable[..., Organisation]
) -> None:
    patient = make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131")
    other = make_clinic("C2").id
    nurse = Scope(actor="nurse", clinic_ids=frozenset({other}))
    own = Scope(actor="nurse", clinic_ids=frozenset({patient.clinic_id}))
    for words in (ID_CARD, "13812346131", "6131", "002X", "张桂兰", "桂兰", "zgl"):
        terms = search_terms.terms(keys, words)
        assert terms is not None
        assert search_queries.search(session, nurse, terms) == []
        assert search_queries.search(session, nurse, terms, clinic_id=patient.clinic_id) == [], (
            "a clinic widens no scope"
        )
        assert [found.id for _, found in search_queries.search(session, own, terms)] == [patient.id]


def test_the_clinic_that_manages_a_person_finds_them_and_so_does_the_region_once(
    session: Session,
    scope: Scope,
    keys: Keyring,
    client: TestClient,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    make_clinic: Callable[..., Organisation],
) -> None:
    patient, second = make_patient("张桂兰"), make_clinic("C2")
    make_enrolment(patient, clinic_id=second.id)
    terms = search_terms.terms(keys, "张桂兰")
    assert terms is not None
    nurse = Scope(actor="nurse", clinic_ids=frozenset({second.id}))
    assert [found.id for _, found in search_queries.search(session, nurse, terms)] == [patient.id]
    assert [each["id"] for each in _search(client, "张桂兰")["items"]] == [str(patient.id)]


def test_who_is_managed_at_another_clinic_of_the_scope_is_found_once(
    session: Session,
    keys: Keyring,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    make_clinic: Callable[..., Organisation],
) -> None:
    second, third = make_clinic("C2"), make_clinic("C3")
    made = [make_patient("张桂兰") for _ in range(5)]
    for each in made:
        make_enrolment(each, clinic_id=second.id)
        make_enrolment(each, Disease.T2DM, clinic_id=third.id)
    terms = search_terms.terms(keys, "张桂兰")
    assert terms is not None
    home = made[0].clinic_id
    for clinics in ({home, second.id}, {home, second.id, third.id}, {second.id, third.id}, {third.id}):
        doctor = Scope(actor="doctor", clinic_ids=frozenset(clinics))
        found = search_queries.search(session, doctor, terms)
        assert sorted(each.id for _, each in found) == sorted(each.id for each in made), clinics
        paged = search_queries.search(session, doctor, terms, limit=2)
        while len(paged) < len(found):
            paged += search_queries.search(session, doctor, terms, limit=2, after=paged[-1][0])
        assert paged == found


def test_what_a_clinic_has_and_what_others_have_are_two_groups_and_together_all(
    client: TestClient,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    make_clinic: Callable[..., Organisation],
) -> None:
    own, other = make_clinic("C2"), make_clinic("C3")
    at_home = make_patient("张桂兰", clinic_id=own.id, citizen_id=ID_CARD, sex=None, birth_date=None)
    elsewhere = make_patient("张桂花", clinic_id=other.id)
    managed = make_patient("张桂芳", clinic_id=other.id)
    make_enrolment(managed, clinic_id=own.id)

    def ids(words: str, **more: object) -> set[str]:
        return {each["id"] for each in _search(client, words, **more)["items"]}

    assert ids("张桂", clinic=str(own.id)) == {str(at_home.id), str(managed.id)}
    assert ids("张桂", outside=str(own.id)) == {str(elsewhere.id)}
    assert ids(ID_CARD, outside=str(own.id)) == set()
    assert ids(ID_CARD, outside=str(other.id)) == {str(at_home.id)}


def test_others_are_found_only_with_the_right_and_the_trail_says_where_was_sought(
    app: FastAPI,
    session: Session,
    sign_in: Callable[..., dict[str, str]],
    make_patient: MakePatient,
    make_clinic: Callable[..., Organisation],
) -> None:
    own, other = make_clinic("C2"), make_clinic("C3")
    make_patient("张桂兰", clinic_id=own.id)
    there = make_patient("张桂花", clinic_id=other.id)
    nurse = TestClient(app, headers=sign_in(Role.NURSE, at=own))
    assert _search(nurse, "张桂", outside=str(own.id))["items"] == []
    assert nurse.post("/v1/patients:search", json={"text": "张桂", "outside": str(other.id)}).status_code == 404
    wider = TestClient(app, headers=sign_in(Role.SUPERVISOR, names=True))
    assert [each["id"] for each in _search(wider, "张桂", outside=str(own.id))["items"]] == [str(there.id)]
    note = session.scalars(
        select(AuditEvent).where(col(AuditEvent.act) == "search").order_by(col(AuditEvent.seq).desc()).limit(1)
    ).one()
    assert (note.detail, note.person_ids) == ({"kinds": ["name"], "outside": str(own.id)}, [there.id])


def test_after_a_transfer_the_new_clinic_finds_and_the_old_one_does_not(
    client: TestClient,
    session: Session,
    keys: Keyring,
    make_patient: MakePatient,
    make_enrolment: Callable[..., Enrolment],
    make_clinic: Callable[..., Organisation],
) -> None:
    patient = make_patient("张桂兰")
    old, new = patient.clinic_id, make_clinic("C2").id
    stint = make_enrolment(patient)
    address = f"/v1/patients/{patient.id}/enrolments/{stint.id}:transfer"
    assert client.post(address, json={"to_clinic_id": str(new), "on": "2026-11-18"}).status_code == 201
    session.expire_all()
    terms = search_terms.terms(keys, "zgl")
    assert terms is not None
    seen = {
        clinic: len(search_queries.search(session, Scope(actor="nurse", clinic_ids=frozenset({clinic})), terms))
        for clinic in (old, new)
    }
    assert seen == {old: 0, new: 1}


def test_no_token_table_tells_what_it_was_made_of(connection: Connection, make_patient: MakePatient) -> None:
    make_patient("张桂兰", phone="13812346131")
    plain = {int.from_bytes(each.encode()[:8], "big", signed=True) for each in ("张桂", "桂兰", "13812346131", "6131")}
    kept = set(connection.scalars(text("SELECT token FROM patient_token")))
    assert len(kept) >= 6
    assert not kept & plain


def test_one_field_is_revealed_with_a_reason(client: TestClient, make_patient: MakePatient) -> None:
    patient = make_patient("张桂兰", citizen_id=ID_CARD, sex=None, birth_date=None, phone="13812346131")
    address = f"/v1/patients/{patient.id}:reveal"
    for field, value in (("phone", "13812346131"), ("citizen_id", ID_CARD), ("name", "张桂兰"), ("address", None)):
        answer = client.post(address, json={"field": field, "reason": "call"})
        assert (answer.status_code, answer.json()) == (200, {"field": field, "value": value})
    assert client.post(address, json={"field": "phone"}).status_code == 422
    free_text = client.post(address, json={"field": "phone", "reason": "家属王建国来电"})
    assert free_text.status_code == 422, "what is typed could name somebody in the trail"
    assert client.post(address, json={"field": "data_key", "reason": "call"}).status_code == 422
    nobody = client.post(f"/v1/patients/{UUID(int=1)}:reveal", json={"field": "phone", "reason": "call"})
    assert nobody.status_code == 404


def test_looking_and_revealing_leave_no_name_in_log_and_trail(
    client: TestClient, session: Session, make_patient: MakePatient, caplog: pytest.LogCaptureFixture
) -> None:
    patient = make_patient("张桂兰", phone="13812346131")
    with caplog.at_level(logging.DEBUG):
        _search(client, "张桂兰")
        client.post(f"/v1/patients/{patient.id}:reveal", json={"field": "phone", "reason": "call"})
    trail = session.scalars(text("SELECT audit_event::text FROM audit_event")).all()
    assert [row for row in trail if "reveal" in row and "call" in row]
    assert not [each for each in ("张桂", "1381234") if each in caplog.text + "".join(trail)]


names = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=6)


@given(names, st.data())
def test_every_part_of_two_characters_or_more_finds_the_name(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 2))
    part = name[start : data.draw(st.integers(start + 2, len(name)))]
    terms = search_terms.terms(KEYS, part)
    assert terms is not None
    assert terms.kinds == (TermKind.NAME,)
    assert 0 < len(terms.alternatives[0].tokens) <= 8
    assert set(terms.alternatives[0].tokens) <= set(search_terms.tokens(KEYS, name=name))


@given(st.text(max_size=40))
def test_any_text_is_understood_or_refused(words: str) -> None:
    terms = search_terms.terms(KEYS, words)
    assert terms is None or terms.citizen_id or all(each.tokens for each in terms.alternatives)


def test_the_tokens_of_another_installation_are_others() -> None:
    here, there = (
        search_terms.tokens(crypto.keyring(each * 32), name="张桂兰", phone="13812346131") for each in (b"a", b"b")
    )
    assert not set(here) & set(there)
