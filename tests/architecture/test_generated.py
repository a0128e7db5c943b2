"""Generated files are current, and the migrations make exactly the tables that the code declares."""

from collections.abc import Callable
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from cmc.accounts import reference
from cmc.core import db, migrations, openapi
from cmc.core.guard import classified
from cmc.exchange.person import document
from cmc.exchange.person.schemas import VERSION
from cmc.main import build
from cmc.risk.equations import reference as equations
from cmc.tables import METADATA
from cmc.web import builder, words

ROOT = Path(__file__).parents[2]


def test_the_openapi_document_is_current() -> None:
    made = openapi.document(build(None, None))
    assert (ROOT / "openapi" / "cmc.json").read_text(encoding="utf-8") == made, "run `make openapi`"


def test_the_page_of_rights_is_current() -> None:
    page = reference.page(classified(build(None, None)))
    assert (ROOT / "openapi" / "reference" / "rights.md").read_text(encoding="utf-8") == page, "run `make openapi`"


def test_the_page_of_equations_is_current() -> None:
    path = ROOT / "openapi" / "reference" / "equations.md"
    assert path.read_text(encoding="utf-8") == equations.page(), "run `make openapi`"


def test_the_schema_of_the_person_document_is_current() -> None:
    path = ROOT / "openapi" / "reference" / f"person-document-{VERSION}.schema.json"
    assert path.read_text(encoding="utf-8") == document.json_schema(), "run `make openapi`"


def test_the_types_of_the_pages_are_current() -> None:
    assert builder.types_current(), "run `make openapi`"


def test_the_words_of_the_codes_are_current() -> None:
    made = words.module(build(None, None).openapi())
    assert (builder.UI / "src" / "locales" / "codes.ts").read_text(encoding="utf-8") == made, "run `make openapi`"


def test_migrations_and_table_classes_agree(database_url: str) -> None:
    engine = db.make_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: (
                    not (kind == "table" and (name or "").startswith(("reading_p", "audit_event_p")))
                ),
            },
        )
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_migrations_go_up_down_and_up_again(new_database: Callable[[], str]) -> None:
    url = new_database()
    for target in ("head", "base", "head"):
        migrations.move(url, target)
        engine = db.make_engine(url)
        with engine.connect() as connection:
            tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
        engine.dispose()
        assert (tables == 1) == (target == "base")  # Alembic's own table stays
