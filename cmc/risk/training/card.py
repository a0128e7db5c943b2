"""MODEL_CARD.md: what the models are for, how they were made, every bad figure, TRIPOD+AI and PROBAST+AI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from cmc.risk.training.card_words import METHODS, PROBAST, TAIL, TRIPOD, USE
from cmc.risk.training.gates import OVERALL, SLOPE
from cmc.risk.training.report import HEAD, table

LOW_AUC: Final = 0.75
_FIRST: Final = (
    "Risk of death and cardiovascular death in 5 and 10 years, and of kidney damage now. "
    "**Made in American data; not validated in China.**\n"
)
_AGAINST: Final = "against "
_GROUPS: Final = ("all", "diabetes or hypertension", "diabetes")


def card(manifest: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """The card in Markdown from a manifest and the metrics that `cmc risk validate` wrote."""
    rows = metrics["rows"]
    held = sum(_holds(gate) for gate in metrics["gates"])
    return "\n".join(
        [
            f"# Models {manifest['name']} {manifest['version']}\n",
            _FIRST,
            USE,
            METHODS,
            f"## Models\n\n{_models(manifest)}",
            f"## Main figures, out of time\n\n{_figures(row for row in rows if _main(row))}",
            f"## External check\n\n{_figures(row for row in rows if row['part'] == 'Olmsted County')}",
            f"## Beside published equations\n\n{_beside(rows)}",
            f"## Figures that are bad\n\n{_bad(rows)}",
            f"## Gates\n\n{held} of {len(metrics['gates'])} hold; see VALIDATION.md.\n",
            f"## TRIPOD+AI\n\n{table(('item', 'where'), TRIPOD)}",
            f"## PROBAST+AI, by ourselves\n\n{table(('domain', 'risk of bias or concern', 'why'), PROBAST)}",
            '## Local level\n\nNot recalibrated. Shown as "not locally validated" until 100 local events are known.\n',
            TAIL,
            f"## Hashes\n\nData {manifest['data_sha256']}; made with {_tools(manifest)}; seed {manifest['seed']}.\n",
            "Hashes of all files: manifest.json.\n",
        ]
    )


def _holds(gate: Mapping[str, Any]) -> bool:
    """Whether a gate holds; null is a figure that is not there, or a limit that is infinite."""
    found, most = gate["found"], gate["most"]
    return found is not None and gate["least"] <= found and (most is None or found <= most)


def _main(row: Mapping[str, Any]) -> bool:
    return row["part"] == "temporal" and row["group"] in _GROUPS


def _models(manifest: Mapping[str, Any]) -> str:
    return table(
        ("model", "people", "events", "columns", "events per column"),
        (
            (
                name,
                *(str(each[key]) for key in ("people", "events", "columns")),
                f"{each['events'] / each['columns']:.0f}",
            )
            for name, each in manifest["models"].items()
        ),
    )


def _figures(rows: Iterator[Mapping[str, Any]]) -> str:
    return table(HEAD, (_line(row) for row in rows))


def _line(row: Mapping[str, Any]) -> Sequence[str]:
    judged = row["judged"]
    figures = (judged[key] for key in ("auc", "observed_expected", "slope", "scaled_brier"))
    return (
        *(row[key] for key in ("task", "model", "group")),
        str(judged["people"]),
        str(judged["events"]),
        *(_shown(each) for each in figures),
    )


def _beside(rows: Sequence[Mapping[str, Any]]) -> str:
    """AUC of each equation and of ours in the same people; ours is the fullest tier."""
    pairs: dict[tuple[str, str, str], dict[str, str]] = {}
    for row in rows:
        if row["part"].startswith(_AGAINST):
            equation = row["part"].removeprefix(_AGAINST)
            side = "theirs" if row["model"] == equation else "ours"
            found = pairs.setdefault((equation, row["task"], row["group"]), {})
            found[side] = _shown(row["judged"]["auc"])
            found["events"] = str(row["judged"]["events"])
    head = ("equation", "outcome", "group", "events", "AUC of the equation", "AUC of ours")
    return table(head, ((*key, each["events"], each["theirs"], each["ours"]) for key, each in pairs.items()))


def _shown(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def _bad(rows: Sequence[Mapping[str, Any]]) -> str:
    """Every figure of ours, in any group, beyond the lines that are asked of everybody together."""
    bad = [row for row in rows if not row["part"].startswith("against") and _is_bad(row["judged"])]
    lines = f"O/E outside {OVERALL[0]}–{OVERALL[1]}, slope outside {SLOPE[0]}–{SLOPE[1]}, or AUC below {LOW_AUC}:\n\n"
    return lines + _figures(iter(bad))


def _is_bad(judged: Mapping[str, Any]) -> bool:
    level, slope = judged["observed_expected"]["value"], judged["slope"]["value"]
    inside = OVERALL[0] <= level <= OVERALL[1] and SLOPE[0] <= slope <= SLOPE[1]
    return not inside or judged["auc"]["value"] < LOW_AUC


def _tools(manifest: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in manifest["made_with"].items())
