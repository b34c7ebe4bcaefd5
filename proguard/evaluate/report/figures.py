"""The report's figures, as SVG with outlined text: they look the same on every machine and are equal to the byte."""

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from proguard.evaluate.metrics.confusion import CategoryScore
from proguard.evaluate.metrics.estimate import ALL, ByModality, trend
from proguard.evaluate.report.headline import HEADLINES, MODALITY_NAMES

INK, MUTED, LINE, BASELINE, TRAINED = "#17212b", "#5f6b78", "#dfe4ea", "#9aa5b1", "#0b7a75"
TREND_COLOURS = {"better": TRAINED, "worse": "#b3372b", "unclear": "#8a94a0"}
MODALITY_COLOURS = {ALL: INK, "text": "#2f6fb0", "image": "#c9781a", "text_image": "#7a4fa3"}

STYLE = {
    "svg.hashsalt": "proguard",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": LINE,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
_HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#cfe5e2", "#5aa9a2", "#0b5f5b"])
_PANELS_A_ROW = 4


def draw_gains(difference: ByModality) -> str:
    """Return a panel per headline metric: trained minus baseline by modality, with intervals."""
    with mpl.rc_context(STYLE):
        n_rows = math.ceil(len(HEADLINES) / _PANELS_A_ROW)
        figure = Figure(figsize=(10, 2.45 * n_rows))
        figure.set_layout_engine("constrained", h_pad=0.12)
        axes = list(figure.subplots(n_rows, _PANELS_A_ROW, sharey=True, squeeze=False).flat)
        for axis in axes[len(HEADLINES) :]:
            axis.set_visible(False)
        for axis, headline in zip(axes, HEADLINES, strict=False):
            scale = 1 if headline.unit == "reward" else 100
            axis.axvline(0, color=MUTED, linewidth=1)
            for y, modality in enumerate(difference):
                gain = difference[modality][headline.task][headline.metric]
                colour = TREND_COLOURS[trend(gain, headline.direction)]
                axis.plot([scale * gain.low, scale * gain.high], [y, y], color=colour, linewidth=2.2)
                axis.plot([scale * gain.value], [y], "o", color=colour, markersize=6)
            axis.set_yticks(range(len(difference)), [MODALITY_NAMES[m] for m in difference])
            axis.set_ylim(len(difference) - 0.5, -0.5)
            axis.set_title(headline.title)
            axis.set_xlabel("reward" if headline.unit == "reward" else "points")
            axis.margins(x=0.12)
            axis.grid(axis="x")
            axis.spines["left"].set_visible(False)
        return to_svg(figure)


def draw_curve(curve: pl.DataFrame) -> str:
    """Return the training reward by step, overall and by modality, and the share of malformed rollouts.

    Columns that the training did not write are left out; faint lines are single steps, bold ones a running mean.
    """
    names = {"reward": ALL} | {f"reward_{m}": m for m in MODALITY_COLOURS if m != ALL}
    has_rate = "malformed_rate" in curve.columns
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 3.6), layout="constrained")
        axes = figure.subplots(1, 1 + has_rate, squeeze=False, width_ratios=[2, 1] if has_rate else None)[0]
        for column, modality in names.items():
            if column in curve.columns:
                colour, label = MODALITY_COLOURS[modality], MODALITY_NAMES[modality]
                draw_line(axes[0], curve, column, colour, label)
        axes[0].set(title="Reward in training", xlabel="step", ylabel="mean reward of the rollouts, 0 to 3")
        axes[0].legend(loc="lower right", ncols=2)
        if has_rate:
            draw_line(axes[1], curve, "malformed_rate", TREND_COLOURS["worse"], None)
            axes[1].set(title="Unreadable answers in training", xlabel="step", ylabel="share of rollouts")
            axes[1].set_ylim(bottom=0)
        for axis in axes:
            axis.grid(axis="y")
        return to_svg(figure)


