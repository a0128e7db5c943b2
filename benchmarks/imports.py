"""How fast sheets come in: people and laboratory results against COPY of the very same rows in the same run.

`python -m benchmarks.imports [--people N] [--facts N]`. The import is the worker's own: each step a transaction of the
service's role in the scope of one clinic, with checks, look-ups of duplicates, sealing, tokens and the trail. The peer
copies the stored rows of `patient` (or `laboratory_result`) into a table made LIKE it, indexes and checks included,
and does nothing else. The last lines are the register out again.
"""

import argparse
import io
import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from benchmarks.installation import MASTER_KEY, data_folder
from benchmarks.load import table_line
from cmc.clinical.identity_numbers import check_digit
from cmc.core import clock, crypto, db, migrations, service_role, signed_scope
from cmc.core.config import Settings
from cmc.core.embedded_postgres import running
from cmc.core.scope import EVERY_RIGHT, Scope
from cmc.core.text import Text
from cmc.exchange import files, register, service
from cmc.exchange import running as steps
from cmc.exchange.codes import ExportReason, ImportKind, ImportState, RowVerdict, SheetFormat
from cmc.exchange.queries import counts
from cmc.exchange.queries import run as found
from cmc.exchange.schemas import RegisterInFull
from cmc.organisations import service as tree
from cmc.organisations.tables import OrganisationKind

KEYS = crypto.keyring(crypto.decode_master_key(MASTER_KEY))
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "建国志强德明永福国华文斌振东玉田长江家兴秀英桂兰"


def sheets(people: int, facts: int) -> tuple[bytes, bytes]:
    """Return a sheet of people, and one of results of these people, as CSV."""
    chance = random.Random(20261122)
    numbers, first, second = [], ["姓名,身份证号,联系电话,住址"], ["身份证号,检验日期,检验项目,结果,单位"]
    for place in range(people):
        seventeen = f"120103{chance.randint(1930, 1985)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}"
        seventeen += f"{place % 1000:03d}"
        number = seventeen + check_digit(seventeen)
        name = chance.choice(_SURNAMES) + chance.choice(_GIVEN) + chance.choice(_GIVEN)
        phone = f"1{chance.randint(30, 99)}{chance.randint(0, 10**8):08d}"
        first.append(f"{name},{number},{phone},天津市河西区平江道{place}号")
        numbers.append(number)
    for place in range(facts):
        value, day = f"{chance.uniform(4.5, 11):.1f}", f"20{15 + place // people % 10}-05-{1 + place % 28:02d}"
        second.append(f"{numbers[place % people]},{day},HBA1C,{value},%")
    return "\n".join(first).encode(), "\n".join(second).encode()


def imported(people: int, facts: int) -> Iterator[str]:
    """Yield the table's lines."""
    with ExitStack() as stack:
        url = stack.enter_context(running(data_folder(stack)))
        migrations.upgrade(url)
        keys = signed_scope.database_keys(KEYS)
        engine = db.make_engine(service_role.keep(url, keys, Settings()), keys=keys)
        owner = db.make_engine(url)
        stack.callback(engine.dispose)
        stack.callback(owner.dispose)
        scope = Scope("user:benchmark", frozenset({_clinic(owner)}), EVERY_RIGHT)
        of_people, of_facts = sheets(people, facts)
        for kind, body, table in (
            (ImportKind.PATIENTS, of_people, "patient"),
            (ImportKind.LABS, of_facts, "laboratory_result"),
        ):
            taken, stored = _import(engine, scope, kind, body)
            copied = _copy(owner, table)
            for what, seconds in taken.items():
                line = f"{kind.value}: {what}"
                note = f" (COPY is {copied * seconds / stored:,.0f} times as fast)"
                yield table_line(line, stored / seconds, "rows/s", "COPY", copied, note=note)
            again, _ = _import(engine, scope, kind, body)
            yield table_line(
                f"{kind.value}: again, nothing new", stored / again["checked and stored"], "rows/s", "COPY", copied
            )
        yield from _out(engine, scope, people)


def _clinic(owner: Engine) -> UUID:
    with db.transaction(owner) as session:
        region = tree.add(session, OrganisationKind.REGION, code="R", name=Text("区域", "Region"))
        district = tree.add(session, OrganisationKind.DISTRICT, code="D", name=Text("区", "District"), parent=region)
        return tree.add(session, OrganisationKind.CLINIC, code="C", name=Text("中心", "Clinic"), parent=district).id


def _import(engine: Engine, scope: Scope, kind: ImportKind, body: bytes) -> tuple[dict[str, float], int]:
    """Seconds to take a file in and check it, to store it, and both; and the rows that were created, or known."""
    clinic = next(iter(scope.clinic_ids or ()))
    started = time.perf_counter()
    with files.table_of(body) as table, db.transaction(engine, scope) as session:
        run_id = service.start(session, scope, KEYS, clinic, kind, table, now=clock.now(), most=10**7).id
    _work(engine, scope, run_id)
    checked = time.perf_counter()
    with db.transaction(engine, scope) as session:
        service.apply(session, scope, run_id, now=clock.now())
    _work(engine, scope, run_id)
    done = time.perf_counter()
    with db.transaction(engine, scope) as session:
        assert found(session, scope, run_id).state == ImportState.DONE
        told = counts(session, scope, [run_id])[run_id]
    stored = told.get(RowVerdict.CREATED, 0) or told.get(RowVerdict.KNOWN, 0)
    return {"checked": checked - started, "stored": done - checked, "checked and stored": done - started}, stored


def _work(engine: Engine, scope: Scope, run_id: UUID) -> None:
    more = True
    while more:
        with db.transaction(engine, scope) as session:
            more = steps.step(session, KEYS, found(session, scope, run_id, for_update=True), now=clock.now())


def _copy(owner: Engine, table: str) -> float:
    """Rows a second of a COPY of what is stored in a table into its like, best of three."""
    connection: Any = owner.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"CREATE TEMP TABLE bare (LIKE {table} INCLUDING ALL)")
        held = io.BytesIO()
        with cursor.copy(f"COPY {table} TO STDOUT") as out:
            for part in out:
                held.write(part)
        rows = cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        best = min(_timed(lambda: _copied(cursor, held.getvalue())) for _ in range(3))
        cursor.execute("DROP TABLE bare")
        connection.commit()
        return float(rows / best)
    finally:
        connection.close()


def _copied(cursor: Any, content: bytes) -> None:
    cursor.execute("TRUNCATE bare")
    with cursor.copy("COPY bare FROM STDIN") as copy:
        copy.write(content)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _out(engine: Engine, scope: Scope, people: int) -> Iterator[str]:
    for form in SheetFormat:
        wanted = RegisterInFull(reason=ExportReason.CHECKING, format=form)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with db.transaction(engine, scope) as session:
            started = time.perf_counter()
            size = register.exported(session, scope, KEYS, wanted, on=clock.today()).seek(0, io.SEEK_END)
            exported = people / (time.perf_counter() - started)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        bare = people / _timed(lambda: _read(engine, scope))
        note = f" ({size / 1024:,.0f} KiB, memory +{grown:,.0f} MiB)"
        yield table_line(f"register out, {form.value}", exported, "people/s", "rows read", bare, note=note)


def _read(engine: Engine, scope: Scope) -> None:
    with db.transaction(engine, scope) as session:
        for _ in session.execute(text("SELECT * FROM patient").execution_options(yield_per=1000)):
            pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--facts", type=int, default=10_000)
    given = parser.parse_args()
    for each in imported(given.people, given.facts):
        print(each, flush=True)
