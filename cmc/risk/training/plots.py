"""The pictures of a validation as SVG: calibration, decision curves, groups, ours against the published equations."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Final

from cmc.core.operating import OperatorError
from cmc.risk.models.terms import Tier
from cmc.risk.training.report import THRESHOLDS, Report, foretells_otherwise
from cmc.risk.training.validation import Row

_PLAIN: Final[Any] = {
    "svg.hashsalt": "cmc",
    "svg.fonttype": "none",
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def pictures(report: Report) -> dict[str, str]:
    """Four pictures by file name. Raises OperatorError without matplotlib (the extra `training`)."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 — an extra: only this needs it
        from matplotlib.figure import Figure as Canvas  # noqa: PLC0415
    except ImportError as error:
        raise OperatorError("The pictures need matplotlib: pip install 'cmc[training]'.") from error
    draw: dict[str, Callable[[Any], None]] = {
        "calibration.svg": lambda canvas: _calibration(canvas, report),
        "decision.svg": lambda canvas: _decision(canvas, report),
        "groups.svg": lambda canvas: _forest(canvas, _groups(report)),
        "equations.svg": lambda canvas: _forest(canvas, _against(report)),
    }
    found = {}
    with mpl.rc_context(_PLAIN):
        for name, drawn in draw.items():
            canvas: Any = Canvas(figsize=(9, 5.5), layout="constrained")
            drawn(canvas)
            out = io.StringIO()
            canvas.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
            found[name] = out.getvalue()
    return found


def _calibration(canvas: Any, report: Report) -> None:
    shown = [(name, points) for name, points in report.calibration.items() if points]
    across = 4
    axes = canvas.subplots(-(-len(shown) // across), across, squeeze=False).flat
    for axis, (name, points) in zip(axes, shown, strict=False):
        foretold, seen, half = zip(*points, strict=True)
        axis.errorbar(foretold, seen, yerr=half, fmt="o", markersize=3, linewidth=1)
        end = max(*foretold, *seen)
        axis.plot([0, end], [0, end], color="grey", linewidth=0.7)
        axis.set_title(name, fontsize=7)
        axis.set_xlabel("foretold")
        axis.set_ylabel("observed")


def _decision(canvas: Any, report: Report) -> None:
    axis = canvas.subplots()
    for name, benefits in report.decision.items():
        axis.plot(THRESHOLDS, benefits, label=name)
    axis.axhline(0, color="grey", linewidth=0.7, label="nobody")
    lowest = min((min(benefits) for name, benefits in report.decision.items() if name != "everybody"), default=0.0)
    axis.set_ylim(bottom=min(lowest, 0) - 0.005)
    axis.set_xlabel("threshold of risk")
    axis.set_ylabel("net benefit per person")
    axis.set_title("Cardiovascular death in 10 years, diabetes or hypertension, without earlier CVD")
    axis.legend(frameon=False)


def _groups(report: Report) -> list[tuple[str, Row]]:
    return [
        (f"{row.task} · {row.group}", row)
        for row in report.rows
        if row.part == "temporal" and row.model == Tier.T2.value and row.task.endswith("-10y")
    ]


def _against(report: Report) -> list[tuple[str, Row]]:
    return [
        (f"{row.task} · {row.group} · {row.model} ({row.part.removeprefix('against ')})", row)
        for row in report.rows
        if row.part.startswith("against") and row.task == "death-10y"
    ]


def _forest(canvas: Any, rows: Sequence[tuple[str, Row]]) -> None:
    left, right = canvas.subplots(1, 2, sharey=True)
    for axis, name in ((left, "AUC"), (right, "O/E")):
        for place, (_, row) in enumerate(rows):
            each = row.judged.auc if name == "AUC" else row.judged.observed_expected
            if name == "O/E" and foretells_otherwise(row):
                continue
            axis.plot([each.low, each.high], [place, place], color="tab:blue", linewidth=1)
            axis.plot([each.value], [place], "s", color="tab:blue", markersize=3)
        axis.set_xlabel(name)
    right.axvline(1, color="grey", linewidth=0.7)
    left.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=6)
    left.invert_yaxis()