def draw_line(axis: Axes, curve: pl.DataFrame, column: str, colour: str, label: str | None) -> None:
    """Draw a column of a table by its column ``step``: faint as it is, bold as a running mean."""
    points = curve.select("step", pl.col(column).cast(pl.Float64)).drop_nulls().sort("step")
    points = points.filter(pl.col(column).is_not_nan())
    span = max(1, len(points) // 15)
    smooth = points[column].rolling_mean(span, min_samples=1, center=True)
    axis.plot(points["step"], points[column], color=colour, linewidth=0.8, alpha=0.25)
    axis.plot(points["step"], smooth, color=colour, linewidth=2, label=label)


def draw_confusion(pairs: Iterable[tuple[str, str]], labels: Sequence[str]) -> str:
    """Return a heat map of actual against said, each line in percent of its rows.

    Args:
        pairs: Actual and said, one per row.
        labels: Every label, in order, as `proguard.evaluate.metrics.confusion.confusion_labels` gives them.
    """
    index = {label: i for i, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)))
    for actual, said in pairs:
        counts[index[actual], index[said]] += 1
    rows = [i for i in range(len(labels)) if counts[i].any()]
    totals = counts[rows].sum(axis=1, keepdims=True)
    share = 100 * counts[rows] / totals
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 1.6 + 0.36 * len(rows)), layout="constrained")
        axis = figure.subplots()
        names = [f"{labels[i]}  ({int(n)})" for i, n in zip(rows, totals[:, 0], strict=True)]
        _draw_heat(axis, share, columns=[_short(label) for label in labels], rows=names)
        axis.set_xlabel("what the guard said, percent of the line")
        return to_svg(figure)


def _draw_heat(axis: Axes, share: np.ndarray, *, columns: Sequence[str], rows: Sequence[str]) -> None:
    axis.imshow(share, cmap=_HEAT, vmin=0, vmax=100, aspect="auto")
    for (y, x), value in np.ndenumerate(share):
        if value >= 0.5:
            colour = "white" if value > 55 else INK
            axis.text(x, y, f"{value:.0f}", ha="center", va="center", color=colour, fontsize=8.5)
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), rows)
    axis.xaxis.tick_top()
    axis.tick_params(colors=INK)
    axis.spines[:].set_visible(False)
    axis.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axis.grid(which="minor", color="white", linewidth=2)
    axis.tick_params(which="minor", length=0)


def _short(label: str) -> str:
    """Return the code of a category's label; other labels on several lines."""
    first = label.split()[0]
    return first if first[1:].isdigit() else label.replace(" ", "\n")


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One category in the figure of accuracies."""

    name: str
    baseline: CategoryScore
    trained: CategoryScore


def draw_categories(lines: Sequence[CategoryLine]) -> str:
    """Return a line per category from the baseline's to the trained guard's accuracy on listed risks."""
    shown = [line for line in lines if line.trained.n_listed]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 1.2 + 0.3 * len(shown)), layout="constrained")
        axis = figure.subplots()
        for y, line in enumerate(shown):
            old, new = 100 * line.baseline.accuracy, 100 * line.trained.accuracy
            colour = TREND_COLOURS["better" if new >= old else "worse"]
            axis.plot([old, new], [y, y], color=colour, alpha=0.35, linewidth=4)
            axis.plot([old], [y], "o", color=BASELINE, markersize=8, label="before" if y == 0 else None)
            axis.plot([new], [y], "o", color=TRAINED, markersize=8, label="after" if y == 0 else None)
        axis.set_yticks(range(len(shown)), [f"{line.name}  ({line.trained.n_listed})" for line in shown])
        axis.tick_params(axis="y", colors=INK)
        axis.set_ylim(len(shown) - 0.4, -0.6)
        axis.set_xlim(-3, 103)
        axis.set_xlabel("listed risks given the right id, percent")
        axis.grid(axis="both")
        axis.spines["left"].set_visible(False)
        if shown:
            figure.legend(loc="outside upper right", ncols=2)
        return to_svg(figure)


def to_svg(figure: Figure) -> str:
    """Return the figure as SVG, equal to the byte for an equal figure."""
    buffer = io.StringIO()
    metadata: Mapping[str, None] = {"Date": None, "Creator": None, "Format": None, "Type": None}
    FigureCanvasSVG(figure).print_svg(buffer, metadata=metadata)
    return buffer.getvalue()
