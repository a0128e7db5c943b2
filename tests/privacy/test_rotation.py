"""The master key is exchanged while people work, and a run that was killed loses nobody."""

import threading
from contextlib import contextmanager
from typing import Any

import pyotp
import pytest
from sqlalchemy import LargeBinary, text

from cmc.accounts import access, machines, second_factor, users
from cmc.accounts.passwords import Profile
from cmc.accounts.roles import MachineKind, Role, Wanted
from cmc.accounts.tables import AppUser
from cmc.core import clock, config, crypto, db, key_check, master_keys
from cmc.core.credentials import Presented
from cmc.core.errors import Unavailable
from cmc.core.operating import OperatorError
from cmc.core.scope import system_scope
from cmc.privacy import rotation
from cmc.privacy.rotation import SealedColumn
from cmc.tables import METADATA


def test_one_command_exchanges_the_key_and_another_forgets_the_old(installation: Any) -> None:
    running = installation.keys()  # the web process: started before
    people = [f"人{number}甲" for number in range(7)]
    for name in people:
        installation.register(name, running)
    first = running.current

    answer = installation.run("keys", "rotate")
    assert answer.exit_code == 0, answer.output
    assert "7 keys" in answer.output
    assert len((installation.folder / "master.key").read_text().split()) == 3, "two keys and the look-up key"
    installation.register("新来者", running)  # the running process wraps by the new key, and reads everybody
    assert installation.names(running) == [*people, "新来者"]
    used = {bytes(row[0]) for row in installation.rows("SELECT substring(data_key, 2, 4) FROM patient")}
    assert used == {running.current}
    assert running.current != first

    listed = installation.run("keys", "list").output
    assert f"{first.hex()}  in use" in listed
    assert f"{running.current.hex()}  current" in listed
    assert installation.run("keys", "drop").exit_code == 0
    assert len((installation.folder / "master.key").read_text().split()) == 2
    after = installation.keys()
    assert after.ids == {running.current}
    assert installation.names(after) == [*people, "新来者"]
    assert after.token("phone", "1") == running.token("phone", "1"), "people are still found"
    with db.transaction(installation.engine) as session:
        key_check.require_ours(session, after)


