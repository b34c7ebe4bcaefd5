"""The reward's terms in training, by modality and by what the policy does with the row's risk."""

import matplotlib as mpl
import polars as pl
from matplotlib.figure import Figure

from proguard.evaluate.report.figures import MODALITY_COLOURS, STYLE, draw_line, to_svg
from proguard.evaluate.report.headline import MODALITY_NAMES
from proguard.evaluate.report.plots import KIND_NAMES

_COLUMNS = {
    "format": ("Can be read", pl.col("format"), 1),
    "labels": ("Labels", pl.col("request") + pl.col("response"), 2),
    "category": ("Category", pl.col("category"), 1),
    "flat": ("Groups that teach nothing", pl.col("flat_groups") / pl.col("groups"), 1),
}
"""Title, value and most of each panel of a line."""


def draw_terms(terms: pl.DataFrame) -> str:
    """Return a line of panels for each kind of row: readable answers, labels, category, groups without variance.

    Args:
        terms: ``terms.csv`` of the stage rl_train.
    """
    roles = [role for role in KIND_NAMES if role in set(terms["role"])]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 0.9 + 1.75 * len(roles)), layout="constrained")
        axes = figure.subplots(len(roles), len(_COLUMNS), sharex=True, squeeze=False)
        for line, role in zip(axes, roles, strict=True):
            line[0].set_ylabel(KIND_NAMES[role])
            for axis, (name, (title, value, most)) in zip(line, _COLUMNS.items(), strict=True):
                axis.set(title=title, ylim=(-0.03 * most, 1.05 * most))
                axis.grid(axis="y")
                if name == "category" and role == "free":
                    axis.set_visible(False)
                    continue
                for modality, colour in MODALITY_COLOURS.items():
                    of_kind = terms.filter(role=role, modality=modality).select("step", value.alias(name))
                    if len(of_kind):
                        draw_line(axis, of_kind, name, colour, MODALITY_NAMES[modality])
        for axis in axes[-1]:
            axis.set_xlabel("step")
        handles, labels = axes[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=3)
        return to_svg(figure)
