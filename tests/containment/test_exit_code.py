"""Exit codes are one table: each number has one meaning, and commands end with nothing else."""

from __future__ import annotations

import ast
from enum import IntEnum
from pathlib import Path

import pytest

from containment.exit_code import Exit

PACKAGE = Path(__file__).parents[2] / "containment"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_each_number_has_one_meaning() -> None:
    assert len(Exit.__members__) == len({int(code) for code in Exit}) == len({code.meaning for code in Exit})


def test_numbers_of_published_codes_stay() -> None:
    assert {code.name: int(code) for code in Exit} == {
        "OK": 0,
        "ERROR": 1,
        "USAGE": 2,
        "VIOLATION": 3,
        "LOCKED": 4,
        "INTERRUPTED": 5,
        "NOTHING": 6,
        "NO": 10,
        "NEWLY_ALLOWED": 11,
        "INCONCLUSIVE": 12,
    }


def test_there_is_no_second_table() -> None:
    tables = [path for path in SOURCES if any(isinstance(node, ast.ClassDef) and node.name == "Exit" for node in ast.walk(_tree(path)))]
    assert tables == [PACKAGE / "exit_code.py"]
    assert issubclass(Exit, IntEnum)


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_no_command_ends_with_a_bare_number(path: Path) -> None:
    ends = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "typer.Exit"]
    assert [ast.unparse(node) for node in ends if any(isinstance(each, ast.Constant) for each in node.args)] == []


_ALONE = {PACKAGE / "lab" / "engine" / "runner.py"}
"""It runs with the interpreter of a user's program, and imports nothing of this package."""


def test_no_program_ends_with_a_bare_number() -> None:
    found = {str(path.relative_to(PACKAGE)): ends for path in SOURCES if path not in _ALONE and (ends := _numbers(_tree(path)))}
    assert found == {}


def _numbers(tree: ast.Module) -> list[str]:
    """Return what `main` functions return, and what `sys.exit` is called with, where it has a number."""
    nodes = list(ast.walk(tree))
    mains = [node for node in nodes if isinstance(node, ast.FunctionDef) and node.name == "main"]
    ends = [node.value for main in mains for node in ast.walk(main) if isinstance(node, ast.Return) and node.value]
    ends += [arg for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit" for arg in node.args]
    ends += [branch for end in ends if isinstance(end, ast.IfExp) for branch in (end.body, end.orelse)]
    return [ast.unparse(end) for end in ends if isinstance(end, ast.Constant) and type(end.value) is int]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