def test_a_rotation_that_was_killed_goes_on_where_it_stopped(
    installation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = installation.keys()
    for number in range(9):
        installation.register(f"人{number}甲", keys)
    monkeypatch.setattr(rotation, "BATCH", 2)
    made = 0

    @contextmanager
    def dying() -> Any:
        nonlocal made
        made += 1
        with db.transaction(installation.engine) as session:
            yield session
            if made == 9:  # the exchange itself, five empty columns, then batches of two
                raise KeyboardInterrupt

    material = config.key_material(config.load())
    added = master_keys.KeyMaterial((b"n" * 32, *material.masters), crypto.look_up_key(material))
    master_keys.replace(installation.folder, added)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(dying, installation.keys())
    left = installation.run("keys", "list").output
    assert "5 keys or fields hang on a former" in left
    with pytest.raises(OperatorError, match="rotate"):
        rotation.drop(lambda: db.transaction(installation.engine), installation.keys())

    answer = installation.run("keys", "rotate")
    assert "5 keys and fields" in answer.output, "the same exchange goes on: no third key"
    assert installation.keys().ids == crypto.Keyring(added).ids
    assert len(installation.names(installation.keys())) == 9


def test_people_who_are_registered_meanwhile_are_not_lost(installation: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = installation.keys()
    for number in range(30):
        installation.register(f"人{number}甲", keys)
    monkeypatch.setattr(rotation, "BATCH", 1)
    stop, made = threading.Event(), []

    def nurse() -> None:
        while not stop.is_set():
            made.append(installation.register(f"新{len(made)}乙", keys))

    desk = threading.Thread(target=nurse)
    desk.start()
    try:
        assert installation.run("keys", "rotate").exit_code == 0
        assert installation.run("keys", "drop").exit_code == 0
    finally:
        stop.set()
        desk.join()
    after = installation.keys()
    assert made
    assert len(after.ids) == 1
    assert len(installation.names(after)) == 30 + len(made)


def test_a_process_without_the_new_key_refuses_rather_than_lose_somebody(installation: Any) -> None:
    material = config.key_material(config.load())
    stale = crypto.Keyring(material)  # keys of the environment: never read again
    installation.run("keys", "rotate")
    with pytest.raises(Unavailable):
        installation.register("张桂兰", stale)
    assert installation.rows("SELECT count(*) FROM patient") == [(0,)]


def test_keys_of_the_environment_are_exchanged_by_their_owner(
    installation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.register("张桂兰", installation.keys())
    monkeypatch.setenv("CMC_MASTER_KEY", (installation.folder / "master.key").read_text())
    refused = installation.run("keys", "rotate")
    assert isinstance(refused.exception, OperatorError)
    assert "cmc keys new" in str(refused.exception)
    value = installation.run("keys", "new").output.strip()
    monkeypatch.setenv("CMC_MASTER_KEY", value)
    assert "1 keys" in installation.run("keys", "rotate").output
    assert "Take all keys but the first" in installation.run("keys", "drop").output
    first, _, look_up = value.split(",")
    monkeypatch.setenv("CMC_MASTER_KEY", f"{first},{look_up}")
    assert installation.names(installation.keys()) == ["张桂兰"]


def test_fields_that_belong_to_no_person_change_over_too(installation: Any) -> None:
    old, new = crypto.keyring(b"o" * 32), None
    material = master_keys.KeyMaterial(
        (b"n" * 32, b"o" * 32), crypto.look_up_key(master_keys.KeyMaterial((b"o" * 32,)))
    )
    new = crypto.Keyring(material)
    column = SealedColumn("secret_of_nobody", "secret")
    first_form = b"\x01" + old.encrypt("x", context="c")[5:]
    assert old.decrypt(first_form, context="c") == "x"
    with db.transaction(installation.engine) as session:
        session.execute(text("CREATE TABLE secret_of_nobody (id int PRIMARY KEY, secret bytea)"))
        for key in (1, 2):
            sealed = old.encrypt(f"secret {key}", context=f"secret_of_nobody.secret|{key}")
            sealed = sealed if key == 1 else b"\x01" + sealed[5:]
            session.execute(text("INSERT INTO secret_of_nobody VALUES (:key, :sealed)"), {"key": key, "sealed": sealed})
    told: list[tuple[int, int]] = []
    done = rotation.rotate(
        lambda: db.transaction(installation.engine), new, columns=[column], progress=lambda *each: told.append(each)
    )
    assert (done, told) == (2, [(2, 2)])
    only_new = crypto.keyring(b"n" * 32)
    rows = installation.rows("SELECT id, secret FROM secret_of_nobody ORDER BY id")
    opened = [only_new.decrypt(bytes(sealed), context=f"secret_of_nobody.secret|{key}") for key, sealed in rows]
    assert opened == ["secret 1", "secret 2"]


def test_every_sealed_column_of_nobody_is_known_to_the_exchange() -> None:
    sealed = {
        (name, column.name)
        for name, table in METADATA.tables.items()
        for column in table.columns
        if column.name.endswith("_cipher")
        and isinstance(column.type, LargeBinary)
        and "data_key" not in table.c
        and name not in rotation.UNDER_THE_PERSON
    }
    assert sealed == {(each.table, each.column) for each in rotation.SEALED_COLUMNS}
    assert set(rotation.WRAPPED_KEYS) == {name for name, table in METADATA.tables.items() if "data_key" in table.c}


def test_gateways_and_second_factors_go_on_after_an_exchange(installation: Any) -> None:
    running, scope, now = installation.keys(), system_scope("command:test"), clock.now()

    def gateway(name: str) -> str:
        with db.transaction(installation.engine) as session:
            node = installation.clinic_id
            _, key = machines.add(
                session, scope, running, MachineKind.GATEWAY, name=name, organisation_id=node, now=now
            )
            return key

    before = gateway("before")
    with db.transaction(installation.engine) as session:
        user, _ = users.add(session, scope, "admin", display_name="管理员", roles=[Wanted(Role.ADMIN)], now=now)
        secret, _ = second_factor.begin(session, running, user)
        user_id = user.id
    answer = installation.run("keys", "rotate")
    assert "2 keys and fields" in answer.output, answer.output
    keys = [before, gateway("after")]
    assert installation.run("keys", "drop").exit_code == 0
    after = installation.keys()
    assert len(after.ids) == 1
    for key in keys:
        caller = access.authenticate(installation.engine, after, Presented(bearer=key), profile=Profile.ASVS, now=now)
        assert caller.actor.startswith("gateway:")
    with db.transaction(installation.engine) as session:
        code = pyotp.TOTP(secret).at(now)
        assert second_factor.confirm(session, after, session.get_one(AppUser, user_id), code, now)


def test_a_process_without_the_new_key_hands_out_no_machine_key(installation: Any) -> None:
    stale, scope = crypto.Keyring(config.key_material(config.load())), system_scope("command:test")
    installation.run("keys", "rotate")
    with pytest.raises(Unavailable), db.transaction(installation.engine) as session:
        machines.add(
            session,
            scope,
            stale,
            MachineKind.GATEWAY,
            name="x",
            organisation_id=installation.clinic_id,
            now=clock.now(),
        )


def test_a_key_is_not_forgotten_while_somebody_is_wrapped_by_it(installation: Any) -> None:
    """Who is being put on file by the key of a moment ago must be found by the one that wraps anew."""
    keys, done = installation.keys(), threading.Event()

    def exchange() -> None:
        with db.transaction(installation.engine) as session:
            key_check.exchange(session)
            done.set()

    with db.transaction(installation.engine) as wrapping:
        key_check.current(wrapping, keys)
        exchanging = threading.Thread(target=exchange)
        exchanging.start()
        assert not done.wait(0.3)
    exchanging.join(10)
    assert done.is_set()
