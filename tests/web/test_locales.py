"""The words of the pages: both languages complete, each in its own script, none outside the locales."""

import re
from pathlib import Path

import pytest

from cmc.audit.changes import AUDITED
from cmc.main import build as api
from cmc.web import builder

SRC = builder.UI / "src"
LOCALES = SRC / "locales"
PAIRS = [("zh-CN.ts", "en.ts"), ("pages.zh-CN.ts", "pages.en.ts")]
"""The words of the first screen, and those of the pages that are loaded after it."""

HAN = re.compile(r"[\u2e80-\u2fdf\u3400-\u9fff\uf900-\ufaff]")
ENTRY = re.compile(r"^  '([^']+)':\s*'((?:[^'\\]|\\.)*)',$", re.MULTILINE)


def words(name: str) -> dict[str, str]:
    return dict(ENTRY.findall((LOCALES / name).read_text(encoding="utf-8")))


def holes(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize(("zh", "en"), PAIRS)
def test_both_languages_have_the_same_keys_in_the_same_order(zh: str, en: str) -> None:
    chinese, english = words(zh), words(en)
    assert len(chinese) > 100
    assert list(chinese) == list(english)


@pytest.mark.parametrize("name", [name for pair in PAIRS for name in pair])
def test_every_line_of_a_locale_is_an_entry(name: str) -> None:
    lines = [line for line in (LOCALES / name).read_text(encoding="utf-8").splitlines() if line.startswith("  ")]
    assert len(lines) == len(words(name))


def test_no_key_stands_in_both_parts() -> None:
    (first, _), (second, _) = PAIRS
    assert words(first).keys() & words(second).keys() == set()


@pytest.mark.parametrize(("zh", "en"), PAIRS)
def test_both_languages_fill_the_same_holes(zh: str, en: str) -> None:
    chinese, english = words(zh), words(en)
    assert [key for key in chinese if holes(chinese[key]) != holes(english[key])] == []


@pytest.mark.parametrize(("zh", "en"), PAIRS)
def test_no_word_is_empty_or_left_untranslated(zh: str, en: str) -> None:
    chinese, english = words(zh), words(en)
    same = {key for key in chinese if chinese[key] == english[key]}
    assert {key for key in same if not key.startswith("row.unit")} - {"rates.of"} == set()
    assert all(text.strip() for text in (*chinese.values(), *english.values()))


@pytest.mark.parametrize("name", [en for _, en in PAIRS])
def test_english_has_no_han_characters(name: str) -> None:
    assert HAN.findall((LOCALES / name).read_text(encoding="utf-8")) == []


def sources() -> list[Path]:
    found = [path for path in sorted(SRC.rglob("*.ts*")) if LOCALES not in path.parents]
    assert len(found) > 30
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(SRC).as_posix())
def test_no_chinese_words_outside_the_locales(path: Path) -> None:
    assert HAN.findall(path.read_text(encoding="utf-8")) == [] or path.name == "schema.d.ts"


def test_every_key_is_used() -> None:
    everything = "".join(path.read_text(encoding="utf-8") for path in sources())
    families = set(re.findall(r"`([\w-]+)\.(?:[a-z]+_)?\$\{", everything))
    keys = [key for _, en in PAIRS for key in words(en)]
    named = set(re.findall(r"""['"]([\w.-]+)['"]""", everything))
    unused = [key for key in keys if key not in named and key.split(".")[0] not in families]
    assert unused == []


def test_everything_in_the_trail_has_words() -> None:
    """A row of the trail names what was looked at or changed; whoever audits reads it in words."""
    api(None, None)  # every table is registered
    subjects = {table.__tablename__ for table in AUDITED} | {"auth_session", "timeline", "warehouse"}
    assert sorted(one for one in subjects if f"table.{one}" not in words("pages.zh-CN.ts")) == []
