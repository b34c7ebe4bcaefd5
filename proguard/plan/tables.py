"""The plan of a run as tables on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from huggingface_hub import get_token
from rich.console import Console
from rich.table import Table

from proguard.collect.files.dataset import is_commit
from proguard.collect.files.editions import find_cache, find_mirror
from proguard.plan.cost import estimate_cost, find_warnings
from proguard.plan.entries import Entry, Model, plan_entries, plan_models

PLAIN_WIDTH = 200
"""Columns where the output is not a terminal."""


def print_plan(params: Mapping[str, Any], *, stream: TextIO) -> None:
    """Print entries, models, costs and warnings of a run of ``params``, the composed configuration."""
    mirror, cache = find_mirror(params["collect"]["mirror"]), find_cache(params["runtime"]["cache"])
    entries, models = plan_entries(params, cache=cache, mirror=mirror), plan_models(params)
    console = Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False)
    console.print(_entries_table(f"profile {params['profile']}", entries))
    if models:
        console.print(_models_table(models))
    for part, text in estimate_cost(params, entries).items():
        console.print(f"[bold]{part}[/bold]: {text}")
    tested_only = sorted(params["collect"]["sources"].keys() & (params["collect"].get("benchmarks") or {}).keys())
    for warning in find_warnings(entries, models, tested_only=tested_only, has_token=get_token() is not None):
        console.print(f"[yellow]warning[/yellow]: {warning}")


def _entries_table(title: str, entries: Sequence[Entry]) -> Table:
    columns = ("entry", "role", "adapter", "from", "revision", "licence", "rows", "download", "here already")
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for e in entries:
        rows = "unknown" if e.rows is None else f"{e.rows:,}"
        size = "unknown" if e.download_bytes is None else f"{e.download_bytes / 1e9:,.1f} GB"
        revision = _revision(e.revision) if e.origin else "-"
        table.add_row(e.name, e.role, e.adapter, e.origin or "drawn", revision, e.licence, rows, size, e.held)
    return table


def _models_table(models: Sequence[Model]) -> Table:
    table = Table("model", "use", "revision")
    for model in models:
        table.add_row(model.name, model.use, _revision(model.revision))
    return table


def _revision(revision: str | None) -> str:
    return str(revision)[:10] if is_commit(revision) else f"{revision}, not pinned"
