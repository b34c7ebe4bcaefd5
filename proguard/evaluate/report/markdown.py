"""The report as Markdown: what reads well in a pull request or a terminal, the verdict and every table of guards."""

from collections.abc import Iterable, Iterator, Sequence

from proguard.evaluate.metrics.estimate import ALL
from proguard.evaluate.metrics.versus import Versus
from proguard.evaluate.report.comparison import Compared, Guards
from proguard.evaluate.report.discovery import DiscoverySection
from proguard.evaluate.report.guard_details import DetailTable
from proguard.evaluate.report.guards import DASH, GuardCell, GuardRow, GuardTable, show
from proguard.evaluate.report.headline import MODALITY_NAMES, find_losses, find_verdict
from proguard.evaluate.report.suites import REST_TITLES, Cell, SuiteSections


def build_markdown(
    guards: Guards,
    *,
    facts: Sequence[tuple[str, str]],
    confidence: float,
    tables: Sequence[GuardTable],
    details: Sequence[DetailTable],
    versus: Sequence[Versus],
    discovery: DiscoverySection | None = None,
    suites: SuiteSections | None = None,
) -> str:
    """Return the report as Markdown.

    Args:
        guards: The trained guard and its baseline on the test set that the report looks into.
        facts: What was run: label and value.
        confidence: Share of resamples inside an interval, in (0, 1).
        tables: The paper's tables, filled.
        details: What lies behind them.
        versus: The trained guard against each other one.
        discovery: What the guard's own names suggest; ``None`` leaves the section out.
        suites: What the suites on drift and on modalities found; ``None`` leaves both sections out.
    """
    finding = find_verdict(guards.before, guards.after, guards.gain, confidence)
    blocks = [f"# {finding.title}", finding.sentence]
    if losses := find_losses(guards.gain):
        blocks += ["What got worse:", "\n".join(f"- {loss}" for loss in losses)]
    for modality in guards.gain:
        heading = "" if modality == ALL else f"### {MODALITY_NAMES[modality]}"
        blocks += [heading, _comparison(guards.compare(modality), confidence)]
    blocks += ["### Tokens per answer", _comparison(guards.compare_lengths(), confidence)]
    blocks += ["## All guards", _NOTE]
    for table in tables:
        columns = ("Guard", *(column.title for column in table.columns))
        blocks += [f"### {table.title}", _table(columns, [_line(row) for row in table.rows])]
    for detail in details:
        rows = [
            (
                line.guard,
                line.column.test_set,
                MODALITY_NAMES[line.column.modality],
                line.n,
                *(c.shown for c in line.cells),
            )
            for line in detail.lines
        ]
        blocks += [f"### {detail.title}", _table(("Guard", "Test set", "Modality", "Rows", *detail.headings), rows)]
    blocks += ["### Guards compared row by row", "\n".join(f"- {line.sentence}" for line in versus)]
    blocks += [*_drift(suites), *_honesty(suites)] if suites else []
    blocks += _discovered(discovery) if discovery else []
    blocks += ["## What was run", _table(("", ""), facts)]
    return "\n\n".join(block for block in blocks if block) + "\n"


_NOTE = (
    f"In percent: ours, (rows), the paper's number and the difference. {DASH}: the guard cannot be asked. In italics: "
    "the paper's guards, not asked by this run."
)


def _comparison(lines: Sequence[Compared], confidence: float) -> str:
    columns = ("", "Rows", "Before", "After", "Change", f"{100 * confidence:g} % interval")
    return _table(columns, [(c.title, c.n, c.before, c.after, c.gain, c.gain_range) for c in lines])


def _drift(suites: SuiteSections) -> Iterator[str]:
    columns = ("The list was", "Rows", "Same verdict", "Right before", "Right after", "Change", "Still right")
    if suites.drift:
        yield "## When the policy is edited"
    for guard, lines in suites.drift.items():
        cells = [(e.title, e.n, *map(_share, (e.same, e.before, e.after, e.change, e.followed))) for e in lines]
        yield from (f"### {guard}", _table(columns, cells), suites.drift_notes.get(guard, ""))


def _honesty(suites: SuiteSections) -> Iterator[str]:
    if suites.honesty:
        yield "## Which part a verdict rests on"
    for guard, rests in suites.rests.items():
        if rests:
            rows = [(title, n, *map(_share, cells)) for title, n, cells in rests]
            yield from (f"### {guard}", _table(("Called unsafe", "Rows", *REST_TITLES.values()), rows))
    for guard, lines in suites.honesty.items():
        changed = [(line.title, *(_due(label, cell) for label, cell in line.cells)) for line in lines]
        yield from (f"### {guard}: right after a part was changed", _table(("", *suites.kinds), changed))


def _discovered(section: DiscoverySection) -> Iterator[str]:
    found = section.summary
    yield "## What its own names suggest"
    yield (
        f"{found['named']:,} of {found['rows']:,} rows got a name of the guard's own; the names make "
        f"{found['proposals']} proposed categories."
    )
    proposals = [(e["name"], e["support"], ", ".join(e["synonyms"][:4]) or DASH, e["truly"]) for e in section.proposals]
    if proposals:
        yield _table(("Proposed", "Rows", "Also named", "Truly, most of them"), proposals)
    if section.tried:
        tried = [
            (
                t.title,
                t.n,
                _range(t.before, t.before_range),
                _range(t.after, t.after_range),
                _range(t.gain, t.gain_range),
            )
            for t in section.tried
        ]
        yield _table(("With the proposals in the policy", "Rows", "Right before", "Right after", "Change"), tried)


def _share(cell: Cell) -> str:
    return _range(cell.value, cell.interval)


def _due(label: str, cell: Cell) -> str:
    return f"{label}: {_share(cell)}" if cell.n else DASH


def _range(value: str, interval: str) -> str:
    return f"{value} ({interval})" if interval else value


def _line(row: GuardRow) -> tuple[str, ...]:
    if row.was_asked:
        return (row.guard, *(_cell(cell) for cell in row.cells))
    return (f"*{row.guard}*", *(show(cell.published) for cell in row.cells))


def _cell(cell: GuardCell) -> str:
    ours = f"{show(cell.ours)} ({cell.n:,})" if cell.n else DASH
    paper = f"paper {show(cell.published)}" if show(cell.published) else ""
    return ", ".join(part for part in (ours, paper, show(cell.difference, sign="+")) if part)


def _table(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    rows = [columns, ["---"] * len(columns), *lines]
    return "\n".join("| " + " | ".join(_escape(str(cell)) for cell in row) + " |" for row in rows)


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
