"""The acceptance lists: one file per list, whose lines name tests below `tests/` as FILE::TEST.

A line has `line`, the property; `tests`, which defend it; `planted`, the test in which a planted failure is found; and `lacks`, what is not
tested here and why. Without `tests` and `planted`, `lacks` is the reason.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from containment.loaders.strict_yaml import read

TESTS = Path(__file__).parents[2]


class Line(BaseModel):
    """One line of a list."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    line: str
    tests: list[str] = []
    planted: str = ""
    lacks: str = ""

    @property
    def is_covered(self) -> bool:
        """Whether a test defends it, and one has a planted failure."""
        return bool(self.tests and self.planted)

    def list_names(self) -> tuple[str, ...]:
        """Return every test that it names."""
        return (*self.tests, *((self.planted,) if self.planted else ()))


@dataclass(frozen=True, slots=True)
class Counts:
    """The lines of a list: all, the covered ones, and those of them that lack a part."""

    all: int
    covered: int
    partly: int


Lists = Mapping[str, Mapping[str, Line]]


def load_lists(documents: Mapping[str, Any] | None = None) -> Lists:
    """Return the lists of documents, of the files in this folder by default."""
    found = documents if documents is not None else {one.stem: read(one) for one in sorted(Path(__file__).parent.glob("*.yaml"))}
    return {name: {key: Line.model_validate(line) for key, line in lines.items()} for name, lines in found.items()}


def find_problems(lists: Lists) -> list[str]:
    """Return the lines that have neither a test with a planted failure nor a reason."""
    return [
        f"{name}: {key}"
        for name, lines in lists.items()
        for key, line in lines.items()
        if not line.line or not (line.is_covered or (line.lacks and not line.tests and not line.planted))
    ]


@functools.cache
def read_functions(file: str) -> Mapping[str, bool]:
    """Return the functions of a test file below `tests/`, each with whether only `make packets` runs it."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    marks = [node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"]
    return {
        node.name: any("mark.packets" in ast.unparse(one) for one in (*marks, *node.decorator_list))
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def is_left_to_packets(name: str) -> bool:
    """Return whether only `make packets` runs a test; raise KeyError if there is none of the name."""
    file, _, function = name.partition("::")
    return read_functions(file)[function]


def count_lines(lists: Lists) -> dict[str, Counts]:
    """Return the counts of each list."""
    return {
        name: Counts(
            all=len(lines),
            covered=sum(one.is_covered for one in lines.values()),
            partly=sum(one.is_covered and bool(one.lacks) for one in lines.values()),
        )
        for name, lines in lists.items()
    }
