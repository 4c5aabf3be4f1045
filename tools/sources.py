"""Source files by room, and the texts in them: docstrings, comments and other strings, each with its line.

A room is a folder with one responsibility: `containment_lab/engine`, `policypack/rules`, `components`. Tests and benchmarks are no rooms.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = ("components", "containment", "containment_lab", "platform", "policypack", "tools")
_LAB: Final = ("containment", "lab")


class Kind(StrEnum):
    """Kind of a text in a source file."""

    DOCSTRING = "docstrings"
    COMMENT = "comments"
    STRING = "strings"


@dataclass(frozen=True, slots=True)
class Text:
    """One docstring, comment or string, with its first line number."""

    kind: Kind
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: path relative to the repository, room and code."""

    path: str
    room: str
    code: str


def find_room(path: Path) -> str:
    """Return the room of a file, given its path relative to the repository."""
    parts = path.parts[:-1]
    if not parts or parts[0] == "platform":
        return "program"
    depth = 3 if parts[:2] == _LAB else 2
    return "/".join(parts[:depth])


def read_sources(root: Path = ROOT, folders: Iterable[str] = FOLDERS) -> list[Source]:
    """Return the Python files of the product and the tools, sorted by path."""
    paths = [path for folder in folders for path in (root / folder).rglob("*.py")]
    paths += [path for path in (root / "__main__.py",) if path.exists()]
    names = sorted(path.relative_to(root) for path in paths)
    return [Source(name.as_posix(), find_room(name), (root / name).read_text(encoding="utf-8")) for name in names]


def find_docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    """Yield the docstrings of modules, classes and functions, and strings that describe the assignment above them."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
                yield child.value


def find_texts(code: str) -> Iterator[Text]:
    """Yield every docstring, comment and other string that has words."""
    tree = ast.parse(code)
    documented = {id(node) for node in find_docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield Text(Kind.DOCSTRING if id(node) in documented else Kind.STRING, node.lineno, node.value)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            yield Text(Kind.COMMENT, token.start[0], token.string.lstrip("#! "))
