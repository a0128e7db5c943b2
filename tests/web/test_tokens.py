"""The colours of the pages: contrast after WCAG 2.2, computed from tokens.css."""

import re

import pytest

from cmc.web import builder

TOKENS = dict(
    re.findall(r"--cmc-([\w-]+):\s*(#[0-9a-f]{6});", (builder.UI / "src" / "tokens.css").read_text(encoding="utf-8"))
)
STATUSES = sorted(name.removesuffix("-bg") for name in TOKENS if name.endswith("-bg"))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(TOKENS[one]), luminance(TOKENS[other])), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_statuses_are_those_of_the_design() -> None:
    assert STATUSES == ["controlled", "critical", "overdue", "soon", "today", "uncontrolled"]


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_is_readable_on_its_ground_and_on_white(status: str) -> None:
    assert contrast(f"{status}-fg", f"{status}-bg") >= 5.5
    assert contrast(f"{status}-fg", "card") >= 6


@pytest.mark.parametrize(
    ("front", "ground", "least"),
    [
        ("fg", "card", 15),
        ("fg", "page", 15),
        ("fg-2", "card", 7),
        ("fg-2", "page", 6.5),
        ("fg-2", "head", 6),
        ("fg-2", "primary-soft", 6),
        ("fg", "head", 14),
        ("fg", "primary-soft", 14),
        ("overdue-fg", "primary-soft", 7),
        ("primary", "card", 6.5),
        ("bar-fg", "bar", 10),
        ("control", "card", 3),
        ("focus", "fg", 10),
        ("series-htn", "card", 3),
        ("series-t2dm", "card", 3),
    ],
)
def test_text_lines_and_rings_are_visible(front: str, ground: str, least: float) -> None:
    assert contrast(front, ground) >= least


def test_the_two_lines_of_a_chart_differ_in_lightness() -> None:
    assert contrast("series-htn", "series-t2dm") >= 2.4


def test_every_status_of_the_list_has_a_shape_of_its_own() -> None:
    tag = (builder.UI / "src" / "components" / "StatusTag.tsx").read_text(encoding="utf-8")
    shapes = dict(re.findall(r"(\w+): '([^']+)'", tag.split("SHAPES", 1)[1].split("}", 1)[0]))
    assert set(shapes) == {"critical", "overdue", "today", "soon"}
    assert len(set(shapes.values())) == 4
