"""A docstring names only parameters that its function has, and only errors that the code knows."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("containment", "containment_lab", "components", "policypack", "tools", "benchmarks")
ERROR = re.compile(r"\b[A-Z][A-Za-z]*(?:Error|Refusal)\b")
ARGUMENTS = re.compile(r"^Args:\n((?:    .*\n?|\n)+)", re.MULTILINE)
NAMED = re.compile(r"^    (\w+(?:, \w+)*): ", re.MULTILINE)


@cache
def read_modules() -> dict[Path, ast.Module]:
    files = [file for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py"))]
    return {file.relative_to(ROOT): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def find_known(tree: ast.AST) -> Iterator[str]:
    """Return every name that code uses: of classes, variables, attributes and imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or node.name


def find_unknown_errors(tree: ast.AST, known: set[str]) -> list[str]:
    holders = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, holders)]
    return [name for text in texts for name in ERROR.findall(text) if name not in known]


def find_unknown_parameters(tree: ast.AST) -> list[str]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (part := ARGUMENTS.search(ast.get_docstring(node) or "")):
            every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
            names = {one.arg for one in every if one is not None}
            found += [f"{node.name}: {name}" for line in NAMED.findall(part[1]) for name in line.split(", ") if name not in names]
    return found


def test_every_named_error_exists() -> None:
    modules = read_modules()
    known = {*dir(builtins), *(name for tree in modules.values() for name in find_known(tree))}
    assert len(modules) > 900
    assert {str(file): names for file, tree in modules.items() if (names := find_unknown_errors(tree, known))} == {}


def test_every_named_parameter_exists() -> None:
    assert {str(file): names for file, tree in read_modules().items() if (names := find_unknown_parameters(tree))} == {}


def test_an_unknown_name_is_found() -> None:
    tree = ast.parse(
        'def read(one):\n    """Read.\n\n    Args:\n        one: a.\n        two: b.\n\n    Raises:\n        GoneError: c.\n    """\n'
    )
    assert find_unknown_errors(tree, {"ValueError"}) == ["GoneError"]
    assert find_unknown_parameters(tree) == ["read: two"]
