"""Users as an administrator keeps them, and the passwords they choose."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from cmc.accounts import passwords, queries, users
from cmc.accounts.passwords import Profile
from cmc.accounts.policy import Policy
from cmc.accounts.roles import ClosingReason, Role, Wanted, rights_of
from cmc.core import clock, crypto
from cmc.core.errors import Conflict, Invalid, NotFound
from cmc.core.scope import Caller, Grant, Right, Scope
from cmc.main import build

PASSWORD = "correct horse battery staple"
LOCAL = {"Origin": "http://localhost"}


@pytest.fixture
def admin(app: FastAPI, sign_in: Any) -> TestClient:
    return TestClient(app, raise_server_exceptions=False, headers=sign_in(Role.ADMIN, login="root1"))


def _add(admin: TestClient, tree: Any, login: str = "zhang.min", role: str = "nurse") -> dict[str, Any]:
    roles = [{"role": role, "organisation_id": str(tree.clinic.id)}]
    answer = admin.post("/v1/users", json={"login": login, "display_name": "张敏", "roles": roles})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def _log_in(visitor: TestClient, login: str, password: str) -> int:
    status: int = visitor.post("/v1/session", json={"login": login, "password": password}).status_code
    return status


def test_a_new_user_must_choose_a_password_before_anything_else(
    admin: TestClient, visitor: TestClient, tree: Any
) -> None:
    given_once = _add(admin, tree)["one_time_password"]
    assert _log_in(visitor, "zhang.min", given_once) == 204
    assert visitor.get("/v1/me").json()["must_change_password"] is True
    refused = visitor.get("/v1/worklist")
    assert (refused.status_code, refused.json()["code"]) == (403, "password-change-needed")
    chosen = {"password": given_once, "new_password": PASSWORD}
    assert visitor.post("/v1/me:change-password", json=chosen).status_code == 204
    assert visitor.get("/v1/worklist").status_code == 200
    assert _log_in(visitor, "zhang.min", given_once) == 401
    assert _log_in(visitor, "zhang.min", PASSWORD) == 204


def test_a_changed_password_ends_all_other_sessions(app: FastAPI, visitor: TestClient, sign_in: Any) -> None:
    other = TestClient(app, headers=sign_in(Role.NURSE, login="twice"))
    assert _log_in(visitor, "twice", PASSWORD) == 204
    changed = {"password": PASSWORD, "new_password": "seven brown kettles whistle"}
    assert visitor.post("/v1/me:change-password", json=changed).status_code == 204
    assert visitor.get("/v1/me").status_code == 200
    assert other.get("/v1/me").status_code == 401


def test_the_present_password_is_asked_for(visitor: TestClient, sign_in: Any) -> None:
    sign_in(Role.NURSE, login="asked")
    _log_in(visitor, "asked", PASSWORD)
    answer = visitor.post("/v1/me:change-password", json={"password": "no", "new_password": "seven brown kettles"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/password")
    assert visitor.get("/v1/me").status_code == 200


@pytest.mark.parametrize("action", ["disable", "reset-password", "reset-second-factor"])
def test_what_an_administrator_ends_is_ended_at_the_next_request(
    app: FastAPI, admin: TestClient, sign_in: Any, session: Session, action: str
) -> None:
    nurse = TestClient(app, headers=sign_in(Role.NURSE, login="leaving"))
    assert nurse.get("/v1/me").status_code == 200
    user_id = session.scalars(text("SELECT id FROM app_user WHERE login = 'leaving'")).one()
    body = {"reason": "left"} if action == "disable" else None
    assert admin.post(f"/v1/users/{user_id}:{action}", json=body).status_code == 200
    assert nurse.get("/v1/me").status_code == 401


def test_a_disabled_account_takes_no_log_in_until_it_is_enabled(
    admin: TestClient, visitor: TestClient, sign_in: Any, session: Session
) -> None:
    sign_in(Role.NURSE, login="away")
    user_id = session.scalars(text("SELECT id FROM app_user WHERE login = 'away'")).one()
    admin.post(f"/v1/users/{user_id}:disable", json={"reason": "away"})
    assert _log_in(visitor, "away", PASSWORD) == 401
    admin.post(f"/v1/users/{user_id}:enable")
    assert _log_in(visitor, "away", PASSWORD) == 204


def test_a_role_that_is_taken_away_is_gone_at_the_next_request(
    app: FastAPI, admin: TestClient, sign_in: Any, tree: Any, session: Session, make_patient: Any
) -> None:
    nurse = TestClient(app, headers=sign_in(Role.NURSE, at=tree.clinic, login="moving"))
    person = f"/v1/patients/{make_patient().id}"
    user_id = session.scalars(text("SELECT id FROM app_user WHERE login = 'moving'")).one()
    assert nurse.get(person).status_code == 200
    elsewhere = {"roles": [{"role": "nurse", "organisation_id": str(tree.other_clinic.id)}]}
    assert admin.put(f"/v1/users/{user_id}/roles", json=elsewhere).status_code == 200
    assert nurse.get(person).status_code == 404
    assert admin.put(f"/v1/users/{user_id}/roles", json={"roles": []}).status_code == 200
    assert nurse.get(person).status_code == 403


def test_nobody_changes_the_own_rights(admin: TestClient, session: Session) -> None:
    own = admin.get("/v1/me").json()["id"]
    answer = admin.put(f"/v1/users/{own}/roles", json={"roles": []})
    assert (answer.status_code, answer.json()["code"]) == (409, "own-account")


def test_one_administrator_of_everything_remains(session: Session, tree: Any, sign_in: Any) -> None:
    """Whoever acts: two that close each other at the same moment, or a command."""
    scope, now = Scope("test"), clock.now()
    sign_in(Role.ADMIN, login="root1")
    sign_in(Role.ADMIN, login="root2")
    sign_in(Role.ADMIN, login="root3", at=tree.district)
    root1, root2, root3 = (queries.user_by_login(session, f"root{number}") for number in (1, 2, 3))
    assert root1 is not None
    assert root2 is not None
    assert root3 is not None
    users.disable(session, root1, ClosingReason.LEFT, now=now)
    with pytest.raises(Conflict) as refused, session.begin_nested():
        users.disable(session, root2, ClosingReason.LEFT, now=now)
    assert refused.value.code == "last-admin"
    with pytest.raises(Conflict), session.begin_nested():
        users.set_roles(session, scope, root2, [Wanted(Role.AUDITOR)], now=now)
    session.refresh(root2)
    assert (root2.disabled_at, [each.role for each in queries.grants(session, [root2.id])]) == (None, ["admin"])
    users.disable(session, root3, ClosingReason.LEFT, now=now)  # of a part only
    users.enable(session, root1)
    users.set_roles(session, scope, root2, [], now=now)


def test_every_signed_in_user_can_read_what_the_roles_may_do(app: FastAPI, sign_in: Any, tree: Any) -> None:
    nurse = TestClient(app, headers=sign_in(Role.NURSE, at=tree.clinic))
    table = {each["role"]: each for each in nurse.get("/v1/roles").json()["items"]}
    assert list(table) == list(Role)
    assert all(set(table[role]["rights"]) == rights_of(role) for role in Role)
    assert [role for role in table if table[role]["with_names"]] == ["supervisor"]


@pytest.mark.parametrize(
    ("roles", "status"),
    [
        ([("admin", None), ("nurse", "clinic")], 409),
        ([("auditor", None), ("supervisor", "district")], 409),
        ([("nurse", "clinic"), ("nurse", "clinic")], 201),
        ([("nurse", "clinic"), ("manager", "other_clinic")], 201),
        ([("nurse", "district")], 422),
        ([("doctor", None)], 422),
        ([("supervisor", "clinic")], 422),
        ([("supervisor", "region")], 201),
        ([("janitor", "clinic")], 422),
    ],
)
def test_roles_belong_where_they_make_sense(
    admin: TestClient, tree: Any, roles: list[tuple[str, str | None]], status: int
) -> None:
    wanted = [{"role": role, "organisation_id": str(getattr(tree, at).id) if at else None} for role, at in roles]
    answer = admin.post("/v1/users", json={"login": "some.one", "display_name": "某人", "roles": wanted})
    assert answer.status_code == status


def test_a_supervisor_sees_names_only_with_the_extra_right(
    app: FastAPI, sign_in: Any, tree: Any, make_patient: Any
) -> None:
    person = f"/v1/patients/{make_patient().id}"
    plain = TestClient(app, headers=sign_in(Role.SUPERVISOR, at=tree.district))
    named = TestClient(app, headers=sign_in(Role.SUPERVISOR, at=tree.district, names=True))
    assert (plain.get(person).status_code, named.get(person).status_code) == (403, 200)
    body = {"died_on": "2025-01-01"}
    assert named.post(f"{person}:record-death", json=body, headers={"Origin": "http://testserver"}).status_code == 403


def test_rights_of_two_roles_do_not_spill_over(
    app: FastAPI, admin: TestClient, visitor: TestClient, tree: Any, make_patient: Any
) -> None:
    """A nurse of one clinic who supervises another district reads no record there."""
    roles = [
        {"role": "nurse", "organisation_id": str(tree.clinic.id)},
        {"role": "supervisor", "organisation_id": str(tree.other_district.id)},
    ]
    made = admin.post("/v1/users", json={"login": "both", "display_name": "两职", "roles": roles}).json()
    _log_in(visitor, "both", made["one_time_password"])
    visitor.post("/v1/me:change-password", json={"password": made["one_time_password"], "new_password": PASSWORD})
    own, foreign = make_patient(), make_patient("李明", clinic_id=tree.other_clinic.id)
    assert [visitor.get(f"/v1/patients/{each.id}").status_code for each in (own, foreign)] == [200, 404]
    rates = "/v1/indicator-values?from=2025-10&to=2025-11&scope="
    for node in (tree.clinic, tree.other_clinic, tree.other_district):
        assert visitor.get(f"{rates}{node.id}").status_code == 200
    assert visitor.get(f"{rates}{tree.district.id}").status_code == 404


def test_users_are_listed_page_by_page(admin: TestClient, tree: Any) -> None:
    for number in range(5):
        _add(admin, tree, f"user{number}")
    seen: list[str] = []
    cursor = None
    while True:
        page = admin.get("/v1/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [each["login"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["root1", *(f"user{number}" for number in range(5))]


@pytest.mark.parametrize("login", ["Аdmin", "ａdmin", "a", "-x", "x" * 33, "a b", "root\n", "李"])
def test_a_login_name_cannot_look_like_another(admin: TestClient, login: str) -> None:
    body = {"login": login, "display_name": "x", "roles": []}
    assert admin.post("/v1/users", json=body).status_code == 422


def test_a_login_name_is_given_once(admin: TestClient, tree: Any) -> None:
    _add(admin, tree)
    answer = admin.post("/v1/users", json={"login": "zhang.min", "display_name": "x", "roles": []})
    assert (answer.status_code, answer.json()["code"]) == (409, "login-exists")


_NODES = ("region", "district", "clinic", "other_district", "other_clinic", None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=st.sampled_from(["region", "district", "clinic", "other_district", "other_clinic"]),
    wanted=st.lists(st.tuples(st.sampled_from(list(Role)), st.sampled_from(_NODES), st.booleans()), max_size=3),
)
def test_nobody_gives_more_than_lies_in_the_own_part_of_the_tree(
    session: Session, tree: Any, at: str, wanted: list[tuple[Role, str | None, bool]]
) -> None:
    below = {
        "region": {"district", "clinic", "other_district", "other_clinic", "region"},
        "district": {"district", "clinic"},
        "other_district": {"other_district", "other_clinic"},
    }.get(at, {at})
    nodes = {getattr(tree, each).id for each in below}
    clinics = {getattr(tree, each).id for each in below if each.endswith("clinic")}
    scope = Scope("user:x", frozenset(clinics), frozenset({Right.MANAGE_USERS}), frozenset(nodes))
    roles = [Wanted(role, getattr(tree, node).id if node else None, names) for role, node, names in wanted]
    with session.begin_nested() as savepoint:
        user = users.add_with_password(session, "granted", "x", display_name="x", is_temporary=True, now=clock.now())
        try:
            users.set_roles(session, scope, user, roles, now=clock.now())
        except (Conflict, Invalid, NotFound):
            savepoint.rollback()
            return
        given_nodes = {each.organisation_id for each in queries.grants(session, [user.id])}
        savepoint.rollback()
    assert given_nodes <= nodes


@given(
    st.lists(st.tuples(st.sampled_from(list(Right)), st.sets(st.integers(0, 4))), max_size=5),
    st.sampled_from(list(Right)),
)
def test_a_scope_holds_no_clinic_in_which_the_right_is_not_held(
    held: list[tuple[Right, set[int]]], right: Right
) -> None:
    grants = tuple(Grant(frozenset({each}), frozenset(UUID(int=n) for n in at)) for each, at in held)
    caller = Caller("user:x", grants)
    if not caller.has(right):
        return
    scope = caller.scope(right)
    assert scope.clinic_ids is not None
    assert scope.clinic_ids == frozenset(UUID(int=n) for each, at in held if each is right for n in at)
    for other in scope.rights:
        everywhere = frozenset(UUID(int=n) for each, at in held if each is other for n in at)
        assert scope.clinic_ids <= everywhere


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        ["short", "password123", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "zhang.min2026", "Tianjin2026", "x" * 129],
    )
    def test_what_is_easily_guessed_is_refused(self, password: str) -> None:
        with pytest.raises(Invalid):
            passwords.require_good(password, Profile.ASVS, context=("zhang.min", "张敏"))

    @pytest.mark.parametrize(
        "password",
        [
            PASSWORD,
            "七只猫在屋顶上唱歌跳舞",
            "  spaces are kept  as typed ",
            "x7#Kp2!vQz",
            "长" * 3 + "kettle brown seven",
        ],
    )
    def test_any_characters_will_do(self, password: str) -> None:
        passwords.require_good(password, Profile.ASVS)

    @pytest.mark.parametrize(("password", "good"), [(PASSWORD, False), ("Correct horse 42 staple", True)])
    def test_dengbao_asks_for_three_classes(self, password: str, good: bool) -> None:
        if good:
            passwords.require_good(password, Profile.DENGBAO3)
        else:
            with pytest.raises(Invalid, match="field"):
                passwords.require_good(password, Profile.DENGBAO3)

    def test_dengbao_remembers_five_and_asvs_the_present_one(self) -> None:
        former = [passwords.hashed(f"password number {n}") for n in range(7)]
        for profile, remembered in ((Profile.ASVS, 1), (Profile.DENGBAO3, 5)):
            for number in range(7):
                if number < remembered:
                    with pytest.raises(Invalid):
                        passwords.require_new(f"password number {number}", former, profile)
                else:
                    passwords.require_new(f"password number {number}", former, profile)

    def test_dengbao_asks_for_a_new_one_after_90_days(
        self, connection: Any, keys: crypto.Keyring, sign_in: Any, session: Session
    ) -> None:
        headers = sign_in(Role.NURSE)
        session.execute(text("UPDATE app_user SET password_changed_at = :at"), {"at": clock.now() - timedelta(days=91)})
        for profile, status in ((Profile.ASVS, 200), (Profile.DENGBAO3, 403)):
            app = build(connection, keys, Policy(profile=profile))
            assert TestClient(app, headers=headers).get("/v1/organisations").status_code == status

    def test_made_passwords_are_good_in_both_profiles_and_never_the_same(self) -> None:
        made = {passwords.made() for _ in range(50)}
        assert len(made) == 50
        for each in made:
            passwords.require_good(each, Profile.ASVS)

    def test_an_unknown_name_takes_as_long_as_a_wrong_password(self) -> None:
        def worked(known: str | None) -> float:
            begun = time.thread_time()
            passwords.verify("wrong", known)
            return time.thread_time() - begun

        known = passwords.hashed(PASSWORD)
        times = [(worked(known), worked(None)) for _ in range(9)]
        with_name, without = (sorted(each)[4] for each in zip(*times, strict=True))
        assert 0.5 < with_name / without < 2
