"""Finding a person among 600,000 by sealed fields, against a look-up by primary key in the same run.

`python -m benchmarks.search [--people N]`. Every look-up is a statement of its own over one warm connection of the
service, under row-level security: the terms are made, the rows are read; what is found is opened and masked apart.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from uuid import UUID

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.clinical.identity_numbers import check_digit
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.ids import new_id
from cmc.core.scope import Scope
from cmc.core.text import Text
from cmc.organisations import service as tree
from cmc.organisations.tables import OrganisationKind
from cmc.patients import listing, queries, search_queries, search_terms
from cmc.patients.listing import PeopleAsked
from cmc.patients.protected import Protected, protect
from cmc.patients.schemas import PatientListed
from cmc.patients.tables import Patient

CLINICS = 266
LOOK_UPS = 1000
KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = (
    "建国", "志强", "德明", "永福", "国华", "文斌", "振东", "玉田", "长江", "家兴", "卫东", "宝林", "新民", "树森",
    "福生", "俊峰", "立新", "学军", "金生", "春生", "桂兰", "秀英", "淑珍", "玉梅", "丽华", "春花", "凤英", "秀兰",
    "惠芳", "雅琴", "月娥", "素云", "翠萍", "金凤", "红霞", "爱华", "瑞芝", "美玲", "佩兰", "玉珍",
)  # fmt: skip
_ADDRESS = "天津市河西区平江道8号3号楼201室"
REGION = Scope(actor="benchmark")
_COLUMNS = (
    "id, clinic_id, sex, birth_date, birth_date_precision, created_at, updated_at, version, data_key, name_cipher,"
    " citizen_id_cipher, citizen_id_original_cipher, citizen_id_token, phone_cipher, address_cipher"
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who was stored."""

    id: UUID
    clinic_id: UUID
    name: str
    citizen_id: str
    phone: str
    sealed: Protected


def people(count: int, clinics: list[UUID]) -> Iterator[Person]:
    """Yield people with names as common as real ones: 1,600 of them, some 375 people to each at 600,000."""
    chance = random.Random(20210601)
    for index in range(count):
        person_id, clinic_id = new_id(), clinics[index % len(clinics)]
        name = chance.choice(_SURNAMES) + chance.choice(_GIVEN)
        seventeen = f"1201{chance.randint(1, 19):02d}19{chance.randint(30, 85)}{chance.randint(1, 12):02d}"
        seventeen += f"{chance.randint(1, 28):02d}{index % 1000:03d}"
        number, phone = seventeen + check_digit(seventeen), f"1{chance.randint(30, 99)}{chance.randint(0, 10**8):08d}"
        sealed = protect(KEYS, person_id, name=name, citizen_id=number, phone=phone, address=_ADDRESS)
        yield Person(person_id, clinic_id, name, number, phone, sealed)


