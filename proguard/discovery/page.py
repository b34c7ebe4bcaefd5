"""What `proguard discover` prints: the proposals as a table, or why there are none."""

from collections.abc import Mapping, Sequence
from typing import Any

from proguard.discover.propose import Discovery
from proguard.discovery.find import Found

N_SHOWN = 4
"""Other names, examples and true categories that a line shows."""


def show_proposals(found: Found) -> str:
    """Return a sentence and a Markdown table with a line for each proposal."""
    discovery = found.discovery
    share = f"{100 * discovery.covered / discovery.named:.0f} %"
    head = (
        f"{found.where}: {discovery.named:,} of {found.rows:,} rows have a name of the guard's own,"
        f" {discovery.distinct:,} different ones; {len(discovery.proposals)} proposals hold {share} of them."
    )
    title = ["id", "name", "rows", "other names", "examples", *(["truly"] if found.true else [])]
    lines = [title, ["---"] * len(title)]
    for i, proposal in enumerate(discovery.proposals):
        line = [proposal.id, proposal.name, str(proposal.support), _cut(proposal.synonyms), _cut(proposal.examples)]
        if found.true:
            ranked = sorted(found.true[i].items(), key=lambda pair: (-pair[1], pair[0]))
            line.append(_cut([f"{code} {n}" for code, n in ranked]))
        lines.append(line)
    return "\n".join([head, "", *("| " + " | ".join(map(_escape, line)) + " |" for line in lines), ""])


def say_nothing(discovery: Discovery, where: str, clustering: Mapping[str, Any]) -> str:
    """Return why there is no proposal, and what would give one."""
    least, cosine = clustering["min_support"], clustering["same_from"]
    if not discovery.named:
        return f"{where}: the guard named no unlisted risk, so there is nothing to propose"
    counted = f"{discovery.named} row{'s' * (discovery.named != 1)}"
    if discovery.named < least:
        return f"{where}: {counted} with a name, and a proposal needs {least}: lower --min-support, or bring more rows"
    return (
        f"{where}: {counted} with {discovery.distinct} different names, of which no {least} rows are alike (cosine"
        f" {cosine:g} or more): lower --min-support or --same-from, or bring more rows"
    )


def _cut(parts: Sequence[str]) -> str:
    shown = ", ".join(parts[:N_SHOWN])
    return f"{shown} and {len(parts) - N_SHOWN} more" if len(parts) > N_SHOWN else shown or "–"


def _escape(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
