"""The lab's figure: what each probe earns of the most, by modality and label, a panel per rule."""

import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import polars as pl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

_STYLE = {"svg.hashsalt": "proguard", "svg.fonttype": "path", "font.family": "DejaVu Sans", "font.size": 8}


def draw_table(table: pl.DataFrame, rules: Sequence[str]) -> str:
    """Return the figure as SVG, equal to the byte for an equal table."""
    probes = table["probe"].unique(maintain_order=True).to_list()
    columns = sorted(set(table.select("modality", "label").iter_rows()))
    values = {
        (r, p, m, lab): v for r, p, m, lab, v in table.select("rule", "probe", "modality", "label", "of_most").rows()
    }
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(3.2 + 3.4 * len(rules), 1.4 + 0.21 * len(probes)), layout="constrained")
        axes = figure.subplots(1, len(rules), sharey=True, squeeze=False)[0]
        for axis, rule in zip(axes, rules, strict=True):
            cells = np.array([[values.get((rule, p, *c), np.nan) for c in columns] for p in probes])
            axis.imshow(cells, vmin=0, vmax=1, cmap="Greens", aspect="auto")
            for (y, x), value in np.ndenumerate(cells):
                if not np.isnan(value):
                    axis.text(x, y, f"{value:.2f}", ha="center", va="center", color="white" if value > 0.6 else "black")
            axis.set_title(f"{rule}: share of the most")
            ticks = ["\n".join([*modality.split("_"), label]) for modality, label in columns]
            axis.set_xticks(range(len(columns)), ticks, fontsize=6)
            axis.set_yticks(range(len(probes)), probes)
        buffer = io.StringIO()
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