def fill(engine: Engine, count: int) -> tuple[list[Person], float]:
    """Store people in 266 clinics; return a sample of them and the seconds that it took."""
    with db.transaction(engine) as session:
        region = tree.add(session, OrganisationKind.REGION, code="R", name=Text("区域", "Region"))
        district = tree.add(session, OrganisationKind.DISTRICT, code="D", name=Text("区", "District"), parent=region)
        clinics = [
            tree.add(session, OrganisationKind.CLINIC, code=f"C{n}", name=Text("中心", "Clinic"), parent=district).id
            for n in range(CLINICS)
        ]
    now, sample, known = clock.now(), [], set()
    started = time.perf_counter()
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("SET statement_timeout = 0")
        tokens: list[tuple[int, UUID, UUID]] = []
        with cursor.copy(f"COPY patient ({_COLUMNS}) FROM STDIN") as copy:
            for person in people(count, clinics):
                if person.citizen_id in known:
                    continue
                known.add(person.citizen_id)
                sealed = person.sealed
                copy.write_row((person.id, person.clinic_id, "F", "1950-01-01", "day", now, now, 1, *list(sealed)[:-1]))
                tokens += [(token, person.clinic_id, person.id) for token in sealed.tokens]
                if len(known) % max(1, count // LOOK_UPS) == 0:
                    sample.append(person)
        with cursor.copy("COPY patient_token (token, clinic_id, patient_id) FROM STDIN") as copy:
            for row in sorted(tokens):
                copy.write_row(row)
        connection.commit()
        connection.driver_connection.autocommit = True
        cursor.execute("VACUUM (ANALYZE) patient, patient_token")
    finally:
        connection.close()
    return sample, time.perf_counter() - started


def looked_up(count: int) -> Iterator[str]:
    """Yield the table lines of an installation of `count` people."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        engine = db.make_engine(url)
        stack.callback(engine.dispose)
        sample, seconds = fill(engine, count)
        yield f"{count:,} people sealed and stored in {seconds:,.0f} s ({count / seconds:,.0f} a second)"
        yield from _sealing()
        with db.read_only(engine) as session:
            for table in ("patient", "patient_token"):
                size = session.scalar(select(func.pg_total_relation_size(table)))
                yield f"{table}: {size / 2**20:,.0f} MB with its indexes, {size / count:,.0f} bytes a person"
        database_keys = signed_scope.database_keys(KEYS)
        service = db.make_engine(service_role.keep(url, database_keys, Settings()), keys=database_keys)
        stack.callback(service.dispose)
        with db.read_only(service, REGION) as session:
            yield from _lines(session, sample)


def _sealing() -> Iterator[str]:
    known = list(people(10_000, [new_id()]))
    started = time.process_time()  # of the processor: other processes do not count
    for each in known:
        protect(KEYS, each.id, name=each.name, citizen_id=each.citizen_id, phone=each.phone, address=_ADDRESS)
    seconds = time.process_time() - started
    yield f"sealing alone: {len(known) / seconds:,.0f} people a second on one core"


def _lines(session: Session, sample: list[Person]) -> Iterator[str]:
    ways: dict[str, Callable[[Scope, Person], object]] = {
        "primary key, the region": lambda scope, person: queries.get(session, scope, person.id),
        "primary key, a clinic": lambda scope, person: queries.get(session, scope, person.id),
        "page of a list, a clinic": lambda scope, _: listing.page(session, scope, PeopleAsked(), on=clock.today()),
    }
    for words, of in {
        "citizen ID": lambda person: person.citizen_id,
        "phone": lambda person: person.phone,
        "last four": lambda person: person.phone[-4:],
        "name": lambda person: person.name,
        "part of a name": lambda person: person.name[1:],
        "initials": lambda person: next(iter(search_terms.initials(person.name))),
    }.items():
        for where in ("a clinic", "the region"):
            ways[f"{words}, {where}"] = lambda scope, person, of=of: _find(session, scope, of(person))
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(2):  # the first warms plans and pages
        for person in sample:
            for name, way in ways.items():
                scope = REGION if name.endswith("the region") else _nurse(person)
                db.enter_scope(session, scope)
                started = time.perf_counter()
                way(scope, person)
                if turn:
                    times[name].append((time.perf_counter() - started) * 1000)
                session.expunge_all()
    db.enter_scope(session, REGION)
    bare = median(times["primary key, the region"])
    for name, found in times.items():
        worst = sorted(found)[int(len(found) * 0.99)]
        yield table_line(f"found by {name}", median(found), "ms", "primary key", bare, note=f" (p99 {worst:.2f})")
    yield from _opened(session)


def _find(session: Session, scope: Scope, words: str) -> None:
    terms = search_terms.terms(KEYS, words)
    assert terms is not None
    assert search_queries.search(session, scope, terms, limit=21)


def _nurse(person: Person) -> Scope:
    return Scope(actor="nurse", clinic_ids=frozenset({person.clinic_id}))


def _opened(session: Session) -> Iterator[str]:
    found = list(session.scalars(select(Patient).limit(50)))
    read, masked = [], []
    for _ in range(200):
        session.expunge_all()
        started = time.perf_counter()
        list(session.scalars(select(Patient).limit(50)))
        read.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        for each in found:
            PatientListed.of(KEYS, each, on=clock.today())
        masked.append((time.perf_counter() - started) * 1000)
    yield table_line("50 people opened and masked", median(masked), "ms", "their rows read", median(read))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=600_000)
    for each in looked_up(parser.parse_args().people):
        print(each, flush=True)
