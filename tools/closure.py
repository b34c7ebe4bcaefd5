"""Import closures: which files of the project a stage's script runs. `tests/test_dvc.py` checks dvc.yaml against them.

    python -m tools.closure --write     put each stage's closure into dvc.yaml
    python -m tools.closure --check     name the stages whose deps are not their closure

A folder is listed for all of its files where a closure holds all of them. `proguard/runtime` is left out: it changes no
result, so no stage depends on it.
"""

import argparse
import ast
import io
import re
import sys
import textwrap
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedSeq

ROOT = Path(__file__).parents[1]
EXEMPT = "proguard/runtime/"

DATA_OF = {
    "proguard/mini_world/world.py": ["proguard/mini_world/*.yaml"],
    "proguard/collect/files/editions.py": ["proguard/collect/sources/*.sha256"],
    "proguard/guard_entries/texts.py": ["proguard/guard_entries/texts/*.txt"],
    "proguard/evaluate/report/page.py": ["proguard/evaluate/report/*.j2"],
}
"""Patterns of the data files that a module reads from its package."""

LOADED_BY_NAME = {
    "proguard/collect/entry.py": ["proguard/collect/sources/*.py"],
    "proguard/rl_train/overrides.py": ["proguard/rl_train/reward_function.py", "proguard/verl_cpu/*.py"],
}
"""Patterns of modules that a module has another process, or a setting, import by name."""


def script_of(command: str) -> Path:
    """Return the stage script that a stage's command runs."""
    return next(Path(part) for part in command.split() if part.startswith("stages/"))


def code_deps(script: Path) -> set[str]:
    """Return what a stage lists for its code: files of its closure, or the folders that hold nothing else."""
    return _as_folders(closure(script))


def closure(script: Path) -> set[str]:
    """Return ``script`` and every file of proguard/ that it imports, directly or through one another."""
    found, queue = {script.as_posix()}, [script.as_posix()]
    while queue:
        file = queue.pop()
        for new in sorted(imports_of(file) | _match(LOADED_BY_NAME.get(file, []))):
            if new not in found and not new.startswith(EXEMPT):
                found.add(new)
                queue.append(new)
        found |= _match(DATA_OF.get(file, []))
    return found


def imports_of(file: str) -> set[str]:
    """Return the files of proguard/ that ``file`` imports."""
    if not file.endswith(".py"):
        return set()
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("proguard"):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("proguard")}
    files = {name.replace(".", "/") + ".py" for name in names}
    return {name for name in files if (ROOT / name).is_file()}


def _as_folders(files: set[str]) -> set[str]:
    folders = sorted((p for p in (ROOT / "proguard").rglob("*") if p.is_dir() and p.name != "__pycache__"), key=str)
    for folder in folders:
        held = {p.relative_to(ROOT).as_posix() for p in folder.rglob("*") if _is_code(p)}
        if len(held) > 1 and held <= files:
            files = (files - held) | {folder.relative_to(ROOT).as_posix()}
    return files


def _is_code(path: Path) -> bool:
    return path.is_file() and path.name != "__init__.py" and path.suffix in (".py", ".yaml", ".j2", ".sha256", ".txt")


def _match(patterns: list[str]) -> set[str]:
    found = (p for pattern in patterns for p in ROOT.glob(pattern))
    return {p.relative_to(ROOT).as_posix() for p in found if p.name != "__init__.py"}


def list_stale() -> list[str]:
    """Return the names of the stages whose code deps in dvc.yaml are not their closure."""
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
    return [
        name
        for name, stage in stages.items()
        if {dep for dep in stage["deps"] if _is_own(dep)} != code_deps(script_of(stage["cmd"]))
    ]


def write() -> None:
    """Replace the code deps of every stage in dvc.yaml; data deps stay where they are, in front."""
    yaml = YAML()
    yaml.width = 118
    yaml.indent(mapping=2, sequence=4, offset=2)
    path = ROOT / "dvc.yaml"
    content = yaml.load(path)
    for stage in content["stages"].values():
        data = [dep for dep in stage["deps"] if not _is_own(dep)]
        stage["deps"] = CommentedSeq(data + sorted(code_deps(script_of(stage["cmd"]))))
        stage["deps"].fa.set_flow_style()
    written = io.StringIO()
    yaml.dump(content, written)
    path.write_text(re.sub(r"^    deps: \[.*?\]$", _wrap, written.getvalue(), flags=re.M | re.S), encoding="utf-8")


def _wrap(deps: re.Match[str]) -> str:
    """Return a list of deps in lines that are short enough."""
    text = " ".join(deps[0].split())
    return textwrap.fill(
        text, 118, initial_indent=" " * 4, subsequent_indent=" " * 10, break_long_words=False, break_on_hyphens=False
    )


def _is_own(dep: str) -> bool:
    return dep.startswith(("stages/", "proguard/"))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--write", action="store_true", help="put each stage's closure into dvc.yaml")
    choice.add_argument("--check", action="store_true", help="exit with 1 when a stage's deps are not its closure")
    arguments = parser.parse_args()
    if arguments.write:
        write()
    elif stale := list_stale():
        sys.exit(f"dvc.yaml: deps of {', '.join(stale)} are not the import closure; run `make generate`")


if __name__ == "__main__":
    main()
