"""Texts of guards' prompts.

All of them are in ``texts/`` beside this module, or fetched from where their authors publish them, pinned by commit
and, where it is known, by hash. Those of guards whose licence allows it come with this package, as they were published
in a wheel; two have to be put there by hand, out of the model's card: ``aegis_1_request.txt`` with
``aegis_1_response.txt``, and ``llavaguard.txt``.

| text | from | licence |
|---|---|---|
| wildguard | wheel wildguard 1.0.1, ``wildguard/utils.py`` | Apache-2.0 |
| dyna_guard | wheel any-guardrail 0.7.7, ``_authored_prompt_data.py`` | Apache-2.0 |
| poly_guard | likewise | Apache-2.0 |
| nemotron_reasoning | likewise, ``prompt_registry.py``; 22 categories, as the model's card has | Apache-2.0 |
"""

import ast
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from proguard.fetch.download import download_file

RAW = "https://raw.githubusercontent.com"
"""Serves files of GitHub's repositories as they are."""

_PACKAGED = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class Published:
    """Where a text is published, or the file that somebody put it into."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    repository: str | None = None
    """Owner and name on GitHub."""

    commit: str | None = None
    """Commit, or a branch where none is known."""

    file: str | None = None
    """Path in the repository."""

    path: str | None = None
    """Path of a file on this machine, in place of a repository."""

    constant: str | None = None
    """Constant that holds the text in a file of Python code, which is parsed and never run; ``None`` when the file is
    the text."""

    doubled_braces: bool = False
    """Whether the text is one for `str.format`, with its own braces doubled."""

    sha256: str | None = None
    """Of the text; ``None`` when it is not known."""

    def __post_init__(self) -> None:
        """Check that there is one place."""
        if (self.path is None) == (None in (self.repository, self.commit, self.file)):
            raise ValueError("expected repository, commit and file, or path")


def find_text(source: str | Mapping[str, Any], where: str) -> str:
    """Return a text: one of this package by name, or one that is published elsewhere.

    Raises:
        ValueError: When there is no such text, or it has another hash; the message begins with ``where``.
        FileNotFoundError: When it is to be put into a file and is not there.
        ConnectionError: When it cannot be fetched.
    """
    if isinstance(source, str):
        path = _PACKAGED / f"{source}.txt"
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in _PACKAGED.glob("*.txt")))
            raise ValueError(f"{where}: no text {source!r}; there are {known}")
        return path.read_bytes().decode()
    try:
        published = TypeAdapter(Published).validate_python(dict(source))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join((where, *map(str, first['loc'])))}: {first['msg']}") from None
    text = _load(published, where)
    if published.constant is not None:
        text = read_constant(text, published.constant, where)
    found = hashlib.sha256(text.encode()).hexdigest()
    if published.sha256 not in (None, found):
        raise ValueError(f"{where}: expected a text with sha256 {published.sha256}, found {found}")
    return text.replace("{{", "{").replace("}}", "}") if published.doubled_braces else text


def _load(published: Published, where: str) -> str:
    if published.path is not None:
        path = Path(published.path)
        if not path.is_file():
            raise FileNotFoundError(f"{where}.path: no file {path}; put the text there, as the model's card prints it")
        return path.read_bytes().decode()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        url = f"{RAW}/{published.repository}/{published.commit}/{published.file}"
        download_file(url, path, sha256=None, what=where)
        return path.read_bytes().decode()


def read_constant(code: str, name: str, where: str) -> str:
    """Return the text that Python code assigns to ``name``; an f-string may hold other constants of the code.

    Raises:
        ValueError: When the code assigns no text to it.
    """
    values: dict[str, str] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _text_of(node.value, values)
            if text is not None:
                values[node.targets[0].id] = text
    if name not in values:
        raise ValueError(f"{where}.constant: the file has no text {name}; it has {', '.join(values)}")
    return values[name]


def _text_of(node: ast.expr, values: Mapping[str, str]) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.FormattedValue):
        return _text_of(node.value, values)
    if isinstance(node, ast.Name):
        return values.get(node.id)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "strip":
        text = _text_of(node.func.value, values)
        return text if text is None else text.strip()
    if isinstance(node, ast.JoinedStr):
        parts = [text for part in node.values if (text := _text_of(part, values)) is not None]
        return "".join(parts) if len(parts) == len(node.values) else None
    return None
