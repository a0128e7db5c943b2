"""The documents speak of what is there: names, verbs, files."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in ("cmc", "alembic", "openapi")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".py", ".json"} and "dist" not in path.parts
)
WORDS = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", SOURCES))
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_every_identifier_of_the_glossary_is_in_the_code() -> None:
    named = {word for term in re.findall(r"`([^`]+)`", GLOSSARY) for word in re.findall(r"[A-Za-z_]\w*", term)}
    assert sorted(named - WORDS) == []


def test_every_term_stands_once() -> None:
    terms = re.findall(r"^\| ([^|]+) \|", GLOSSARY, re.M)
    assert sorted({term for term in terms if terms.count(term) > 1}) == []


def test_nothing_is_left_to_be_filled_in() -> None:
    assert re.findall(r"\b[A-Z]{3,}_[A-Z_]{3,}\b", re.sub(r"CMC_\w+|\$\w+", "", README)) == []


def test_every_verb_of_the_readme_is_in_the_makefile() -> None:
    verbs = set(re.findall(r"\bmake ([a-z]+)", README))
    assert {"demo", "test", "bench"} <= verbs
    assert [verb for verb in verbs if not re.search(rf"^{verb}:", MAKEFILE, re.M)] == []


@pytest.mark.parametrize("document", sorted(ROOT.glob("*.md")), ids=lambda path: path.name)
def test_links_and_named_files_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [target for target in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / target).exists()]
    assert linked == []


def test_the_layers_of_the_architecture_are_those_that_are_checked() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = page.split("## The layers")[1].split("\n## ")[0]
    described = set(re.findall(r"`([a-z]+)`", table))
    packages = {path.name for path in (ROOT / "cmc").iterdir() if (path / "__init__.py").exists()}
    assert packages <= described
